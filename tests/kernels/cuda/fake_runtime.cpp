// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "tests/kernels/cuda/fake_runtime.h"

#include <cstdlib>
#include <cstring>
#include <deque>
#include <functional>
#include <map>
#include <set>
#include <utility>

#include "kernels/cuda/probe.h"

using Work = std::function<void()>;

struct CUstream_st {
    int card;
    std::deque<Work> queue;
    CUgraph_st* capture = nullptr;
    long asked = 0, done = 0;  // pieces of work, ever

    void finish(long until) {
        for (; done < until; ++done) {
            queue.front()();
            queue.pop_front();
        }
    }
};
struct CUevent_st {
    int card;
    CUstream_st* stream = nullptr;
    long place = 0;  // of the record among the stream's work
};
struct CUgraph_st {
    std::vector<Work> work;
};
struct CUgraphExec_st {
    int card;
    std::vector<Work> work;
};

namespace emulsion::kernels::tests {
namespace {

FakeMachine machine;
int current = 0;
cudaError_t last = cudaSuccess;
std::map<void*, std::pair<int, std::size_t>> memory;  // each block's card and size
std::set<cudaStream_t> streams;

}  // namespace

FakeMachine& fake_machine() {
    return machine;
}

void reset_fake_machine() {
    machine = {};
    current = 0;
    last = cudaSuccess;
}

namespace {

cudaError_t answer(cudaError_t error) {
    if (error != cudaSuccess) last = error;
    return error;
}

/// Whether an object belongs to the thread's current card, as CUDA demands of most.
void mind(int card, const char* call) {
    if (card != current)
        machine.misuse.push_back(std::string(call) + " on another card than the current one");
}

cudaError_t ask(cudaStream_t stream, const char* call, Work work) {
    mind(stream->card, call);
    if (machine.failed_work != cudaSuccess) return answer(machine.failed_work);
    if (stream->capture != nullptr) {
        stream->capture->work.push_back(std::move(work));
    } else {
        stream->queue.push_back(std::move(work));
        ++stream->asked;
    }
    return cudaSuccess;
}

void expect_card_memory(const void* at, std::size_t bytes, const char* call) {
    auto block = memory.upper_bound(const_cast<void*>(at));
    if (block != memory.begin()) {
        --block;
        const auto offset =
            static_cast<std::size_t>(static_cast<const char*>(at) - static_cast<char*>(block->first));
        if (offset + bytes <= block->second.second) return;
    }
    machine.misuse.push_back(std::string(call) + " outside the card's memory");
}

template <class T>
cudaError_t made(T** result, T* object) {
    *result = object;
    ++machine.objects;
    return cudaSuccess;
}

template <class T>
cudaError_t given_back(T* object) {
    delete object;
    --machine.objects;
    return cudaSuccess;
}

}  // namespace
}  // namespace emulsion::kernels::tests

const void* emulsion::kernels::cuda::probe() {
    return nullptr;
}

using namespace emulsion::kernels::tests;

extern "C" {

const char* cudaGetErrorName(cudaError_t error) {
    switch (error) {
        case cudaErrorNoDevice:
            return "cudaErrorNoDevice";
        case cudaErrorMemoryAllocation:
            return "cudaErrorMemoryAllocation";
        case cudaErrorIllegalAddress:
            return "cudaErrorIllegalAddress";
        case cudaErrorDevicesUnavailable:
            return "cudaErrorDevicesUnavailable";
        default:
            return "cudaErrorOther";
    }
}
const char* cudaGetErrorString(cudaError_t) {
    return "as the test wants it";
}
cudaError_t cudaGetLastError() {
    return std::exchange(last, cudaSuccess);
}

cudaError_t cudaGetDeviceCount(int* count) {
    *count = machine.count_error == cudaSuccess ? static_cast<int>(machine.probe_errors.size()) : -7;
    return answer(machine.count_error);
}
cudaError_t cudaDriverGetVersion(int* version) {
    *version = machine.driver;
    return cudaSuccess;
}
cudaError_t cudaRuntimeGetVersion(int* version) {
    *version = 13000;
    return cudaSuccess;
}
cudaError_t cudaGetDeviceProperties(cudaDeviceProp* properties, int card) {
    *properties = {};
    std::strcpy(properties->name, card == 0 ? "First" : "Second");
    properties->major = 9;
    properties->totalGlobalMem = machine.memory;
    return cudaSuccess;
}
cudaError_t cudaSetDevice(int card) {
    current = card;
    return cudaSuccess;
}
cudaError_t cudaFuncGetAttributes(cudaFuncAttributes*, const void*) {
    return answer(machine.probe_errors.at(static_cast<std::size_t>(current)));
}

cudaError_t cudaStreamCreateWithFlags(cudaStream_t* stream, unsigned flags) {
    if (flags != cudaStreamNonBlocking)
        machine.misuse.emplace_back("a stream that waits for the default one");
    made(stream, new CUstream_st{current, {}});
    streams.insert(*stream);
    return cudaSuccess;
}
cudaError_t cudaStreamDestroy(cudaStream_t stream) {
    mind(stream->card, "cudaStreamDestroy");
    stream->finish(stream->asked);
    streams.erase(stream);
    return given_back(stream);
}
cudaError_t cudaStreamSynchronize(cudaStream_t stream) {
    mind(stream->card, "cudaStreamSynchronize");
    if (machine.failed_work != cudaSuccess) return answer(machine.failed_work);
    stream->finish(stream->asked);
    return cudaSuccess;
}

cudaError_t cudaEventCreateWithFlags(cudaEvent_t* event, unsigned) {
    return made(event, new CUevent_st{current});
}
cudaError_t cudaEventDestroy(cudaEvent_t event) {
    mind(event->card, "cudaEventDestroy");
    return given_back(event);
}
cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t stream) {
    mind(event->card, "cudaEventRecord");
    if (machine.failed_work != cudaSuccess) return answer(machine.failed_work);
    event->stream = stream;
    event->place = stream->asked;
    return cudaSuccess;
}
cudaError_t cudaEventSynchronize(cudaEvent_t event) {
    if (machine.failed_work != cudaSuccess) return answer(machine.failed_work);
    if (event->stream != nullptr) event->stream->finish(event->place);
    return cudaSuccess;
}
cudaError_t cudaEventElapsedTime(float* milliseconds, cudaEvent_t start, cudaEvent_t end) {
    *milliseconds = static_cast<float>(end->place - start->place);
    return cudaSuccess;
}

cudaError_t cudaMallocHost(void** result, std::size_t bytes) {
    return made(result, std::malloc(bytes));
}
cudaError_t cudaFreeHost(void* block) {
    std::free(block);
    --machine.objects;
    return cudaSuccess;
}
cudaError_t cudaMemGetInfo(std::size_t* free, std::size_t* total) {
    *free = *total = machine.memory;
    for (const auto& [block, place] : memory)
        if (place.first == current) *free -= place.second;
    return cudaSuccess;
}
cudaError_t cudaMalloc(void** result, std::size_t bytes) {
    if (machine.failed_work != cudaSuccess) return answer(machine.failed_work);
    std::size_t free = 0, total = 0;
    cudaMemGetInfo(&free, &total);
    if (bytes > free) return answer(cudaErrorMemoryAllocation);
    void* const block = std::aligned_alloc(256, (bytes + 255) / 256 * 256);
    std::memset(block, 0xA5, bytes);
    memory[block] = {current, bytes};
    return made(result, block);
}
cudaError_t cudaFree(void* block) {
    mind(memory.at(block).first, "cudaFree");
    for (const cudaStream_t stream : streams)  // as the real one, it waits for the card
        if (stream->card == current) stream->finish(stream->asked);
    memory.erase(block);
    std::free(block);
    --machine.objects;
    return answer(machine.failed_work);
}
cudaError_t cudaMemcpyAsync(void* to, const void* from, std::size_t bytes, cudaMemcpyKind kind,
                            cudaStream_t stream) {
    expect_card_memory(kind == cudaMemcpyHostToDevice ? to : from, bytes, "cudaMemcpyAsync");
    return ask(stream, "cudaMemcpyAsync", [=] { std::memcpy(to, from, bytes); });
}
cudaError_t cudaMemsetAsync(void* at, int value, std::size_t bytes, cudaStream_t stream) {
    expect_card_memory(at, bytes, "cudaMemsetAsync");
    return ask(stream, "cudaMemsetAsync", [=] { std::memset(at, value, bytes); });
}

cudaError_t cudaStreamBeginCapture(cudaStream_t stream, cudaStreamCaptureMode mode) {
    if (mode != cudaStreamCaptureModeThreadLocal) machine.misuse.emplace_back("a recording of all threads");
    mind(stream->card, "cudaStreamBeginCapture");
    if (stream->capture != nullptr) return answer(cudaErrorIllegalState);
    return made(&stream->capture, new CUgraph_st);
}
cudaError_t cudaStreamEndCapture(cudaStream_t stream, cudaGraph_t* graph) {
    *graph = std::exchange(stream->capture, nullptr);
    return cudaSuccess;
}
cudaError_t cudaGraphDestroy(cudaGraph_t graph) {
    return given_back(graph);
}
cudaError_t cudaGraphInstantiateWithFlags(cudaGraphExec_t* exec, cudaGraph_t graph, unsigned long long) {
    return made(exec, new CUgraphExec_st{current, graph->work});
}
cudaError_t cudaGraphExecDestroy(cudaGraphExec_t exec) {
    mind(exec->card, "cudaGraphExecDestroy");
    return given_back(exec);
}
cudaError_t cudaGraphLaunch(cudaGraphExec_t exec, cudaStream_t stream) {
    for (const Work& work : exec->work)
        if (const cudaError_t error = ask(stream, "cudaGraphLaunch", work); error != cudaSuccess)
            return error;
    return cudaSuccess;
}

}  // extern "C"
