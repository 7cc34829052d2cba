// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// The endpoints: from a request to a response. It knows nothing of sockets.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "apps/serve/access.h"
#include "apps/serve/backend.h"
#include "apps/serve/body_budget.h"
#include "apps/serve/http_types.h"
#include "apps/serve/limits.h"
#include "apps/serve/metrics.h"
#include "apps/serve/rate_limit.h"
#include "apps/serve/reference_scores.h"
#include "apps/serve/routes.h"

namespace emulsion::serve {

struct ApiSettings {
    Limits limits;
    AccessRules access;
    ReferenceScores reference;
};

/// What is known of a request when its head is there.
struct Admission {
    Route route{"other", "", Endpoint::asset};  ///< until it is found
    std::string id, client;
    std::chrono::milliseconds time{};  ///< for the answer, from the body's end on
    std::optional<Response> response;  ///< that needs no body: a refusal, or an OPTIONS
};

/// Called once, from any thread.
using Reply = std::function<void(Response)>;

/// For one thread, that of the server; answers of photos come from threads of the backend's, even after this
/// object is gone.
class Api {
   public:
    /// The backend must outlive it.
    Api(Backend&, std::shared_ptr<const ApiSettings>);

    /// Of a request whose head could not be read: an id, and the peer as the client.
    static Admission unread(const Peer&);
    /// Decides before a body is read whether it is wanted at all. Never throws a Refusal.
    Admission admit(const RequestHead&, const Peer&);
    /// Answers a request that was admitted. Never throws a Refusal.
    void handle(const Route&, Request, Reply);

    /// From now on not ready: no more photos.
    void stop_taking() { stopping_ = true; }
    const Limits& limits() const { return settings_->limits; }
    const std::shared_ptr<Metrics>& metrics() const { return metrics_; }
    const std::shared_ptr<BodyBudget>& budget() const { return budget_; }

   private:
    void check_photos(const RequestHead&, const Admission&);
    void answer(const Route&, Request&, const Reply&);
    void judge(Endpoint, const Request&, const Reply&);
    void explain(const Request&, const Reply&);
    Response asset(const Request&) const;
    Response readiness(const Request&) const;
    bool ready(const BackendState&) const;

    Backend& backend_;
    std::shared_ptr<const ApiSettings> settings_;
    std::shared_ptr<Metrics> metrics_ = std::make_shared<Metrics>();
    std::shared_ptr<BodyBudget> budget_;
    RateLimit rate_;
    std::atomic<bool> stopping_ = false;
};

}  // namespace emulsion::serve
