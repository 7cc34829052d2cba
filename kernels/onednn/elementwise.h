// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// What the operations share that go over the elements of one layout, whichever it is.
#pragma once

#include <dnnl.hpp>
#include <initializer_list>

#include "kernels/kernels.h"

namespace emulsion::kernels::onednn {

/// Elements that are worth handing to another thread: some microseconds of such a loop.
inline constexpr std::int64_t elementwise_grain = 16 * 1024;

/// body(i) for each element, in one plain loop a thread, which the compiler turns into vectors.
template <class Body>
void for_elements(const Stream& stream, std::int64_t count, const Body& body) {
    parallel_for(stream, count, elementwise_grain, [&](std::int64_t begin, std::int64_t end, int) {
        const Body local = body;  // so that no store can seem to change what the loop reads
        for (std::int64_t i = begin; i < end; ++i) local(i);
    });
}

/// body(T{}), with T the C++ type of an fp32 or bf16 element.
template <class Body>
void with_type_of(DataType type, Body&& body) {
    if (type == DataType::bf16)
        body(std::uint16_t{});
    else
        body(float{});
}

/// All operands in one layout; the result may overwrite a source.
class ElementwisePlan : public Plan {
   public:
    struct Recipe {
        dnnl::memory::desc desc;
        std::size_t workspace_bytes = 0;
    };

   protected:
    ElementwisePlan(const Recipe&, std::initializer_list<Operand>);

    /// Elements, the padding of a blocked layout included.
    std::int64_t count() const { return count_; }

    template <class Body>
    void with_type(Body&& body) const {
        with_type_of(type_, body);
    }

   private:
    DataType type_;
    std::int64_t count_;
};

}  // namespace emulsion::kernels::onednn
