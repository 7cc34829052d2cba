// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "engine/graph.h"

#include <algorithm>
#include <memory>
#include <set>

#include "emulsion/error.h"

namespace emulsion {
namespace {

using kernels::Operation;

[[noreturn]] void unsound(const NetDef& net, const std::string& what) {
    throw Error(Error::Kind::data, "net " + (net.name.empty() ? "(unnamed)" : net.name) + ": " + what);
}

/// Builds one graph; keeps what is only needed while building.
class GraphBuilder {
   public:
    GraphBuilder(const NetDef& net, Mode mode, const Options& options, const LayerFactory& factory)
        : net_(net), mode_(mode), options_(options), factory_(factory) {}

    Graph build() {
        add_input();
        for (const auto& def : net_.layers) add_layer(def);
        if (placed_.empty()) unsound(net_, "has no layers");
        hold_values();
        if (mode_ == Mode::training)
            for (std::size_t i = placed_.size(); i-- > 0;) backward(i);
        return std::move(graph_);
    }

   private:
    struct Placed {
        std::unique_ptr<Layer> layer;
        std::vector<int> inputs, outputs, parameters;
        bool trained = false, is_loss = false;
        int saved = -1;
        std::uint32_t stream = 0;
    };
    class LayerBuilder;

    int add_value(std::string name, Shape shape, Role role) {
        graph_.values.push_back({std::move(name), shape, role});
        return static_cast<int>(graph_.values.size()) - 1;
    }
    ValueInfo& value(int id) { return graph_.values[static_cast<std::size_t>(id)]; }

    void add_input();
    void add_layer(const LayerDef& def);
    void add_parameters(Placed&);
    void hold_values();
    void backward(std::size_t index);
    /// Sums what has arrived as gradients of a value, in the order of arrival.
    int total_gradient(int id, const std::string& layer);

    const NetDef& net_;
    Mode mode_;
    const Options& options_;
    const LayerFactory& factory_;
    Graph graph_;
    std::vector<Placed> placed_;
    std::map<int, std::vector<int>> partial_gradients_;
    std::map<int, int> gradients_;
    std::map<int, int> parameter_gradients_;
};

/// The Builder that one layer sees.
class GraphBuilder::LayerBuilder final : public Builder {
   public:
    LayerBuilder(GraphBuilder& owner, Placed& placed, Pass pass)
        : owner_(owner), placed_(placed), pass_(pass) {}

    bool training() const override { return owner_.mode_ == Mode::training; }
    Value input(int i) const override { return {placed_.inputs.at(static_cast<std::size_t>(i))}; }
    Value output(int i) const override { return {placed_.outputs.at(static_cast<std::size_t>(i))}; }
    Value parameter(int i) const override { return {placed_.parameters.at(static_cast<std::size_t>(i))}; }

    Value parameter_gradient(int i) override {
        if (!placed_.trained) return {};
        auto [at, fresh] = owner_.parameter_gradients_.try_emplace(parameter(i).id, -1);
        if (fresh) {
            const ValueInfo of = owner_.value(at->first);
            at->second = owner_.add_value(of.name + "/gradient", of.shape, Role::parameter_gradient);
            owner_.value(at->second).parameter = of.parameter;
        }
        return {at->second};
    }
    Value output_gradient(int i) const override {
        const auto found = owner_.gradients_.find(output(i).id);
        return found == owner_.gradients_.end() ? Value{} : Value{found->second};
    }
    Value input_gradient(int i) override {
        const ValueInfo of = owner_.value(input(i).id);
        if (!of.learns) return {};
        const int made = owner_.add_value(of.name + "/gradient", of.shape, Role::gradient);
        owner_.partial_gradients_[input(i).id].push_back(made);
        return {made};
    }

    Value saved() override {
        if (placed_.saved < 0)
            placed_.saved = owner_.add_value(placed_.layer->def().name + "/saved",
                                             owner_.value(input(0).id).shape, Role::saved);
        return {placed_.saved};
    }
    Value labels() override { return {once(owner_.graph_.labels, "labels", Role::labels)}; }
    Value loss() override {
        placed_.is_loss = true;
        return {once(owner_.graph_.loss, "loss", Role::loss)};
    }
    Value counter() override { return {once(owner_.graph_.counter, "counter", Role::counter)}; }
    std::uint32_t random_stream() override { return placed_.stream; }

    void emit(Operation operation, Bindings bindings) override { emit(std::move(operation), bindings, {}); }
    void emit(Operation operation, Bindings bindings, std::vector<Value> list) override {
        Node node{std::move(operation), {}, {}, placed_.layer->def().name, pass_};
        for (const auto& [operand, bound] : bindings)
            if (bound) node.operands.emplace_back(operand, bound.id);
        for (const Value each : list) node.list.push_back(each.id);
        owner_.graph_.nodes.push_back(std::move(node));
    }
    void pass_through(Value from, Value to) override {
        for (auto& [name, id] : owner_.graph_.by_name)
            if (id == to.id) id = from.id;
        std::replace(placed_.outputs.begin(), placed_.outputs.end(), to.id, from.id);
        owner_.graph_.rewrites.push_back(placed_.layer->def().name + " passes its input through");
    }

   private:
    int once(int& slot, const char* name, Role role) {
        if (slot < 0) slot = owner_.add_value(name, {owner_.options_.batch, 1, 1, 1}, role);
        return slot;
    }

    GraphBuilder& owner_;
    Placed& placed_;
    Pass pass_;
};

void GraphBuilder::add_input() {
    const auto& p = net_.preprocessing;
    const Shape shape{options_.batch, net_.channels, net_.height, net_.width};
    if (options_.batch < 1) throw Error(Error::Kind::usage, "a batch must hold at least one photo");
    if (net_.channels != 3 || net_.height < 1 || net_.width < 1)
        unsound(net_, "its input must have 3 channels and a size, not " + kernels::describe(shape));
    if (p.crop_height != net_.height || p.crop_width != net_.width || p.crop_height > p.height ||
        p.crop_width > p.width)
        unsound(net_, "preprocessing cuts " + std::to_string(p.crop_height) + "x" +
                          std::to_string(p.crop_width) + " out of " + std::to_string(p.height) + "x" +
                          std::to_string(p.width) + ", which does not give the input of " +
                          std::to_string(net_.height) + "x" + std::to_string(net_.width));

    graph_.photos = add_value("photos", {options_.batch, 3, p.height, p.width}, Role::photos);
    graph_.crops = add_value("crops", {options_.batch, 3, 1, 1}, Role::crops);
    graph_.input = add_value("data", shape, Role::activation);
    graph_.by_name["data"] = graph_.input;

    kernels::PrepareInput prepare{shape, p.height, p.width, p.bgr, !p.mean_image.empty(), p.mean, p.scale};
    Node node{
        {OpKind::prepare_input, prepare},
        {{Operand::photos, graph_.photos}, {Operand::crops, graph_.crops}, {Operand::dst, graph_.input}},
        {},
        "data",
        Pass::forward};
    if (!p.mean_image.empty()) {
        graph_.mean = add_value("mean", {1, 3, p.height, p.width}, Role::mean);
        node.operands.emplace_back(Operand::mean, graph_.mean);
    }
    graph_.nodes.push_back(std::move(node));
}

void GraphBuilder::add_layer(const LayerDef& def) {
    const auto maker = factory_.find(def.type);
    if (maker == factory_.end())
        unsound(net_, "layer " + def.name + " is of unknown type \"" + def.type + "\"");

    Placed placed;
    placed.layer = maker->second(def);
    placed.stream = static_cast<std::uint32_t>(placed_.size());
    LayerInfo info{def.name, def.type, {}, {}, 0, 0};
    for (const auto& name : def.inputs) {
        const auto found = graph_.by_name.find(name);
        if (found == graph_.by_name.end())
            unsound(net_, "layer " + def.name + " reads \"" + name + "\", which nothing before it makes");
        placed.inputs.push_back(found->second);
        info.inputs.push_back(value(found->second).shape);
    }
    info.outputs = placed.layer->setup(info.inputs);
    if (info.outputs.size() != def.outputs.size())
        unsound(net_, "layer " + def.name + " makes " + std::to_string(info.outputs.size()) +
                          " values but names " + std::to_string(def.outputs.size()));
    add_parameters(placed);

    bool learns = placed.trained;
    for (const int id : placed.inputs) learns = learns || value(id).learns;
    for (std::size_t i = 0; i < def.outputs.size(); ++i) {
        const int id = add_value(def.outputs[i], info.outputs[i], Role::activation);
        value(id).learns = learns;
        if (!graph_.by_name.emplace(def.outputs[i], id).second)
            unsound(net_, "two layers make the value \"" + def.outputs[i] + "\"");
        placed.outputs.push_back(id);
    }

    const std::size_t before = graph_.nodes.size();
    LayerBuilder builder(*this, placed, Pass::forward);
    placed.layer->forward(builder);
    for (std::size_t i = before; i < graph_.nodes.size(); ++i)
        info.forward_flop += kernels::cost(graph_.nodes[i].operation).flop;
    for (const int id : placed.parameters) info.parameters += value(id).shape.count();

    graph_.output = placed.outputs.empty() ? graph_.output : placed.outputs[0];
    graph_.layers.push_back(std::move(info));
    placed_.push_back(std::move(placed));
}

void GraphBuilder::add_parameters(Placed& placed) {
    const auto& def = placed.layer->def();
    const auto shapes = placed.layer->parameters();
    std::set<std::string> known;
    for (const auto& shape : shapes) {
        ParamDef settings;
        settings.name = shape.name;
        known.insert(shape.name);
        for (const auto& given : def.params)
            if (given.name == shape.name) settings = given;
        placed.trained = placed.trained || settings.rate_mult != 0;

        Parameter parameter{def.name + "." + shape.name, shape.shape, shape.fan_in, shape.fan_out, settings};
        const int id = add_value(parameter.name, {1, parameter.count(), 1, 1}, Role::parameter);
        value(id).parameter = static_cast<int>(graph_.parameters.size());
        graph_.parameters.push_back(std::move(parameter));
        placed.parameters.push_back(id);
    }
    for (const auto& given : def.params)
        if (known.count(given.name) == 0)
            unsound(net_, "layer " + def.name + " has no parameter \"" + given.name + "\"");
}

void GraphBuilder::hold_values() {
    value(graph_.output).held = true;
    for (const auto& name : options_.hold) {
        const auto found = graph_.by_name.find(name);
        if (found == graph_.by_name.end())
            throw Error(Error::Kind::usage, "net " + net_.name + " has no value \"" + name + "\" to hold");
        value(found->second).held = true;
    }
}

int GraphBuilder::total_gradient(int id, const std::string& layer) {
    const auto& partials = partial_gradients_[id];
    if (partials.empty()) return -1;
    int sum = partials[0];
    for (std::size_t i = 1; i < partials.size(); ++i) {
        const ValueInfo of = value(sum);
        const int next = add_value(of.name, of.shape, Role::gradient);
        graph_.nodes.push_back({{OpKind::add, kernels::Add{of.shape}},
                                {{Operand::src, sum}, {Operand::src2, partials[i]}, {Operand::dst, next}},
                                {},
                                layer,
                                Pass::backward});
        sum = next;
    }
    return sum;
}

void GraphBuilder::backward(std::size_t index) {
    Placed& placed = placed_[index];
    bool wanted = placed.is_loss;
    for (const int id : placed.outputs) {
        const int total = total_gradient(id, placed.layer->def().name);
        if (total >= 0) gradients_[id] = total;
        wanted = wanted || total >= 0;
    }
    // A branch that reaches no loss, or that nothing upstream of the loss learns from, is left out.
    bool learns = placed.trained;
    for (const int id : placed.inputs) learns = learns || value(id).learns;
    if (!wanted || !learns) return;
    LayerBuilder builder(*this, placed, Pass::backward);
    placed.layer->backward(builder);
}

}  // namespace

int Graph::value_of(const Node& node, Operand operand) const {
    for (const auto& [each, id] : node.operands)
        if (each == operand) return id;
    return -1;
}

Graph build_graph(const NetDef& net, Mode mode, const Options& options, const LayerFactory& factory) {
    return GraphBuilder(net, mode, options, factory).build();
}

bool writes(OpKind kind, Operand operand) {
    const bool backward = kind == OpKind::conv_backward_data || kind == OpKind::conv_backward_weights ||
                          kind == OpKind::fc_backward_data || kind == OpKind::fc_backward_weights ||
                          kind == OpKind::relu_backward || kind == OpKind::lrn_backward ||
                          kind == OpKind::pool_backward || kind == OpKind::dropout_backward ||
                          kind == OpKind::softmax_backward || kind == OpKind::loss_backward ||
                          kind == OpKind::concat_backward;
    if (backward)
        return operand == Operand::diff_src || operand == Operand::diff_weights ||
               operand == Operand::diff_bias;
    return operand == Operand::dst || operand == Operand::saved || operand == Operand::loss;
}

}  // namespace emulsion
