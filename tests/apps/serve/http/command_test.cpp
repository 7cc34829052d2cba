// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// `emulsion serve` as people start it: it is ready, judges as `emulsion score` does, and ends when told.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <memory>
#include <nlohmann/json.hpp>

#include "data/files.h"
#include "tests/apps/child.h"
#include "tests/apps/fixtures.h"
#include "tests/apps/serve/http/client.h"
#include "tests/apps/serve/http/fixtures.h"
#include "tests/apps/serve/http/serve_process.h"

namespace emulsion::test {
namespace {

using nlohmann::json;

const std::string built_in_model =
    std::string(EMULSION_SOURCE_DIR) + "/apps/serve/built_in/model.safetensors";

std::string bytes_of(const std::string& path) {
    const auto bytes = read_file(path, std::size_t{1} << 30);
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

TEST(ServeCommand, JudgesLikeScoreToTheBit) {
    const TemporaryFolder folder;
    write_grey(folder / "a.png", 200, 640, 480);
    write_grey(folder / "b.png", 30, 300, 500);
    const Outcome scored = run_emulsion({"score", "--json", "--model", built_in_model, folder.path()});
    ASSERT_EQ(scored.exit_code, 0) << scored.err;
    ServeProcess serve({});
    EXPECT_TRUE(serve.line().starts_with("http://127.0.0.1:")) << serve.line();
    EXPECT_NE(serve.line().find("photo-mini (built in)"), std::string::npos) << serve.line();
    serve.wait_until_ready();
    const json expected = json::parse(scored.out).at("photos");
    ASSERT_EQ(expected.size(), 2);
    for (const json& photo : expected) {
        const HttpResponse response = serve.ask("POST", "/v1/score", image_type, bytes_of(photo.at("path")));
        ASSERT_EQ(response.status, 200) << response.body;
        const json answer = json::parse(response.body).at("photos")[0];
        EXPECT_EQ(answer.at("score").get<double>(), photo.at("score").get<double>());
        EXPECT_TRUE(answer.at("percentile").is_number()) << "the built-in model knows its own scores";
    }
    const HttpResponse broken = serve.ask("POST", "/v1/score", image_type, "this is no photo");
    EXPECT_EQ(broken.status, 422) << broken.body;
    const json explanation =
        json::parse(serve.ask("POST", "/v1/explain", image_type, bytes_of(folder / "a.png")).body);
    EXPECT_EQ(explanation.at("falls").size(),
              explanation.at("rows").get<std::size_t>() * explanation.at("columns").get<std::size_t>());
    EXPECT_EQ(serve.end(SIGTERM), 0);
}

TEST(ServeCommand, ServesAModelOfOnesOwn) {
    const TemporaryFolder folder;
    save(*brightness_model(), folder / "mine.safetensors");
    write_grey(folder / "photo.png", 150);
    write_text(folder / "scores.csv",
               "path,label,answer,score\na,1,1,0.1\nb,1,1,0.2\nc,1,1,0.9\nd,1,1,0.95\n");
    ServeProcess serve({"--model", folder / "mine.safetensors", "--reference", folder / "scores.csv"});
    EXPECT_NE(serve.line().find("mine.safetensors"), std::string::npos) << serve.line();
    serve.wait_until_ready();
    const json photo =
        json::parse(serve.ask("POST", "/v1/score", image_type, bytes_of(folder / "photo.png")).body)
            .at("photos")[0];
    EXPECT_NEAR(photo.at("score").get<double>(), brightness_score(150), 1e-3);
    EXPECT_EQ(photo.at("percentile"), 50);
    EXPECT_EQ(serve.end(SIGINT), 0);
}

TEST(ServeCommand, WantsTheTokensOfItsFile) {
    const TemporaryFolder folder;
    write_text(folder / "tokens", "a-token-of-sixteen-letters\n");
    chmod((folder / "tokens").c_str(), 0600);
    const ServeProcess serve({"--token-file", folder / "tokens"});
    EXPECT_EQ(serve.ask("GET", "/metrics").status, 401);
    EXPECT_EQ(serve.ask("GET", "/metrics", "Authorization: Bearer a-token-of-sixteen-letters\r\n").status,
              200);
}

TEST(ServeCommand, WaitsForWorkersFromElsewhere) {
    ServeProcess serve({"--backend", "tcp://127.0.0.1:*", "--deadline", "0.2"});
    EXPECT_EQ(serve.ask("GET", "/readyz").status, 503);
    EXPECT_EQ(serve.ask("POST", "/v1/score", image_type, "@").status, 504) << "none came in time";
    EXPECT_EQ(serve.end(SIGTERM), 0);
}

TEST(ServeCommand, AnswersAndEndsThoughNobodyReadsItsLog) {
    int ends[2];
    ASSERT_EQ(pipe2(ends, O_CLOEXEC), 0);
    fcntl(ends[1], F_SETPIPE_SZ, 4096);
    ServeProcess serve({}, ends[1]);
    for (int i = 0; i < 200; ++i) ASSERT_EQ(serve.ask("GET", "/livez").status, 200) << i;
    EXPECT_EQ(serve.end(SIGTERM), 0);
    close(ends[0]);
    close(ends[1]);
}

TEST(ServeCommand, KeepsToTheLimitsItIsGiven) {
    const TemporaryFolder folder;
    write_grey(folder / "wide.png", 90, 64, 48);
    write_grey(folder / "large.png", 90, 60, 60);
    write_grey(folder / "small.png", 90, 40, 40);
    const ServeProcess serve({"--max-body", "3000", "--max-megapixels", "0.0035", "--max-side", "60",
                              "--max-client-connections", "16"});
    serve.wait_until_ready();
    const auto status = [&](const std::string& photo) {
        return serve.ask("PUT", "/rate-photo", image_type, photo).status;
    };
    EXPECT_EQ(status(std::string(3001, 'x')), 413);
    EXPECT_EQ(status(bytes_of(folder / "wide.png")), 422);
    EXPECT_EQ(status(bytes_of(folder / "large.png")), 422);
    EXPECT_EQ(status(bytes_of(folder / "small.png")), 200);
    // Another client, whom connections that are still closing do not count for.
    const std::string probe = request(serve.port(), "GET", "/livez");
    std::vector<std::unique_ptr<Client>> clients;
    for (int i = 0; i < 16; ++i) {
        clients.push_back(std::make_unique<Client>(serve.port(), "127.0.0.7"));
        EXPECT_EQ(clients.back()->ask(probe).status, 200);
    }
    EXPECT_EQ(Client(serve.port(), "127.0.0.7").ask(probe).status, 503);
}

TEST(ServeCommand, SaysInOneLineWhatIsWrong) {
    const TemporaryFolder folder;
    write_text(folder / "open", "a-token-of-sixteen-letters\n");
    chmod((folder / "open").c_str(), 0644);
    write_text(folder / "nan.csv", "score\n0.5\nnan\n");
    const ServeProcess other({});
    const std::string taken = "127.0.0.1:" + std::to_string(other.port());
    struct Case {
        std::vector<std::string> arguments;
        int exit_code;
        std::string says;
    };
    for (const Case& c : std::vector<Case>{
             {{"--listen", taken}, 1, "in use"},
             {{"--listen", "8080"}, 2, "HOST:PORT"},
             {{"--listen", "127.0.0.1:"}, 2, "HOST:PORT"},
             {{"--listen", "127.0.0.1:99999"}, 2, "HOST:PORT"},
             {{"--listen", "nowhere.example:80"}, 2, "no address"},
             {{"--listen", "0.0.0.0:0"}, 2, "--token-file"},
             {{"--listen", "[::]:0"}, 2, "--token-file"},
             {{"--listen", "0.0.0.0:0", "--behind-proxy"}, 2, "127.0.0.1"},
             {{"--token-file", folder / "absent"}, 4, "absent"},
             {{"--token-file", folder / "open"}, 4, "chmod 600"},
             {{"--reference", folder / "nan.csv"}, 4, "nan.csv:3"},
             {{"--model", folder / "open"}, 4, "open"},
             {{"--model", "x", "--backend", "tcp://127.0.0.1:*"}, 2, "--backend"},
             {{"--keys", "x"}, 2, "--backend"},
             {{"--backend", "tcp://0.0.0.0:*"}, 2, "keys"},
             {{"--photos-a-minute", "0"}, 2, "photos-a-minute"},
             {{"--max-body", "65MiB"}, 2, "at most 64.0 MiB"},
             {{"--max-queue-bytes", "much"}, 2, "is not a size"},
             {{"--max-side", "0"}, 2, "--max-side"},
             {{"--max-side", "100", "--backend", "tcp://127.0.0.1:*", "--listen", "nowhere"}, 2, "excludes"},
         }) {
        std::vector<std::string> arguments = {"serve", "--listen", "127.0.0.1:0"};
        arguments.insert(arguments.end(), c.arguments.begin(), c.arguments.end());
        const Outcome outcome = run_emulsion(arguments);
        EXPECT_EQ(outcome.exit_code, c.exit_code) << outcome.err;
        EXPECT_EQ(count_lines(outcome.err), 1) << outcome.err;
        EXPECT_NE(outcome.err.find(c.says), std::string::npos) << outcome.err;
        EXPECT_EQ(outcome.out, "");
    }
}

}  // namespace
}  // namespace emulsion::test
