// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "tests/kernels/cudnn/stand_in_state.h"

#include <cstdio>
#include <cstring>
#include <map>
#include <optional>

struct cudnnContext {
    cudaStream_t stream = nullptr;
};

namespace emulsion::stand_in {
namespace {

using kernels::tests::StandInCudnn;
using kernels::tests::StandInEngine;

struct Failure {
    std::string function;
    long in = 0;  ///< calls until then
    cudnnStatus_t status = CUDNN_STATUS_SUCCESS;
};

/// All that is global; a library has one copy of it.
struct State {
    std::mutex mutex;
    std::vector<std::string> log;
    std::map<std::string, long> calls, live;
    std::optional<Failure> failure;
    std::optional<std::vector<StandInEngine>> engines;
    std::size_t version = CUDNN_VERSION;
    Objects<cudnnContext> handles{"handle"};
};
State& state() {
    static State all;
    return all;
}

// As in cuDNN, each thread has its own last error. Plain characters: a handle may be given back when the
// thread's objects are gone already.
thread_local char last_error[512];

long sum(const std::map<std::string, long>& counts, const std::string& name) {
    long total = 0;
    for (const auto& [key, count] : counts)
        if (name.empty() || key == name) total += count;
    return total;
}

const StandInCudnn controls{
    [] {
        const std::lock_guard lock(state().mutex);
        state().log.clear();
        state().calls.clear();
        state().failure.reset();
        state().engines.reset();
        state().version = CUDNN_VERSION;
    },
    [] {
        const std::lock_guard lock(state().mutex);
        return static_cast<long>(state().log.size());
    },
    [](long i) {
        const std::lock_guard lock(state().mutex);
        return state().log.at(static_cast<std::size_t>(i)).c_str();
    },
    [](const char* function) {
        const std::lock_guard lock(state().mutex);
        return sum(state().calls, function);
    },
    [](const char* kind) {
        const std::lock_guard lock(state().mutex);
        return sum(state().live, kind);
    },
    [](const char* function, long nth, int status) {
        const std::lock_guard lock(state().mutex);
        state().failure = Failure{function, nth, static_cast<cudnnStatus_t>(status)};
    },
    [](const StandInEngine* engines, long count) {
        const std::lock_guard lock(state().mutex);
        state().engines.reset();
        if (engines != nullptr) state().engines.emplace(engines, engines + count);
    },
    [](std::size_t version) {
        const std::lock_guard lock(state().mutex);
        state().version = version;
    },
};

/// Counts a call; the status that a test ordered for it.
cudnnStatus_t count_call(const std::string& function) {
    ++state().calls[function];
    auto& failure = state().failure;
    if (!failure || (!failure->function.empty() && failure->function != function))
        return CUDNN_STATUS_SUCCESS;
    if (--failure->in > 0) return CUDNN_STATUS_SUCCESS;
    const cudnnStatus_t status = failure->status;
    failure.reset();
    return status;
}

}  // namespace

Call::Call(const char* function)
    : lock_(state().mutex),
      function_(function),
      ordered_(count_call(function)),
      gives_back_(std::strstr(function, "Destroy") != nullptr) {}

cudnnStatus_t Call::fail(cudnnStatus_t status, const std::string& reason) const {
    const std::string text = std::string(function_) + ": " + reason;
    std::snprintf(last_error, sizeof last_error, "%s", text.c_str());
    log("refused " + std::to_string(status) + " " + text);
    return status;
}

void log(const std::string& line) {
    state().log.push_back(line);
}

const std::vector<StandInEngine>* offered() {
    return state().engines ? &*state().engines : nullptr;
}

void count_object(const char* kind, long change) {
    state().live[kind] += change;
}

void check_handle(cudnnHandle_t handle) {
    static_cast<void>(state().handles.find(handle));
}

std::string stream_of(cudnnHandle_t handle) {
    char text[32];
    std::snprintf(text, sizeof text, "%p", static_cast<void*>(state().handles.find(handle)->stream));
    return text;
}

}  // namespace emulsion::stand_in

using namespace emulsion::stand_in;

extern "C" {

__attribute__((visibility("default"))) const emulsion::kernels::tests::StandInCudnn*
emulsion_stand_in_cudnn() {
    return &controls;
}

std::size_t cudnnGetVersion() {
    const std::lock_guard lock(state().mutex);
    return state().version;
}

const char* cudnnGetErrorString(cudnnStatus_t status) {
    switch (status) {
        case CUDNN_STATUS_SUCCESS:
            return "CUDNN_STATUS_SUCCESS";
        case CUDNN_STATUS_BAD_PARAM:
            return "CUDNN_STATUS_BAD_PARAM";
        case CUDNN_STATUS_NOT_SUPPORTED:
            return "CUDNN_STATUS_NOT_SUPPORTED";
        case CUDNN_STATUS_INTERNAL_ERROR:
            return "CUDNN_STATUS_INTERNAL_ERROR";
        case CUDNN_STATUS_EXECUTION_FAILED:
            return "CUDNN_STATUS_EXECUTION_FAILED";
        default:
            return "CUDNN_STATUS_OTHER";
    }
}

void cudnnGetLastErrorString(char* message, std::size_t max_size) {
    if (message == nullptr || max_size == 0) return;
    std::snprintf(message, max_size, "%s", last_error);
    last_error[0] = 0;  // as the real one: it tells an error once
}

cudnnStatus_t cudnnCreate(cudnnHandle_t* handle) {
    return answer("cudnnCreate", [&] {
        require(handle != nullptr, "handle == nullptr");
        *handle = state().handles.make({});
        log("create handle");
    });
}

cudnnStatus_t cudnnDestroy(cudnnHandle_t handle) {
    return answer("cudnnDestroy", [&] {
        if (handle == nullptr) return;  // the real one takes it
        state().handles.give_back(handle);
        log("destroy handle");
    });
}

cudnnStatus_t cudnnSetStream(cudnnHandle_t handle, cudaStream_t stream) {
    return answer("cudnnSetStream", [&] {
        state().handles.find(handle)->stream = stream;
        log("set stream " + stream_of(handle));
    });
}

}  // extern "C"
