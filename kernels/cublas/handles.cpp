// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// A handle belongs to a card and to a thread: cuBLAS makes it for the card that is current then, and calls
// that set a stream or a workspace on a shared one would race.
#include <map>

#include "kernels/cublas/api.h"
#include "kernels/cuda/current_card.h"

namespace emulsion::kernels::EMULSION_CUDA_DEVICE::cublas {
namespace {

template <class Handle>
class Handles {
   public:
    using Create = cublasStatus_t(Handle*);
    using Destroy = cublasStatus_t(Handle);

    explicit Handles(Destroy* destroy) : destroy_(destroy) {}
    Handles(const Handles&) = delete;
    Handles& operator=(const Handles&) = delete;
    ~Handles() {
        for (const auto& [card, handle] : by_card_) destroy_(handle);
    }

    Handle of_current_card(Create* create, const char* call) {
        const int card = current_card();
        const auto found = by_card_.find(card);
        if (found != by_card_.end()) return found->second;
        Handle made = nullptr;
        check(create(&made), call);
        return by_card_[card] = made;
    }

   private:
    Destroy* const destroy_;
    std::map<int, Handle> by_card_;
};

}  // namespace

cublasHandle_t handle() {
    thread_local Handles<cublasHandle_t> handles(api().Destroy);
    return handles.of_current_card(api().Create, "cublasCreate");
}

cublasLtHandle_t lt_handle() {
    thread_local Handles<cublasLtHandle_t> handles(api().LtDestroy);
    return handles.of_current_card(api().LtCreate, "cublasLtCreate");
}

}  // namespace emulsion::kernels::EMULSION_CUDA_DEVICE::cublas
