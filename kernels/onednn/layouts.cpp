// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "kernels/onednn/layouts.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <numeric>

namespace emulsion::kernels::onednn {
namespace {

using tag = memory::format_tag;

class DescLayout final : public OpaqueLayout {
   public:
    DescLayout(const memory::desc& desc, std::string name) : desc_(desc), name_(std::move(name)) {}

    const memory::desc& desc() const { return desc_; }
    std::string name() const override { return name_; }
    bool equals(const OpaqueLayout& other) const override {
        const auto* ours = dynamic_cast<const DescLayout*>(&other);
        return ours != nullptr && ours->desc_ == desc_ && ours->name_ == name_;
    }

   private:
    memory::desc desc_;
    std::string name_;
};

const dnnl_blocking_desc_t& blocking(const memory::desc& desc) {
    return desc.data.format_desc.blocking;
}

DataType data_type(const memory::desc& desc) {
    switch (desc.data.data_type) {
        case dnnl_bf16:
            return DataType::bf16;
        case dnnl_u8:
            return DataType::u8;
        default:
            return DataType::f32;
    }
}

std::optional<memory::data_type> float_type(DataType type) {
    if (type == DataType::f32) return memory::data_type::f32;
    if (type == DataType::bf16) return memory::data_type::bf16;
    return std::nullopt;
}

memory::dims dims_of(const memory::desc& desc) {
    return {desc.data.dims, desc.data.dims + desc.data.ndims};
}

/// Channels in blocks of which each fills the one cell of its image lie as plain ones do.
bool lies_plain(const memory::desc& desc) {
    const auto& d = desc.data;
    const auto& b = blocking(desc);
    if (desc == memory::desc(dims_of(desc), desc.data_type(), tag::nchw)) return true;
    return b.inner_nblks == 1 && b.inner_idxs[0] == 1 && d.dims[1] == d.padded_dims[1] && d.dims[2] == 1 &&
           d.dims[3] == 1 && b.strides[1] == b.inner_blks[0] && (d.dims[0] == 1 || b.strides[0] == d.dims[1]);
}

/// A descriptor in oneDNN's own way of writing: outer dimensions in the order of memory, those in blocks in
/// upper case, then the blocks. `letters` names the dimensions.
std::string spell(const memory::desc& desc, std::string letters) {
    const auto& b = blocking(desc);
    std::array<int, DNNL_MAX_NDIMS> order{};
    std::iota(order.begin(), order.end(), 0);
    std::stable_sort(order.begin(), order.begin() + desc.data.ndims,
                     [&](int i, int j) { return b.strides[i] > b.strides[j]; });
    std::string inner;
    for (int i = 0; i < b.inner_nblks; ++i) {
        char& letter = letters[static_cast<std::size_t>(b.inner_idxs[i])];
        inner += std::to_string(b.inner_blks[i]) + static_cast<char>(std::tolower(letter));
        letter = static_cast<char>(std::toupper(letter));
    }
    std::string text;
    for (int i = 0; i < desc.data.ndims; ++i)
        text += letters[static_cast<std::size_t>(order[static_cast<std::size_t>(i)])];
    return text + inner + (desc.data.data_type == dnnl_bf16 ? ":bf16" : "");
}

}  // namespace

memory::dims dims(const Shape& s) {
    return {s.n, s.c, s.h, s.w};
}

memory::desc plain_desc(const Shape& shape, memory::data_type type) {
    return {dims(shape), type, tag::nchw};
}

memory::desc any_desc(const memory::dims& dims, memory::data_type type) {
    return {dims, type, tag::any};
}

Layout value_layout(const memory::desc& desc) {
    const DataType type = data_type(desc);
    if (lies_plain(desc)) return {Layout::Kind::nchw, type, desc.get_size(), nullptr};
    if (desc == memory::desc(dims_of(desc), desc.data_type(), tag::nhwc))
        return {Layout::Kind::nhwc, type, desc.get_size(), nullptr};
    return private_layout(desc, spell(desc, "nchw"));
}

Layout private_layout(const memory::desc& desc, std::string name) {
    return {Layout::Kind::opaque, data_type(desc), desc.get_size(),
            std::make_shared<DescLayout>(desc, std::move(name))};
}

Layout packed_layout(const memory::desc& desc) {
    constexpr const char* letters[] = {"oi", "oiw", "oihw", "goihw"};
    return private_layout(desc, spell(desc, letters[desc.data.ndims - 2]));
}

std::optional<memory::desc> known_desc(const Layout& layout, const Shape& shape) {
    const auto type = float_type(layout.type);
    if (layout.bytes == 0 || !type) return std::nullopt;
    if (layout.kind == Layout::Kind::nchw) return plain_desc(shape, *type);
    if (layout.kind == Layout::Kind::nhwc) return memory::desc(dims(shape), *type, tag::nhwc);
    const auto* ours = dynamic_cast<const DescLayout*>(layout.opaque.get());
    if (ours == nullptr || dims_of(ours->desc()) != dims(shape)) return std::nullopt;
    return ours->desc();
}

memory::desc arriving_desc(const Limits& limits, Operand operand, const Shape& shape) {
    return known_desc(limits.arrives(operand), shape).value_or(plain_desc(shape));
}

std::optional<memory::desc> with_images(const memory::desc& desc, std::int64_t images) {
    dnnl_memory_desc_t changed = desc.data;
    auto& blocks = changed.format_desc.blocking;
    if (changed.format_kind != dnnl_blocked || changed.offset0 != 0) return std::nullopt;
    for (int i = 0; i < blocks.inner_nblks; ++i)
        if (blocks.inner_idxs[i] == 0) return std::nullopt;
    std::int64_t image = 1;
    for (int d = 1; d < changed.ndims; ++d) {
        image *= changed.padded_dims[d];
        if (changed.dims[0] > 1 && blocks.strides[d] > blocks.strides[0]) return std::nullopt;
    }
    if (changed.dims[0] > 1 && blocks.strides[0] != image) return std::nullopt;
    blocks.strides[0] = image;
    changed.dims[0] = changed.padded_dims[0] = images;
    return memory::desc(changed);
}

std::optional<Planes> planes_of(const memory::desc& desc) {
    const auto is = [&](tag t) { return desc == memory::desc(dims_of(desc), desc.data_type(), t); };
    const DataType type = data_type(desc);
    const auto channels = desc.data.dims[1], padded = desc.data.padded_dims[1];
    if (is(tag::nchw)) return Planes{tag::nchw, type, channels, 1};
    if (is(tag::nhwc)) return Planes{tag::nhwc, type, 1, channels};
    if (is(tag::nChw16c)) return Planes{tag::nChw16c, type, padded / 16, 16};
    if (is(tag::nChw8c)) return Planes{tag::nChw8c, type, padded / 8, 8};
    return std::nullopt;
}

}  // namespace emulsion::kernels::onednn
