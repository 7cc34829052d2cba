// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// An array in the memory of the emulated device.
#pragma once

#include <algorithm>
#include <vector>

#include "kernels/emulator/emulator.h"

namespace emulsion::kernels::emulated {

template <class T>
class DeviceArray {
   public:
    explicit DeviceArray(std::size_t count)
        : data_(static_cast<T*>(allocate(count * sizeof(T), Content::poison))), count_(count) {}
    explicit DeviceArray(const std::vector<T>& values) : DeviceArray(values.size()) {
        std::copy(values.begin(), values.end(), data_);
    }
    ~DeviceArray() { release(data_); }
    DeviceArray(const DeviceArray&) = delete;
    DeviceArray& operator=(const DeviceArray&) = delete;

    T* data() const { return data_; }
    std::vector<T> read() const { return {data_, data_ + count_}; }

   private:
    T* const data_;
    const std::size_t count_;
};

}  // namespace emulsion::kernels::emulated
