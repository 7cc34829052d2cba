// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include <emulsion/error.h>
#include <emulsion/netdef.h>

#include <array>

namespace emulsion {
namespace {

[[noreturn]] void fail(const std::string& key, const std::string& what) {
    throw Error(Error::Kind::data, "attribute \"" + key + "\" " + what);
}

[[noreturn]] void fail_type(const std::string& key, const Attributes::Value& value, const char* expected) {
    constexpr std::array kinds = {"true or false", "an integer", "a real number", "text"};
    fail(key, std::string("must be ") + expected + ", not " + kinds[value.index()]);
}

/// The value under `key` if it is there; an error if it is no T.
template <class T>
const T* find(const std::map<std::string, Attributes::Value>& values, const std::string& key,
              const char* expected) {
    const auto found = values.find(key);
    if (found == values.end()) return nullptr;
    const auto* value = std::get_if<T>(&found->second);
    if (value == nullptr) fail_type(key, found->second, expected);
    return value;
}

}  // namespace

std::int64_t Attributes::integer(const std::string& key) const {
    if (!has(key)) fail(key, "is missing");
    return integer(key, 0);
}

std::int64_t Attributes::integer(const std::string& key, std::int64_t fallback) const {
    const auto* value = find<std::int64_t>(values_, key, "an integer");
    return value != nullptr ? *value : fallback;
}

double Attributes::real(const std::string& key, double fallback) const {
    const auto found = values_.find(key);
    if (found != values_.end() && std::holds_alternative<std::int64_t>(found->second)) {
        return static_cast<double>(std::get<std::int64_t>(found->second));
    }
    const auto* value = find<double>(values_, key, "a number");
    return value != nullptr ? *value : fallback;
}

bool Attributes::flag(const std::string& key, bool fallback) const {
    const auto* value = find<bool>(values_, key, "true or false");
    return value != nullptr ? *value : fallback;
}

std::string Attributes::text(const std::string& key, const std::string& fallback) const {
    const auto* value = find<std::string>(values_, key, "text");
    return value != nullptr ? *value : fallback;
}

}  // namespace emulsion
