// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "bench/kernel_cases.h"

#include <map>
#include <set>

#include "emulsion/model.h"
#include "engine/compiled.h"
#include "engine/update.h"

namespace emulsion::bench {
namespace {

using kernels::Layout;
using kernels::Operation;

/// A forward pass that keeps something for its backward pass is another operation than one that does not,
/// which its description does not say.
bool keeps(const Operation& operation) {
    const auto* lrn = std::get_if<kernels::Lrn>(&operation.descriptor);
    const auto* pool = std::get_if<kernels::Pool>(&operation.descriptor);
    return (lrn != nullptr && lrn->keep) || (pool != nullptr && pool->keep);
}

/// The cases of several nets, each operation once.
class Collection {
   public:
    explicit Collection(const Options& options) : options_(options) {}

    void add_net(const std::string& name, int batch) {
        Options options = options_;
        options.batch = batch;
        const Compiled net(compose(name), Mode::training, options, standard_layers());
        place_ = {name, batch};
        add_schedule(*net.evaluation, false);
        add_schedule(net.main, true);
        add_update(net.main.graph.parameters);
    }

    std::vector<KernelCase> take() { return std::move(cases_); }

   private:
    struct Place {
        std::string net;
        int batch = 1;
    };

    void add_schedule(const Schedule& schedule, bool training) {
        std::map<int, std::shared_ptr<const KernelCase>> kept_by;  // of each `saved` value, who wrote it
        for (const Step& step : schedule.steps) {
            KernelCase found = at(step.layer.substr(0, step.layer.find("/reorder")), step.operation);
            found.limits = limits_of(schedule, step, training);
            for (const auto& [operand, buffer] : step.operands) {
                if (operand != Operand::saved) continue;
                const int value = schedule.buffers[static_cast<std::size_t>(buffer)].value;
                if (writes(step.operation.kind, operand))
                    kept_by[value] = std::make_shared<KernelCase>(found);
                else
                    found.forward = kept_by.at(value);
            }
            add(std::move(found));
        }
    }

    kernels::Limits limits_of(const Schedule& schedule, const Step& step, bool training) const {
        const auto made_in = [&](int buffer) -> const Layout& {
            const int value = schedule.buffers[static_cast<std::size_t>(buffer)].value;
            return schedule.buffers[static_cast<std::size_t>(schedule.buffer_of(value))].layout;
        };
        kernels::Limits limits = common_limits();
        limits.training = training;
        for (const auto& [operand, buffer] : step.operands)
            if (!writes(step.operation.kind, operand))
                limits.arriving[static_cast<std::size_t>(operand)] = made_in(buffer);
        if (step.operation.kind == OpKind::concat_forward)
            for (const int buffer : step.list) limits.arriving_list.push_back(made_in(buffer));
        return limits;
    }

    void add_update(const std::vector<Parameter>& parameters) {
        for (Operation& operation : update_operations(parameters, {})) {
            KernelCase found = at("solver", std::move(operation));
            found.limits = common_limits();
            found.limits.training = true;
            add(std::move(found));
        }
    }

    kernels::Limits common_limits() const {
        kernels::Limits limits;
        limits.threads = options_.threads > 0 ? options_.threads : available_threads();
        limits.precision = options_.precision;
        return limits;
    }

    KernelCase at(std::string layer, Operation operation) const {
        return {place_.net, std::move(layer), place_.batch, std::move(operation), {}, nullptr};
    }

    void add(KernelCase found) {
        const char* const kept = keeps(found.operation) ? "-kept" : "";
        if (!described_.insert(kernels::describe(found.operation) + kept).second) return;
        found.layer += kept;
        // A layer may need several reorders, of its source, its weights and its gradients.
        const int before = names_[found.name()]++;
        if (before > 0) found.layer += "." + std::to_string(before + 1);
        cases_.push_back(std::move(found));
    }

    const Options& options_;
    Place place_;
    std::vector<KernelCase> cases_;
    std::set<std::string> described_;
    std::map<std::string, int> names_;
};

}  // namespace

std::string KernelCase::name() const {
    return std::string(kernels::name(operation.kind)) + "/" + net + "/" + layer + "/n" +
           std::to_string(batch);
}

std::vector<KernelCase> kernel_cases(const std::vector<std::string>& nets, const std::vector<int>& batches,
                                     const Options& options) {
    Collection collection(options);
    for (const std::string& net : nets)
        for (const int batch : batches) collection.add_net(net, batch);
    return collection.take();
}

}  // namespace emulsion::bench
