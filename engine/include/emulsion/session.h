// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "emulsion/model.h"
#include "emulsion/options.h"
#include "emulsion/program.h"

namespace emulsion {

class Device;

/// A model ready to run on one device, with plans, memory and threads of its own. One thread uses a
/// session at a time; any number of sessions share a Model.
class Session {
   public:
    /// Opens the device, compiles the net, takes all memory it will ever need, and packs weights. Where
    /// memory does not suffice, Error(failure) tells what was needed and the largest batch that fits.
    Session(const std::shared_ptr<const Model>&, const Options&);
    /// The same on a device that is open already (engine/device.h), by plans for Options::device's kind.
    Session(const std::shared_ptr<const Model>&, const Options&, std::unique_ptr<Device>);
    ~Session();
    Session(Session&&) noexcept;
    Session& operator=(Session&&) noexcept;

    const Model& model() const;
    const Options& options() const;
    const Program& program() const;
    int batch() const;
    int outputs() const;  ///< numbers a photo in the result

    /// Runs photos as the preprocessing contract leaves them after resizing: u8,
    /// count x height x width x 3, RGB interleaved; the centre crop is taken. count <= batch().
    /// Answers count x outputs() numbers, valid until the next run. Nothing is allocated.
    std::span<const float> run(std::span<const std::uint8_t> photos, int count);
    /// Runs inputs that are already prepared: f32, count x channels x height x width.
    std::span<const float> run(std::span<const float> inputs, int count);

    /// The values that can be read after a run, in the order of the net: the output, and what
    /// Options::hold and hold_all keep.
    std::vector<std::string> readable() const;
    /// One of them, in plain NCHW, for the whole batch. Error(usage) if `name` is not readable.
    std::vector<float> value(const std::string& name) const;

    /// Times every step of the runs that follow (a few percent slower), or stops doing so.
    void profile(bool on);

   private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace emulsion
