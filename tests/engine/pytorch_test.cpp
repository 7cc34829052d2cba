// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Training against an independent witness: the same weights, batches and solver in PyTorch, in fp64.
#include <emulsion/emulsion.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <sstream>

#include "tests/engine/nets.h"

namespace emulsion::testing {
namespace {

constexpr int no_pytorch = 77;

std::string python() {
    if (const char* given = std::getenv("EMULSION_PYTHON")) return given;
    const std::string own = std::string(EMULSION_SOURCE_DIR) + "/.venv/bin/python";
    return std::system(("test -x " + own).c_str()) == 0 ? own : "python3";
}

/// Runs a command; its exit status and what it printed.
std::pair<int, std::string> run(const std::string& command) {
    FILE* pipe = popen(command.c_str(), "r");
    std::string text;
    std::array<char, 4096> part{};
    while (std::size_t n = fread(part.data(), 1, part.size(), pipe)) text.append(part.data(), n);
    const int status = pclose(pipe);
    return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, text};
}

struct Witness {
    std::vector<double> losses;
    std::map<std::string, std::pair<double, double>> parameters;  ///< sum, sum of magnitudes
};

Witness parse(const std::string& text) {
    Witness witness;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
        std::istringstream words(line);
        std::string first, name;
        words >> first;
        if (first == "parameter") {
            words >> name;
            words >> witness.parameters[name].first >> witness.parameters[name].second;
        } else {
            witness.losses.push_back(std::stod(first));
        }
    }
    return witness;
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
                      {{"photos", "U8", {c.batches, c.batch, p.height, p.width, 3}, std::as_bytes(std::span(photos.pixels))},
                       {"labels", "I32", {c.batches, c.batch}, std::as_bytes(std::span(photos.labels))}});

    const SolverConfig solver = short_solver(c.rate, c.iterations);
    const auto [status, text] = run(python() + " " + EMULSION_SOURCE_DIR + "/tests/witness/pytorch_training.py " +
                                    (folder / "model.safetensors") + " " + (folder / "batches.safetensors") + " " +
                                    std::to_string(c.iterations) + " " + std::to_string(c.rate) + " " +
                                    std::to_string(solver.momentum) + " " + std::to_string(solver.weight_decay));
    if (status == no_pytorch || status == 127) GTEST_SKIP() << "SKIPPED: no PyTorch for " << python();
    ASSERT_EQ(status, 0) << text;
    const Witness witness = parse(text);
    ASSERT_EQ(witness.losses.size(), static_cast<std::size_t>(c.iterations));

    Options options;
    options.batch = c.batch;
    Trainer trainer(model, solver, options);
    const std::size_t bytes = photos.pixels.size() / static_cast<std::size_t>(c.batches);
    double worst_early = 0, worst = 0;
    for (int i = 0; i < c.iterations; ++i) {
        const auto k = static_cast<std::size_t>(i % c.batches), n = static_cast<std::size_t>(c.batch);
        const auto step = trainer.step({std::span(photos.pixels).subspan(k * bytes, bytes),
                                        std::span(photos.labels).subspan(k * n, n), {}, c.batch});
        const double difference = std::abs(step->loss - witness.losses[static_cast<std::size_t>(i)]);
        // fp32 against fp64: 1e-4 while rounding is all that parts them, 1e-3 once it has been amplified.
        ASSERT_TRUE(difference <= (i < 20 ? 1e-4 : 1e-3)) << "iteration " << i << ": " << step->loss << " against "
                                                          << witness.losses[static_cast<std::size_t>(i)];
        (i < 20 ? worst_early : worst) = std::max(i < 20 ? worst_early : worst, difference);
    }
    std::printf("%s: loss %.6f -> %.6f; largest difference %.2g in the first 20 iterations, %.2g after\n", c.net,
                witness.losses.front(), witness.losses.back(), worst_early, worst);
    for (const auto& [name, sums] : witness.parameters) {
        double sum = 0;
        for (const float value : trainer.parameter(name)) sum += static_cast<double>(value);
        EXPECT_TRUE(std::abs(sum - sums.first) <= 1e-4 * sums.second) << name;
    }
}

INSTANTIATE_TEST_SUITE_P(Nets, AgainstPyTorch,
                         ::testing::Values(Case{"photo-mini", 50, 16, 5, 0.002}, Case{"photo", 20, 4, 3, 0.001}),
                         [](const auto& info) {
                             std::string name = info.param.net;
                             for (char& ch : name)
                                 if (ch == '-') ch = '_';
                             return name;
                         });

}  // namespace
}  // namespace emulsion::testing
