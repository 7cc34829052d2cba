// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <cstring>

#include "tests/kernels/cublas/standin_state.h"

namespace standin {
namespace {

float from_bits(std::uint32_t bits) {
    float value = 0;
    std::memcpy(&value, &bits, sizeof value);
    return value;
}

/// TF32 has 10 bits of f32's 23, the nearest to it; ties go away from zero.
float to_tf32(float value) {
    if (!std::isfinite(value)) return value;
    std::uint32_t bits = 0;
    std::memcpy(&bits, &value, sizeof bits);
    return from_bits((bits + 0x1000) & ~std::uint32_t{0x1FFF});
}

struct F32 {
    const float* at;
    double operator[](std::int64_t i) const { return at[i]; }
};
struct Tf32 {
    const float* at;
    double operator[](std::int64_t i) const { return to_tf32(at[i]); }
};
struct Bf16 {
    const std::uint16_t* at;
    double operator[](std::int64_t i) const { return from_bits(std::uint32_t{at[i]} << 16); }
};

template <class Visit>
void with_numbers(const Product& p, const void* data, Visit&& visit) {
    if (p.type == CUDA_R_16BF)
        visit(Bf16{static_cast<const std::uint16_t*>(data)});
    else if (p.tf32)
        visit(Tf32{static_cast<const float*>(data)});
    else
        visit(F32{static_cast<const float*>(data)});
}

/// Column j of op(B).
std::vector<double> column(const Product& p, std::int64_t j) {
    std::vector<double> values(static_cast<std::size_t>(p.depth));
    with_numbers(p, p.b, [&](const auto b) {
        for (std::int64_t k = 0; k < p.depth; ++k)
            values[static_cast<std::size_t>(k)] = p.op_b == CUBLAS_OP_N ? b[k + j * p.ldb] : b[j + k * p.ldb];
    });
    return values;
}

}  // namespace

void multiply(const Product& p) {
    std::vector<double> sums(static_cast<std::size_t>(p.rows));
    for (std::int64_t j = 0; j < p.columns; ++j) {
        const std::vector<double> factors = column(p, j);
        sums.assign(sums.size(), 0);
        with_numbers(p, p.a, [&](const auto a) {
            for (std::int64_t k = 0; p.op_a == CUBLAS_OP_N && k < p.depth; ++k)
                for (std::int64_t i = 0; i < p.rows; ++i)
                    sums[static_cast<std::size_t>(i)] +=
                        a[i + k * p.lda] * factors[static_cast<std::size_t>(k)];
            for (std::int64_t i = 0; p.op_a != CUBLAS_OP_N && i < p.rows; ++i)
                for (std::int64_t k = 0; k < p.depth; ++k)
                    sums[static_cast<std::size_t>(i)] +=
                        a[k + i * p.lda] * factors[static_cast<std::size_t>(k)];
        });
        for (std::int64_t i = 0; i < p.rows; ++i) {
            float& d = p.d[i + j * p.ldd];
            const double before = p.beta == 0 ? 0 : double{p.beta} * d;
            d = static_cast<float>(p.alpha * sums[static_cast<std::size_t>(i)] + before);
        }
    }
}

void sum_columns(const Product& p, float* out) {
    for (std::int64_t j = 0; j < p.columns; ++j) {
        double sum = 0;
        for (const double value : column(p, j)) sum += value;
        out[j] = static_cast<float>(sum);
    }
}

void scribble(void* workspace, std::size_t bytes) {
    constexpr int worthless = 0x5A;
    const std::size_t end = std::min(bytes, std::size_t{4096});
    if (bytes == 0) return;
    std::memset(workspace, worthless, end);
    std::memset(static_cast<char*>(workspace) + bytes - end, worthless, end);
}

}  // namespace standin
