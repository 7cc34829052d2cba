// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Protocol-buffer messages as trees, read and written by a table of what each type may hold. One tree
// serves both forms of a file, text (.prototxt) and wire (.caffemodel, .onnx), so that what a net means
// is written down once a format and not once a form.
#pragma once

#include <cstddef>
#include <cstdint>
#include <forward_list>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace emulsion::formats {

enum class FieldKind { int64, uint64, boolean, float32, float64, text, bytes, choice, message };

struct MessageType;

/// A value of an enumeration: its number on the wire, its name in text.
struct Choice {
    std::int64_t number;
    const char* name;
};

/// What a message may hold under one number (wire) and name (text).
struct FieldType {
    int number;
    const char* name;
    FieldKind kind;
    bool repeated = false;
    bool packed = false;                   ///< written packed; both forms are read
    const MessageType* message = nullptr;  ///< of kind message
    std::span<const Choice> choices = {};  ///< of kind choice
};

struct MessageType {
    const char* name;  ///< "LayerParameter"
    std::span<const FieldType> fields;

    const FieldType* find(int number) const;
    const FieldType* find(std::string_view name) const;
};

class Message;

/// One value of a field.
struct FieldValue {
    const FieldType* type = nullptr;
    int line = 0;              ///< in a text file, from 1; 0 from the wire
    std::int64_t integer = 0;  ///< int64, uint64, boolean, choice (its number)
    double real = 0;           ///< float32, float64
    std::string_view text;     ///< text and bytes; lives as long as the file or the Message's own copies
    std::unique_ptr<Message> message;
    /// A run of float32 or float64 values of a repeated field, as on the wire (little-endian, 4 or 8 bytes
    /// each, perhaps badly aligned). A packed run stays one value, so that 60 million weights do not
    /// become as many nodes.
    std::span<const std::byte> packed;
};

/// A message: values in the order of the file. A field that is absent has its type's default, which is
/// the getters' `fallback`.
class Message {
   public:
    explicit Message(const MessageType& type) : type_(&type) {}

    const MessageType& type() const { return *type_; }
    int line = 0;  ///< where it begins, in a text file
    const std::vector<FieldValue>& values() const { return values_; }

    bool has(std::string_view field) const;
    std::size_t count(std::string_view field) const;  ///< packed runs count as their elements
    /// The last value wins, as protocol buffers say. The name must be one of the type's.
    std::int64_t integer(std::string_view field, std::int64_t fallback = 0) const;
    double real(std::string_view field, double fallback = 0) const;
    bool flag(std::string_view field, bool fallback = false) const;
    std::string text(std::string_view field, std::string_view fallback = "") const;
    /// The same without a copy: for bytes, which may be most of the file.
    std::string_view view(std::string_view field) const;
    /// A choice by name; one whose number is in no table is Error(data) when it is read.
    std::string choice(std::string_view field, std::string_view fallback) const;
    const Message* message(std::string_view field) const;  ///< null if absent
    std::vector<const Message*> messages(std::string_view field) const;
    std::vector<std::int64_t> integers(std::string_view field) const;
    std::vector<std::string> texts(std::string_view field) const;
    std::vector<float> floats(std::string_view field) const;  ///< float32 or float64, packed or not

    /// For writers. Names are the type's; text is copied and kept; floats and bytes are viewed, not
    /// copied.
    Message& add_message(std::string_view field);
    void add_integer(std::string_view field, std::int64_t);
    void add_real(std::string_view field, double);
    void add_text(std::string_view field, std::string_view);
    void add_choice(std::string_view field, std::string_view name);
    void add_floats(std::string_view field, std::span<const float>);
    void add_bytes(std::string_view field, std::span<const std::byte>);

    /// For readers, which know the field's type. A field that is not repeated has one value: the one that
    /// is there is cleared, or, if it is a message, read further into, as protocol buffers say.
    FieldValue& add(const FieldType&);
    Message& add_message(const FieldType&);
    bool has(const FieldType&) const;
    std::string_view keep(std::string);  ///< text that lives as long as the Message

   private:
    const FieldType& field(std::string_view name) const;
    const FieldValue* last(const FieldType&) const;

    const MessageType* type_;
    std::vector<FieldValue> values_;
    std::vector<std::uint32_t> single_;     ///< indices of the values of fields that are not repeated
    std::forward_list<std::string> owned_;  ///< costs nothing while empty, and its elements never move
};

/// What a reader met and passed over: unknown fields, by path ("layer[3].quantum_param, line 12"). The
/// caller decides whether to refuse or to list them.
using Unknown = std::vector<std::string>;

/// The number that somebody wrote who meant this float: 0.1, not 0.100000001490116.
double as_written(float);
/// The nearest float; infinity beyond the largest, where a cast would be undefined.
float to_float(double);

/// What the readers accept at most. A value takes some 100 times the memory of its shortest form on the
/// wire, so that limiting the file alone would not limit memory. Packed floats are no values here.
inline constexpr int max_nesting = 64;
inline constexpr std::size_t max_values = std::size_t{1} << 20;

/// Errors (Error(data)) name `where`, and a byte offset or a line ("net.prototxt:12: ..."). The bytes
/// must outlive the Message.
Message read_wire(std::span<const std::byte> bytes, const MessageType&, const std::string& where,
                  Unknown& unknown);
Message read_text(std::string_view text, const MessageType&, const std::string& where, Unknown& unknown);

std::string write_text(const Message&);
/// The size of a message on the wire, and its bytes, handed on in pieces: a model of a gigabyte is
/// never in memory twice. More than 2 GB is Error(data), as no reader would take it.
std::uint64_t wire_size(const Message&);
class ByteSink {
   public:
    virtual ~ByteSink() = default;
    virtual void append(std::span<const std::byte>) = 0;
};
void write_wire(const Message&, ByteSink&);

}  // namespace emulsion::formats
