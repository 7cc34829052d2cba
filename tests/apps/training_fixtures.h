// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// A training task so small that a run of hundreds of updates takes a second, yet with every part that
// could spoil a resume: momentum, dropout, mirroring, random crops, several batches an update.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "apps/training_log.h"
#include "tests/apps/fixtures.h"

namespace emulsion::test {

/// A folder with net.safetensors, and lists train.txt and val.txt of striped (1) and plain (0) photos.
class TrainingFolder {
   public:
    explicit TrainingFolder(int photos = 32);

    std::string file(const std::string& name) const { return folder_.file(name); }
    /// Arguments of `emulsion train` into OUT within the folder, `more` at the end.
    std::vector<std::string> train(const std::string& out, int iterations,
                                   const std::vector<std::string>& more = {}) const;

   private:
    TemporaryFolder folder_;
};

/// `emulsion ARGUMENTS...` that goes on by itself; its output is dropped.
class Background {
   public:
    explicit Background(const std::vector<std::string>& arguments);
    ~Background();
    Background(const Background&) = delete;
    Background& operator=(const Background&) = delete;

    void send(int signal) const;
    /// The exit code; 128 + N if signal N ended it.
    int wait();

   private:
    pid_t process_;
    bool running_ = true;
};

/// Waits until a file of training has grown to `lines` lines; false after a minute.
bool wait_for_lines(const std::string& path, int lines);

/// Every tensor of a safetensors file, by name, as bytes.
std::map<std::string, std::vector<std::byte>> tensors_of(const std::string& path);

/// What must not depend on interruptions: the model's tensors, the best model's, the curve in the log.
void expect_same_result(const std::string& folder, const std::string& other);

}  // namespace emulsion::test
