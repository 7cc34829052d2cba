// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// HTTP itself: where requests begin and end on a connection, and what the server makes of broken ones.
#include <gtest/gtest.h>

#include "tests/apps/serve/http/fixtures.h"

namespace emulsion::test {
namespace {

std::string photo_request(std::uint16_t port, const std::string& body, const std::string& fields = "") {
    return request(port, "POST", "/v1/score", image_type + fields, body);
}

TEST(HttpProtocol, AnswersOneRequestAfterAnother) {
    const TestServer server;
    Client client(server.port());
    for (int i = 0; i < 5; ++i) {
        const HttpResponse response = client.ask(photo_request(server.port(), "@photo"));
        EXPECT_EQ(response.status, 200);
        EXPECT_EQ(response.field("connection"), "keep-alive");
    }
}

TEST(HttpProtocol, AnswersPipelinedRequestsInOrder) {
    TestServer server;
    server.backend.hold();
    Client client(server.port());
    std::string all;
    for (const char* id : {"one", "two", "three"})
        all += photo_request(server.port(), "@", std::string("X-Request-Id: ") + id + "\r\n");
    all += request(server.port(), "GET", "/livez", "X-Request-Id: four\r\n");
    ASSERT_TRUE(client.send(all));
    server.backend.wait_for(1);
    EXPECT_EQ(server.backend.seen().size(), 1U) << "one at a time";
    server.backend.let_go();
    for (const char* id : {"one", "two", "three", "four"}) EXPECT_EQ(client.read().field("x-request-id"), id);
}

TEST(HttpProtocol, HeedsHowTheClientWantsTheConnection) {
    const TestServer server;
    Client closing(server.port());
    EXPECT_EQ(
        closing.ask(request(server.port(), "GET", "/livez", "Connection: close\r\n")).field("connection"),
        "close");
    EXPECT_TRUE(closing.is_closed());
    Client old(server.port());
    EXPECT_EQ(old.ask("GET /livez HTTP/1.0\r\nHost: 127.0.0.1:" + std::to_string(server.port()) + "\r\n\r\n")
                  .status,
              200);
    EXPECT_TRUE(old.is_closed());
}

TEST(HttpProtocol, TakesChunkedBodies) {
    TestServer server;
    Client client(server.port());
    const std::string head =
        request(server.port(), "POST", "/v1/score", image_type + "Transfer-Encoding: chunked\r\n");
    EXPECT_EQ(client.ask(head + "2\r\n@p\r\n4;name=value\r\nhoto\r\n0\r\nTrailer: x\r\n\r\n").status, 200);
    ASSERT_EQ(server.backend.seen().size(), 1U);
    EXPECT_EQ(server.backend.seen()[0].photo->size(), 6U);
    EXPECT_EQ(client.ask(request(server.port(), "GET", "/livez")).status, 200) << "the connection is in step";
}

TEST(HttpProtocol, TakesABodyInAnyPieces) {
    TestServer server;
    Client client(server.port());
    for (const char c : photo_request(server.port(), "@photo")) ASSERT_TRUE(client.send(std::string(1, c)));
    EXPECT_EQ(client.read().status, 200);
    const std::string large(1 << 20, '@');
    EXPECT_EQ(client.ask(photo_request(server.port(), large)).status, 200);
    EXPECT_EQ(server.backend.seen().back().photo->size(), large.size());
}

TEST(HttpProtocol, SaysContinueOnlyWhereTheBodyIsWanted) {
    const TestServer server;
    Client client(server.port());
    const std::string expect = "Expect: 100-continue\r\nContent-Length: 3\r\n";
    ASSERT_TRUE(client.send(request(server.port(), "POST", "/v1/score", image_type + expect)));
    EXPECT_EQ(client.read().status, 100);
    EXPECT_EQ(client.ask("@ph").status, 200);

    ASSERT_TRUE(
        client.send(request(server.port(), "POST", "/v1/score", "Content-Type: text/plain\r\n" + expect)));
    EXPECT_EQ(client.read().status, 415) << "at once, without the body";
    EXPECT_TRUE(client.is_closed());
    EXPECT_EQ(server.ask("POST", "/v1/score", image_type + "Expect: a-miracle\r\n", "@").status, 417);
}

TEST(HttpProtocol, AnswersHeadLikeGetWithoutTheBody) {
    const TestServer server;
    Client client(server.port());
    for (const char* path : {"/", "/livez", "/readyz", "/v1/model"}) {
        const HttpResponse get = client.ask(request(server.port(), "GET", path));
        const HttpResponse head = client.ask(request(server.port(), "HEAD", path), true);
        EXPECT_EQ(head.status, 200) << path;
        EXPECT_EQ(head.field("content-length"), get.field("content-length")) << path;
        EXPECT_EQ(head.field("content-type"), get.field("content-type")) << path;
    }
    EXPECT_EQ(client.ask(request(server.port(), "HEAD", "/nothing"), true).status, 404);
    EXPECT_EQ(client.ask(request(server.port(), "GET", "/livez")).body, "alive\n")
        << "the connection is in step";
}

TEST(HttpProtocol, AnswersOptionsWithoutLettingOtherOriginsIn) {
    const TestServer server;
    const HttpResponse score = server.ask("OPTIONS", "/v1/score");
    EXPECT_EQ(score.status, 204);
    EXPECT_EQ(score.field("allow"), "POST, OPTIONS");
    EXPECT_EQ(server.ask("OPTIONS", "/").field("allow"), "GET, HEAD, POST, OPTIONS");
    EXPECT_EQ(server.ask("OPTIONS", "*").field("allow"), "GET, HEAD, POST, PUT, OPTIONS");
    EXPECT_EQ(server.ask("OPTIONS", "/nothing").status, 404);
    for (const auto& [name, value] : score.fields) EXPECT_FALSE(name.starts_with("access-control")) << name;
}

TEST(HttpProtocol, EndsTheConnectionWhereARequestsEndIsInDoubt) {
    const TestServer server;
    const std::string head = request(server.port(), "POST", "/v1/score", image_type);
    const std::string start = head.substr(0, head.size() - 2);  // without its last line end
    const std::string smuggled = request(server.port(), "GET", "/livez");
    for (const std::string& framing :
         {std::string("Content-Length: 3\r\nContent-Length: 30\r\n\r\n"),
          std::string("Content-Length: 3\r\nContent-Length: 3\r\n\r\n"),
          std::string("Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
          std::string("Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n"),
          std::string("Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n"),
          std::string("Transfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n\r\n0\r\n\r\n"),
          std::string("Transfer-Encoding: chunked\r\n\r\nzz\r\n\r\n")}) {
        Client client(server.port());
        const HttpResponse response = client.ask(start + framing + smuggled);
        EXPECT_EQ(response.status, 400) << framing;
        EXPECT_EQ(response.field("connection"), "close");
        EXPECT_NE(response.body.find("\"error\""), std::string::npos);
        EXPECT_EQ(client.read().status, 0) << "what follows is not answered: " << framing;
    }
}

TEST(HttpProtocol, NeverReadsARefusedBodyAsTheNextRequest) {
    const TestServer server;
    const std::string smuggled = request(server.port(), "GET", "/livez");
    Client client(server.port());
    EXPECT_EQ(client.ask(request(server.port(), "POST", "/nothing", "", smuggled)).status, 404);
    EXPECT_EQ(client.read().status, 0);
    Client get(server.port());
    EXPECT_EQ(get.ask(request(server.port(), "GET", "/livez", "", smuggled)).status, 413);
    EXPECT_EQ(get.read().status, 0);
}

TEST(HttpProtocol, RefusesWhatIsNoHttp) {
    const TestServer server;
    for (const std::string& text :
         {std::string("\x16\x03\x01\x02 hello over TLS\r\n\r\n"), std::string("GET\r\n\r\n"),
          std::string("GET / HTTP/1.1\r\nno colon\r\n\r\n"),
          "GET / HTTP/1.1\r\nHost: a\r\nx: y" + std::string(1, '\0') + "z\r\n\r\n"}) {
        Client client(server.port());
        const int status = client.ask(text).status;
        EXPECT_TRUE(status == 400 || status == 403) << status << ": " << text;
        EXPECT_TRUE(client.is_closed());
    }
    EXPECT_EQ(Client(server.port()).ask("GET / HTTP/3.0\r\n\r\n").status, 505);
    EXPECT_EQ(Client(server.port()).ask("GET / HTTP/1.1\r\n\r\n").status, 400) << "no Host";
    Client cut(server.port());
    ASSERT_TRUE(cut.send("GET / HT"));
    cut.half_close();
    EXPECT_EQ(cut.read().status, 400);
}

TEST(HttpProtocol, MarksEveryResponse) {
    const TestServer server;
    for (const char* path : {"/", "/livez", "/nothing", "/v1/score"}) {
        const HttpResponse response = server.ask("GET", path, "X-Request-Id: my-id.1\r\n");
        EXPECT_EQ(response.field("x-content-type-options"), "nosniff") << path;
        EXPECT_EQ(response.field("referrer-policy"), "no-referrer") << path;
        const std::string policy = response.field("content-security-policy");
        EXPECT_TRUE(policy.starts_with("default-src 'none'; script-src 'self'")) << path;
        EXPECT_NE(policy.find("frame-ancestors 'none'"), std::string::npos) << path;
        EXPECT_EQ(response.field("cache-control"), std::string(path) == "/" ? "no-cache" : "no-store")
            << path;
        EXPECT_EQ(response.field("x-request-id"), "my-id.1") << path;
        EXPECT_TRUE(response.field("date").ends_with(" GMT")) << path;
    }
    const HttpResponse made = server.ask("GET", "/livez", "X-Request-Id: a\"b\r\n");
    EXPECT_EQ(made.field("x-request-id").size(), 16U) << "one that could break a log is replaced";
    EXPECT_EQ(server.ask("GET", "/livez", "X-Request-Id: a\r\nX-Request-Id: b\r\n").status, 400);
    EXPECT_EQ(Client(server.port()).ask("x\r\n\r\n").field("x-content-type-options"), "nosniff");
}

}  // namespace
}  // namespace emulsion::test
