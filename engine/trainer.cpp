// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "emulsion/trainer.h"

#include <algorithm>
#include <cfloat>
#include <cmath>
#include <utility>

#include "emulsion/error.h"
#include "engine/compiled.h"
#include "engine/section.h"
#include "engine/snapshot.h"
#include "engine/staging.h"
#include "engine/update.h"

namespace emulsion {
namespace {

int best_class(const float* probabilities, int classes) {
    return static_cast<int>(std::max_element(probabilities, probabilities + classes) - probabilities);
}

/// Every parameter must get its gradient from somewhere, or training would leave it in silence.
void demand_loss(const Compiled& compiled) {
    if (compiled.main.graph.loss < 0)
        throw Error(Error::Kind::data,
                    "net " + compiled.net.name + " has no loss to train by: end it in softmax");
}

}  // namespace

struct Trainer::Impl {
    Impl(std::shared_ptr<const Model> model, const SolverConfig& config, const Options& given,
         std::unique_ptr<Device> opened)
        : source(std::move(model)),
          solver(config),
          options(resolve(given)),
          device(traced(std::move(opened), options)),
          compiled(source->net(), Mode::training, options, source->factory(), device.get()),
          arena(device->allocate(compiled.arena_bytes)),
          workspace(device->allocate(compiled.workspace_bytes)),
          update(*source, compiled.main.graph.parameters, solver, options, *device,
                 arena->at(compiled.main.report.offset + compiled.main.report.square_sum)),
          net(make_net(compiled.main)),
          evaluation(make_net(*compiled.evaluation)),
          staging(net, *device, compiled.net.preprocessing, options.batch),
          evaluation_staging(evaluation, *device, compiled.net.preprocessing, options.batch),
          report(std::max(compiled.main.report.bytes, compiled.evaluation->report.bytes)) {
        demand_loss(compiled);
        compiled.timed = [this] { return steps(); };
        compiled.memory_plan.gradients += Update::extra_bytes(compiled.main.graph.parameters, solver);
        const auto& graph = compiled.main.graph;
        classes = static_cast<int>(graph.values[static_cast<std::size_t>(graph.output)].shape.per_image());
        evaluated.reserve(static_cast<std::size_t>(options.batch) * static_cast<std::size_t>(classes));
        pack_step.layer = "weights";
        pack_step.pass = Pass::update;
        pack_step.variant = "pack";
        pack_step.implementation = "engine";
        pack_step.operation = {OpKind::reorder, kernels::Reorder{}};
        pack_step.cost.bytes = 2.0 * static_cast<double>(compiled.memory_plan.packed);
        if (Trace* const trace = device->trace(); trace != nullptr)
            pack_description = trace->describe("pack weights", "update", {{"bytes", pack_step.cost.bytes}});
    }

    Net make_net(const Schedule& schedule) {
        return Net(schedule, *device, update.memory(), arena, workspace,
                   [this](const Packed& each, const float* from, void* scratch) {
                       const Section section(*device, "pack weights", "setup", each.layout.bytes);
                       return packed.get(*device, each, from, scratch);
                   });
    }

    bool steps_apart() const { return profiling || device->trace() != nullptr; }
    void run_batch(bool last);
    StepResult finish_update(double gradient_norm);
    void run_update();
    void enqueue_packs();
    void write_counter();
    [[noreturn]] void name_culprit();
    std::vector<StepInfo> steps() const;

    /// Restores what the other net may have overwritten since this one ran.
    void take_arena(const Net& by, Staging& from) {
        if (std::exchange(arena_holder, &by) != &by) from.mean_image();
    }
    /// Waits, and fetches all that the host reads of a run in one copy.
    void fetch(const ReportPlace& place) {
        const Section section(*device, "copy out", "copy", place.bytes);
        device->copy_out(report.data(), arena->at(place.offset), place.bytes);
    }
    template <class T>
    const T* fetched(std::size_t offset) const {
        return reinterpret_cast<const T*>(report.data() + offset);
    }

    std::shared_ptr<const Model> source;
    SolverConfig solver;
    Options options;
    std::unique_ptr<Device> device;
    Compiled compiled;
    std::shared_ptr<Memory> arena, workspace;
    Update update;
    PackedWeights packed;
    Net net, evaluation;
    Staging staging, evaluation_staging;
    const Net* arena_holder = nullptr;
    std::vector<std::byte> report;  ///< on the host
    /// Forward and backward of a batch that is not the update's last, and of one that is.
    std::unique_ptr<kernels::Recording> batch_recording, last_batch_recording, update_recording;
    StepInfo pack_step;
    int pack_description = 0;  ///< for the trace
    bool profiling = false;

    int classes = 0;
    std::int64_t iteration = 0;
    int batch_of_update = 0;  ///< batches already summed into the update under way
    StepResult pending;
    std::vector<float> evaluated;
};

Trainer::Trainer(const std::shared_ptr<const Model>& model, const SolverConfig& solver,
                 const Options& options)
    : Trainer(model, solver, options, open_device(options.device, resolve(options).threads)) {}

Trainer::Trainer(const std::shared_ptr<const Model>& model, const SolverConfig& solver,
                 const Options& options, std::unique_ptr<Device> device) {
    validate(solver);
    const MemoryOutlook outlook{device->id(), device->free_bytes(),
                                Update::extra_bytes(model->parameters(), solver)};
    try {
        impl_ = std::make_unique<Impl>(model, solver, options, std::move(device));
    } catch (const OutOfDeviceMemory&) {
        throw Error(Error::Kind::failure,
                    too_little_memory(model->net(), Mode::training, options, model->factory(), outlook));
    }
}
Trainer::~Trainer() = default;
Trainer::Trainer(Trainer&&) noexcept = default;

const NetDef& Trainer::net() const {
    return impl_->source->net();
}
const Program& Trainer::program() const {
    return impl_->compiled;
}
const SolverConfig& Trainer::solver() const {
    return impl_->solver;
}
std::int64_t Trainer::iteration() const {
    return impl_->iteration;
}
int Trainer::classes() const {
    return impl_->classes;
}

/// Dropout masks differ between the batches of an update as they do between updates.
void Trainer::Impl::write_counter() {
    const int counter = compiled.main.graph.counter;
    if (counter < 0) return;
    const auto step = static_cast<std::uint64_t>(iteration * solver.iter_size + batch_of_update);
    const kernels::DropoutCounter value{options.seed, step};
    const Section section(*device, "copy in counter", "copy", sizeof value);
    device->copy_in(net.address(counter), &value, sizeof value);
}

/// Forward, backward and the sums over gradients: one recording for the update's last batch and, where an
/// update has several, one for the others.
void Trainer::Impl::run_batch(bool last) {
    if (batch_of_update == 0) update.begin();
    if (steps_apart()) {
        net.run_all();
        update.time_batch(last);
        return;
    }
    const Section section(*device, "forward and backward", "net");
    if (last) {
        device->run(last_batch_recording, [this] {
            net.enqueue_all();
            update.enqueue_batch(true);
        });
    } else {
        device->run(batch_recording, [this] {
            net.enqueue_all();
            update.enqueue_batch(false);
        });
    }
}

std::optional<StepResult> Trainer::step(const Batch& batch) {
    Impl& t = *impl_;
    const Section section(*t.device, "step", "training");
    // First of all: each of the others writes, and may then refuse the batch.
    t.take_arena(t.net, t.staging);
    t.staging.labels(batch.labels, batch.count, t.classes);
    t.staging.crops(batch.crops, batch.count);
    t.staging.photos(batch.photos, batch.count);
    t.write_counter();
    const bool last = t.batch_of_update + 1 == t.solver.iter_size;
    t.run_batch(last);

    const ReportPlace& place = t.compiled.main.report;
    t.fetch(place);
    const float loss = *t.fetched<float>(place.loss);
    if (!std::isfinite(loss)) t.name_culprit();
    t.pending.loss += static_cast<double>(loss) / t.solver.iter_size;
    const float* const probabilities = t.fetched<float>(place.output);
    for (int i = 0; i < batch.count; ++i) {
        const std::int32_t label = batch.labels[static_cast<std::size_t>(i)];
        if (label < 0) continue;
        ++t.pending.counted;
        if (best_class(probabilities + std::ptrdiff_t{i} * t.classes, t.classes) == label)
            ++t.pending.correct;
    }

    ++t.batch_of_update;
    if (!last) return std::nullopt;
    return t.finish_update(t.update.gradient_norm(*t.fetched<double>(place.square_sum)));
}

/// The host decides whether the update takes place, from loss and norm that came in the one copy for which a
/// step waits; SgdRates::skip stays 0. A flag on the device, read a step late, would save that wait, which is
/// short beside a step. But then a step would be under way that the caller must be told never happened, and
/// could_overflow, which keeps weights finite where loss and gradient are, would come too late.
StepResult Trainer::Impl::finish_update(double norm) {
    if (!std::isfinite(norm)) name_culprit();
    StepResult result = pending;
    result.rate = learning_rate(solver, iteration);
    pending = {};
    batch_of_update = 0;
    if (update.could_overflow(result.rate, norm))
        throw Error(Error::Kind::not_finite,
                    "the update at iteration " + std::to_string(iteration + 1) +
                        " would make weights infinite; a lower learning rate may help");
    update.set_rates(result.rate, norm);
    run_update();
    result.iteration = ++iteration;
    return result;
}

void Trainer::Impl::run_update() {
    const Section section(*device, "update", "update");
    if (!steps_apart()) {
        device->run(update_recording, [this] {
            update.enqueue_step();
            enqueue_packs();
        });
        return;
    }
    update.time_step();
    const double milliseconds =
        time_section(*device, "pack weights", pack_description, [this] { enqueue_packs(); });
    if (!profiling) return;
    pack_step.milliseconds += milliseconds;
    ++pack_step.runs;
}

/// Refreshes every packed copy, each once though both nets may use it.
void Trainer::Impl::enqueue_packs() {
    for (std::size_t i = 0; i < compiled.main.packed.size(); ++i) net.enqueue_pack(i);
    for (std::size_t i = 0; i < compiled.evaluation->packed.size(); ++i) {
        const Packed& own = compiled.evaluation->packed[i];
        const bool shared =
            std::any_of(compiled.main.packed.begin(), compiled.main.packed.end(), [&](const Packed& other) {
                return other.parameter == own.parameter && other.layout == own.layout;
            });
        if (!shared) evaluation.enqueue_pack(i);
    }
}

/// Replays the batch step by step and names the first value that is not finite. Weights were not
/// touched, so they and the momentum are as good as before.
void Trainer::Impl::name_culprit() {
    batch_of_update = 0;
    pending = {};
    const auto flat = update.copy_out(Update::Kind::weights);
    const auto& parameters = compiled.main.graph.parameters;
    const std::string at = " at iteration " + std::to_string(iteration + 1);
    for (std::size_t i = 0; i < parameters.size(); ++i)
        for (std::int64_t j = 0; j < parameters[i].count(); ++j)
            if (!std::isfinite(flat[static_cast<std::size_t>(update.layout().offsets[i] + j)]))
                throw Error(Error::Kind::not_finite,
                            "parameter " + parameters[i].name + " holds a NaN or infinity" + at);
    for (int i = 0; i < static_cast<int>(compiled.main.steps.size()); ++i) {
        device->run_once([this, i] { net.enqueue(i, i + 1); });
        const std::string value = net.not_finite(i);
        if (value.empty()) continue;
        const Step& step = compiled.main.steps[static_cast<std::size_t>(i)];
        throw Error(Error::Kind::not_finite, "layer " + step.layer + ": " +
                                                 (step.pass == Pass::forward ? "forward" : "backward") +
                                                 " pass made \"" + value + "\" NaN or infinite" + at +
                                                 "; a lower learning rate may help");
    }
    throw Error(Error::Kind::not_finite,
                "the gradient's norm overflows" + at + "; a lower learning rate may help");
}

void Trainer::evaluate(const Batch& batch, Evaluation& sums) {
    Impl& t = *impl_;
    const Section section(*t.device, "evaluate", "training");
    t.take_arena(t.evaluation, t.evaluation_staging);
    t.evaluation_staging.photos(batch.photos, batch.count);
    t.evaluation_staging.crops(batch.crops, batch.count);
    t.evaluation.run_all();
    const auto n = static_cast<std::size_t>(t.classes);
    t.fetch(t.compiled.evaluation->report);
    const float* const answers = t.fetched<float>(t.compiled.evaluation->report.output);
    t.evaluated.assign(answers, answers + static_cast<std::size_t>(batch.count) * n);

    if (sums.confusion.size() != n) sums.confusion.assign(n, std::vector<std::int64_t>(n, 0));
    for (int i = 0; i < batch.count; ++i) {
        const std::int32_t label = batch.labels[static_cast<std::size_t>(i)];
        if (label < 0) continue;
        if (label >= t.classes)
            throw Error(Error::Kind::usage,
                        "label " + std::to_string(label) + " is not below the number of classes");
        const float* const row = t.evaluated.data() + std::ptrdiff_t{i} * t.classes;
        if (!all_finite({row, n}))
            throw Error(Error::Kind::not_finite, "the net's answer is not a number at iteration " +
                                                     std::to_string(t.iteration) +
                                                     "; a lower learning rate may help");
        const int answer = best_class(row, t.classes);
        sums.loss_sum -= std::log(std::max(static_cast<double>(row[label]), static_cast<double>(FLT_MIN)));
        ++sums.counted;
        sums.correct += answer == label ? 1 : 0;
        ++sums.confusion[static_cast<std::size_t>(label)][static_cast<std::size_t>(answer)];
    }
}

std::span<const float> Trainer::probabilities() const {
    return impl_->evaluated;
}

std::shared_ptr<const Model> Trainer::model(const std::map<std::string, std::string>& provenance) const {
    const auto flat = std::make_shared<std::vector<float>>(impl_->update.copy_out(Update::Kind::weights));
    const auto& parameters = impl_->compiled.main.graph.parameters;
    std::vector<std::span<const float>> weights;
    for (std::size_t i = 0; i < parameters.size(); ++i)
        weights.emplace_back(flat->data() + impl_->update.layout().offsets[i],
                             static_cast<std::size_t>(parameters[i].count()));
    auto all = impl_->source->provenance();
    for (const auto& [key, value] : provenance) all[key] = value;
    return std::make_shared<const Model>(impl_->source->net(), impl_->source->factory(), std::move(weights),
                                         flat, std::move(all));
}

namespace {

/// What the bits of a training run depend on beside its data: who computes, and on how many threads.
std::string signature(const Compiled& compiled, const Device& device) {
    std::string text = device.description();
    const std::initializer_list<const Schedule*> schedules{&compiled.main, compiled.evaluation.get()};
    for (const Schedule* schedule : schedules)
        for (const auto& step : schedule->steps)
            text += ", " + step.layer + "=" + step.implementation->full_name() + "/" + step.plan->variant();
    return text;
}

}  // namespace

void Trainer::save_snapshot(const std::string& path, const std::map<std::string, std::string>& extra) const {
    if (impl_->batch_of_update != 0)
        throw Error(Error::Kind::usage, "a snapshot can only be taken between updates");
    Snapshot snapshot;
    snapshot.net = to_json(impl_->source->net());
    snapshot.solver = describe(impl_->solver);
    snapshot.signature = signature(impl_->compiled, *impl_->device);
    snapshot.iteration = impl_->iteration;
    snapshot.seed = impl_->options.seed;
    snapshot.extra = extra;
    snapshot.weights = impl_->update.copy_out(Update::Kind::weights);
    snapshot.momentum = impl_->update.copy_out(Update::Kind::momentum);
    write_snapshot(path, snapshot, impl_->compiled.main.graph.parameters, impl_->update.layout());
}

std::map<std::string, std::string> Trainer::load_snapshot(const std::string& path) {
    Impl& t = *impl_;
    Snapshot snapshot = read_snapshot(path, t.compiled.main.graph.parameters, t.update.layout());
    if (snapshot.net != to_json(t.source->net()))
        throw Error(Error::Kind::data, path + ": this snapshot is of another net, or of other multipliers");
    if (snapshot.solver != describe(t.solver))
        throw Error(Error::Kind::data,
                    path + ": this snapshot was made with other solver settings: " + snapshot.solver);
    if (snapshot.iteration < 0 || snapshot.iteration > t.solver.iterations)
        throw Error(Error::Kind::data, path + ": iteration " + std::to_string(snapshot.iteration) +
                                           " is outside the run of " + std::to_string(t.solver.iterations));
    const std::string own = signature(t.compiled, *t.device);
    if (snapshot.signature != own && t.options.log)
        t.options.log(LogLevel::warning, path + ": made on " +
                                             snapshot.signature.substr(0, snapshot.signature.find(", data")) +
                                             " with another device, other threads or other implementations "
                                             "than now; bits may differ from an uninterrupted run");
    t.update.copy_in(Update::Kind::weights, snapshot.weights);
    t.update.copy_in(Update::Kind::momentum, snapshot.momentum);
    t.device->run_once([&] { t.enqueue_packs(); });
    t.iteration = snapshot.iteration;
    t.options.seed = snapshot.seed;
    t.batch_of_update = 0;
    t.pending = {};
    return snapshot.extra;
}

namespace {

std::vector<float> part_of(const std::vector<float>& flat, const Compiled& compiled, const FlatLayout& layout,
                           const std::string& name) {
    const auto& parameters = compiled.main.graph.parameters;
    for (std::size_t i = 0; i < parameters.size(); ++i) {
        if (parameters[i].name != name) continue;
        const auto start = flat.begin() + layout.offsets[i];
        return {start, start + parameters[i].count()};
    }
    throw Error(Error::Kind::usage, "net " + compiled.net.name + " has no parameter \"" + name + "\"");
}

}  // namespace

std::vector<float> Trainer::gradient(const std::string& name) const {
    return part_of(impl_->update.copy_out(Update::Kind::gradients), impl_->compiled, impl_->update.layout(),
                   name);
}
std::vector<float> Trainer::parameter(const std::string& name) const {
    return part_of(impl_->update.copy_out(Update::Kind::weights), impl_->compiled, impl_->update.layout(),
                   name);
}
std::vector<std::string> Trainer::readable() const {
    return readable_values(impl_->compiled.main);
}
std::vector<float> Trainer::value(const std::string& name) const {
    return impl_->net.read(readable_value(impl_->compiled.main, name));
}

void Trainer::profile(bool on) {
    impl_->net.profile(on);
    impl_->update.profile(on);
    impl_->profiling = on;
}

std::vector<StepInfo> Trainer::Impl::steps() const {
    auto all = net.steps();
    for (auto& each : update.steps()) all.push_back(std::move(each));
    all.push_back(pack_step);
    return all;
}
std::vector<StepInfo> Trainer::steps() const {
    return impl_->steps();
}

}  // namespace emulsion
