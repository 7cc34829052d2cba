// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// `emulsion report`: one page that shows what training runs came to.
#include <spdlog/fmt/fmt.h>

#include <emulsion/emulsion.h>

#include "apps/command.h"
#include "apps/common.h"
#include "apps/common_text.h"
#include "apps/report_page.h"
#include "data/files.h"

namespace emulsion::apps {
namespace {

struct Settings {
    std::vector<std::string> runs;
    std::string set, out, title;
    int mosaic = 24;
};

void describe(CLI::App& app, Settings& s) {
    app.add_option("--run", s.runs,
                   "Folder of a training run that holds scores.csv, too; several are splits of one set")
        ->required();
    app.add_option("--set", s.set, "Folder of the demo set that the photos come from");
    app.add_option("--out", s.out, "HTML file to write")->required();
    app.add_option("--title", s.title, "Heading");
    app.add_option("--mosaic", s.mosaic, "Photos in each mosaic")
        ->check(CLI::Range(0, 200))
        ->capture_default_str();
}

int run(const Settings& s) {
    Report report;
    for (const std::string& folder : s.runs) report.runs.push_back(read_run(folder));
    if (!s.set.empty()) report.set = read_demo_set(s.set);
    report.title = !s.title.empty() ? s.title
                   : report.set     ? "Telling a photograph from a spoilt one"
                                    : "What was learnt";
    report.mosaic = s.mosaic;
    const std::string page = html(report);
    write_file(s.out, std::as_bytes(std::span(page)));

    std::vector<double> accuracies;
    for (const FinishedRun& each : report.runs) accuracies.push_back(each.accuracy());
    const Interval interval = t_interval(accuracies);
    std::string line = fmt::format("accuracy on held-out photos {}%", fixed(100 * interval.mean, 1));
    if (accuracies.size() > 1) {
        line += fmt::format(", 95% interval {}% to {}% over {} splits", fixed(100 * interval.low, 1),
                            fixed(100 * interval.high, 1), accuracies.size());
    }
    print(fmt::format("{}\nwrote {} ({})\n", line, s.out, human_bytes(static_cast<double>(page.size()))));
    return 0;
}

}  // namespace

void add_report(CLI::App& app, Runner& runner) {
    add_subcommand<Settings>(app, runner, "report", "Show finished training runs on one page of HTML",
                             describe, run);
}

}  // namespace emulsion::apps
