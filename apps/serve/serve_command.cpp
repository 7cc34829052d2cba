// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// `emulsion serve`: the page, the web server, the gateway, and a worker beside them unless others come.
#include <spdlog/fmt/fmt.h>
#include <unistd.h>

#include <atomic>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <optional>
#include <thread>

#include "apps/command.h"
#include "apps/common.h"
#include "apps/common_text.h"
#include "apps/csv.h"
#include "apps/serve/api.h"
#include "apps/serve/assets.h"
#include "apps/serve/gateway.h"
#include "apps/serve/http_server.h"
#include "apps/serve/serve_options.h"
#include "apps/serve/worker.h"

namespace emulsion::apps {
namespace {

using std::chrono::milliseconds;

struct Settings {
    std::string model, listen = "127.0.0.1:8080", token_file, reference, backend, keys;
    std::vector<std::string> hosts;
    RunOptions run;
    serve::Limits limits;
    serve::DispatchOptions queue;
    serve::PipelineOptions pipeline;
    double deadline = 30, drain = 10;
    bool behind_proxy = false, insecure = false;
};

void describe(CLI::App& app, Settings& s) {
    CLI::Option* model = app.add_option("--model", s.model,
                                        "A model file of a net with two classes (default: the one built in)")
                             ->type_name("MODEL");
    app.add_option("--listen", s.listen, "Where browsers come; port 0: any that is free")
        ->type_name("HOST:PORT")
        ->capture_default_str();
    app.add_option("--host", s.hosts, "A name, or NAME:PORT, by which the server is called; may be repeated")
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
        ->type_name("NAME");
    app.add_option("--token-file", s.token_file, "Bearer tokens, one a line, that only its owner may read")
        ->type_name("FILE");
    app.add_flag(
        "--behind-proxy", s.behind_proxy,
        "A reverse proxy on this machine, which is trusted, says who the client is (X-Forwarded-For)");
    app.add_option("--reference", s.reference, "Scores that percentiles refer to (test --scores writes such)")
        ->type_name("CSV");
    app.add_option("--photos-a-minute", s.limits.photos_a_minute, "That one client may send")
        ->check(CLI::Range(1.0, 1e9))
        ->capture_default_str();
    app.add_option("--deadline", s.deadline, "Seconds for an answer")
        ->check(CLI::Range(0.1, 3600.0))
        ->capture_default_str();
    app.add_option("--drain", s.drain, "Seconds to finish what was taken, after SIGTERM or SIGINT")
        ->check(CLI::Range(0.0, 3600.0))
        ->capture_default_str();
    CLI::Option* backend = app.add_option("--backend", s.backend,
                                          "Where workers come, as tcp://*:6666; then there is none in here")
                               ->type_name("ENDPOINT")
                               ->excludes(model);
    app.add_option("--keys", s.keys, "Folder with server.key and the workers' public keys (emulsion keys)")
        ->type_name("DIR")
        ->needs(backend);
    app.add_flag("--insecure", s.insecure, "Let workers of other machines come without keys")->needs(backend);
    serve::add_request_limits(app, s.limits, s.queue);
    // Where workers come from elsewhere, these are theirs: a limit that nobody keeps is refused.
    for (CLI::Option* limit : serve::add_pipeline_options(app, s.run, s.pipeline)) limit->excludes(backend);
    app.footer(
        "Listens to this machine alone unless told otherwise; to be reached from others it wants "
        "--token-file, "
        "or a\n"
        "reverse proxy before it. One line on stdout says when it is ready; stderr has a line of JSON a "
        "request.\n"
        "SIGTERM or SIGINT: takes no more photos, finishes those it has, and ends; a second one ends it at "
        "once.");
}

struct Address {
    std::string host;
    std::uint16_t port = 0;
};

Address parse_listen(const std::string& text) {
    const std::size_t colon = text.rfind(':');
    Address address{text.substr(0, colon), 0};
    const char* begin = text.data() + (colon == std::string::npos ? text.size() : colon + 1);
    const auto [end, error] = std::from_chars(begin, text.data() + text.size(), address.port);
    if (error != std::errc() || end != text.data() + text.size())
        throw Error(Error::Kind::usage, "--listen " + text + ": HOST:PORT is wanted, such as 127.0.0.1:8080");
    if (address.host.starts_with('[') && address.host.ends_with(']'))
        address.host = address.host.substr(1, address.host.size() - 2);
    if (address.host == "localhost") address.host = "127.0.0.1";
    return address;
}

// A server that strangers can reach judges for whoever asks, on somebody's machine: that must be meant.
void check_reach(const Settings& s, const Address& address) {
    if (serve::is_loopback(address.host)) return;
    if (s.behind_proxy)
        throw Error(Error::Kind::usage,
                    "--behind-proxy: the proxy is on this machine; --listen 127.0.0.1:PORT");
    if (s.token_file.empty())
        throw Error(Error::Kind::usage, "--listen " + s.listen +
                                            ": others can reach that; give --token-file, or listen on "
                                            "127.0.0.1 behind a reverse proxy (--behind-proxy)");
}

serve::ReferenceScores read_reference(const std::string& path) {
    const CsvTable table(path, {"score"});
    std::vector<double> scores;
    for (std::size_t row = 0; row < table.rows(); ++row)
        scores.push_back(
            serve::ReferenceScores::parse(table.at(row, 0), path + ":" + std::to_string(row + 2)));
    if (scores.empty()) throw Error(Error::Kind::data, path + ": no scores in it");
    return serve::ReferenceScores(std::move(scores));
}

bool uses_built_in(const Settings& s) {
    return s.model.empty() && s.backend.empty();
}

serve::ApiSettings api_settings(const Settings& s) {
    serve::ApiSettings settings;
    settings.limits = s.limits;
    settings.limits.deadline = milliseconds(std::llround(s.deadline * 1000));
    // All clients of a proxy have one address, and the proxy has limits of its own.
    if (s.behind_proxy) settings.limits.connections_a_client = settings.limits.connections;
    settings.access.hosts = s.hosts;
    settings.access.behind_proxy = s.behind_proxy;
    if (!s.token_file.empty()) settings.access.tokens = serve::Tokens::from_file(s.token_file);
    if (!s.reference.empty()) {
        settings.reference = read_reference(s.reference);
    } else if (uses_built_in(s)) {
        settings.reference = serve::ReferenceScores::from_text(serve::built_in_file("scores.csv").text());
    }
    return settings;
}

// What the engine, the gateway and the worker say, as lines of the same log.
Log json_log(const std::string& level, const serve::RequestLog& lines) {
    if (level == "off") return {};
    const LogLevel least = level == "debug"  ? LogLevel::debug
                           : level == "info" ? LogLevel::info
                                             : LogLevel::warning;
    return [least, lines](LogLevel at, const std::string& message) {
        constexpr const char* names[] = {"debug", "info", "warning"};
        if (at >= least) lines(serve::log_event(names[static_cast<int>(at)], message));
    };
}

/// The worker in this process, if it is its business.
class OwnWorker {
   public:
    OwnWorker(const Settings& s, const std::shared_ptr<zmq::context_t>& context, const Log& log) {
        if (!s.backend.empty()) return;
        serve::WorkerOptions options;
        options.log = log;
        options.name = "in-process";
        options.patience = milliseconds(1000);  // it stops when all was answered or given up
        options.pipeline = serve::pipeline_of(s.run, s.pipeline, log);
        const auto model = uses_built_in(s)
                               ? load(serve::built_in_file("model.safetensors").bytes, "the built-in model")
                               : load(s.model);
        name_ = uses_built_in(s) ? model->net().name + " (built in)"
                                 : std::filesystem::path(s.model).filename().string();
        worker_.emplace(context, model, name_, std::move(options));
    }

    /// For people: who judges.
    std::string description(const serve::Gateway& gateway) const {
        if (!worker_) return "for workers at " + gateway.endpoint();
        return fmt::format("model {} on {}", name_, worker_->facts().device);
    }
    bool failed() const { return worker_ && worker_->ended() && !worker_->failure().empty(); }
    void stop() {
        if (worker_) worker_->stop();
    }
    void check() const {
        if (worker_ && !worker_->failure().empty()) throw Error(Error::Kind::failure, worker_->failure());
    }

   private:
    std::string name_;
    std::optional<serve::Worker> worker_;
};

/// Ends the server when the gateway or its only worker has failed: a restart may help, waiting does not.
class Watch {
   public:
    Watch(serve::HttpServer& server, const serve::Gateway& gateway, const OwnWorker& worker)
        : thread_([this, &server, &gateway, &worker] {
              while (!over_ && !worker.failed() && gateway.failure().empty())
                  std::this_thread::sleep_for(milliseconds(50));
              if (!over_) server.drain(milliseconds(1000));
          }) {}
    ~Watch() {
        over_ = true;
        thread_.join();
    }
    Watch(const Watch&) = delete;
    Watch& operator=(const Watch&) = delete;

   private:
    std::atomic<bool> over_ = false;
    std::thread thread_;
};

int run(const Settings& s) {
    const Address address = parse_listen(s.listen);
    check_reach(s, address);
    const auto settings = std::make_shared<const serve::ApiSettings>(api_settings(s));
    const auto writer = std::make_shared<serve::LogWriter>(STDERR_FILENO);
    const serve::RequestLog lines = [writer](const std::string& line) { writer->write(line); };
    const Log log = json_log(s.run.log_level, lines);
    const auto context = serve::make_context();
    serve::GatewayOptions gateway_options;
    gateway_options.log = log;
    gateway_options.dispatch = s.queue;
    gateway_options.keys = s.keys;
    gateway_options.insecure = s.insecure;
    if (!s.backend.empty()) gateway_options.endpoint = s.backend;
    serve::Gateway gateway(context, std::move(gateway_options));
    serve::Api api(gateway, settings);
    // Before the worker: an address that is taken is said in one line, and no model is loaded for it.
    serve::HttpServer server(api, address.host, address.port, lines);
    OwnWorker worker(s, context, log);
    const milliseconds drain(std::llround(s.drain * 1000));
    server.drain_on_signals(drain);
    const bool v6 = address.host.find(':') != std::string::npos;
    print(fmt::format("http://{}:{}/ {}\n", v6 ? "[" + address.host + "]" : address.host, server.port(),
                      worker.description(gateway)));
    {
        const Watch watch(server, gateway, worker);
        server.run();
    }
    worker.stop();
    gateway.stop(milliseconds(0));
    if (const std::string why = gateway.failure(); !why.empty()) throw Error(Error::Kind::failure, why);
    worker.check();
    return 0;
}

}  // namespace

void add_serve(CLI::App& app, Runner& runner) {
    add_subcommand<Settings>(app, runner, "serve", "Judge photos for browsers: Photo critic", describe, run);
}

}  // namespace emulsion::apps
