// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// The tuner's search against all combinations there are; what it measures; and the file it keeps.
#include "engine/tuner.h"

#include <emulsion/emulsion.h>
#include <gtest/gtest.h>

#include <functional>
#include <tuple>

#include "engine/trial_times.h"
#include "engine/tuning_file.h"
#include "tests/engine/nets.h"

namespace emulsion::testing {
namespace {

using kernels::Layout;

/// Times that follow from a name alone: as good as random, the same each time.
double drawn(const std::string& name, double most) {
    return most * static_cast<double>(std::hash<std::string>{}(name) % 1000 + 1) / 1000;
}

/// Prices by name of implementation and layouts; reorders cost about as much as plans, so that it is worth
/// going along with a neighbour.
class Prices final : public PlanTimes {
   public:
    explicit Prices(int seed) : seed_(std::to_string(seed)) {}

    std::optional<Times> of(const Node& node, const kernels::Implementation& by,
                            const std::shared_ptr<const kernels::Plan>& plan,
                            const kernels::Limits&) override {
        return Times{run(node.layer, node.operation, by, *plan), pack(node.layer, *plan)};
    }
    double of_reorder(const Shape& shape, const Layout& from, const Layout& to) override {
        return drawn(seed_ + kernels::describe(shape) + from.name() + ">" + to.name(), 1);
    }
    double run(const std::string& layer, const kernels::Operation& operation,
               const kernels::Implementation& by, const kernels::Plan& plan) const {
        return drawn(seed_ + layer + kernels::name(operation.kind) + by.full_name() + plan.variant(), 2);
    }
    double pack(const std::string& layer, const kernels::Plan& plan) const {
        return plan.packed().bytes == 0 ? 0 : drawn(seed_ + layer + plan.packed().name(), 3);
    }

   private:
    std::string seed_;
};

/// What a schedule costs, added up from its own steps.
double price(const Schedule& schedule, Prices& prices, bool training) {
    double sum = 0;
    for (const Step& step : schedule.steps) {
        if (step.operation.kind == OpKind::reorder) {
            const auto& reorder = step.operation.as<kernels::Reorder>();
            sum += prices.of_reorder(reorder.shape, reorder.from, reorder.to);
        } else {
            sum += prices.run(step.layer, step.operation, *step.implementation, *step.plan);
        }
    }
    for (const Packed& packed : schedule.packed)
        if (training) sum += prices.pack(packed.layer, *packed.plan);
    return sum;
}

Options two_threads(int batch = 2) {
    Options options;
    options.threads = 2;
    options.batch = batch;
    return options;
}

Graph graph_of(const NetDef& net, Mode mode, const Options& options) {
    Graph graph = build_graph(net, mode, options, standard_layers());
    rewrite(graph);
    return graph;
}

/// conv1 -> relu1 -> norm1 -> pool1 -> fc -> prob.
NetDef chain(bool trained) {
    NetDef net = compose("photo-mini");
    std::vector<LayerDef> layers;
    for (const LayerDef& layer : net.layers)
        if (layer.name == "conv1" || layer.name == "relu1" || layer.name == "pool1" || layer.name == "norm1")
            layers.push_back(layer);
    if (trained) std::erase_if(layers, [](const LayerDef& layer) { return layer.name == "norm1"; });
    LayerDef last = net.layers.back();
    for (const LayerDef& layer : net.layers)
        if (layer.name == "fc7") last = layer;
    last.inputs = layers.back().outputs;
    layers.push_back(last);
    net.layers = std::move(layers);
    return net;
}

/// Calls body with every combination of implementations for a graph's nodes that can be lowered.
int for_each_combination(const Graph& graph, Mode mode, const Options& options,
                         const std::function<void(const Names&, const Schedule&)>& body) {
    std::vector<std::vector<std::string>> ways;
    for (const Node& node : graph.nodes) {
        ways.emplace_back();
        for (const auto& each : kernels::implementations(node.operation.kind))
            if (each.device == options.device.kind) ways.back().push_back(each.full_name());
    }
    int lowered = 0;
    std::vector<std::size_t> at(ways.size());
    for (bool more = true; more;) {
        Names names;
        for (std::size_t i = 0; i < ways.size(); ++i) names.push_back(ways[i][at[i]]);
        try {
            body(names, lower(graph, mode, options, names));
            ++lowered;
        } catch (const Error&) {
            // one of them cannot run its node
        }
        more = false;
        for (std::size_t i = 0; i < ways.size() && !more; ++i) {
            more = ++at[i] < ways[i].size();
            if (!more) at[i] = 0;
        }
    }
    return lowered;
}

/// The emulator's kernels are in every build, with several ways each; on the CPU it may be one.
class Search : public ::testing::TestWithParam<std::tuple<Mode, const char*>> {};

TEST_P(Search, FindsTheCheapestOfAllCombinations) {
    const auto [mode, device] = GetParam();
    Options options = two_threads();
    options.device = DeviceId::parse(device);
    const Graph graph = graph_of(chain(mode == Mode::training), mode, options);
    for (int seed = 0; seed < 40; ++seed) {
        Prices prices(seed);
        double least = 1e30;
        const int combinations =
            for_each_combination(graph, mode, options, [&](const Names&, const Schedule& schedule) {
                least = std::min(least, price(schedule, prices, mode == Mode::training));
            });
        const bool several =
            options.device.kind != kernels::DeviceKind::cpu || kernels::onednn_component().present;
        EXPECT_GE(combinations, several ? 8 : 1);
        const Names found = cheapest(graph, mode, options, prices);
        const Schedule schedule = lower(graph, mode, options, found);
        EXPECT_NEAR(price(schedule, prices, mode == Mode::training), least, 1e-9) << "seed " << seed;
    }
}
INSTANTIATE_TEST_SUITE_P(Tuner, Search,
                         ::testing::Combine(::testing::Values(Mode::inference, Mode::training),
                                            ::testing::Values("cpu", "emulated")),
                         [](const auto& line) {
                             const bool training = std::get<0>(line.param) == Mode::training;
                             return std::string(training ? "training_" : "inference_") +
                                    std::get<1>(line.param);
                         });

/// A branch, a concat and all the rest: what is found can be lowered, and computes the same.
TEST(Tuner, ATunedSessionAnswersAsAnUntunedOne) {
    for (const char* name : {"branched", "photo-mini"}) {
        const NetDef net = std::string(name) == "branched" ? branched() : compose(name);
        const auto model = seeded(net);
        const Photos photos = photos_for(net, 4, 2, 3);
        Options options = two_threads(4);
        Session by_order(model, options);
        options.tuning = Tuning::measure;
        Session tuned(model, options);
        const auto expected = by_order.run(photos.pixels, 4), got = tuned.run(photos.pixels, 4);
        for (std::size_t i = 0; i < expected.size(); ++i) EXPECT_NEAR(got[i], expected[i], 1e-5) << name;
    }
}

TEST(Tuner, ATunedTrainerLearnsAsAnUntunedOne) {
    const NetDef net = without_dropout(branched());
    const auto model = seeded(net);
    const Photos photos = photos_for(net, 4, 3, 3);
    Options options = two_threads(4);
    Trainer by_order(model, short_solver(1e-3, 10), options);
    options.tuning = Tuning::measure;
    Trainer tuned(model, short_solver(1e-3, 10), options);
    for (int i = 0; i < 3; ++i)
        EXPECT_NEAR(tuned.step(photos.batch())->loss, by_order.step(photos.batch())->loss, 1e-4);
}

/// Convolves as it should, but for one number.
class OffByOne final : public kernels::Plan {
   public:
    explicit OffByOne(std::shared_ptr<const kernels::Plan> right) : right_(std::move(right)) {
        for (int i = 0; i < kernels::operand_count; ++i)
            layouts_[static_cast<std::size_t>(i)] = right_->layout(static_cast<Operand>(i));
        workspace_bytes_ = right_->workspace_bytes();
        variant_ = "off by one";
    }
    void run(const kernels::Arguments& arguments, void* workspace,
             const kernels::Stream& stream) const override {
        right_->run(arguments, workspace, stream);
        arguments.get<float>(Operand::dst)[5] += 1;
    }

   private:
    std::shared_ptr<const kernels::Plan> right_;
};

TEST(Tuner, LeavesOutWhatComputesWrongly) {
    std::vector<std::string> warnings;
    Options options = two_threads();
    options.log = [&](LogLevel level, const std::string& message) {
        if (level == LogLevel::warning) warnings.push_back(message);
    };
    const auto device = open_device({}, 2);
    const Graph graph = graph_of(chain(false), Mode::inference, options);
    const Node& conv1 = graph.nodes.at(1);
    ASSERT_EQ(conv1.operation.kind, OpKind::conv_forward);
    const kernels::Limits limits = limits_of(Mode::inference, options);
    const kernels::Implementation& readable = kernels::implementations(OpKind::conv_forward).back();
    const std::shared_ptr<const kernels::Plan> right = readable.plan(conv1.operation, limits);

    const kernels::Implementation foreign{"foreign", kernels::DeviceKind::cpu, nullptr, nullptr};
    TrialTimes times(*device, options);
    EXPECT_TRUE(times.of(conv1, foreign, right, limits));
    EXPECT_TRUE(warnings.empty());
    EXPECT_FALSE(times.of(conv1, foreign, std::make_shared<OffByOne>(right), limits));
    ASSERT_EQ(warnings.size(), 1U);
    EXPECT_NE(warnings[0].find("conv1"), std::string::npos) << warnings[0];
    EXPECT_NE(warnings[0].find("dst is off by"), std::string::npos) << warnings[0];
}

}  // namespace
}  // namespace emulsion::testing
