// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// A line between two ends of a connection that a test can make fail: bytes go through a port of its own.
#pragma once

#include <atomic>
#include <string>
#include <thread>

namespace emulsion::test {

class Line {
   public:
    /// Passes on to a port of this machine whatever connects to port().
    explicit Line(int to_port);
    ~Line();
    Line(const Line&) = delete;
    Line& operator=(const Line&) = delete;

    int port() const { return port_; }
    /// From now on nothing comes through, and nobody is told: a cable pulled out. False: it does again.
    void cut(bool cut) { cut_ = cut; }
    /// Ends the connections that there are.
    void drop() { drop_ = true; }

   private:
    void run(int to_port);

    int listener_ = -1, port_ = 0;
    std::atomic<bool> cut_{false}, drop_{false}, over_{false};
    std::thread thread_;
};

/// Of tcp://HOST:PORT.
int port_of(const std::string& endpoint);

}  // namespace emulsion::test
