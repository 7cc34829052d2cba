// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Judges take models as other programs write them: the paper's chain starts from a net in Caffe's format.
#include <emulsion/import.h>
#include <gtest/gtest.h>
#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "tests/apps/child.h"
#include "tests/apps/fixtures.h"
#include "tests/engine/support.h"
#include "tests/shared_data.h"

namespace emulsion::test {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using Words = std::vector<std::string>;

class AnyFormat : public testing::Test {
   protected:
    AnyFormat() {
        std::string list;
        for (int i = 0; i < 20; ++i) {
            write_grey(file(std::to_string(i) + ".png"), static_cast<std::uint8_t>(12 * i + 8));
            list += std::to_string(i) + ".png " + (i < 10 ? "0\n" : "1\n");
        }
        write_text(file("list.txt"), list);
        // How its photos are prepared is what imports assume of it, since these formats do not say.
        const auto model = initialise(compose("photo-mini"), 3);
        save(*model, file("native"));
        export_model(*model, file("m.caffemodel"));
        export_model(*model, file("m.pth"));
    }
    std::string file(const std::string& name) const { return folder_.file(name); }
    /// What a command says as JSON, without what it was called with.
    static json said(Words words, const Words& more) {
        words.insert(words.end(), more.begin(), more.end());
        words.insert(words.end(), {"--json", "--log", "off"});
        const Outcome outcome = run_emulsion(words);
        EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
        json all = outcome.exit_code == 0 ? json::parse(outcome.out) : json::object();
        for (const char* key : {"model", "out", "classes"}) all.erase(key);  // names of classes are lost
        return all;
    }

    const TemporaryFolder folder_;
};

TEST_F(AnyFormat, GivesTheScoresOfTheNativeFile) {
    const Words native = {"--model", file("native")};
    for (const Words& model : {Words{"--model", file("m.caffemodel")},
                               {"--model", file("m.caffemodel"), "--net", file("m.prototxt")},
                               {"--model", file("m.pth"), "--net", file("m.prototxt")}}) {
        EXPECT_EQ(said({"score", folder_.path()}, model), said({"score", folder_.path()}, native));
        const Words test = {"test", "--data", file("list.txt"), "--scores"};
        auto with = [&](const std::string& scores, const Words& of) {
            Words words = test;
            words.push_back(file(scores));
            return said(words, of);
        };
        EXPECT_EQ(with("theirs.csv", model), with("ours.csv", native));
        EXPECT_EQ(contents(file("theirs.csv")), contents(file("ours.csv")));
        const Words extract = {"extract", "--layer", "fc7", file("list.txt"), "--out", file("x.npy")};
        said(extract, model);
        const std::string theirs = contents(file("x.npy"));
        said(extract, native);
        EXPECT_TRUE(contents(file("x.npy")) == theirs);
    }
}

TEST_F(AnyFormat, JudgesSideBySide) {
    ASSERT_EQ(run_emulsion({"extract", "--model", file("native"), "--layer", "fc7", file("list.txt"), "--out",
                            file("x.npy")})
                  .exit_code,
              0);
    ASSERT_EQ(run_emulsion({"baseline", "forest", file("x.npy"), "--out", file("forest")}).exit_code, 0);
    const json all = said({"evaluate", "--data", file("list.txt"), "--draws", "100"},
                          {"--net", file("m.prototxt"), "--model", "ours=" + file("native"), "--model",
                           "caffe=" + file("m.caffemodel"), "--model", "torch=" + file("m.pth"), "--baseline",
                           "forest=" + file("forest") + "," + file("m.caffemodel") + ",fc7"});
    ASSERT_EQ(all["judges"].size(), 4U);
    for (const int other : {1, 2})
        for (const auto& [name, measure] : all["judges"][other]["less the first"].items())
            EXPECT_EQ(measure["value"], 0) << other << name;
}

TEST_F(AnyFormat, AnythingElseIsRefusedInOneLine) {
    const auto refused = [&](const Words& words, int code, const std::string& why) {
        const Outcome outcome = run_emulsion(words);
        EXPECT_EQ(outcome.exit_code, code) << outcome.err;
        EXPECT_EQ(count_lines(outcome.err), 1) << outcome.err;
        EXPECT_NE(outcome.err.find(why), std::string::npos) << outcome.err;
    };
    for (const Words& command : {Words{"score", file("1.png")}, Words{"test", "--data", file("list.txt")}}) {
        const auto with = [&](const Words& more) {
            Words words = command;
            words.insert(words.end(), more.begin(), more.end());
            return words;
        };
        refused(with({"--model", "photo-mini"}), 2, "without weights");
        refused(with({"--model", file("m.prototxt")}), 2, "without weights");
        refused(with({"--model", file("native"), "--net", file("m.prototxt")}), 2, "holds its own net");
        refused(with({"--model", file("m.caffemodel"), "--net", "caffenet"}), 4, "another net");
        refused(with({"--model", file("m.caffemodel"), "--net", file("absent")}), 4, "absent");
    }
    refused({"evaluate", "--data", file("list.txt"), "--model", "x=" + file("m.prototxt")}, 2,
            "without weights");
}

// Deep Compression's file holds weights alone.
TEST(AnyFormatReal, ABaselineOnSqueezeNetScoresPhotos) {
    const std::string data = shared_data() + "/squeezenet/";
    if (!fs::exists(data + "cat.jpg"))
        GTEST_SKIP() << "no squeezenet in EMULSION_DATA, " << data << "; name the folder in EMULSION_DATA";
    const TemporaryFolder folder;
    std::string list;
    for (int i = 0; i < 4; ++i) list += data + "fish-bike.jpg 0\n" + data + "cat.jpg 1\n";
    write_text(folder / "list.txt", list);
    const auto with = [&](Words words) {
        words.insert(words.end(), {"--model", data + "compressed_SqueezeNet.net", "--net",
                                   data + "squeezenet_deploy.prototxt", "--layer", "conv_final", "--json"});
        const Outcome outcome = run_emulsion(words);
        EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
        return json::parse(outcome.out);
    };
    with({"extract", folder / "list.txt", "--out", folder / "x.npy"});
    ASSERT_EQ(run_emulsion({"baseline", "forest", folder / "x.npy", "--out", folder / "forest"}).exit_code,
              0);
    const json scores =
        with({"score", "--baseline", folder / "forest", data + "fish-bike.jpg", data + "cat.jpg"});
    EXPECT_EQ(scores["photos"][0]["path"], data + "cat.jpg");
    EXPECT_GT(scores["photos"][0]["score"], 50);
    EXPECT_EQ(with({"test", "--baseline", folder / "forest", "--data", folder / "list.txt"})["accuracy"], 1);
}

}  // namespace
}  // namespace emulsion::test
