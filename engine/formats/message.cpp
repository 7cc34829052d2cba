// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "engine/formats/message.h"

#include <emulsion/error.h>

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstring>
#include <limits>
#include <stdexcept>

namespace emulsion::formats {
namespace {

static_assert(std::endian::native == std::endian::little, "packed runs are viewed as they lie in the file");

std::size_t width(const FieldType& type) {
    return type.kind == FieldKind::float64 ? sizeof(double) : sizeof(float);
}

bool is_integral(FieldKind kind) {
    return kind == FieldKind::int64 || kind == FieldKind::uint64 || kind == FieldKind::boolean ||
           kind == FieldKind::choice;
}

void append_packed(const FieldValue& value, std::vector<float>& to) {
    const std::size_t start = to.size(), count = value.packed.size() / width(*value.type);
    to.resize(start + count);
    if (value.type->kind == FieldKind::float32) {
        std::memcpy(to.data() + start, value.packed.data(), count * sizeof(float));
        return;
    }
    for (std::size_t i = 0; i < count; ++i) {
        double number = 0;
        std::memcpy(&number, value.packed.data() + i * sizeof number, sizeof number);
        to[start + i] = to_float(number);
    }
}

double real_of(const FieldValue& value) {
    return is_integral(value.type->kind) ? static_cast<double>(value.integer) : value.real;
}

}  // namespace

const FieldType* MessageType::find(int number) const {
    const auto found = std::ranges::find(fields, number, &FieldType::number);
    return found != fields.end() ? &*found : nullptr;
}

const FieldType* MessageType::find(std::string_view wanted) const {
    const auto found =
        std::ranges::find_if(fields, [&](const FieldType& each) { return each.name == wanted; });
    return found != fields.end() ? &*found : nullptr;
}

const FieldType& Message::field(std::string_view name) const {
    const FieldType* found = type_->find(name);
    if (found == nullptr) throw std::logic_error(std::string(type_->name) + " has no " + std::string(name));
    return *found;
}

// The search is short where readers need it: a hostile file may repeat a field that is not repeated a
// million times.
const FieldValue* Message::last(const FieldType& wanted) const {
    if (!wanted.repeated) {
        const auto found = std::ranges::find_if(
            single_, [&](std::uint32_t index) { return values_[index].type == &wanted; });
        return found != single_.end() ? &values_[*found] : nullptr;
    }
    const auto found = std::find_if(values_.rbegin(), values_.rend(),
                                    [&](const FieldValue& each) { return each.type == &wanted; });
    return found != values_.rend() ? &*found : nullptr;
}

bool Message::has(const FieldType& type) const {
    return last(type) != nullptr;
}

bool Message::has(std::string_view name) const {
    return has(field(name));
}

std::size_t Message::count(std::string_view name) const {
    const FieldType* wanted = &field(name);
    std::size_t count = 0;
    for (const FieldValue& each : values_)
        if (each.type == wanted) count += each.packed.empty() ? 1 : each.packed.size() / width(*wanted);
    return count;
}

std::int64_t Message::integer(std::string_view name, std::int64_t fallback) const {
    const FieldValue* value = last(field(name));
    return value != nullptr ? value->integer : fallback;
}

double Message::real(std::string_view name, double fallback) const {
    const FieldValue* value = last(field(name));
    return value != nullptr ? real_of(*value) : fallback;
}

bool Message::flag(std::string_view name, bool fallback) const {
    return integer(name, fallback ? 1 : 0) != 0;
}

std::string Message::text(std::string_view name, std::string_view fallback) const {
    const FieldValue* value = last(field(name));
    return std::string(value != nullptr ? value->text : fallback);
}

std::string_view Message::view(std::string_view name) const {
    const FieldValue* value = last(field(name));
    return value != nullptr ? value->text : std::string_view();
}

std::string Message::choice(std::string_view name, std::string_view fallback) const {
    const FieldValue* value = last(field(name));
    if (value == nullptr) return std::string(fallback);
    const auto found = std::ranges::find(value->type->choices, value->integer, &Choice::number);
    if (found != value->type->choices.end()) return found->name;
    const std::string at = value->line > 0 ? ", line " + std::to_string(value->line) : "";
    throw Error(Error::Kind::data, std::string(type_->name) + "." + value->type->name + " is " +
                                       std::to_string(value->integer) + at + ", which has no meaning here");
}

const Message* Message::message(std::string_view name) const {
    const FieldValue* value = last(field(name));
    return value != nullptr ? value->message.get() : nullptr;
}

std::vector<const Message*> Message::messages(std::string_view name) const {
    const FieldType* wanted = &field(name);
    std::vector<const Message*> found;
    for (const FieldValue& each : values_)
        if (each.type == wanted && each.message) found.push_back(each.message.get());
    return found;
}

std::vector<std::int64_t> Message::integers(std::string_view name) const {
    const FieldType* wanted = &field(name);
    std::vector<std::int64_t> found;
    for (const FieldValue& each : values_)
        if (each.type == wanted) found.push_back(each.integer);
    return found;
}

std::vector<std::string> Message::texts(std::string_view name) const {
    const FieldType* wanted = &field(name);
    std::vector<std::string> found;
    for (const FieldValue& each : values_)
        if (each.type == wanted) found.emplace_back(each.text);
    return found;
}

std::vector<float> Message::floats(std::string_view name) const {
    const FieldType* wanted = &field(name);
    std::vector<float> found;
    found.reserve(count(name));
    for (const FieldValue& each : values_) {
        if (each.type != wanted) continue;
        if (each.packed.empty())
            found.push_back(to_float(real_of(each)));
        else
            append_packed(each, found);
    }
    return found;
}

FieldValue& Message::add(const FieldType& type) {
    if (!type.repeated) {
        if (const FieldValue* there = last(type)) {
            FieldValue& value = values_[static_cast<std::size_t>(there - values_.data())];
            value = FieldValue();
            value.type = &type;
            return value;
        }
        single_.push_back(static_cast<std::uint32_t>(values_.size()));
    }
    values_.emplace_back().type = &type;
    return values_.back();
}

Message& Message::add_message(const FieldType& type) {
    if (!type.repeated)
        if (const FieldValue* there = last(type)) return *there->message;
    FieldValue& value = add(type);
    value.message = std::make_unique<Message>(*type.message);
    return *value.message;
}

std::string_view Message::keep(std::string text) {
    return owned_.emplace_front(std::move(text));
}

Message& Message::add_message(std::string_view name) {
    return add_message(field(name));
}

void Message::add_integer(std::string_view name, std::int64_t value) {
    add(field(name)).integer = value;
}

void Message::add_real(std::string_view name, double value) {
    add(field(name)).real = value;
}

void Message::add_text(std::string_view name, std::string_view value) {
    add(field(name)).text = keep(std::string(value));
}

void Message::add_choice(std::string_view name, std::string_view value) {
    const FieldType& type = field(name);
    const auto found = std::ranges::find_if(type.choices, [&](const Choice& c) { return c.name == value; });
    if (found == type.choices.end())
        throw std::logic_error(std::string(type_->name) + "." + type.name + " has no choice " +
                               std::string(value));
    add(type).integer = found->number;
}

void Message::add_floats(std::string_view name, std::span<const float> values) {
    if (!values.empty()) add(field(name)).packed = std::as_bytes(values);
}

void Message::add_bytes(std::string_view name, std::span<const std::byte> bytes) {
    add(field(name)).text = {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

float to_float(double value) {
    constexpr double first_beyond = 0x1.ffffffp127;  // half way from the largest to the next, were there one
    constexpr float largest = std::numeric_limits<float>::max();
    if (std::isnan(value) || std::abs(value) <= largest) return static_cast<float>(value);
    const float beyond = std::abs(value) < first_beyond ? largest : std::numeric_limits<float>::infinity();
    return value < 0 ? -beyond : beyond;
}

double as_written(float value) {
    std::array<char, 32> digits{};
    const char* end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
    double written = value;
    std::from_chars(digits.data(), end, written);
    return to_float(written) == value ? written : value;
}

}  // namespace emulsion::formats
