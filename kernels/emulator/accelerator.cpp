// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// The emulated device behind the interface of all devices. Work is done as soon as it is asked for, so its
// errors come at once; what synchronise() adds is a look at the fences.
#include "kernels/accelerator.h"

#include <chrono>
#include <cstring>
#include <new>

#include "kernels/emulator/device_memory.h"
#include "kernels/emulator/emulator.h"
#include "kernels/emulator/grid.h"

namespace emulsion::kernels::emulated {
namespace {

AcceleratorInfo describe_device() {
    return {"emulator", settings().memory, "", ""};
}

/// Launches, kept with copies of their arguments, as a CUDA graph keeps them.
class Graph final : public Recording, public LaunchSink {
   public:
    void take(const Launch& launch, const Queue& queue, const Call& call) override {
        const auto* const bytes = static_cast<const std::byte*>(call.arguments);
        nodes_.push_back({launch, queue, call, {}});
        Node& node = nodes_.back();
        node.arguments.resize((call.bytes + sizeof(Unit) - 1) / sizeof(Unit));
        std::memcpy(node.arguments.data(), bytes, call.bytes);
        node.call.arguments = node.arguments.data();
    }
    /// Forgets what a recording took that failed halfway.
    void clear() { nodes_.clear(); }
    void run() const {
        for (const Node& node : nodes_) run_grid(node.launch, node.queue, node.call);
    }
    bool recorded = false;

   private:
    struct alignas(std::max_align_t) Unit {
        std::byte bytes[sizeof(std::max_align_t)];
    };
    struct Node {
        Launch launch;
        Queue queue;
        Call call;
        std::vector<Unit> arguments;
    };
    std::vector<Node> nodes_;
};

class EmulatedAccelerator final : public Accelerator {
   public:
    const AcceleratorInfo& info() const override { return info_; }
    std::size_t free_bytes() const override { return emulated::free_bytes(); }

    void* allocate(std::size_t bytes) override {
        if (void* const memory = emulated::allocate(bytes)) return memory;
        const std::size_t left = free_bytes();
        throw OutOfMemory(std::to_string(bytes) + " bytes are asked for, " + std::to_string(left) + " of " +
                              std::to_string(settings().memory) + " are free",
                          left);
    }
    void release(void* memory) noexcept override { emulated::release(memory); }

    void copy_in(void* to, const void* from, std::size_t bytes) override { std::memcpy(to, from, bytes); }
    void copy_out(void* to, const void* from, std::size_t bytes) override {
        synchronise();
        std::memcpy(to, from, bytes);
    }
    void zero(void* at, std::size_t bytes) override { std::memset(at, 0, bytes); }
    void synchronise() override {
        const std::string damage = memory_damage();
        if (!damage.empty()) throw KernelError("a kernel wrote " + damage);
    }
    void* stream() const override { return nullptr; }

    void run(std::unique_ptr<Recording>& recording, const std::function<void()>& work) override {
        if (recording == nullptr) {
            recording = std::make_unique<Graph>();
            work();
            return;
        }
        auto& graph = static_cast<Graph&>(*recording);
        if (!graph.recorded) {
            graph.clear();
            const LaunchCapture capture(graph);
            work();
            graph.recorded = true;
        }
        graph.run();
    }
    double time(const std::function<void()>& work) override {
        using Clock = std::chrono::steady_clock;
        const auto start = Clock::now();
        work();
        return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
    }

   private:
    const AcceleratorInfo info_ = describe_device();
};

}  // namespace

std::unique_ptr<Accelerator> open_accelerator(int index) {
    if (index != 0)
        throw NoDevice("there is no emulated:" + std::to_string(index) + ": there is one emulator");
    try {
        reserve_memory();
    } catch (const std::bad_alloc&) {
        throw NoDevice(
            "the emulator may not reserve 32 GiB of addresses for its memory: see ulimit -v and "
            "vm.overcommit_memory");
    }
    return std::make_unique<EmulatedAccelerator>();
}

std::vector<AcceleratorInfo> accelerators() {
    return {describe_device()};
}

}  // namespace emulsion::kernels::emulated
