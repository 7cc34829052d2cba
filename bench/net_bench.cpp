// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "bench/net_bench.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <optional>

#include "apps/compare.h"
#include "emulsion/session.h"

namespace emulsion::bench {
namespace {

Answer& judge_output(Answer& answer, std::span<const float> probabilities, int classes) {
    answer.logits = centred_logits(ends_of(probabilities, static_cast<std::size_t>(classes)), classes);
    return answer;
}

/// A Session and a Trainer as the benchmark sees them.
class Inference {
   public:
    static constexpr Mode mode = Mode::inference;
    Inference(const std::shared_ptr<const Model>& model, const Options& options) : session_(model, options) {}

    void run(const Batch& batch) { output_ = session_.run(batch.photos, batch.count); }
    Answer answer() const {
        Answer answer;
        return judge_output(answer, output_, session_.outputs());
    }
    const Program& program() const { return session_.program(); }
    std::vector<StepInfo> steps() const { return session_.program().steps(); }

   private:
    Session session_;
    std::span<const float> output_;
};

class Training {
   public:
    static constexpr Mode mode = Mode::training;
    Training(const std::shared_ptr<const Model>& model, const Options& options)
        : trainer_(model, solver(), options), first_weights_(model->parameters().front().name) {}

    void run(const Batch& batch) { loss_ = trainer_.step(batch)->loss; }
    Answer answer() const {
        Answer answer;
        answer.loss = loss_;
        answer.gradient = trainer_.gradient(first_weights_);
        const std::vector<float> output = trainer_.value(trainer_.net().layers.back().outputs.front());
        return judge_output(answer, output, trainer_.classes());
    }
    const Program& program() const { return trainer_.program(); }
    std::vector<StepInfo> steps() const { return trainer_.steps(); }

   private:
    static SolverConfig solver() {
        SolverConfig solver;
        solver.base_rate = 1e-6;  // noise teaches nothing, and must not make weights grow either
        return solver;
    }
    Trainer trainer_;
    std::string first_weights_;
    double loss_ = 0;
};

double relative_length(std::span<const float> tested, std::span<const float> reference) {
    double difference = 0, length = 0;
    for (std::size_t i = 0; i < reference.size(); ++i) {
        const double r = reference[i], d = static_cast<double>(tested[i]) - r;
        difference += d * d;
        length += r * r;
    }
    return length > 0 ? std::sqrt(difference / length) : std::sqrt(difference);
}

std::string parts(const char* what, double by, double allowed) {
    if (by <= allowed) return {};  // not so for NaN
    char text[128];
    std::snprintf(text, sizeof text, "%s parts from eigen's by %.1e of it, and may by %.1e", what, by,
                  allowed);
    return text;
}

Demand demand_of(const NetCase& it, const NetDef& net, const Options& options) {
    const auto shape = compile(net, Mode::inference, {})->layers().back().outputs.front();
    return {.net = &net,
            .classes = static_cast<int>(shape.per_image()),
            .batch = it.batch,
            .threads = options.threads,
            .mode = it.mode,
            .device = options.device.kind};
}

template <class Side>
Answer reference_answer(const std::shared_ptr<const Model>& model, const Batch& batch, int threads) {
    Options options;
    options.threads = threads;
    options.implementations["*"] = "eigen";
    const auto answer_to = [&](const Batch& asked) {
        options.batch = asked.count;
        Side side(model, options);
        side.run(asked);
        return side.answer();
    };
    if (Side::mode == Mode::training) return answer_to(batch);
    // A photo's answer does not depend on its neighbours, so those at the ends are asked for alone.
    const auto photos = ends_of(batch.photos, batch.photos.size() / static_cast<std::size_t>(batch.count));
    const auto labels = ends_of(batch.labels, 1);
    return answer_to(
        {.photos = photos, .labels = labels, .crops = {}, .count = static_cast<int>(labels.size())});
}

}  // namespace

std::string NetCase::name() const {
    return std::string(mode == Mode::training ? "training/" : "inference/") + net + "/n" +
           std::to_string(batch) + "/" + kernels::name(precision) + "/" + source.name;
}

std::vector<float> centred_logits(std::span<const float> probabilities, int classes) {
    const auto width = static_cast<std::size_t>(classes);
    std::vector<float> logits;
    for (std::size_t row = 0; row + width <= probabilities.size(); row += width) {
        double mean = 0;
        for (std::size_t i = 0; i < width; ++i)
            mean += std::log(static_cast<double>(probabilities[row + i])) / classes;
        for (std::size_t i = 0; i < width; ++i)
            logits.push_back(
                static_cast<float>(std::log(static_cast<double>(probabilities[row + i])) - mean));
    }
    return logits;
}

std::string complaint(const Answer& tested, const Answer& reference, double tolerance) {
    // A probability's own rounding is an absolute error of its logarithm, which counts where logits are
    // small.
    const Difference logits = difference(tested.logits, reference.logits);
    const double rounding = logits.largest_value > 0 ? 8 * 0x1p-24 / logits.largest_value : 0;
    if (auto what = parts("the answer", logits.relative(), tolerance + rounding); !what.empty()) return what;
    const double loss = std::abs(tested.loss - reference.loss);
    if (auto what = parts("the loss", loss, tolerance * std::max(1.0, reference.loss)); !what.empty())
        return what;
    // About as large a share of the ReLUs as the relative error turns on or off, and each takes its gradient
    // along whole, so squares add up to that share; winners of pooling windows, which have rivals, do
    // likewise.
    const double gradient = tested.gradient.size() == reference.gradient.size()
                                ? relative_length(tested.gradient, reference.gradient)
                                : HUGE_VAL;
    return parts("the first gradient", gradient, 2 * std::sqrt(tolerance));
}

NetBench::NetBench(Options options, Pace pace) : options_(std::move(options)), pace_(pace) {}
NetBench::~NetBench() = default;

std::shared_ptr<const Model> NetBench::model_of(const std::string& net) {
    if (!model_ || model_->net().name != compose(net).name) {
        references_.clear();
        model_ = initialise(compose(net), 1);
    }
    return model_;
}

NetTiming NetBench::run(const NetCase& it) {
    NetTiming failed;
    try {
        return it.mode == Mode::training ? verify_and_time<Training>(it) : verify_and_time<Inference>(it);
    } catch (const std::exception& error) {
        failed.failed = error.what();
    }
    return failed;
}

template <class Side>
NetTiming NetBench::verify_and_time(const NetCase& it) {
    const auto model = model_of(it.net);
    const Demand demand = demand_of(it, model->net(), options_);
    const auto source = it.source.open(demand);
    const Batch first = source->next();
    const std::string key =
        std::to_string(it.batch) + it.source.name + (Side::mode == Mode::training ? "t" : "i");
    if (references_.count(key) == 0)
        references_[key] = reference_answer<Side>(model, first, options_.threads);

    Options options = options_;
    options.batch = it.batch;
    options.precision = it.precision;
    options.threads = it.source.compute_threads(demand);
    Side side(model, options);
    NetTiming timing;
    side.run(first);
    const std::string last = side.program().layers().back().name;
    timing.failed = complaint(side.answer(), references_[key],
                              apps::Tolerances(side.program(), it.precision).output(last));
    if (!timing.failed.empty()) return timing;

    for (const StepInfo& step : side.steps()) {
        timing.cost.flop += step.cost.flop;
        timing.cost.bytes += step.cost.bytes;
    }
    for (int i = 0; i < source->ready(); ++i) side.run(source->next());
    timing.milliseconds = timed(pace_, [&] {
        const auto start = std::chrono::steady_clock::now();
        side.run(source->next());
        return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
    });
    return timing;
}

}  // namespace emulsion::bench
