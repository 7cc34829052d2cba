// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "kernels/onednn/elementwise.h"

#include "kernels/onednn/layouts.h"

namespace emulsion::kernels::onednn {

ElementwisePlan::ElementwisePlan(const Recipe& recipe, std::initializer_list<Operand> operands) {
    const Layout layout = value_layout(recipe.desc);
    for (const Operand operand : operands) set_layout(operand, layout);
    type_ = layout.type;
    count_ = static_cast<std::int64_t>(layout.bytes / size_of(layout.type));
    batch_invariant_ = in_place_ = true;
    variant_ = "loop";
}

}  // namespace emulsion::kernels::onednn
