// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include <emulsion/error.h>
#include <emulsion/safetensors.h>

#include <algorithm>
#include <array>
#include <limits>
#include <memory>
#include <set>
#include <string_view>
#include <utility>

#include "engine/files.h"
#include "engine/json.h"

namespace emulsion {
namespace {

constexpr std::size_t length_bytes = 8;
constexpr std::size_t longest_header = 100'000'000;  // the reference implementation's limit
constexpr std::size_t alignment = 64;                // a cache line, and the widest CPU vector
constexpr const char* metadata_key = "__metadata__";

struct ElementType {
    const char* name;
    std::size_t bytes;
};
constexpr std::array element_types{ElementType{"F64", 8},  ElementType{"F32", 4}, ElementType{"F16", 2},
                                   ElementType{"BF16", 2}, ElementType{"I64", 8}, ElementType{"I32", 4},
                                   ElementType{"I16", 2},  ElementType{"I8", 1},  ElementType{"U64", 8},
                                   ElementType{"U32", 4},  ElementType{"U16", 2}, ElementType{"U8", 1},
                                   ElementType{"BOOL", 1}};

[[noreturn]] void fail(const std::string& path, const std::string& what) {
    throw Error(Error::Kind::data, path + ": " + what);
}

[[noreturn]] void fail(const std::string& path, const std::string& tensor, const std::string& what) {
    fail(path, "tensor \"" + json::printable(tensor) + "\": " + what);
}

/// Bytes that a tensor of this type and shape takes. Only its name, type and shape are looked at.
std::size_t bytes_of(const std::string& path, const FileTensor& tensor) {
    const auto type = std::find_if(element_types.begin(), element_types.end(),
                                   [&](const ElementType& t) { return tensor.type == t.name; });
    if (type == element_types.end()) {
        fail(path, tensor.name, "unknown type \"" + json::printable(tensor.type) + '"');
    }
    std::size_t bytes = type->bytes;
    for (const std::int64_t extent : tensor.shape) {
        if (extent < 0) fail(path, tensor.name, "a negative extent in its shape");
        const auto factor = static_cast<std::size_t>(extent);
        if (factor != 0 && bytes > std::numeric_limits<std::size_t>::max() / factor) {
            fail(path, tensor.name, "its shape is beyond 64 bits");
        }
        bytes *= factor;
    }
    return bytes;
}

// ---------------------------------------------------------------------------------------------
// Reading

class CheckedSafetensors final : public SafetensorsFile {
   public:
    /// `file` is what keeps the bytes, if anything need.
    CheckedSafetensors(const std::string& path, std::span<const std::byte> bytes,
                       std::unique_ptr<const MappedFile> file)
        : file_(std::move(file)) {
        path_ = path;
        const std::string_view header = find_header(bytes);
        const json::Value document = json::parse(header, path_ + ": header", longest_header);
        data_ = bytes.subspan(length_bytes + header.size());
        for (const auto& [key, value] : *document.get<json::Object>()) {
            if (key == metadata_key) {
                read_metadata(value);
            } else {
                tensors_.push_back(read_tensor(key, value));
            }
        }
        require_gapless();
    }

   private:
    std::string_view find_header(std::span<const std::byte> bytes) const {
        if (bytes.size() < length_bytes) fail(path_, "too short for a safetensors file");
        std::uint64_t length = 0;
        for (std::size_t i = length_bytes; i-- > 0;) {
            length = length << 8 | std::to_integer<std::uint64_t>(bytes[i]);
        }
        if (length > longest_header || length > bytes.size() - length_bytes) {
            fail(path_, "not a safetensors file, or cut short: its header should take " +
                            std::to_string(length) + " bytes");
        }
        const auto* text = reinterpret_cast<const char*>(bytes.data()) + length_bytes;
        const std::string_view header(text, static_cast<std::size_t>(length));
        if (!header.starts_with('{')) fail(path_, "not a safetensors file: its header does not begin with {");
        return header;
    }

    void read_metadata(const json::Value& value) {
        const auto* members = value.get<json::Object>();
        if (members == nullptr) fail(path_, std::string(metadata_key) + " is not an object");
        for (const auto& [key, member] : *members) {
            const auto* text = member.get<std::string>();
            if (text == nullptr) {
                fail(path_, std::string(metadata_key) + ": \"" + json::printable(key) + "\" is not text");
            }
            metadata_[key] = *text;
        }
    }

    /// Integers of a list that must hold nothing else.
    std::vector<std::int64_t> read_integers(const std::string& tensor, const char* key,
                                            const json::Value* value) const {
        const auto* items = value == nullptr ? nullptr : value->get<json::Array>();
        if (items == nullptr) fail(path_, tensor, std::string(key) + " is missing or not a list");
        std::vector<std::int64_t> integers;
        for (const auto& item : *items) {
            const auto* integer = item.get<std::int64_t>();
            if (integer == nullptr) fail(path_, tensor, std::string(key) + " holds " + item.kind());
            integers.push_back(*integer);
        }
        return integers;
    }

    FileTensor read_tensor(const std::string& name, const json::Value& value) const {
        const auto* members = value.get<json::Object>();
        if (members == nullptr) fail(path_, name, "its entry is not an object");
        for (const auto& [key, member] : *members) {
            if (key != "dtype" && key != "shape" && key != "data_offsets") {
                fail(path_, name, "unknown key \"" + json::printable(key) + '"');
            }
        }
        const json::Value* dtype = value.find("dtype");
        const auto* type = dtype == nullptr ? nullptr : dtype->get<std::string>();
        if (type == nullptr) fail(path_, name, "dtype is missing or not text");
        FileTensor tensor{name, *type, read_integers(name, "shape", value.find("shape")), {}};
        const auto offsets = read_integers(name, "data_offsets", value.find("data_offsets"));
        if (offsets.size() != 2 || offsets[0] < 0 || offsets[1] < offsets[0]) {
            fail(path_, name, "data_offsets are not a begin and an end");
        }
        const auto begin = static_cast<std::size_t>(offsets[0]), end = static_cast<std::size_t>(offsets[1]);
        if (end > data_.size()) {
            fail(path_, name, "its data lie beyond the end of the file; is it cut short?");
        }
        if (const std::size_t bytes = bytes_of(path_, tensor); bytes != end - begin) {
            fail(path_, name,
                 "type and shape take " + std::to_string(bytes) + " bytes, data_offsets " +
                     std::to_string(end - begin));
        }
        tensor.data = data_.subspan(begin, end - begin);
        return tensor;
    }

    /// Puts the tensors in file order and demands that they cover the data exactly: bytes that belong
    /// to two tensors or to none could hold another file, which no reader would show.
    void require_gapless() {
        const auto begin = [](const FileTensor& t) { return t.data.data(); };
        const auto end = [](const FileTensor& t) { return t.data.data() + t.data.size(); };
        std::stable_sort(tensors_.begin(), tensors_.end(), [&](const auto& a, const auto& b) {
            return std::pair(begin(a), end(a)) < std::pair(begin(b), end(b));
        });
        const std::byte* covered = data_.data();
        for (const FileTensor& tensor : tensors_) {
            if (begin(tensor) < covered) fail(path_, tensor.name, "overlaps the tensor before it");
            if (begin(tensor) > covered) {
                fail(path_, tensor.name, "bytes that belong to no tensor precede it");
            }
            covered = end(tensor);
        }
        if (covered != data_.data() + data_.size()) {
            fail(path_, "bytes that belong to no tensor follow the last one");
        }
    }

    std::unique_ptr<const MappedFile> file_;
    std::span<const std::byte> data_;
};

// ---------------------------------------------------------------------------------------------
// Writing

/// In the order of the file. Once a tensor's size is no multiple of the alignment, all that follow lose
/// it; so those come last.
std::vector<const FileTensor*> in_file_order(const std::vector<FileTensor>& tensors) {
    std::vector<const FileTensor*> order;
    for (const FileTensor& tensor : tensors) order.push_back(&tensor);
    std::stable_partition(order.begin(), order.end(),
                          [](const FileTensor* t) { return t->data.size() % alignment == 0; });
    return order;
}

/// The length and the header, padded so that the data begin on a multiple of the alignment.
std::string make_header(const std::string& path, const std::map<std::string, std::string>& metadata,
                        const std::vector<const FileTensor*>& order) {
    json::Object document;
    if (!metadata.empty())
        document.emplace_back(metadata_key, json::Object(metadata.begin(), metadata.end()));
    std::set<std::string> names{metadata_key};
    std::int64_t offset = 0;
    for (const FileTensor* tensor : order) {
        if (!names.insert(tensor->name).second) fail(path, tensor->name, "the name is taken");
        if (bytes_of(path, *tensor) != tensor->data.size()) {
            fail(path, tensor->name, "its data do not have the size of its type and shape");
        }
        const std::int64_t begin = std::exchange(offset, offset + std::ssize(tensor->data));
        document.emplace_back(tensor->name,
                              json::Object{{"dtype", tensor->type},
                                           {"shape", json::Array(tensor->shape.begin(), tensor->shape.end())},
                                           {"data_offsets", json::Array{begin, offset}}});
    }
    std::string header = json::write(document);
    const std::size_t misfit = (length_bytes + header.size()) % alignment;
    header.append(misfit == 0 ? 0 : alignment - misfit, ' ');
    if (header.size() > longest_header) fail(path, "its header would be longer than readers accept");
    std::string length;
    for (std::size_t i = 0; i < length_bytes; ++i)
        length += static_cast<char>(header.size() >> (8 * i) & 0xFF);
    return length + header;
}

}  // namespace

std::shared_ptr<const SafetensorsFile> SafetensorsFile::open(const std::string& path) {
    auto file = std::make_unique<const MappedFile>(path);
    const std::span<const std::byte> bytes = file->bytes();
    return std::make_shared<CheckedSafetensors>(path, bytes, std::move(file));
}

std::shared_ptr<const SafetensorsFile> SafetensorsFile::view(std::span<const std::byte> bytes,
                                                             const std::string& name) {
    return std::make_shared<CheckedSafetensors>(name, bytes, nullptr);
}

const FileTensor* SafetensorsFile::find(const std::string& name) const {
    const auto found = std::find_if(tensors_.begin(), tensors_.end(),
                                    [&](const FileTensor& tensor) { return tensor.name == name; });
    return found == tensors_.end() ? nullptr : &*found;
}

void write_safetensors(const std::string& path, const std::map<std::string, std::string>& metadata,
                       const std::vector<FileTensor>& tensors) {
    const auto order = in_file_order(tensors);
    const std::string header = make_header(path, metadata, order);
    AtomicFile file(path);
    file.append(header);
    for (const FileTensor* tensor : order) file.append(tensor->data);
    file.commit();
}

}  // namespace emulsion
