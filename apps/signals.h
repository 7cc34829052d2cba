// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// What long work hears from outside: SIGINT and SIGTERM ask it to stop, SIGHUP to save and go on.
#pragma once

namespace emulsion::apps {

/// A signal that the process was begun to ignore, as nohup does with SIGHUP: it is heard all the same, or
/// stays ignored.
enum class Ignored { is_heard, stays };

/// While one of these lives, the three signals only set a flag. A second SIGINT or SIGTERM has its
/// ordinary effect and ends the process at once, which loses nothing but the work since the last
/// snapshot. At most one at a time; the former handlers come back at its end.
class SignalWatch {
   public:
    explicit SignalWatch(Ignored ignored = Ignored::is_heard);
    ~SignalWatch();
    SignalWatch(const SignalWatch&) = delete;
    SignalWatch& operator=(const SignalWatch&) = delete;

    /// The signal that asks for an end, or 0.
    int stop() const;
    /// Whether SIGHUP came since the last call.
    bool take_save_request();
};

}  // namespace emulsion::apps
