// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// How long work shows where it stands: one line that is rewritten on a terminal, else a plain line now
// and then.
#pragma once

#include <chrono>
#include <string>

namespace emulsion::apps {

/// A reader that goes away (a closed terminal, `| head`) silences it and stops nothing.
class Progress {
   public:
    enum class On { output, error };

    /// On the standard output where the course is what a command has to tell; on the standard error where it
    /// has a result to print.
    explicit Progress(On stream = On::output);
    ~Progress();
    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;

    /// Whether show() would show anything now; it limits itself to a few lines a second on a terminal
    /// and to one in ten seconds elsewhere.
    bool due() const;
    void show(const std::string& line);
    /// A line that stays, above the one that is rewritten.
    void say(const std::string& line);

   private:
    void put(const std::string& text);
    void clear();

    using Clock = std::chrono::steady_clock;
    int descriptor_;
    bool terminal_ = false, silent_ = false, open_ = false;
    Clock::time_point shown_{};
};

}  // namespace emulsion::apps
