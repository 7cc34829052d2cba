// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Messages as text, in the layout that protobuf itself prints.
#include <array>
#include <charconv>
#include <cmath>
#include <cstring>

#include "engine/formats/message.h"

namespace emulsion::formats {
namespace {

class Writer {
   public:
    void message(const Message& message, std::size_t depth) {
        for (const FieldValue& value : message.values()) {
            if (value.message)
                nested(value, depth);
            else if (value.packed.empty())
                scalar(value, depth);
            else
                run(value, depth);
        }
    }

    std::string text;

   private:
    void begin(const FieldValue& value, std::size_t depth) {
        text.append(2 * depth, ' ');
        text += value.type->name;
    }

    void nested(const FieldValue& value, std::size_t depth) {
        begin(value, depth);
        text += " {\n";
        message(*value.message, depth + 1);
        text.append(2 * depth, ' ');
        text += "}\n";
    }

    void run(const FieldValue& value, std::size_t depth) {
        const bool wide = value.type->kind == FieldKind::float64;
        const std::size_t width = wide ? sizeof(double) : sizeof(float);
        for (auto rest = value.packed; rest.size() >= width; rest = rest.subspan(width)) {
            float narrow = 0;
            double number = 0;
            std::memcpy(wide ? static_cast<void*>(&number) : &narrow, rest.data(), width);
            begin(value, depth);
            text += ": ";
            wide ? real(number) : real(narrow);
            text += '\n';
        }
    }

    void scalar(const FieldValue& value, std::size_t depth) {
        begin(value, depth);
        text += ": ";
        switch (value.type->kind) {
            case FieldKind::int64:
                text += std::to_string(value.integer);
                break;
            case FieldKind::uint64:
                text += std::to_string(static_cast<std::uint64_t>(value.integer));
                break;
            case FieldKind::boolean:
                text += value.integer != 0 ? "true" : "false";
                break;
            case FieldKind::choice:
                choice(value);
                break;
            case FieldKind::float32:
                real(to_float(value.real));
                break;
            case FieldKind::float64:
                real(value.real);
                break;
            default:
                string(value.text);
        }
        text += '\n';
    }

    void choice(const FieldValue& value) {
        for (const Choice& each : value.type->choices)
            if (each.number == value.integer) {
                text += each.name;
                return;
            }
        text += std::to_string(value.integer);
    }

    /// The fewest characters that read back as the same bits.
    template <class Real>
    void real(Real number) {
        if (std::isnan(number)) {  // its sign would be written, and cannot be read
            text += "nan";
            return;
        }
        std::array<char, 32> digits{};
        text.append(digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr);
    }

    /// Bytes beyond ASCII are escaped too, so that any reader and any editor takes the file.
    void string(std::string_view bytes) {
        text += '"';
        for (const char c : bytes) {
            const auto byte = static_cast<unsigned char>(c);
            if (c == '"' || c == '\\') {
                text += '\\';
                text += c;
            } else if (c == '\n') {
                text += "\\n";
            } else if (byte < 0x20 || byte >= 0x7F) {
                text += '\\';
                for (const int shift : {6, 3, 0}) text += static_cast<char>('0' + (byte >> shift & 7));
            } else {
                text += c;
            }
        }
        text += '"';
    }
};

}  // namespace

std::string write_text(const Message& message) {
    Writer writer;
    writer.message(message, 0);
    return std::move(writer.text);
}

}  // namespace emulsion::formats
