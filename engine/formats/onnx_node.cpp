// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "engine/formats/onnx_node.h"

#include <emulsion/error.h>

#include "engine/json.h"

namespace emulsion::formats::onnx {

Node::Node(const Message& node, const std::string& where)
    : node_(node),
      where_(where),
      name_(node.text("name")),
      op_(node.text("op_type")),
      inputs_(node.texts("input")) {
    const auto outputs = node.texts("output");
    output_ = outputs.empty() ? "" : outputs[0];
    const std::string domain = node.text("domain");
    if (!domain.empty() && domain != "ai.onnx")
        fail("an operation of " + json::printable(domain) + ", which is not supported");
    if (output_.empty()) fail("it has no output");
}

void Node::fail(const std::string& what) const {
    const std::string called =
        name_.empty() ? "that makes " + json::printable(output_) : json::printable(name_);
    throw Error(Error::Kind::data, where_ + ": node " + called + " (" + json::printable(op_) + "): " + what);
}

bool Node::has(const std::string& attribute) const {
    for (const Message* each : node_.messages("attribute"))
        if (each->view("name") == attribute) return true;
    return false;
}

const Message* Node::find(const std::string& attribute, const char* field) {
    known_.insert(attribute);
    const Message* found = nullptr;
    for (const Message* each : node_.messages("attribute")) {
        if (each->view("name") != attribute) continue;
        if (found != nullptr) fail("its attribute " + attribute + " stands twice");
        found = each;
    }
    // A zero may be left out, and then only the type tells that it is there.
    if (found == nullptr || found->has(field)) return found;
    const std::string type = found->choice("type", "UNDEFINED");
    const std::string_view name = field;
    const bool zero = (name == "i" && type == "INT") || (name == "f" && type == "FLOAT") ||
                      (name == "s" && type == "STRING") || (name == "ints" && type == "INTS");
    if (!zero) fail("its attribute " + attribute + " is of the wrong type");
    return found;
}

std::int64_t Node::integer(const std::string& attribute, std::int64_t fallback) {
    const Message* found = find(attribute, "i");
    return found != nullptr ? found->integer("i") : fallback;
}

double Node::real(const std::string& attribute, double fallback) {
    const Message* found = find(attribute, "f");
    return found != nullptr ? found->real("f") : fallback;
}

std::string Node::text(const std::string& attribute, const std::string& fallback) {
    const Message* found = find(attribute, "s");
    return found != nullptr ? found->text("s") : fallback;
}

std::vector<std::int64_t> Node::integers(const std::string& attribute, std::vector<std::int64_t> fallback) {
    const Message* found = find(attribute, "ints");
    if (found == nullptr) return fallback;
    auto result = found->integers("ints");
    if (result.size() != fallback.size())
        fail("its attribute " + attribute + " has " + std::to_string(result.size()) + " numbers, not " +
             std::to_string(fallback.size()) + "; only images in two dimensions are supported");
    return result;
}

const Message* Node::tensor(const std::string& attribute) {
    const Message* found = find(attribute, "t");
    return found != nullptr ? found->message("t") : nullptr;
}

void Node::pass_over(std::initializer_list<const char*> attributes) {
    known_.insert(attributes.begin(), attributes.end());
}

void Node::check_attributes() const {
    for (const Message* each : node_.messages("attribute"))
        if (!known_.contains(each->text("name")))
            fail("its attribute " + json::printable(each->view("name")) + " is not supported");
}

}  // namespace emulsion::formats::onnx
