// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Who may ask: the names by which the server is called, the pages that may call it, and bearer tokens.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "apps/serve/http_types.h"

namespace emulsion::serve {

/// Bearer tokens, kept as digests, so that comparing takes the same time whatever is wrong with one.
class Tokens {
   public:
    Tokens() = default;  ///< none: everybody may
    explicit Tokens(const std::vector<std::string>& tokens);
    /// One token a line; blank lines and those that begin with # say nothing. Error(data): the file is
    /// absent, holds no token, one of under 16 or over 256 characters or with blanks, or others than its
    /// owner may read it.
    static Tokens from_file(const std::string& path);

    bool wanted() const { return !digests_.empty(); }
    /// Of a field Authorization, "Bearer TOKEN".
    bool admit(std::string_view authorization) const;

   private:
    std::vector<std::string> digests_;
};

struct AccessRules {
    /// Names beside the address that a connection came to: "photos.example" at any port, or
    /// "photos.example:8443" at that one.
    std::vector<std::string> hosts;
    Tokens tokens;
    bool behind_proxy = false;  ///< believe X-Forwarded-For of those who connect from this machine
};

/// Refusal: 400 without a Host, 403 for a Host that is not ours (a page elsewhere may have pointed its own
/// name here) or for a page of another origin.
void check_names(const AccessRules&, const RequestHead&, const Peer&);

/// Refusal: 401 without a token that is known, where one is wanted.
void check_token(const AccessRules&, const RequestHead&);

/// The client's address: the peer's, or what the trusted proxy says of it.
std::string client_address(const AccessRules&, const RequestHead&, const Peer&);

}  // namespace emulsion::serve
