// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// What the functions of the stand-in share.
#pragma once

#include <cublasLt.h>
#include <cublas_v2.h>

#include <cstdint>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "tests/kernels/cublas/standin.h"

namespace standin {

struct Operation {
    cublasComputeType_t compute{};
    cudaDataType scale{};
    cublasOperation_t op_a = CUBLAS_OP_N, op_b = CUBLAS_OP_N;
    std::uint32_t epilogue = CUBLASLT_EPILOGUE_DEFAULT;
    const void* bias = nullptr;
};
struct Matrix {
    cudaDataType type{};
    std::uint64_t rows = 0, columns = 0;
    std::int64_t ld = 0;
};
struct Preference {
    std::uint64_t workspace = 0;
    std::uint32_t schemes = CUBLASLT_REDUCTION_SCHEME_MASK;
    std::uint32_t alignment[4] = {256, 256, 256, 256};  // of A, B, C and D
};
struct Handle {
    void* stream = nullptr;
    void* workspace = nullptr;
    std::size_t workspace_bytes = 0;
    bool own_workspace = false;  // set by the user since the stream was
    cublasMath_t math = CUBLAS_DEFAULT_MATH;
};

struct Failure {
    int calls_before;
    cublasStatus_t status;
};

/// One for the process; its functions are called by one thread at a time.
struct State {
    std::ostringstream log, misuse;
    std::vector<StandInAlgorithm> offers;
    std::map<std::string, Failure> failures;

    std::map<const void*, Operation> operations;
    std::map<const void*, Matrix> matrices;
    std::map<const void*, Preference> preferences;
    std::map<const void*, Handle> handles;
    std::set<const void*> lt_handles;
    std::uintptr_t last_address = 0x1000;
};
State& state();

/// Notes a call. Not CUBLAS_STATUS_SUCCESS: it was told to fail.
cublasStatus_t enter(const std::string& function, const std::string& arguments = "");
/// Notes a misuse, and what comes of it.
cublasStatus_t refuse(cublasStatus_t, const std::string& why);

/// A new object, known by an address at which there is nothing.
template <class Pointer, class Object>
Pointer make(std::map<const void*, Object>& objects, const Object& object) {
    const std::uintptr_t address = state().last_address += 0x10;
    objects[reinterpret_cast<const void*>(address)] = object;
    return reinterpret_cast<Pointer>(address);
}
template <class Object>
Object* find(std::map<const void*, Object>& objects, const void* key) {
    const auto found = objects.find(key);
    return found == objects.end() ? nullptr : &found->second;
}

std::string text(const Matrix&);
std::string text(cudaDataType);
std::string text(cublasComputeType_t);
std::string text(cublasOperation_t);
std::string epilogue_text(std::uint32_t);
std::string address_text(const void*);

/// D = alpha * op(A) * op(B) + beta * D, columns first. Where rounding to TF32 is allowed it is done.
struct Product {
    std::int64_t rows, columns, depth;
    cublasOperation_t op_a, op_b;
    const void *a, *b;
    cudaDataType type;  // of A and B
    std::int64_t lda, ldb, ldd;
    float* d;
    bool tf32;
    float alpha, beta;
};
void multiply(const Product&);
/// out[j] = the sum of column j of op(B).
void sum_columns(const Product&, float* out);

/// Writes what is worth nothing to both ends of a workspace.
void scribble(void* workspace, std::size_t bytes);

}  // namespace standin
