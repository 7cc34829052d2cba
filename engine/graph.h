// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// The net as a graph of operations over logical values: what its layers emit, before anyone has
// chosen an implementation, a layout or an address.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "emulsion/layer.h"
#include "emulsion/model.h"
#include "emulsion/options.h"
#include "emulsion/program.h"

namespace emulsion {

enum class Role {
    photos,
    crops,
    mean,
    labels,
    counter,
    activation,
    saved,
    gradient,
    parameter,
    parameter_gradient,
    loss
};

struct ValueInfo {
    std::string name;
    Shape shape;
    Role role = Role::activation;
    int parameter = -1;   ///< index into Graph::parameters, for the two parameter roles
    bool learns = false;  ///< something upstream is trained, so a gradient is wanted
    bool held = false;    ///< must stay readable after a run
};

struct Node {
    kernels::Operation operation;
    std::vector<std::pair<Operand, int>> operands;  ///< to value ids
    std::vector<int> list;                          ///< a concat's sources, or their gradients
    std::string layer;
    Pass pass = Pass::forward;
};

struct Graph {
    std::vector<ValueInfo> values;
    std::vector<Node> nodes;  ///< forward, then backward; nodes[0] is prepare_input
    std::vector<Parameter> parameters;
    std::vector<LayerInfo> layers;
    std::map<std::string, int> by_name;  ///< layer outputs; an output passed through names its source
    std::vector<std::string> rewrites;
    int input = -1, output = -1, photos = -1, crops = -1, mean = -1, labels = -1, loss = -1, counter = -1;

    int value_of(const Node&, Operand) const;  ///< -1 if the node lacks the operand
};

/// Runs the layers' setup, forward and (in training) backward against a graph. Error(data) if the net
/// is unsound: unknown types or values, two makers of one value, a crop that is not the input's size.
Graph build_graph(const NetDef&, Mode, const Options&, const LayerFactory&);

/// The named rewrites, each noted in Graph::rewrites: a ReLU joins the convolution or fully connected
/// layer before it, where nobody else reads what lies between.
void rewrite(Graph&);

/// Whether an operation of this kind writes the operand (it reads it otherwise).
bool writes(OpKind, Operand);

}  // namespace emulsion
