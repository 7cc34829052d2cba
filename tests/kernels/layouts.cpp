// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "tests/kernels/layouts.h"

#include <bit>
#include <stdexcept>

#include "tests/kernels/memory.h"
#include "tests/kernels/oracle.h"

namespace emulsion::kernels::tests {
namespace {

void store(std::byte* to, DataType type, double value) {
    const auto put = [to](auto typed) { std::memcpy(to, &typed, sizeof typed); };
    switch (type) {
        case DataType::f32:
            return put(static_cast<float>(value));
        case DataType::bf16:
            return put(static_cast<std::uint16_t>(
                std::bit_cast<std::uint32_t>(static_cast<float>(round_to_bf16(value))) >> 16));
        case DataType::u8:
            return put(static_cast<std::uint8_t>(value));
        case DataType::i32:
            return put(static_cast<std::int32_t>(value));
        case DataType::f64:
            return put(value);
    }
}

template <class T>
T fetch(const std::byte* from) {
    T value;
    std::memcpy(&value, from, sizeof value);
    return value;
}

double load(const std::byte* from, DataType type) {
    switch (type) {
        case DataType::f32:
            return static_cast<double>(fetch<float>(from));
        case DataType::bf16:
            return static_cast<double>(std::bit_cast<float>(std::uint32_t{fetch<std::uint16_t>(from)} << 16));
        case DataType::u8:
            return fetch<std::uint8_t>(from);
        case DataType::i32:
            return fetch<std::int32_t>(from);
        case DataType::f64:
            return fetch<double>(from);
    }
    return 0;
}

/// Which element of the memory holds cell i.
std::size_t element(const Shape& s, Layout::Kind kind, std::int64_t i) {
    if (kind == Layout::Kind::nchw) return static_cast<std::size_t>(i);
    const oracle::Position p = oracle::position(s, i);
    return static_cast<std::size_t>(((p.n * s.h + p.h) * s.w + p.w) * s.c + p.c);
}

/// Runs whichever implementation on the host knows how to bring a value from one layout to another.
std::vector<std::byte> reorder(std::span<const std::byte> source, const Shape& shape, const Layout& from,
                               const Layout& to) {
    const Operation operation{OpKind::reorder, Reorder{shape, from, to}};
    for (const Implementation& implementation : implementations(OpKind::reorder)) {
        if (implementation.device != DeviceKind::cpu || !implementation.supports(operation, Limits{}))
            continue;
        const auto plan = implementation.plan(operation, Limits{});
        GuardedBuffer src(from.bytes), dst(to.bytes), workspace(plan->workspace_bytes());
        std::copy(source.begin(), source.end(), src.data());
        Arguments arguments;
        arguments.set(Operand::src, src.data());
        arguments.set(Operand::dst, dst.data());
        plan->run(arguments, workspace.data(), Stream{});
        if (!src.guards_intact() || !dst.guards_intact() || !workspace.guards_intact())
            throw std::runtime_error(describe(operation) + " wrote outside its buffers");
        return {dst.span().begin(), dst.span().end()};
    }
    throw std::runtime_error("no implementation offers " + describe(operation));
}

}  // namespace

std::vector<std::byte> to_physical(const Array& array, const Layout& layout) {
    if (layout.kind == Layout::Kind::opaque) {
        const Layout plain = plain_layout(array.shape.count());
        return reorder(to_physical(array, plain), array.shape, plain, layout);
    }
    const std::size_t size = size_of(layout.type);
    std::vector<std::byte> bytes(array.cells.size() * size);
    for (std::size_t i = 0; i < array.cells.size(); ++i)
        store(&bytes[element(array.shape, layout.kind, static_cast<std::int64_t>(i)) * size], layout.type,
              array.cells[i]);
    return bytes;
}

Values to_logical(std::span<const std::byte> bytes, const Shape& shape, const Layout& layout) {
    if (layout.kind == Layout::Kind::opaque) {
        const Layout plain = plain_layout(shape.count());
        return to_logical(reorder(bytes, shape, layout, plain), shape, plain);
    }
    const std::size_t size = size_of(layout.type);
    Values cells(static_cast<std::size_t>(shape.count()));
    for (std::size_t i = 0; i < cells.size(); ++i)
        cells[i] =
            load(&bytes[element(shape, layout.kind, static_cast<std::int64_t>(i)) * size], layout.type);
    return cells;
}

Layout nhwc_layout(const Shape& shape, DataType type) {
    Layout layout = plain_layout(shape.count(), type);
    layout.kind = Layout::Kind::nhwc;
    return layout;
}

}  // namespace emulsion::kernels::tests
