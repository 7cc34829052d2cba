// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// The command `emulsion`: parses, runs one subcommand, and turns whatever goes wrong into one line on
// stderr and a documented exit code.
#include <fcntl.h>

#include <emulsion/error.h>
#include <CLI/CLI.hpp>
#include <csignal>
#include <exception>
#include <new>

#include "apps/command.h"
#include "apps/common.h"
#include "apps/common_text.h"

namespace emulsion::apps {
namespace {

constexpr int exit_failure = static_cast<int>(Error::Kind::failure);
constexpr int exit_usage = static_cast<int>(Error::Kind::usage);

constexpr const char* exit_codes =
    "Exit codes:\n"
    "  0  done\n"
    "  1  failure: the machine (disk full, out of memory), or a result that is not as it should be\n"
    "  2  usage: an option or argument that makes no sense\n"
    "  3  device: a device or implementation that was asked for and is not there\n"
    "  4  data: a file that is absent, broken, or not what it should be\n"
    "  5  not finite: a loss, gradient or weight became NaN or infinite";

// With a standard stream closed, the next file opened would take its number and then be written to by
// mistake. Opened for the other direction, it fails as it should.
void occupy_standard_streams() {
    for (int fd = 0; fd <= 2; ++fd) {
        if (fcntl(fd, F_GETFD) < 0) {
            [[maybe_unused]] const int taken = open("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY);
        }
    }
}

void describe(CLI::App& app, Runner& runner) {
    app.set_version_flag("--version", std::string("emulsion ") + EMULSION_VERSION);
    app.require_subcommand(1);
    // Of an option given twice the last counts, so that a script's settings can be overridden at its end.
    app.option_defaults()->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
    add_devices(app, runner);
    add_inspect(app, runner);
    add_score(app, runner);
    add_classify(app, runner);
    add_convert(app, runner);
    add_init(app, runner);
    add_train(app, runner);
    add_test(app, runner);
    add_check(app, runner);
    add_time(app, runner);
    add_demo_set(app, runner);
    add_report(app, runner);
    add_dataset(app, runner);
    add_pack(app, runner);
    add_extract(app, runner);
    add_baseline(app, runner);
    add_evaluate(app, runner);
    add_serve(app, runner);
    add_keys(app, runner);
    add_worker(app, runner);
    app.footer("emulsion SUBCOMMAND --help tells more.");
    for (CLI::App* sub : app.get_subcommands({})) {
        const std::string own = sub->get_footer();
        sub->footer(own.empty() ? exit_codes : own + "\n\n" + exit_codes);
    }
}

// The subcommand in use, or the command itself.
const CLI::App& innermost(const CLI::App& app) {
    const auto used = app.get_subcommands();
    return used.empty() ? app : innermost(*used.front());
}

int run(int argc, char** argv) {
    CLI::App app("Emulsion: a deep-learning engine, and a judge of photographs built on it.", "emulsion");
    Runner runner;
    describe(app, runner);
    try {
        app.parse(argc, argv);
    } catch (const CLI::CallForHelp&) {
        print(app.help());  // of the subcommand in use, if any
        return 0;
    } catch (const CLI::CallForVersion& version) {
        print(std::string(version.what()) + "\n");
        return 0;
    } catch (const CLI::ParseError& error) {
        const CLI::App& sub = innermost(app);
        const std::string name = &sub == &app ? "emulsion" : "emulsion " + sub.get_name();
        print_error(std::string(error.what()) + " (see " + name + " --help)");
        return exit_usage;
    }
    return runner.action();
}

}  // namespace
}  // namespace emulsion::apps

int main(int argc, char** argv) {
    using namespace emulsion::apps;
    occupy_standard_streams();
    std::signal(SIGPIPE, SIG_IGN);  // a reader that goes away is seen as an error of write() instead
    try {
        return run(argc, argv);
    } catch (const emulsion::Error& error) {
        print_error(error.what());
        return static_cast<int>(error.kind());
    } catch (const ReaderGone&) {
        return exit_failure;
    } catch (const std::bad_alloc&) {
        print_error("out of memory; a smaller --batch needs less");
        return exit_failure;
    } catch (const std::exception& error) {
        print_error(error.what());
        return exit_failure;
    }
}
