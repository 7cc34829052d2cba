// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// A plan on the bench: its operands in guarded memory of its device, in the layouts it asked for.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "tests/kernels/device_buffer.h"
#include "tests/kernels/problem.h"

namespace emulsion::kernels::tests {

class Rig {
   public:
    /// Plans the problem's operation with one implementation, lays out its memory and packs its weights.
    /// The forward operation, where the problem has one, is run first: by `forward`, or else by the
    /// implementation of the same name, or else by the first that can. Null where the implementation does
    /// not support the operation within the limits. Throws what plan, pack and reorders throw.
    static std::unique_ptr<Rig> build(const Problem&, const Implementation&, Limits,
                                      const Implementation* forward = nullptr);

    /// Brings inputs into place and poisons results; the workspace is filled with `garbage`.
    void load(std::byte garbage = std::byte{0xFF});
    void run() { plan_->run(arguments_, workspace_->data(), stream_); }

    /// From now on `result` is written over `source`.
    void alias(Operand result, Operand source);

    const Plan& plan() const { return *plan_; }
    /// A result in NCHW order.
    Values read(Operand o) const { return read(slot(o)); }
    Values read_list(std::size_t i) const { return read(list_[i]); }
    /// The raw bytes of a result or an input.
    std::span<const std::byte> bytes(Operand o) const { return slot(o).memory->read(); }
    std::span<const std::byte> list_bytes(std::size_t i) const { return list_[i].memory->read(); }

    /// The packed copy of the weights; empty where the plan reads plain ones.
    std::span<const std::byte> packed() const { return packed_->read(); }

    /// What run() touched and must not: guards, and inputs that are not results too.
    std::vector<std::string> damage() const;

   private:
    struct Slot {
        Shape shape;
        Layout layout;
        std::vector<std::byte> given;  ///< an input's bytes; empty for what is only a result
        bool result = false;
        std::unique_ptr<DeviceBuffer> memory;
    };

    Rig(const Problem&, DeviceKind, std::unique_ptr<Plan>, std::unique_ptr<Rig> forward, Threads&);
    void place_operands(const Problem&);
    void pack();
    Slot input_slot(const Array&, const Layout&) const;
    Slot result_slot(const Shape&, const Layout&) const;
    static Values read(const Slot&);
    const Slot& slot(Operand) const;  // where the operand lies, aliases followed

    DeviceKind device_;
    std::unique_ptr<Rig> forward_;  // outlives plan_, which may refer to its plan
    std::unique_ptr<Plan> plan_;
    std::map<Operand, Slot> slots_;
    std::vector<Slot> list_;
    std::vector<void*> list_pointers_;
    std::unique_ptr<DeviceBuffer> packed_, workspace_;
    Arguments arguments_;
    Stream stream_;
    std::map<Operand, Operand> aliases_;
};

/// The implementation of that name for that device, or null.
const Implementation* find_implementation(OpKind, const std::string& name, DeviceKind = DeviceKind::cpu);

}  // namespace emulsion::kernels::tests
