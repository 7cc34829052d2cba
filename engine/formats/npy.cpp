// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// NumPy's .npy: "\x93NUMPY", two bytes of version, the header's length, a header that is a Python
// dictionary of three entries ('descr', 'fortran_order', 'shape'), and the numbers.
#include <charconv>
#include <limits>
#include <optional>

#include "engine/formats/file_bytes.h"
#include "engine/formats/readers.h"
#include "engine/formats/reals.h"
#include "engine/json.h"

namespace emulsion::formats {
namespace {

struct Header {
    std::string type;  ///< "<f4"
    bool fortran_order = false;
    std::vector<std::int64_t> shape;
};

/// Reads the one dictionary; nothing in it is evaluated.
class HeaderReader {
   public:
    HeaderReader(std::string_view text, const ByteReader& file) : text_(text), file_(file) {}

    Header read() {
        expect('{');
        while (!take('}')) {
            entry(string());
            if (!take(',') && peek() != '}') fail();
        }
        skip_space();
        if (at_ != text_.size() || !type_ || !order_ || !shape_) fail();
        return {*type_, *order_, *shape_};
    }

   private:
    [[noreturn]] void fail() const {
        file_.fail("a header that is no description of an array: " + json::printable(text_));
    }

    void entry(std::string_view key) {
        expect(':');
        if (key == "descr")
            type_ = string();
        else if (key == "fortran_order")
            order_ = boolean();
        else if (key == "shape")
            shape_ = tuple();
        else
            fail();
    }

    void skip_space() {
        while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\n')) ++at_;
    }
    char peek() {
        skip_space();
        return at_ < text_.size() ? text_[at_] : '\0';
    }
    bool take(char c) {
        if (peek() != c) return false;
        ++at_;
        return true;
    }
    void expect(char c) {
        if (!take(c)) fail();
    }

    std::string_view string() {
        const char quote = peek();
        if (quote != '\'' && quote != '"') fail();
        const std::size_t start = ++at_, end = text_.find(quote, start);
        if (end == std::string_view::npos) fail();
        at_ = end + 1;
        return text_.substr(start, end - start);
    }

    bool boolean() {
        skip_space();
        for (const bool value : {true, false}) {
            const std::string_view word = value ? "True" : "False";
            if (!text_.substr(at_).starts_with(word)) continue;
            at_ += word.size();
            return value;
        }
        fail();
    }

    std::vector<std::int64_t> tuple() {
        std::vector<std::int64_t> sides;
        expect('(');
        while (!take(')')) {
            sides.push_back(number());
            if (!take(',') && peek() != ')') fail();
        }
        return sides;
    }

    std::int64_t number() {
        skip_space();
        std::int64_t value = 0;
        const char* end = text_.data() + text_.size();
        const auto [stop, error] = std::from_chars(text_.data() + at_, end, value);
        if (error != std::errc{} || value < 1) fail();
        at_ = static_cast<std::size_t>(stop - text_.data());
        return value;
    }

    std::string_view text_;
    const ByteReader& file_;
    std::size_t at_ = 0;
    std::optional<std::string> type_;
    std::optional<bool> order_;
    std::optional<std::vector<std::int64_t>> shape_;
};

Header read_header(ByteReader& file) {
    if (file.take_text(6, "its first bytes") != "\x93NUMPY") file.fail("it is no .npy file");
    const auto major = file.take<std::uint8_t>("its version");
    file.take<std::uint8_t>("its version");
    if (major < 1 || major > 3)
        file.fail("version " + std::to_string(major) + " of .npy, which is not known");
    const std::uint32_t length = major == 1 ? file.take<std::uint16_t>("the length of its header")
                                            : file.take<std::uint32_t>("the length of its header");
    return HeaderReader(file.take_text(length, "its header"), file).read();
}

std::string text_of(const std::vector<std::int64_t>& shape) {
    std::string text;
    for (const std::int64_t side : shape) text += (text.empty() ? "" : "x") + std::to_string(side);
    return text;
}

}  // namespace

MeanImage read_npy(const std::string& path) {
    const FileBytes bytes = map_file(path);
    ByteReader file(bytes.bytes, path);
    Header header = read_header(file);
    if (header.type != "<f4" && header.type != "<f8")
        file.fail("numbers of type " + json::printable(header.type) + "; a mean image has '<f4' or '<f8'");
    if (header.fortran_order) file.fail("an array in Fortran's order; save it with numpy.ascontiguousarray");
    auto& shape = header.shape;
    const std::string stated = text_of(shape);
    if (shape.size() == 4 && shape[0] == 1) shape.erase(shape.begin());
    if (shape.size() != 3) file.fail("an array of " + stated + "; a mean image is 3xHxW");

    const Real real = header.type == "<f4" ? Real::f32 : Real::f64;
    std::uint64_t fits = file.left() / bytes_of(real);
    for (const std::int64_t side : shape) fits /= static_cast<std::uint64_t>(side);
    if (fits == 0) file.fail("cut short: " + stated + " numbers do not fit into the rest of the file");
    const auto count = static_cast<std::uint64_t>(shape[0] * shape[1] * shape[2]);
    const auto data = file.take(count * bytes_of(real), "its numbers");
    if (file.left() != 0) file.fail("more bytes than " + stated + " numbers take");
    const Floats floats = to_floats(real, data, bytes.owner, path);
    return {shape[0], shape[1], shape[2], {floats.values.begin(), floats.values.end()}};
}

}  // namespace emulsion::formats
