// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// What the calls in a pickle of torch.save's mean: tensors, as views of storages that lie beside it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/formats/pickle.h"
#include "engine/formats/reals.h"

namespace emulsion::formats {

/// Elements of one type in a row, shared by any number of tensors.
struct TorchStorage {
    std::string_view type;     ///< "torch.FloatStorage"
    std::optional<Real> real;  ///< none for integers and truth values
    std::size_t element_bytes = 0;
    std::string_view key;    ///< under which its bytes are found
    std::int64_t count = 0;  ///< of elements
};

/// Element i, j, ... of a tensor is element offset + i strides[0] + j strides[1] + ... of its storage.
/// Every element lies within the storage, and there are not more of them than the storage has.
struct TorchTensor {
    std::string name;
    TorchStorage storage;
    std::int64_t offset = 0;
    std::vector<std::int64_t> shape, strides;

    std::int64_t count() const;
    bool contiguous() const;
};

struct TorchStateDict {
    std::vector<TorchTensor> tensors;  ///< of real numbers
    std::vector<std::string> ignored;  ///< everything else, a line each
};

/// The functions and classes that may stand in the pickle of a state dict.
std::span<const std::string_view> torch_globals();

/// The one dict that holds tensors: the pickle's own value, or else the only one at the next level that
/// has any, such as "state_dict" in a training checkpoint. Error(data) if there is none or more than one.
TorchStateDict torch_state_dict(const pickle::Document&, const std::string& where);

/// Every storage that the pickle mentions, used or not, by key.
std::map<std::string_view, TorchStorage> torch_storages(const pickle::Document&, const std::string& where);

}  // namespace emulsion::formats
