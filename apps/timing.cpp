// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "apps/timing.h"

#include <algorithm>
#include <chrono>

#include "apps/measure.h"
#include "apps/random_photos.h"

namespace emulsion::apps {
namespace {

constexpr int warm_up_runs = 2;

double milliseconds_of(const std::function<void()>& run) {
    const auto start = std::chrono::steady_clock::now();
    run();
    return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
}

// Takes the engine's sums over all profiled runs apart into single runs.
class StepSamples {
   public:
    explicit StepSamples(std::vector<StepInfo> before) : sums_(std::move(before)), samples_(sums_.size()) {}

    // After each profiled run; answers the milliseconds of all its steps.
    double add(std::vector<StepInfo> now) {
        double all = 0;
        for (std::size_t i = 0; i < now.size(); ++i) {
            samples_[i].push_back(now[i].milliseconds - sums_[i].milliseconds);
            all += samples_[i].back();
        }
        sums_ = std::move(now);
        return all;
    }

    std::vector<TimedStep> medians() const {
        std::vector<TimedStep> steps;
        for (std::size_t i = 0; i < sums_.size(); ++i) steps.push_back({sums_[i], median(samples_[i])});
        return steps;
    }

   private:
    std::vector<StepInfo> sums_;
    std::vector<std::vector<double>> samples_;
};

Timing time_inference(const TimingPlan& plan, bool batch_invariant) {
    Options options = plan.options;
    options.batch_invariant = batch_invariant;
    Session session(plan.model, options);
    const RandomPhotos photos(plan.model->net().preprocessing, options.batch, 1);
    Timing timing =
        measure({[&] { session.run(photos.pixels(), photos.count()); }, [&](bool on) { session.profile(on); },
                 [&] { return session.program().steps(); }},
                plan.runs);
    timing.memory_bytes = session.program().memory().total();
    return timing;
}

Timing time_training(const TimingPlan& plan) {
    SolverConfig solver;
    solver.base_rate = 1e-6;  // noise teaches nothing, and must not make weights grow either
    Trainer trainer(plan.model, solver, plan.options);
    const RandomPhotos photos(plan.model->net().preprocessing, plan.options.batch, 1);
    std::vector<std::int32_t> labels(static_cast<std::size_t>(plan.options.batch));
    for (std::size_t i = 0; i < labels.size(); ++i) labels[i] = static_cast<int>(i) % trainer.classes();
    Timing timing = measure({[&] {
                                 trainer.step({photos.pixels(), labels, {}, photos.count()});
                             },
                             [&](bool on) { trainer.profile(on); }, [&] { return trainer.steps(); }},
                            plan.runs);
    timing.memory_bytes = trainer.program().memory().total();
    return timing;
}

}  // namespace

double Timing::steps_milliseconds() const {
    double sum = 0;
    for (const TimedStep& step : steps) sum += step.milliseconds;
    return sum;
}

double Timing::flop() const {
    double sum = 0;
    for (const TimedStep& step : steps) sum += step.info.cost.flop;
    return sum;
}

double Timing::product_flop() const {
    double sum = 0;
    for (const TimedStep& step : steps) {
        const auto& work = step.info.operation.descriptor;
        if (std::holds_alternative<kernels::Convolution>(work) ||
            std::holds_alternative<kernels::FullyConnected>(work))
            sum += step.info.cost.flop;
    }
    return sum;
}

Timing measure(const Subject& subject, int runs) {
    for (int i = 0; i < warm_up_runs; ++i) subject.run();
    StepSamples samples(subject.steps());
    std::vector<double> whole, together, outside;
    for (int i = 0; i < runs; ++i) {
        whole.push_back(milliseconds_of(subject.run));
        subject.profile(true);
        const double profiled = milliseconds_of(subject.run);
        subject.profile(false);
        together.push_back(samples.add(subject.steps()));
        outside.push_back(profiled - together.back());
    }
    Timing timing;
    timing.milliseconds = median(std::move(whole));
    timing.steps = samples.medians();
    timing.together_milliseconds = median(std::move(together));
    timing.outside_milliseconds = std::max(0.0, median(std::move(outside)));
    return timing;
}

Timing time_model(const TimingPlan& plan) {
    if (plan.train) return time_training(plan);
    Timing timing = time_inference(plan, plan.options.batch_invariant);
    if (plan.options.batch_invariant) {
        TimingPlan free = plan;  // untuned, as batch-invariant runs are
        free.options.tuning = Tuning::off;
        timing.free_milliseconds = time_inference(free, false).milliseconds;
    }
    return timing;
}

}  // namespace emulsion::apps
