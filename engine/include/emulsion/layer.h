// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// The contract between a layer and the engine. A layer computes nothing itself: it states shapes and
// parameters, and then emits the operations of its forward and backward pass to a Builder. The engine
// chooses who runs each operation, in which layout and where in memory.
#pragma once

#include <functional>
#include <initializer_list>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "emulsion/netdef.h"
#include "kernels/kernels.h"

namespace emulsion {

using kernels::Operand;
using kernels::OpKind;
using kernels::Shape;

/// A learnable parameter as its layer declares it.
struct ParamShape {
    std::string name;  ///< within the layer: "weight", "bias"
    std::vector<std::int64_t> shape;
    std::int64_t fan_in = 1, fan_out = 1;  ///< for the fillers

    std::int64_t count() const;
};

/// A value of the net under construction. A default Value stands for "none".
struct Value {
    int id = -1;
    explicit operator bool() const { return id >= 0; }
    bool operator==(const Value&) const = default;
};

/// What a layer writes its operations to. One Builder serves one call of Layer::forward or backward.
class Builder {
   public:
    using Bindings = std::initializer_list<std::pair<Operand, Value>>;
    virtual ~Builder() = default;

    virtual bool training() const = 0;
    virtual Value input(int i = 0) const = 0;
    virtual Value output(int i = 0) const = 0;
    virtual Value parameter(int i) const = 0;

    /// Where the gradient of parameter i goes; none if it is frozen.
    virtual Value parameter_gradient(int i) = 0;
    /// The gradient that has arrived at output i, summed over its readers; none if none wants it.
    virtual Value output_gradient(int i = 0) const = 0;
    /// Where to write the gradient of input i; none if nothing upstream learns.
    virtual Value input_gradient(int i = 0) = 0;

    /// A value that forward writes for backward ("saved"); the same one in both passes.
    virtual Value saved() = 0;
    /// i32[n] labels, f32[1] loss, and the dropout counter.
    virtual Value labels() = 0;
    virtual Value loss() = 0;
    virtual Value counter() = 0;
    /// A number for this layer's own random stream, the same in both passes.
    virtual std::uint32_t random_stream() = 0;

    /// Appends an operation. Operands bound to none are left out.
    virtual void emit(kernels::Operation, Bindings) = 0;
    /// The same for concat, whose sources (or their gradients) stand in a list.
    virtual void emit(kernels::Operation, Bindings, std::vector<Value> list) = 0;
    /// Output i is input i, unchanged (dropout at inference).
    virtual void pass_through(Value from, Value to) = 0;
};

/// A layer of the net.
class Layer {
   public:
    explicit Layer(LayerDef def) : def_(std::move(def)) {}
    virtual ~Layer() = default;
    Layer(const Layer&) = delete;
    Layer& operator=(const Layer&) = delete;

    const LayerDef& def() const { return def_; }

    /// Takes the inputs' shapes, batch included; answers the outputs' and fixes the descriptors.
    /// Called once for each batch size, before anything else. Error(data) if they do not fit.
    virtual std::vector<Shape> setup(const std::vector<Shape>& inputs) = 0;
    /// The parameters, in a fixed order; valid after setup().
    virtual std::vector<ParamShape> parameters() const { return {}; }
    virtual void forward(Builder&) const = 0;
    virtual void backward(Builder&) const = 0;

   protected:
    /// Throws Error(data) "layer NAME (TYPE): message".
    [[noreturn]] void fail(const std::string& message) const;

   private:
    LayerDef def_;
};

/// Types to makers: an explicit table. `standard_layers()` (in layers/) fills one with all of
/// Emulsion's; add your own types to a copy and hand it to `load` or to a Session.
using LayerFactory = std::map<std::string, std::function<std::unique_ptr<Layer>(const LayerDef&)>>;
const LayerFactory& standard_layers();

}  // namespace emulsion
