// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// The wire form of protocol buffers: a message is a row of fields, each a key (number and wire type, as a
// varint) and a value: a varint, 4 or 8 bytes, or a length and as many bytes. A nested message is such a
// run of bytes, and so is a packed run of numbers.
#include <emulsion/error.h>

#include <array>
#include <cstring>
#include <limits>

#include "engine/formats/message.h"
#include "engine/formats/place.h"

namespace emulsion::formats {
namespace {

enum WireType : unsigned {
    varint = 0,
    fixed64 = 1,
    delimited = 2,
    start_group = 3,
    end_group = 4,
    fixed32 = 5
};

constexpr std::size_t longest_varint = 10;

unsigned wire_type_of(FieldKind kind) {
    switch (kind) {
        case FieldKind::float32:
            return fixed32;
        case FieldKind::float64:
            return fixed64;
        case FieldKind::text:
        case FieldKind::bytes:
        case FieldKind::message:
            return delimited;
        default:
            return varint;
    }
}

template <class T>
T load(std::span<const std::byte> bytes) {
    T value{};
    std::memcpy(&value, bytes.data(), sizeof value);
    return value;
}

class Reader {
   public:
    Reader(std::span<const std::byte> bytes, const std::string& where, Unknown& unknown)
        : bytes_(bytes), where_(where), unknown_(unknown) {}

    void message(const Place& place, std::size_t end) {
        if (place.depth > max_nesting)
            fail("messages nested deeper than " + std::to_string(max_nesting), at_);
        while (at_ < end) field(place, end);
    }

   private:
    [[noreturn]] void fail(const std::string& what, std::size_t at) const {
        throw Error(Error::Kind::data, where_ + ": byte " + std::to_string(at) + ": " + what);
    }

    void field(const Place& place, std::size_t end) {
        const std::size_t start = at_;
        const std::uint64_t key = read_varint(end), number = key >> 3;
        const auto wire_type = static_cast<unsigned>(key & 7U);
        constexpr std::uint64_t largest_number = (1U << 29) - 1;
        if (number == 0 || number > largest_number)
            fail("field number " + std::to_string(number) + "; this is no " + place.message.type().name,
                 start);
        if (wire_type == start_group || wire_type == end_group)
            fail("a group (field " + std::to_string(number) + "), which no format read here has", start);
        if (wire_type > fixed32)
            fail("wire type " + std::to_string(wire_type) + ", which does not exist", start);

        const FieldType* type = place.message.type().find(static_cast<int>(number));
        count_value(start);
        if (type != nullptr && wire_type == wire_type_of(type->kind)) return value(place, *type, end);
        if (type != nullptr && wire_type == delimited && type->repeated) return packed(place, *type, end);
        skip(wire_type, end);
        note_unknown(unknown_, place, "field " + std::to_string(number), "byte " + std::to_string(start));
    }

    void value(const Place& place, const FieldType& type, std::size_t end) {
        if (type.kind == FieldKind::message) {
            const std::size_t inner_end = length(end);
            return message(place.within(type), inner_end);
        }
        FieldValue& value = place.message.add(type);
        switch (wire_type_of(type.kind)) {
            case fixed32:
                value.real = as_written(load<float>(take(4, end)));
                break;
            case fixed64:
                value.real = load<double>(take(8, end));
                break;
            case delimited: {
                const auto run = take(length(end) - at_, end);
                value.text = {reinterpret_cast<const char*>(run.data()), run.size()};
                break;
            }
            default:
                value.integer = integer(type, end);
        }
    }

    void packed(const Place& place, const FieldType& type, std::size_t end) {
        const std::size_t start = at_, run_end = length(end);
        if (wire_type_of(type.kind) == varint) {
            while (at_ < run_end) {
                count_value(at_);
                place.message.add(type).integer = integer(type, run_end);
            }
            return;
        }
        const auto run = take(run_end - at_, end);
        const std::size_t width = type.kind == FieldKind::float64 ? 8 : 4;
        if (run.size() % width != 0)
            fail(place.path() + type.name + ": " + std::to_string(run.size()) +
                     " bytes are no whole number of " + std::to_string(width) + "-byte numbers",
                 start);
        if (!run.empty()) place.message.add(type).packed = run;
    }

    std::int64_t integer(const FieldType& type, std::size_t end) {
        const std::uint64_t bits = read_varint(end);
        return type.kind == FieldKind::boolean ? std::int64_t{bits != 0} : static_cast<std::int64_t>(bits);
    }

    std::uint64_t read_varint(std::size_t end) {
        const std::size_t start = at_;
        std::uint64_t value = 0;
        for (std::size_t i = 0; i < longest_varint; ++i) {
            if (at_ == end) fail("it ends within a number", start);
            const auto byte = static_cast<std::uint64_t>(bytes_[at_++]);
            value |= (byte & 0x7FU) << (7 * i);
            if (byte < 0x80) return value;
        }
        fail("a number of more than 64 bits", start);
    }

    /// Reads a length; where what follows ends.
    std::size_t length(std::size_t end) {
        const std::size_t start = at_;
        const std::uint64_t size = read_varint(end);
        if (size > end - at_)
            fail("a length of " + std::to_string(size) + " where " + std::to_string(end - at_) +
                     " bytes are left: it is cut off or damaged",
                 start);
        return at_ + static_cast<std::size_t>(size);
    }

    std::span<const std::byte> take(std::size_t size, std::size_t end) {
        if (size > end - at_) fail("it ends within a number", at_);
        const auto taken = bytes_.subspan(at_, size);
        at_ += size;
        return taken;
    }

    void skip(unsigned wire_type, std::size_t end) {
        if (wire_type == varint) read_varint(end);
        if (wire_type == fixed32) take(4, end);
        if (wire_type == fixed64) take(8, end);
        if (wire_type == delimited) at_ = length(end);
    }

    void count_value(std::size_t at) {
        if (++values_ > max_values) fail("more than " + std::to_string(max_values) + " values", at);
    }

    std::span<const std::byte> bytes_;
    const std::string& where_;
    Unknown& unknown_;
    std::size_t at_ = 0, values_ = 0;
};

std::uint64_t varint_size(std::uint64_t value) {
    std::uint64_t size = 1;
    while (value >>= 7) ++size;
    return size;
}

std::uint64_t key_of(const FieldType& type, unsigned wire_type) {
    return static_cast<std::uint64_t>(type.number) << 3 | wire_type;
}

std::uint64_t with_length(std::uint64_t size) {
    return varint_size(size) + size;
}

/// Of a single value without its key.
std::uint64_t body_size(const FieldValue& value) {
    switch (wire_type_of(value.type->kind)) {
        case fixed32:
            return 4;
        case fixed64:
            return 8;
        case delimited:
            return with_length(value.message ? wire_size(*value.message) : value.text.size());
        default:
            return varint_size(static_cast<std::uint64_t>(value.integer));
    }
}

using Values = std::span<const FieldValue>;

/// Values that are written together: as many as make one packed run, else one.
Values next_together(Values rest) {
    const FieldType* type = rest[0].type;
    std::size_t count = 1;
    while (type->packed && count < rest.size() && rest[count].type == type) ++count;
    return rest.first(count);
}

std::uint64_t packed_size(Values run) {
    std::uint64_t size = 0;
    for (const FieldValue& value : run) size += value.packed.empty() ? body_size(value) : value.packed.size();
    return size;
}

/// A run of floats of a field whose numbers are written one by one.
std::uint64_t unpacked_run_size(const FieldValue& value) {
    const std::uint64_t width = body_size(value);
    return value.packed.size() / width * (varint_size(key_of(*value.type, 0)) + width);
}

/// Gathers small pieces; large ones are handed on as they are.
class Writer {
   public:
    explicit Writer(ByteSink& sink) : sink_(sink) { gathered_.reserve(most_gathered); }

    void message(const Message& message) {
        for (Values rest = message.values(); !rest.empty();) {
            const Values together = next_together(rest);
            if (rest[0].type->packed)
                packed_run(together);
            else if (!rest[0].packed.empty())
                unpacked_run(rest[0]);
            else
                single(rest[0]);
            rest = rest.subspan(together.size());
        }
    }

    void flush() {
        if (!gathered_.empty()) sink_.append(std::as_bytes(std::span(gathered_)));
        gathered_.clear();
    }

   private:
    void packed_run(Values run) {
        put_varint(key_of(*run[0].type, delimited));
        put_varint(packed_size(run));
        for (const FieldValue& value : run) {
            if (value.packed.empty())
                body(value);
            else
                put(value.packed);
        }
    }

    void unpacked_run(const FieldValue& value) {
        const auto width = static_cast<std::size_t>(body_size(value));
        for (auto rest = value.packed; !rest.empty(); rest = rest.subspan(width)) {
            put_varint(key_of(*value.type, wire_type_of(value.type->kind)));
            put(rest.first(width));
        }
    }

    void single(const FieldValue& value) {
        put_varint(key_of(*value.type, wire_type_of(value.type->kind)));
        body(value);
    }

    void body(const FieldValue& value) {
        switch (wire_type_of(value.type->kind)) {
            case fixed32:
                put_number(to_float(value.real));
                break;
            case fixed64:
                put_number(value.real);
                break;
            case delimited:
                put_varint(value.message ? wire_size(*value.message) : value.text.size());
                if (value.message)
                    message(*value.message);
                else
                    put(std::as_bytes(std::span(value.text)));
                break;
            default:
                put_varint(static_cast<std::uint64_t>(value.integer));
        }
    }

    void put_varint(std::uint64_t value) {
        std::array<std::byte, longest_varint> bytes{};
        std::size_t size = 0;
        for (; value >= 0x80; value >>= 7) bytes[size++] = static_cast<std::byte>((value & 0x7FU) | 0x80U);
        bytes[size++] = static_cast<std::byte>(value);
        put(std::span(bytes).first(size));
    }

    template <class T>
    void put_number(T value) {
        put(std::as_bytes(std::span(&value, 1)));
    }

    void put(std::span<const std::byte> bytes) {
        if (gathered_.size() + bytes.size() > most_gathered) flush();
        if (bytes.size() > most_gathered) return sink_.append(bytes);
        gathered_.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    }

    static constexpr std::size_t most_gathered = std::size_t{64} << 10;
    ByteSink& sink_;
    std::string gathered_;
};

}  // namespace

Message read_wire(std::span<const std::byte> bytes, const MessageType& type, const std::string& where,
                  Unknown& unknown) {
    Message message(type);
    Reader(bytes, where, unknown).message({message}, bytes.size());
    return message;
}

std::uint64_t wire_size(const Message& message) {
    std::uint64_t size = 0;
    for (Values rest = message.values(); !rest.empty();) {
        const Values together = next_together(rest);
        const std::uint64_t key = varint_size(key_of(*rest[0].type, 0));
        if (rest[0].type->packed)
            size += key + with_length(packed_size(together));
        else if (!rest[0].packed.empty())
            size += unpacked_run_size(rest[0]);
        else
            size += key + body_size(rest[0]);
        rest = rest.subspan(together.size());
    }
    return size;
}

void write_wire(const Message& message, ByteSink& sink) {
    constexpr std::uint64_t largest = std::numeric_limits<std::int32_t>::max();
    const std::uint64_t size = wire_size(message);
    if (size > largest)
        throw Error(Error::Kind::data, "a " + std::string(message.type().name) + " of " +
                                           std::to_string(size) + " bytes; no reader takes more than 2 GB");
    Writer writer(sink);
    writer.message(message);
    writer.flush();
}

}  // namespace emulsion::formats
