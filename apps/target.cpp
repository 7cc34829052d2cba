// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "apps/target.h"

#include <spdlog/fmt/fmt.h>

#include <emulsion/error.h>
#include <algorithm>
#include <filesystem>
#include <initializer_list>
#include <set>

#include "apps/common_text.h"
#include "engine/files.h"
#include "engine/json.h"

namespace emulsion::apps {
namespace {

constexpr std::size_t file_limit = 64 * 1024, text_limit = 400;

// The members of one object, each asked for by name; done() refuses those that nobody asked for.
class Members {
   public:
    Members(const json::Value& value, std::string where) : where_(std::move(where)) {
        object_ = value.get<json::Object>();
        if (object_ == nullptr) fail(fmt::format("is {}, not an object", value.kind()));
    }

    std::string text(const char* key) {
        const json::Value& value = member(key);
        const auto* text = value.get<std::string>();
        if (text == nullptr) fail(key, fmt::format("is {}, not text", value.kind()));
        if (text->empty() || text->size() > text_limit || one_line(*text) != *text)
            fail(key, fmt::format("is not one line of 1 to {} bytes", text_limit));
        return *text;
    }

    double number(const char* key, double least, double most) {
        const json::Value& value = member(key);
        const auto* whole = value.get<std::int64_t>();
        const auto* real = value.get<double>();
        if (whole == nullptr && real == nullptr) fail(key, fmt::format("is {}, not a number", value.kind()));
        const double number = whole != nullptr ? static_cast<double>(*whole) : *real;
        if (!(number >= least && number <= most))
            fail(key, fmt::format("is {:g}, not between {:g} and {:g}", number, least, most));
        return number;
    }

    std::int64_t integer(const char* key, std::int64_t least, std::int64_t most) {
        const json::Value& value = member(key);
        if (value.get<std::int64_t>() == nullptr)
            fail(key, fmt::format("is {}, not an integer", value.kind()));
        number(key, static_cast<double>(least), static_cast<double>(most));
        return *value.get<std::int64_t>();
    }

    // An absent list is an empty one.
    const json::Array& list(const char* key) {
        static const json::Array none;
        known_.insert(key);
        const json::Value* value = find(key);
        if (value == nullptr) return none;
        const auto* list = value->get<json::Array>();
        if (list == nullptr) fail(key, fmt::format("is {}, not a list", value->kind()));
        return *list;
    }

    void done() const {
        for (const auto& [key, value] : *object_)
            if (known_.count(key) == 0) fail(fmt::format("there is no member \"{}\"", json::printable(key)));
    }

    [[noreturn]] void fail(const std::string& what) const {
        throw Error(Error::Kind::data, where_ + ": " + what);
    }
    [[noreturn]] void fail(const char* key, const std::string& what) const {
        fail(fmt::format("\"{}\" {}", key, what));
    }

   private:
    const json::Value* find(std::string_view key) const {
        for (const auto& [name, value] : *object_)
            if (name == key) return &value;
        return nullptr;
    }
    const json::Value& member(const char* key) {
        known_.insert(key);
        const json::Value* value = find(key);
        if (value == nullptr) fail(fmt::format("\"{}\" is missing", key));
        return *value;
    }

    std::string where_;
    const json::Object* object_ = nullptr;
    std::set<std::string, std::less<>> known_;
};

MeasuredSpeed parse_measured(const json::Value& value, const std::string& where) {
    Members members(value, where);
    MeasuredSpeed speed;
    speed.net = members.text("net");
    speed.mode = members.text("mode");
    if (speed.mode != "training" && speed.mode != "inference")
        members.fail("mode", "is neither \"training\" nor \"inference\"");
    speed.batch = static_cast<int>(members.integer("batch", 1, 65536));
    speed.iterations_per_second = members.number("iterations_per_second", 1e-6, 1e9);
    speed.by = members.text("by");
    speed.source = members.text("source");
    members.done();
    return speed;
}

bool ends_in(std::string_view text, std::string_view word) {
    if (!text.ends_with(word)) return false;
    return text.size() == word.size() || text[text.size() - word.size() - 1] == ' ';
}

}  // namespace

Roofline Target::roof() const {
    Roofline roof;
    roof.flop_per_second = flop_per_second;
    roof.bytes_per_second = bytes_per_second;
    return roof;
}

const MeasuredSpeed* Target::measured_speed(const std::string& net, const std::string& mode,
                                            int batch) const {
    for (const MeasuredSpeed& speed : measured)
        if (speed.net == net && speed.mode == mode && speed.batch == batch) return &speed;
    return nullptr;
}

Target parse_target(std::string_view text, const std::string& where) {
    const json::Value value = json::parse(text, where, file_limit);
    Members members(value, where);
    Target target;
    target.name = members.text("name");
    target.flop_per_second = members.number("flop_per_second", 1e6, 1e18);
    target.bytes_per_second = members.number("bytes_per_second", 1e6, 1e17);
    target.multiprocessors = static_cast<int>(members.integer("multiprocessors", 1, 100'000));
    target.clock_hertz = members.number("clock_hertz", 1e6, 1e11);
    target.shared_memory_bytes = members.integer("shared_memory_bytes", 1, std::int64_t{1} << 40);
    target.memory_bytes = members.integer("memory_bytes", 1, std::int64_t{1} << 50);
    target.sm = static_cast<int>(members.integer("sm", 10, 9999));
    target.source = members.text("source");
    for (const json::Value& device : members.list("devices")) {
        const auto* name = device.get<std::string>();
        if (name == nullptr || name->empty()) members.fail("devices", "is not a list of names");
        target.devices.push_back(*name);
    }
    for (const json::Value& speed : members.list("measured"))
        target.measured.push_back(parse_measured(speed, where + ": measured"));
    members.done();
    return target;
}

Target open_target(const std::string& name_or_path) {
    for (const EmbeddedText& each : embedded_targets())
        if (each.name == name_or_path) return parse_target(each.text, "bench/targets/" + name_or_path);
    std::error_code ignored;
    if (!std::filesystem::exists(name_or_path, ignored))
        throw Error(Error::Kind::data, fmt::format("{}: no such file, nor a card of that name (cards: {})",
                                                   name_or_path, fmt::join(target_names(), ", ")));
    return parse_target(read_text(name_or_path, file_limit), name_or_path);
}

std::vector<std::string> target_names() {
    std::vector<std::string> names;
    for (const EmbeddedText& each : embedded_targets()) names.emplace_back(each.name);
    std::sort(names.begin(), names.end());
    return names;
}

std::optional<Target> target_of_device(const std::string& name, const std::optional<Target>& own) {
    const std::string_view card = std::string_view(name).substr(0, name.rfind(", sm_"));
    const auto fits = [card](const Target& target) {
        return std::any_of(target.devices.begin(), target.devices.end(),
                           [card](const std::string& device) { return ends_in(card, device); });
    };
    if (own && fits(*own)) return own;
    for (const std::string& each : target_names())
        if (Target target = open_target(each); fits(target)) return target;
    return std::nullopt;
}

}  // namespace emulsion::apps
