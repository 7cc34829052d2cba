// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// A problem: one operation, seeded inputs in plain NCHW, and what the oracle says must come out.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "tests/kernels/expected.h"

namespace emulsion::kernels::tests {

struct Problem {
    explicit Problem(Operation o) : operation(std::move(o)) {}

    Operation operation;
    std::map<Operand, Array> inputs;
    std::vector<Array> list;  ///< what stands in Arguments::list: a concat's sources
    std::map<Operand, Expected> outputs;
    std::vector<Expected> list_outputs;  ///< the gradients of a concat's sources
    /// The forward operation that must run first, for its `saved`; its outputs are not looked at.
    std::shared_ptr<const Problem> forward;
};

/// Inputs and expected outputs for any operation. For Precision::bf16 the inputs are numbers that bf16
/// holds exactly, so that products are exact in f32 and the only rounding beyond fp32's is that of a
/// stored bf16 result; no tolerance need cover the rounding of inputs.
Problem make_problem(const Operation&, Precision = Precision::fp32);

/// As above, with the values given that a descriptor leaves out.
Problem make_dropout(OpKind, const Dropout&, const DropoutCounter&);
Problem make_loss(OpKind, const Loss&, const Values& labels);
Problem make_sgd(const Sgd&, const SgdRates&);
Problem make_prepare_input(const PrepareInput&, const Values& crops);

/// What make_problem uses where the caller does not say: every fourth label -1; crops that touch each
/// corner, every second one mirrored.
Values default_labels(const Shape&);
Values default_crops(const PrepareInput&);

// One maker a family (problem_*.cpp), chosen by make_problem.
Problem make(OpKind, const Convolution&, Precision);
Problem make(OpKind, const FullyConnected&, Precision);
Problem make(OpKind, const Relu&, Precision);
Problem make(OpKind, const Lrn&, Precision);
Problem make(OpKind, const Pool&, Precision);
Problem make(OpKind, const Dropout&, Precision);
Problem make(OpKind, const Softmax&, Precision);
Problem make(OpKind, const Loss&, Precision);
Problem make(OpKind, const Concat&, Precision);
Problem make(OpKind, const Add&, Precision);
Problem make(OpKind, const SquareSum&, Precision);
Problem make(OpKind, const Sgd&, Precision);
Problem make(OpKind, const PrepareInput&, Precision);
Problem make(OpKind, const Reorder&, Precision);

/// The shape of a flat buffer.
Shape vector_shape(std::int64_t count);

/// Seeded f32 values for an operand, of the size of `scale`.
Array random_array(const Shape&, Operand, Precision, double scale = 1);

}  // namespace emulsion::kernels::tests
