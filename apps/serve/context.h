// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// What a gateway and its workers share when they live in one process.
#pragma once

#include <memory>
#include <string>

namespace zmq {
class context_t;
}

namespace emulsion::serve {

/// Endpoints of the form inproc://NAME are known to all who share a context, and to nobody else.
std::shared_ptr<zmq::context_t> make_context();

/// Whether nobody on another machine can reach what listens there: inproc://, ipc://, or tcp:// on a loopback
/// address written as one (127.0.0.1, [::1], localhost).
bool is_local(const std::string& endpoint);

}  // namespace emulsion::serve
