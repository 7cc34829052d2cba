// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "tests/kernels/problem.h"

namespace emulsion::kernels::tests {

Shape vector_shape(std::int64_t count) {
    return {1, 1, 1, count};
}

Array random_array(const Shape& shape, Operand operand, Precision precision, double scale) {
    const auto stream = static_cast<std::uint32_t>(operand);
    return {shape, DataType::f32, random_values(shape.count(), stream, scale, precision)};
}

Problem make_problem(const Operation& operation, Precision precision) {
    return std::visit([&](const auto& descriptor) { return make(operation.kind, descriptor, precision); },
                      operation.descriptor);
}

}  // namespace emulsion::kernels::tests
