// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// `emulsion evaluate` as users meet it.
#include <gtest/gtest.h>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "tests/apps/child.h"
#include "tests/apps/fixtures.h"
#include "tests/engine/support.h"

namespace emulsion::test {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr const char* header = "path,label,answer,score\n";

class Evaluate : public testing::Test {
   protected:
    std::string file(const std::string& name) const { return folder_.file(name); }
    void put(const std::string& name, const std::string& rows) const {
        write_text(file(name), header + rows);
    }
    Outcome evaluate(std::vector<std::string> more) const {
        more.insert(more.begin(), "evaluate");
        return run_emulsion(more);
    }
    void expect_refusal(const std::vector<std::string>& more, int exit_code, const std::string& word) const {
        const Outcome outcome = evaluate(more);
        EXPECT_EQ(outcome.exit_code, exit_code) << outcome.err;
        EXPECT_EQ(count_lines(outcome.err), 1) << outcome.err;
        EXPECT_NE(outcome.err.find(word), std::string::npos) << "not in: " << outcome.err;
        EXPECT_TRUE(outcome.out.empty()) << outcome.out;
    }
    const TemporaryFolder folder_;
};

TEST_F(Evaluate, TwoJudgesAsTextJsonAndPage) {
    put("a.csv", "p0,0,0,0.2\np1,1,1,0.9\np2,1,0,0.4\np3,0,1,0.6\n");
    put("b.csv", "p3,0,0,0.1\np2,1,1,0.7\np1,1,1,0.8\np0,0,0,0.3\n");
    const std::vector<std::string> both = {"--scores", "first <one>=" + file("a.csv"), "--scores",
                                           "second=" + file("b.csv")};
    std::vector<std::string> command = both;
    command.insert(command.end(), {"--json", "--report", file("page.html")});
    const Outcome outcome = evaluate(command);
    ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
    const json result = json::parse(outcome.out);
    EXPECT_EQ(result["photos"], 4);
    EXPECT_EQ(result["draws"], 2000);
    const json& first = result["judges"][0];
    EXPECT_EQ(first["name"], "first <one>");
    for (const char* measure : {"precision", "recall", "F1", "accuracy"})
        EXPECT_EQ(first["measures"][measure]["value"], 0.5) << measure;
    EXPECT_EQ(first["measures"]["AUC"]["value"], 0.75);
    EXPECT_EQ(first["confusion"], (json{{1, 1}, {1, 1}}));
    const json& second = result["judges"][1];
    EXPECT_EQ(second["measures"]["AUC"]["value"], 1);
    EXPECT_EQ(second["measures"]["accuracy"]["low"], 1) << "always right, whatever is drawn";
    EXPECT_EQ(second["less the first"]["accuracy"]["value"], 0.5);

    const std::string page = contents(file("page.html"));
    for (const char* part : {"<svg", "first &lt;one&gt;, area 0.750", "second, area 1.000", "<figcaption>",
                             "false positive rate", "20%", "width=device-width", "prefers-color-scheme:dark"})
        EXPECT_NE(page.find(part), std::string::npos) << part;
    EXPECT_EQ(page.find("<one>"), std::string::npos);
    EXPECT_EQ(page.find("http://"), page.find("http://www.w3.org/2000/svg")) << "nothing is fetched";

    const Outcome text = evaluate(both);
    EXPECT_NE(text.out.find("second - first <one>"), std::string::npos) << text.out;
    EXPECT_NE(text.out.find("+0.500 ["), std::string::npos) << text.out;
    EXPECT_EQ(evaluate(both).out, text.out) << "seeded";
}

TEST_F(Evaluate, AFolderOfFoldsIsPooled) {
    fs::create_directories(file("folds"));
    fs::create_directories(file("runs/fold-0"));
    fs::create_directories(file("runs/fold-1"));
    // The second fold's model rates all photos higher; each ranks its own rightly.
    for (const char* name : {"folds/0.csv", "runs/fold-0/scores.csv"}) put(name, "a,0,0,0.1\nb,1,1,0.2\n");
    for (const char* name : {"folds/1.csv", "runs/fold-1/scores.csv"}) put(name, "c,0,1,0.8\nd,1,1,0.9\n");
    const Outcome outcome =
        evaluate({"--scores", "x=" + file("folds"), "--scores", "y=" + file("runs"), "--json"});
    ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
    const json result = json::parse(outcome.out);
    EXPECT_EQ(result["folds"], 2);
    for (const json& judge : result["judges"]) {
        EXPECT_EQ(judge["measures"]["AUC"]["value"], 1);
        EXPECT_EQ(judge["measures"]["accuracy"]["value"], 0.75);
        EXPECT_EQ(judge["confusion"], (json{{1, 1}, {0, 2}}));
    }
    put("other.csv", "a,0,0,0.1\nb,1,1,0.2\nc,0,1,0.8\nd,1,1,0.9\n");
    expect_refusal({"--scores", "x=" + file("folds"), "--scores", "z=" + file("other.csv")}, 4, "fold");
    put("folds/2.csv", "a,0,0,0.1\n");
    expect_refusal({"--scores", "x=" + file("folds")}, 4, "judged twice");
}

TEST_F(Evaluate, RefusesInOneLine) {
    const auto refuse_file = [&](const std::string& text, const std::string& word) {
        write_text(file("bad.csv"), text);
        expect_refusal({"--scores", "bad=" + file("bad.csv")}, 4, word);
    };
    const std::string good = "a,0,0,0.1\nb,1,1,0.9\n";
    refuse_file(header + good + "c,1,1,nan\n", "not a finite number");
    refuse_file(header + good + "c,1,1,inf\n", "not a finite number");
    refuse_file(header + good + "c,1,1,0.5x\n", "not a finite number");
    refuse_file(header + good + "c,1,1,\n", "not a finite number");
    refuse_file(header + good + "c,2,1,0.5\n", "label \"2\"");
    refuse_file(header + good + "c,1,-1,0.5\n", "answer \"-1\"");
    refuse_file(header + good + "c,1,0.5\n", "bad.csv:4");
    refuse_file(header + good + "a,0,0,0.1\n", "judged twice");
    refuse_file(header, "no photo");
    refuse_file("", "bad.csv");
    refuse_file("path,label,score\na,0,0.1\n", "answer");
    refuse_file(header + std::string("a,1,1,0.5\n"), "no photo of class 0");

    put("good.csv", good);
    const std::string x = "x=" + file("good.csv");
    put("more.csv", good + "c,1,1,0.5\n");
    expect_refusal({"--scores", x, "--scores", "y=" + file("more.csv")}, 4, "c was judged by y and not by x");
    expect_refusal({"--scores", "y=" + file("more.csv"), "--scores", x}, 4, "c was judged by y and not by x");
    put("turned.csv", "a,1,0,0.1\nb,1,1,0.9\n");
    expect_refusal({"--scores", x, "--scores", "y=" + file("turned.csv")}, 4,
                   "a has label 0 in x and 1 in y");
    expect_refusal({"--scores", x, "--scores", x}, 2, "taken");
    expect_refusal({"--scores", file("good.csv")}, 2, "NAME=");
    expect_refusal({"--scores", "x=" + file("absent.csv")}, 4, "absent.csv");
    expect_refusal({}, 2, "--scores");
    expect_refusal({"--scores", x, "--report", file("no-folder/page.html")}, 1, "no-folder");
}

// A net, and a baseline on its own last layer, judge a list.
TEST_F(Evaluate, ModelsAndBaselinesJudgeAList) {
    save(*brightness_model(), file("net"));
    std::string list;
    for (int i = 0; i < 40; ++i) {
        const int grey = 6 * i + 8;
        write_grey(file(std::to_string(i) + ".png"), static_cast<std::uint8_t>(grey));
        list += std::to_string(i) + ".png " + (grey > 128 ? "1\n" : "0\n");
    }
    write_text(file("list.txt"), list);
    ASSERT_EQ(run_emulsion({"extract", "--model", file("net"), "--layer", "fc1", file("list.txt"), "--out",
                            file("x.npy")})
                  .exit_code,
              0);
    ASSERT_EQ(run_emulsion({"baseline", "svm", file("x.npy"), "--out", file("svm")}).exit_code, 0);
    const Outcome outcome =
        evaluate({"--data", file("list.txt"), "--model", "net=" + file("net"), "--baseline",
                  "svm=" + file("svm") + "," + file("net") + ",fc1", "--json"});
    ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
    const json result = json::parse(outcome.out);
    EXPECT_EQ(result["photos"], 40);
    EXPECT_EQ(result["judges"][0]["measures"]["accuracy"]["value"], 1);
    EXPECT_EQ(result["judges"][0]["measures"]["AUC"]["value"], 1);
    EXPECT_EQ(result["judges"][1]["name"], "svm");
    EXPECT_GE(result["judges"][1]["measures"]["AUC"]["value"], 0.95);

    ASSERT_EQ(run_emulsion({"test", "--model", file("net"), "--data", file("list.txt"), "--scores",
                            file("scores.csv")})
                  .exit_code,
              0);
    const Outcome same = evaluate({"--data", file("list.txt"), "--model", "net=" + file("net"), "--scores",
                                   "test=" + file("scores.csv"), "--json"});
    ASSERT_EQ(same.exit_code, 0) << same.err;
    EXPECT_EQ(json::parse(same.out)["judges"][1]["less the first"]["F1"]["high"], 0);
    expect_refusal({"--data", file("list.txt"), "--baseline", "svm=" + file("svm")}, 2, "BASELINE,MODEL");
}

}  // namespace
}  // namespace emulsion::test
