// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Messages that are nearly right: after each of them the server still answers. EMULSION_MUTATIONS=10000 runs
// more of them than every build does.
#include <gtest/gtest.h>

#include <cstdlib>
#include <random>

#include "tests/apps/serve/http/fixtures.h"

namespace emulsion::test {
namespace {

std::vector<std::string> sound_messages(std::uint16_t port) {
    const std::string form =
        form_body({{"photo", "a.jpg", "image/jpeg", "@1"}, {"photo", "b", "", "\r\n--X"}});
    return {request(port, "GET", "/"),
            request(port, "GET", "/metrics", "Connection: keep-alive\r\nX-Request-Id: abc\r\n"),
            request(port, "PUT", "/rate-photo", image_type + "X-Deadline-Ms: 1000\r\n", "@photo"),
            request(port, "POST", "/v1/score", form_type, form),
            request(port, "POST", "/", form_type, form),
            request(port, "POST", "/v1/explain", image_type + "Transfer-Encoding: chunked\r\n") +
                "3;x=y\r\n@@@\r\n0\r\nA: b\r\n\r\n",
            request(port, "POST", "/v1/score", image_type + "Expect: 100-continue\r\n", "@") +
                request(port, "GET", "/livez")};
}

/// One small harm: bytes changed, cut, doubled, moved from another message, or a token that means something.
std::string mutated(const std::vector<std::string>& messages, std::mt19937& random) {
    static const std::vector<std::string> tokens = {"\r\n",
                                                    "\n",
                                                    "\r\n\r\n",
                                                    ":",
                                                    " ",
                                                    std::string(1, '\0'),
                                                    "\xff",
                                                    "--XX",
                                                    "--XX--",
                                                    "chunked",
                                                    "Content-Length: 5\r\n",
                                                    "Content-Length: 99999999999999999999\r\n",
                                                    "Transfer-Encoding: chunked\r\n",
                                                    "Host: x\r\n",
                                                    "0\r\n\r\n",
                                                    "ffffffff\r\n",
                                                    "HTTP/1.1",
                                                    "HTTP/1.0",
                                                    "Expect: 100-continue\r\n",
                                                    "\"",
                                                    "\\",
                                                    "%00",
                                                    "../",
                                                    std::string(20'000, 'A')};
    const auto below = [&](std::size_t n) {
        return std::uniform_int_distribution<std::size_t>(0, n - 1)(random);
    };
    std::string text = messages[below(messages.size())];
    for (std::size_t harms = 1 + below(4); harms > 0; --harms) {
        const std::size_t at = below(text.size() + 1), length = std::min(below(40), text.size() - at);
        const std::string& other = messages[below(messages.size())];
        switch (below(6)) {
            case 0:
                if (at < text.size()) text[at] = static_cast<char>(below(256));
                break;
            case 1:
                text.erase(at, length);
                break;
            case 2:
                text.insert(at, text.substr(at, length));
                break;
            case 3:
                text.insert(at, tokens[below(tokens.size())]);
                break;
            case 4:
                text.insert(at, other.substr(below(other.size()), below(60)));
                break;
            default:
                text.resize(at);
                break;
        }
    }
    return text;
}

TEST(HttpMutations, NeverStopTheServer) {
    const char* wanted = std::getenv("EMULSION_MUTATIONS");
    const int count = wanted == nullptr ? 2000 : std::atoi(wanted);
    ASSERT_GT(count, 0);
    serve::ApiSettings settings;
    settings.limits.linger_time = std::chrono::milliseconds(10);
    settings.limits.photos_a_minute = 1e9;
    TestServer server(settings);
    const auto messages = sound_messages(server.port());
    std::mt19937 random(20261126);
    for (int i = 0; i < count; ++i) {
        const std::string message = mutated(messages, random);
        {
            Client client(server.port());
            client.send(message);
            client.half_close();  // so that a message that is now too short ends too
            ASSERT_TRUE(client.is_closed()) << i << ": " << message;
        }
        ASSERT_EQ(server.ask("GET", "/livez").body, "alive\n") << "after number " << i << ": " << message;
    }
    // They went deep enough to be tests of more than the first line.
    const std::string metrics = server.ask("GET", "/metrics").body;
    for (const char* status : {"200", "400", "403", "404", "405", "413", "415", "422", "431"})
        EXPECT_NE(metrics.find("status=\"" + std::string(status) + "\"}"), std::string::npos) << status;
    server.backend.forget();
    EXPECT_EQ(server.api().budget()->used(), 0U) << "no body was left behind";
}

}  // namespace
}  // namespace emulsion::test
