// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include <emulsion/emulsion.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <map>
#include <set>
#include <thread>

#include "engine/json.h"
#include "tests/engine/fake_accelerator.h"
#include "tests/engine/nets.h"
#include "tests/engine/support.h"

namespace emulsion::testing {
namespace {

using test::contents;
using test::error_of;
using test::put;
using namespace std::chrono_literals;

struct Seen {
    std::string track, name, category;
    double begin = 0, length = 0;  ///< microseconds
    json::Value arguments;

    double end() const { return begin + length; }
};

double number(const json::Value& value) {
    const auto* whole = value.get<std::int64_t>();
    return whole != nullptr ? static_cast<double>(*whole) : *value.get<double>();
}

json::Value written(const Trace& trace) {
    const TemporaryFolder folder;
    trace.write(folder / "trace.json");
    EXPECT_EQ(folder.names(), std::vector<std::string>{"trace.json"});
    return json::parse(contents(folder / "trace.json"), "trace", std::size_t{1} << 24);
}

/// The spans in the order of the file, with the names of their tracks.
std::vector<Seen> spans_of(const Trace& trace) {
    const json::Value all = written(trace);
    std::map<double, std::string> tracks;
    std::vector<Seen> spans;
    for (const json::Value& event : *all.find("traceEvents")->get<json::Array>()) {
        const std::string& name = *event.find("name")->get<std::string>();
        const double track = number(*event.find("tid"));
        if (name == "thread_name") tracks[track] = *event.find("args")->find("name")->get<std::string>();
        if (*event.find("ph")->get<std::string>() != "X") continue;
        spans.push_back({tracks.at(track), name, *event.find("cat")->get<std::string>(),
                         number(*event.find("ts")), number(*event.find("dur")), *event.find("args")});
    }
    return spans;
}

constexpr double rounding = 1e-3;  // a nanosecond, in microseconds

/// Checks that the spans of each track nest, and answers each one's parent: an index, or -1.
std::vector<int> parents(const std::vector<Seen>& spans) {
    std::map<std::string, std::vector<int>> open;
    std::vector<int> result;
    for (std::size_t i = 0; i < spans.size(); ++i) {
        const Seen& span = spans[i];
        EXPECT_GE(span.length, 0) << span.name;
        EXPECT_GE(span.begin, 0) << span.name;
        auto& around = open[span.track];
        const auto at = [&](int index) -> const Seen& { return spans[static_cast<std::size_t>(index)]; };
        while (!around.empty() && at(around.back()).end() <= span.begin + rounding / 2) around.pop_back();
        if (!around.empty()) {
            EXPECT_LE(span.end(), at(around.back()).end() + rounding)
                << span.name << " outlasts " << at(around.back()).name;
        }
        result.push_back(around.empty() ? -1 : around.back());
        around.push_back(static_cast<int>(i));
    }
    return result;
}

int count(const std::vector<Seen>& spans, const std::string& name) {
    return static_cast<int>(
        std::ranges::count_if(spans, [&](const Seen& span) { return span.name == name; }));
}

Options traced_by_eigen(int batch) {
    Options options;
    options.batch = batch;
    options.threads = 1;
    options.implementations["*"] = "eigen";
    options.trace = std::make_shared<Trace>();
    return options;
}

/// Each step of the pass as often as `runs`, inside the section of that name.
void expect_steps(const std::vector<Seen>& spans, const std::vector<StepInfo>& steps, Pass pass,
                  const std::string& section, int runs) {
    const std::vector<int> around = parents(spans);
    for (const StepInfo& step : steps) {
        if (step.pass != pass) continue;
        int found = 0;
        for (std::size_t i = 0; i < spans.size(); ++i) {
            const auto* layer = spans[i].arguments.find("layer");
            const auto* operation = spans[i].arguments.find("operation");
            if (layer == nullptr || *layer->get<std::string>() != step.layer) continue;
            if (*operation->get<std::string>() != kernels::describe(step.operation)) continue;
            ++found;
            EXPECT_EQ(*spans[i].arguments.find("implementation")->get<std::string>(), step.implementation);
            EXPECT_EQ(number(*spans[i].arguments.find("GFLOP")), 1e-9 * step.cost.flop);
            EXPECT_EQ(number(*spans[i].arguments.find("bytes")), step.cost.bytes);
            ASSERT_GE(around[i], 0) << step.layer;
            EXPECT_EQ(spans[static_cast<std::size_t>(around[i])].name, section) << step.layer;
        }
        EXPECT_EQ(found, runs) << step.layer << " " << kernels::describe(step.operation);
    }
}

TEST(Trace, OfASessionShowsEveryStepOfEveryRun) {
    const auto model = seeded(branched());
    const Photos photos = photos_for(model->net(), 2, 3, 1);
    const Options options = traced_by_eigen(2);
    Session session(model, options);
    for (int i = 0; i < 3; ++i) session.run(photos.pixels, 2);
    const auto spans = spans_of(*options.trace);
    EXPECT_EQ(options.trace->dropped(), 0U);
    for (const char* name : {"run", "copy in photos", "forward", "copy out"})
        EXPECT_EQ(count(spans, name), 3) << name;
    expect_steps(spans, session.program().steps(), Pass::forward, "forward", 3);
    double run = 0, steps = 0;
    for (const Seen& span : spans) {
        EXPECT_EQ(span.track, "main");
        if (span.name == "run") run += span.length;
        if (span.category == "forward") steps += span.length;
    }
    EXPECT_GT(steps, 0);
    EXPECT_LT(steps, run);
    for (const StepInfo& step : session.program().steps()) EXPECT_EQ(step.runs, 0) << "it was not profiled";
}

TEST(Trace, OfATrainerShowsAllPassesAndTheUpdate) {
    const auto model = seeded(compose("photo-mini"));
    const Photos photos = photos_for(model->net(), 2, 2, 1);
    SolverConfig solver = short_solver(0.001, 100);
    solver.iter_size = 2;
    const Options options = traced_by_eigen(2);
    Trainer trainer(model, solver, options);
    for (int i = 0; i < 4; ++i) trainer.step(photos.batch());
    Evaluation sums;
    trainer.evaluate(photos.batch(), sums);
    const auto spans = spans_of(*options.trace);
    const auto steps = trainer.steps();
    expect_steps(spans, steps, Pass::backward, "backward", 4);
    for (const char* name : {"step", "backward", "copy in labels", "copy in counter"})
        EXPECT_EQ(count(spans, name), 4) << name;
    for (const char* name : {"forward", "copy in photos", "copy out"})
        EXPECT_EQ(count(spans, name), 5) << name;
    EXPECT_EQ(count(spans, "evaluate"), 1);
    EXPECT_EQ(count(spans, "update"), 2);
    EXPECT_EQ(count(spans, "solver: sgd_update"), 2);
    EXPECT_EQ(count(spans, "solver: square_sum"), 2);
    const auto packs = std::ranges::count_if(
        spans, [](const Seen& span) { return span.name == "pack weights" && span.category == "update"; });
    EXPECT_EQ(packs, 2);
}

/// The fake card says of every step that it took a millisecond, which is more than the host waited.
TEST(Trace, OfAnAcceleratorLeavesItsResultsAndNests) {
    FakeCard card;
    const auto model = seeded(branched());
    const Photos photos = photos_for(model->net(), 2, 3, 1);
    const Options options = traced_by_eigen(2);
    Options plain = options;
    plain.trace = nullptr;
    Session traced(model, options, card.open()), free(model, plain, card.open());
    const auto expected = free.run(photos.pixels, 2);
    card.counts = {};
    const auto found = traced.run(photos.pixels, 2);
    EXPECT_TRUE(std::equal(found.begin(), found.end(), expected.begin(), expected.end()));
    const auto steps = traced.program().steps();
    EXPECT_EQ(card.counts.timings, static_cast<int>(steps.size()));
    EXPECT_EQ(card.counts.runs(), 0);
    EXPECT_EQ(card.counts.synchronisations, 1) << "after the copy of the photos";
    expect_steps(spans_of(*options.trace), steps, Pass::forward, "forward", 1);
}

TEST(Trace, ProfilerRangesNestAndAreClosedByErrorsToo) {
    FakeCard card;
    const auto model = seeded(branched());
    const Photos photos = photos_for(model->net(), 2, 3, 1);
    Options options = traced_by_eigen(2);
    options.trace = nullptr;
    Session session(model, options, card.open());
    card.notes_ranges = true;
    session.run(photos.pixels, 2);
    EXPECT_EQ(card.ranges,
              (std::vector<std::string>{"run", "run/copy in photos", "run/forward", "run/copy out"}));

    card.ranges.clear();
    session.profile(true);
    session.run(photos.pixels, 2);
    EXPECT_EQ(card.ranges.size(), 4 + session.program().steps().size());
    EXPECT_EQ(card.ranges[3], "run/forward/" + session.program().steps().front().layer);

    card.failure = "it burns";
    EXPECT_THROW(session.run(photos.pixels, 2), Error);
    card.ranges.clear();
    session.run(photos.pixels, 2);
    EXPECT_EQ(card.ranges.front(), "run");
    EXPECT_EQ(card.open_range, "");

    Trainer trainer(model, short_solver(0.01, 100), options, card.open());
    card.ranges.clear();
    trainer.step(photos.batch());
    for (const char* range :
         {"step", "step/copy in photos", "step/forward and backward", "step/copy out", "step/update"})
        EXPECT_EQ(std::ranges::count(card.ranges, range), 1) << range;
    EXPECT_EQ(card.open_range, "");
}

TEST(Trace, KeepsTheFirstSpansAndCountsTheOthers) {
    Trace trace(10);
    const int description = trace.describe("work", "test");
    for (int i = 0; i < 25; ++i) trace.add(description, Trace::Clock::now(), Trace::Clock::now());
    EXPECT_EQ(trace.size(), 10U);
    EXPECT_EQ(trace.dropped(), 15U);
    trace.describe("one more word that would need memory", "test");
    EXPECT_EQ(number(*written(trace).find("otherData")->find("dropped spans")), 15);
    EXPECT_EQ(spans_of(trace).size(), 10U);
}

TEST(Trace, ThreadsHaveTheirOwnTracks) {
    constexpr int threads = 4, spans_each = 500;
    Trace trace;
    {
        std::vector<std::jthread> all;
        for (int t = 0; t < threads; ++t)
            all.emplace_back([&trace, t] {
                if (t > 0) trace.name_thread("worker " + std::to_string(t));
                for (int i = 0; i < spans_each; ++i) {
                    const Span outer(&trace, "outer", "test");
                    const Span inner(&trace, trace.describe("inner", "test", {{"i", double(i)}}));
                }
            });
    }
    const Span untold(nullptr, "none", "test");
    const auto spans = spans_of(trace);
    const auto around = parents(spans);
    std::map<std::string, int> on;
    for (std::size_t i = 0; i < spans.size(); ++i) {
        ++on[spans[i].track];
        if (spans[i].name != "inner") continue;
        ASSERT_GE(around[i], 0);
        EXPECT_EQ(spans[static_cast<std::size_t>(around[i])].name, "outer");
    }
    EXPECT_EQ(on.size(), std::size_t{threads});
    for (const auto& [track, number_of] : on) EXPECT_EQ(number_of, 2 * spans_each) << track;
    EXPECT_TRUE(on.contains("worker 3"));
    std::jthread([&trace] {
        trace.name_thread("worker 3");
        const Span span(&trace, "later", "test");
    }).join();
    EXPECT_EQ(spans_of(trace).back().track, "worker 3");
}

TEST(Trace, KeepsTimesToTheNanosecond) {
    Trace trace;
    const int description = trace.describe("work", "test");
    const Trace::Time start = Trace::Clock::now() + 1h;
    trace.add(description, start + 1'234'567ns, start + 3'234'572ns);
    trace.add(description, start, start + 5s);
    trace.add(description, start + 6s, start + 5s);
    trace.add(description, start - 2h, start - 3h);
    const auto spans = spans_of(trace);
    ASSERT_EQ(spans.size(), 4U);
    EXPECT_EQ(spans[0].begin, 0);
    EXPECT_EQ(spans[0].length, 0);
    EXPECT_NEAR(spans[2].begin - spans[1].begin, 1234.567, 1e-5);
    EXPECT_NEAR(spans[1].length, 5e6, 1e-5);
    EXPECT_NEAR(spans[2].length, 2000.005, 1e-9);
    EXPECT_EQ(spans[3].length, 0) << "it ended before it began";
}

TEST(Trace, WritesNamesAndNumbersOfAllSorts) {
    Trace trace;
    trace.name_thread("a \"track\"\n");
    constexpr double infinity = std::numeric_limits<double>::infinity();
    const int description =
        trace.describe("conv\x01\\\"\xff\xc3\xa9", "</script>",
                       {{"nan", std::nan("")}, {"infinite", -infinity}, {"large", 1e300}, {"text", ""}});
    trace.add(description, Trace::Clock::now(), Trace::Clock::now());
    const Seen span = spans_of(trace).at(0);
    EXPECT_EQ(span.track, "a \"track\"\n");
    EXPECT_EQ(span.name, "conv\x01\\\"\uFFFD\u00e9");
    EXPECT_EQ(span.category, "</script>");
    EXPECT_EQ(*span.arguments.find("nan")->get<std::string>(), "NaN");
    EXPECT_EQ(*span.arguments.find("infinite")->get<std::string>(), "infinite");
    EXPECT_EQ(number(*span.arguments.find("large")), 1e300);
}

TEST(Trace, ReplacesTracesAndNothingElse) {
    const TemporaryFolder folder;
    const std::string path = folder / "trace.json";
    const Trace trace;
    trace.write(path);
    trace.write(path);
    put(path, "");
    trace.write(path);
    put(path, "{\"displayTimeUnit\":\"ns\"}");
    error_of(Error::Kind::usage, [&] { trace.write(path); });
    error_of(Error::Kind::usage, [&] { Trace::require_writable(path); });
    EXPECT_EQ(contents(path), "{\"displayTimeUnit\":\"ns\"}");
    error_of(Error::Kind::failure, [&] { Trace::require_writable(folder / "none/trace.json"); });
    error_of(Error::Kind::failure, [&] { Trace::require_writable(folder.path()); });
    error_of(Error::Kind::usage, [&] { Trace::require_writable(""); });
    EXPECT_EQ(folder.names(), std::vector<std::string>{"trace.json"});
}

}  // namespace
}  // namespace emulsion::testing
