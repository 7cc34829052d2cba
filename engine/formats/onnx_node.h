// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// NodeProto: an operation of an ONNX graph. Every attribute must be read by somebody: one that nobody
// knows could change what the operation means.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "engine/formats/message.h"

namespace emulsion::formats::onnx {

class Node {
   public:
    Node(const Message& node, const std::string& where);

    const std::string& op() const { return op_; }
    const std::string& name() const { return name_; }
    std::size_t input_count() const { return inputs_.size(); }
    /// The name of an input or output; empty if the node leaves it out.
    std::string input(std::size_t i) const { return i < inputs_.size() ? inputs_[i] : ""; }
    const std::string& output() const { return output_; }  ///< the first; others are masks and indices

    std::int64_t integer(const std::string& attribute, std::int64_t fallback);
    double real(const std::string& attribute, double fallback);
    std::string text(const std::string& attribute, const std::string& fallback);
    /// A list of as many integers as the fallback has.
    std::vector<std::int64_t> integers(const std::string& attribute, std::vector<std::int64_t> fallback);
    const Message* tensor(const std::string& attribute);
    bool has(const std::string& attribute) const;
    /// Attributes that have no bearing on the result.
    void pass_over(std::initializer_list<const char*> attributes);
    /// Error(data) if an attribute was not asked for.
    void check_attributes() const;

    /// Error(data): "FILE: node conv1 (Conv): what".
    [[noreturn]] void fail(const std::string& what) const;

   private:
    const Message* find(const std::string& attribute, const char* field);

    const Message& node_;
    std::string where_, name_, op_, output_;
    std::vector<std::string> inputs_;
    std::set<std::string> known_;
};

}  // namespace emulsion::formats::onnx
