// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// What each operation of ONNX is as a layer, and where it has no equal.
#include <algorithm>
#include <memory>
#include <utility>

#include "engine/formats/onnx_graph.h"
#include "engine/json.h"

namespace emulsion::formats::onnx {
namespace {

using Sides = std::array<Side, 2>;

// ONNX says nothing of how weights begin; this serves who fine-tunes under a new name.
ParamDef weight_def() {
    return {.name = "weight", .filler = {.kind = Filler::Kind::xavier}};
}
ParamDef bias_def() {
    return {.name = "bias", .filler = {}};
}

/// Sets "kernel", or "kernel_h" and "kernel_w" where they differ; nothing if both are the fallback.
void set_extent(LayerDef& layer, const std::string& key, std::int64_t h, std::int64_t w,
                std::int64_t fallback) {
    if (h == fallback && w == fallback) return;
    if (h == w) {
        layer.attributes.set(key, h);
        return;
    }
    layer.attributes.set(key + "_h", h);
    layer.attributes.set(key + "_w", w);
}

void set_windows(LayerDef& layer, const Sides& sides) {
    set_extent(layer, "kernel", sides[0].kernel, sides[1].kernel, 0);
    set_extent(layer, "stride", sides[0].stride, sides[1].stride, 1);
    set_extent(layer, "pad", sides[0].begin, sides[1].begin, 0);
}

std::string padding_text(const Sides& s) {
    return std::to_string(s[0].begin) + "," + std::to_string(s[1].begin) + " before and " +
           std::to_string(s[0].end) + "," + std::to_string(s[1].end) + " after";
}

/// New memory for numbers computed from a constant.
std::pair<std::span<float>, Floats> fresh(std::size_t count) {
    auto memory = std::make_shared<std::vector<float>>(count);
    const std::span<float> span = *memory;
    return {span, Floats{span, memory}};
}

/// K x M to M x K, which is how "fc" has its weights, times `scale`.
Floats transposed_copy(std::span<const float> from, std::size_t rows, std::size_t columns, float scale) {
    auto [to, floats] = fresh(from.size());
    for (std::size_t r = 0; r < rows; ++r)
        for (std::size_t c = 0; c < columns; ++c) to[c * rows + r] = scale * from[r * columns + c];
    return floats;
}

Floats scaled_copy(std::span<const float> from, float scale) {
    auto [to, floats] = fresh(from.size());
    std::ranges::transform(from, to.begin(), [&](float value) { return scale * value; });
    return floats;
}

}  // namespace

std::array<Side, 2> GraphReader::sides(Node& node, const Shape& src, std::array<std::int64_t, 2> kernel,
                                       bool round_up) const {
    const auto strides = node.integers("strides", {1, 1}), pads = node.integers("pads", {0, 0, 0, 0});
    const std::string auto_pad = node.text("auto_pad", "NOTSET");
    if (node.integers("dilations", {1, 1}) != std::vector<std::int64_t>{1, 1})
        node.fail("windows with holes (dilations) are not supported");
    Sides sides;
    for (std::size_t i = 0; i < 2; ++i) {
        sides[i] = {i == 0 ? src.h : src.w, kernel[i], strides[i], pads[i], pads[i + 2]};
        Side& s = sides[i];
        if (s.kernel < 1 || s.stride < 1 || std::max({s.kernel, s.stride, s.begin, s.end}) > most_cells ||
            std::min(s.begin, s.end) < 0)
            node.fail("its kernel, strides or pads are out of bounds");
        if (auto_pad == "SAME_UPPER" || auto_pad == "SAME_LOWER") {
            const std::int64_t count = (s.in + s.stride - 1) / s.stride;
            const std::int64_t total = std::max<std::int64_t>(0, (count - 1) * s.stride + s.kernel - s.in);
            s.begin = auto_pad == "SAME_UPPER" ? total / 2 : total - total / 2;
            s.end = total - s.begin;
        } else if (auto_pad != "NOTSET" && auto_pad != "VALID") {
            node.fail("auto_pad " + json::printable(auto_pad) + " is not supported");
        }
        if (onnx_windows(s, round_up) < 1) node.fail("its windows do not fit into " + kernels::describe(src));
    }
    return sides;
}

void GraphReader::convolution(Node& node) {
    const Value from = image(node, 0);
    const RealTensor weights = reals(node, 1);
    const auto& shape = weights.shape;
    if (shape.size() != 4) node.fail("only convolutions of images in two dimensions are supported");
    if (node.integers("kernel_shape", {shape[2], shape[3]}) != std::vector{shape[2], shape[3]})
        node.fail("its kernel_shape is not that of its weights");
    const std::int64_t groups = node.integer("group", 1);
    if (groups < 1 || std::max(groups, shape[1]) > from.shape.c || shape[1] * groups != from.shape.c)
        node.fail("weights for " + std::to_string(shape[1]) + " channels in each of " +
                  std::to_string(groups) + " groups do not fit an input of " + kernels::describe(from.shape));
    const Sides s = sides(node, from.shape, {shape[2], shape[3]}, false);
    const Shape dst{1, shape[0], onnx_windows(s[0], false), onnx_windows(s[1], false)};
    if (conv_windows(s[0]) != dst.h || conv_windows(s[1]) != dst.w)
        node.fail("its padding (" + padding_text(s) +
                  ") has no equal in Emulsion, which pads both ends alike");

    LayerDef& layer = add_layer(node, "conv", {from.name}, dst, false);
    layer.attributes.set("outputs", shape[0]);
    set_windows(layer, s);
    if (groups != 1) layer.attributes.set("groups", groups);
    layer.params = {weight_def()};
    const int index = static_cast<int>(net_.layers.size()) - 1;
    add_tensor(index, "weight", shape, weights.floats, node.input(1));
    if (!node.input(2).empty()) add_bias(node, index, 2, 1, 0);
}

void GraphReader::pool(Node& node, const char* mode) {
    const Value from = image(node, 0);
    const bool average = std::string_view(mode) == "average", ceil = node.integer("ceil_mode", 0) != 0;
    const bool padded = average && node.integer("count_include_pad", 0) != 0;
    if (!average) node.pass_over({"storage_order"});
    if (!node.has("kernel_shape")) node.fail("it has no kernel_shape");
    const auto kernel = node.integers("kernel_shape", {0, 0});
    const Sides s = sides(node, from.shape, {kernel[0], kernel[1]}, ceil);
    const Shape dst{1, from.shape.c, onnx_windows(s[0], ceil), onnx_windows(s[1], ceil)};

    // Cells of the padding count for nothing in a maximum and in an average of what is inside; then only
    // where the windows begin and how many there are matters. Of one number nothing is left to do.
    const Side trivial_h{from.shape.h}, trivial_w{from.shape.w};
    if (s[0] == trivial_h && s[1] == trivial_w) return define_alias(node, from);
    const auto equal = [&](bool up) {
        return pool_windows(s[0], up) == dst.h && pool_windows(s[1], up) == dst.w;
    };
    const bool up = equal(ceil) ? ceil : !ceil;
    // Where it does count, a window cut off by the end of the padding must be cut off alike.
    const auto cut_alike = [&](const Side& side) {
        return ceil ? up && side.begin == side.end : side.end <= side.begin;
    };
    const bool divides_alike = !padded || (cut_alike(s[0]) && cut_alike(s[1]));
    if (!equal(up) || !divides_alike)
        node.fail("its padding (" + padding_text(s) +
                  ") has no equal in Emulsion, which pads both ends alike");

    LayerDef& layer = add_layer(node, "pool", {from.name}, dst, false);
    layer.attributes.set("mode", std::string(mode));
    set_windows(layer, s);
    layer.attributes.set("round", std::string(up ? "up" : "down"));
    const bool reaches_padding = s[0].begin > 0 || s[1].begin > 0;
    if (average && !padded && reaches_padding) layer.attributes.set("divisor", std::string("inside"));
}

void GraphReader::global_pool(Node& node, const char* mode) {
    const Value from = image(node, 0);
    LayerDef& layer = add_layer(node, "pool", {from.name}, {1, from.shape.c, 1, 1}, false);
    layer.attributes.set("mode", std::string(mode));
    layer.attributes.set("global", true);
}

void GraphReader::fully_connected(Node& node, const Value& from, RealTensor weights, bool transposed,
                                  double scale) {
    if (!from.flat) node.fail("it reads flat values, but " + json::printable(node.input(0)) + " is an image");
    if (weights.shape.size() != 2) node.fail("its weights are no matrix");
    const std::int64_t inputs = weights.shape[transposed ? 1 : 0],
                       outputs = weights.shape[transposed ? 0 : 1];
    if (inputs != from.shape.per_image())
        node.fail("weights for " + std::to_string(inputs) + " inputs where there are " +
                  std::to_string(from.shape.per_image()));
    LayerDef& layer = add_layer(node, "fc", {from.name}, {1, outputs, 1, 1}, true);
    layer.attributes.set("outputs", outputs);
    layer.params = {weight_def()};
    const auto factor = static_cast<float>(scale);
    Floats floats = weights.floats;
    if (!transposed)
        floats = transposed_copy(floats.values, static_cast<std::size_t>(inputs),
                                 static_cast<std::size_t>(outputs), factor);
    else if (factor != 1)
        floats = scaled_copy(floats.values, factor);
    add_tensor(static_cast<int>(net_.layers.size()) - 1, "weight", {outputs, inputs}, std::move(floats),
               node.input(1));
}

void GraphReader::gemm(Node& node) {
    node.pass_over({"broadcast"});  // of the first versions, for the bias
    if (node.integer("transA", 0) != 0) node.fail("a transposed input (transA) is not supported");
    const bool transposed = node.integer("transB", 0) != 0;
    const double alpha = node.real("alpha", 1), beta = node.real("beta", 1);
    const Value from = value(node, 0);
    fully_connected(node, from, reals(node, 1), transposed, alpha);
    if (!node.input(2).empty() && beta != 0)
        add_bias(node, static_cast<int>(net_.layers.size()) - 1, 2, beta, 0);
}

void GraphReader::mat_mul(Node& node) {
    const Value from = value(node, 0);
    fully_connected(node, from, reals(node, 1), false, 1);
}

/// A bias of one number an output channel, or one for all. Shapes are aligned at their ends, and `behind`
/// dimensions stand behind that of the channels.
void GraphReader::add_bias(const Node& node, int index, std::size_t input, double scale, std::size_t behind) {
    const RealTensor bias = reals(node, input);
    LayerDef& layer = net_.layers[static_cast<std::size_t>(index)];
    const std::int64_t outputs = layer.attributes.integer("outputs");
    const auto count = static_cast<std::int64_t>(bias.floats.values.size());
    if (count != outputs && count != 1)
        node.fail("a bias of " + std::to_string(count) + " numbers for " + std::to_string(outputs) +
                  " outputs");
    const std::size_t rank = bias.shape.size();
    for (std::size_t i = 0; i < rank; ++i)
        if (bias.shape[i] != 1 && i + behind + 1 != rank)
            node.fail("what it adds is not one number a channel");
    const auto factor = static_cast<float>(scale);
    Floats floats = bias.floats;
    if (count != outputs) {
        auto [to, memory] = fresh(static_cast<std::size_t>(outputs));
        std::ranges::fill(to, factor * bias.floats.values[0]);
        floats = memory;
    } else if (factor != 1) {
        floats = scaled_copy(floats.values, factor);
    }
    layer.params.push_back(bias_def());
    add_tensor(index, "bias", {outputs}, std::move(floats), node.input(input));
}

/// Only the bias of the layer before, where nobody else reads the sum without it.
void GraphReader::add(Node& node) {
    node.pass_over({"axis", "broadcast"});
    const std::size_t constant_side = constants_.contains(node.input(0)) ? 0 : 1;
    const std::string read = node.input(1 - constant_side);
    const Value from = value(node, 1 - constant_side);
    const bool without_bias =
        from.maker >= 0 && net_.layers[static_cast<std::size_t>(from.maker)].params.size() == 1;
    if (!without_bias || from.shared || readers_[read] != 1 ||
        !constants_.contains(node.input(constant_side)))
        node.fail("it is supported only as the bias of a convolution or a matrix product before it");
    const std::size_t height_and_width = from.flat ? 0 : 2;
    add_bias(node, from.maker, constant_side, 1, height_and_width);
    define(node, from);
}

void GraphReader::relu(Node& node) {
    const Value from = value(node, 0);
    add_layer(node, "relu", {from.name}, from.shape, from.flat);
}

void GraphReader::lrn(Node& node) {
    const Value from = image(node, 0);
    if (!node.has("size")) node.fail("it has no size");
    LayerDef& layer = add_layer(node, "lrn", {from.name}, from.shape, false);
    layer.attributes.set("size", node.integer("size", 0));
    layer.attributes.set("alpha", node.real("alpha", 1e-4));
    layer.attributes.set("beta", node.real("beta", 0.75));
    const double k = node.real("bias", 1);
    if (k != 1) layer.attributes.set("k", k);
}

void GraphReader::dropout(Node& node) {
    node.pass_over({"is_test", "seed"});
    const Value from = value(node, 0);
    double ratio = node.real("ratio", 0.5);
    if (!node.input(1).empty()) {
        const RealTensor given = reals(node, 1);
        if (given.floats.values.size() != 1) node.fail("its ratio is no single number");
        ratio = as_written(given.floats.values[0]);
    }
    if (!node.input(2).empty()) constant(node.input(2));  // whether it trains; here it does when we do
    LayerDef& layer = add_layer(node, "dropout", {from.name}, from.shape, from.flat);
    layer.attributes.set("ratio", ratio);
}

// Before opset 13 everything from the axis on is one row; for values of one number a channel all is one.
void GraphReader::softmax(Node& node) {
    const Value from = value(node, 0);
    const std::int64_t rank = from.flat ? 2 : 4, axis = node.integer("axis", opset_ < 13 ? 1 : -1);
    if ((axis < 0 ? axis + rank : axis) != 1)
        node.fail("it runs along axis " + std::to_string(axis) + "; only channels are supported");
    add_layer(node, "softmax", {from.name}, from.shape, from.flat);
}

void GraphReader::concat(Node& node) {
    if (node.input_count() == 0) node.fail("it has no inputs");
    Shape dst = value(node, 0).shape;
    const bool flat = value(node, 0).flat;
    const std::int64_t rank = flat ? 2 : 4, axis = node.integer("axis", 1);
    if ((axis < 0 ? axis + rank : axis) != 1)
        node.fail("it joins along axis " + std::to_string(axis) + "; only channels are supported");
    std::vector<std::string> inputs;
    dst.c = 0;
    for (std::size_t i = 0; i < node.input_count(); ++i) {
        const Value& from = value(node, i);
        const bool image_in_row = flat && (from.shape.h != 1 || from.shape.w != 1);
        if (from.flat != flat || from.shape.h != dst.h || from.shape.w != dst.w || image_in_row)
            node.fail("its inputs differ in more than channels");
        dst.c += from.shape.c;
        inputs.push_back(from.name);
        checked(node, dst);
    }
    add_layer(node, "concat", std::move(inputs), dst, flat);
}

// A flat value keeps its shape here: "fc" reads images as rows.
void GraphReader::flatten(Node& node) {
    Value from = value(node, 0);
    const std::int64_t rank = from.flat ? 2 : 4, axis = node.integer("axis", 1);
    if ((axis < 0 ? axis + rank : axis) != 1)
        node.fail("it flattens from axis " + std::to_string(axis) + "; only from axis 1 is supported");
    from.flat = true;
    define_alias(node, std::move(from));
}

/// Supported where it makes each image a row, or changes nothing.
void GraphReader::reshape(Node& node) {
    Value from = value(node, 0);
    if (opset_ < 5) node.fail("it is of an opset before 5; export the model again");
    const Message* tensor = constant(node.input(1));
    if (tensor == nullptr) node.fail("its shape should be a constant");
    const auto target = read_integers(*tensor, where_);
    if (node.integer("allowzero", 0) != 0 && std::ranges::count(target, 0) != 0)
        node.fail("empty values (allowzero) are not supported");
    const bool keeps_batch = !target.empty() && target[0] <= 1;
    const bool as_row = target.size() == 2 && (target[1] == -1 || target[1] == from.shape.per_image());
    const std::vector<std::int64_t> image = {from.shape.c, from.shape.h, from.shape.w};
    const bool unchanged = target.size() == 4 && std::equal(image.begin(), image.end(), target.begin() + 1);
    if (!keeps_batch || !(as_row || (unchanged && !from.flat)))
        node.fail("it is supported only where it makes a row of each image");
    from.flat = as_row;
    define_alias(node, std::move(from));
}

void GraphReader::identity(Node& node) {
    const Message* tensor = constant(node.input(0));
    if (tensor == nullptr) return define_alias(node, value(node, 0));
    constants_[node.output()] = tensor;
    used_constants_.insert(node.output());
}

void GraphReader::constant_node(Node& node) {
    const Message* tensor = node.tensor("value");
    if (tensor == nullptr) node.fail("only constants given as a tensor are supported");
    constants_[node.output()] = tensor;
    used_constants_.insert(node.output());
}

}  // namespace emulsion::formats::onnx
