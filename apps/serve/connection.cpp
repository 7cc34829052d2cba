// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "apps/serve/connection.h"

#include <boost/asio/buffer.hpp>
#include <boost/asio/write.hpp>

#include <algorithm>
#include <array>
#include <cstring>
#include <string_view>
#include <utility>

namespace emulsion::serve {
namespace {

namespace asio = boost::asio;

constexpr std::size_t read_bytes = std::size_t{16} << 10;

double milliseconds_since(std::chrono::steady_clock::time_point start) {
    return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace

Connection::Connection(asio::ip::tcp::socket socket, Peer peer, ConnectionOwner& owner)
    : socket_(std::move(socket)),
      timer_(socket_.get_executor()),
      peer_(std::move(peer)),
      owner_(owner),
      limits_(owner.api().limits()),
      buffer_(limits_.header_bytes + read_bytes) {}

Connection::~Connection() {
    end_request();
}

void Connection::start() {
    Error ignored;
    socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
    socket_.non_blocking(true, ignored);
    next_request();
    wait_at_most(limits_.header_time);  // who has just come has something to ask
}

void Connection::close_if_idle() {
    if (state_ == State::idle) close();
}

void Connection::end_soon() {
    Refusal refusal(503, "stopping", "the server is being stopped");
    refusal.fields.emplace_back("Retry-After", "10");
    Error ignored;
    switch (state_) {
        case State::idle:
            return close();
        case State::head:
        case State::body:
            socket_.cancel(ignored);
            return refuse(refusal);
        case State::answer:
            return refuse(refusal);
        default:  // it has its answer, and will close
            return;
    }
}

void Connection::close() {
    if (state_ == State::closed) return;
    state_ = State::closed;
    end_request();
    ++timer_round_;
    timer_.cancel();
    Error ignored;
    socket_.close(ignored);
    owner_.closed(*this);
}

// ---------------------------------------------------------------------------------------------
// Reading

void Connection::next_request() {
    ++request_;
    parser_.emplace(limits_.header_bytes, limits_.body_bytes);
    admission_.reset();
    bytes_in_ = 0;
    started_ = Clock::now();
    state_ = State::idle;
    wait_at_most(limits_.idle_time);
    advance();  // the next request may be here already
}

void Connection::read_more() {
    if (begin_ == end_) begin_ = end_ = 0;
    if (begin_ != 0) {
        std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
        end_ -= std::exchange(begin_, 0);
    }
    if (end_ == buffer_.size())
        return refuse({state_ == State::body ? 400 : 431, "header", "a line of the request is too long"});
    socket_.async_read_some(
        asio::buffer(buffer_.data() + end_, buffer_.size() - end_),
        [self = shared_from_this()](const Error& error, std::size_t bytes) { self->on_read(error, bytes); });
}

void Connection::on_read(const Error& error, std::size_t bytes) {
    const bool reading = state_ == State::idle || state_ == State::head || state_ == State::body;
    if (!reading) return;  // its time was over while this was on its way
    if (error == asio::error::eof && state_ != State::idle)
        return refuse({400, "cut", "the request ends in its middle"});
    if (error) return close();
    end_ += bytes;
    advance();
}

// Goes through what has been read, from state to state, until more must be read or there is an answer to wait
// for.
void Connection::advance() {
    try {
        while (true) {
            switch (state_) {
                case State::idle:
                    if (begin_ == end_) return read_more();
                    state_ = State::head;
                    started_ = Clock::now();
                    wait_at_most(limits_.header_time);
                    break;
                case State::head:
                    if (!parse()) return read_more();
                    if (parser_->has_head()) on_head();
                    break;
                case State::body:
                    if (parser_->is_done()) return on_request();
                    if (parse()) break;
                    charge_body();
                    check_pace();
                    return read_more();
                default:
                    return;
            }
        }
    } catch (const Refusal& refusal) {
        refuse(refusal);
    }
}

// False when more must be read first.
bool Connection::parse() {
    if (begin_ == end_) return false;
    const auto [taken, wants_more] = parser_->feed({buffer_.data() + begin_, end_ - begin_});
    begin_ += taken;
    return !wants_more;
}

void Connection::on_head() {
    const RequestHead& head = parser_->head();
    admission_ = owner_.api().admit(head, peer_);
    const bool body_follows = !parser_->is_done();
    if (admission_->response) {
        // A body that is not wanted is not read: the connection ends with the answer.
        const bool keep = head.keep_alive && !body_follows;
        return send(std::move(*admission_->response), keep);
    }
    state_ = State::body;
    counted_ = true;
    owner_.request_begins();
    charge_.emplace(owner_.api().budget());
    body_until_ = Clock::now() + limits_.body_time;
    window_until_ = Clock::now();
    window_goal_ = 0;
    if (body_follows && head.field("expect")) {
        // Nothing else is on its way out, so there is room; and a client that does not hear it goes on
        // anyway.
        Error ignored;
        socket_.write_some(asio::buffer(std::string_view("HTTP/1.1 100 Continue\r\n\r\n")), ignored);
    }
}

// Memory is taken as bytes come.
void Connection::charge_body() {
    bytes_in_ = parser_->body_bytes();
    if (!charge_->grow_to(parser_->body_memory()))
        throw Refusal(503, "memory", "too many photos are on their way already; try again later");
}

// And they must not come too slowly.
void Connection::check_pace() {
    const auto now = Clock::now();
    if (now < window_until_) return;
    if (bytes_in_ < window_goal_) throw Refusal(408, "slow", "the body comes too slowly");
    window_goal_ = bytes_in_ + limits_.body_window_bytes;
    window_until_ = std::min(now + limits_.body_window, body_until_);
    wait_at_most(std::chrono::ceil<std::chrono::milliseconds>(window_until_ - now));
}

void Connection::on_request() {
    charge_body();
    state_ = State::answer;
    Request request;
    request.head = parser_->head();
    request.id = admission_->id;
    request.client = admission_->client;
    request.deadline = Clock::now() + admission_->time;
    request.body = share(parser_->take_body(), std::move(*charge_));
    wait_at_most(admission_->time + limits_.deadline_grace);
    const auto reply = [post = owner_.poster(), weak = weak_from_this(),
                        number = request_](Response response) {
        post([weak, number, response = std::move(response)]() mutable {
            const auto self = weak.lock();
            if (self && self->request_ == number && self->state_ == State::answer)
                self->send(std::move(response), self->parser_->head().keep_alive);
        });
    };
    try {
        owner_.api().handle(admission_->route, std::move(request), reply);
    } catch (const std::exception& error) {
        owner_.log(log_event("failed", error.what()));
        send(error_response({500, "failed", "the server failed"}, admission_->id), false);
    }
}

// ---------------------------------------------------------------------------------------------
// Answering

// For what cannot be read on: what follows on this connection has no known beginning.
void Connection::refuse(const Refusal& refusal) {
    if (!admission_) admission_ = Api::unread(peer_);
    send(error_response(refusal, admission_->id), false);
}

void Connection::send(Response response, bool keep_alive) {
    state_ = State::writing;
    keep_alive_ = keep_alive && !owner_.draining();
    note_answer(response);
    out_head_ = head_of(response, admission_->id, keep_alive_);
    out_body_ = parser_->head().method == "HEAD" ? "" : std::move(response.body);
    wait_at_most(limits_.answer_time);
    const std::array<asio::const_buffer, 2> both = {asio::buffer(out_head_), asio::buffer(out_body_)};
    asio::async_write(socket_, both,
                      [self = shared_from_this()](const Error& error, std::size_t) { self->on_sent(error); });
}

void Connection::on_sent(const Error& error) {
    if (state_ != State::writing) return;
    if (error) return close();
    end_request();
    if (keep_alive_ && !owner_.draining()) return next_request();
    linger();
}

void Connection::note_answer(const Response& response) {
    const std::string_view endpoint = admission_->route.path;
    const double milliseconds = milliseconds_since(started_);
    owner_.api().metrics()->answered(endpoint, response.status, response.cause, milliseconds / 1000);
    owner_.log(log_line({admission_->id, admission_->client, parser_->head().method, endpoint, response.cause,
                         response.status, bytes_in_, response.body.size(), milliseconds}));
}

// Closing at once, with bytes of the client's unread, would reset the connection, and the client might never
// see the answer. So only our half is closed, and for a while what still comes goes nowhere.
void Connection::linger() {
    state_ = State::lingering;
    Error ignored;
    socket_.shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
    wait_at_most(limits_.linger_time);
    read_to_nowhere();
}

void Connection::read_to_nowhere() {
    socket_.async_read_some(asio::buffer(buffer_),
                            [self = shared_from_this()](const Error& error, std::size_t) {
                                if (self->state_ != State::lingering) return;
                                if (error) return self->close();
                                self->read_to_nowhere();
                            });
}

// ---------------------------------------------------------------------------------------------
// Time

void Connection::wait_at_most(std::chrono::milliseconds time) {
    timer_.expires_after(time);
    timer_.async_wait([weak = weak_from_this(), round = ++timer_round_](const Error& error) {
        const auto self = weak.lock();
        if (!error && self && self->timer_round_ == round) self->on_time_over();
    });
}

void Connection::on_time_over() {
    Error ignored;
    switch (state_) {
        case State::head:
            socket_.cancel(ignored);
            return refuse({408, "slow", "the head of the request comes too slowly"});
        case State::body:
            try {
                check_pace();
            } catch (const Refusal& refusal) {
                socket_.cancel(ignored);
                return refuse(refusal);
            }
            if (Clock::now() < body_until_) return;
            socket_.cancel(ignored);
            return refuse({408, "slow", "the body took too long"});
        case State::answer:
            return send(error_response({504, "deadline", "there was not enough time"}, admission_->id),
                        false);
        default:
            return close();
    }
}

void Connection::end_request() {
    charge_.reset();
    if (parser_) parser_->take_body();  // what was not used of it
    if (std::exchange(counted_, false)) owner_.request_ends();
}

}  // namespace emulsion::serve
