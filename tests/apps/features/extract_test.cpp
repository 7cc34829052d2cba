// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include <emulsion/import.h>
#include <gtest/gtest.h>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "apps/baseline/baseline.h"
#include "apps/features/cut_net.h"
#include "apps/feed.h"
#include "data/npy.h"
#include "tests/apps/child.h"
#include "tests/apps/fixtures.h"
#include "tests/apps/training_fixtures.h"
#include "tests/engine/support.h"
#include "tests/shared_data.h"

namespace emulsion::test {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

// Grey photos; the net's layer fc1 has 0 and (grey - 128) / 64, the ReLU behind it no negative numbers.
class Extract : public testing::Test {
   protected:
    Extract() {
        const auto bright = brightness_model();
        NetDef net = bright->net();
        net.layers = {net.layers[0], layer("relu1", "relu", "fc1"),
                      weighted("fc2", "fc", "relu1", {{"outputs", std::int64_t{3}}})};
        net.classes = {};
        const std::vector<float> weights(bright->weights(0).begin(), bright->weights(0).end());
        save(*model_of(net, {weights, {0, -2}, std::vector<float>(6, 0.5F), {1, 2, 3}}), file("net"));
    }
    std::string file(const std::string& name) const { return folder_.file(name); }
    static double value(int grey) { return (grey - 128) / 64.0; }

    /// Photos 0.png, 1.png, ... of greys that tell them apart, and a list of them with labels 0 and 1.
    void make_photos(int count) const {
        std::string list;
        for (int i = 0; i < count; ++i) {
            write_grey(file(std::to_string(i) + ".png"), grey(i));
            list += std::to_string(i) + ".png " + std::to_string(i % 2) + "\n";
        }
        write_text(file("list.txt"), list);
    }
    static std::uint8_t grey(int i) { return static_cast<std::uint8_t>((7 * i + 100) % 256); }

    std::vector<std::string> arguments(const std::string& out, const std::vector<std::string>& more = {},
                                       const std::string& layer = "fc1") const {
        std::vector<std::string> all = {"extract",        "--model", file("net"), "--layer",   layer,
                                        file("list.txt"), "--out",   file(out),   "--threads", "2"};
        all.insert(all.end(), more.begin(), more.end());
        return all;
    }
    Outcome extract(const std::string& out, const std::vector<std::string>& more = {},
                    const std::string& layer = "fc1") const {
        return run_emulsion(arguments(out, more, layer));
    }
    void expect_same_files(const std::string& a, const std::string& b) const {
        for (const char* end : {".npy", ".labels.npy", ".photos.txt"})
            EXPECT_TRUE(contents(file(a + end)) == contents(file(b + end))) << b << end;
        EXPECT_FALSE(fs::exists(file(b + ".npy.progress")));
        for (const std::string& name : folder_.names()) EXPECT_FALSE(name.ends_with(".part")) << name;
    }

    const TemporaryFolder folder_;
};

TEST_F(Extract, RowsLabelsAndPathsStayInStepWhereAPhotoIsBroken) {
    make_photos(20);
    write_text(file("5.png"), "no photo");
    fs::remove(file("19.png"));
    const Outcome outcome = extract("x.npy", {"--before-relu", "--batch", "3"});
    ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
    EXPECT_NE(outcome.err.find("5.png"), std::string::npos) << outcome.err;
    EXPECT_NE(outcome.err.find("19.png"), std::string::npos) << outcome.err;
    EXPECT_NE(outcome.out.find("18 photos by 2 features (fc1), 2 broken"), std::string::npos) << outcome.out;

    const NpyArray x(file("x.npy")), labels(file("x.labels.npy"));
    std::istringstream paths(contents(file("x.photos.txt")));
    ASSERT_EQ(x.rows(), 18);
    ASSERT_EQ(x.columns(), 2);
    ASSERT_EQ(labels.rows(), 18);
    std::string path;
    for (std::size_t i = 0, row = 0; i < 19; ++i) {
        if (i == 5) continue;
        ASSERT_TRUE(std::getline(paths, path));
        EXPECT_EQ(fs::path(path).filename(), std::to_string(i) + ".png");
        EXPECT_EQ(labels.integers()[row], static_cast<std::int32_t>(i % 2));
        EXPECT_EQ(x.floats()[2 * row], 0);
        EXPECT_NEAR(x.floats()[2 * row + 1], value(grey(static_cast<int>(i))), 1e-5);  // a sum of 192 terms
        ++row;
    }
    EXPECT_FALSE(std::getline(paths, path));
}

TEST_F(Extract, TakesTheValueBehindTheReluUnlessAskedForTheOneBefore) {
    make_photos(6);
    ASSERT_EQ(extract("before.npy", {"--before-relu"}).exit_code, 0);
    const Outcome outcome = extract("after.npy", {"--json"});
    ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
    EXPECT_EQ(json::parse(outcome.out)["value"], "relu1");
    ASSERT_EQ(extract("relu.npy", {}, "relu1").exit_code, 0);
    const NpyArray before(file("before.npy")), after(file("after.npy"));
    bool negative = false;
    for (std::size_t i = 0; i < before.floats().size(); ++i) {
        EXPECT_EQ(after.floats()[i], std::max(0.0F, before.floats()[i]));
        negative |= before.floats()[i] < 0;
    }
    EXPECT_TRUE(negative) << "else the two are alike";
    EXPECT_EQ(contents(file("relu.npy")), contents(file("after.npy")));
}

TEST(CutNet, AReluThatIsNotAloneIsNoPartOfTheLayer) {
    NetDef net = brightness_model()->net();
    net.layers = {net.layers[0], layer("relu1", "relu", "fc1")};
    EXPECT_EQ(apps::value_of_layer(net, "fc1", false), "relu1");
    EXPECT_EQ(apps::value_of_layer(net, "fc1", true), "fc1");
    for (const bool first : {true, false}) {
        NetDef forked = net;
        const LayerDef other = weighted("fc2", "fc", "fc1", {{"outputs", std::int64_t{3}}});
        forked.layers.insert(first ? forked.layers.begin() + 1 : forked.layers.end(), other);
        EXPECT_EQ(apps::value_of_layer(forked, "fc1", false), "fc1") << "fc2 reads it, too";
        EXPECT_THROW(apps::value_of_layer(forked, "fc1", true), Error);
    }
}

TEST_F(Extract, APhotosFeaturesDoNotDependOnItsBatch) {
    make_photos(40);
    save(*initialise(compose("photo-mini"), 3), file("net"));
    for (const char* batch : {"1", "7", "32"})
        ASSERT_EQ(extract(std::string("x") + batch + ".npy", {"--batch", batch}, "fc6").exit_code, 0);
    expect_same_files("x1", "x7");
    expect_same_files("x1", "x32");
}

TEST_F(Extract, RefusesInOneLineAndLeavesNothing) {
    make_photos(3);
    const auto refuse = [&](const Outcome& outcome, int exit_code, const std::string& word) {
        EXPECT_EQ(outcome.exit_code, exit_code) << outcome.err;
        EXPECT_EQ(count_lines(outcome.err), 1) << outcome.err;
        EXPECT_NE(outcome.err.find(word), std::string::npos) << "not in: " << outcome.err;
        for (const std::string& name : folder_.names()) EXPECT_FALSE(name.starts_with("x.")) << name;
    };
    refuse(extract("x.npy", {}, "fc9"), 2, "there are fc1, relu1, fc2");
    refuse(extract("x.npy", {"--before-relu"}, "fc2"), 2, "no ReLU follows");
    refuse(run_emulsion({"extract", "--model", "photo-mini", "--layer", "fc1", file("list.txt"), "--out",
                         file("x.npy")}),
           2, "without weights");
    refuse(run_emulsion({"extract", "--model", file("net"), "--layer", "fc1", file("absent.txt"), "--out",
                         file("x.npy")}),
           4, "absent.txt");
    refuse(extract("no-folder/x.npy"), 1, "no-folder");
    for (int i = 0; i < 3; ++i) write_text(file(std::to_string(i) + ".png"), "no photo");
    const Outcome broken = extract("x.npy");
    EXPECT_EQ(broken.exit_code, 4) << broken.err;
    for (const std::string& name : folder_.names()) EXPECT_FALSE(name.starts_with("x.")) << name;
}

TEST_F(Extract, KilledAtAnyMomentItEndsWithTheSameBytes) {
    make_photos(2000);  // so many that a signal finds it at work
    write_text(file("17.png"), "no photo");
    ASSERT_EQ(extract("whole.npy", {"--batch", "16"}).exit_code, 0);
    for (const int lines : {2, 30, 100, 200}) {
        const std::string out = "killed" + std::to_string(lines);
        Background process(arguments(out + ".npy", {"--batch", "1"}));
        ASSERT_TRUE(wait_for_lines(file(out + ".npy.progress"), lines));
        process.send(SIGKILL);
        ASSERT_EQ(process.wait(), 128 + SIGKILL) << "it was too quick to be killed";
        // What a kill in the middle of a write leaves.
        std::ofstream(file(out + ".npy.part"), std::ios::app) << "half a row";
        std::ofstream(file(out + ".photos.txt.part"), std::ios::app) << "/half/a/pa";
        std::ofstream(file(out + ".npy.progress"), std::ios::app) << "999 9";
        const Outcome outcome = extract(out + ".npy", {"--batch", "7"});
        EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
        EXPECT_TRUE(lines == 2 || outcome.err.find("goes on behind") != std::string::npos) << outcome.err;
        EXPECT_NE(outcome.out.find("1,999 photos by 2 features (relu1), 1 broken"), std::string::npos)
            << outcome.out;
        expect_same_files("whole", out);
    }
}

TEST_F(Extract, AnInterruptedRunGoesOnOnlyAsItWasBegun) {
    make_photos(2000);
    ASSERT_EQ(extract("whole.npy").exit_code, 0);
    const auto interrupt = [&] {
        Background process(arguments("x.npy", {"--batch", "1"}));
        ASSERT_TRUE(wait_for_lines(file("x.npy.progress"), 20));
        process.send(SIGINT);
        ASSERT_EQ(process.wait(), 128 + SIGINT);
    };
    interrupt();
    EXPECT_FALSE(fs::exists(file("x.npy")));
    const Outcome other = extract("x.npy", {}, "fc2");
    EXPECT_EQ(other.exit_code, 2) << other.err;
    EXPECT_NE(other.err.find("--restart"), std::string::npos) << other.err;
    ASSERT_EQ(extract("x.npy").exit_code, 0);
    expect_same_files("whole", "x");
    // A file that lost what the progress tells of: of that, nothing is believed that is not there.
    for (const char* part : {"x.npy.part", "x.labels.npy.part", "x.photos.txt.part"}) {
        interrupt();
        fs::resize_file(file(part), fs::file_size(file(part)) / 2);
        ASSERT_EQ(extract("x.npy").exit_code, 0);
        expect_same_files("whole", "x");
    }
    interrupt();
    ASSERT_EQ(extract("x.npy", {"--restart"}, "fc2").exit_code, 0);
    EXPECT_EQ(NpyArray(file("x.npy")).columns(), 3);
}

TEST_F(Extract, OneRunAtATimeWritesAFile) {
    make_photos(2000);
    ASSERT_EQ(extract("whole.npy").exit_code, 0);
    Background first(arguments("x.npy", {"--batch", "1"}));
    ASSERT_TRUE(wait_for_lines(file("x.npy.progress"), 20));
    first.send(SIGSTOP);  // so that it does not end meanwhile
    for (const std::vector<std::string>& more : {std::vector<std::string>{}, {"--restart"}}) {
        const Outcome second = extract("x.npy", more);
        EXPECT_EQ(second.exit_code, 2) << second.err;
        EXPECT_EQ(count_lines(second.err), 1) << second.err;
        EXPECT_NE(second.err.find("another run is at work"), std::string::npos) << second.err;
    }
    EXPECT_EQ(extract("y.npy").exit_code, 0) << "another file in the same folder";
    first.send(SIGCONT);
    EXPECT_EQ(first.wait(), 0);
    expect_same_files("whole", "x");
}

TEST_F(Extract, ADatabaseGivesTheFeaturesOfItsPhotos) {
    make_photos(30);
    ASSERT_EQ(extract("list.npy").exit_code, 0);
    const Outcome packed = run_emulsion({"pack", file("list.txt"), "--out", file("lmdb")});
    ASSERT_EQ(packed.exit_code, 0) << packed.err;
    const Outcome outcome = run_emulsion({"extract", "--model", file("net"), "--layer", "fc1", file("lmdb"),
                                          "--out", file("lmdb.npy"), "--threads", "2"});
    ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
    for (const char* end : {".npy", ".labels.npy"})
        EXPECT_TRUE(contents(file(std::string("list") + end)) == contents(file(std::string("lmdb") + end)));
}

TEST_F(Extract, TextHoldsTheSameNumbers) {
    make_photos(2);
    write_grey(file("0.png"), 128);
    write_grey(file("1.png"), 160);
    for (const char* out : {"a", "b"}) {
        ASSERT_EQ(extract(std::string(out) + ".csv", {"--format", "csv"}).exit_code, 0);
        EXPECT_EQ(contents(file(std::string(out) + ".csv")),
                  "path,label,f1,f2\n" + file("0.png") + ",0,0,0\n" + file("1.png") + ",1,0,0.5\n");
    }
    ASSERT_EQ(extract("x.txt", {"--format", "libsvm"}).exit_code, 0);
    EXPECT_EQ(contents(file("x.txt")), "0\n1 2:0.5\n");
    EXPECT_EQ(contents(file("x.txt.photos.txt")), file("0.png") + "\n" + file("1.png") + "\n");
}

TEST_F(Extract, ABaselineScoresPhotosByTheirFeatures) {
    make_photos(60);
    std::string list;
    for (int i = 0; i < 60; ++i) list += std::to_string(i) + ".png " + (grey(i) > 128 ? "1" : "0") + "\n";
    write_text(file("list.txt"), list);
    ASSERT_EQ(extract("x.npy", {"--before-relu"}).exit_code, 0);
    ASSERT_EQ(run_emulsion({"baseline", "svm", file("x.npy"), "--out", file("svm")}).exit_code, 0);
    const std::vector<std::string> command = {"score",        "--model", file("net"), "--baseline",
                                              file("svm"),    "--layer", "fc1",       "--before-relu",
                                              folder_.path(), "--json"};
    const Outcome outcome = run_emulsion(command);
    const json scores = json::parse(outcome.out);
    ASSERT_EQ(scores["photos"].size(), 60U) << outcome.err;

    const NpyArray x(file("x.npy"));
    const auto svm = baseline::load_baseline(file("svm"));
    const auto expected = svm->judge({x.floats().data(), x.rows(), x.columns()});
    double previous = 100;
    for (const json& photo : scores["photos"]) {
        const int i = std::stoi(fs::path(photo["path"].get<std::string>()).stem());
        EXPECT_EQ(photo["score"].get<double>(), 100 * expected[static_cast<std::size_t>(i)].probability) << i;
        EXPECT_LE(photo["score"].get<double>(), previous);
        previous = photo["score"];
    }
    const Outcome tested =
        run_emulsion({"test", "--model", file("net"), "--baseline", file("svm"), "--layer", "fc1",
                      "--before-relu", "--data", file("list.txt"), "--scores", file("scores.csv"), "--json"});
    ASSERT_EQ(tested.exit_code, 0) << tested.err;
    std::istringstream lines(contents(file("scores.csv")));
    std::string line;
    std::getline(lines, line);
    double right = 0;
    for (int i = 0; i < 60; ++i) {
        const auto& judgement = expected[static_cast<std::size_t>(i)];
        const int label = grey(i) > 128 ? 1 : 0;
        ASSERT_TRUE(std::getline(lines, line));
        const std::size_t last = line.rfind(',') + 1;
        EXPECT_EQ(line.substr(0, last), file(std::to_string(i) + ".png") + "," + std::to_string(label) + "," +
                                            std::to_string(judgement.answer) + ",");
        EXPECT_EQ(std::stof(line.substr(last)), static_cast<float>(judgement.probability))
            << "every bit of it";
        right += judgement.answer == label ? 1 : 0;
    }
    EXPECT_EQ(json::parse(tested.out)["accuracy"], right / 60);
    // More than are judged at once.
    std::string tenfold;
    for (int i = 0; i < 10; ++i) tenfold += list;
    write_text(file("list.txt"), tenfold);
    const std::string once = contents(file("scores.csv"));
    ASSERT_EQ(run_emulsion({"test", "--model", file("net"), "--baseline", file("svm"), "--layer", "fc1",
                            "--before-relu", "--data", file("list.txt"), "--scores", file("scores.csv")})
                  .exit_code,
              0);
    std::string ten_times = once;
    for (int i = 1; i < 10; ++i) ten_times += once.substr(once.find('\n') + 1);
    EXPECT_EQ(contents(file("scores.csv")), ten_times);
    const Outcome wide = run_emulsion(
        {"score", "--model", file("net"), "--baseline", file("svm"), "--layer", "fc2", file("0.png")});
    EXPECT_EQ(wide.exit_code, 4);
    EXPECT_NE(wide.err.find("2 features; the layer fc2 of the net has 3"), std::string::npos) << wide.err;
    EXPECT_EQ(
        run_emulsion({"score", "--model", file("net"), "--baseline", file("svm"), file("0.png")}).exit_code,
        2);
}

// SqueezeNet's real weights and photos: what the command writes is what the session holds of the whole net.
TEST(ExtractReal, AgreesWithTheSessionsValue) {
    const std::string data = shared_data() + "/squeezenet/";
    if (!fs::exists(data + "cat.jpg"))
        GTEST_SKIP() << "no squeezenet in EMULSION_DATA, " << data << "; name the folder in EMULSION_DATA";
    const TemporaryFolder folder;
    const std::string net = data + "squeezenet_deploy.prototxt", weights = data + "compressed_SqueezeNet.net";
    const std::vector<Sample> samples = {{data + "fish-bike.jpg", 1}, {data + "cat.jpg", 0}};
    write_text(folder.file("list.txt"), samples[0].path + " 1\n" + samples[1].path + " 0\n");

    ImportOptions import;
    import.net = net;
    const auto model = import_model(weights, import, nullptr);
    Options options;
    options.threads = 1;
    options.batch = 2;
    options.batch_invariant = true;
    options.hold = {"conv_final", "fire5/concat"};
    Session session(model, options);
    LoaderOptions loading;
    loading.preprocessing = model->net().preprocessing;
    loading.batch = 2;
    loading.repeat = loading.shuffle = false;
    Loader loader(samples, loading);
    const Batch batch = apps::as_batch(*loader.next());
    session.run(batch.photos, batch.count);

    for (const auto& [layer, before_relu] : {std::pair("conv_final", true), {"fire5/concat", false}}) {
        std::vector<std::string> command = {"extract",
                                            "--model",
                                            weights,
                                            "--net",
                                            net,
                                            "--layer",
                                            layer,
                                            "--threads",
                                            "2",
                                            "--out",
                                            folder.file("x.npy"),
                                            folder.file("list.txt")};
        if (before_relu) command.emplace_back("--before-relu");
        const Outcome outcome = run_emulsion(command);
        ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
        const NpyArray x(folder.file("x.npy"));
        const std::vector<float> held = session.value(layer);
        ASSERT_EQ(x.rows(), 2);
        EXPECT_TRUE(std::ranges::equal(x.floats(), held)) << layer;
        EXPECT_EQ(NpyArray(folder.file("x.labels.npy")).integers()[0], 1);
    }
}

}  // namespace
}  // namespace emulsion::test
