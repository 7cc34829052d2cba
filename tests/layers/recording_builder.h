// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// A Builder that runs nothing: it notes what a layer emits. Each value has a number that tells what it
// is, so that a binding can be compared with a plain figure.
#pragma once

#include <emulsion/layer.h>

#include <map>
#include <set>
#include <utility>
#include <vector>

namespace emulsion::test {

struct Emitted {
    kernels::Operation operation;
    std::map<Operand, int> bindings;
    std::vector<int> list;
};

class RecordingBuilder final : public Builder {
   public:
    static constexpr int input_base = 100, output_base = 200, parameter_base = 300;
    static constexpr int parameter_gradient_base = 400, output_gradient_base = 500, input_gradient_base = 600;
    static constexpr int saved_value = 700, labels_value = 701, loss_value = 702, counter_value = 703;

    bool is_training = false;
    bool output_wanted = true;            ///< whether a gradient arrives
    std::set<int> learning_inputs = {0};  ///< inputs upstream of which something learns
    std::set<int> learning_parameters = {0, 1};

    std::vector<Emitted> emitted;
    std::vector<std::pair<int, int>> passed;
    std::vector<int> asked_input_gradients;

    bool training() const override { return is_training; }
    Value input(int i) const override { return {input_base + i}; }
    Value output(int i) const override { return {output_base + i}; }
    Value parameter(int i) const override { return {parameter_base + i}; }
    Value parameter_gradient(int i) override {
        return learning_parameters.contains(i) ? Value{parameter_gradient_base + i} : Value{};
    }
    Value output_gradient(int i) const override {
        return output_wanted ? Value{output_gradient_base + i} : Value{};
    }
    Value input_gradient(int i) override {
        asked_input_gradients.push_back(i);
        return learning_inputs.contains(i) ? Value{input_gradient_base + i} : Value{};
    }
    Value saved() override { return {saved_value}; }
    Value labels() override { return {labels_value}; }
    Value loss() override { return {loss_value}; }
    Value counter() override { return {counter_value}; }
    std::uint32_t random_stream() override { return 7; }

    void emit(kernels::Operation operation, Bindings bindings) override {
        emit(std::move(operation), bindings, {});
    }
    void emit(kernels::Operation operation, Bindings bindings, std::vector<Value> list) override {
        Emitted op{std::move(operation), {}, {}};
        for (const auto& [operand, value] : bindings)
            if (value) op.bindings[operand] = value.id;
        for (const Value value : list) op.list.push_back(value.id);
        emitted.push_back(std::move(op));
    }
    void pass_through(Value from, Value to) override { passed.emplace_back(from.id, to.id); }
};

}  // namespace emulsion::test
