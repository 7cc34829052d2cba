// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// ONNX files for tests: edited ones, and graphs put together node by node.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "engine/formats/message.h"

namespace emulsion::formats {

/// Rewrites a file with the values of which `keep` holds, in all its messages; `change` sees each of them.
void edit(const std::string& path, const std::function<bool(const FieldValue&)>& keep,
          const std::function<void(Message&)>& change = {});

/// As another program would hand it on.
void drop_metadata(const std::string& path);

/// A graph for images of 3 x 8 x 8, called "x". Weights count up in small steps from zero.
class GraphFile {
   public:
    explicit GraphFile(std::int64_t opset = 13);

    using Integers = std::vector<std::int64_t>;
    /// A node without a name that makes `output`.
    GraphFile& node(const std::string& op, const std::vector<std::string>& inputs, const std::string& output);
    // Attributes of the node added last.
    GraphFile& with(const std::string& name, std::int64_t value);
    GraphFile& with(const std::string& name, double value);
    GraphFile& with(const std::string& name, const char* value);
    GraphFile& with(const std::string& name, const Integers& values);
    GraphFile& weights(const std::string& name, const Integers& shape);
    GraphFile& integers(const std::string& name, const Integers& values);
    GraphFile& output(const std::string& name);
    void write(const std::string& path) const;

    Message file;
    Message& graph;

   private:
    Message& attribute(const std::string& name, const char* type);
    Message* node_ = nullptr;
};

}  // namespace emulsion::formats
