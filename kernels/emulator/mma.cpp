// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "kernels/emulator/mma.h"

#include <algorithm>

#include "kernels/emulator/describe.h"
#include "kernels/emulator/log.h"

namespace emulsion::kernels::emulated {
namespace {

constexpr unsigned exponent = 0x7F800000, tf32_rest = 0x1FFF;
constexpr int rows = 16, columns = 8;

float bf16(unsigned half) {
    return __uint_as_float(half << 16);
}

/// Operands of one instruction, gathered from the lanes.
template <int depth>
struct Matrices {
    float a[rows][depth], b[depth][columns], c[rows][columns];

    void multiply() {
        for (auto& row : c)
            for (int j = 0; j < columns; ++j)
                for (int k = 0; k < depth; ++k) row[j] += a[&row - c][k] * b[k][j];
    }
    void gather_sums(const Warp& warp) {
        for (unsigned lane = 0; lane < lanes; ++lane)
            for (unsigned i = 0; i < 4; ++i) sum(lane, i) = __uint_as_float(warp.fragment[lane][6 + i]);
    }
    void scatter_sums(Warp& warp) {
        for (unsigned lane = 0; lane < lanes; ++lane)
            for (unsigned i = 0; i < 4; ++i) warp.fragment[lane][6 + i] = __float_as_uint(sum(lane, i));
    }
    float& sum(unsigned lane, unsigned i) { return c[lane / 4 + i / 2 * 8][lane % 4 * 2 + i % 2]; }
};

/// A float whose last 13 bits count was not rounded to TF32, and what a GPU makes of them is its own affair.
float tf32(const Warp& warp, unsigned lane, unsigned i) {
    const unsigned bits = warp.fragment[lane][i];
    if ((bits & tf32_rest) != 0 && (bits & exponent) != exponent) {
        const Thread& thread = warp.threads[lane];
        std::string text = describe_thread(thread) + " at " + describe(thread.place) + ": " +
                           (i < 4 ? "a[" + std::to_string(i) : "b[" + std::to_string(i - 4)) + "]";
        fault("operand not rounded to TF32", std::move(text));
    }
    return __uint_as_float(bits);
}

void multiply_tf32(Warp& warp, std::uint32_t) {
    Matrices<8> m;
    for (unsigned lane = 0; lane < lanes; ++lane) {
        const unsigned g = lane / 4, t = lane % 4;
        for (unsigned i = 0; i < 4; ++i) m.a[g + i % 2 * 8][t + i / 2 * 4] = tf32(warp, lane, i);
        for (unsigned i = 0; i < 2; ++i) m.b[t + i * 4][g] = tf32(warp, lane, 4 + i);
    }
    m.gather_sums(warp);
    m.multiply();
    m.scatter_sums(warp);
}

void multiply_bf16(Warp& warp, std::uint32_t) {
    Matrices<16> m;
    for (unsigned lane = 0; lane < lanes; ++lane) {
        const unsigned g = lane / 4, t = lane % 4;
        for (unsigned half = 0; half < 2; ++half) {
            const auto part = [&](unsigned i) { return bf16(warp.fragment[lane][i] >> 16 * half & 0xFFFF); };
            for (unsigned i = 0; i < 4; ++i) m.a[g + i % 2 * 8][2 * t + half + i / 2 * 8] = part(i);
            for (unsigned i = 0; i < 2; ++i) m.b[2 * t + half + i * 8][g] = part(4 + i);
        }
    }
    m.gather_sums(warp);
    m.multiply();
    m.scatter_sums(warp);
}

/// Matrix instructions are for whole warps.
void check_whole(const Warp& warp, Place place) {
    if (warp.size == lanes) return;
    std::string text = describe(place) + ": the warp has " + std::to_string(warp.size) + " lanes";
    fault("matrix instruction", std::move(text));
}

void multiply(Warp::Operation operation, float (&c)[4], const unsigned (&a)[4], const unsigned (&b)[2],
              Place place) {
    check_whole(*current->warp, place);
    auto& fragment = current->warp->fragment[current->lane];
    std::copy_n(a, 4, fragment);
    std::copy_n(b, 2, fragment + 4);
    std::transform(c, c + 4, fragment + 6, __float_as_uint);
    synchronise_warp(~0U, operation, place);
    std::transform(fragment + 6, fragment + 10, c, __uint_as_float);
}

const std::byte* row_of(const Warp& warp, unsigned lane) {
    const Thread& thread = warp.threads[lane];
    const bool aligned = reinterpret_cast<std::uintptr_t>(thread.row) % 16 == 0;
    if (!aligned || !in_shared_memory(thread.row, 16)) {
        std::string text = describe_thread(thread) + " at " + describe(thread.place) + " gives a row that " +
                           (aligned ? "does not lie in shared memory" : "is not aligned to 16 bytes");
        fault("ldmatrix", std::move(text));
    }
    return thread.row;
}

/// Lane l gets of each matrix the elements (l / 4, 2 (l % 4)) and its right neighbour, or, transposed, their
/// mirror images.
template <unsigned count, bool transposed>
void load(Warp& warp, std::uint32_t) {
    for (unsigned lane = 0; lane < lanes; ++lane)
        for (unsigned matrix = 0; matrix < count; ++matrix) {
            std::uint16_t pair[2];
            for (unsigned half = 0; half < 2; ++half) {
                const unsigned row = lane / 4, column = lane % 4 * 2 + half;
                const std::byte* const at =
                    row_of(warp, matrix * 8 + (transposed ? column : row)) + 2 * (transposed ? row : column);
                log_access(warp.threads[lane], at, 2, Access::read, warp.threads[lane].pc);
                std::memcpy(&pair[half], at, 2);
            }
            warp.fragment[lane][matrix] = pair[0] | static_cast<unsigned>(pair[1]) << 16;
        }
}

}  // namespace

unsigned to_tf32(float x) {
    const unsigned bits = __float_as_uint(x);
    if ((bits & exponent) == exponent) return bits;  // an infinity; or a NaN, which stays one
    return (bits + (tf32_rest + 1) / 2) & ~tf32_rest;
}

unsigned pack_bf16(float low, float high) {
    const auto rounded = [](float x) -> unsigned {  // to nearest, ties to even
        const unsigned bits = __float_as_uint(x);
        if ((bits & ~0x80000000U) > exponent) return 0x7FFF;
        return (bits + 0x7FFF + (bits >> 16 & 1)) >> 16;
    };
    return rounded(low) | rounded(high) << 16;
}

void mma_m16n8k8(float (&c)[4], const unsigned (&a)[4], const unsigned (&b)[2], Place place) {
    multiply(multiply_tf32, c, a, b, place);
}
void mma_m16n8k16(float (&c)[4], const unsigned (&a)[4], const unsigned (&b)[2], Place place) {
    multiply(multiply_bf16, c, a, b, place);
}

void load_matrices(unsigned* r, int count, bool transposed, const void* row, Place place) {
    constexpr Warp::Operation operations[3][2] = {
        {load<1, false>, load<1, true>}, {load<2, false>, load<2, true>}, {load<4, false>, load<4, true>}};
    check_whole(*current->warp, place);
    current->row = static_cast<const std::byte*>(row);
    current->pc = __builtin_return_address(0);
    synchronise_warp(~0U, operations[count / 2][transposed ? 1 : 0], place);
    std::copy_n(current->warp->fragment[current->lane], count, r);
}

}  // namespace emulsion::kernels::emulated
