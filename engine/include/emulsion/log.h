// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>

namespace emulsion {

/// Where the library's messages go; it never prints. An empty callback drops them.
enum class LogLevel { debug, info, warning };
using Log = std::function<void(LogLevel, const std::string&)>;

}  // namespace emulsion
