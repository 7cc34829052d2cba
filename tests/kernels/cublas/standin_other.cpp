// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// A library that is called as cuBLAS is and has no more of it than a version.
#include <cublas_v2.h>

cublasStatus_t cublasGetProperty(libraryPropertyType type, int* value) {
    *value = type == MAJOR_VERSION ? EMULSION_STANDIN_MAJOR : static_cast<int>(type);
    return CUBLAS_STATUS_SUCCESS;
}
