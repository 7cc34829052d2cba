// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Files of torch.save, in their two forms. Both hold a pickle that describes tensors as views of storages.
//
//   ZIP (PyTorch 1.6 on): ROOT/data.pkl, ROOT/data/KEY once a storage, ROOT/version, perhaps ROOT/byteorder
//   stream (before): pickles of a magic number, the protocol, sys_info, the object and the list of keys;
//   then, in the order of the keys, each storage as a count of 8 bytes and its elements
#include "engine/formats/torch_file.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "engine/formats/pickle.h"
#include "engine/formats/readers.h"
#include "engine/formats/reals.h"
#include "engine/formats/torch_pickle.h"
#include "engine/formats/zip.h"
#include "engine/json.h"

namespace emulsion::formats {
namespace {

[[noreturn]] void fail(const std::string& path, const std::string& what) {
    throw Error(Error::Kind::data, path + ": " + what);
}

using Storages = std::map<std::string_view, std::span<const std::byte>>;

/// Elements that lie apart, in the order of the shape.
std::vector<std::byte> gather(const TorchTensor& tensor, std::span<const std::byte> storage) {
    const std::size_t width = tensor.storage.element_bytes;
    std::vector<std::byte> elements(static_cast<std::size_t>(tensor.count()) * width);
    std::vector<std::int64_t> index(tensor.shape.size(), 0);
    for (std::size_t at = 0; at < elements.size(); at += width) {
        const std::int64_t from =
            std::inner_product(index.begin(), index.end(), tensor.strides.begin(), tensor.offset);
        std::copy_n(storage.data() + static_cast<std::size_t>(from) * width, width, elements.data() + at);
        for (std::size_t axis = index.size(); axis-- > 0;) {
            if (++index[axis] < tensor.shape[axis]) break;
            index[axis] = 0;
        }
    }
    return elements;
}

/// Makes fp32 tensors of views of storages.
class Tensors {
   public:
    explicit Tensors(const FileBytes& file) : file_(file), copies_left_(most_copies * file.bytes.size()) {}

    ForeignTensor make(const TorchTensor& tensor, std::span<const std::byte> storage) {
        ForeignTensor result{tensor.name, tensor.shape, {}, {}, tensor.name};
        const auto count = static_cast<std::size_t>(tensor.count());
        if (count == 0) return result;
        const Real real = *tensor.storage.real;
        const std::size_t width = tensor.storage.element_bytes;
        const std::string place = file_.path + ": tensor \"" + json::printable(tensor.name) + '"';
        const bool contiguous = tensor.contiguous();
        std::span<const std::byte> elements;
        std::shared_ptr<const void> owner = file_.owner;
        if (contiguous)
            elements = storage.subspan(static_cast<std::size_t>(tensor.offset) * width, count * width);
        if (!contiguous || must_copy(real, elements)) charge(count * width, place);
        if (!contiguous) {
            auto gathered = std::make_shared<const std::vector<std::byte>>(gather(tensor, storage));
            elements = *gathered;
            owner = gathered;
        }
        Floats floats = to_floats(real, elements, owner, place);
        result.values = floats.values;
        result.owner = std::move(floats.owner);
        return result;
    }

   private:
    /// Tensors may share a storage, and each be copied: a small file could take any amount of memory.
    static constexpr std::size_t most_copies = 4;

    void charge(std::size_t bytes, const std::string& place) {
        if (bytes > copies_left_) {
            throw Error(Error::Kind::data,
                        place + ": the tensors share storages so much that they would take " + "more than " +
                            std::to_string(most_copies) + " times the file");
        }
        copies_left_ -= bytes;
    }

    const FileBytes& file_;
    std::size_t copies_left_;
};

/// `find` gives a storage's bytes.
template <class Find>
Imported import(const FileBytes& file, const TorchStateDict& dict, Find&& find) {
    Imported imported;
    imported.format = "torch";
    imported.ignored = dict.ignored;
    Tensors tensors(file);
    for (const TorchTensor& tensor : dict.tensors) {
        imported.tensors.push_back(tensors.make(tensor, find(tensor.storage)));
    }
    return imported;
}

// ---------------------------------------------------------------------------------------------
// ZIP

/// The folder of the pickle: the ZIP's only one, named after the file or "archive".
std::string root_of(const ZipArchive& archive) {
    constexpr std::string_view pickle_name = "/data.pkl";
    std::string root;
    for (const auto& [name, entry] : archive.entries()) {
        if (!name.ends_with(pickle_name) || name.find('/') != name.size() - pickle_name.size()) continue;
        if (!root.empty()) fail(archive.path(), "it holds two data.pkl");
        root = name.substr(0, name.size() - pickle_name.size() + 1);
    }
    if (root.empty()) fail(archive.path(), "a ZIP, but none of torch.save's: it holds no data.pkl");
    if (archive.entries().contains(root + "constants.pkl")) {
        fail(archive.path(), "a TorchScript program; save the model's state_dict() with torch.save");
    }
    return root;
}

void require_little_endian(const ZipArchive& archive, const std::string& root) {
    if (!archive.entries().contains(root + "byteorder")) return;  // before PyTorch 2.1
    const auto order = archive.read(root + "byteorder");
    const std::string_view text(reinterpret_cast<const char*>(order.data()), order.size());
    if (text != "little") {
        fail(archive.path(), "its byte order is \"" + json::printable(text) + "\"; only little is read");
    }
}

Imported read_zip(const FileBytes& file) {
    const ZipArchive archive(file);
    const std::string root = root_of(archive);
    require_little_endian(archive, root);
    const std::string where = file.path + ": data.pkl";
    const auto pickled = archive.read(root + "data.pkl");
    const pickle::Document document = pickle::read(pickled, torch_globals(), where);
    if (document.bytes != pickled.size()) fail(file.path, "data.pkl goes on after its end");
    torch_storages(document, where);
    Storages checked;  // a CRC-32 is computed once a storage, not once a tensor
    return import(file, torch_state_dict(document, where), [&](const TorchStorage& storage) {
        if (const auto found = checked.find(storage.key); found != checked.end()) return found->second;
        const std::string name = root + "data/" + std::string(storage.key);
        const auto bytes = archive.read(name);
        if (bytes.size() % storage.element_bytes != 0 ||
            bytes.size() / storage.element_bytes != static_cast<std::uint64_t>(storage.count)) {
            fail(file.path, "entry \"" + json::printable(name) + "\" holds " + std::to_string(bytes.size()) +
                                " bytes where " + std::to_string(storage.count) + " elements of " +
                                std::string(storage.type) + " are due");
        }
        return checked[storage.key] = bytes;
    });
}

// ---------------------------------------------------------------------------------------------
// Stream

/// The pickles at the stream's start, one after the other.
class Stream {
   public:
    explicit Stream(const FileBytes& file) : file_(file) {}

    pickle::Document next() {
        auto document =
            pickle::read(file_.bytes.subspan(at_), torch_globals(),
                         at_ == 0 ? file_.path : file_.path + ": from byte " + std::to_string(at_));
        at_ += document.bytes;
        return document;
    }
    std::size_t at() const { return at_; }

   private:
    const FileBytes& file_;
    std::size_t at_ = 0;
};

void require_magic(const FileBytes& file, const pickle::Document& document) {
    constexpr std::string_view magic = "\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19";
    const auto* number = std::get_if<pickle::LargeInteger>(&document.value);
    if (number == nullptr || number->bytes != magic) {
        fail(file.path, "a pickle, but not of torch.save's: it does not begin with PyTorch's magic number");
    }
}

void require_protocol(const FileBytes& file, const pickle::Document& document) {
    constexpr std::int64_t protocol = 1001;
    const auto* number = std::get_if<std::int64_t>(&document.value);
    if (number == nullptr || *number != protocol)
        fail(file.path, "its protocol is not 1001, the only one known");
}

void require_little_endian(const FileBytes& file, const pickle::Document& document) {
    const auto* info = std::get_if<pickle::Dict*>(&document.value);
    if (info == nullptr) fail(file.path, "its sys_info is not a dict");
    for (const auto& [key, value] : (*info)->items) {
        const auto* name = std::get_if<std::string_view>(&key);
        if (name == nullptr || *name != "little_endian") continue;
        const auto* flag = std::get_if<bool>(&value);
        if (flag != nullptr && *flag) return;
    }
    fail(file.path, "its sys_info does not say that it is little-endian, which alone is read");
}

/// All storages, in the order of the keys, up to the end of the file.
Storages read_storages(const FileBytes& file, std::size_t at, const pickle::Document& object,
                       const pickle::Document& keys) {
    const auto described = torch_storages(object, file.path);
    const auto* list = std::get_if<pickle::List*>(&keys.value);
    if (list == nullptr) fail(file.path, "its list of storages is " + std::string(pickle::kind(keys.value)));
    ByteReader reader(file.bytes, file.path, at);
    Storages storages;
    for (const pickle::Value& item : (*list)->items) {
        const auto* key = std::get_if<std::string_view>(&item);
        if (key == nullptr) reader.fail(std::string("a storage whose key is ") + pickle::kind(item));
        const auto found = described.find(*key);
        if (found == described.end()) reader.fail("a storage that no tensor mentions");
        const TorchStorage& storage = found->second;
        const std::string what = "storage \"" + json::printable(*key) + '"';
        const auto count = reader.take<std::int64_t>(what);
        if (count != storage.count) {
            reader.fail(what + " says that it has " + std::to_string(count) + " elements, its tensors " +
                        std::to_string(storage.count));
        }
        if (static_cast<std::uint64_t>(count) > reader.left() / storage.element_bytes) {
            reader.fail("cut short in " + what + " of " + std::to_string(count) + " elements");
        }
        const auto bytes = reader.take(static_cast<std::uint64_t>(count) * storage.element_bytes, what);
        if (!storages.emplace(*key, bytes).second) reader.fail(what + " stands twice");
    }
    if (reader.left() != 0) reader.fail(std::to_string(reader.left()) + " bytes follow the last storage");
    return storages;
}

Imported read_stream(const FileBytes& file) {
    Stream stream(file);
    require_magic(file, stream.next());
    require_protocol(file, stream.next());
    require_little_endian(file, stream.next());
    const pickle::Document object = stream.next(), keys = stream.next();
    const Storages storages = read_storages(file, stream.at(), object, keys);
    return import(file, torch_state_dict(object, file.path), [&](const TorchStorage& storage) {
        const auto found = storages.find(storage.key);
        if (found == storages.end()) {
            fail(file.path, "storage \"" + json::printable(storage.key) + "\" is missing");
        }
        return found->second;
    });
}

}  // namespace

Imported read_torch(const FileBytes& file) {
    constexpr std::string_view zip_begins = "PK\x03\x04";
    constexpr std::byte pickle_begins{0x80};
    const std::string_view text(reinterpret_cast<const char*>(file.bytes.data()), file.bytes.size());
    if (text.starts_with(zip_begins)) return read_zip(file);
    if (!file.bytes.empty() && file.bytes[0] == pickle_begins) return read_stream(file);
    fail(file.path, "not a file of torch.save's: neither a ZIP nor a pickle");
}

Imported read_torch(const std::string& path) {
    return read_torch(map_file(path));
}

}  // namespace emulsion::formats
