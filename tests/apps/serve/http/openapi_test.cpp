// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// docs/openapi.json and the server say the same.
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>

#include "apps/serve/routes.h"
#include "tests/apps/serve/http/fixtures.h"

namespace emulsion::test {
namespace {

using nlohmann::json;

json description() {
    std::ifstream file(std::string(EMULSION_SOURCE_DIR) + "/docs/openapi.json");
    return json::parse(file);
}

std::string upper(std::string text) {
    std::ranges::transform(text, text.begin(),
                           [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    return text;
}

// Whether a value is as a schema says, as far as types, members and items go.
void expect_fits(const json& value, json schema, const json& document, const std::string& where) {
    if (schema.contains("$ref")) {
        const std::string reference = schema.at("$ref").get<std::string>().substr(1);
        schema = document.at(json::json_pointer(reference));
    }
    if (!schema.contains("type")) return;
    json types = schema.at("type");
    if (types.is_string()) types = json::array({types});
    const auto is = [&](const json& type) {
        return (type == "object" && value.is_object()) || (type == "array" && value.is_array()) ||
               (type == "string" && value.is_string()) || (type == "integer" && value.is_number_integer()) ||
               (type == "number" && value.is_number()) || (type == "null" && value.is_null());
    };
    EXPECT_TRUE(std::any_of(types.begin(), types.end(), is)) << where << ": " << value;
    for (const json& name : schema.value("required", json::array()))
        EXPECT_TRUE(value.contains(name.get<std::string>())) << where << ": " << name;
    if (value.is_object() && schema.contains("properties")) {
        for (const auto& [name, member] : value.items()) {
            ASSERT_TRUE(schema.at("properties").contains(name)) << where << ": " << name;
            expect_fits(member, schema.at("properties").at(name), document, where + "." + name);
        }
    }
    if (value.is_array() && schema.contains("items"))
        for (const json& item : value) expect_fits(item, schema.at("items"), document, where + "[]");
}

TEST(OpenApi, NamesEveryRoute) {
    const json paths = description().at("paths");
    for (const serve::Route& route : serve::routes()) {
        const std::string path(route.path);
        ASSERT_TRUE(paths.contains(path)) << path;
        bool found = false;
        for (const auto& [method, operation] : paths.at(path).items()) found |= upper(method) == route.method;
        EXPECT_TRUE(found) << path << " " << route.method;
    }
}

TEST(OpenApi, NamesNothingThatDoesNotAnswerAsItSays) {
    const json document = description();
    const TestServer server;
    for (const auto& [path, operations] : document.at("paths").items()) {
        for (const auto& [method, operation] : operations.items()) {
            const bool form = operation.value("requestBody", json()).contains("$ref");
            const bool photo = operation.contains("requestBody");
            const HttpResponse response = server.ask(upper(method), path,
                                                     !photo ? ""
                                                     : form ? form_type
                                                            : image_type,
                                                     !photo ? ""
                                                     : form ? form_body({{"a", "a", "", "@"}})
                                                            : "@");
            ASSERT_EQ(response.status, 200) << method << " " << path;
            const json content = operation.at("responses").at("200").at("content");
            const std::string type =
                response.field("content-type").substr(0, response.field("content-type").find(';'));
            ASSERT_TRUE(content.contains(type)) << path << ": " << type;
            if (type == "application/json")
                expect_fits(json::parse(response.body), content.at(type).at("schema"), document, path);
            if (!photo) continue;
            const HttpResponse error = server.ask(upper(method), path, form ? image_type : form_type, "@");
            EXPECT_GE(error.status, 400);
            expect_fits(json::parse(error.body), {{"$ref", "#/components/schemas/Error"}}, document, path);
        }
    }
}

}  // namespace
}  // namespace emulsion::test
