// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// What clients may take: bytes, connections, time. Times that end are short here and those that must not end
// are long, so that a slow machine changes nothing.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/apps/serve/http/fixtures.h"

namespace emulsion::test {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;

/// No time is ever over, but for what the test shortens.
serve::ApiSettings patient() {
    serve::ApiSettings settings;
    serve::Limits& limits = settings.limits;
    for (auto* time : {&limits.header_time, &limits.body_time, &limits.body_window, &limits.idle_time,
                       &limits.answer_time, &limits.deadline})
        *time = hours(1);
    return settings;
}

constexpr milliseconds soon(100);

TEST(HttpLimits, CutsOffASlowHead) {
    auto settings = patient();
    settings.limits.header_time = soon;
    const TestServer server(settings);
    Client client(server.port());
    ASSERT_TRUE(client.send("GET /livez HT"));
    EXPECT_EQ(client.read().status, 408);
    EXPECT_TRUE(client.is_closed());
    Client silent(server.port());
    EXPECT_EQ(silent.read().status, 0) << "who never said a word is told none";
}

TEST(HttpLimits, CutsOffABodyThatDrips) {
    auto settings = patient();
    settings.limits.body_window = soon;
    settings.limits.body_window_bytes = std::size_t{1} << 20;
    const TestServer server(settings);
    Client client(server.port());
    ASSERT_TRUE(
        client.send(request(server.port(), "POST", "/v1/score", image_type + "Content-Length: 3000000\r\n")));
    while (client.send("drip")) std::this_thread::sleep_for(milliseconds(1));
    EXPECT_TRUE(client.is_closed());
    EXPECT_NE(server.ask("GET", "/metrics").body.find("emulsion_http_rejections_total{cause=\"slow\"} 1\n"),
              std::string::npos);
}

TEST(HttpLimits, CutsOffABodyThatStops) {
    auto settings = patient();
    settings.limits.body_window = soon;
    const TestServer server(settings);
    Client client(server.port());
    ASSERT_TRUE(client.send(
        request(server.port(), "POST", "/v1/score", image_type + "Content-Length: 10\r\n") + "@"));
    EXPECT_EQ(client.read().status, 408);
}

TEST(HttpLimits, CutsOffABodyThatTakesTooLongInAll) {
    auto settings = patient();
    settings.limits.body_time = soon;
    settings.limits.body_window_bytes = 0;
    const TestServer server(settings);
    Client client(server.port());
    ASSERT_TRUE(client.send(
        request(server.port(), "POST", "/v1/score", image_type + "Content-Length: 10\r\n") + "@"));
    EXPECT_EQ(client.read().status, 408);
}

TEST(HttpLimits, ClosesIdleConnections) {
    auto settings = patient();
    settings.limits.idle_time = soon;
    const TestServer server(settings);
    Client client(server.port());
    EXPECT_EQ(client.ask(request(server.port(), "GET", "/livez")).status, 200);
    EXPECT_TRUE(client.is_closed());
}

TEST(HttpLimits, CutsOffWhoDoesNotReadTheAnswer) {
    auto settings = patient();
    settings.limits.answer_time = soon;
    const TestServer server(settings);
    Client client(server.port());
    client.read_slowly();
    // Answers pile up until no buffer between the two takes more.
    const std::string ask = request(server.port(), "GET", "/metrics");
    std::string many;
    for (int i = 0; i < 200; ++i) many += ask;
    while (client.send(many)) {
    }
    EXPECT_EQ(server.ask("GET", "/livez").status, 200) << "it was cut off, and the server serves on";
}

TEST(HttpLimits, BoundsTheHead) {
    const TestServer server(patient());
    Client client(server.port());
    const HttpResponse response =
        client.ask(request(server.port(), "GET", "/livez", "X: " + std::string(17'000, 'x') + "\r\n"));
    EXPECT_EQ(response.status, 431);
    EXPECT_TRUE(client.is_closed());
    EXPECT_EQ(server.ask("GET", "/livez", "X: " + std::string(15'000, 'x') + "\r\n").status, 200);
    std::string endless;
    for (int i = 0; i < 3000; ++i) endless += "a:b\r\n";
    EXPECT_EQ(server.ask("GET", "/livez", endless + endless).status, 431);
}

TEST(HttpLimits, BoundsTheBody) {
    auto settings = patient();
    settings.limits.body_bytes = 1000;
    const TestServer server(settings);
    EXPECT_EQ(server.ask("POST", "/v1/score", image_type, std::string(1000, '@')).status, 200);
    Client said(server.port());
    EXPECT_EQ(
        said.ask(request(server.port(), "POST", "/v1/score", image_type + "Content-Length: 1001\r\n")).status,
        413);
    EXPECT_TRUE(said.is_closed());
    Client sent(server.port());
    EXPECT_EQ(
        sent.ask(request(server.port(), "POST", "/v1/score", image_type + "Transfer-Encoding: chunked\r\n") +
                 "3e9\r\n" + std::string(1001, '@'))
            .status,
        413);
    EXPECT_TRUE(sent.is_closed());
}

TEST(HttpLimits, BoundsTheMemoryOfAllBodies) {
    auto settings = patient();
    settings.limits.bodies_bytes = 100'000;
    TestServer server(settings);
    server.backend.hold();
    const std::string photo(60'000, '@');
    Client first(server.port()), second(server.port());
    ASSERT_TRUE(first.send(request(server.port(), "POST", "/v1/score", image_type, photo)));
    server.backend.wait_for(1);
    const HttpResponse refused = second.ask(request(server.port(), "POST", "/v1/score", image_type, photo));
    EXPECT_EQ(refused.status, 503);
    EXPECT_EQ(refused.field("retry-after"), "1");
    server.backend.let_go();
    EXPECT_EQ(first.read().status, 200);
    EXPECT_GT(server.api().budget()->used(), 0U) << "the backend of the test still holds the photo";
}

TEST(HttpLimits, BoundsConnections) {
    auto settings = patient();
    settings.limits.connections = 3;
    settings.limits.connections_a_client = 2;
    const TestServer server(settings);
    const std::string ask = request(server.port(), "GET", "/livez");
    Client a(server.port()), b(server.port());
    EXPECT_EQ(a.ask(ask).status, 200);
    EXPECT_EQ(b.ask(ask).status, 200);
    Client third_of_one(server.port());
    EXPECT_EQ(third_of_one.read().status, 503);
    Client other(server.port(), "127.0.0.2");
    EXPECT_EQ(other.ask(ask).status, 200);
    Client one_too_many(server.port(), "127.0.0.3");
    EXPECT_EQ(one_too_many.read().status, 503);
    a.close();
    for (int status = 0; status != 200;) {  // as soon as the server has noticed
        Client again(server.port(), "127.0.0.3");
        status = again.ask(ask).status;
    }
}

TEST(HttpLimits, EvenWhatIsNotReadHasAnIdInTheLog) {
    auto settings = patient();
    settings.limits.header_time = soon;
    settings.limits.connections = 1;
    const TestServer server(settings);
    std::vector<std::string> ids;
    {
        Client slow(server.port());
        ASSERT_TRUE(slow.send("GET /livez HT"));
        Client one_too_many(server.port());
        for (Client* const each : {&slow, &one_too_many}) ids.push_back(each->read().field("x-request-id"));
    }
    for (int status = 503; status == 503;) {  // as soon as the server has noticed that they went
        const HttpResponse broken = server.ask("GET", "/livez", "X: " + std::string(17'000, 'x') + "\r\n");
        status = broken.status;
        ids.push_back(broken.field("x-request-id"));
    }
    const std::vector<std::string> lines = server.log();
    for (const std::string& id : ids) {
        EXPECT_EQ(id.size(), 16U);
        EXPECT_EQ(std::ranges::count_if(lines,
                                        [&](const std::string& line) {
                                            return line.find("\"request_id\":\"" + id) != line.npos;
                                        }),
                  1)
            << id;
    }
}

TEST(HttpLimits, BrokenFormsCountAsPhotosToo) {
    auto settings = patient();
    settings.limits.photos_a_minute = 3;
    const TestServer server(settings);
    for (const int status : {400, 400, 400, 429})
        EXPECT_EQ(server.ask("POST", "/v1/score", form_type, "no form").status, status);
}

TEST(HttpLimits, CountsWhatWasRefusedByItsCause) {
    TestServer server;
    const auto has = [&](const std::string& line) {
        const std::string text = server.ask("GET", "/metrics").body;
        EXPECT_NE(text.find(line + "\n"), text.npos) << line << "\n" << text;
    };
    for (const auto outcome :
         {serve::Outcome::full, serve::Outcome::no_worker, serve::Outcome::lost, serve::Outcome::stopping,
          serve::Outcome::late, serve::Outcome::bad_photo, serve::Outcome::failed}) {
        server.backend.rule = [outcome](const serve::Job&) {
            serve::Answer answer;
            answer.outcome = outcome;
            return answer;
        };
        EXPECT_GE(server.ask("POST", "/v1/score", image_type, "@").status, 422);
        has("emulsion_http_rejections_total{cause=\"" + std::string(serve::name_of(outcome)) + "\"} 1");
    }
    const std::string form =
        form_body({{"a", "a.txt", "text/plain", "text"}, {"b", "b.jpg", "image/jpeg", ""}});
    EXPECT_EQ(server.ask("POST", "/v1/score", form_type, form).status, 200);
    has("emulsion_photos_total{outcome=\"bad_photo\"} 3");
}

TEST(HttpLimits, AnswersInTimeWhateverTheWorkersDo) {
    auto settings = patient();
    settings.limits.deadline_grace = milliseconds(0);
    TestServer server(settings);
    server.backend.hold();
    Client client(server.port());
    const std::string hurried =
        request(server.port(), "POST", "/v1/score", image_type + "X-Deadline-Ms: 50\r\n", "@");
    EXPECT_EQ(client.ask(hurried).status, 504);
    server.backend.let_go();
    EXPECT_EQ(server.ask("GET", "/livez").status, 200) << "the late answer went nowhere";
    for (const char* wrong : {"0", "-1", "x", "1x", "", "99999999999999999999"})
        EXPECT_EQ(server.ask("GET", "/livez", std::string("X-Deadline-Ms: ") + wrong + "\r\n").status, 400)
            << wrong;
}

TEST(HttpLimits, HandsTheDeadlineOn) {
    TestServer server;
    const auto before = std::chrono::steady_clock::now();
    server.ask("POST", "/v1/score", image_type + "X-Deadline-Ms: 5000\r\n", "@");
    server.ask("POST", "/v1/score", image_type + "X-Deadline-Ms: 3600000\r\n", "@");
    const auto after = std::chrono::steady_clock::now();
    const auto jobs = server.backend.seen();
    ASSERT_EQ(jobs.size(), 2U);
    EXPECT_GE(jobs[0].deadline, before + milliseconds(5000));
    EXPECT_LE(jobs[0].deadline, after + milliseconds(5000));
    EXPECT_LE(jobs[1].deadline, after + milliseconds(30'000)) << "no more than the server allows";
}

TEST(HttpLimits, OutlivesClientsThatGoAway) {
    TestServer server(patient());
    server.backend.hold();
    for (int i = 0; i < 20; ++i) {
        Client client(server.port());
        ASSERT_TRUE(client.send(request(server.port(), "POST", "/v1/score", image_type, "@")));
        Client in_the_middle(server.port());
        ASSERT_TRUE(in_the_middle.send(
            request(server.port(), "POST", "/v1/score", image_type + "Content-Length: 9\r\n") + "@"));
        server.backend.wait_for(static_cast<std::size_t>(i) + 1);
    }
    server.backend.let_go();
    EXPECT_EQ(server.ask("GET", "/livez").status, 200);
}

}  // namespace
}  // namespace emulsion::test
