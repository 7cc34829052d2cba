// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// CURVE keys, by which gateway and workers know one another and hide what they say from everybody else.
//
//   on the gateway's machine   server.key  server.pub  NAME.pub of every worker that may come in
//   on a worker's              NAME.key    server.pub
//
// A file holds one key in Z85, 40 characters and a line end. NAME.key and server.key are secret: only their
// owner may read them, and a file that others may read (secret_file.h) is refused.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace zmq {
class socket_t;
}

namespace emulsion::serve {

/// Makes server.key, server.pub, WORKER.key and WORKER.pub in a folder, itself made if it is not there, and
/// only its owner's. Keys that are there already stay; a public key that is missing is made from its secret
/// one. Answers the names of the files that were written. Error(usage): a worker's name that is no plain file
/// name, or "server"; Error(data): what is there is no key; Error(failure): it cannot be written.
std::vector<std::string> make_keys(const std::string& folder, const std::string& worker);

/// Lets a gateway's socket, before it is bound, speak to none but those who know server.pub. The socket then
/// asks its context's KeyKeeper (zap.h) about everybody. Error(data): no such key, or no key.
void use_server_key(zmq::socket_t&, const std::string& folder);
/// Lets a worker's socket, before it connects, speak to none but the holder of server.key.
void use_worker_key(zmq::socket_t&, const std::string& folder, const std::string& worker);

/// Whether this public key, 32 bytes, is one of the folder's NAME.pub but server.pub; and then whose, else
/// empty.
std::string find_worker(const std::string& folder, const std::string& public_key);

}  // namespace emulsion::serve
