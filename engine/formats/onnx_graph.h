// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// GraphProto to a net: the nodes in their order, one layer each or none, with the sizes of all values,
// since padding and flattening mean something only for known sizes.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "emulsion/layer.h"
#include "engine/formats/imported.h"
#include "engine/formats/message.h"
#include "engine/formats/onnx_node.h"
#include "engine/formats/onnx_tensor.h"
#include "engine/formats/onnx_windows.h"

namespace emulsion::formats::onnx {

class GraphReader {
   public:
    /// `own`: whether Emulsion wrote the graph, so that the names in it stand and all of it is meant.
    /// Copies of constants may take a few times the `file_bytes`, no more.
    GraphReader(const Message& graph, std::int64_t opset, bool own, std::shared_ptr<const void> owner,
                std::size_t file_bytes, std::string where);

    /// Once. Error(data) names the first node that no layer can stand for.
    Imported read();
    /// The shapes for one image, by ONNX's names of the values that layers make.
    const std::map<std::string, Shape>& shapes() const { return shapes_; }
    /// An initialiser by name, null if there is none; it counts as used.
    const Message* constant(const std::string& name);

   private:
    /// A value that flows: made by a layer (or the input), known by several names in ONNX.
    struct Value {
        std::string name;  ///< in the net
        Shape shape;
        bool flat = false;    ///< rank 2 in ONNX: images are rows of numbers
        int maker = -1;       ///< index of the layer
        bool shared = false;  ///< somebody else reads it by a name that it had before
    };

    void read_input();
    void read_node(const Message&);
    std::string keep_output();
    void drop_unused(const std::string& output);
    void state_missing_biases();
    void note_unused_constants(Imported&) const;

    // One a kind of node (onnx_operations.cpp).
    void convolution(Node&);
    void pool(Node&, const char* mode);
    void global_pool(Node&, const char* mode);
    void gemm(Node&);
    void mat_mul(Node&);
    void add(Node&);
    void relu(Node&);
    void lrn(Node&);
    void dropout(Node&);
    void softmax(Node&);
    void concat(Node&);
    void flatten(Node&);
    void reshape(Node&);
    void identity(Node&);
    void constant_node(Node&);

    const Value& value(const Node&, std::size_t input) const;
    const Value& image(const Node&, std::size_t input) const;
    RealTensor reals(const Node&, std::size_t input);
    std::array<Side, 2> sides(Node&, const Shape&, std::array<std::int64_t, 2> kernel, bool round_up) const;
    void fully_connected(Node&, const Value& from, RealTensor weights, bool transposed, double scale);
    void add_bias(const Node&, int layer, std::size_t input, double scale, std::size_t behind);

    /// Adds a layer that reads `inputs` and makes the node's output.
    LayerDef& add_layer(const Node&, const char* type, std::vector<std::string> inputs, const Shape&,
                        bool flat);
    void add_tensor(int layer, const char* parameter, std::vector<std::int64_t> shape, Floats,
                    const std::string& origin);
    void define(const Node&, Value);
    /// Of nodes that give the value of their first input another name.
    void define_alias(const Node&, Value);
    std::string name_for(const Node&, const char* type);
    Shape checked(const Node&, const Shape&) const;
    [[noreturn]] void fail(const std::string& what) const;

    const Message& graph_;
    std::int64_t opset_;
    bool own_;
    std::shared_ptr<const void> owner_;
    std::size_t copies_left_;  ///< bytes
    std::string where_;

    NetDef net_;
    std::vector<std::vector<ForeignTensor>> tensors_;  ///< of each layer
    std::vector<std::string> ignored_;
    std::map<std::string, Value> values_;  ///< by ONNX's name
    std::map<std::string, Shape> shapes_;
    std::map<std::string, const Message*> constants_;
    std::set<std::string> used_constants_;
    std::map<std::string, int> readers_;  ///< how many read a value of that name
    std::set<std::string> layer_names_{"data"};
    std::map<std::string, int> versions_;  ///< of names that several nodes have
    int weighted_ = 0;                     ///< layers with weights so far, for made-up names
};

}  // namespace emulsion::formats::onnx
