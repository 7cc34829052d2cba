// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "apps/serve/access.h"

#include <arpa/inet.h>
#include <emulsion/error.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "apps/serve/secret_file.h"
#include "data/files.h"
#include "engine/sha256.h"

namespace emulsion::serve {
namespace {

constexpr std::size_t shortest_token = 16, longest_token = 256, largest_file = std::size_t{1} << 20;

std::string digest(std::string_view text) {
    return sha256(std::as_bytes(std::span(text)));
}

// As long for a digest that differs in its first digit as for one that fits.
bool same_digest(const std::string& a, const std::string& b) {
    unsigned difference = a.size() == b.size() ? 0 : 1;
    for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i)
        difference |= static_cast<unsigned char>(a[i]) ^ static_cast<unsigned char>(b[i]);
    return difference == 0;
}

[[noreturn]] void fail(const std::string& path, const std::string& what) {
    throw Error(Error::Kind::data, path + ": " + what);
}

/// "name:8080", "[::1]:8080", "name", split. An empty port where none is given.
struct Authority {
    std::string_view host, port;
};

Authority split(std::string_view text) {
    const std::size_t bracket = text.rfind(']');
    const std::size_t colon = text.rfind(':');
    if (colon == std::string_view::npos || (bracket != std::string_view::npos && colon < bracket))
        return {text, ""};
    return {text.substr(0, colon), text.substr(colon + 1)};
}

bool is_ours(const AccessRules& rules, std::string_view host, const Peer& peer) {
    for (const std::string& name : rules.hosts) {
        const bool at_its_port = !split(name).port.empty();
        if (same_word(at_its_port ? host : split(host).host, name)) return true;
    }
    const auto [name, port] = split(host);
    if ((port.empty() ? "80" : port) != std::to_string(peer.local_port)) return false;
    const bool v6 = peer.local_address.find(':') != std::string::npos;
    if (same_word(name, v6 ? "[" + peer.local_address + "]" : peer.local_address)) return true;
    return peer.loopback && same_word(name, "localhost");
}

bool is_address(const std::string& text) {
    std::array<unsigned char, 16> bytes{};
    return inet_pton(AF_INET, text.c_str(), bytes.data()) == 1 ||
           inet_pton(AF_INET6, text.c_str(), bytes.data()) == 1;
}

}  // namespace

Tokens::Tokens(const std::vector<std::string>& tokens) {
    for (const std::string& token : tokens) digests_.push_back(digest(token));
}

Tokens Tokens::from_file(const std::string& path) {
    struct stat status {};
    if (stat(path.c_str(), &status) == 0 && !is_secret(status, geteuid()))
        fail(path, "others may read these tokens; chmod 600 it");
    const std::vector<std::byte> bytes = read_file(path, largest_file);
    std::string_view rest(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    std::vector<std::string> tokens;
    for (int line = 1; !rest.empty(); ++line) {
        const std::size_t end = std::min(rest.find('\n'), rest.size());
        std::string_view token = rest.substr(0, end);
        rest.remove_prefix(std::min(end + 1, rest.size()));
        if (token.ends_with('\r')) token.remove_suffix(1);
        token = trimmed(token);
        if (token.empty() || token.starts_with('#')) continue;
        const bool sound = std::ranges::all_of(token, [](char c) { return c > ' ' && c < '\x7f'; });
        if (!sound || token.size() < shortest_token || token.size() > longest_token)
            fail(path + ":" + std::to_string(line),
                 "a token has 16 to 256 characters of ASCII, without blanks");
        tokens.emplace_back(token);
    }
    if (tokens.empty()) fail(path, "no token in it");
    return Tokens(tokens);
}

bool Tokens::admit(std::string_view authorization) const {
    constexpr std::string_view scheme = "Bearer ";
    if (!same_word(authorization.substr(0, scheme.size()), scheme)) return false;
    const std::string presented = digest(trimmed(authorization.substr(scheme.size())));
    bool known = false;
    for (const std::string& one : digests_) known |= same_digest(one, presented);
    return known;
}

void check_names(const AccessRules& rules, const RequestHead& head, const Peer& peer) {
    const auto host = head.field("host");
    if (!host || host->empty()) throw Refusal(400, "host", "the request names no Host");
    if (!is_ours(rules, *host, peer))
        throw Refusal(403, "host",
                      "this server does not go by that name (emulsion serve --host NAME allows one)");
    const auto origin = head.field("origin");
    if (!origin) return;
    const std::string wanted(*host);
    if (!same_word(*origin, "http://" + wanted) && !same_word(*origin, "https://" + wanted))
        throw Refusal(403, "origin", "pages of another origin may not ask this server");
}

void check_token(const AccessRules& rules, const RequestHead& head) {
    if (!rules.tokens.wanted() || rules.tokens.admit(head.field("authorization").value_or(""))) return;
    Refusal refusal(401, "token", "a token is wanted: Authorization: Bearer TOKEN");
    refusal.fields.emplace_back("WWW-Authenticate", "Bearer");
    throw refusal;
}

std::string client_address(const AccessRules& rules, const RequestHead& head, const Peer& peer) {
    if (!rules.behind_proxy || !peer.loopback) return peer.address;
    // The last entry is the proxy's own; those before it are whatever the client has sent.
    std::string_view last;
    for (const auto& [name, value] : head.fields)
        if (name == "x-forwarded-for") last = value;
    const std::size_t comma = last.rfind(',');
    std::string address(trimmed(comma == std::string_view::npos ? last : last.substr(comma + 1)));
    return is_address(address) ? address : peer.address;
}

}  // namespace emulsion::serve
