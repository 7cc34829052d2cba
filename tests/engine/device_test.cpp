// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Sessions and trainers on a device whose memory the host cannot touch.
#include <emulsion/emulsion.h>
#include <gtest/gtest.h>

#include <cmath>

#include "tests/engine/fake_accelerator.h"
#include "tests/engine/nets.h"
#include "tests/engine/support.h"
#include "tests/kernels/allocation_counter.h"

namespace emulsion::testing {
namespace {

namespace counter = kernels::tests;
using test::error_of;

// The fake card lends no threads, and eigen's sums may follow their number.
Options by_eigen(int batch) {
    Options options;
    options.batch = batch;
    options.threads = 1;
    options.implementations["*"] = "eigen";
    return options;
}

std::vector<float> run(Session& session, const Photos& photos) {
    const auto result = session.run(photos.pixels, photos.count);
    return {result.begin(), result.end()};
}

std::vector<float> inputs_for(const NetDef& net, int count) {
    std::vector<float> inputs(static_cast<std::size_t>(count * 3 * net.height * net.width));
    for (std::size_t i = 0; i < inputs.size(); ++i) inputs[i] = static_cast<float>(i % 17) / 17;
    return inputs;
}

TEST(DeviceMemory, ASessionComputesWhatTheCpuDoes) {
    FakeCard card;
    const auto model = seeded(compose("photo-mini"));
    const Photos photos = photos_for(model->net(), 3, 2, 5);
    Options options = by_eigen(3);
    options.hold = {"conv2"};
    options.fuse = false;
    Session here(model, options), there(model, options, card.open());
    for (int i = 0; i < 4; ++i) EXPECT_EQ(run(there, photos), run(here, photos));
    EXPECT_EQ(there.value("conv2"), here.value("conv2"));
    const auto inputs = inputs_for(model->net(), 2);
    const auto expected = here.run(std::span<const float>(inputs), 2);
    const auto found = there.run(std::span<const float>(inputs), 2);
    EXPECT_TRUE(std::equal(found.begin(), found.end(), expected.begin(), expected.end()));
}

TEST(DeviceMemory, ATrainerComputesWhatTheCpuDoes) {
    const auto model = seeded(compose("photo-mini"));
    const Photos photos = photos_for(model->net(), 4, 2, 5);
    for (const int iter_size : {1, 2}) {
        SolverConfig solver = short_solver(0.01, 100);
        solver.iter_size = iter_size;
        FakeCard card;
        Trainer here(model, solver, by_eigen(4)), there(model, solver, by_eigen(4), card.open());
        for (int i = 0; i < 6; ++i) {
            const auto expected = here.step(photos.batch()), found = there.step(photos.batch());
            ASSERT_EQ(found.has_value(), expected.has_value());
            if (!found) continue;
            EXPECT_EQ(found->loss, expected->loss);
            EXPECT_EQ(found->correct, expected->correct);
            Evaluation a, b;
            here.evaluate(photos.batch(), a);
            there.evaluate(photos.batch(), b);
            EXPECT_EQ(b.loss_sum, a.loss_sum);
        }
        for (const auto& parameter : model->parameters())
            EXPECT_EQ(there.parameter(parameter.name), here.parameter(parameter.name)) << parameter.name;
        EXPECT_EQ(there.gradient("conv1.weight"), here.gradient("conv1.weight"));
    }
}

TEST(DeviceMemory, WeightsAreUploadedOnceADeviceAndShared) {
    FakeCard card, other;
    const auto model = seeded(compose("photo-mini"));
    const std::size_t bytes = static_cast<std::size_t>(model->parameter_count()) * sizeof(float);
    Session first(model, by_eigen(1), card.open());
    const auto after_first = card.counts;
    EXPECT_GE(after_first.bytes_in, bytes);
    EXPECT_GT(after_first.synchronisations, 0);  // no other stream waits for this one
    Session second(model, by_eigen(2), card.open());
    EXPECT_EQ(card.counts.allocations - after_first.allocations, 2);  // arena and workspace
    EXPECT_LT(card.counts.bytes_in - after_first.bytes_in, std::size_t{1000});
    Session elsewhere(model, by_eigen(1), other.open({kernels::DeviceKind::cuda, 4}));
    EXPECT_GE(other.counts.bytes_in, bytes);

    const Photos photos = photos_for(model->net(), 1, 2, 5);
    const auto expected = run(first, photos);
    EXPECT_EQ(run(second, photos), expected);
    EXPECT_EQ(run(elsewhere, photos), expected);
}

TEST(DeviceMemory, PackedWeightsAreADevicesOwn) {
    FakeCard card;
    bool packs = false;
    for (const auto& component : kernels::components())
        packs = packs || (component.name == "oneDNN" && component.present);
    if (!packs) GTEST_SKIP() << "oneDNN, which packs weights, was not built in";
    const auto model = seeded(compose("photo-mini"));
    Options options;
    options.threads = 1;
    Session here(model, options), there(model, options, card.open());
    EXPECT_GT(there.program().memory().packed, 0U);
    const Photos photos = photos_for(model->net(), 1, 2, 5);
    EXPECT_EQ(run(there, photos), run(here, photos));
}

TEST(DeviceMemory, IsGivenBackWithTheModel) {
    FakeCard card;
    {
        const auto model = seeded(branched());
        { Session session(model, by_eigen(1), card.open()); }
        EXPECT_GT(card.used(), 0U);  // the weights, for the next session
        { Trainer trainer(model, short_solver(0.1, 1), by_eigen(1), card.open()); }
    }
    EXPECT_EQ(card.used(), 0U);
}

TEST(Recordings, OfASessionAreOneARange) {
    FakeCard card;
    const auto model = seeded(branched());
    const Photos photos = photos_for(model->net(), 2, 3, 1);
    const auto inputs = inputs_for(model->net(), 2);
    Session session(model, by_eigen(2), card.open());
    card.counts = {};
    for (int i = 0; i < 5; ++i) {
        session.run(photos.pixels, 2);
        session.run(std::span<const float>(inputs), 2);
    }
    EXPECT_EQ(card.counts.direct_runs, 2);
    EXPECT_EQ(card.counts.recordings, 2);
    EXPECT_EQ(card.counts.replays, 6);
    EXPECT_EQ(card.counts.waits(), 10);  // for the answers
}

TEST(Recordings, OfATrainerAreOfStepUpdateAndEvaluation) {
    FakeCard card;
    const auto model = seeded(branched());
    const Photos photos = photos_for(model->net(), 2, 3, 1);
    Trainer trainer(model, short_solver(0.01, 100), by_eigen(2), card.open());
    card.counts = {};
    for (int i = 0; i < 5; ++i) trainer.step(photos.batch());
    EXPECT_EQ(card.counts.recordings, 2);
    EXPECT_EQ(card.counts.runs(), 10);
    EXPECT_EQ(card.counts.waits(), 5);  // for loss, norm and answers, once a step
    Evaluation sums;
    for (int i = 0; i < 3; ++i) trainer.evaluate(photos.batch(), sums);
    EXPECT_EQ(card.counts.recordings, 3);
    EXPECT_EQ(card.counts.waits(), 8);
}

TEST(Recordings, OfAnUpdateOfSeveralBatchesTellItsLastFromTheOthers) {
    FakeCard card;
    const auto model = seeded(branched());
    const Photos photos = photos_for(model->net(), 2, 3, 1);
    SolverConfig solver = short_solver(0.01, 100);
    solver.iter_size = 3;
    Trainer trainer(model, solver, by_eigen(2), card.open());
    card.counts = {};
    for (int i = 0; i < 9; ++i) trainer.step(photos.batch());
    EXPECT_EQ(card.counts.recordings, 3);
    EXPECT_EQ(card.counts.runs(), 12);
    EXPECT_EQ(card.counts.waits(), 9);
}

TEST(Recordings, AreNotMadeWhileProfiling) {
    FakeCard card;
    const auto model = seeded(branched());
    const Photos photos = photos_for(model->net(), 2, 3, 1);
    Session session(model, by_eigen(2), card.open());
    Trainer trainer(model, short_solver(0.01, 100), by_eigen(2), card.open());
    session.profile(true);
    trainer.profile(true);
    card.counts = {};
    for (int i = 0; i < 3; ++i) {
        session.run(photos.pixels, 2);
        trainer.step(photos.batch());
    }
    EXPECT_EQ(card.counts.runs(), 0);
    const auto forward = session.program().steps(), all = trainer.steps();
    EXPECT_EQ(card.counts.timings, 3 * static_cast<int>(forward.size() + all.size()));
    for (const auto& steps : {forward, all})
        for (const auto& step : steps) {
            EXPECT_EQ(step.runs, 3) << step.layer;
            EXPECT_EQ(step.milliseconds, 3) << step.layer;
        }
}

TEST(DeviceMemory, NothingIsTakenInUse) {
    FakeCard card;
    if (!counter::allocations_are_counted())
        GTEST_SKIP() << "malloc belongs to a sanitizer or is not glibc's";
    const auto model = seeded(compose("photo-mini"));
    const Photos photos = photos_for(model->net(), 2, 2, 1);
    Session session(model, by_eigen(2), card.open());
    Trainer trainer(model, short_solver(0.001, 100), by_eigen(2), card.open());
    Evaluation sums;
    const auto use = [&] {
        session.run(photos.pixels, 2);
        trainer.step(photos.batch());
        trainer.evaluate(photos.batch(), sums);
    };
    use();
    use();
    card.counts = {};
    counter::start_counting_allocations();
    for (int i = 0; i < 3; ++i) use();
    EXPECT_EQ(counter::stop_counting_allocations(), 0);
    EXPECT_EQ(card.counts.allocations, 0);
}

TEST(DeviceMemory, AnUpdateFromWhatIsNotFiniteDoesNotTakePlace) {
    FakeCard card;
    const auto model = seeded(branched());
    Photos photos = photos_for(model->net(), 2, 3, 1);
    std::vector<float> weights(model->weights(0).begin(), model->weights(0).end());
    for (float& each : weights) each = 1e38F;
    std::vector<std::span<const float>> spans{weights};
    for (std::size_t i = 1; i < model->parameters().size(); ++i) spans.push_back(model->weights(i));
    const auto huge = std::make_shared<const Model>(model->net(), model->factory(), spans, nullptr,
                                                    std::map<std::string, std::string>{});
    Trainer trainer(huge, short_solver(0.1, 100), by_eigen(2), card.open());
    for (int i = 0; i < 4; ++i) {
        const std::string message = error_of(Error::Kind::not_finite, [&] { trainer.step(photos.batch()); });
        EXPECT_NE(message.find("conv1"), std::string::npos) << message;
    }
    EXPECT_EQ(trainer.parameter("conv1.weight"), weights);
    EXPECT_EQ(trainer.parameter("fc.weight"),
              std::vector<float>(model->weights(model->parameters().size() - 2).begin(),
                                 model->weights(model->parameters().size() - 2).end()));
    EXPECT_EQ(trainer.iteration(), 0);
}

TEST(DeviceErrors, SayWhatTheDeviceSaid) {
    FakeCard card;
    const auto model = seeded(branched());
    const Photos photos = photos_for(model->net(), 1, 3, 1);
    Session session(model, by_eigen(1), card.open());
    card.failure = "relu.cu:40: kernel relu_forward: cudaErrorIllegalAddress";
    EXPECT_EQ(error_of(Error::Kind::failure, [&] { session.run(photos.pixels, 1); }),
              "cuda:3: relu.cu:40: kernel relu_forward: cudaErrorIllegalAddress");
}

TEST(DeviceErrors, TooLittleMemoryTellsTheLargestBatch) {
    FakeCard card(std::size_t{64} << 20);
    const auto model = seeded(compose("photo-mini"));
    const std::string inference =
        error_of(Error::Kind::failure, [&] { Session(model, by_eigen(4096), card.open()); });
    EXPECT_NE(inference.find("cuda:3 is out of memory: net photo-mini in batches of 4096 needs "),
              std::string::npos)
        << inference;
    EXPECT_NE(inference.find(" and 64 MiB were free; the largest batch that fits is "), std::string::npos)
        << inference;

    const SolverConfig solver = short_solver(0.1, 1);
    const std::string training =
        error_of(Error::Kind::failure, [&] { Trainer(model, solver, by_eigen(4096), card.open()); });
    EXPECT_NE(training.find("training net photo-mini"), std::string::npos) << training;

    // The number is true: that batch fits, and the next does not.
    const int largest = std::stoi(training.substr(training.rfind(' ')));
    ASSERT_GT(largest, 0);
    { Trainer(model, solver, by_eigen(largest), card.open()); }
    EXPECT_THROW(Trainer(model, solver, by_eigen(largest + 8), card.open()), Error);

    FakeCard tiny(std::size_t{100} << 10);
    const std::string none =
        error_of(Error::Kind::failure, [&] { Session(model, by_eigen(2), tiny.open()); });
    EXPECT_NE(none.find("not even one photo fits"), std::string::npos) << none;
}

TEST(DeviceErrors, ADeviceThatIsNotThereIsNamedWithTheReason) {
    for (const char* name : {"cpu:1", "cuda:99", "emulated:9"}) {
        const DeviceId id = DeviceId::parse(name);
        const std::string message = error_of(Error::Kind::device, [&] { open_device(id, 1); });
        EXPECT_EQ(message.rfind("there is no " + std::string(name) + ": ", 0), 0U) << message;
        EXPECT_EQ(error_of(Error::Kind::device, [&] { require_device(id); }), message);
    }
}

TEST(DeviceErrors, AnImplementationOfAnotherDeviceIsRefused) {
    Options options = by_eigen(1);
    options.device.kind = kernels::DeviceKind::emulated;
    const std::string message =
        error_of(Error::Kind::device, [&] { compile(branched(), Mode::inference, options); });
    EXPECT_EQ(message, "implementation \"eigen\" does not run on device emulated, but on cpu");
}

TEST(DeviceSnapshots, NameTheDeviceAndWarnOnAnother) {
    FakeCard card;
    const TemporaryFolder folder;
    const auto model = seeded(branched());
    const Photos photos = photos_for(model->net(), 2, 3, 1);
    Trainer there(model, short_solver(0.01, 10), by_eigen(2), card.open());
    there.step(photos.batch());
    there.save_snapshot(folder.file("s"), {});

    std::string warning;
    Options options = by_eigen(2);
    options.log = [&](LogLevel level, const std::string& message) {
        if (level == LogLevel::warning) warning += message;
    };
    Trainer again(model, short_solver(0.01, 10), options, card.open());
    again.load_snapshot(folder.file("s"));
    EXPECT_EQ(warning, "");
    EXPECT_EQ(again.step(photos.batch())->loss, there.step(photos.batch())->loss);
    Trainer here(model, short_solver(0.01, 10), options);
    here.load_snapshot(folder.file("s"));
    EXPECT_NE(warning.find("made on cuda (fake card) with"), std::string::npos) << warning;
    EXPECT_EQ(here.parameter("fc.weight").size(), there.parameter("fc.weight").size());
}

}  // namespace
}  // namespace emulsion::testing
