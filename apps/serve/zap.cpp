// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "apps/serve/zap.h"

#include <emulsion/error.h>
#include <string_view>
#include <utility>
#include <vector>

#include "apps/serve/keys.h"
#include "apps/serve/wire.h"
#include "data/files.h"

namespace emulsion::serve {
namespace {

// Of a question: version, its id, domain, address, identity, mechanism, and for CURVE the public key.
enum Place : std::size_t { version, id, domain, address, identity, mechanism, key, places };

}  // namespace

KeyKeeper::KeyKeeper(zmq::context_t& context, std::string folder, Log log)
    : socket_(context, zmq::socket_type::rep), folder_(std::move(folder)), log_(std::move(log)) {
    socket_.set(zmq::sockopt::linger, 0);
    try {
        socket_.bind("inproc://zeromq.zap.01");
    } catch (const zmq::error_t& error) {
        throw Error(Error::Kind::failure, std::string("one gateway with keys a process: ") + error.what());
    }
}

void KeyKeeper::answer() {
    std::vector<zmq::message_t> question;
    while (receive(socket_, places, question)) {
        const bool good = lets_in(question);
        std::vector<zmq::message_t> answer;
        answer.emplace_back(std::string_view("1.0"));
        answer.push_back(question.size() > id ? std::move(question[id]) : zmq::message_t());
        answer.emplace_back(std::string_view(good ? "200" : "400"));
        answer.emplace_back(std::string_view(good ? "OK" : "unknown key"));
        answer.emplace_back();  // user
        answer.emplace_back();  // metadata
        send(socket_, std::move(answer));
    }
}

bool KeyKeeper::lets_in(const std::vector<zmq::message_t>& question) {
    if (question.size() != places || question[mechanism].to_string_view() != "CURVE") return false;
    if (!find_worker(folder_, question[key].to_string()).empty()) return true;
    complain(question[address].to_string());
    return false;
}

/// Who is refused tries again ten times a second; that is not to fill the log.
void KeyKeeper::complain(const std::string& address) {
    ++refused_;
    const auto now = std::chrono::steady_clock::now();
    if (!log_ || now < next_complaint_) return;
    next_complaint_ = now + std::chrono::seconds(30);
    log_(LogLevel::warning,
         one_line("a worker at " + address + " is refused: its public key is not in " + folder_ + " (" +
                  std::to_string(std::exchange(refused_, 0)) + " refusals since the last such line)"));
}

}  // namespace emulsion::serve
