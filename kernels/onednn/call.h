// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// How this folder runs oneDNN: primitives whose memory objects are made once and only told new addresses,
// the number of threads, and the entry of an operation in the lists.
#pragma once

#include <dnnl.hpp>
#include <initializer_list>
#include <optional>
#include <utility>
#include <vector>

#include "kernels/kernels.h"

namespace emulsion::kernels::onednn {

/// For its lifetime, an OpenMP team that this thread starts has `threads` members. oneDNN splits the work
/// when a primitive is made, so the count must be in force both then and when the primitive runs.
class TeamSize {
   public:
    explicit TeamSize(int threads);
    ~TeamSize();
    TeamSize(const TeamSize&) = delete;
    TeamSize& operator=(const TeamSize&) = delete;

   private:
    int before_;
};

const dnnl::engine& cpu_engine();

/// Attributes by which a primitive takes its scratchpad from us and allocates none.
dnnl::primitive_attr user_scratchpad();

/// Scratchpad bytes, rounded up to whole cache lines so that what follows is 64-byte aligned.
std::size_t scratch_bytes(const dnnl::primitive_desc_base&);

constexpr std::size_t whole_lines(std::size_t bytes) {
    return (bytes + 63) / 64 * 64;
}

/// Whether oneDNN has more than a reference loop for this: kernels/eigen is faster than those.
bool is_fast(const dnnl::primitive_desc_base&);

/// A primitive bound to its arguments. Only addresses change between calls, and we allocate nothing then
/// (oneDNN itself keeps a small map of the arguments during each call).
class Call {
   public:
    using Binding = std::pair<int, dnnl::memory::desc>;  ///< DNNL_ARG_... and what lies there

    Call() = default;
    /// An argument whose descriptor is empty is left out.
    Call(const dnnl::primitive&, const std::vector<Binding>&);

    explicit operator bool() const { return !arguments_.empty(); }

    /// Runs with one address for each binding, in the same order. Throws KernelError.
    void operator()(std::initializer_list<const void*> addresses) const;

   private:
    dnnl::primitive primitive_;
    dnnl::stream stream_;
    std::vector<dnnl::memory> memories_;  // one for each binding; empty where it was left out
    std::vector<dnnl_exec_arg_t> arguments_;
};

/// A reorder between two descriptors of the same logical shape.
dnnl::reorder::primitive_desc reorder_between(const dnnl::memory::desc& from, const dnnl::memory::desc& to);

/// Called with {from, to, scratchpad}.
Call reorder_call(const dnnl::reorder::primitive_desc&);

/// The type in which convolutions and fully connected layers multiply; none where this precision is not
/// one of oneDNN's on the CPU.
std::optional<dnnl::memory::data_type> arithmetic_type(Precision);

/// The entry of an operation. P is a Plan, made from a P::Recipe: all that can be found out without making
/// a primitive. `std::optional<Recipe> P::consider(const Operation&, const Limits&)` answers it, or none
/// where oneDNN or the limits do not allow; Recipe::workspace_bytes is the plan's.
template <class P>
class Entry {
   public:
    static bool supports(const Operation& op, const Limits& limits) {
        return consider(op, limits).has_value();
    }

    static std::unique_ptr<Plan> plan(const Operation& op, const Limits& limits) {
        const auto recipe = consider(op, limits);
        if (!recipe) throw KernelError("oneDNN cannot run " + describe(op));
        const TeamSize team(limits.threads);
        try {
            return std::make_unique<P>(*recipe);
        } catch (const dnnl::error& error) {
            throw KernelError("oneDNN cannot prepare " + describe(op) + ": " + error.what());
        }
    }

    static Implementation implementation(const char* way = "") {
        return {"onednn", DeviceKind::cpu, supports, plan, way};
    }

   private:
    static std::optional<typename P::Recipe> consider(const Operation& op, const Limits& limits) {
        const TeamSize team(limits.threads);
        try {
            auto recipe = P::consider(op, limits);
            if (recipe && recipe->workspace_bytes > limits.workspace_bytes) return std::nullopt;
            return recipe;
        } catch (const dnnl::error&) {
            return std::nullopt;  // oneDNN's way to say that it has no such primitive
        }
    }
};

}  // namespace emulsion::kernels::onednn
