// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "tests/engine/fake_library.h"

namespace emulsion::testing {

using kernels::DeviceKind;
using kernels::Implementation;
using kernels::Limits;
using kernels::Operation;
using kernels::OpKind;
using kernels::Plan;

FakeLibrary& FakeLibrary::get() {
    static FakeLibrary library;
    return library;
}

namespace {

constexpr const char* nhwc = "nhwc";

const Implementation& readable(OpKind kind) {
    return kernels::implementations(kind).back();
}

Limits in_fp32(Limits limits) {
    limits.precision = kernels::Precision::fp32;
    if (limits.forward != nullptr) limits.forward = nullptr;  // eigen's keeps what any of eigen's reads
    return limits;
}

std::string failure(const std::function<std::string(const Operation&, const std::string&)>& of,
                    const Operation& operation, const char* way) {
    return of ? of(operation, way) : std::string();
}

class FakePlan final : public Plan {
   public:
    FakePlan(const Operation& operation, const Limits& limits, const char* way)
        : operation_(operation), way_(way), by_(readable(operation.kind).plan(operation, in_fp32(limits))) {
        for (int i = 0; i < kernels::operand_count; ++i)
            set_layout(static_cast<kernels::Operand>(i), by_->layout(static_cast<kernels::Operand>(i)));
        list_layouts_ = by_->list_layouts();
        workspace_bytes_ = by_->workspace_bytes();
        in_place_ = by_->in_place();
        variant_ = *way == 0 ? "engine 67" : "engine 67, nhwc";
        if (operation.kind == OpKind::conv_forward && !FakeLibrary::get().pack_failure.empty())
            packed_ = by_->layout(kernels::Operand::weights);
    }
    void pack(const float*, void*, void*, const kernels::Stream&) const override {
        throw kernels::KernelError(FakeLibrary::get().pack_failure);
    }
    void run(const kernels::Arguments& arguments, void* workspace,
             const kernels::Stream& stream) const override {
        const std::string wrong = failure(FakeLibrary::get().run_failure, operation_, way_);
        if (!wrong.empty()) throw kernels::KernelError(wrong);
        by_->run(arguments, workspace, stream);
    }

   private:
    Operation operation_;
    const char* way_;
    std::unique_ptr<Plan> by_;
};

bool supports(const Operation& operation, const Limits& limits) {
    FakeLibrary& library = FakeLibrary::get();
    ++library.asked;
    if (!library.present || limits.batch_invariant) return false;
    if (limits.precision != kernels::Precision::fp32 && library.reduced.count(operation.kind) == 0)
        return false;
    return readable(operation.kind).supports(operation, in_fp32(limits));
}

std::unique_ptr<Plan> make(const Operation& operation, const Limits& limits, const char* way) {
    const std::string wrong = failure(FakeLibrary::get().plan_failure, operation, way);
    if (!wrong.empty()) throw kernels::KernelError(wrong);
    return std::make_unique<FakePlan>(operation, limits, way);
}

}  // namespace
}  // namespace emulsion::testing

namespace emulsion::kernels {

void cuda::append_cudnn(OpKind kind, std::vector<Implementation>& list) {
    using namespace testing;
    list.push_back({"cudnn", DeviceKind::cuda, supports,
                    [](const Operation& o, const Limits& l) { return make(o, l, ""); }});
    if (kind == OpKind::conv_forward)
        list.push_back({"cudnn", DeviceKind::cuda, supports,
                        [](const Operation& o, const Limits& l) { return make(o, l, nhwc); }, nhwc});
}

Component cudnn_component() {
    testing::FakeLibrary& library = testing::FakeLibrary::get();
    ++library.asked;
    return {"cuDNN", library.present ? "9.19.0" : "cudnn is not here: libcudnn.so.9 was hidden",
            library.present, DeviceKind::cuda, "cudnn"};
}

}  // namespace emulsion::kernels
