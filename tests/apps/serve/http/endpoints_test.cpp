// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <limits>
#include <nlohmann/json.hpp>

#include "tests/apps/serve/http/fixtures.h"

namespace emulsion::test {
namespace {

using nlohmann::json;
using serve::Answer;
using serve::Outcome;

serve::ApiSettings with_reference() {
    serve::ApiSettings settings;
    settings.reference = serve::ReferenceScores({0.1, 0.2, 0.3, 0.4});
    return settings;
}

TEST(HttpEndpoints, RatesAPhotoAsThePaperDoes) {
    const TestServer server;
    // '@' is 64: a probability of 0.25. 'W' is 87: 33.984375 percent.
    const HttpResponse response = server.ask("PUT", "/rate-photo", image_type, "@photo");
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(response.field("content-type"), "application/json");
    EXPECT_EQ(response.body, "{\"score\":25.00}\n");
    EXPECT_EQ(server.ask("PUT", "/rate-photo", "", "W").body, "{\"score\":33.98}\n") << "no type, as curl -T";
    EXPECT_EQ(server.ask("PUT", "/rate-photo", "Content-Type: application/octet-stream\r\n", "W").status,
              200);
}

TEST(HttpEndpoints, ScoresABodyThatIsAPhoto) {
    TestServer server(with_reference());
    server.backend.rule = [](const serve::Job&) { return Answer{Outcome::done, "", 1.0 / 3, 0, 0, {}, "w"}; };
    const HttpResponse response =
        server.ask("POST", "/v1/score", image_type + "X-Request-Id: abc\r\n", "photo");
    ASSERT_EQ(response.status, 200);
    const json answer = json::parse(response.body);
    EXPECT_EQ(answer.at("request_id"), "abc");
    EXPECT_EQ(answer.at("model").at("name"), "fake.safetensors");
    EXPECT_EQ(answer.at("model").at("fingerprint"), std::string(64, 'a'));
    ASSERT_EQ(answer.at("photos").size(), 1U);
    const json& photo = answer.at("photos")[0];
    EXPECT_TRUE(photo.at("name").is_null());
    EXPECT_EQ(photo.at("score").get<double>(), 100.0 * (1.0 / 3)) << "to the bit";
    EXPECT_EQ(photo.at("percentile"), 75);

    ASSERT_EQ(server.backend.seen().size(), 1U);
    EXPECT_EQ(server.backend.seen()[0].request_id, "abc");
    EXPECT_EQ(server.backend.seen()[0].task, serve::Task::score);
    EXPECT_EQ(server.backend.seen()[0].photo->size(), 5U);
    EXPECT_TRUE(
        json::parse(TestServer().ask("POST", "/v1/score", image_type, "p").body)["photos"][0]["percentile"]
            .is_null())
        << "there is nothing to compare with";
}

TEST(HttpEndpoints, ScoresAForm) {
    TestServer server;
    server.backend.rule = [](const serve::Job& job) {
        if (job.photo->front() == std::byte{'X'})
            return Answer{Outcome::bad_photo, "a broken photo", 0, 0, 0, {}, ""};
        return Answer{Outcome::done, "", std::to_integer<int>(job.photo->front()) / 256.0, 0, 0, {}, ""};
    };
    const std::string body = form_body({{"photo", "a.jpg", "image/jpeg", "@1"},
                                        {"photo", "b\".jpg", "image/jpeg", "X"},
                                        {"photo", "c.txt", "text/plain", "text"},
                                        {"photo", "d.jpg", "image/jpeg", ""},
                                        {"last", "", "", "\x80\r\n--X"}});
    // A quotation mark in a name comes as %22 from browsers; here it ends the name early: a broken form.
    EXPECT_EQ(server.ask("POST", "/v1/score", form_type, body).status, 400);
    std::string sound = body;
    sound.replace(sound.find("b\".jpg"), 6, "b%22.jpg");
    const HttpResponse response = server.ask("POST", "/v1/score", form_type, sound);
    ASSERT_EQ(response.status, 200) << response.body;
    const json photos = json::parse(response.body).at("photos");
    ASSERT_EQ(photos.size(), 5U);
    EXPECT_EQ(photos[0], (json{{"name", "a.jpg"}, {"score", 25.0}, {"percentile", nullptr}}));
    EXPECT_EQ(photos[1], (json{{"name", "b%22.jpg"}, {"error", "a broken photo"}, {"status", 422}}));
    EXPECT_EQ(photos[2].at("status"), 415);
    EXPECT_EQ(photos[3].at("status"), 422);
    EXPECT_EQ(photos[4].at("name"), "last");
    EXPECT_EQ(photos[4].at("score"), 50.0);
    EXPECT_EQ(server.backend.seen().size(), 3U) << "two were no photos at all";
}

TEST(HttpEndpoints, ExplainsAPhoto) {
    TestServer server;
    const HttpResponse response = server.ask("POST", "/v1/explain", image_type, "@photo");
    ASSERT_EQ(response.status, 200);
    json answer = json::parse(response.body);
    answer.erase("request_id");
    EXPECT_EQ(answer, (json{{"score", 25.0}, {"rows", 1}, {"columns", 2}, {"falls", {0.5, -0.25}}}));
    EXPECT_EQ(server.backend.seen().at(0).task, serve::Task::occlusion);
    EXPECT_EQ(server.ask("POST", "/v1/explain", form_type, form_body({{"a", "a", "", "@"}})).status, 415);
}

TEST(HttpEndpoints, AnswersAFormOfABrowserWithoutJavaScript) {
    const TestServer server(with_reference());
    const std::string body =
        form_body({{"photo", "<b>.jpg", "image/jpeg", "@"}, {"photo", "", "image/png", ""}});
    const HttpResponse response = server.ask("POST", "/", form_type, body);
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(response.field("content-type"), "text/html; charset=utf-8");
    EXPECT_NE(response.body.find("&lt;b&gt;.jpg"), std::string::npos);
    EXPECT_NE(response.body.find("better than 50% of the reference photographs, <span>score 25.0"),
              std::string::npos)
        << response.body;
    EXPECT_NE(response.body.find("there is no photo in this part"), std::string::npos);
    EXPECT_EQ(server.ask("POST", "/", image_type, "@").status, 415);
}

TEST(HttpEndpoints, TurnsEachOutcomeIntoItsStatus) {
    struct Case {
        Outcome outcome;
        int status;
        const char* retry_after;
    };
    for (const Case& c :
         {Case{Outcome::bad_photo, 422, ""}, Case{Outcome::late, 504, ""}, Case{Outcome::full, 503, "1"},
          Case{Outcome::no_worker, 503, "5"}, Case{Outcome::lost, 503, "5"},
          Case{Outcome::stopping, 503, "10"}, Case{Outcome::failed, 500, ""}}) {
        TestServer server;
        server.backend.rule = [&](const serve::Job&) {
            return Answer{c.outcome, "in \"words\"", 0, 0, 0, {}, ""};
        };
        for (const auto& [method, path] : {std::pair("PUT", "/rate-photo"), std::pair("POST", "/v1/score"),
                                           std::pair("POST", "/v1/explain")}) {
            const HttpResponse response = server.ask(method, path, image_type, "@");
            EXPECT_EQ(response.status, c.status) << path;
            EXPECT_EQ(json::parse(response.body).at("error"), "in \"words\"");
            EXPECT_EQ(response.field("retry-after"), c.retry_after);
        }
        const HttpResponse form =
            server.ask("POST", "/v1/score", form_type, form_body({{"a", "a", "", "@"}}));
        EXPECT_EQ(form.status, 200) << "each entry speaks for itself";
        EXPECT_EQ(json::parse(form.body).at("photos")[0].at("status"), c.status);
    }
}

TEST(HttpEndpoints, PassesOnNoAnswerThatIsNotANumber) {
    const double nan = std::numeric_limits<double>::quiet_NaN();
    TestServer server;
    for (const Answer& answer : {Answer{Outcome::done, "", nan, 1, 1, {0}, ""},
                                 Answer{Outcome::done, "", 0.5, 1, 1, {static_cast<float>(nan)}, ""}}) {
        server.backend.rule = [&](const serve::Job&) { return answer; };
        server.backend.hold();  // so that it is answered from another thread, which must not come to harm
        Client client(server.port());
        ASSERT_TRUE(client.send(request(server.port(), "POST", "/v1/explain", image_type, "@")));
        server.backend.wait_for(1);
        EXPECT_NO_THROW(server.backend.let_go());
        EXPECT_EQ(client.read().status, 500);
    }
    server.backend.rule = [&](const serve::Job&) { return Answer{Outcome::done, "", nan, 0, 0, {}, ""}; };
    EXPECT_NE(server.ask("PUT", "/rate-photo", "", "@").body.find("not a number"), std::string::npos);
}

TEST(HttpEndpoints, RefusesWhatIsNoPhoto) {
    const TestServer server;
    EXPECT_EQ(server.ask("POST", "/v1/score", "Content-Type: text/plain\r\n", "@").status, 415);
    EXPECT_EQ(server.ask("POST", "/v1/score", "", "@").status, 415);
    EXPECT_EQ(server.ask("POST", "/v1/score", image_type + "Content-Encoding: gzip\r\n", "@").status, 415);
    EXPECT_EQ(
        server.ask("PUT", "/rate-photo", "Content-Type: application/x-www-form-urlencoded\r\n", "@").status,
        415);
    EXPECT_EQ(server.ask("POST", "/v1/score", "Content-Type: imagex/jpeg\r\n", "@").status, 415);
    EXPECT_EQ(server.ask("POST", "/v1/score", image_type).status, 411);
    EXPECT_EQ(server.ask("POST", "/v1/score", image_type + "Content-Length: 0\r\n").status, 422);
    EXPECT_EQ(server.ask("POST", "/v1/score", form_type, form_body({})).status, 422);
    EXPECT_EQ(server.ask("POST", "/v1/score", "Content-Type: multipart/form-data\r\n", "@").status, 400);
    std::vector<FormPart> parts(65, {"photo", "a.jpg", "", "@"});
    EXPECT_EQ(server.ask("POST", "/v1/score", form_type, form_body(parts)).status, 413);
    parts.pop_back();
    EXPECT_EQ(server.ask("POST", "/v1/score", form_type, form_body(parts)).status, 200);
}

TEST(HttpEndpoints, KnowsItsPathsAndMethods) {
    const TestServer server;
    const HttpResponse wrong = server.ask("DELETE", "/v1/score");
    EXPECT_EQ(wrong.status, 405);
    EXPECT_EQ(wrong.field("allow"), "POST, OPTIONS");
    EXPECT_EQ(server.ask("BREW", "/").status, 405);
    for (const char* path : {"/v1", "/v1/score/", "/V1/score", "/index", "/../etc/passwd", "/%69ndex.html",
                             "/.//index.html", "/model.safetensors", "/web/index.html", "//"})
        EXPECT_EQ(server.ask("GET", path).status, 404) << path;
    EXPECT_EQ(server.ask("GET", "/livez?query=1").status, 200);
}

TEST(HttpEndpoints, ServesThePageAndSavesItsReadersTime) {
    const TestServer server;
    const HttpResponse page = server.ask("GET", "/");
    EXPECT_EQ(page.status, 200);
    EXPECT_EQ(page.field("content-type"), "text/html; charset=utf-8");
    EXPECT_EQ(page.body, server.ask("GET", "/index.html").body);
    const std::string tag = page.field("etag");
    ASSERT_EQ(tag.size(), 34U);
    const HttpResponse again = server.ask("GET", "/", "If-None-Match: W/\"x\", " + tag + "\r\n");
    EXPECT_EQ(again.status, 304);
    EXPECT_EQ(again.body, "");
    EXPECT_EQ(server.ask("GET", "/", "If-None-Match: \"other\"\r\n").status, 200);
}

TEST(HttpEndpoints, TellsOfItselfAndItsHealth) {
    TestServer server;
    const json model = json::parse(server.ask("GET", "/v1/model").body);
    EXPECT_EQ(model.at("name"), "fake.safetensors");
    EXPECT_EQ(model.at("width"), 144);
    EXPECT_EQ(model.at("workers")[0].at("device"), "a \"device\"");
    EXPECT_EQ(model.at("limits").at("body_bytes"), 16 << 20);
    EXPECT_EQ(server.ask("GET", "/livez").body, "alive\n");
    EXPECT_EQ(server.ask("GET", "/readyz").body, "ready: a \"device\"\n");
    const HttpResponse metrics = server.ask("GET", "/metrics");
    EXPECT_EQ(metrics.field("content-type"), "text/plain; version=0.0.4; charset=utf-8");
    EXPECT_NE(metrics.body.find("emulsion_http_requests_total{endpoint=\"/livez\",status=\"200\"} 1\n"),
              std::string::npos)
        << metrics.body;
    server.backend.set_workers(0);
    EXPECT_EQ(server.ask("GET", "/livez").status, 200);
    EXPECT_EQ(server.ask("GET", "/readyz").status, 503);
    EXPECT_NE(server.ask("GET", "/readyz").field("retry-after"), "");
    EXPECT_EQ(server.ask("GET", "/v1/model").status, 503);
}

TEST(HttpEndpoints, LogsRequestsAndNothingOfPhotos) {
    const TestServer server;
    server.ask("POST", "/v1/score", form_type + "X-Request-Id: logged\r\n",
               form_body({{"photo", "secret-name.jpg", "image/jpeg", "@secret-content"}}));
    server.ask("GET", "/secret-path?secret-query");
    const auto log = server.log();
    ASSERT_EQ(log.size(), 2U);
    const json line = json::parse(log[0]);
    EXPECT_EQ(line.at("request_id"), "logged");
    EXPECT_EQ(line.at("status"), 200);
    EXPECT_EQ(line.at("endpoint"), "/v1/score");
    EXPECT_GT(line.at("bytes_in"), 100);
    EXPECT_GT(line.at("ms"), 0);
    EXPECT_EQ(json::parse(log[1]).at("endpoint"), "other");
    for (const std::string& text : log) EXPECT_EQ(text.find("secret"), std::string::npos) << text;
}

}  // namespace
}  // namespace emulsion::test
