// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "engine/formats/onnx_nodes.h"

#include <emulsion/error.h>

#include <array>
#include <set>
#include <vector>

#include "engine/formats/onnx_schema.h"
#include "engine/formats/onnx_windows.h"

namespace emulsion::formats::onnx {
namespace {

using Pair = std::array<std::int64_t, 2>;

class NodeWriter {
   public:
    NodeWriter(const NetDef& net, const Shapes& shapes, Message& graph)
        : net_(net), shapes_(shapes), graph_(graph) {
        for (const LayerDef& layer : net.layers) names_.insert(layer.outputs.begin(), layer.outputs.end());
    }

    void write() {
        if (net_.layers.empty()) throw Error(Error::Kind::data, "the net has no layers");
        for (const LayerDef& layer : net_.layers) {
            if (layer.inputs.empty() || layer.outputs.size() != 1) fail(layer, "it does not make one value");
            write_layer(layer);
        }
        write_output(net_.layers.back().outputs[0]);
    }

   private:
    [[noreturn]] static void fail(const LayerDef& layer, const std::string& what) {
        throw Error(Error::Kind::data, "layer " + layer.name + " cannot be written as ONNX: " + what);
    }

    void write_layer(const LayerDef& layer) {
        if (layer.type == "conv") return convolution(layer);
        if (layer.type == "fc") return fully_connected(layer);
        if (layer.type == "pool") return pool(layer);
        if (layer.type == "lrn") return lrn(layer);
        if (layer.type == "concat") return concat(layer);
        if (layer.type == "dropout") return dropout(layer);
        if (layer.type == "relu") return one_to_one(layer, "Relu");
        if (layer.type == "softmax" || layer.type == "softmax_loss") {
            one_to_one(layer, "Softmax");
            return set_integer("axis", 1);
        }
        fail(layer, "ONNX has no equal of type " + layer.type);
    }

    void add_node(const LayerDef& layer, const char* op, const std::vector<std::string>& inputs) {
        node_ = &graph_.add_message("node");
        for (const std::string& input : inputs) node_->add_text("input", input);
        node_->add_text("output", layer.outputs[0]);
        node_->add_text("name", layer.name);
        node_->add_text("op_type", op);
    }

    Message& attribute(const char* name, const char* type) {
        Message& added = node_->add_message("attribute");
        added.add_text("name", name);
        added.add_choice("type", type);
        return added;
    }
    void set_integer(const char* name, std::int64_t value) { attribute(name, "INT").add_integer("i", value); }
    void set_real(const char* name, double value) { attribute(name, "FLOAT").add_real("f", value); }
    void set_integers(const char* name, std::initializer_list<std::int64_t> values) {
        Message& added = attribute(name, "INTS");
        for (const std::int64_t value : values) added.add_integer("ints", value);
    }

    Shape shape(const LayerDef& layer, const std::string& value) const {
        const auto found = shapes_.find(value);
        if (found == shapes_.end()) fail(layer, "the shape of " + value + " is not known");
        return found->second;
    }

    /// "kernel", or "kernel_h" and "kernel_w".
    static Pair extent(const LayerDef& layer, const std::string& key, std::int64_t fallback) {
        const Attributes& a = layer.attributes;
        Pair pair{a.integer(key, fallback), a.integer(key, fallback)};
        if (a.has(key + "_h")) pair = {a.integer(key + "_h"), a.integer(key + "_w")};
        for (const std::int64_t each : pair)
            if (each < 0 || each > most_cells) fail(layer, "its " + key + " is out of bounds");
        return pair;
    }

    static std::vector<std::string> with_weights(const LayerDef& layer, const std::string& input) {
        std::vector<std::string> inputs = {input, layer.name + ".weight"};
        if (layer.attributes.flag("bias", true)) inputs.push_back(layer.name + ".bias");
        return inputs;
    }

    const std::string& image(const LayerDef& layer) const {
        if (flat_.contains(layer.inputs[0])) fail(layer, "it reads the output of a fully connected layer");
        return layer.inputs[0];
    }

    /// Of layers that keep their input's shape.
    void one_to_one(const LayerDef& layer, const char* op) {
        add_node(layer, op, {layer.inputs[0]});
        if (flat_.contains(layer.inputs[0])) flat_.insert(layer.outputs[0]);
    }

    void convolution(const LayerDef& layer) {
        const Pair kernel = extent(layer, "kernel", 1), stride = extent(layer, "stride", 1),
                   pad = extent(layer, "pad", 0);
        add_node(layer, "Conv", with_weights(layer, image(layer)));
        set_integer("group", layer.attributes.integer("groups", 1));
        set_integers("kernel_shape", {kernel[0], kernel[1]});
        set_integers("pads", {pad[0], pad[1], pad[0], pad[1]});
        set_integers("strides", {stride[0], stride[1]});
    }

    void fully_connected(const LayerDef& layer) {
        std::string row = layer.inputs[0];
        if (!flat_.contains(row)) {
            row = layer.name + "/flat";
            while (!names_.insert(row).second) row += '_';
            node_ = &graph_.add_message("node");
            node_->add_text("input", layer.inputs[0]);
            node_->add_text("output", row);
            node_->add_text("op_type", "Flatten");
            set_integer("axis", 1);
        }
        add_node(layer, "Gemm", with_weights(layer, row));
        set_integer("transB", 1);
        flat_.insert(layer.outputs[0]);
    }

    // Where a last window is dropped because it would begin in the padding, runtimes have differed; there
    // the padding at the end is given such that the count comes out without rounding up.
    void pool(const LayerDef& layer) {
        const bool average = layer.attributes.text("mode", "") == "average";
        if (layer.attributes.flag("global", false)) {
            add_node(layer, average ? "GlobalAveragePool" : "GlobalMaxPool", {image(layer)});
            return;
        }
        const Pair kernel = extent(layer, "kernel", 1), stride = extent(layer, "stride", 1),
                   pad = extent(layer, "pad", 0);
        const Shape src = shape(layer, image(layer)), dst = shape(layer, layer.outputs[0]);
        const bool up = layer.attributes.text("round", "up") == "up";
        std::array<Side, 2> sides;
        bool dropped = false;
        for (std::size_t i = 0; i < 2; ++i) {
            sides[i] = {i == 0 ? src.h : src.w, kernel[i], stride[i], pad[i], pad[i]};
            if (stride[i] < 1) fail(layer, "its stride is out of bounds");
            dropped = dropped || (up && ceil_without_drop(sides[i]) != (i == 0 ? dst.h : dst.w));
        }
        if (dropped)
            for (std::size_t i = 0; i < 2; ++i) sides[i].end = end_for(sides[i], i == 0 ? dst.h : dst.w);

        add_node(layer, average ? "AveragePool" : "MaxPool", {layer.inputs[0]});
        if (up && !dropped) set_integer("ceil_mode", 1);
        const bool padded = layer.attributes.text("divisor", "padded") == "padded" && pad != Pair{0, 0};
        if (average && padded) set_integer("count_include_pad", 1);
        set_integers("kernel_shape", {kernel[0], kernel[1]});
        set_integers("pads", {pad[0], pad[1], sides[0].end, sides[1].end});
        set_integers("strides", {stride[0], stride[1]});
    }

    static std::int64_t ceil_without_drop(const Side& s) {
        const std::int64_t slack = s.in + s.begin + s.end - s.kernel;
        return (slack > 0 ? (slack + s.stride - 1) / s.stride : slack / s.stride) + 1;
    }

    void lrn(const LayerDef& layer) {
        add_node(layer, "LRN", {image(layer)});
        set_real("alpha", layer.attributes.real("alpha", 1));
        set_real("beta", layer.attributes.real("beta", 0.75));
        set_real("bias", layer.attributes.real("k", 1));
        set_integer("size", layer.attributes.integer("size", 5));
    }

    void concat(const LayerDef& layer) {
        std::size_t flat = 0;
        for (const std::string& input : layer.inputs) flat += flat_.contains(input) ? 1 : 0;
        if (flat != 0 && flat != layer.inputs.size())
            fail(layer, "it joins images and outputs of fully connected layers");
        add_node(layer, "Concat", layer.inputs);
        set_integer("axis", 1);
        if (flat != 0) flat_.insert(layer.outputs[0]);
    }

    void dropout(const LayerDef& layer) {
        one_to_one(layer, "Dropout");
        const std::string name = layer.name + ".ratio";
        node_->add_text("input", name);
        Message& ratio = graph_.add_message("initializer");
        ratio.add_text("name", name);
        ratio.add_integer("data_type", f32);
        ratio.add_real("float_data", layer.attributes.real("ratio", 0.5));
    }

    void write_output(const std::string& name) {
        const Shape last = shape(net_.layers.back(), name);
        Message& output = graph_.add_message("output");
        output.add_text("name", name);
        Message& tensor = output.add_message("type").add_message("tensor_type");
        tensor.add_integer("elem_type", f32);
        Message& dims = tensor.add_message("shape");
        dims.add_message("dim").add_text("dim_param", "N");
        dims.add_message("dim").add_integer("dim_value", last.c);
        if (flat_.contains(name)) return;
        dims.add_message("dim").add_integer("dim_value", last.h);
        dims.add_message("dim").add_integer("dim_value", last.w);
    }

    const NetDef& net_;
    const Shapes& shapes_;
    Message& graph_;
    Message* node_ = nullptr;      ///< the last one added
    std::set<std::string> names_;  ///< of values
    std::set<std::string> flat_;   ///< values of rank 2
};

}  // namespace

void write_nodes(const NetDef& net, const Shapes& shapes, Message& graph) {
    NodeWriter(net, shapes, graph).write();
}

}  // namespace emulsion::formats::onnx
