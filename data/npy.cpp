// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// The format: "\x93NUMPY", two bytes of version, the header's length in two bytes (version 1) or four, the
// header, which is a Python dictionary of three entries, and the numbers. Headers are matched as NumPy itself
// writes them; nothing in them is evaluated.
#include "data/npy.h"

#include <emulsion/error.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <bit>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <limits>
#include <regex>
#include <system_error>
#include <utility>

#include "data/files.h"
#include "engine/files.h"

namespace emulsion {
namespace {

static_assert(std::endian::native == std::endian::little, "numbers lie in the file as in memory");

constexpr std::string_view magic = "\x93NUMPY";
constexpr std::size_t number_bytes = 4;         // of both types
constexpr std::size_t header_bytes = 128;       // of what we write: room for any number of rows
constexpr std::size_t most_header_bytes = 512;  // of what we read: two dimensions need no more
constexpr std::size_t buffer_bytes = std::size_t{4} << 20;
constexpr std::int64_t most_numbers = std::int64_t{1} << 60;

const char* descr(NpyType type) {
    return type == NpyType::f4 ? "<f4" : "<i4";
}

std::string words(int error) {
    return std::generic_category().message(error);
}

std::string header_text(NpyType type, std::int64_t rows, std::int64_t columns) {
    std::string text = std::string("{'descr': '") + descr(type) + "', 'fortran_order': False, 'shape': (" +
                       std::to_string(rows) + "," + (columns == 0 ? "" : " " + std::to_string(columns)) +
                       "), }";
    const std::size_t before = magic.size() + 4;
    text.append(header_bytes - before - text.size() - 1, ' ');
    text += '\n';
    const std::string length{static_cast<char>(text.size()), '\0'};
    return std::string(magic) + std::string("\x01\x00", 2) + length + text;
}

std::int64_t whole_number(const std::string& digits) {
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    return error == std::errc{} ? value : most_numbers;
}

/// write() as often as it takes; 0, or the error.
int write_all(int descriptor, std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t done = ::write(descriptor, bytes.data(), bytes.size());
        if (done == -1 && errno != EINTR) return errno;
        if (done > 0) bytes.remove_prefix(static_cast<std::size_t>(done));
    }
    return 0;
}

}  // namespace

// ---------------------------------------------------------------------------------------------
// Reading

NpyArray::NpyArray(const std::string& path) : path_(path), file_(std::make_shared<MappedFile>(path)) {
    read_header();
}

void NpyArray::fail(const std::string& what) const {
    throw Error(Error::Kind::data, one_line(path_ + ": " + what));
}

void NpyArray::read_header() {
    const auto bytes = file_->bytes();
    const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    if (!text.starts_with(magic)) fail("it is no .npy file");
    const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(text[at]); };
    if (text.size() < magic.size() + 6) fail("cut short within its header");
    const bool first_version = byte(6) == 1;
    if (byte(6) < 1 || byte(6) > 3) fail("version " + std::to_string(byte(6)) + " of .npy is not known");
    const std::size_t start = first_version ? 10 : 12;
    std::size_t length = byte(8) | static_cast<std::size_t>(byte(9)) << 8;
    if (!first_version)
        length |= static_cast<std::size_t>(byte(10)) << 16 | static_cast<std::size_t>(byte(11)) << 24;
    if (length > most_header_bytes) fail("a header longer than an array of one or two dimensions needs");
    if (length > text.size() - start) fail("cut short within its header");

    static const std::regex form(
        R"(\{ *'descr': *'([^']*)', *'fortran_order': *(True|False), *'shape': *\((\d{1,18}),(?: *(\d{1,18}),?)?\),? *\} *\n?)");
    std::cmatch found;
    const char* const header = text.data() + start;
    if (!std::regex_match(header, header + length, found, form))
        fail("its header does not describe an array of one or two dimensions");
    if (found[1] != "<f4" && found[1] != "<i4")
        fail("numbers of type '" + found[1].str() +
             "'; features are '<f4' (numpy.float32), labels '<i4' (numpy.int32)");
    if (found[2] == "True" && found[4].matched)
        fail("an array in Fortran's order; save it with numpy.ascontiguousarray");
    type_ = found[1] == "<f4" ? NpyType::f4 : NpyType::i4;
    rows_ = whole_number(found[3]);
    columns_ = found[4].matched ? whole_number(found[4]) : 0;
    if (found[4].matched && columns_ == 0) fail("rows of no numbers");

    if ((start + length) % number_bytes != 0) fail("numbers that do not begin at a multiple of four bytes");
    const std::int64_t in_row = columns_ == 0 ? 1 : columns_;
    numbers_ = bytes.subspan(start + length);
    if (rows_ > most_numbers / in_row ||
        static_cast<std::size_t>(rows_ * in_row) > numbers_.size() / number_bytes)
        fail("cut short: its " + std::to_string(rows_) + " rows do not fit into the file");
    if (static_cast<std::size_t>(rows_ * in_row) * number_bytes != numbers_.size())
        fail("more bytes than its " + std::to_string(rows_) + " rows take");
}

std::span<const float> NpyArray::floats() const {
    if (type_ != NpyType::f4) fail("whole numbers ('<i4') where features ('<f4') are wanted");
    return {reinterpret_cast<const float*>(numbers_.data()), numbers_.size() / number_bytes};
}

std::span<const std::int32_t> NpyArray::integers() const {
    if (type_ != NpyType::i4) fail("features ('<f4') where labels ('<i4') are wanted");
    return {reinterpret_cast<const std::int32_t*>(numbers_.data()), numbers_.size() / number_bytes};
}

// ---------------------------------------------------------------------------------------------
// Writing

NpyWriter::NpyWriter(const std::string& path, NpyType type, std::int64_t columns, Start start)
    : path_(path), part_(path + ".part"), type_(type), columns_(columns) {
    try {
        open(start);
    } catch (...) {
        discard();
        throw;
    }
}

NpyWriter::~NpyWriter() {
    discard();
}

void NpyWriter::open(Start start) {
    const int fresh = start == Start::afresh ? O_TRUNC : 0;
    constexpr mode_t everyone = 0666;
    descriptor_ = ::open(part_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | fresh, everyone);
    if (descriptor_ == -1) fail(words(errno));
    struct stat status {};
    if (::fstat(descriptor_, &status) != 0) fail(words(errno));
    const std::string header = header_text(type_, 0, columns_);
    if (status.st_size < static_cast<off_t>(header_bytes)) {  // new, or killed before it began
        if (::ftruncate(descriptor_, 0) != 0) fail(words(errno));
        if (const int error = write_all(descriptor_, header)) fail(words(error));
        return;
    }
    std::string found(header_bytes, '\0');
    if (::pread(descriptor_, found.data(), header_bytes, 0) != static_cast<ssize_t>(header_bytes))
        fail(words(errno));
    const std::int64_t row_bytes = row_numbers() * static_cast<std::int64_t>(number_bytes);
    const std::int64_t rows = (status.st_size - static_cast<off_t>(header_bytes)) / row_bytes;
    if (found != header && found != header_text(type_, rows, columns_)) {
        ::close(std::exchange(descriptor_, -1));  // it is not ours to remove
        throw Error(Error::Kind::data,
                    one_line(part_ + ": left by other work than this; remove it to begin anew"));
    }
    // One that was sealed is open again.
    if (found != header &&
        ::pwrite(descriptor_, header.data(), header.size(), 0) != static_cast<ssize_t>(header.size()))
        fail(words(errno));
    truncate(rows);  // a torn last row goes
}

void NpyWriter::truncate(std::int64_t rows) {
    flush();
    const off_t end =
        static_cast<off_t>(header_bytes) + rows * row_numbers() * static_cast<std::int64_t>(number_bytes);
    if (::ftruncate(descriptor_, end) != 0 || ::lseek(descriptor_, end, SEEK_SET) != end) fail(words(errno));
    rows_ = rows;
}

void NpyWriter::append(std::span<const float> numbers) {
    append_bytes(NpyType::f4, std::as_bytes(numbers));
}

void NpyWriter::append(std::span<const std::int32_t> numbers) {
    append_bytes(NpyType::i4, std::as_bytes(numbers));
}

void NpyWriter::append_bytes(NpyType type, std::span<const std::byte> bytes) {
    const auto row_bytes = static_cast<std::size_t>(row_numbers()) * number_bytes;
    if (type != type_ || bytes.size() % row_bytes != 0)
        throw Error(Error::Kind::failure, path_ + ": numbers that are no whole rows of its type");
    buffer_.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    rows_ += static_cast<std::int64_t>(bytes.size() / row_bytes);
    if (buffer_.size() >= buffer_bytes) flush();
}

void NpyWriter::flush() {
    if (const int error = write_all(descriptor_, buffer_)) fail(words(error));
    buffer_.clear();
}

void NpyWriter::keep() {
    [[maybe_unused]] const int lost = write_all(descriptor_, buffer_);
    ::close(std::exchange(descriptor_, -1));
}

void NpyWriter::seal() {
    flush();
    const std::string header = header_text(type_, rows_, columns_);
    if (::pwrite(descriptor_, header.data(), header.size(), 0) != static_cast<ssize_t>(header.size()))
        fail(words(errno));
    if (::fsync(descriptor_) != 0) fail(words(errno));
}

void NpyWriter::commit() {
    seal();
    if (::close(std::exchange(descriptor_, -1)) != 0) fail(words(errno));
    if (::rename(part_.c_str(), path_.c_str()) != 0) {
        const int error = errno;
        ::unlink(part_.c_str());
        fail(words(error));
    }
}

void NpyWriter::discard() noexcept {
    if (descriptor_ == -1) return;
    ::close(std::exchange(descriptor_, -1));
    ::unlink(part_.c_str());
}

void NpyWriter::fail(const std::string& why) const {
    throw Error(Error::Kind::failure, one_line("cannot write " + path_ + ": " + why));
}

}  // namespace emulsion
