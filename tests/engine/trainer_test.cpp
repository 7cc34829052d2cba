// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include <emulsion/emulsion.h>
#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "tests/engine/nets.h"

namespace emulsion::testing {
namespace {

Options batch_of(int batch) {
    Options options;
    options.batch = batch;
    return options;
}

/// The model with every weight moved by step * direction.
std::shared_ptr<const Model> moved(const Model& model, const std::vector<std::vector<float>>& direction,
                                   double step) {
    const auto store = std::make_shared<std::vector<std::vector<float>>>();
    std::vector<std::span<const float>> spans;
    for (std::size_t i = 0; i < model.parameters().size(); ++i) {
        std::vector<float> values(model.weights(i).begin(), model.weights(i).end());
        for (std::size_t j = 0; j < values.size(); ++j)
            values[j] = static_cast<float>(values[j] + step * static_cast<double>(direction[i][j]));
        store->push_back(std::move(values));
    }
    for (const auto& each : *store) spans.emplace_back(each);
    return std::make_shared<const Model>(model.net(), model.factory(), spans, store, model.provenance());
}

double loss_of(const std::shared_ptr<const Model>& model, const Photos& photos) {
    Trainer trainer(model, short_solver(0, 1), batch_of(photos.count));
    return trainer.step(photos.batch())->loss;
}

TEST(Trainer, GradientsAreTheDerivativeOfTheLoss) {
    const auto model = seeded(branched());
    const Photos photos = photos_for(model->net(), 6, 3, 3);
    Trainer trainer(model, short_solver(0, 1), batch_of(6));
    trainer.step(photos.batch());

    std::mt19937_64 random(11);
    std::normal_distribution<float> normal;
    for (std::size_t k = 0; k < model->parameters().size(); ++k) {
        const auto gradient = trainer.gradient(model->parameters()[k].name);
        std::vector<std::vector<float>> direction;
        for (const auto& p : model->parameters())
            direction.emplace_back(static_cast<std::size_t>(p.count()), 0.0F);
        double slope = 0;
        for (std::size_t j = 0; j < gradient.size(); ++j) {
            direction[k][j] = normal(random);
            slope += static_cast<double>(gradient[j]) * static_cast<double>(direction[k][j]);
        }
        // The loss is good to some 1e-7, which leaves the slope good to 1e-3 at this step; the few kinks
        // of ReLU and pooling that lie within it add a few percent.
        constexpr double step = 1e-4;
        const double measured = (loss_of(moved(*model, direction, step), photos) -
                                 loss_of(moved(*model, direction, -step), photos)) /
                                (2 * step);
        EXPECT_TRUE(std::abs(measured - slope) <= 0.04 * std::abs(slope) + 2e-3)
            << model->parameters()[k].name << ": " << measured << " against " << slope;
    }
}

TEST(Trainer, LearnsWhatThereIsToLearn) {
    const auto model = seeded(branched());
    const Photos photos = photos_for(model->net(), 48, 3, 3);
    Trainer trainer(model, short_solver(0.02, 60), batch_of(48));
    const double first = trainer.step(photos.batch())->loss;
    for (int i = 0; i < 59; ++i) trainer.step(photos.batch());
    Evaluation after;
    trainer.evaluate(photos.batch(), after);
    EXPECT_LT(after.loss(), first / 2);
    EXPECT_GT(after.accuracy(), 0.9);
    EXPECT_EQ(after.counted, 48);
}

TEST(Trainer, IterSizeAveragesBatchesAsOneLargeBatchWould) {
    const auto model = seeded(branched());
    const Photos photos = photos_for(model->net(), 8, 3, 3);
    Trainer whole(model, short_solver(0.05, 10), batch_of(8));
    SolverConfig twice = short_solver(0.05, 10);
    twice.iter_size = 2;
    Trainer halves(model, twice, batch_of(4));
    const std::size_t half = photos.pixels.size() / 2;
    for (int i = 0; i < 3; ++i) {
        const auto expected = whole.step(photos.batch());
        EXPECT_FALSE(
            halves.step({std::span(photos.pixels).first(half), std::span(photos.labels).first(4), {}, 4}));
        const auto found =
            halves.step({std::span(photos.pixels).last(half), std::span(photos.labels).last(4), {}, 4});
        ASSERT_TRUE(found);
        EXPECT_NEAR(found->loss, expected->loss, 1e-5);
        EXPECT_EQ(found->correct, expected->correct);
    }
    for (const auto& parameter : model->parameters()) {
        const auto a = whole.parameter(parameter.name), b = halves.parameter(parameter.name);
        for (std::size_t j = 0; j < a.size(); ++j) ASSERT_NEAR(a[j], b[j], 1e-5) << parameter.name;
    }
}

TEST(Trainer, PhotosWithoutALabelChangeNothing) {
    const auto model = seeded(branched());
    Photos photos = photos_for(model->net(), 4, 3, 3);
    Trainer four(model, short_solver(0.05, 10), batch_of(4)), six(model, short_solver(0.05, 10), batch_of(6));
    Photos more = photos_for(model->net(), 6, 3, 4);
    std::copy(photos.pixels.begin(), photos.pixels.end(), more.pixels.begin());
    std::copy(photos.labels.begin(), photos.labels.end(), more.labels.begin());
    more.labels[4] = more.labels[5] = -1;
    const auto expected = four.step(photos.batch()), found = six.step(more.batch());
    EXPECT_NEAR(found->loss, expected->loss, 1e-6);
    EXPECT_EQ(found->counted, 4);
    const auto a = four.parameter("conv1.weight"), b = six.parameter("conv1.weight");
    for (std::size_t j = 0; j < a.size(); ++j) ASSERT_NEAR(a[j], b[j], 1e-6);
}

TEST(Trainer, FrozenLayersStayAsTheyAre) {
    NetDef net = branched();
    for (auto& param : net.layers[2].params) param.rate_mult = 0;  // "left"
    const auto model = seeded(net);
    const Photos photos = photos_for(net, 4, 3, 3);
    Trainer trainer(model, short_solver(0.05, 10), batch_of(4));
    const auto left = trainer.parameter("left.weight"), right = trainer.parameter("right.weight");
    for (int i = 0; i < 3; ++i) trainer.step(photos.batch());
    EXPECT_EQ(trainer.parameter("left.weight"), left);
    EXPECT_NE(trainer.parameter("right.weight"), right);
}

TEST(Trainer, ClippingBoundsTheStep) {
    const auto model = seeded(branched());
    const Photos photos = photos_for(model->net(), 4, 3, 3);
    SolverConfig clipped = short_solver(1, 10);
    clipped.weight_decay = 0;
    clipped.clip_gradients = 1e-3;
    Trainer trainer(model, clipped, batch_of(4));
    trainer.step(photos.batch());
    double square = 0;
    for (std::size_t i = 0; i < model->parameters().size(); ++i) {
        const auto now = trainer.parameter(model->parameters()[i].name);
        const double mult = model->parameters()[i].def.rate_mult;
        for (std::size_t j = 0; j < now.size(); ++j) {
            const double difference =
                (static_cast<double>(now[j]) - static_cast<double>(model->weights(i)[j])) / mult;
            square += difference * difference;
        }
    }
    EXPECT_NEAR(std::sqrt(square), 1e-3, 1e-5);
}

TEST(Trainer, EvaluationDoesNotDisturbTraining) {
    const NetDef net = compose("photo-mini");
    const Photos photos = photos_for(net, 8, 2, 3);
    const auto run = [&](bool evaluating) {
        Trainer trainer(seeded(net), short_solver(0.01, 10), batch_of(8));
        std::vector<double> losses;
        Evaluation sums;
        for (int i = 0; i < 4; ++i) {
            losses.push_back(trainer.step(photos.batch())->loss);
            if (evaluating) trainer.evaluate(photos.batch(), sums);
        }
        return losses;
    };
    EXPECT_EQ(run(true), run(false));
}

TEST(Trainer, EvaluationAgreesWithASessionOnTheExportedModel) {
    const NetDef net = compose("photo-mini");
    const Photos photos = photos_for(net, 8, 2, 3);
    Trainer trainer(seeded(net), short_solver(0.01, 10), batch_of(8));
    for (int i = 0; i < 3; ++i) trainer.step(photos.batch());
    Evaluation sums;
    trainer.evaluate(photos.batch(), sums);
    const std::vector<float> expected(trainer.probabilities().begin(), trainer.probabilities().end());
    Session session(trainer.model(), batch_of(8));
    const auto found = session.run(photos.pixels, 8);
    EXPECT_EQ(std::vector<float>(found.begin(), found.end()), expected);
}

TEST(Trainer, AMeanImageSurvivesEvaluation) {
    NetDef net = branched();
    std::mt19937 random(5);
    for (int i = 0; i < 3 * 12 * 16; ++i)
        net.preprocessing.mean_image.push_back(static_cast<float>(random() % 200));
    const Photos photos = photos_for(net, 4, 3, 3);
    const auto run = [&](bool evaluating) {
        Trainer trainer(seeded(net), short_solver(0.01, 10), batch_of(4));
        Evaluation sums;
        trainer.step(photos.batch());
        if (evaluating) trainer.evaluate(photos.batch(), sums);
        return trainer.step(photos.batch())->loss;
    };
    EXPECT_EQ(run(true), run(false));
}

TEST(Trainer, ALossThatIsNotFiniteNamesTheLayerAndKeepsTheWeights) {
    const auto model = seeded(branched());
    const Photos photos = photos_for(model->net(), 4, 3, 3);
    std::vector<std::vector<float>> nowhere;
    for (const auto& p : model->parameters()) nowhere.emplace_back(static_cast<std::size_t>(p.count()), 0.0F);
    nowhere[4][0] = 1;  // right.weight
    ASSERT_EQ(model->parameters()[4].name, "right.weight");
    Trainer trainer(moved(*model, nowhere, 3e38), short_solver(0.05, 10), batch_of(4));
    const auto before = trainer.parameter("fc.weight");
    try {
        trainer.step(photos.batch());
        FAIL() << "an infinite loss went unnoticed";
    } catch (const Error& error) {
        EXPECT_EQ(error.kind(), Error::Kind::not_finite);
        EXPECT_NE(std::string(error.what()).find("layer right: forward pass"), std::string::npos)
            << error.what();
    }
    EXPECT_EQ(trainer.parameter("fc.weight"), before);
    EXPECT_EQ(trainer.iteration(), 0);
}

TEST(Trainer, SnapshotResumesWithTheSameBits) {
    const TemporaryFolder folder;
    NetDef net = compose("photo-mini");  // with dropout
    const Photos photos = photos_for(net, 8, 2, 3);
    const SolverConfig solver = short_solver(0.01, 10);
    Trainer straight(seeded(net), solver, batch_of(8));
    std::vector<double> expected;
    for (int i = 0; i < 6; ++i) {
        expected.push_back(straight.step(photos.batch())->loss);
        if (i == 2) straight.save_snapshot(folder / "snapshot.safetensors", {{"position", "3"}});
    }
    Options options = batch_of(8);
    options.seed = 99;  // the snapshot's seed wins
    Trainer resumed(seeded(net, 123), solver, options);
    EXPECT_EQ(resumed.load_snapshot(folder / "snapshot.safetensors").at("position"), "3");
    EXPECT_EQ(resumed.iteration(), 3);
    for (std::size_t i = 3; i < 6; ++i) EXPECT_EQ(resumed.step(photos.batch())->loss, expected[i]);
    const auto model = straight.model();
    for (const auto& parameter : model->parameters())
        EXPECT_EQ(resumed.parameter(parameter.name), straight.parameter(parameter.name)) << parameter.name;
}

TEST(Trainer, SnapshotsOutsideTheRunAreRefused) {
    const TemporaryFolder folder;
    Trainer trainer(seeded(branched()), short_solver(0.05, 10), batch_of(4));
    trainer.save_snapshot(folder / "a", {});
    const auto file = SafetensorsFile::open(folder / "a");
    for (const char* iteration : {"-1", "11"}) {
        auto metadata = file->metadata();
        metadata["iteration"] = iteration;
        write_safetensors(folder / "b", metadata, file->tensors());
        EXPECT_THROW(trainer.load_snapshot(folder / "b"), Error) << iteration;
    }
    EXPECT_EQ(trainer.iteration(), 0);
}

TEST(Trainer, ForeignSnapshotsAreRefused) {
    const TemporaryFolder folder;
    const Photos photos = photos_for(branched(), 4, 3, 3);
    Trainer trainer(seeded(branched()), short_solver(0.05, 10), batch_of(4));
    trainer.step(photos.batch());
    trainer.save_snapshot(folder / "a", {});
    const auto refused = [&](const NetDef& net, const SolverConfig& solver, const std::string& path) {
        Trainer other(seeded(net), solver, batch_of(4));
        try {
            other.load_snapshot(path);
        } catch (const Error& error) {
            return error.kind() == Error::Kind::data;
        }
        return false;
    };
    EXPECT_FALSE(refused(branched(), short_solver(0.05, 10), folder / "a"));
    EXPECT_TRUE(refused(compose("photo-mini"), short_solver(0.05, 10), folder / "a"));
    EXPECT_TRUE(refused(branched(), short_solver(0.06, 10), folder / "a"));
    EXPECT_TRUE(refused(branched(), short_solver(0.05, 10), folder / "absent"));
    save(*seeded(branched()), folder / "model");
    EXPECT_TRUE(refused(branched(), short_solver(0.05, 10), folder / "model"));
}

TEST(Trainer, BadBatchesAreRefused) {
    Trainer trainer(seeded(branched()), short_solver(0.05, 10), batch_of(4));
    Photos photos = photos_for(branched(), 4, 3, 3);
    photos.labels[2] = 3;
    EXPECT_THROW(trainer.step(photos.batch()), Error);
    photos.labels[2] = 0;
    const std::vector<std::int32_t> outside{1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
    EXPECT_THROW(trainer.step({photos.pixels, photos.labels, outside, 4}), Error);
    EXPECT_TRUE(trainer.step(photos.batch()));
}

}  // namespace
}  // namespace emulsion::testing
