// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Training against an independent witness: the same weights, batches and solver in PyTorch, in fp64.
#include <emulsion/emulsion.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <map>
#include <sstream>

#include "tests/engine/nets.h"
#include "tests/witness/witness.h"

namespace emulsion::testing {
namespace {

struct Told {
    std::vector<double> losses;
    std::map<std::string, std::pair<double, double>> parameters;  ///< sum, sum of magnitudes
};

Told parse(const std::string& text) {
    Told told;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
        std::istringstream words(line);
        std::string first, name;
        words >> first;
        if (first == "parameter") {
            words >> name;
            words >> told.parameters[name].first >> told.parameters[name].second;
        } else {
            told.losses.push_back(std::stod(first));
        }
    }
    return told;
}

struct Case {
    const char* net;
    int iterations, batch, batches;
    double rate;
};

class AgainstPyTorch : public ::testing::TestWithParam<Case> {};

TEST_P(AgainstPyTorch, LossesAgree) {
    const Case& c = GetParam();
    const TemporaryFolder folder;
    const auto model = seeded(without_dropout(compose(c.net)));
    save(*model, folder / "model.safetensors");
    const Photos photos = photos_for(model->net(), c.batch * c.batches, 2, 21);
    const auto& p = model->net().preprocessing;
    write_safetensors(folder / "batches.safetensors", {},
                      {{"photos",
                        "U8",
                        {c.batches, c.batch, p.height, p.width, 3},
                        std::as_bytes(std::span(photos.pixels))},
                       {"labels", "I32", {c.batches, c.batch}, std::as_bytes(std::span(photos.labels))}});

    const SolverConfig solver = short_solver(c.rate, c.iterations);
    const auto [status, text] = witness(
        "pytorch_training.py",
        {folder / "model.safetensors", folder / "batches.safetensors", std::to_string(c.iterations),
         std::to_string(c.rate), std::to_string(solver.momentum), std::to_string(solver.weight_decay)});
    if (status == witness_absent) GTEST_SKIP() << "SKIPPED: no PyTorch: " << text;
    ASSERT_EQ(status, 0) << text;
    const Told told = parse(text);
    ASSERT_EQ(told.losses.size(), static_cast<std::size_t>(c.iterations));

    Options options;
    options.batch = c.batch;
    Trainer trainer(model, solver, options);
    const std::size_t bytes = photos.pixels.size() / static_cast<std::size_t>(c.batches);
    double worst_early = 0, worst = 0;
    for (int i = 0; i < c.iterations; ++i) {
        const auto k = static_cast<std::size_t>(i % c.batches), n = static_cast<std::size_t>(c.batch);
        const auto step = trainer.step({std::span(photos.pixels).subspan(k * bytes, bytes),
                                        std::span(photos.labels).subspan(k * n, n),
                                        {},
                                        c.batch});
        const double difference = std::abs(step->loss - told.losses[static_cast<std::size_t>(i)]);
        // fp32 against fp64: 1e-4 while rounding is all that parts them, 1e-3 once it has been amplified.
        ASSERT_TRUE(difference <= (i < 20 ? 1e-4 : 1e-3))
            << "iteration " << i << ": " << step->loss << " against "
            << told.losses[static_cast<std::size_t>(i)];
        (i < 20 ? worst_early : worst) = std::max(i < 20 ? worst_early : worst, difference);
    }
    std::printf("%s: loss %.6f -> %.6f; largest difference %.2g in the first 20 iterations, %.2g after\n",
                c.net, told.losses.front(), told.losses.back(), worst_early, worst);
    for (const auto& [name, sums] : told.parameters) {
        double sum = 0;
        for (const float value : trainer.parameter(name)) sum += static_cast<double>(value);
        // Biases start at 0: all that is compared is what the updates made of them, rounding included.
        EXPECT_TRUE(std::abs(sum - sums.first) <= 1e-3 * sums.second)
            << name << ": " << sum << " against " << sums.first;
    }
}

INSTANTIATE_TEST_SUITE_P(Nets, AgainstPyTorch,
                         ::testing::Values(Case{"photo-mini", 50, 16, 5, 0.002},
                                           Case{"photo", 20, 2, 3, 0.001}),
                         [](const auto& param_info) {
                             std::string name = param_info.param.net;
                             for (char& ch : name)
                                 if (ch == '-') ch = '_';
                             return name;
                         });

}  // namespace
}  // namespace emulsion::testing
