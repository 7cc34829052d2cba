// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// A state dict as torch.save writes it: an OrderedDict of contiguous fp32 tensors, each with a storage
// of its own.
#include <emulsion/error.h>

#include <limits>
#include <set>
#include <string>

#include "engine/formats/readers.h"
#include "engine/formats/zip.h"
#include "engine/json.h"

namespace emulsion::formats {
namespace {

/// Writes a pickle of protocol 2, one operation a call.
class Pickler {
   public:
    Pickler() { out_ = "\x80\x02"; }

    void operation(char code) { out_ += code; }
    void global(const char* module, const char* name) {
        out_ += std::string("c") + module + '\n' + name + '\n';
    }
    void flag(bool value) { out_ += value ? '\x88' : '\x89'; }

    void integer(std::int64_t value) {
        if (value >= 0 && value <= std::numeric_limits<std::int32_t>::max()) {
            out_ += 'J';
            little_endian(static_cast<std::int32_t>(value));
        } else {
            out_ += "\x8a\x08";
            little_endian(value);
        }
    }

    void text(const std::string& value) {
        out_ += 'X';
        little_endian(static_cast<std::uint32_t>(value.size()));
        out_ += value;
    }

    void integers(const std::vector<std::int64_t>& values) {
        out_ += '(';
        for (const std::int64_t value : values) integer(value);
        out_ += 't';
    }

    void empty_ordered_dict() {
        global("collections", "OrderedDict");
        out_ += ")R";
    }

    std::string finish() { return out_ + '.'; }

   private:
    template <class Number>
    void little_endian(Number number) {
        out_.append(reinterpret_cast<const char*>(&number), sizeof number);
    }

    std::string out_;
};

std::vector<std::int64_t> contiguous_strides(const std::vector<std::int64_t>& shape) {
    std::vector<std::int64_t> strides(shape.size(), 1);
    for (std::size_t i = shape.size(); i-- > 1;) strides[i - 1] = strides[i] * shape[i];
    return strides;
}

void put_tensor(Pickler& pickler, const ForeignTensor& tensor, const std::string& key) {
    pickler.text(tensor.name);
    pickler.global("torch._utils", "_rebuild_tensor_v2");
    pickler.operation('(');
    pickler.operation('(');
    pickler.text("storage");
    pickler.global("torch", "FloatStorage");
    pickler.text(key);
    pickler.text("cpu");
    pickler.integer(std::ssize(tensor.values));
    pickler.operation('t');
    pickler.operation('Q');  // a persistent id: the storage
    pickler.integer(0);      // the offset in it
    pickler.integers(tensor.shape);
    pickler.integers(contiguous_strides(tensor.shape));
    pickler.flag(false);  // no gradients
    pickler.empty_ordered_dict();
    pickler.operation('t');
    pickler.operation('R');
}

void require_sound(const std::vector<ForeignTensor>& tensors, const std::string& path) {
    std::set<std::string> names;
    for (const ForeignTensor& tensor : tensors) {
        const std::string place = path + ": tensor \"" + json::printable(tensor.name) + '"';
        if (!names.insert(tensor.name).second) {
            throw Error(Error::Kind::data, place + ": the name is taken");
        }
        std::int64_t count = 1;
        for (const std::int64_t extent : tensor.shape) count *= extent;
        if (count != std::ssize(tensor.values)) {
            throw Error(Error::Kind::data, place + ": it has " + std::to_string(tensor.values.size()) +
                                               " values where its shape has " + std::to_string(count));
        }
    }
}

}  // namespace

void write_torch(const std::vector<ForeignTensor>& tensors, const std::string& path) {
    require_sound(tensors, path);
    Pickler pickler;
    pickler.empty_ordered_dict();
    pickler.operation('(');
    for (std::size_t i = 0; i < tensors.size(); ++i) put_tensor(pickler, tensors[i], std::to_string(i));
    pickler.operation('u');
    const std::string pickled = pickler.finish();

    const auto bytes = [](std::string_view text) { return std::as_bytes(std::span(text)); };
    ZipWriter zip(path);
    zip.add("archive/data.pkl", bytes(pickled));
    zip.add("archive/byteorder", bytes("little"));
    for (std::size_t i = 0; i < tensors.size(); ++i) {
        zip.add("archive/data/" + std::to_string(i), std::as_bytes(tensors[i].values));
    }
    zip.add("archive/version", bytes("3\n"));
    zip.commit();
}

}  // namespace emulsion::formats
