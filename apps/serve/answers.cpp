// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "apps/serve/answers.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <set>

#include "engine/json.h"

namespace emulsion::serve {
namespace {

constexpr double percent = 100.0;  // as `emulsion score` multiplies, so that both have the same bits

json::Value optional_text(const std::optional<std::string>& text) {
    return text ? json::Value(json::mended(*text)) : json::Value();
}

Response as_response(json::Object object) {
    Response response;
    response.body = json::write(std::move(object)) + "\n";
    return response;
}

json::Value entry(const Judged& photo) {
    json::Object object = {{"name", optional_text(photo.name)}};
    if (photo.refusal) {
        object.emplace_back("error", json::mended(photo.refusal->message));
        object.emplace_back("status", photo.refusal->status);
    } else {
        object.emplace_back("score", percent * photo.probability);
        object.emplace_back("percentile", photo.percentile ? json::Value(*photo.percentile) : json::Value());
    }
    return object;
}

json::Object model_object(const ModelFacts& model) {
    return {{"name", json::mended(model.name)}, {"fingerprint", json::mended(model.fingerprint)}};
}

}  // namespace

Response rating(const Judged& photo, const std::string& request_id) {
    if (photo.refusal) return error_response(*photo.refusal, request_id);
    Response response;
    response.body = fmt::format("{{\"score\":{:.2f}}}\n", percent * photo.probability);
    return response;
}

Response scores(const std::vector<Judged>& photos, bool form, const ModelFacts& model,
                const std::string& request_id) {
    if (!form && photos.front().refusal) return error_response(*photos.front().refusal, request_id);
    json::Array entries;
    for (const Judged& photo : photos) entries.push_back(entry(photo));
    return as_response({{"request_id", request_id}, {"model", model_object(model)}, {"photos", entries}});
}

Response explanation(const Answer& answer, const std::string& request_id) {
    if (const auto refusal = refusal_of(answer)) return error_response(*refusal, request_id);
    json::Array falls;
    for (const float fall : answer.falls) falls.emplace_back(static_cast<double>(fall));
    return as_response({{"request_id", request_id},
                        {"score", percent * answer.probability},
                        {"rows", answer.rows},
                        {"columns", answer.columns},
                        {"falls", falls}});
}

Response readiness(const BackendState& state) {
    std::set<std::string> devices;
    for (const WorkerFacts& worker : state.workers) {
        std::string device = json::mended(worker.device);
        std::ranges::replace_if(
            device, [](unsigned char c) { return c < 0x20; }, ' ');
        devices.insert(device);
    }
    Response response;
    response.type = "text/plain; charset=utf-8";
    response.body = fmt::format("ready: {}\n", fmt::join(devices, "; "));
    return response;
}

Response description(const BackendState& state, const Limits& limits, const std::string& request_id) {
    if (state.model.fingerprint.empty())
        return error_response({503, "model", "no worker has come yet, so the model is not known"},
                              request_id);
    json::Array workers;
    for (const WorkerFacts& worker : state.workers) {
        workers.push_back(json::Object{{"name", json::mended(worker.name)},
                                       {"device", json::mended(worker.device)},
                                       {"credits", worker.credits},
                                       {"jobs", worker.jobs}});
    }
    json::Object object = model_object(state.model);
    object.emplace_back("height", state.model.height);
    object.emplace_back("width", state.model.width);
    object.emplace_back("version", EMULSION_VERSION);
    object.emplace_back("workers", workers);
    object.emplace_back("limits",
                        json::Object{{"body_bytes", static_cast<std::int64_t>(limits.body_bytes)},
                                     {"photos_in_form", static_cast<std::int64_t>(limits.parts)},
                                     {"photos_a_minute", limits.photos_a_minute},
                                     {"deadline_ms", static_cast<std::int64_t>(limits.deadline.count())}});
    return as_response(std::move(object));
}

std::string html_text(std::string_view text) {
    std::string result;
    for (const char c : json::mended(text)) {
        switch (c) {
            case '&':
                result += "&amp;";
                break;
            case '<':
                result += "&lt;";
                break;
            case '>':
                result += "&gt;";
                break;
            case '"':
                result += "&quot;";
                break;
            case '\'':
                result += "&#39;";
                break;
            default:
                result += c;
        }
    }
    return result;
}

}  // namespace emulsion::serve
