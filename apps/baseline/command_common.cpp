// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <filesystem>

#include "apps/baseline/command.h"
#include "apps/common.h"

namespace emulsion::apps {

using namespace baseline;

void add_baseline_options(CLI::App& app, BaselineSettings& s) {
    app.add_option("features", s.features, "X.npy with X.labels.npy beside it, or a text in LIBSVM's format")
        ->required()
        ->type_name("X.npy");
    app.add_option("--test", s.test, "Features to judge at the end, in the same form")->type_name("Y.npy");
    app.add_option("--out", s.out, "The file to write, for score --baseline")->required()->type_name("MODEL");
    app.add_option("--seed", s.seed, "Of all that is random; the same seed gives the same result")
        ->capture_default_str();
}

void check_baseline(const BaselineSettings& s, const Features& features) {
    keep_inputs(s.out, {s.features, labels_beside(s.features), s.test, labels_beside(s.test)});
    for (const int wanted : {0, 1})
        if (std::count(features.classes.begin(), features.classes.end(), wanted) == 0)
            throw Error(Error::Kind::data, s.features + ": no photo of class " + std::to_string(wanted) +
                                               "; nothing can be learnt from one class alone");
}

ClassReport test_report(const Baseline& trained, const Features& test) {
    std::vector<std::int8_t> answers;
    for (const Baseline::Judgement& judgement : trained.judge(test.rows()))
        answers.push_back(judgement.answer);
    return report(test.classes, answers);
}

Json json_of(const ClassReport& report) {
    const auto row = [](const ClassReport::Row& r) {
        return Json{{"precision", r.precision}, {"recall", r.recall}, {"f1", r.f1}, {"support", r.support}};
    };
    return {{"classes", {row(report.classes[0]), row(report.classes[1])}},
            {"average", row(report.average)},
            {"accuracy", report.accuracy},
            {"confusion", report.confusion}};
}

Provenance provenance(const BaselineSettings& s, const Features& features) {
    return {{"emulsion.version", EMULSION_VERSION},
            {"features", std::filesystem::path(s.features).filename().string()},
            {"photos", std::to_string(features.count)},
            {"seed", std::to_string(s.seed)}};
}

}  // namespace emulsion::apps
