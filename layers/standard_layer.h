// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// What Emulsion's own layers share: settings are read within sane bounds, and a shape is checked before
// anything is computed from it. A model file is input like any other: it must not be able to overflow
// an integer or to ask for more memory than any machine has.
#pragma once

#include <emulsion/layer.h>

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <vector>

namespace emulsion {

class StandardLayer : public Layer {
   public:
    static constexpr std::int64_t most_outputs = std::int64_t{1} << 20;   ///< channels or units of a layer
    static constexpr std::int64_t most_cells = 4096;                      ///< kernel, stride, padding
    static constexpr std::int64_t longest_side = std::int64_t{1} << 24;   ///< one dimension of a shape
    static constexpr std::int64_t most_elements = std::int64_t{1} << 40;  ///< of a value or a parameter

   protected:
    using Words = std::initializer_list<const char*>;
    struct Range {
        std::int64_t low, high;  ///< both included
    };
    /// A setting given once for both directions ("kernel") or once for each ("kernel_h", "kernel_w").
    struct Extent {
        int h = 0, w = 0;
        bool operator==(const Extent&) const = default;
        std::string text() const;  ///< "11x11"
    };

    /// Fails if the definition has a setting that is not in `known`.
    StandardLayer(const LayerDef& def, Words known);

    // Each fails if the setting has the wrong type or a value that is out of bounds, and, where there
    // is no fallback, if it is absent.
    std::int64_t integer(const std::string& key, Range range,
                         std::optional<std::int64_t> fallback = {}) const;
    Extent extent(const std::string& key, Range range, std::optional<int> fallback = {}) const;
    float real(const std::string& key, double low, double high, double fallback) const;
    bool flag(const std::string& key, bool fallback) const;
    std::string word(const std::string& key, Words allowed, const char* fallback = nullptr) const;
    bool has_extent(const std::string& key) const;

    /// The input of a layer that takes exactly one.
    Shape single_input(const std::vector<Shape>& inputs) const;
    /// The shape itself, once it is known to be neither empty nor absurdly large.
    Shape checked(const Shape&) const;
    /// A parameter's declaration, with Caffe's notion of fans: elements an output, and elements an
    /// input channel. Fails if it is absurdly large.
    ParamShape parameter(const std::string& name, std::vector<std::int64_t> shape) const;

   private:
    template <class Read>
    auto named(Read read) const;
};

}  // namespace emulsion
