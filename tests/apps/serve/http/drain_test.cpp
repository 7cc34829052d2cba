// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// How the server ends.
#include <emulsion/error.h>
#include <gtest/gtest.h>

#include "tests/apps/serve/http/fixtures.h"

namespace emulsion::test {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;

TEST(HttpDrain, FinishesWhatWasTakenAndTakesNoMore) {
    TestServer server;
    server.backend.hold();
    Client photo(server.port()), idle(server.port());
    EXPECT_EQ(idle.ask(request(server.port(), "GET", "/readyz")).status, 200);
    ASSERT_TRUE(photo.send(request(server.port(), "POST", "/v1/score", image_type, "@")));
    server.backend.wait_for(1);
    server.server().drain(hours(1));
    EXPECT_TRUE(idle.is_closed());
    EXPECT_EQ(server.ask("GET", "/readyz").status, 503);
    const HttpResponse refused = server.ask("POST", "/v1/score", image_type, "@");
    EXPECT_EQ(refused.status, 503);
    EXPECT_EQ(refused.field("retry-after"), "10");
    server.backend.let_go();
    const HttpResponse finished = photo.read();
    EXPECT_EQ(finished.status, 200);
    EXPECT_EQ(finished.field("connection"), "close");
    server.join();
    EXPECT_THROW(Client(server.port()), std::runtime_error) << "nobody listens any more";
}

TEST(HttpDrain, EndsInBoundedTimeAndTellsWhoStillWaits) {
    TestServer server;
    server.backend.hold();
    Client photo(server.port()), body(server.port()), head(server.port());
    ASSERT_TRUE(photo.send(request(server.port(), "POST", "/v1/score", image_type, "@")));
    ASSERT_TRUE(body.send(request(server.port(), "POST", "/v1/score",
                                  image_type + "Content-Length: 2\r\nExpect: 100-continue\r\n")));
    ASSERT_EQ(body.read().status, 100);
    server.backend.wait_for(1);
    ASSERT_TRUE(head.send("GET /readyz HT"));
    EXPECT_EQ(server.ask("GET", "/livez").status, 200);  // by then the half of a head is there
    server.server().drain(milliseconds(50));
    for (Client* const each : {&photo, &body, &head}) {
        const HttpResponse response = each->read();
        EXPECT_EQ(response.status, 503) << response.body;
        EXPECT_EQ(response.field("retry-after"), "10");
        EXPECT_EQ(response.field("connection"), "close");
        EXPECT_TRUE(each->is_closed());
    }
    server.join();
    server.destroy();
    server.backend.let_go();  // answers for nobody: the server and its API are gone
}

TEST(HttpDrain, TheLastAnswerIsWrittenWhole) {
    TestServer server;
    server.backend.hold();
    Client client(server.port());
    client.read_slowly();
    const std::vector<FormPart> parts(60, {"photo", std::string(600, 'n'), "image/jpeg", "@"});
    ASSERT_TRUE(client.send(request(server.port(), "POST", "/v1/score", form_type, form_body(parts))));
    server.backend.wait_for(parts.size());
    // What comes behind the request is never read: to close on it would cut the answer off.
    ASSERT_TRUE(client.send(std::string(50'000, 'x')));
    server.server().drain(hours(1));
    EXPECT_EQ(server.ask("GET", "/readyz").status, 503);
    server.backend.let_go();
    const HttpResponse response = client.read();
    EXPECT_EQ(response.status, 200);
    EXPECT_GT(response.body.size(), parts.size() * 600);
    server.join();
}

TEST(HttpDrain, EndsAtOnceWithNothingToDo) {
    TestServer server;
    Client idle(server.port());
    EXPECT_EQ(idle.ask(request(server.port(), "GET", "/livez")).status, 200);
    server.server().drain(hours(1));
    server.join();
    EXPECT_TRUE(idle.is_closed());
}

TEST(HttpDrain, WaitsForABodyThatIsOnItsWay) {
    TestServer server;
    Client client(server.port());
    ASSERT_TRUE(client.send(request(server.port(), "POST", "/v1/score",
                                    image_type + "Content-Length: 2\r\nExpect: 100-continue\r\n")));
    ASSERT_EQ(client.read().status, 100) << "it was admitted";
    server.server().drain(hours(1));
    EXPECT_EQ(client.ask("@@").status, 200);
    server.join();
}

TEST(HttpServer, SaysWhyItCannotListen) {
    TestServer first;
    serve::Api& api = first.api();
    try {
        serve::HttpServer second(api, "127.0.0.1", first.port(), [](const std::string&) {});
        FAIL() << "two listen at one port";
    } catch (const Error& error) {
        EXPECT_EQ(error.kind(), Error::Kind::failure);
        EXPECT_NE(std::string(error.what()).find(std::to_string(first.port())), std::string::npos);
    }
    EXPECT_THROW(serve::HttpServer(api, "localhost", std::uint16_t{0}, [](const std::string&) {}), Error);
    EXPECT_TRUE(serve::is_loopback("127.0.0.7"));
    EXPECT_TRUE(serve::is_loopback("::1"));
    EXPECT_TRUE(serve::is_loopback("::ffff:127.0.0.1"));
    EXPECT_FALSE(serve::is_loopback("0.0.0.0"));
    EXPECT_FALSE(serve::is_loopback("::"));
}

TEST(HttpServer, GoesOnAcceptingWhateverBefallsOne) {
    FakeBackend backend;
    const auto settings = std::make_shared<serve::ApiSettings>();
    settings->limits.connections = 1;
    serve::Api api(backend, settings);
    serve::HttpServer server(api, "127.0.0.1", std::uint16_t{0}, [](const std::string& line) {
        if (line.find("\"connections\"") != line.npos) throw std::runtime_error("no paper");
    });
    std::thread thread([&] { server.run(); });
    const std::string ask = request(server.port(), "GET", "/livez");
    {
        Client first(server.port());
        EXPECT_EQ(first.ask(ask).status, 200);
        Client one_too_many(server.port());
        EXPECT_EQ(one_too_many.read().status, 503);
    }
    for (int status = 503; status == 503;) {  // as soon as the server has noticed that they went
        Client again(server.port());
        status = again.ask(ask).status;
        EXPECT_TRUE(status == 200 || status == 503);
    }
    server.drain(milliseconds(0));
    thread.join();
}

}  // namespace
}  // namespace emulsion::test
