// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "engine/formats/caffe_fields.h"

#include <emulsion/error.h>

#include <algorithm>
#include <filesystem>
#include <iterator>

namespace emulsion::formats::caffe {
namespace {

std::string one_line(std::string text) {
    std::ranges::replace_if(
        text, [](unsigned char c) { return c < ' '; }, ' ');
    return text;
}

int line_of(const FieldValue& value) {
    return value.message ? value.message->line : value.line;
}

}  // namespace

void Reading::ignore(const std::string& what, int line) {
    std::string entry = one_line(what);
    if (line > 0) entry += ", line " + std::to_string(line);
    constexpr std::size_t most = 1000;
    if (listed_.size() < most && listed_.insert(entry).second)
        ignored_.push_back(std::move(entry));
    else if (listed_.size() == most && ignored_.size() == most)
        ignored_.emplace_back("and more");
}

void Reading::ignore_unread(const Message& message, const std::string& prefix) {
    for (const FieldValue& value : message.values()) {
        const std::string name = prefix + value.type->name;
        if (!read_.contains({&message, value.type}))
            ignore(name, line_of(value));
        else if (value.message && !value.type->repeated)
            ignore_unread(*value.message, name + '.');
    }
}

void Reading::fail(int line, const std::string& what) const {
    const std::string place = line > 0 ? ':' + std::to_string(line) : "";
    throw Error(Error::Kind::data, one_line(path_ + place + ": " + what));
}

void Reading::refuse(const Unknown& unknown) const {
    if (!unknown.empty()) fail(0, "unknown field " + unknown.front());
}

const FieldType* Fields::type_of(const char* field) const {
    return present() ? message_->type().find(std::string_view(field)) : nullptr;
}

int Fields::line(const char* field) const {
    int found = line_;
    if (!present()) return found;
    const FieldType* type = type_of(field);
    for (const FieldValue& value : message_->values())
        if (value.type == type && line_of(value) > 0) found = line_of(value);
    return found;
}

bool Fields::has(const char* field) const {
    const FieldType* type = type_of(field);
    if (type == nullptr) return false;
    reading_->read_.emplace(message_, type);
    return message_->has(*type);
}

std::int64_t Fields::integer(const char* field, std::int64_t fallback) const {
    return has(field) ? message_->integer(field) : fallback;
}

double Fields::real(const char* field, double fallback) const {
    return has(field) ? message_->real(field) : fallback;
}

bool Fields::flag(const char* field, bool fallback) const {
    return has(field) ? message_->flag(field) : fallback;
}

std::string Fields::text(const char* field, const char* fallback) const {
    return has(field) ? message_->text(field) : fallback;
}

std::string Fields::choice(const char* field, const char* fallback) const {
    if (!has(field)) return fallback;
    const FieldType& type = *type_of(field);
    const auto found = std::ranges::find(type.choices, message_->integer(field), &Choice::number);
    if (found == type.choices.end())
        fail(field, std::string(field) + " is " + std::to_string(message_->integer(field)) +
                        ", which has no meaning");
    return found->name;
}

std::vector<std::int64_t> Fields::integers(const char* field) const {
    return has(field) ? message_->integers(field) : std::vector<std::int64_t>{};
}

std::vector<double> Fields::reals(const char* field) const {
    std::vector<double> found;
    if (!has(field)) return found;
    const FieldType* type = type_of(field);
    for (const FieldValue& value : message_->values())
        if (value.type == type && value.packed.empty()) found.push_back(value.real);
    // Some writers pack what Caffe writes one by one.
    if (found.empty()) std::ranges::copy(message_->floats(field), std::back_inserter(found));
    return found;
}

std::vector<std::string> Fields::texts(const char* field) const {
    return has(field) ? message_->texts(field) : std::vector<std::string>{};
}

Fields Fields::within(const char* field) const {
    const Message* inner = has(field) ? message_->message(field) : nullptr;
    return {*reading_, inner, line(field)};
}

std::vector<Fields> Fields::each(const char* field) const {
    std::vector<Fields> found;
    if (has(field))
        for (const Message* inner : message_->messages(field)) found.emplace_back(Fields(*reading_, *inner));
    return found;
}

void Fields::fail(const char* field, const std::string& what) const {
    reading_->fail(line(field), what);
}

bool is_of_type(const MessageType& type, const Message& read, const Unknown& unknown) {
    if (unknown.empty() || !read.values().empty()) return false;
    const std::string& first = unknown.front();
    return type.find(std::string_view(first).substr(0, first.find(','))) != nullptr;
}

bool is_there(const std::string& path) {
    std::error_code unknown;
    return std::filesystem::exists(path, unknown);
}

std::string resolve(const std::string& path, const std::string& named_in) {
    namespace fs = std::filesystem;
    std::error_code unknown;
    if (path.empty() || fs::path(path).is_absolute() || fs::exists(path, unknown)) return path;
    fs::path folder = fs::absolute(named_in, unknown).parent_path();
    for (;; folder = folder.parent_path()) {
        if (fs::exists(folder / path, unknown)) return (folder / path).string();
        if (folder == folder.parent_path()) return path;
    }
}

}  // namespace emulsion::formats::caffe
