// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// What the server is made of, each by itself.
#include <emulsion/error.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cmath>
#include <fstream>

#include "apps/serve/access.h"
#include "apps/serve/answers.h"
#include "apps/serve/body_budget.h"
#include "apps/serve/metrics.h"
#include "apps/serve/rate_limit.h"
#include "apps/serve/reference_scores.h"
#include "apps/serve/request_parser.h"
#include "apps/serve/secret_file.h"
#include "tests/temporary_folder.h"

namespace emulsion::serve {
namespace {

using test::TemporaryFolder;

std::string write(const TemporaryFolder& folder, const std::string& text, mode_t mode = 0600) {
    const std::string path = folder / "file";
    std::ofstream(path) << text;
    chmod(path.c_str(), mode);
    return path;
}

TEST(RateLimit, GivesAMinutesPhotosAndThenOneAtATime) {
    RateLimit limit(60);
    const auto start = RateLimit::Clock::now();
    EXPECT_EQ(limit.wait("a", start), 0);
    limit.charge("a", 60, start);
    EXPECT_EQ(limit.wait("a", start), 1);
    EXPECT_EQ(limit.wait("b", start), 0) << "each client has its own";
    EXPECT_EQ(limit.wait("a", start + std::chrono::seconds(1)), 0);
    limit.charge("a", 64, start + std::chrono::seconds(1));
    EXPECT_EQ(limit.wait("a", start + std::chrono::seconds(1)), 64) << "debt is paid back first";
    EXPECT_EQ(limit.wait("a", start + std::chrono::hours(1)), 0);
    limit.charge("a", 60, start + std::chrono::hours(1));
    EXPECT_NE(limit.wait("a", start + std::chrono::hours(1)), 0) << "no more than a minute's is saved up";
}

TEST(RateLimit, RemembersTheBusyAmongTenThousandOthers) {
    RateLimit limit(60);
    const auto start = RateLimit::Clock::now();
    limit.charge("busy", 100, start);
    for (int i = 0; i < 10'000; ++i) limit.wait(std::to_string(i), start);
    EXPECT_NE(limit.wait("busy", start), 0);
}

TEST(RateLimit, CountsAHomesAddressesAsOne) {
    EXPECT_EQ(RateLimit::client_of("2001:db8:1:2::1"), RateLimit::client_of("2001:db8:1:2:ffff::9"));
    EXPECT_NE(RateLimit::client_of("2001:db8:1:2::1"), RateLimit::client_of("2001:db8:1:3::1"));
    EXPECT_NE(RateLimit::client_of("192.0.2.1"), RateLimit::client_of("192.0.2.2"));
}

TEST(Tokens, AreReadAndCompared) {
    const TemporaryFolder folder;
    const Tokens tokens =
        Tokens::from_file(write(folder, "# ours\nfirst-token-0123456789\r\n\n  second-token-0123456789 \n"));
    EXPECT_TRUE(tokens.admit("Bearer first-token-0123456789"));
    EXPECT_TRUE(tokens.admit("bearer second-token-0123456789"));
    for (const char* wrong :
         {"", "Bearer", "Bearer ", "Bearer first-token-012345678", "Basic first-token-0123456789",
          "first-token-0123456789", "Bearer first-token-0123456789x", "Bearer # ours"})
        EXPECT_FALSE(tokens.admit(wrong)) << wrong;
    EXPECT_FALSE(Tokens().wanted());
}

TEST(Tokens, RefuseFilesThatAreNoSecretOrHoldNone) {
    const TemporaryFolder folder;
    EXPECT_THROW(Tokens::from_file(folder / "absent"), Error);
    EXPECT_THROW(Tokens::from_file(write(folder, "0123456789abcdef\n", 0644)), Error);
    for (const char* text : {"# nothing\n", "short\n", "has a blank in it 0123\n", "0123456789abcdef\x80\n"})
        EXPECT_THROW(Tokens::from_file(write(folder, text)), Error) << text;
}

TEST(Access, BelievesOnlyATrustedProxyAndOnlyItsOwnEntry) {
    RequestHead head;
    head.fields = {{"x-forwarded-for", "10.9.9.9, 198.51.100.7"}};
    const Peer proxy{"127.0.0.1", "127.0.0.1", 80, true}, stranger{"203.0.113.1", "203.0.113.2", 80, false};
    AccessRules rules;
    EXPECT_EQ(client_address(rules, head, proxy), "127.0.0.1");
    rules.behind_proxy = true;
    EXPECT_EQ(client_address(rules, head, proxy), "198.51.100.7");
    EXPECT_EQ(client_address(rules, head, stranger), "203.0.113.1");
    head.fields = {{"x-forwarded-for", "\"}evil"}};
    EXPECT_EQ(client_address(rules, head, proxy), "127.0.0.1");
}

TEST(Access, KnowsItsNames) {
    AccessRules rules;
    rules.hosts = {"photos.example", "other.example:8443"};
    const Peer v4{"127.0.0.1", "127.0.0.1", 8080, true}, v6{"::1", "::1", 80, true},
        far{"203.0.113.1", "203.0.113.2", 8080, false};
    const auto admits = [&](const std::string& host, const Peer& peer) {
        RequestHead head;
        head.fields = {{"host", host}};
        try {
            check_names(rules, head, peer);
            return true;
        } catch (const Refusal&) {
            return false;
        }
    };
    EXPECT_TRUE(admits("127.0.0.1:8080", v4));
    EXPECT_TRUE(admits("LocalHost:8080", v4));
    EXPECT_TRUE(admits("[::1]", v6));
    EXPECT_TRUE(admits("[::1]:80", v6));
    EXPECT_TRUE(admits("203.0.113.2:8080", far));
    EXPECT_TRUE(admits("photos.example", far));
    EXPECT_TRUE(admits("photos.example:1234", far));
    EXPECT_TRUE(admits("other.example:8443", far));
    for (const char* wrong : {"", "127.0.0.1", "127.0.0.1:80", "evil.example:8080", "localhost",
                              "photos.example.evil", "xphotos.example", "other.example"})
        EXPECT_FALSE(admits(wrong, v4)) << wrong;
    EXPECT_FALSE(admits("localhost:8080", far)) << "what comes from afar does not call us that";
}

TEST(ReferenceScores, SayHowManyScoreLower) {
    const ReferenceScores reference({0.4, 0.1, 0.2, 0.3});
    EXPECT_EQ(reference.percentile(0.0), 0);
    EXPECT_EQ(reference.percentile(0.25), 50);
    EXPECT_EQ(reference.percentile(0.3), 63) << "of an equal one half";
    EXPECT_EQ(reference.percentile(1.0), 100);
    EXPECT_EQ(ReferenceScores().percentile(0.5), std::nullopt);
    EXPECT_EQ(ReferenceScores::from_text("score\n0.25\n0.75\n").percentile(0.5), 50);
}

TEST(ReferenceScores, AreNumbersFromZeroToOne) {
    EXPECT_EQ(ReferenceScores::parse("0.25", "x"), 0.25);
    for (const char* broken : {"", "nan", "1.5", "-0.1", "0.5x", " 0.5", "1e"})
        EXPECT_THROW(ReferenceScores::parse(broken, "x"), Error) << broken;
}

TEST(Metrics, AreWrittenForPrometheus) {
    Metrics metrics;
    metrics.answered("/v1/score", 200, "", 0.02);
    metrics.answered("/v1/score", 200, "", 100);
    metrics.answered("/v1/score", 429, "rate", 0.001);
    metrics.photo(Outcome::late);
    metrics.opened();
    BackendState state;
    state.workers = {{"w\"1\\", "cpu\n2", 4, 3}};
    state.batches = {0, 0, 5};
    state.queued_jobs = 7;
    const std::string text = metrics.text(state, 123, true);
    for (const char* line :
         {"emulsion_http_requests_total{endpoint=\"/v1/score\",status=\"200\"} 2\n",
          "emulsion_http_request_seconds_bucket{endpoint=\"/v1/score\",le=\"0.005\"} 1\n",
          "emulsion_http_request_seconds_bucket{endpoint=\"/v1/score\",le=\"0.025\"} 2\n",
          "emulsion_http_request_seconds_bucket{endpoint=\"/v1/score\",le=\"30\"} 2\n",
          "emulsion_http_request_seconds_bucket{endpoint=\"/v1/score\",le=\"+Inf\"} 3\n",
          "emulsion_http_request_seconds_count{endpoint=\"/v1/score\"} 3\n",
          "emulsion_http_rejections_total{cause=\"rate\"} 1\n", "emulsion_photos_total{outcome=\"late\"} 1\n",
          "emulsion_http_connections 1\n", "emulsion_http_body_bytes 123\n", "emulsion_queue_jobs 7\n",
          "emulsion_worker_jobs{worker=\"w\\\"1\\\\\",device=\"cpu 2\"} 3\n",
          "emulsion_batches_total{photos=\"2\"} 5\n", "emulsion_ready 1\n"})
        EXPECT_NE(text.find(line), std::string::npos) << line << text;
}

TEST(BodyBudget, GivesBackWhatIsLetGo) {
    const auto budget = std::make_shared<BodyBudget>(100);
    BodyCharge first(budget);
    EXPECT_TRUE(first.grow_to(60));
    {
        BodyCharge second(budget);
        EXPECT_TRUE(second.grow_to(40));
        EXPECT_FALSE(second.grow_to(41));
        EXPECT_EQ(budget->used(), 100U);
    }
    auto bytes = share(Bytes(3), std::move(first));
    EXPECT_EQ(budget->used(), 60U);
    const auto copy = bytes;
    bytes.reset();
    EXPECT_EQ(copy->size(), 3U);
    EXPECT_EQ(budget->used(), 60U);
}

TEST(Answers, EscapeWhatPeopleNameTheirFiles) {
    EXPECT_EQ(html_text("<b>&\"'\xff"), "&lt;b&gt;&amp;&quot;&#39;\uFFFD");
    EXPECT_EQ(json_string("a\"\\\n\xff"), "\"a\\\"\\\\\\n\uFFFD\"");
    Judged photo;
    photo.name = "<script>";
    EXPECT_EQ(score_page({photo}).body.find("<script>"), std::string::npos);
}

/// Feeds byte by byte or whole, which must make no difference.
int parse(const std::string& text, std::size_t step, Bytes* body = nullptr) {
    RequestParser parser(1000, 100);
    std::string waiting;
    try {
        for (std::size_t at = 0; at < text.size() && !parser.is_done();) {
            waiting += text.substr(at, step);
            at += step;
            while (!waiting.empty() && !parser.is_done()) {
                const auto [taken, wants_more] = parser.feed(waiting);
                waiting.erase(0, taken);
                if (wants_more) break;
            }
        }
    } catch (const Refusal& refusal) {
        return refusal.status;
    }
    if (!parser.is_done()) return 0;
    if (body != nullptr) *body = parser.take_body();
    return 200;
}

TEST(RequestParser, TakesBytesAsTheyCome) {
    const std::string chunked =
        "POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: "
        "chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n";
    for (const std::size_t step : {1, 2, 7, 1000}) {
        Bytes body;
        EXPECT_EQ(parse(chunked, step, &body), 200) << step;
        EXPECT_EQ(std::string(reinterpret_cast<const char*>(body.data()), body.size()), "abcde");
    }
}

TEST(RequestParser, LeavesNoChoiceOfWhereARequestEnds) {
    const std::string post = "POST /x HTTP/1.1\r\nHost: a\r\n";
    const std::string chunks = "\r\n1\r\na\r\n0\r\n\r\n";
    EXPECT_EQ(parse(post + "Content-Length: 1\r\n\r\na", 1000), 200);
    for (const std::string& hostile : {
             post + "Content-Length: 1\r\nContent-Length: 1\r\n\r\na",
             post + "Content-Length: 1\r\nContent-Length: 2\r\n\r\nab",
             post + "Content-Length: 1, 1\r\n\r\na",
             post + "Content-Length: +1\r\n\r\na",
             post + "Content-Length: -1\r\n\r\na",
             post + "Content-Length: 0x1\r\n\r\na",
             post + "Content-Length: 18446744073709551617\r\n\r\na",
             post + "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n" + chunks,
             post + "Transfer-Encoding: chunked\r\nContent-Length: 1\r\n" + chunks,
             post + "Transfer-Encoding: gzip, chunked\r\n" + chunks,
             post + "Transfer-Encoding: chunked, identity\r\n" + chunks,
             post + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n" + chunks,
             post + "Transfer-Encoding: identity\r\n\r\n",
             post + "Transfer-Encoding : chunked\r\n" + chunks,
             std::string("POST /x HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n" + chunks),
             post + "Host: b\r\nContent-Length: 1\r\n\r\na",
             std::string("POST http://a/x HTTP/1.1\r\nHost: a\r\n\r\n"),
             std::string("POST x HTTP/1.1\r\nHost: a\r\n\r\n"),
             std::string("GET ?q HTTP/1.1\r\nHost: a\r\n\r\n"),
             std::string("GET * HTTP/1.1\r\nHost: a\r\n\r\n"),
             post + "Transfer-Encoding: chunked\r\n\r\n-1\r\na\r\n0\r\n\r\n",
             post + "Transfer-Encoding: chunked\r\n\r\n1\r\nab\r\n0\r\n\r\n",
             post + "Transfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\na",
         })
        EXPECT_EQ(parse(hostile, 1000), 400) << hostile;
    EXPECT_GE(parse("GET / HTTP/1.1\nHost: a\n\n", 1000), 400) << "bare line feeds";
    EXPECT_EQ(parse("GET / HTTP/2.0\r\nHost: a\r\n\r\n", 1000), 505);
    EXPECT_EQ(parse("GET /" + std::string(2000, 'x'), 1000), 431);
    EXPECT_EQ(parse("GET / HTTP/1.1\r\nX: " + std::string(2000, 'x'), 7), 431);
    EXPECT_EQ(parse(post + "Content-Length: 101\r\n\r\n", 1000), 413);
    EXPECT_EQ(parse(post + "Transfer-Encoding: chunked\r\n\r\n65\r\n" + std::string(101, 'x'), 7), 413);
}

TEST(SecretFile, OnlyRootMayHandItsOwnToAGroup) {
    const auto secret = [](uid_t owner, mode_t mode, uid_t reader) {
        struct stat status {};
        status.st_uid = owner;
        status.st_mode = S_IFREG | mode;
        return serve::is_secret(status, reader);
    };
    for (const uid_t owner : {0U, 1000U}) {
        EXPECT_TRUE(secret(owner, 0600, 1000));
        EXPECT_TRUE(secret(owner, 0400, 1000));
        for (const mode_t open : {0644, 0604, 0660, 0620, 0610, 0606, 0601})
            EXPECT_FALSE(secret(owner, open, 1000)) << std::oct << open;
    }
    EXPECT_TRUE(secret(0, 0440, 1000)) << "a credential of systemd's";
    EXPECT_TRUE(secret(0, 0640, 1000));
    EXPECT_FALSE(secret(1000, 0440, 1000));
    EXPECT_FALSE(secret(0, 0640, 0)) << "root needs no group to read it";
}

}  // namespace
}  // namespace emulsion::serve
