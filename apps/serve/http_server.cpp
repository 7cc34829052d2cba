// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "apps/serve/http_server.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/write.hpp>

#include <emulsion/error.h>
#include <csignal>
#include <map>
#include <mutex>
#include <unordered_map>
#include <utility>

#include "apps/serve/connection.h"

namespace emulsion::serve {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using SystemError = boost::system::error_code;

constexpr std::chrono::milliseconds last_words{500};

/// The way into the server's thread for those who may outlive the server.
struct Mailbox {
    std::mutex mutex;
    asio::io_context* io = nullptr;  ///< null once the server has gone
};

asio::ip::address parse_address(const std::string& text) {
    SystemError error;
    const auto address = asio::ip::make_address(text, error);
    if (error) throw Error(Error::Kind::usage, text + ": no address to listen at, such as 127.0.0.1 or ::1");
    return address;
}

// An IPv4 address that came through an IPv6 socket is itself again.
asio::ip::address plain(const asio::ip::address& address) {
    if (!address.is_v6() || !address.to_v6().is_v4_mapped()) return address;
    return asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6());
}

}  // namespace

class HttpServer::Core final : public ConnectionOwner {
   public:
    Core(Api& api, const std::string& address, std::uint16_t port, RequestLog log)
        : api_(api), log_(std::move(log)) {
        mailbox_->io = &io_;
        listen({parse_address(address), port});
    }

    ~Core() override {
        {
            const std::scoped_lock lock(mailbox_->mutex);
            mailbox_->io = nullptr;
        }
        close_all();
    }

    std::uint16_t port() const { return port_; }

    void drain_on_signals(std::chrono::milliseconds within) {
        signals_.add(SIGINT);
        signals_.add(SIGTERM);
        signals_.async_wait([this, within](const SystemError& error, int) {
            if (error) return;
            signals_.clear();  // the next one has its ordinary effect
            drain(within);
        });
    }

    void run() {
        accept();
        for (;;) {
            try {
                io_.run();
                return;
            } catch (const std::exception& error) {
                // One connection's mishap (out of memory, say): its time will run out, the others go on.
                log_(log_event("failed", error.what()));
            }
        }
    }

    void drain(std::chrono::milliseconds within) {
        if (draining_) return;
        draining_ = true;
        api_.stop_taking();
        log_(log_event("draining", std::to_string(in_flight_) + " requests in flight"));
        for (const auto& connection : all()) connection->close_if_idle();
        if (in_flight_ == 0) return finish();
        drain_timer_.expires_after(within);
        drain_timer_.async_wait([this](const SystemError& error) {
            if (!error) finish();
        });
    }

    Api& api() override { return api_; }
    void log(const std::string& line) override { log_(line); }
    bool draining() const override { return draining_; }
    void request_begins() override { ++in_flight_; }
    void request_ends() override {
        if (--in_flight_ == 0 && draining_) finish();
    }

    void closed(Connection& connection) override {
        const auto count = by_client_.find(RateLimit::client_of(connection.client()));
        if (--count->second == 0) by_client_.erase(count);
        api_.metrics()->closed();
        connections_.erase(&connection);
        if (finishing_ && connections_.empty()) stop();
    }

    std::function<void(std::function<void()>)> poster() override {
        return [mailbox = mailbox_](std::function<void()> work) {
            const std::scoped_lock lock(mailbox->mutex);
            if (mailbox->io != nullptr) asio::post(*mailbox->io, std::move(work));
        };
    }

   private:
    void listen(const tcp::endpoint& endpoint) {
        try {
            acceptor_.open(endpoint.protocol());
            acceptor_.set_option(tcp::acceptor::reuse_address(true));
            acceptor_.bind(endpoint);
            acceptor_.listen();
            port_ = acceptor_.local_endpoint().port();
        } catch (const boost::system::system_error& error) {
            throw Error(Error::Kind::failure, "cannot listen at " + endpoint.address().to_string() +
                                                  " port " + std::to_string(endpoint.port()) + ": " +
                                                  error.code().message());
        }
    }

    void accept() {
        acceptor_.async_accept([this](const SystemError& error, tcp::socket socket) {
            if (error == asio::error::operation_aborted) return;
            if (!error) {
                accept();  // first, that nothing which befalls this one keeps others out
                return try_to_admit(std::move(socket));
            }
            // No file handles left, most likely: those in use come back.
            log_(log_event("accept failed", error.message()));
            retry_timer_.expires_after(std::chrono::milliseconds(100));
            retry_timer_.async_wait([this](const SystemError& aborted) {
                if (!aborted) accept();
            });
        });
    }

    void try_to_admit(tcp::socket socket) {
        try {
            admit(std::move(socket));
        } catch (const std::exception& error) {
            log_(log_event("accept failed", error.what()));
        }
    }

    void admit(tcp::socket socket) {
        SystemError gone;
        const auto remote = socket.remote_endpoint(gone);
        const auto local = socket.local_endpoint(gone);
        if (gone) return;
        Peer peer;
        peer.address = plain(remote.address()).to_string();
        peer.loopback = plain(remote.address()).is_loopback();
        peer.local_address = plain(local.address()).to_string();
        peer.local_port = local.port();
        const std::string client = RateLimit::client_of(peer.address);
        const Limits& limits = api_.limits();
        const auto known = by_client_.find(client);
        const std::size_t of_client = known == by_client_.end() ? 0 : known->second;
        if (connections_.size() >= limits.connections || of_client >= limits.connections_a_client)
            return turn_away(socket, peer);
        const auto connection = std::make_shared<Connection>(std::move(socket), std::move(peer), *this);
        connections_.emplace(connection.get(), connection);
        ++by_client_[client];
        api_.metrics()->opened();
        connection->start();
    }

    // One try without waiting: whoever is one too many is owed no more.
    void turn_away(tcp::socket& socket, const Peer& peer) {
        api_.metrics()->turned_away("connections");
        const Admission unread = Api::unread(peer);
        const Response response = error_response({503, "connections", "too many connections"}, unread.id);
        const std::string text = head_of(response, unread.id, false) + response.body;
        SystemError ignored;
        socket.non_blocking(true, ignored);
        socket.write_some(asio::buffer(text), ignored);
        socket.shutdown(tcp::socket::shutdown_send, ignored);
        log_(log_line({unread.id, unread.client, "", unread.route.path, response.cause, response.status, 0,
                       response.body.size(), 0}));
    }

    std::vector<std::shared_ptr<Connection>> all() const {
        std::vector<std::shared_ptr<Connection>> result;
        for (const auto& [key, connection] : connections_) result.push_back(connection);
        return result;
    }

    // Copies first, for each that closes leaves the table.
    void close_all() {
        for (const auto& connection : all()) connection->close();
    }

    // Nothing more is waited for but that the last answers are written and taken.
    void finish() {
        if (std::exchange(finishing_, true)) return;
        SystemError ignored;
        acceptor_.close(ignored);
        if (connections_.empty()) return stop();
        drain_timer_.expires_after(last_words);
        drain_timer_.async_wait([this](const SystemError& error) {
            if (!error) stop();
        });
        for (const auto& connection : all()) connection->end_soon();
    }

    void stop() {
        close_all();
        io_.stop();
    }

    Api& api_;
    RequestLog log_;
    std::shared_ptr<Mailbox> mailbox_ = std::make_shared<Mailbox>();
    std::uint16_t port_ = 0;
    bool draining_ = false, finishing_ = false;
    int in_flight_ = 0;
    std::map<std::string, std::size_t> by_client_;  // connections; homes and sites as RateLimit has them
    std::unordered_map<Connection*, std::shared_ptr<Connection>> connections_;
    asio::io_context io_{1};
    tcp::acceptor acceptor_{io_};
    asio::signal_set signals_{io_};
    asio::steady_timer drain_timer_{io_}, retry_timer_{io_};
};

HttpServer::HttpServer(Api& api, const std::string& address, std::uint16_t port, RequestLog log)
    : core_(std::make_unique<Core>(api, address, port, std::move(log))) {}

HttpServer::~HttpServer() = default;

std::uint16_t HttpServer::port() const {
    return core_->port();
}

void HttpServer::drain_on_signals(std::chrono::milliseconds within) {
    core_->drain_on_signals(within);
}

void HttpServer::run() {
    core_->run();
}

void HttpServer::drain(std::chrono::milliseconds within) {
    core_->poster()([core = core_.get(), within] { core->drain(within); });
}

bool is_loopback(const std::string& address) {
    return plain(parse_address(address)).is_loopback();
}

}  // namespace emulsion::serve
