// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Cards by their data sheets: what `time --target` sets a run beside. Those of bench/targets are built in.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "apps/measure.h"

namespace emulsion::apps {

/// A speed that somebody measured on the card.
struct MeasuredSpeed {
    std::string net, mode;  ///< a net's name; "training" or "inference"
    int batch = 1;
    double iterations_per_second = 0;
    std::string by, source;  ///< the program that ran, and where the figure comes from

    double photos_per_second() const { return iterations_per_second * batch; }
};

/// A card. All figures are its data sheet's.
struct Target {
    std::string name;
    double flop_per_second = 0;   ///< fp32, without tensor cores
    double bytes_per_second = 0;  ///< of its memory
    int multiprocessors = 0;
    double clock_hertz = 0;
    std::int64_t shared_memory_bytes = 0;  ///< of a multiprocessor, as far as kernels may use it
    std::int64_t memory_bytes = 0;
    int sm = 0;  ///< compute capability times ten: 35, 90
    std::string source;
    std::vector<std::string> devices;  ///< how drivers name it: "GeForce GTX 780 Ti"
    std::vector<MeasuredSpeed> measured;

    Roofline roof() const;
    /// What was measured of this very run; null if nothing was.
    const MeasuredSpeed* measured_speed(const std::string& net, const std::string& mode, int batch) const;
};

/// Reads the JSON of a card. Error(data) in one line, beginning with `where`: not strict JSON, a member that
/// is absent, unknown or of a wrong type, or a number that no card could have.
Target parse_target(std::string_view text, const std::string& where);

/// A built-in card by name, else a file; ./NAME for a file of the same name. Error(data) as above.
Target open_target(const std::string& name_or_path);

/// The names of those built in, sorted.
std::vector<std::string> target_names();

/// The card of a device by the name its driver gives ("NVIDIA H100 80GB HBM3, sm_90"): `own` or a built-in
/// one of which one of `devices` is the end of that name. The end, because "H100" is also part of "H100
/// PCIe", which is slower, and of "H100 MIG 1g.10gb", which is a slice.
std::optional<Target> target_of_device(const std::string& name, const std::optional<Target>& own);

/// The files of bench/targets, by name without ending; the build writes this table.
struct EmbeddedText {
    std::string_view name, text;
};
std::span<const EmbeddedText> embedded_targets();

}  // namespace emulsion::apps
