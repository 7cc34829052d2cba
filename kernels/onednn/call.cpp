// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "kernels/onednn/call.h"

#include <omp.h>

#include <string>

namespace emulsion::kernels::onednn {

TeamSize::TeamSize(int threads) : before_(omp_get_max_threads()) {
    if (threads != before_) omp_set_num_threads(threads);
}

TeamSize::~TeamSize() {
    if (omp_get_max_threads() != before_) omp_set_num_threads(before_);
}

const dnnl::engine& cpu_engine() {
    static const dnnl::engine engine(dnnl::engine::kind::cpu, 0);
    return engine;
}

dnnl::primitive_attr user_scratchpad() {
    dnnl::primitive_attr attributes;
    attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
    return attributes;
}

std::size_t scratch_bytes(const dnnl::primitive_desc_base& primitive) {
    return whole_lines(primitive.scratchpad_desc().get_size());
}

bool is_fast(const dnnl::primitive_desc_base& primitive) {
    return std::string(primitive.impl_info_str()).find("ref") == std::string::npos;
}

Call::Call(const dnnl::primitive& primitive, const std::vector<Binding>& bindings)
    : primitive_(primitive), stream_(cpu_engine()) {
    for (const auto& [argument, desc] : bindings) {
        const bool present = desc.get_size() != 0;
        memories_.push_back(present ? dnnl::memory(desc, cpu_engine(), DNNL_MEMORY_NONE) : dnnl::memory());
        if (present) arguments_.push_back({argument, memories_.back().get()});
    }
}

void Call::operator()(std::initializer_list<const void*> addresses) const {
    auto memory = memories_.begin();
    for (const void* address : addresses) {
        if (*memory) dnnl_memory_set_data_handle(memory->get(), const_cast<void*>(address));
        ++memory;
    }
    const dnnl_status_t status = dnnl_primitive_execute(
        primitive_.get(), stream_.get(), static_cast<int>(arguments_.size()), arguments_.data());
    if (status != dnnl_success) throw KernelError("oneDNN failed with status " + std::to_string(status));
}

dnnl::reorder::primitive_desc reorder_between(const dnnl::memory::desc& from, const dnnl::memory::desc& to) {
    return {cpu_engine(), from, cpu_engine(), to, user_scratchpad()};
}

Call reorder_call(const dnnl::reorder::primitive_desc& primitive) {
    return Call(dnnl::reorder(primitive), {{DNNL_ARG_FROM, primitive.src_desc()},
                                           {DNNL_ARG_TO, primitive.dst_desc()},
                                           {DNNL_ARG_SCRATCHPAD, primitive.scratchpad_desc()}});
}

std::optional<dnnl::memory::data_type> arithmetic_type(Precision precision) {
    if (precision == Precision::fp32) return dnnl::memory::data_type::f32;
    if (precision == Precision::bf16) return dnnl::memory::data_type::bf16;
    return std::nullopt;
}

}  // namespace emulsion::kernels::onednn
