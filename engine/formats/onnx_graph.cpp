// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "engine/formats/onnx_graph.h"

#include <emulsion/error.h>

#include <algorithm>
#include <cctype>
#include <utility>

#include "engine/json.h"

namespace emulsion::formats::onnx {
namespace {

// As the layers have them: no integer may overflow on the way to them.
constexpr std::int64_t longest_side = std::int64_t{1} << 24;
constexpr std::int64_t most_elements = std::int64_t{1} << 40;

bool fits(const Shape& shape) {
    std::int64_t room = most_elements;
    for (const std::int64_t side : {shape.c, shape.h, shape.w}) {
        if (side < 1 || side > longest_side || side > room) return false;
        room /= side;
    }
    return true;
}

/// Names that an exporter made up: "/features/features.0/Conv", "Conv_0".
bool made_by_machine(const std::string& name, const std::string& op) {
    if (name[0] == '/' || json::printable(name) != name) return true;
    if (!name.starts_with(op + '_')) return false;
    return std::all_of(name.begin() + static_cast<std::ptrdiff_t>(op.size()) + 1, name.end(),
                       [](unsigned char c) { return std::isdigit(c) != 0; });
}

/// The beginning of a made-up name, after the custom of nets of this class: conv1, norm1, fc6, drop6, prob.
std::string stem_of(const std::string& type) {
    if (type == "lrn") return "norm";
    if (type == "dropout") return "drop";
    if (type == "softmax") return "prob";
    return type;
}

}  // namespace

// Every number is used once in most files, and grows from half to single precision at most.
constexpr std::size_t most_copies = 8;

GraphReader::GraphReader(const Message& graph, std::int64_t opset, bool own,
                         std::shared_ptr<const void> owner, std::size_t file_bytes, std::string where)
    : graph_(graph),
      opset_(opset),
      own_(own),
      owner_(std::move(owner)),
      copies_left_(most_copies * file_bytes),
      where_(std::move(where)) {
    for (const Message* tensor : graph_.messages("initializer"))
        if (!constants_.emplace(tensor->text("name"), tensor).second)
            fail("two initialisers are called " + json::printable(tensor->view("name")));
    for (const Message* node : graph_.messages("node"))
        for (const FieldValue& each : node->values())
            if (std::string_view(each.type->name) == "input") ++readers_[std::string(each.text)];
    for (const Message* output : graph_.messages("output")) ++readers_[output->text("name")];
}

void GraphReader::fail(const std::string& what) const {
    throw Error(Error::Kind::data, where_ + ": " + what);
}

Imported GraphReader::read() {
    Imported imported;
    imported.format = "onnx";
    net_.name = json::printable(graph_.view("name"));
    read_input();
    for (const Message* node : graph_.messages("node")) read_node(*node);
    const std::string output = keep_output();
    if (!own_) drop_unused(output);
    state_missing_biases();
    for (auto& of_layer : tensors_)
        for (ForeignTensor& tensor : of_layer) imported.tensors.push_back(std::move(tensor));
    imported.ignored = std::move(ignored_);
    note_unused_constants(imported);
    imported.net = std::move(net_);
    return imported;
}

const Message* GraphReader::constant(const std::string& name) {
    const auto found = constants_.find(name);
    if (found == constants_.end()) return nullptr;
    used_constants_.insert(name);
    return found->second;
}

// Older files list the initialisers among the inputs.
void GraphReader::read_input() {
    const Message* input = nullptr;
    for (const Message* each : graph_.messages("input")) {
        if (constants_.contains(each->text("name"))) continue;
        if (input != nullptr)
            fail("it has two inputs, " + json::printable(input->view("name")) + " and " +
                 json::printable(each->view("name")) + "; a net takes one");
        input = each;
    }
    if (input == nullptr) fail("its graph has no input");
    const std::string called = "its input " + json::printable(input->view("name"));
    const Message* type = input->message("type");
    const Message* tensor = type != nullptr ? type->message("tensor_type") : nullptr;
    const Message* shape = tensor != nullptr ? tensor->message("shape") : nullptr;
    const auto sides = shape != nullptr ? shape->messages("dim") : std::vector<const Message*>();
    if (sides.size() != 4) fail(called + " is no batch of images (batch x channels x height x width)");
    for (std::size_t i = 1; i < sides.size(); ++i)
        if (sides[i]->integer("dim_value") < 1)
            fail(called + " has no fixed size; give channels, height and width when the model is exported");
    const Shape image{1, sides[1]->integer("dim_value"), sides[2]->integer("dim_value"),
                      sides[3]->integer("dim_value")};
    if (!fits(image)) fail(called + " is absurdly large");
    net_.channels = image.c;
    net_.height = image.h;
    net_.width = image.w;
    values_[input->text("name")] = {"data", image, false, -1, false};
}

void GraphReader::read_node(const Message& message) {
    using Read = void (GraphReader::*)(Node&);
    static const std::map<std::string, Read> readers = {
        {"Add", &GraphReader::add},
        {"Concat", &GraphReader::concat},
        {"Constant", &GraphReader::constant_node},
        {"Conv", &GraphReader::convolution},
        {"Dropout", &GraphReader::dropout},
        {"Flatten", &GraphReader::flatten},
        {"Gemm", &GraphReader::gemm},
        {"Identity", &GraphReader::identity},
        {"LRN", &GraphReader::lrn},
        {"MatMul", &GraphReader::mat_mul},
        {"Relu", &GraphReader::relu},
        {"Reshape", &GraphReader::reshape},
        {"Softmax", &GraphReader::softmax},
    };
    Node node(message, where_);
    if (values_.contains(node.output()) || constants_.contains(node.output()))
        node.fail("the value " + json::printable(node.output()) + " is made twice");
    // Of the first versions of ONNX: which inputs may be overwritten.
    node.pass_over({"consumed_inputs"});
    const auto found = readers.find(node.op());
    if (found != readers.end())
        (this->*found->second)(node);
    else if (node.op() == "MaxPool" || node.op() == "AveragePool")
        pool(node, node.op() == "MaxPool" ? "max" : "average");
    else if (node.op() == "GlobalMaxPool" || node.op() == "GlobalAveragePool")
        global_pool(node, node.op() == "GlobalMaxPool" ? "max" : "average");
    else
        node.fail("this operation is not supported");
    node.check_attributes();
}

/// The name in the net of the value that the graph is there for.
std::string GraphReader::keep_output() {
    const auto outputs = graph_.messages("output");
    if (outputs.empty()) fail("its graph has no output");
    const auto found = values_.find(outputs[0]->text("name"));
    if (found == values_.end() || found->second.maker < 0)
        fail("no node makes its output " + json::printable(outputs[0]->view("name")));
    for (std::size_t i = 1; i < outputs.size(); ++i)
        ignored_.push_back("output " + json::printable(outputs[i]->view("name")) + ": a net has one");
    return found->second.name;
}

/// Layers that the output does not depend on.
void GraphReader::drop_unused(const std::string& output) {
    std::set<std::string> wanted{output};
    std::size_t kept = net_.layers.size();  // those from here on are kept
    for (std::size_t i = net_.layers.size(); i-- > 0;) {
        LayerDef& layer = net_.layers[i];
        if (!wanted.contains(layer.name)) {
            ignored_.push_back("layer " + layer.name + ": the output does not depend on it");
            continue;
        }
        wanted.insert(layer.inputs.begin(), layer.inputs.end());
        std::swap(layer, net_.layers[--kept]);
        std::swap(tensors_[i], tensors_[kept]);
    }
    const auto unused = static_cast<std::ptrdiff_t>(kept);
    net_.layers.erase(net_.layers.begin(), net_.layers.begin() + unused);
    tensors_.erase(tensors_.begin(), tensors_.begin() + unused);
}

// Only now is it known which layers get one from an addition further on.
void GraphReader::state_missing_biases() {
    for (LayerDef& layer : net_.layers)
        if (layer.params.size() == 1) layer.attributes.set("bias", false);
}

void GraphReader::note_unused_constants(Imported& imported) const {
    for (const auto& [name, tensor] : constants_)
        if (!used_constants_.contains(name))
            imported.ignored.push_back("initialiser " + json::printable(name) + ": no node uses it");
}

const GraphReader::Value& GraphReader::value(const Node& node, std::size_t input) const {
    const std::string name = node.input(input);
    const auto found = values_.find(name);
    if (found != values_.end()) return found->second;
    if (constants_.contains(name))
        node.fail("its input " + json::printable(name) + " is a constant where a computed value belongs");
    node.fail("it reads " + json::printable(name) + ", which nothing before it makes");
}

const GraphReader::Value& GraphReader::image(const Node& node, std::size_t input) const {
    const Value& from = value(node, input);
    if (from.flat) node.fail("it reads images, but " + json::printable(node.input(input)) + " is flat");
    return from;
}

RealTensor GraphReader::reals(const Node& node, std::size_t input) {
    const std::string name = node.input(input);
    const Message* tensor = constant(name);
    if (tensor == nullptr)
        node.fail("its input " + json::printable(name) + " should be a constant (an initialiser)");
    RealTensor read = read_reals(*tensor, owner_, where_);
    if (read.floats.values.size_bytes() > copies_left_)
        node.fail("nodes share constants so much that they would take more than " +
                  std::to_string(most_copies) + " times the file");
    copies_left_ -= read.floats.values.size_bytes();
    return read;
}

LayerDef& GraphReader::add_layer(const Node& node, const char* type, std::vector<std::string> inputs,
                                 const Shape& shape, bool flat) {
    const std::string name = name_for(node, type);
    LayerDef layer{name, type, std::move(inputs), {name}, {}, {}};
    net_.layers.push_back(std::move(layer));
    tensors_.emplace_back();
    define(node, {name, checked(node, shape), flat, static_cast<int>(net_.layers.size()) - 1, false});
    return net_.layers.back();
}

void GraphReader::define(const Node& node, Value value) {
    shapes_[node.output()] = value.shape;
    values_[node.output()] = std::move(value);
}

void GraphReader::define_alias(const Node& node, Value value) {
    value.shared = value.shared || readers_[node.input(0)] != 1;
    define(node, std::move(value));
}

void GraphReader::add_tensor(int layer, const char* parameter, std::vector<std::int64_t> shape, Floats floats,
                             const std::string& origin) {
    const auto index = static_cast<std::size_t>(layer);
    const std::string name = net_.layers[index].name + '.' + parameter;
    tensors_[index].push_back(
        {name, std::move(shape), floats.values, std::move(floats.owner), json::printable(origin)});
}

std::string GraphReader::name_for(const Node& node, const char* type) {
    const std::string kind = type;
    if (kind == "conv" || kind == "fc") ++weighted_;
    std::string name = node.name();
    if (name.empty() || (!own_ && made_by_machine(name, node.op())))
        name = stem_of(kind) + (kind == "softmax" ? "" : std::to_string(weighted_));
    std::string candidate = name;
    while (!layer_names_.insert(candidate).second)
        candidate = name + '_' + std::to_string(++versions_[name] + 1);
    return candidate;
}

Shape GraphReader::checked(const Node& node, const Shape& shape) const {
    if (!fits(shape)) node.fail("its output of " + kernels::describe(shape) + " is empty or absurdly large");
    return shape;
}

}  // namespace emulsion::formats::onnx
