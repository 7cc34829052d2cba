// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Who may come in: answers a context's questions about those who connect (ZeroMQ RFC 27, ZAP). For the
// gateway's .cpp file alone.
#pragma once

#include <emulsion/log.h>
#include <chrono>
#include <string>
#include <vector>
#include <zmq.hpp>

namespace emulsion::serve {

class KeyKeeper {
   public:
    /// To be there before the gateway's socket is bound. Error(failure): the context has a keeper already.
    KeyKeeper(zmq::context_t&, std::string folder, Log);

    zmq::pollitem_t item() { return {socket_.handle(), 0, ZMQ_POLLIN, 0}; }
    /// Answers what was asked: yes to those whose public key lies in the folder.
    void answer();

   private:
    bool lets_in(const std::vector<zmq::message_t>& question);
    void complain(const std::string& address);

    zmq::socket_t socket_;
    std::string folder_;
    Log log_;
    std::chrono::steady_clock::time_point next_complaint_;
    int refused_ = 0;  ///< since the last complaint
};

}  // namespace emulsion::serve
