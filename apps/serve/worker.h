// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Who holds the net: connects to a gateway, takes a few jobs at a time, and answers them. It comes back by
// itself from whatever befalls the gateway or the line between.
#pragma once

#include <emulsion/model.h>
#include <chrono>
#include <memory>
#include <string>

#include "apps/serve/backend.h"
#include "apps/serve/context.h"
#include "apps/serve/pipeline.h"

namespace emulsion::serve {

struct WorkerOptions {
    std::string endpoint = "inproc://emulsion";  ///< the gateway's
    std::string name;                            ///< in answers and logs; empty: the machine's
    /// Folder with KEY_NAME.key and server.pub (keys.h); empty: none.
    std::string keys, key_name = "worker";
    bool insecure = false;  ///< allows to connect to another machine without keys
    PipelineOptions pipeline;
    std::chrono::milliseconds heartbeat{1000};   ///< the gateway hears from it this often
    std::chrono::milliseconds silence{5000};     ///< a gateway that says nothing for so long is gone
    std::chrono::milliseconds patience{30'000};  ///< of stop(), with the jobs that it holds
    Log log;                                     ///< called from any thread
};

class Worker {
   public:
    /// Makes the sessions, then connects; a gateway need not be there yet. `model_name` is what people call
    /// the model: its file without the folder. Throws what Session does; Error(usage): another machine, and
    /// neither keys nor `insecure`; Error(data): a key is not what it should be.
    Worker(std::shared_ptr<zmq::context_t>, const std::shared_ptr<const Model>&,
           const std::string& model_name, WorkerOptions);
    /// stop().
    ~Worker();

    /// Takes no more jobs, answers those that it holds, takes leave and waits for its threads to end.
    void stop();

    /// Whether it has ended, by stop() or by a failure; waits for so long to see it.
    bool ended(std::chrono::milliseconds wait = std::chrono::milliseconds(0)) const;
    /// In one line why it ended by itself: the gateway refused it, or the net failed. Empty if it did not.
    std::string failure() const;

    const ModelFacts& model() const;
    WorkerFacts facts() const;

   private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace emulsion::serve
