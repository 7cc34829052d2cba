// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// What the commands around data sets, features and judges write: it never takes the place of what they read,
// and where the disk is full the former files stay as they were.
#include <gtest/gtest.h>
#include <filesystem>
#include <functional>
#include <sstream>

#include "data/files.h"
#include "tests/apps/child.h"
#include "tests/apps/fixtures.h"
#include "tests/engine/support.h"

namespace emulsion::test {
namespace {

namespace fs = std::filesystem;
using Words = std::vector<std::string>;

/// One of everything that the commands read: 40 photos with a list, metadata and a database, a model,
/// features, a baseline, scores.
class Outputs : public testing::Test {
   protected:
    Outputs() {
        std::string list, metadata = "id,views,upload_time\n", scores = "path,label,answer,score\n";
        fs::create_directories(file("photos"));
        for (int i = 0; i < 40; ++i) {
            const std::string name = std::to_string(100 + i), label = i < 20 ? "0" : "1";
            write_grey(file("photos/" + name + ".png"), static_cast<std::uint8_t>(6 * i + 8), 40, 40);
            list += "photos/" + name + ".png " + label + "\n";
            metadata += name + "," + std::to_string(i * i) + ",1400000000\n";
            scores += file("photos/" + name + ".png") + "," + label + "," + label + ",0." + name + "\n";
        }
        write_text(file("list.txt"), list);
        write_text(file("m.csv"), metadata);
        write_text(file("scores.csv"), scores);
        fs::create_directories(file("folds/one"));
        write_text(file("folds/0.csv"), scores);
        save(*brightness_model(), file("net"));
        done(extract("x.npy"));
        done(run({"baseline", "svm", file("x.npy"), "--kernel", "linear", "--C", "1", "--out", file("svm")}));
        done(run({"pack", file("list.txt"), "--out", file("db")}));
    }

    std::string file(const std::string& name) const { return folder_.file(name); }
    Outcome run(const Words& words) const { return run_emulsion(words, output_); }
    static void done(const Outcome& outcome) { EXPECT_EQ(outcome.exit_code, 0) << outcome.err; }
    Outcome extract(const std::string& out, const std::string& from = "list.txt",
                    const Words& more = {}) const {
        Words words = {"extract", "--model", file("net"), "--layer", "fc1", file(from), "--out", file(out)};
        words.insert(words.end(), more.begin(), more.end());
        return run(words);
    }
    Outcome evaluate(const std::string& report, const Words& more) const {
        Words words = {"evaluate", "--draws", "100", "--report", file(report)};
        words.insert(words.end(), more.begin(), more.end());
        return run(words);
    }
    Outcome test(const std::string& scores, const std::string& data, const Words& more = {}) const {
        Words words = {"test", "--model", file("net"), "--data", file(data), "--scores", file(scores)};
        words.insert(words.end(), more.begin(), more.end());
        return run(words);
    }
    Outcome build(const std::string& metadata, const Words& more = {}) const {
        Words words = {"dataset", "build", "--metadata", file(metadata), "--out", file("set")};
        words.insert(words.end(), more.begin(), more.end());
        return run(words);
    }

    int fill(const std::function<Outcome()>& command, const std::function<void(std::size_t)>& failed);

    /// Every file by its path in the folder, but what a data set remembers of photos.
    std::map<std::string, std::string> files() const {
        std::map<std::string, std::string> all;
        for (const auto& entry : fs::recursive_directory_iterator(folder_.path()))
            if (entry.is_regular_file() && entry.path().filename() != "photos.cache")
                all[entry.path().lexically_relative(folder_.path()).string()] =
                    contents(entry.path().string());
        return all;
    }
    /// Names of the files that are not as they were, new and lost ones included.
    Words changed(const std::map<std::string, std::string>& before) const {
        Words names;
        const auto now = files();
        for (const auto& [name, bytes] : now)
            if (!before.contains(name) || before.at(name) != bytes) names.push_back(name);
        for (const auto& [name, bytes] : before)
            if (!now.contains(name)) names.push_back(name);
        return names;
    }
    void refused(const Outcome& outcome, const std::string& name) const {
        EXPECT_EQ(outcome.exit_code, 2) << name << ": " << outcome.err << outcome.out;
        EXPECT_EQ(count_lines(outcome.err), 1) << outcome.err;
        EXPECT_NE(outcome.err.find("would be overwritten"), std::string::npos) << name << ": " << outcome.err;
        EXPECT_NE(outcome.err.find(name), std::string::npos) << outcome.err;
        EXPECT_EQ(outcome.out, "") << name;
    }

    const TemporaryFolder folder_;
    Output output_ = Output::captured;
};

/// Runs a command on disks with ever more room, until it is done; answers how often it failed.
int Outputs::fill(const std::function<Outcome()>& command, const std::function<void(std::size_t)>& failed) {
    output_ = Output::dropped;  // the file that captures it would be full, too
    int failures = 0;
    bool finished = false;
    for (std::size_t room = 256; room < std::size_t{1} << 22; room += room / 2, ++failures) {
        const Outcome outcome = [&] {
            const FullDisk disk(room);
            return command();
        }();
        finished = outcome.exit_code == 0;
        if (finished) break;
        EXPECT_EQ(outcome.exit_code, 1) << room << ": " << outcome.err;
        std::istringstream lines(outcome.err);
        int complaints = 0;
        for (std::string line; std::getline(lines, line);)
            complaints += line.starts_with("emulsion: ") ? 1 : 0;
        EXPECT_EQ(complaints, 1) << room << ": " << outcome.err;
        failed(room);
    }
    output_ = Output::captured;
    EXPECT_TRUE(finished);
    return failures;
}

TEST_F(Outputs, OnAFullDiskLeaveTheFormerFiles) {
    const Words scores = {"--scores", "a=" + file("scores.csv")};
    const Words all = {"--photos", file("photos"), "--top", "50",        "--bottom", "50",
                       "--lmdb",   "--size",       "24x16", "--threads", "1"};
    done(evaluate("page.html", scores));
    done(test("t.csv", "list.txt"));
    done(build("m.csv", all));
    // What is written must differ from what is there.
    write_text(file("m.csv"), contents(file("m.csv")) + "103,9999999,1400000000\n");
    write_text(file("list.txt"), contents(file("list.txt")) + "photos/103.png 0\n");
    const auto before = files();
    const auto untouched = [&](std::size_t room) { EXPECT_EQ(changed(before), Words{}) << room; };
    const auto fills = [&](const std::function<Outcome()>& command, int least) {
        EXPECT_GE(fill(command, untouched), least);
        EXPECT_NE(changed(before), Words{}) << "in the end it was written";
        for (const auto& [name, bytes] : before) {
            fs::create_directories(fs::path(file(name)).parent_path());
            write_file(file(name), std::as_bytes(std::span(bytes)));
        }
    };
    fills([&] { return evaluate("page.html", {"--scores", "b=" + file("scores.csv")}); }, 5);
    fills([&] { return test("t.csv", "list.txt"); }, 5);
    fills([&] { return run({"pack", file("list.txt"), "--out", file("db")}); }, 10);
    for (const char* kind : {"svm", "forest"})
        fills([&] { return run({"baseline", kind, file("x.npy"), "--seed", "3", "--out", file("svm")}); }, 1);
    fills([&] { return build("m.csv", all); }, 10);
}

// Where it cannot go on, it leaves what it has for another run, and that run needs no luck.
TEST_F(Outputs, OfExtractGoOnOnceThereIsRoom) {
    for (const auto& [name, format] : {std::pair("x.npy", "npy"), {"x.csv", "csv"}, {"x.txt", "libsvm"}}) {
        const std::string out = name, whole = "whole-" + out;
        const Words as = {"--format", format, "--batch", "1", "--threads", "2"};
        done(extract(whole, "list.txt", as));
        write_text(file(out), "the former file");
        const auto before = files();
        const auto only_parts = [&](std::size_t room) {
            for (const std::string& each : changed(before))
                EXPECT_TRUE(each.ends_with(".part") || each.ends_with(".progress")) << room << " " << each;
        };
        EXPECT_GE(fill([&] { return extract(out, "list.txt", as); }, only_parts), 2);
        EXPECT_TRUE(contents(file(out)) == contents(file(whole))) << out;
        for (const std::string& each : folder_.names()) EXPECT_FALSE(each.ends_with(".part")) << each;
    }
    EXPECT_EQ(contents(file("x.photos.txt")), contents(file("whole-x.photos.txt")));
    EXPECT_EQ(contents(file("x.labels.npy")), contents(file("whole-x.labels.npy")));
}

TEST_F(Outputs, OfEvaluateReplaceNoInput) {
    const auto before = files();
    const Words scores = {"--scores", "a=" + file("scores.csv")}, folds = {"--scores", "a=" + file("folds")};
    const Words judges = {"--data",     file("list.txt"),
                          "--model",    "net=" + file("net"),
                          "--baseline", "svm=" + file("svm") + "," + file("net") + ",fc1"};
    refused(evaluate("scores.csv", scores), "scores.csv");
    refused(evaluate("folds/0.csv", folds), "0.csv");
    for (const char* name : {"list.txt", "net", "svm", "photos/103.png"})
        refused(evaluate(name, judges), name);
    const Words packed = {"--data", file("db"), "--model", "net=" + file("net")};
    refused(evaluate("db/data.mdb", packed), "data.mdb");
    EXPECT_EQ(changed(before), Words{});
    done(evaluate("page.html", scores));
    done(evaluate("page.html", scores));
}

TEST_F(Outputs, OfTestReplaceNoInput) {
    const auto before = files();
    const Words by_svm = {"--baseline", file("svm"), "--layer", "fc1"};
    for (const char* name : {"list.txt", "net", "photos/103.png"}) refused(test(name, "list.txt"), name);
    for (const char* name : {"svm", "photos/103.png"}) refused(test(name, "list.txt", by_svm), name);
    refused(test("db/data.mdb", "db"), "data.mdb");
    EXPECT_EQ(changed(before), Words{});
    done(test("scores.csv", "list.txt"));
}

TEST_F(Outputs, OfExtractReplaceNoInput) {
    write_text(file("y.photos.txt"), contents(file("list.txt")));
    fs::create_hard_link(file("list.txt"), file("same.npy"));
    const auto before = files();
    for (const char* name : {"list.txt", "net", "photos/103.png", "same.npy"}) refused(extract(name), name);
    refused(extract("y.npy", "y.photos.txt"), "y.photos.txt");
    refused(extract("y", "y.photos.txt", {"--format", "libsvm"}), "y.photos.txt");
    refused(extract("photos/103.png", "photos", {"--format", "csv"}), "103.png");
    refused(extract("db/data.mdb", "db"), "data.mdb");
    EXPECT_EQ(changed(before), Words{});
    done(extract("y.csv", "y.photos.txt", {"--format", "csv"}));  // which writes no list of photos
    done(extract("x.npy"));
}

TEST_F(Outputs, OfBaselineReplaceNoInput) {
    fs::copy_file(file("x.npy"), file("y.npy"));
    fs::copy_file(file("x.labels.npy"), file("y.labels.npy"));
    const auto before = files();
    for (const char* kind : {"svm", "forest"})
        for (const char* name : {"x.npy", "x.labels.npy", "y.npy", "y.labels.npy"})
            refused(run({"baseline", kind, file("x.npy"), "--test", file("y.npy"), "--out", file(name)}),
                    name);
    EXPECT_EQ(changed(before), Words{});
}

TEST_F(Outputs, OfDataSetsReplaceNoInput) {
    fs::create_directories(file("set"));
    for (const char* name :
         {"train.csv", "val.txt", "problems.csv", "report.html", "dataset.json", "photos.cache"}) {
        fs::rename(file("m.csv"), file("set/m.csv"));
        fs::rename(file("set/m.csv"), file(std::string("set/") + name));
        const auto before = files();
        refused(build(std::string("set/") + name), name);
        refused(build(std::string("set/") + name, {"--photos", file("photos")}), name);
        EXPECT_EQ(changed(before), Words{});
        fs::rename(file(std::string("set/") + name), file("m.csv"));
    }
    const auto before = files();
    refused(run({"pack", file("db"), "--out", file("db")}), "db");
    refused(run({"pack", file("db"), "--out", file("db/")}), "db");
    write_text(file("list.json"), contents(file("list.txt")));
    refused(run({"dataset", "mean", file("list.json"), "--out", file("list.json")}), "list.json");
    fs::remove(file("list.json"));
    EXPECT_EQ(changed(before), Words{});
    done(build("m.csv", {"--photos", file("photos")}));
}

}  // namespace
}  // namespace emulsion::test
