// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Between the web server and the workers: takes jobs, holds them in a bounded queue, and gives them out over
// ZeroMQ to whoever has come to help. Who decides is the dispatcher; here are its socket, thread and clock.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "apps/serve/backend.h"
#include "apps/serve/context.h"
#include "apps/serve/dispatcher.h"

namespace emulsion::serve {

struct GatewayOptions {
    /// Where workers connect: inproc://NAME, tcp://ADDRESS:PORT, tcp://*:PORT. Port * takes any that is free.
    std::string endpoint = "inproc://emulsion";
    /// Folder with server.key and the workers' public keys (keys.h). Only workers whose public key lies there
    /// are let in; one that is put there later is known at once. Empty: no keys, and no secrecy.
    std::string keys;
    bool insecure = false;  ///< allows an endpoint that others can reach without keys
    DispatchOptions dispatch;
    Log log;  ///< workers that come, go, die and are refused; called from any thread
};

class Gateway : public Backend {
   public:
    /// Listens at once. With keys, the context must be no other gateway's with keys. Error(usage): others
    /// could reach the endpoint, and there are neither keys nor `insecure`; Error(data): a key is not what it
    /// should be; Error(failure): the endpoint cannot be had.
    Gateway(std::shared_ptr<zmq::context_t>, GatewayOptions);
    /// stop() without patience.
    ~Gateway() override;

    /// `done` is called exactly once: from within for what is refused at once (full, stopping, no_worker,
    /// late), else from the gateway's thread. It may call submit(), but not stop().
    void submit(Job, std::function<void(Answer)> done) override;
    BackendState state() const override;

    /// Takes no more jobs (they are answered `stopping`), finishes those taken, and after `patience` answers
    /// `stopping` to what is left. Tells the workers, who will look for another gateway at the same place.
    /// Every `done` has been called when it comes back. May be called again, from any thread but its own.
    void stop(std::chrono::milliseconds patience);

    /// In one line why its thread ended by itself; empty if it did not. All jobs are then answered
    /// `stopping`.
    std::string failure() const;

    const std::string& endpoint() const;  ///< with the port that was taken

   private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace emulsion::serve
