// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// ReLU, by loops of our own: oneDNN's maximum makes a NaN 0. The layout does not matter: padding is zero and
// stays so.
#include "kernels/onednn/relu.h"

#include "kernels/onednn/call.h"
#include "kernels/onednn/elementwise.h"
#include "kernels/onednn/layouts.h"
#include "kernels/onednn/list.h"

namespace emulsion::kernels::onednn {
namespace {

float rectified(float x) {
    return x < 0 ? 0 : x;
}

/// Of a bf16's bits: negative are those from -0 up to minus infinity; what lies beyond is NaN.
std::uint16_t rectified(std::uint16_t x) {
    const bool negative = static_cast<std::uint16_t>(x - 0x8000) <= 0x7F80;
    return negative ? std::uint16_t{0} : x;
}

bool positive(float x) {
    return x > 0;
}
bool positive(std::uint16_t x) {
    return static_cast<std::uint16_t>(x - 1) < 0x7F80;
}

template <class T>
void forward(const T* src, T* dst, std::int64_t count, const Stream& stream) {
    for_elements(stream, count, [=](std::int64_t i) { dst[i] = rectified(src[i]); });
}

template <class T>
void backward(const T* dst, const T* diff_dst, T* diff_src, std::int64_t count, const Stream& stream) {
    for_elements(stream, count, [=](std::int64_t i) { diff_src[i] = positive(dst[i]) ? diff_dst[i] : T{}; });
}

class ReluForward final : public ElementwisePlan {
   public:
    static std::optional<Recipe> consider(const Operation& op, const Limits& limits) {
        return Recipe{arriving_desc(limits, Operand::src, op.as<Relu>().shape)};
    }

    explicit ReluForward(const Recipe& recipe) : ElementwisePlan(recipe, {Operand::src, Operand::dst}) {}

    void run(const Arguments& arguments, void*, const Stream& stream) const override {
        with_type([&]<class T>(T) {
            forward(arguments.get<const T>(Operand::src), arguments.get<T>(Operand::dst), count(), stream);
        });
    }
};

class ReluBackward final : public ElementwisePlan {
   public:
    static std::optional<Recipe> consider(const Operation& op, const Limits& limits) {
        return Recipe{arriving_desc(limits, Operand::dst, op.as<Relu>().shape)};
    }

    explicit ReluBackward(const Recipe& recipe)
        : ElementwisePlan(recipe, {Operand::dst, Operand::diff_dst, Operand::diff_src}) {}

    void run(const Arguments& arguments, void*, const Stream& stream) const override {
        with_type([&]<class T>(T) {
            backward(arguments.get<const T>(Operand::dst), arguments.get<const T>(Operand::diff_dst),
                     arguments.get<T>(Operand::diff_src), count(), stream);
        });
    }
};

}  // namespace

void relu_in_place(void* values, std::size_t bytes, DataType type, const Stream& stream) {
    const auto count = static_cast<std::int64_t>(bytes / size_of(type));
    with_type_of(type, [&]<class T>(T) {
        auto* const typed = static_cast<T*>(values);
        forward(typed, typed, count, stream);
    });
}

Implementation relu_forward() {
    return Entry<ReluForward>::implementation();
}
Implementation relu_backward() {
    return Entry<ReluBackward>::implementation();
}

}  // namespace emulsion::kernels::onednn
