// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stdexcept>
#include <string>

namespace emulsion {

/// Every failure the library reports. what() is one line: what is wrong, where, and what to do.
class Error : public std::runtime_error {
   public:
    /// The cause; its number is the command's exit code.
    enum class Kind : int {
        failure = 1,     ///< the machine: disk full, out of memory, a library that fails
        usage = 2,       ///< an option or argument that makes no sense
        device = 3,      ///< a device or implementation that was asked for and is not there
        data = 4,        ///< a file that is absent, broken, or not what it should be
        not_finite = 5,  ///< a loss, gradient or weight became NaN or infinite
    };

    Error(Kind kind, const std::string& message) : std::runtime_error(message), kind_(kind) {}
    Kind kind() const { return kind_; }

   private:
    Kind kind_;
};

}  // namespace emulsion
