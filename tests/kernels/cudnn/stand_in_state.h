// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// What every function of the stand-in goes through: refusals, ordered failures, the log, live objects.
#pragma once

#include <cudnn.h>

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "tests/kernels/cudnn/stand_in.h"

namespace emulsion::stand_in {

/// Thrown where NVIDIA's rules forbid what was asked; becomes the status, and the text of
/// cudnnGetLastErrorString.
struct Refusal {
    cudnnStatus_t status;
    std::string reason;
};
inline void require(bool met, cudnnStatus_t otherwise, const std::string& reason) {
    if (!met) throw Refusal{otherwise, reason};
}
inline void require(bool met, const std::string& reason) {
    require(met, CUDNN_STATUS_BAD_PARAM, reason);
}

/// Held by every function from its beginning to its end: the stand-in does one thing at a time.
class Call {
   public:
    explicit Call(const char* function);
    /// The status that a test ordered for this call, or success.
    cudnnStatus_t ordered() const { return ordered_; }
    bool gives_back() const { return gives_back_; }
    cudnnStatus_t fail(cudnnStatus_t, const std::string& reason) const;

   private:
    std::unique_lock<std::mutex> lock_;
    const char* function_;
    cudnnStatus_t ordered_;
    bool gives_back_;
};

/// Runs one function's body.
template <class Body>
cudnnStatus_t answer(const char* function, Body&& body) {
    const Call call(function);
    try {
        if (call.ordered() == CUDNN_STATUS_SUCCESS || call.gives_back()) body();
    } catch (const Refusal& refusal) {
        return call.fail(refusal.status, refusal.reason);
    }
    if (call.ordered() != CUDNN_STATUS_SUCCESS) return call.fail(call.ordered(), "as the test wants it");
    return CUDNN_STATUS_SUCCESS;
}

void log(const std::string& line);

/// The engines that a test wants heuristics to name; null: the usual ones.
const std::vector<kernels::tests::StandInEngine>* offered();

/// Counts the objects of one kind.
void count_object(const char* kind, long change);

/// The objects of one kind that are alive, by the pointers that stand for them.
template <class Object>
class Objects {
   public:
    explicit Objects(const char* kind) : kind_(kind) {}

    Object* make(Object object) {
        objects_.push_back(std::make_shared<Object>(std::move(object)));
        count_object(kind_, 1);
        return objects_.back().get();
    }
    std::shared_ptr<Object> find(const void* pointer) const {
        require(pointer != nullptr, CUDNN_STATUS_BAD_PARAM_NULL_POINTER, std::string(kind_) + " is null");
        for (const auto& each : objects_)
            if (each.get() == pointer) return each;
        throw Refusal{CUDNN_STATUS_BAD_PARAM, std::string(kind_) + " was given back, or never made"};
    }
    void give_back(const void* pointer) {
        const auto object = find(pointer);
        std::erase(objects_, object);
        count_object(kind_, -1);
    }

   private:
    const char* kind_;
    std::vector<std::shared_ptr<Object>> objects_;
};

/// Refuses a handle that is not alive. Handles come from cudnnCreate.
void check_handle(cudnnHandle_t);
/// The handle's stream in words.
std::string stream_of(cudnnHandle_t);

}  // namespace emulsion::stand_in
