// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Who may ask, and how often.
#include <gtest/gtest.h>

#include "tests/apps/serve/http/fixtures.h"

namespace emulsion::test {
namespace {

int status_as(const TestServer& server, const std::string& host, const std::string& fields = "") {
    Client client(server.port());
    return client.ask("GET /livez HTTP/1.1\r\nHost: " + host + "\r\n" + fields + "\r\n").status;
}

TEST(HttpAccess, AnswersToItsOwnNamesOnly) {
    serve::ApiSettings settings;
    settings.access.hosts = {"photos.example"};
    const TestServer server(settings);
    const std::string port = ":" + std::to_string(server.port());
    EXPECT_EQ(status_as(server, "127.0.0.1" + port), 200);
    EXPECT_EQ(status_as(server, "localhost" + port), 200);
    EXPECT_EQ(status_as(server, "photos.example"), 200);
    EXPECT_EQ(status_as(server, "rebound.example" + port), 403);
    EXPECT_EQ(status_as(server, "127.0.0.1"), 403);
    EXPECT_EQ(status_as(server, ""), 400);
}

TEST(HttpAccess, LetsNoPageOfAnotherOriginAsk) {
    const TestServer server;
    const std::string host = "127.0.0.1:" + std::to_string(server.port());
    EXPECT_EQ(status_as(server, host, "Origin: http://" + host + "\r\n"), 200);
    EXPECT_EQ(status_as(server, host, "Origin: https://" + host + "\r\n"), 200) << "behind a proxy with TLS";
    for (const char* other : {"http://evil.example", "null", "http://127.0.0.1", "http://localhost"})
        EXPECT_EQ(status_as(server, host, std::string("Origin: ") + other + "\r\n"), 403) << other;
    EXPECT_EQ(server.ask("POST", "/v1/score", image_type + "Origin: http://evil.example\r\n", "@").status,
              403);
    EXPECT_TRUE(server.backend.seen().empty());
}

TEST(HttpAccess, WantsATokenForAllButThePageAndHealth) {
    serve::ApiSettings settings;
    settings.access.tokens = serve::Tokens({"first-token-0123456789", "second-token-0123456789"});
    const TestServer server(settings);
    const std::string good = "Authorization: Bearer second-token-0123456789\r\n";
    const std::string bad = "Authorization: Bearer second-token-012345678\r\n";
    for (const char* path : {"/", "/livez", "/readyz"})
        EXPECT_EQ(server.ask("GET", path).status, 200) << path;
    for (const char* path : {"/v1/model", "/metrics"}) {
        EXPECT_EQ(server.ask("GET", path).status, 401) << path;
        EXPECT_EQ(server.ask("GET", path).field("www-authenticate"), "Bearer") << path;
        EXPECT_EQ(server.ask("GET", path, bad).status, 401) << path;
        EXPECT_EQ(server.ask("GET", path, good).status, 200) << path;
    }
    EXPECT_EQ(server.ask("POST", "/v1/score", image_type, "@").status, 401);
    EXPECT_EQ(server.ask("POST", "/v1/score", image_type + good, "@").status, 200);
    EXPECT_EQ(server.ask("POST", "/", form_type, form_body({{"a", "a", "", "@"}})).status, 401);
    EXPECT_EQ(server.ask("GET", "/v1/model", good + bad).status, 400) << "two of them";
}

TEST(HttpAccess, CountsPhotosByClient) {
    serve::ApiSettings settings;
    settings.limits.photos_a_minute = 6;  // one in ten seconds
    const TestServer server(settings);
    const std::string five = form_body({{"a", "a", "", "@"},
                                        {"b", "b", "", "@"},
                                        {"c", "c", "", "@"},
                                        {"d", "d", "", "@"},
                                        {"e", "e", "", "@"}});
    EXPECT_EQ(server.ask("POST", "/v1/score", form_type, five).status, 200);
    EXPECT_EQ(server.ask("POST", "/v1/score", form_type, five).status, 200) << "into debt";
    const HttpResponse refused = server.ask("PUT", "/rate-photo", "", "@");
    EXPECT_EQ(refused.status, 429);
    const int seconds = std::stoi(refused.field("retry-after"));
    EXPECT_GE(seconds, 1);
    EXPECT_LE(seconds, 50);
    EXPECT_EQ(server.ask("GET", "/livez").status, 200) << "only photos count";
    Client other(server.port(), "127.0.0.2");
    EXPECT_EQ(other.ask(request(server.port(), "PUT", "/rate-photo", "", "@")).status, 200);
}

TEST(HttpAccess, CountsAnExplanationAsTenPhotos) {
    serve::ApiSettings settings;
    settings.limits.photos_a_minute = 10;
    const TestServer server(settings);
    EXPECT_EQ(server.ask("POST", "/v1/explain", image_type, "@").status, 200);
    EXPECT_EQ(server.ask("POST", "/v1/explain", image_type, "@").status, 429);
}

TEST(HttpAccess, CountsClientsBehindATrustedProxyApart) {
    serve::ApiSettings settings;
    settings.limits.photos_a_minute = 1;
    settings.access.behind_proxy = true;
    const TestServer server(settings);
    const auto status_for = [&](const std::string& client) {
        return server.ask("PUT", "/rate-photo", "X-Forwarded-For: 10.0.0.1, " + client + "\r\n", "@").status;
    };
    EXPECT_EQ(status_for("198.51.100.1"), 200);
    EXPECT_EQ(status_for("198.51.100.1"), 429);
    EXPECT_EQ(status_for("198.51.100.2"), 200);
    EXPECT_NE(server.log().at(0).find("\"client\":\"198.51.100.1\""), std::string::npos);
}

}  // namespace
}  // namespace emulsion::test
