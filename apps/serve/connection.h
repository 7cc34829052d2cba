// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// One connection of a client: its requests, one after another.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "apps/serve/api.h"
#include "apps/serve/request_log.h"
#include "apps/serve/request_parser.h"

namespace emulsion::serve {

class Connection;

/// What connections need of their server. All of it happens in the server's thread, but for post().
class ConnectionOwner {
   public:
    virtual ~ConnectionOwner() = default;
    virtual Api& api() = 0;
    virtual void log(const std::string& line) = 0;
    virtual bool draining() const = 0;
    virtual void request_begins() = 0;  ///< one that was admitted; `request_ends` follows, whatever happens
    virtual void request_ends() = 0;
    virtual void closed(Connection&) = 0;
    /// Makes a function that runs its argument in the server's thread, from any thread and even when the
    /// server has gone: then it drops it.
    virtual std::function<void(std::function<void()>)> poster() = 0;
};

class Connection : public std::enable_shared_from_this<Connection> {
   public:
    Connection(boost::asio::ip::tcp::socket, Peer, ConnectionOwner&);
    ~Connection();
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    void start();
    void close_if_idle();
    void end_soon();  ///< whoever waits for an answer is told that the server stops
    void close();
    const std::string& client() const { return peer_.address; }

   private:
    /// What is waited for.
    enum class State { idle, head, body, answer, writing, lingering, closed };
    using Clock = std::chrono::steady_clock;
    using Error = boost::system::error_code;

    void next_request();
    void read_more();
    void on_read(const Error&, std::size_t bytes);
    void advance();
    bool parse();
    void on_head();
    void charge_body();
    void check_pace();
    void on_request();
    void refuse(const Refusal&);
    void send(Response, bool keep_alive);
    void on_sent(const Error&);
    void note_answer(const Response&);
    void linger();
    void read_to_nowhere();

    void wait_at_most(std::chrono::milliseconds);
    void on_time_over();
    void end_request();

    boost::asio::ip::tcp::socket socket_;
    boost::asio::steady_timer timer_;
    Peer peer_;
    ConnectionOwner& owner_;
    const Limits& limits_;

    State state_ = State::idle;
    std::uint64_t timer_round_ = 0;  ///< tells a timer that was set anew from one whose end is on its way
    std::vector<char> buffer_;
    std::size_t begin_ = 0, end_ = 0;  ///< of what was read and not yet parsed, in `buffer_`

    // Of the request at hand.
    std::uint64_t request_ = 0;  ///< counts them; tells a late answer from one that is waited for
    std::optional<RequestParser> parser_;
    std::optional<Admission> admission_;  ///< there once it is answered, whatever came of it
    bool counted_ = false;                ///< the owner knows of it
    Clock::time_point started_;
    std::optional<BodyCharge> charge_;
    std::size_t bytes_in_ = 0;  ///< of its body
    Clock::time_point body_until_, window_until_;
    std::size_t window_goal_ = 0;  ///< bytes of the body that must be here by `window_until_`
    std::string out_head_, out_body_;
    bool keep_alive_ = false;
};

}  // namespace emulsion::serve
