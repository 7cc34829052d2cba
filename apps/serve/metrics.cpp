// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "apps/serve/metrics.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <iterator>

namespace emulsion::serve {
namespace {

/// Text in which every line is of one metric.
class Writer {
   public:
    explicit Writer(std::string& text) : text_(text) {}

    void begin(std::string_view name, std::string_view type, std::string_view help) {
        name_ = name;
        text_ += fmt::format("# HELP {0} {2}\n# TYPE {0} {1}\n", name, type, help);
    }
    template <class Number>
    void value(Number number, const std::string& labels = "", std::string_view suffix = "") {
        text_ += fmt::format("{}{}{}{} {}\n", name_, suffix, labels.empty() ? "" : "{",
                             labels.empty() ? "" : labels + "}", number);
    }
    template <class Number>
    void only(std::string_view name, std::string_view type, std::string_view help, Number number) {
        begin(name, type, help);
        value(number);
    }

   private:
    std::string& text_;
    std::string_view name_;
};

// Names of workers and devices come from other machines.
std::string label(std::string_view name, std::string_view value) {
    std::string escaped;
    for (const char c : value) {
        if (c == '"' || c == '\\') escaped += '\\';
        escaped += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
    }
    return fmt::format("{}=\"{}\"", name, escaped);
}

void write_backend(std::string& text, const BackendState& state) {
    Writer out(text);
    out.only("emulsion_queue_jobs", "gauge", "Photos that wait for a worker.", state.queued_jobs);
    out.only("emulsion_queue_bytes", "gauge", "Their bytes.", state.queued_bytes);
    out.only("emulsion_workers", "gauge", "Workers that are connected.", state.workers.size());
    out.begin("emulsion_worker_jobs", "gauge", "Photos that a worker holds.");
    for (const WorkerFacts& worker : state.workers)
        out.value(worker.jobs, label("worker", worker.name) + "," + label("device", worker.device));
    out.begin("emulsion_batches_total", "counter", "Runs of the net, by photos in a run.");
    for (std::size_t n = 1; n < state.batches.size(); ++n)
        if (state.batches[n] != 0) out.value(state.batches[n], label("photos", std::to_string(n)));
    out.only("emulsion_jobs_given_again_total", "counter",
             "Photos given to a second worker, the first having died.", state.jobs_given_again);
}

}  // namespace

std::string_view name_of(Outcome outcome) {
    switch (outcome) {
        case Outcome::done:
            return "done";
        case Outcome::bad_photo:
            return "bad_photo";
        case Outcome::late:
            return "late";
        case Outcome::full:
            return "full";
        case Outcome::no_worker:
            return "no_worker";
        case Outcome::lost:
            return "lost";
        case Outcome::stopping:
            return "stopping";
        case Outcome::failed:
            return "failed";
    }
    return "failed";
}

void Metrics::answered(std::string_view endpoint, int status, std::string_view cause, double seconds) {
    const std::scoped_lock lock(mutex_);
    ++requests_[{std::string(endpoint), status}];
    Histogram& histogram = seconds_[std::string(endpoint)];
    const auto bucket = std::ranges::lower_bound(bounds, seconds) - bounds.begin();
    ++histogram.counts[static_cast<std::size_t>(bucket)];
    histogram.sum += seconds;
    if (!cause.empty()) ++rejections_[std::string(cause)];
}

void Metrics::photo(Outcome outcome) {
    const std::scoped_lock lock(mutex_);
    ++photos_[outcome];
}

void Metrics::turned_away(std::string_view cause) {
    const std::scoped_lock lock(mutex_);
    ++rejections_[std::string(cause)];
}

std::string Metrics::text(const BackendState& state, std::size_t body_bytes, bool ready) const {
    std::string text;
    {
        const std::scoped_lock lock(mutex_);
        write_counters(text);
        write_latencies(text);
    }
    Writer out(text);
    out.only("emulsion_ready", "gauge", "Whether photos are taken.", ready ? 1 : 0);
    out.only("emulsion_http_connections", "gauge", "Connections that are open.", connections_.load());
    out.only("emulsion_http_body_bytes", "gauge", "Memory of bodies that are read or worked on.", body_bytes);
    write_backend(text, state);
    return text;
}

void Metrics::write_counters(std::string& text) const {
    Writer out(text);
    out.begin("emulsion_http_requests_total", "counter", "Requests answered.");
    for (const auto& [key, count] : requests_)
        out.value(count, label("endpoint", key.first) + "," + label("status", std::to_string(key.second)));
    out.begin("emulsion_http_rejections_total", "counter", "Requests and connections turned away.");
    for (const auto& [cause, count] : rejections_) out.value(count, label("cause", cause));
    out.begin("emulsion_photos_total", "counter", "Photos answered.");
    for (const auto& [outcome, count] : photos_) out.value(count, label("outcome", name_of(outcome)));
}

void Metrics::write_latencies(std::string& text) const {
    Writer out(text);
    out.begin("emulsion_http_request_seconds", "histogram",
              "From a request's first byte until there was an answer.");
    for (const auto& [endpoint, histogram] : seconds_) {
        const std::string labels = label("endpoint", endpoint);
        std::uint64_t up_to_here = 0;
        for (std::size_t i = 0; i < bounds.size(); ++i) {
            up_to_here += histogram.counts[i];
            out.value(up_to_here, labels + "," + label("le", fmt::format("{}", bounds[i])), "_bucket");
        }
        up_to_here += histogram.counts.back();
        out.value(up_to_here, labels + "," + label("le", "+Inf"), "_bucket");
        out.value(histogram.sum, labels, "_sum");
        out.value(up_to_here, labels, "_count");
    }
}

}  // namespace emulsion::serve
