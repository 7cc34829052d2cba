// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "tests/apps/serve/http/client.h"

namespace emulsion::test {

/// `emulsion serve` as people start it, from its ready line on until it is told to end.
class ServeProcess {
   public:
    /// Its log goes to a descriptor, or nowhere.
    explicit ServeProcess(std::vector<std::string> arguments, int log = -1);
    ~ServeProcess();
    ServeProcess(const ServeProcess&) = delete;
    ServeProcess& operator=(const ServeProcess&) = delete;

    const std::string& line() const { return line_; }
    std::uint16_t port() const;
    /// Waits for its worker, which may still be on its way.
    void wait_until_ready() const;
    HttpResponse ask(const std::string& method, const std::string& path, const std::string& fields = "",
                     const std::string& body = "") const;
    /// The most memory that it has held so far.
    std::size_t peak_kibibytes() const;
    /// The exit code after a signal; -1 if the signal killed it.
    int end(int signal);

   private:
    pid_t pid_ = -1;
    int out_ = -1;
    std::string line_;
};

}  // namespace emulsion::test
