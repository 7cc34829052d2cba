// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// A GPU as an Accelerator. CUDA keeps a current device for each thread, so every member names its own first:
// one process may use several cards.
#include "kernels/accelerator.h"

#include <nvtx3/nvToolsExt.h>

#include <algorithm>
#include <thread>

#include "kernels/cuda/call.h"
#include "kernels/cuda/cards.h"
#include "kernels/cuda/staging.h"

namespace emulsion::kernels::cuda {
namespace {

/// Work recorded as a CUDA graph; empty until it has been run once as it is.
class RecordedGraph final : public Recording {
   public:
    explicit RecordedGraph(int device) : device_(device) {}
    ~RecordedGraph() override { cudaSetDevice(device_); }  // for what `exec` gives back

    GraphExecHandle exec;
    std::thread::id prepared;  ///< who has run the work as it is

   private:
    int device_;
};

class Gpu final : public Accelerator {
   public:
    explicit Gpu(int index) : index_(index), info_(open_card(index)) {}
    ~Gpu() override;
    Gpu(const Gpu&) = delete;
    Gpu& operator=(const Gpu&) = delete;

    const AcceleratorInfo& info() const override { return info_; }
    std::size_t free_bytes() const override;
    void* allocate(std::size_t bytes) override;
    void release(void*) noexcept override;
    void copy_in(void* to, const void* from, std::size_t bytes) override;
    void copy_out(void* to, const void* from, std::size_t bytes) override;
    void zero(void* at, std::size_t bytes) override;
    void synchronise() override;
    void* stream() const override { return stream_.get(); }
    void run(std::unique_ptr<Recording>&, const std::function<void()>& work) override;
    double time(const std::function<void()>& work) override;
    void begin_range(const char* name) noexcept override { nvtxRangePushA(name); }
    void end_range() noexcept override { nvtxRangePop(); }

   private:
    void select() const { check(cudaSetDevice(index_), "cudaSetDevice"); }
    GraphExecHandle record(const std::function<void()>& work);

    int index_;
    AcceleratorInfo info_;  // its making selects the card, for the members below
    StreamHandle stream_ = make_stream();
    Staging staging_{stream_.get()};
    EventHandle begin_ = make_event(cudaEventDefault), end_ = make_event(cudaEventDefault);
};

Gpu::~Gpu() {
    // For the members, which give back what they own; copies may still be reading staged memory.
    if (cudaSetDevice(index_) != cudaSuccess || cudaStreamSynchronize(stream_.get()) != cudaSuccess)
        cudaGetLastError();
}

std::size_t Gpu::free_bytes() const {
    select();
    std::size_t free = 0, total = 0;
    check(cudaMemGetInfo(&free, &total), "cudaMemGetInfo");
    return free;
}

void* Gpu::allocate(std::size_t bytes) {
    select();
    void* memory = nullptr;
    const cudaError_t error = cudaMalloc(&memory, std::max<std::size_t>(bytes, 1));
    if (error == cudaErrorMemoryAllocation) {
        cudaGetLastError();
        const std::size_t free = free_bytes();
        throw OutOfMemory(std::to_string(free >> 20) + " MiB of " + std::to_string(info_.memory >> 20) +
                              " MiB are free, " + std::to_string((bytes >> 20) + 1) + " MiB were asked for",
                          free);
    }
    check(error, "cudaMalloc");
    try {
        zero(memory, bytes);
    } catch (...) {
        release(memory);
        throw;
    }
    return memory;
}

void Gpu::release(void* memory) noexcept {
    // A card that has failed refuses this too, and has said so before.
    if (cudaSetDevice(index_) != cudaSuccess || cudaFree(memory) != cudaSuccess) cudaGetLastError();
}

void Gpu::copy_in(void* to, const void* from, std::size_t bytes) {
    select();
    staging_.copy_in(to, from, bytes);
}

void Gpu::copy_out(void* to, const void* from, std::size_t bytes) {
    select();
    staging_.copy_out(to, from, bytes);
}

void Gpu::zero(void* at, std::size_t bytes) {
    select();
    check(cudaMemsetAsync(at, 0, bytes, stream_.get()), "cudaMemsetAsync");
}

void Gpu::synchronise() {
    select();
    check(cudaStreamSynchronize(stream_.get()), "cudaStreamSynchronize");
}

void Gpu::run(std::unique_ptr<Recording>& recording, const std::function<void()>& work) {
    select();
    if (recording == nullptr) recording = std::make_unique<RecordedGraph>(index_);
    auto& recorded = static_cast<RecordedGraph&>(*recording);
    if (recorded.exec.get() == nullptr) {
        // Libraries make a handle for each thread when they first run on it, which no recording allows.
        if (recorded.prepared != std::this_thread::get_id()) {
            work();
            recorded.prepared = std::this_thread::get_id();
            return;
        }
        recorded.exec = record(work);
    }
    check(cudaGraphLaunch(recorded.exec.get(), stream_.get()), "cudaGraphLaunch");
}

GraphExecHandle Gpu::record(const std::function<void()>& work) {
    // Of this thread alone: what other threads ask of CUDA meanwhile is none of the recording's business.
    check(cudaStreamBeginCapture(stream_.get(), cudaStreamCaptureModeThreadLocal), "cudaStreamBeginCapture");
    const auto end = [this](cudaError_t& error) {
        cudaGraph_t graph = nullptr;
        error = cudaStreamEndCapture(stream_.get(), &graph);
        return GraphHandle(graph);
    };
    cudaError_t error{};
    try {
        work();
    } catch (...) {
        end(error);
        cudaGetLastError();
        throw;
    }
    const GraphHandle graph = end(error);
    check(error, "cudaStreamEndCapture");
    // Of the calls that instantiate, the one that CUDA 11.8 and 13 declare alike.
    cudaGraphExec_t exec = nullptr;
    check(cudaGraphInstantiateWithFlags(&exec, graph.get(), 0), "cudaGraphInstantiateWithFlags");
    return GraphExecHandle(exec);
}

double Gpu::time(const std::function<void()>& work) {
    select();
    check(cudaEventRecord(begin_.get(), stream_.get()), "cudaEventRecord");
    work();
    check(cudaEventRecord(end_.get(), stream_.get()), "cudaEventRecord");
    check(cudaEventSynchronize(end_.get()), "cudaEventSynchronize");
    float milliseconds = 0;
    check(cudaEventElapsedTime(&milliseconds, begin_.get(), end_.get()), "cudaEventElapsedTime");
    return double{milliseconds};
}

}  // namespace

std::unique_ptr<Accelerator> open_accelerator(int index) {
    std::string why;
    const int count = count_cards(why);
    if (count > 0) why = "the NVIDIA driver shows cuda:0 to cuda:" + std::to_string(count - 1);
    if (index < 0 || index >= count) throw NoDevice("there is no cuda:" + std::to_string(index) + ": " + why);
    try {
        return std::make_unique<Gpu>(index);
    } catch (const NoDevice&) {
        throw;
    } catch (const KernelError& error) {
        throw NoDevice("cuda:" + std::to_string(index) + " cannot be used: " + error.what());
    }
}

std::vector<AcceleratorInfo> accelerators(std::string* why_not) {
    std::string why;
    std::vector<AcceleratorInfo> usable;
    const int count = count_cards(why);
    for (int i = 0; i < count; ++i) {
        try {
            usable.push_back(open_card(i));
        } catch (const NoDevice& error) {
            why += (why.empty() ? "" : "; ") + std::string(error.what());
        }
    }
    if (why_not != nullptr) *why_not = why;
    return usable;
}

}  // namespace emulsion::kernels::cuda
