// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "apps/serve/keys.h"

#include <emulsion/error.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "engine/files.h"
#include "tests/apps/child.h"
#include "tests/apps/fixtures.h"
#include "tests/apps/serve/transport/fake_worker.h"

namespace emulsion::test {
namespace {

using namespace emulsion::serve;
using std::chrono::milliseconds;

unsigned mode_of(const std::string& path) {
    struct stat status {};
    EXPECT_EQ(::stat(path.c_str(), &status), 0) << path;
    return status.st_mode & 0777U;
}

std::string error_of(const std::function<void()>& act) {
    try {
        act();
    } catch (const Error& error) {
        EXPECT_EQ(count_lines(error.what()), 1);
        return error.what();
    }
    ADD_FAILURE() << "no error";
    return "";
}

class KeysTest : public testing::Test {
   protected:
    std::string keys() const { return folder_ / "keys"; }
    std::string key(const std::string& name) const { return keys() + "/" + name; }
    const TemporaryFolder folder_;
};

TEST_F(KeysTest, MakesPairsThatOnlyTheirOwnerReads) {
    const Outcome outcome = run_emulsion({"keys", keys()});
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    EXPECT_EQ(outcome.out, "server.key\nserver.pub\nworker.key\nworker.pub\n");
    EXPECT_EQ(mode_of(keys()), 0700U);
    EXPECT_EQ(mode_of(key("server.key")), 0600U);
    EXPECT_EQ(mode_of(key("worker.key")), 0600U);
    for (const char* name : {"server.key", "server.pub", "worker.key", "worker.pub"})
        EXPECT_EQ(read_text(key(name), 100).size(), 41U);
    EXPECT_NE(read_text(key("server.key"), 100), read_text(key("worker.key"), 100));
}

TEST_F(KeysTest, NeverReplacesAKey) {
    make_keys(keys(), "worker");
    const std::string before = read_text(key("server.key"), 100);
    EXPECT_TRUE(make_keys(keys(), "worker").empty());
    EXPECT_EQ(make_keys(keys(), "laptop"), (std::vector<std::string>{"laptop.key", "laptop.pub"}));
    EXPECT_EQ(read_text(key("server.key"), 100), before);
    // A public key follows from its secret one.
    const std::string open = read_text(key("server.pub"), 100);
    std::filesystem::remove(key("server.pub"));
    EXPECT_EQ(make_keys(keys(), "worker"), std::vector<std::string>{"server.pub"});
    EXPECT_EQ(read_text(key("server.pub"), 100), open);
    // A secret one does not: a new pair would lock all others out without a word.
    std::filesystem::remove(key("server.key"));
    EXPECT_NE(error_of([&] { make_keys(keys(), "worker"); }).find("server.pub"), std::string::npos);
    EXPECT_FALSE(std::filesystem::exists(key("server.key")));
}

TEST_F(KeysTest, WhatIsWrongIsSaidInOneLine) {
    for (const char* name : {"server", "", "a/b", "..", "two words"})
        EXPECT_FALSE(error_of([&] { make_keys(keys(), name); }).empty());
    EXPECT_FALSE(error_of([&] { make_keys("/proc/nowhere/keys", "worker"); }).empty());
    write_text(folder_ / "file", "x");
    EXPECT_FALSE(error_of([&] { make_keys(folder_ / "file", "worker"); }).empty());
    const Outcome outcome = run_emulsion({"keys", "/dev/null/x"});
    EXPECT_EQ(outcome.exit_code, 1);
    EXPECT_EQ(count_lines(outcome.err), 1) << outcome.err;
}

void start_with(const std::string& folder) {
    GatewayOptions options;
    options.endpoint = "tcp://0.0.0.0:*";  // with keys others may reach it
    options.keys = folder;
    const Gateway gateway(make_context(), options);
}

TEST_F(KeysTest, ASecretThatOthersMayReadIsRefused) {
    make_keys(keys(), "worker");
    start_with(keys());
    chmod(key("server.key").c_str(), 0640);
    EXPECT_NE(error_of([&] { start_with(keys()); }).find("others may read"), std::string::npos);
    EXPECT_NE(error_of([&] { make_keys(keys(), "worker"); }).find("others may read"), std::string::npos);
}

TEST_F(KeysTest, AFileThatIsNoKeyIsRefused) {
    make_keys(keys(), "worker");
    for (const std::string& text :
         {std::string(), std::string("short\n"), std::string(40, '"') + "\n", std::string(1000, 'a')}) {
        std::ofstream(key("server.key")) << text;
        EXPECT_NE(error_of([&] { start_with(keys()); }).find("server.key"), std::string::npos);
    }
    EXPECT_NE(error_of([&] { start_with(folder_ / "nowhere"); }).find("server.key"), std::string::npos);
}

TEST_F(KeysTest, OnlyKnownWorkersComeIn) {
    make_keys(keys(), "worker");
    // Another house's keys, with this one's public key: what somebody has who has read it somewhere.
    const std::string other = folder_ / "other";
    make_keys(other, "worker");
    std::filesystem::copy_file(key("server.pub"), other + "/server.pub",
                               std::filesystem::copy_options::overwrite_existing);

    const auto context = make_context();
    GatewayOptions options;
    options.endpoint = "tcp://127.0.0.1:*";
    options.keys = keys();
    std::atomic<int> refused{0};
    options.log = [&](LogLevel, const std::string& line) { refused += line.find("public key") != line.npos; };
    Gateway gateway(context, options);
    zmq::context_t outside;
    FakeWorker without(outside, gateway.endpoint());
    FakeWorker stranger(outside, gateway.endpoint(),
                        [&](zmq::socket_t& s) { use_worker_key(s, other, "worker"); });
    FakeWorker gateways_own(outside, gateway.endpoint(),
                            [&](zmq::socket_t& s) { use_worker_key(s, keys(), "server"); });
    FakeWorker good(outside, gateway.endpoint(),
                    [&](zmq::socket_t& s) { use_worker_key(s, keys(), "worker"); });
    without.join(1, 'a', "without");
    stranger.join(1, 'a', "stranger");
    gateways_own.join(1, 'a', "the gateway's own");
    good.join(1, 'a', "good");
    ASSERT_TRUE(good.next<Heartbeat>());
    while (refused == 0) std::this_thread::sleep_for(milliseconds(5));
    EXPECT_FALSE(without.hear(milliseconds(300)));
    EXPECT_FALSE(stranger.hear(milliseconds(300)));
    EXPECT_FALSE(gateways_own.hear(milliseconds(300)));
    ASSERT_EQ(gateway.state().workers.size(), 1U);
    EXPECT_EQ(gateway.state().workers[0].name, "good");

    // A key that is put there later is known at once.
    make_keys(keys(), "laptop");
    FakeWorker laptop(outside, gateway.endpoint(),
                      [&](zmq::socket_t& s) { use_worker_key(s, keys(), "laptop"); });
    laptop.join(1);
    EXPECT_TRUE(laptop.next<Heartbeat>());
}

}  // namespace
}  // namespace emulsion::test
