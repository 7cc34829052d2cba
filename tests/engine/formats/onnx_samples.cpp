// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "tests/engine/formats/onnx_samples.h"

#include <numeric>

#include "engine/formats/onnx_schema.h"
#include "tests/engine/support.h"

namespace emulsion::formats {
namespace {

class Memory final : public ByteSink {
   public:
    void append(std::span<const std::byte> bytes) override {
        text.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    }
    std::string text;
};

void put(const Message& file, const std::string& path) {
    Memory sink;
    write_wire(file, sink);
    emulsion::test::put(path, sink.text);
}

void copy(const Message& from, Message& to, const std::function<bool(const FieldValue&)>& keep,
          const std::function<void(Message&)>& change) {
    for (const FieldValue& value : from.values()) {
        if (!keep(value)) continue;
        if (value.message) {
            copy(*value.message, to.add_message(*value.type), keep, change);
            continue;
        }
        FieldValue& copied = to.add(*value.type);
        copied.integer = value.integer;
        copied.real = value.real;
        copied.text = value.text;
        copied.packed = value.packed;
    }
    if (change) change(to);
}

}  // namespace

void edit(const std::string& path, const std::function<bool(const FieldValue&)>& keep,
          const std::function<void(Message&)>& change) {
    const std::string bytes = emulsion::test::contents(path);
    Unknown unknown;
    const Message file = read_wire(std::as_bytes(std::span(bytes)), onnx::model_type, path, unknown);
    Message edited(onnx::model_type);
    copy(file, edited, keep, change);
    put(edited, path);
}

void drop_metadata(const std::string& path) {
    edit(path,
         [](const FieldValue& value) { return std::string_view(value.type->name) != "metadata_props"; });
}

GraphFile::GraphFile(std::int64_t opset) : file(onnx::model_type), graph(file.add_message("graph")) {
    file.add_integer("ir_version", 8);
    file.add_message("opset_import").add_integer("version", opset);
    Message& input = graph.add_message("input");
    input.add_text("name", "x");
    Message& tensor = input.add_message("type").add_message("tensor_type");
    tensor.add_integer("elem_type", onnx::f32);
    for (const std::int64_t side : {1, 3, 8, 8})
        tensor.add_message("shape").add_message("dim").add_integer("dim_value", side);
}

GraphFile& GraphFile::node(const std::string& op, const std::vector<std::string>& inputs,
                           const std::string& output) {
    node_ = &graph.add_message("node");
    for (const std::string& input : inputs) node_->add_text("input", input);
    node_->add_text("output", output);
    node_->add_text("op_type", op);
    return *this;
}

Message& GraphFile::attribute(const std::string& name, const char* type) {
    Message& added = node_->add_message("attribute");
    added.add_text("name", name);
    added.add_choice("type", type);
    return added;
}

GraphFile& GraphFile::with(const std::string& name, std::int64_t value) {
    attribute(name, "INT").add_integer("i", value);
    return *this;
}

GraphFile& GraphFile::with(const std::string& name, double value) {
    attribute(name, "FLOAT").add_real("f", value);
    return *this;
}

GraphFile& GraphFile::with(const std::string& name, const char* value) {
    attribute(name, "STRING").add_text("s", value);
    return *this;
}

GraphFile& GraphFile::with(const std::string& name, const Integers& values) {
    Message& added = attribute(name, "INTS");
    for (const std::int64_t value : values) added.add_integer("ints", value);
    return *this;
}

GraphFile& GraphFile::weights(const std::string& name, const Integers& shape) {
    constexpr double step = 1 / 64.0;
    Message& tensor = graph.add_message("initializer");
    for (const std::int64_t side : shape) tensor.add_integer("dims", side);
    tensor.add_integer("data_type", onnx::f32);
    tensor.add_text("name", name);
    const auto count = std::accumulate(shape.begin(), shape.end(), std::int64_t{1}, std::multiplies<>());
    std::vector<float> values(static_cast<std::size_t>(count));
    for (std::size_t i = 0; i < values.size(); ++i)
        values[i] = static_cast<float>(step * static_cast<double>(i));
    const std::string bytes(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float));
    tensor.add_text("raw_data", bytes);
    return *this;
}

GraphFile& GraphFile::integers(const std::string& name, const Integers& values) {
    Message& tensor = graph.add_message("initializer");
    tensor.add_integer("dims", static_cast<std::int64_t>(values.size()));
    tensor.add_integer("data_type", onnx::i64);
    tensor.add_text("name", name);
    for (const std::int64_t value : values) tensor.add_integer("int64_data", value);
    return *this;
}

GraphFile& GraphFile::output(const std::string& name) {
    graph.add_message("output").add_text("name", name);
    return *this;
}

void GraphFile::write(const std::string& path) const {
    put(file, path);
}

}  // namespace emulsion::formats
