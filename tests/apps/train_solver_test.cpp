// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// `emulsion train --solver`: Caffe's files, as their authors left them.
#include <gtest/gtest.h>

#include <emulsion/import.h>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "engine/formats/readers.h"
#include "tests/apps/child.h"
#include "tests/apps/training_fixtures.h"
#include "tests/shared_data.h"

namespace emulsion::test {
namespace {

namespace fs = std::filesystem;

// Photos are read as TrainingFolder makes them; both phases differ in order, mirroring and batch.
constexpr const char* net_text = R"(name: "small"
layer { name: "data" type: "ImageData" top: "data" top: "label" include { phase: TRAIN }
  transform_param { mirror: true scale: 0.015625 mean_value: 128 }
  image_data_param { source: "train.txt" batch_size: 4 shuffle: true new_height: 16 new_width: 24 } }
layer { name: "data" type: "ImageData" top: "data" top: "label" include { phase: TEST }
  transform_param { scale: 0.015625 mean_value: 128 }
  image_data_param { source: "val.txt" batch_size: 2 new_height: 16 new_width: 24 } }
layer { name: "conv1" type: "Convolution" bottom: "data" top: "conv1"
  param { lr_mult: 0.1 decay_mult: 0.1 } param { lr_mult: 0.2 decay_mult: 0 }
  convolution_param { num_output: 8 kernel_size: 3 weight_filler { type: "xavier" } } }
layer { name: "relu1" type: "ReLU" bottom: "conv1" top: "conv1" }
layer { name: "pool1" type: "Pooling" bottom: "conv1" top: "pool1"
  pooling_param { pool: MAX kernel_size: 3 stride: 2 } }
layer { name: "drop1" type: "Dropout" bottom: "pool1" top: "pool1" dropout_param { dropout_ratio: 0.4 } }
layer { name: "fc_new" type: "InnerProduct" bottom: "pool1" top: "fc_new"
  param { lr_mult: 1 } param { lr_mult: 2 decay_mult: 0 }
  inner_product_param { num_output: 2 weight_filler { type: "gaussian" std: 0.01 }
    bias_filler { type: "constant" value: 0.5 } } }
layer { name: "accuracy" type: "Accuracy" bottom: "fc_new" bottom: "label" top: "accuracy"
  include { phase: TEST } }
layer { name: "loss" type: "SoftmaxWithLoss" bottom: "fc_new" bottom: "label" top: "loss" }
)";
constexpr const char* solver_text = R"(net: "net.prototxt"
test_iter: 2
test_interval: 10
base_lr: 0.02
lr_policy: "step"
gamma: 0.5
stepsize: 12
display: 5
max_iter: 30
momentum: 0.8
weight_decay: 0.001
iter_size: 2
snapshot: 20
snapshot_prefix: "tuned"
random_seed: 7
solver_mode: GPU
)";

std::string text_of(const std::string& path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
}

class TrainSolver : public testing::Test {
   protected:
    TrainSolver() {
        write_text(file("net.prototxt"), net_text);
        write_text(file("solver.prototxt"), solver_text);
        change("solver.prototxt", "\"tuned\"", '"' + file("tuned") + '"');
    }
    std::string file(const std::string& name) const { return folder_.file(name); }
    Outcome train(const std::vector<std::string>& more = {}, const std::string& out = "run") const {
        std::vector<std::string> arguments = {
            "train", "--solver", file("solver.prototxt"), "--out", file(out), "--threads", "2"};
        arguments.insert(arguments.end(), more.begin(), more.end());
        return run_emulsion(arguments);
    }
    void change(const std::string& name, const std::string& what, const std::string& by) const {
        std::string text = text_of(file(name));
        const std::size_t at = text.find(what);
        ASSERT_NE(at, std::string::npos) << what;
        write_text(file(name), text.replace(at, what.size(), by));
    }

    const TrainingFolder folder_;
};

// Every setting, named a second time as options: the same bits come out.
TEST_F(TrainSolver, DoesWhatItsSettingsSay) {
    const Outcome outcome = train();
    ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
    EXPECT_NE(outcome.out.find("ignored: solver_mode, line 16"), std::string::npos) << outcome.out;
    const Outcome same = run_emulsion({"train",
                                       "--net",
                                       file("net.prototxt"),
                                       "--train",
                                       file("train.txt"),
                                       "--val",
                                       file("val.txt"),
                                       "--out",
                                       file("same"),
                                       "--batch",
                                       "4",
                                       "--mirror",
                                       "--lr",
                                       "0.02",
                                       "--lr-policy",
                                       "step",
                                       "--gamma",
                                       "0.5",
                                       "--step-size",
                                       "12",
                                       "--iterations",
                                       "30",
                                       "--momentum",
                                       "0.8",
                                       "--weight-decay",
                                       "0.001",
                                       "--iter-size",
                                       "2",
                                       "--seed",
                                       "7",
                                       "--threads",
                                       "2"});
    ASSERT_EQ(same.exit_code, 0) << same.err;
    EXPECT_EQ(tensors_of(file("run/model.safetensors")), tensors_of(file("same/model.safetensors")));
    const apps::Curve curve = apps::read_curve(file("run/log.jsonl"));
    std::vector<std::int64_t> checks, points;
    for (const auto& point : curve.validation) checks.push_back(point.iteration);
    for (const auto& point : curve.training) points.push_back(point.iteration);
    EXPECT_EQ(checks, (std::vector<std::int64_t>{0, 10, 20, 30}));
    EXPECT_EQ(points, (std::vector<std::int64_t>{5, 10, 15, 20, 25, 30}));
}

TEST_F(TrainSolver, SavesWeightsWhereCaffeWould) {
    change("solver.prototxt", file("tuned"), file("deep/er/tuned"));
    ASSERT_EQ(run_emulsion({"train", "--solver", file("solver.prototxt")}).exit_code, 0);
    EXPECT_TRUE(fs::exists(file("deep/er/tuned_iter_20.caffemodel")));
    EXPECT_FALSE(fs::exists(file("deep/er/tuned_iter_10.caffemodel")));
    const auto last = formats::read_caffemodel(file("deep/er/tuned_iter_30.caffemodel"));
    const auto model = load(file("deep/er/tuned_run/model.safetensors"));
    ASSERT_EQ(last.tensors.size(), model->parameters().size());
    for (std::size_t i = 0; i < last.tensors.size(); ++i) {
        EXPECT_EQ(last.tensors[i].name, model->parameters()[i].name);
        EXPECT_TRUE(std::ranges::equal(last.tensors[i].values, model->weights(i))) << i;
    }
}

TEST_F(TrainSolver, IterationsMayBeLeftToTheCommand) {
    change("solver.prototxt", "max_iter: 30\n", "");
    const Outcome refused = train();
    EXPECT_EQ(refused.exit_code, 4);
    EXPECT_EQ(refused.err,
              "emulsion: " + file("solver.prototxt") + ": the solver has no max_iter; add --iterations\n");
    EXPECT_FALSE(fs::exists(file("run")));
    ASSERT_EQ(train({"--iterations", "3"}).exit_code, 0);
    EXPECT_TRUE(fs::exists(file("run/tuned_iter_3.caffemodel")));
}

TEST_F(TrainSolver, OutTakesEverything) {
    ASSERT_EQ(train().exit_code, 0);
    EXPECT_TRUE(fs::exists(file("run/tuned_iter_30.caffemodel")));
    EXPECT_FALSE(fs::exists(file("tuned_iter_30.caffemodel")));
}

TEST_F(TrainSolver, StartsFromWeightsByName) {
    ASSERT_EQ(train({"--iterations", "4"}, "first").exit_code, 0);
    const std::string weights = file("first/model.safetensors");
    change("net.prototxt", "\"fc_new\" type", "\"fc_newer\" type");
    const Outcome outcome = train({"--weights", weights});
    ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
    EXPECT_NE(outcome.out.find("2 parameters taken, 2 started afresh, 2 left over"), std::string::npos)
        << outcome.out;
}

// Without --out, as often as one likes: a second run is refused, a resume goes on with the same checks.
TEST_F(TrainSolver, AStoppedRunGoesOnWithTheSameBits) {
    const std::vector<std::string> bare = {"train", "--solver", file("solver.prototxt"), "--threads", "2"};
    std::vector<std::string> resume = bare;
    resume.emplace_back("--resume");
    change("solver.prototxt", "max_iter: 30", "max_iter: 600");
    {
        Background run(bare);
        ASSERT_TRUE(wait_for_lines(file("tuned_run/log.jsonl"), 9));
        run.send(SIGINT);
        EXPECT_EQ(run.wait(), 128 + SIGINT);
    }
    EXPECT_EQ(run_emulsion(bare).exit_code, 2) << "a second run in the first one's folder";
    const Outcome resumed = run_emulsion(resume);
    ASSERT_EQ(resumed.exit_code, 0) << resumed.err;
    EXPECT_TRUE(fs::exists(file("tuned_iter_600.caffemodel")));
    const Outcome whole = train({}, "whole");
    ASSERT_EQ(whole.exit_code, 0) << whole.err;
    expect_same_result(file("tuned_run"), file("whole"));
}

// The files of docs/paper on photos that people rated, from CaffeNet's convolutions: one update.
TEST(TrainPaper, TheFilesTrainAsTheyAre) {
    const fs::path data = shared_data();
    if (!fs::exists(data / "oasis"))
        GTEST_SKIP() << "SKIPPED: no " << data / "oasis"
                     << "; set EMULSION_DATA";
    const TemporaryFolder folder;
    for (const char* name : {"net.prototxt", "solver.prototxt"})
        fs::copy_file(fs::path(EMULSION_SOURCE_DIR "/docs/paper") / name, folder / name);
    std::string list;
    int label = 0;
    for (const auto& photo : fs::directory_iterator(fs::canonical(data / "oasis/photos")))
        list += photo.path().string() + ' ' + std::to_string(label++ % 2) + '\n';
    write_text(folder / "train.txt", list);
    write_text(folder / "test.txt", list);
    save(*initialise(compose("caffenet"), 3), folder / "caffenet.safetensors");
    ASSERT_EQ(run_emulsion({"convert", folder / "caffenet.safetensors", folder / "w.caffemodel"}).exit_code,
              0);

    std::string solver = text_of(folder / "solver.prototxt");
    // A thousand batches of validation before the first update would take an hour here.
    solver.replace(solver.find("test_iter: 1000"), 15, "test_iter: 1");
    solver.insert(solver.find("snapshots/photo"), folder / "");
    write_text(folder / "solver.prototxt", solver);
    const Outcome outcome =
        run_emulsion({"train", "--solver", folder / "solver.prototxt", "--weights", folder / "w.caffemodel",
                      "--iterations", "1", "--out", folder / "run"});
    ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
    EXPECT_NE(outcome.out.find("10 parameters taken, 6 started afresh, 6 left over"), std::string::npos)
        << outcome.out;
    const auto model = load(folder / "run/model.safetensors");
    EXPECT_EQ(dialect_of(model->net()), "the paper's net");
}

TEST_F(TrainSolver, RefusesInOneLine) {
    const auto refuse = [&](const std::vector<std::string>& more, int exit_code, const std::string& word) {
        const Outcome outcome = train(more, "new");
        EXPECT_EQ(outcome.exit_code, exit_code) << outcome.err;
        EXPECT_EQ(count_lines(outcome.err), 1) << outcome.err;
        EXPECT_NE(outcome.err.find(word), std::string::npos) << "not in: " << outcome.err;
        EXPECT_FALSE(fs::exists(file("new"))) << "nothing is begun: " << word;
    };
    refuse({"--lr", "0.5"}, 2, "--lr");
    refuse({"--net", "photo"}, 2, "--net");
    change("net.prototxt", "\"ImageData\"", "\"Data\"");
    change("net.prototxt", "image_data_param", "data_param");
    change("net.prototxt", "shuffle: true new_height: 16 new_width: 24", "");
    change("net.prototxt", "mean_value: 128", "mean_value: 128 crop_size: 16");
    refuse({}, 4, "solver.prototxt");
    fs::remove(file("net.prototxt"));
    refuse({}, 4, "net.prototxt");
    write_text(file("net.prototxt"), net_text);
    fs::remove(file("train.txt"));
    refuse({}, 4, "train.txt");
    write_text(file("train.txt"), "photo0.png 0\nphoto1.png 2\n");
    refuse({}, 4, "train.txt:2");
}

}  // namespace
}  // namespace emulsion::test
