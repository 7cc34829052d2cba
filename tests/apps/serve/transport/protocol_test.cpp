// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "apps/serve/protocol.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>

namespace emulsion::serve {
namespace {

using Bytes = std::vector<std::byte>;

Ready some_ready() {
    return {"studio", "cpu, 2 threads", 18, {"photo.safetensors", std::string(64, 'a'), 159, 240}};
}

Result some_result() {
    Result result{.job = 1234567890123, .batch = 5, .answer = {}};
    result.answer.outcome = Outcome::done;
    result.answer.probability = 0.1 + 0.2;
    result.answer.rows = 2;
    result.answer.columns = 3;
    result.answer.falls = {0.5F, -0.25F, 0, most_fall, -most_fall, 1e-30F};
    return result;
}

Bytes a_photo() {
    return Bytes(1000, std::byte{7});
}

Read<FromWorker> read_worker(const Bytes& bytes) {
    const Frame frame(bytes);
    return read_from_worker({&frame, 1});
}

Read<FromGateway> read_gateway(const Bytes& bytes, const Bytes& photo = {}) {
    const Frame frames[] = {bytes, photo};
    return read_from_gateway(std::span(frames).first(photo.empty() ? 1 : 2));
}

template <class Message, class Any>
Message sent_and_read(const Read<Any>& read) {
    EXPECT_TRUE(read.message) << read.why;
    EXPECT_EQ(read.session, 77U);
    return std::get<Message>(read.message.value());
}

TEST(ProtocolTest, WorkersMessagesComeBackAsTheyWere) {
    const auto ready = sent_and_read<Ready>(read_worker(write_message(77, FromWorker(some_ready()))));
    EXPECT_EQ(ready.name, "studio");
    EXPECT_EQ(ready.device, "cpu, 2 threads");
    EXPECT_EQ(ready.credits, 18);
    EXPECT_EQ(ready.model.name, "photo.safetensors");
    EXPECT_EQ(ready.model.fingerprint, std::string(64, 'a'));
    EXPECT_EQ(ready.model.height, 159);
    EXPECT_EQ(ready.model.width, 240);

    const auto result = sent_and_read<Result>(read_worker(write_message(77, FromWorker(some_result()))));
    EXPECT_EQ(result.job, 1234567890123U);
    EXPECT_EQ(result.batch, 5);
    EXPECT_EQ(result.answer.outcome, Outcome::done);
    EXPECT_EQ(result.answer.probability, 0.1 + 0.2);  // to the bit
    EXPECT_EQ(result.answer.rows, 2);
    EXPECT_EQ(result.answer.columns, 3);
    EXPECT_EQ(result.answer.falls, some_result().answer.falls);

    EXPECT_TRUE(sent_and_read<Bye>(read_worker(write_message(77, FromWorker(Bye{true})))).gives_back);
    EXPECT_FALSE(sent_and_read<Bye>(read_worker(write_message(77, FromWorker(Bye{false})))).gives_back);
    sent_and_read<Heartbeat>(read_worker(write_message(77, FromWorker(Heartbeat{}))));
}

TEST(ProtocolTest, GatewaysMessagesComeBackAsTheyWere) {
    const GivenJob job{99, "7f-3", Task::occlusion, std::chrono::milliseconds(12'345)};
    const auto read = sent_and_read<GivenJob>(read_gateway(write_message(77, FromGateway(job)), a_photo()));
    EXPECT_EQ(read.number, 99U);
    EXPECT_EQ(read.request_id, "7f-3");
    EXPECT_EQ(read.task, Task::occlusion);
    EXPECT_EQ(read.left, std::chrono::milliseconds(12'345));
    sent_and_read<Heartbeat>(read_gateway(write_message(77, FromGateway(Heartbeat{}))));
    sent_and_read<Again>(read_gateway(write_message(77, FromGateway(Again{}))));
    sent_and_read<Stop>(read_gateway(write_message(77, FromGateway(Stop{}))));
    EXPECT_EQ(sent_and_read<Refused>(read_gateway(write_message(77, FromGateway(Refused{"no"})))).why, "no");
}

TEST(ProtocolTest, TextIsCutOffBetweenCharactersAndKeptToALine) {
    Result result = some_result();
    result.answer = {};
    result.answer.outcome = Outcome::bad_photo;
    result.answer.message = std::string(511, 'x') + "\xC3\xA9";  // an e with an accent, at bytes 511 and 512
    const auto read = sent_and_read<Result>(read_worker(write_message(77, FromWorker(result))));
    EXPECT_EQ(read.answer.message, std::string(511, 'x'));
    Ready ready = some_ready();
    ready.name = "two\nlines";
    EXPECT_EQ(sent_and_read<Ready>(read_worker(write_message(77, FromWorker(ready)))).name, "two?lines");
}

TEST(ProtocolTest, TimeLeftIsNeverNegative) {
    const GivenJob job{1, "", Task::score, std::chrono::milliseconds(-5)};
    EXPECT_EQ(
        sent_and_read<GivenJob>(read_gateway(write_message(77, FromGateway(job)), a_photo())).left.count(),
        0);
}

TEST(ProtocolTest, AnotherVersionIsNamedButItsRefusalIsUnderstood) {
    Bytes ready = write_message(77, FromWorker(some_ready()));
    ready[1] = std::byte{9};
    const Read<FromWorker> read = read_worker(ready);
    EXPECT_FALSE(read.message);
    EXPECT_NE(read.why.find("version 9"), std::string::npos) << read.why;

    Bytes refused = write_message(77, FromGateway(Refused{"too old"}));
    refused[1] = std::byte{9};
    EXPECT_EQ(sent_and_read<Refused>(read_gateway(refused)).why, "too old");
}

void expect_wrong(const FromWorker& message, const std::string& what) {
    const Read<FromWorker> read = read_worker(write_message(77, message));
    EXPECT_FALSE(read.message) << what;
    EXPECT_NE(read.why.find(what), std::string::npos) << read.why;
}

TEST(ProtocolTest, EveryFieldIsChecked) {
    const auto ready_with = [](auto change) {
        Ready ready = some_ready();
        change(ready);
        return ready;
    };
    expect_wrong(ready_with([](Ready& r) { r.name = ""; }), "name");
    expect_wrong(ready_with([](Ready& r) { r.device = ""; }), "device");
    expect_wrong(ready_with([](Ready& r) { r.credits = 0; }), "credits");
    expect_wrong(ready_with([](Ready& r) { r.credits = most_credits + 1; }), "credits");
    expect_wrong(ready_with([](Ready& r) { r.model.name = ""; }), "model's name");
    expect_wrong(ready_with([](Ready& r) { r.model.fingerprint = std::string(63, 'a'); }), "fingerprint");
    expect_wrong(ready_with([](Ready& r) { r.model.fingerprint = std::string(64, 'g'); }), "fingerprint");
    expect_wrong(ready_with([](Ready& r) { r.model.height = 0; }), "height");
    expect_wrong(ready_with([](Ready& r) { r.model.width = 1 << 20; }), "width");

    const auto result_with = [](auto change) {
        Result result = some_result();
        change(result.answer);
        return result;
    };
    constexpr double nan = std::numeric_limits<double>::quiet_NaN();
    expect_wrong(result_with([](Answer& a) { a.probability = nan; }), "probability");
    expect_wrong(result_with([](Answer& a) { a.probability = -0.001; }), "probability");
    expect_wrong(result_with([](Answer& a) { a.probability = 1.001; }), "probability");
    expect_wrong(result_with([](Answer& a) { a.falls[2] = static_cast<float>(nan); }), "fall");
    expect_wrong(result_with([](Answer& a) { a.falls[2] = 1.01F * most_fall; }), "fall");
    expect_wrong(result_with([](Answer& a) { a.columns = 0; }), "grid");
    expect_wrong(result_with([](Answer& a) { a.columns = 65; }), "grid");
    expect_wrong(result_with([](Answer& a) { a.falls.pop_back(); }), "ends too early");
    expect_wrong(result_with([](Answer& a) { a.falls.push_back(0); }), "goes on");
    expect_wrong(result_with([](Answer& a) { a.message = "but"; }), "line");
    expect_wrong(result_with([](Answer& a) { a.outcome = Outcome::lost; }), "outcome");
    expect_wrong(result_with([](Answer& a) { a.outcome = static_cast<Outcome>(200); }), "outcome");
    expect_wrong(result_with([](Answer& a) { a.outcome = Outcome::failed; }), "line");
}

TEST(ProtocolTest, AJobHasAPhotoAndNothingElseHasOne) {
    const Bytes job = write_message(77, FromGateway(GivenJob{1, "", Task::score, std::chrono::seconds(1)}));
    EXPECT_FALSE(read_gateway(job).message);
    EXPECT_FALSE(read_gateway(write_message(77, FromGateway(Again{})), a_photo()).message);
    const Bytes photo = a_photo();
    const Frame three[] = {job, photo, photo}, empty[] = {job, {}};
    EXPECT_FALSE(read_from_gateway(three).message);
    EXPECT_FALSE(read_from_gateway(empty).message);
    EXPECT_FALSE(read_from_gateway({}).message);
}

TEST(ProtocolTest, NobodySpeaksForTheOtherSide) {
    EXPECT_FALSE(read_gateway(write_message(77, FromWorker(some_ready()))).message);
    EXPECT_FALSE(read_worker(write_message(77, FromGateway(Again{}))).message);
}

TEST(ProtocolTest, NoBeginningOfAMessageIsOne) {
    for (const FromWorker& message :
         {FromWorker(some_ready()), FromWorker(some_result()), FromWorker(Bye{}), FromWorker(Heartbeat{})}) {
        Bytes bytes = write_message(77, message);
        while (!bytes.empty()) {
            bytes.pop_back();
            EXPECT_FALSE(read_worker(bytes).message);
        }
    }
}

// What is read is either refused, or written and read again as the same bytes: nothing half-understood.
void expect_sound(const Bytes& bytes) {
    const Read<FromWorker> read = read_worker(bytes);
    ASSERT_NE(read.message.has_value(), !read.why.empty());
    if (!read.message) return;
    const Bytes again = write_message(read.session, *read.message);
    ASSERT_EQ(write_message(read.session, read_worker(again).message.value()), again);
    ASSERT_LE(again.size(), bytes.size());
}

TEST(ProtocolTest, RandomAndMutatedFramesNeverDoHarm) {
    std::mt19937 random(5);
    const auto below = [&](std::size_t most) { return random() % most; };
    const Bytes good[] = {write_message(77, FromWorker(some_ready())),
                          write_message(77, FromWorker(some_result())), write_message(77, FromWorker(Bye{}))};
    const Bytes photo = a_photo();
    for (int i = 0; i < 30'000; ++i) {
        Bytes bytes = good[below(3)];
        for (std::size_t changes = below(4) + 1; changes > 0; --changes) {
            const std::size_t at = below(bytes.size());
            switch (below(4)) {
                case 0:
                    bytes[at] = static_cast<std::byte>(random());
                    break;
                case 1:
                    bytes[at] ^= static_cast<std::byte>(1U << below(8));
                    break;
                case 2:
                    bytes.resize(at + 1);
                    break;
                default:
                    bytes.insert(bytes.begin() + static_cast<std::ptrdiff_t>(at), below(300),
                                 std::byte{0xFF});
            }
        }
        expect_sound(bytes);
        read_gateway(bytes, photo);
    }
    for (int i = 0; i < 10'000; ++i) {
        Bytes bytes(below(200));
        for (std::byte& each : bytes) each = static_cast<std::byte>(random());
        expect_sound(bytes);
        read_gateway(bytes, photo);
    }
    EXPECT_FALSE(read_worker(Bytes(most_frame_bytes + 1, std::byte{'E'})).message);
}

}  // namespace
}  // namespace emulsion::serve
