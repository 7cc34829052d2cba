// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "apps/serve/api.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <charconv>
#include <random>

#include "apps/serve/answers.h"
#include "apps/serve/assets.h"
#include "apps/serve/multipart.h"
#include "apps/serve/photos.h"

namespace emulsion::serve {
namespace {

using Clock = std::chrono::steady_clock;

// The net looks at a photo some fifty times to explain it, if at less cost than fifty photos have.
constexpr std::size_t photos_an_explanation = 10;

bool is_request_id(std::string_view text) {
    return !text.empty() && text.size() <= 64 && std::ranges::all_of(text, [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
               c == '_' || c == '.';
    });
}

std::string new_request_id() {
    static thread_local std::mt19937_64 random{std::random_device{}()};
    return fmt::format("{:016x}", random());
}

std::string request_id(const RequestHead& head) {
    const std::string_view sent = head.field("x-request-id").value_or("");
    return is_request_id(sent) ? std::string(sent) : new_request_id();
}

std::chrono::milliseconds time_for(const RequestHead& head, std::chrono::milliseconds most) {
    const auto asked = head.field("x-deadline-ms");
    if (!asked) return most;
    std::int64_t milliseconds = 0;
    const auto [end, error] = std::from_chars(asked->data(), asked->data() + asked->size(), milliseconds);
    if (error != std::errc() || end != asked->data() + asked->size() || milliseconds < 1)
        throw Refusal(400, "deadline", "X-Deadline-Ms is no number of milliseconds");
    return std::min(most, std::chrono::milliseconds(milliseconds));
}

Response plain(std::string text) {
    Response response;
    response.type = "text/plain; charset=utf-8";
    response.body = std::move(text);
    return response;
}

Response options(const std::string& path) {
    const std::string allowed = allowed_methods(path);
    if (allowed.empty()) throw Refusal(404, "path", "there is nothing here by that name");
    Response response;
    response.status = 204;
    response.fields.emplace_back("Allow", allowed);
    return response;
}

/// Replies with the response that `make` makes of all answers. It runs in a thread of the backend's, which no
/// exception may reach.
template <class Make>
auto replying(const Reply& reply, const std::string& id, Make make) {
    return [reply, id, make = std::move(make)](const std::vector<Answer>& answers) mutable {
        Response response;
        try {
            response = make(answers);
        } catch (const std::exception&) {
            response = error_response({500, "failed", "the server failed"}, id);
        }
        reply(std::move(response));
    };
}

void check_type(Endpoint endpoint, const RequestHead& head) {
    const std::string_view type = head.field("content-type").value_or("");
    if (!same_word(head.field("content-encoding").value_or("identity"), "identity"))
        throw Refusal(415, "type", "a body is taken only as it is, without Content-Encoding");
    const bool form = form_boundary(type).has_value();
    switch (endpoint) {
        case Endpoint::form:
            if (!form) throw Refusal(415, "type", "send photos here as multipart/form-data");
            break;
        case Endpoint::score:
            if (!form && !is_photo_type(type))
                throw Refusal(415, "type", "send a photo as image/*, or several as multipart/form-data");
            break;
        case Endpoint::rate_photo:  // as curl --upload-file sends it, without a type
            if (!type.empty() && !is_photo_type(type)) throw Refusal(415, "type", "send a photo as image/*");
            break;
        default:
            if (!is_photo_type(type)) throw Refusal(415, "type", "send a photo as image/*");
    }
}

}  // namespace

Api::Api(Backend& backend, std::shared_ptr<const ApiSettings> settings)
    : backend_(backend),
      settings_(std::move(settings)),
      budget_(std::make_shared<BodyBudget>(settings_->limits.bodies_bytes)),
      rate_(settings_->limits.photos_a_minute) {}

Admission Api::unread(const Peer& peer) {
    Admission admission;
    admission.route.path = "unread";
    admission.id = new_request_id();
    admission.client = peer.address;
    return admission;
}

Admission Api::admit(const RequestHead& head, const Peer& peer) {
    Admission admission;
    admission.id = request_id(head);
    admission.client = client_address(settings_->access, head, peer);
    try {
        admission.time = time_for(head, limits().deadline);
        check_names(settings_->access, head, peer);
        if (head.method == "OPTIONS") {
            admission.response = options(head.path);
            return admission;
        }
        admission.route = find_route(head.method, head.path);
        if (admission.route.wants_token) check_token(settings_->access, head);
        if (head.field("expect") && !same_word(*head.field("expect"), "100-continue"))
            throw Refusal(417, "expect", "only 100-continue can be expected");
        if (admission.route.takes_photos) {
            check_photos(head, admission);
        } else if (head.has_body()) {
            throw Refusal(413, "length", "no body is wanted here");
        }
    } catch (const Refusal& refusal) {
        admission.response = error_response(refusal, admission.id);
    }
    return admission;
}

void Api::check_photos(const RequestHead& head, const Admission& admission) {
    if (stopping_) {
        Answer stopping;
        stopping.outcome = Outcome::stopping;
        throw *refusal_of(stopping);
    }
    check_type(admission.route.endpoint, head);
    if (!head.chunked && !head.content_length)
        throw Refusal(411, "length", "the length of the body is wanted: Content-Length");
    const std::string client = RateLimit::client_of(admission.client);
    if (const int seconds = rate_.wait(client, Clock::now()); seconds != 0) {
        Refusal refusal(429, "rate", fmt::format("more than {} photos a minute", limits().photos_a_minute));
        refusal.fields.emplace_back("Retry-After", std::to_string(seconds));
        throw refusal;
    }
    // One photo for whatever comes, sound or not; what there is more of it is charged when it is known.
    rate_.charge(client, 1, Clock::now());
}

void Api::handle(const Route& route, Request request, Reply reply) {
    try {
        answer(route, request, reply);
    } catch (const Refusal& refusal) {
        reply(error_response(refusal, request.id));
    }
}

void Api::answer(const Route& route, Request& request, const Reply& reply) {
    switch (route.endpoint) {
        case Endpoint::asset:
            return reply(asset(request));
        case Endpoint::form:
        case Endpoint::rate_photo:
        case Endpoint::score:
            return judge(route.endpoint, request, reply);
        case Endpoint::explain:
            return explain(request, reply);
        case Endpoint::model:
            return reply(description(backend_.state(), limits(), request.id));
        case Endpoint::livez:
            return reply(plain("alive\n"));
        case Endpoint::readyz:
            return reply(readiness(request));
        case Endpoint::metrics: {
            const BackendState state = backend_.state();
            Response response = plain(metrics_->text(state, budget_->used(), ready(state)));
            response.type = "text/plain; version=0.0.4; charset=utf-8";
            return reply(std::move(response));
        }
    }
}

void Api::judge(Endpoint endpoint, const Request& request, const Reply& reply) {
    const std::vector<Photo> photos = photos_of(request, budget_, limits().parts);
    rate_.charge(RateLimit::client_of(request.client), photos.size() - 1, Clock::now());
    std::vector<Judged> judged;
    for (const Photo& photo : photos) judged.push_back({photo.name, 0, std::nullopt, photo.refusal});
    const bool form = photos.front().name.has_value();
    // By value all of it: this object may be gone when the last answer comes.
    const auto make = [judged, form, endpoint, id = request.id, model = backend_.state().model,
                       settings = settings_, metrics = metrics_](const std::vector<Answer>& answers) mutable {
        for (std::size_t i = 0; i < judged.size(); ++i) {
            if (judged[i].refusal) {
                metrics->photo(Outcome::bad_photo);
                continue;
            }
            judged[i].refusal = refusal_of(answers[i]);
            judged[i].probability = answers[i].probability;
            judged[i].percentile = settings->reference.percentile(answers[i].probability);
            metrics->photo(answers[i].outcome);
        }
        if (endpoint == Endpoint::form) return score_page(judged);
        if (endpoint == Endpoint::rate_photo) return rating(judged.front(), id);
        return scores(judged, form, model, id);
    };
    ask_all(backend_, Task::score, request, photos, replying(reply, request.id, make));
}

void Api::explain(const Request& request, const Reply& reply) {
    const std::vector<Photo> photos = photos_of(request, budget_, 1);
    if (photos.front().refusal) throw *photos.front().refusal;
    rate_.charge(RateLimit::client_of(request.client), photos_an_explanation - 1, Clock::now());
    const auto make = [id = request.id, metrics = metrics_](const std::vector<Answer>& answers) {
        metrics->photo(answers.front().outcome);
        return explanation(answers.front(), id);
    };
    ask_all(backend_, Task::occlusion, request, photos, replying(reply, request.id, make));
}

Response Api::asset(const Request& request) const {
    const EmbeddedFile& file = *find_asset(request.head.path);
    Response response;
    response.type = content_type(file.name);
    response.cache = "no-cache";  // kept, but asked about each time: a new server brings a new page
    const std::string tag = fmt::format("\"{}\"", file.sha256.substr(0, 32));
    response.fields.emplace_back("ETag", tag);
    if (request.head.field("if-none-match").value_or("").find(tag) != std::string_view::npos) {
        response.status = 304;
    } else {
        response.body = std::string(file.text());
    }
    return response;
}

Response Api::readiness(const Request& request) const {
    const BackendState state = backend_.state();
    if (ready(state)) return serve::readiness(state);
    return error_response(
        {503, "ready", stopping_ ? "the server is being stopped" : "no worker is connected"}, request.id);
}

bool Api::ready(const BackendState& state) const {
    return !stopping_ && !state.workers.empty();
}

}  // namespace emulsion::serve
