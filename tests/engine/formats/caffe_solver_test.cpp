// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Solvers, with their nets in both phases.
#include <emulsion/emulsion.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "engine/formats/readers.h"
#include "tests/engine/formats/caffe_samples.h"
#include "tests/engine/support.h"

namespace emulsion::formats {
namespace {

using namespace emulsion::test;

class CaffeSolverFile : public ::testing::Test {
   protected:
    CaffeSolverFile() { put(folder_ / "net.prototxt", paper_net()); }

    CaffeSolver read(const std::string& text) {
        put(folder_ / "solver.prototxt", text);
        return read_solver(folder_ / "solver.prototxt");
    }
    std::string refusal_of(const std::string& text) {
        const std::string message = error_of(Error::Kind::data, [&] { read(text); });
        const std::string path = folder_ / "";
        EXPECT_EQ(message.substr(0, path.size()), path) << message;
        return message.substr(path.size());
    }

    TemporaryFolder folder_;
};

std::string replaced(std::string text, const std::string& what, const std::string& by) {
    const std::size_t at = text.find(what);
    EXPECT_NE(at, std::string::npos) << what;
    return text.replace(at, what.size(), by);
}

TEST_F(CaffeSolverFile, ThePapersIsReadToTheLetter) {
    put(folder_ / "train.txt", "a.jpg 1\n");
    const CaffeSolver solver = read(paper_solver());
    SolverConfig expected;
    expected.policy = SolverConfig::Policy::step;
    expected.base_rate = 0.001;
    expected.gamma = 0.1;
    expected.power = 0;
    expected.step_size = 50'000;
    expected.iterations = 450'000;
    expected.momentum = 0.9;
    expected.weight_decay = 0.001;
    EXPECT_EQ(solver.config, expected);
    EXPECT_EQ(solver.test_iter, 1000);
    EXPECT_EQ(solver.test_interval, 1000);
    EXPECT_TRUE(solver.test_first);
    EXPECT_EQ(solver.snapshot, 50'000);
    EXPECT_EQ(solver.snapshot_prefix, "snapshots/photo");
    EXPECT_EQ(solver.display, 20);
    EXPECT_EQ(solver.random_seed, -1);
    EXPECT_EQ(solver.net_path, folder_ / "net.prototxt");
    EXPECT_EQ(solver.train_data.source, folder_ / "train.txt");  // found beside the net
    EXPECT_EQ(solver.test_data.source, "test.txt");              // not there, so as it stands
    EXPECT_EQ(solver.train_data.batch, 50);
    EXPECT_EQ(solver.train_net.preprocessing.height, 159);
    EXPECT_EQ(solver.train_net.preprocessing.width, 240);
    EXPECT_FALSE(solver.train_data.mirror || solver.train_data.shuffle || solver.train_data.database);
    EXPECT_EQ(with_values_by_layer(solver.train_net).layers, compose("photo").layers);
    const std::vector<std::string> ignored = {"layer accuracy (Accuracy), line 141", "solver_mode, line 14"};
    ASSERT_EQ(solver.ignored.size(), 2U);
    EXPECT_EQ(solver.ignored[0].substr(0, 25), ignored[0].substr(0, 25));
    EXPECT_EQ(solver.ignored[1], ignored[1]);
}

TEST_F(CaffeSolverFile, BothPhasesMayDifferInMirroringAndShuffling) {
    put(folder_ / "net.prototxt", old_alexnet());
    const CaffeSolver solver = read(paper_solver());
    EXPECT_TRUE(solver.train_data.mirror && solver.train_data.shuffle);
    EXPECT_FALSE(solver.test_data.mirror || solver.test_data.shuffle);
    EXPECT_EQ(solver.train_data.batch, 256);
    EXPECT_EQ(solver.test_data.batch, 50);
    EXPECT_EQ(solver.test_data.crop, 227);
    EXPECT_EQ(solver.train_data.root_folder, "photos/");
    EXPECT_EQ(solver.train_net.preprocessing, compose("alexnet").preprocessing);
}

TEST_F(CaffeSolverFile, AllPoliciesAndSettings) {
    const std::string net = "net: \"net.prototxt\" max_iter: 10 ";
    SolverConfig config = read(net +
                               "lr_policy: \"multistep\" stepvalue: 3 stepvalue: 7 iter_size: 4 "
                               "regularization_type: \"L1\" clip_gradients: 35 random_seed: 12 "
                               "snapshot_prefix: \"\"")
                              .config;
    EXPECT_EQ(config.policy, SolverConfig::Policy::multistep);
    EXPECT_EQ(config.steps_at, (std::vector<std::int64_t>{3, 7}));
    EXPECT_EQ(config.iter_size, 4);
    EXPECT_TRUE(config.l1);
    EXPECT_EQ(config.clip_gradients, 35);
    EXPECT_EQ(config.momentum, 0);
    for (const char* policy : {"fixed", "inv", "exp", "poly"})
        EXPECT_STREQ(name(read(net + "lr_policy: \"" + policy + "\"").config.policy), policy);
    const CaffeSolver bare = read(net + "lr_policy: \"fixed\" random_seed: 12");
    EXPECT_EQ(bare.random_seed, 12);
    EXPECT_EQ(bare.snapshot_prefix, folder_ / "solver");
    EXPECT_EQ(bare.test_iter, 0);
    EXPECT_TRUE(bare.test_data.source.empty());
}

TEST_F(CaffeSolverFile, TwoFilesServeAsWellAsOne) {
    put(folder_ / "test.prototxt", paper_net());
    const CaffeSolver solver = read(replaced(paper_solver(), "net: \"net.prototxt\"",
                                             "train_net: \"net.prototxt\" test_net: \"test.prototxt\""));
    EXPECT_EQ(solver.net_path, folder_ / "net.prototxt");
    EXPECT_EQ(solver.test_data.batch, 50);
}

// What differs in name only, or does nothing in a test, may differ.
TEST_F(CaffeSolverFile, TheNetToTestIsTheOneToTrain) {
    const auto ends = [](const char* place, const std::string& between, const char* last) {
        return std::string("layer { name: \"data\" type: \"ImageData\" top: \"data\" top: \"label\"\n") +
               "image_data_param { source: \"" + place + "\" batch_size: 2 new_height: 8 new_width: 8 } }\n" +
               between + last;
    };
    const std::string conv =
        "layer { name: \"conv\" type: \"Convolution\" bottom: \"data\" top: \"a\"\n"
        "convolution_param { num_output: 4 kernel_size: 3 } }\n";
    const std::string relu = "layer { name: \"relu\" type: \"ReLU\" bottom: \"a\" top: \"a\" }\n";
    const std::string drop = "layer { name: \"drop\" type: \"Dropout\" bottom: \"a\" top: \"a\" }\n";
    const std::string fc =
        "layer { name: \"fc\" type: \"InnerProduct\" bottom: \"a\" top: \"fc\"\n"
        "inner_product_param { num_output: 2 } }\n";
    const char* loss =
        "layer { name: \"loss\" type: \"SoftmaxWithLoss\" bottom: \"fc\" bottom: \"label\" top: \"l\" }";
    const char* accuracy =
        "layer { name: \"accuracy\" type: \"Accuracy\" bottom: \"fc\" bottom: \"label\" top: \"x\" }";
    const std::string solver = replaced(paper_solver(), "net: \"net.prototxt\"",
                                        "train_net: \"net.prototxt\" test_net: \"test.prototxt\"");
    put(folder_ / "net.prototxt", ends("train.txt", conv + relu + drop + fc, loss));
    const auto test_with = [&](const std::string& between, const char* last) {
        put(folder_ / "test.prototxt", ends("test.txt", between, last));
    };
    for (const char* last : {loss, accuracy}) {
        test_with(conv + relu + fc, last);
        EXPECT_EQ(read(solver).test_data.batch, 2);
        test_with(conv + replaced(relu, "\"relu\"", "\"r\"") + drop + fc, last);
        EXPECT_EQ(read(solver).test_data.batch, 2);
    }
    const auto difference = [&](const std::string& between) {
        test_with(between, loss);
        return refusal_of(solver);
    };
    const auto has = [](const std::string& test, const std::string& train) {
        return "solver.prototxt: its net to test is not the one to train: it has layer " + test +
               " where the other has layer " + train;
    };
    EXPECT_EQ(difference(replaced(conv, "4", "5") + relu + fc), has("conv", "conv"));
    EXPECT_EQ(difference(conv + relu + replaced(fc, "num_output: 2", "num_output: 3")), has("fc", "fc"));
    EXPECT_EQ(difference(conv + fc), has("fc", "relu"));
    EXPECT_EQ(difference(conv + relu + replaced(fc, "\"fc\"", "\"fc_new\"")),
              has("fc_new", "fc"));  // other weights
    EXPECT_EQ(
        difference(replaced(conv, "\"a\"", "\"b\"") + replaced(conv, "\"conv\"", "\"aside\"") + relu + fc),
        has("aside", "conv"));
    test_with(conv + relu + fc + "layer { name: \"s\" type: \"Softmax\" bottom: \"fc\" top: \"fc\" }",
              accuracy);
    EXPECT_EQ(read(solver).test_data.batch, 2);
    test_with(conv + relu + fc + "layer { name: \"r\" type: \"ReLU\" bottom: \"fc\" top: \"fc\" }", loss);
    EXPECT_EQ(refusal_of(solver), has("r", "prob"));
}

TEST_F(CaffeSolverFile, WhatATestDoesNotDoIsListed) {
    put(folder_ / "net.prototxt",
        replaced(replaced(old_alexnet(), "batch_size: 50", "batch_size: 50 shuffle: true"),
                 "transform_param { mean_value", "transform_param { mirror: true mean_value"));
    const CaffeSolver solver = read(paper_solver());
    EXPECT_TRUE(std::ranges::count(solver.ignored,
                                   "shuffle in phase TEST: photos are tested in the order of test.txt"));
    EXPECT_TRUE(std::ranges::count(solver.ignored, "mirror in phase TEST: photos are tested as they are"));
}

// Stages add up; of two levels the solver's counts.
TEST_F(CaffeSolverFile, TheSolversStateGoesBeforeTheNets) {
    const std::string deep =
        "layer { name: \"deep\" type: \"ReLU\" bottom: \"data\" top: \"data\"\n"
        "include { min_level: 2 max_level: 2 stage: \"a\" stage: \"b\" } }\n";
    std::string net = paper_net();
    const std::size_t first = net.find("layer {", net.find("phase: TEST"));
    ASSERT_NE(first, std::string::npos);
    net.insert(first, deep);
    const auto has_deep = [&](const std::string& nets, const std::string& solvers) {
        put(folder_ / "net.prototxt", "state { " + nets + " }\n" + net);
        const std::string both = "train_state { " + solvers + " } test_state { " + solvers + " }";
        return read(paper_solver() + both).train_net.layers[0].name == "deep";
    };
    EXPECT_TRUE(has_deep("level: 1 stage: \"a\"", "level: 2 stage: \"b\""));
    EXPECT_TRUE(has_deep("level: 2 stage: \"a\"", "stage: \"b\""));
    EXPECT_FALSE(has_deep("level: 2 stage: \"a\"", "level: 0 stage: \"b\""));
    EXPECT_FALSE(has_deep("level: 2", "stage: \"b\""));
}

// As in Caffe's own folders: "models/photo/net.prototxt", named by models/photo/solver.prototxt.
TEST_F(CaffeSolverFile, PathsMayStartAtTheRootOfAProject) {
    std::filesystem::create_directories(folder_ / "models/photo");
    put(folder_ / "models/photo/net.prototxt", paper_net());
    put(folder_ / "models/photo/solver.prototxt",
        replaced(paper_solver(), "net.prototxt", "models/photo/net.prototxt"));
    EXPECT_EQ(read_solver(folder_ / "models/photo/solver.prototxt").net_path,
              folder_ / "models/photo/net.prototxt");
}

// The system refuses to look for them at all, and says so in another way than for names that are not there.
TEST_F(CaffeSolverFile, NamesMayBeLongerThanThoseOfFiles) {
    const std::string name(300, 'n');
    EXPECT_EQ(read(replaced(paper_solver(), "snapshots/photo", name)).snapshot_prefix, name);
    EXPECT_NE(refusal_of(replaced(paper_solver(), "net.prototxt", name)).find("neither below the working"),
              std::string::npos);
    put(folder_ / "net.prototxt",
        replaced(old_alexnet(), "crop_size: 227 mirror: true mean_value: 104 mean_value: 117 mean_value: 123",
                 "crop_size: 227 mean_file: \"" + name + "\""));
    EXPECT_NE(refusal_of(paper_solver()).find("is not there"), std::string::npos);
}

TEST_F(CaffeSolverFile, WhatCannotBeGetsOneLine) {
    const std::string good = paper_solver();
    const auto with = [&](const std::string& more) { return refusal_of(good + more); };
    const auto changed = [&](const std::string& what, const std::string& by) {
        return refusal_of(replaced(good, what, by));
    };
    EXPECT_EQ(with("type: \"Adam\""), "solver.prototxt:15: a solver of type \"Adam\"; Emulsion has SGD");
    EXPECT_EQ(with("solver_type: NESTEROV"),
              "solver.prototxt:15: a solver of type NESTEROV; Emulsion has SGD");
    EXPECT_EQ(with("quantum: 1"), "solver.prototxt: unknown field quantum, line 15");
    EXPECT_EQ(with("weights: \"x.caffemodel\""),
              "solver.prototxt:15: the solver names weights; give them to the command instead");
    EXPECT_EQ(with("train_net_param { }"),
              "solver.prototxt:15: a net within the solver; put it into a file and name that as 'net'");
    EXPECT_EQ(with("test_iter: 5"), "solver.prototxt:15: several test_iter; Emulsion tests one net");
    EXPECT_EQ(with("test_state { level: 1 } test_state { level: 2 }"),
              "solver.prototxt:15: several test_state; Emulsion tests one net");
    EXPECT_EQ(with("iter_size: 0"), "solver.prototxt:15: an iter_size of 0");
    EXPECT_EQ(with("regularization_type: \"L3\""),
              "solver.prototxt:15: a regularization_type of \"L3\"; there are L1 and L2");
    EXPECT_EQ(changed("\"step\"", "\"sigmoid\""),
              "solver.prototxt:5: an lr_policy of \"sigmoid\"; Emulsion has fixed, step, multistep, inv, exp "
              "and poly");
    EXPECT_EQ(changed("lr_policy: \"step\"", ""), "solver.prototxt:1: the solver has no lr_policy");
    EXPECT_EQ(changed("momentum: 0.9", "momentum: 1"),
              "solver.prototxt: solver: momentum must be at least 0 and below 1");
    EXPECT_EQ(changed("max_iter: 450000", "max_iter: 0"),
              "solver.prototxt: solver: there must be at least one iteration");
    EXPECT_EQ(changed("net.prototxt", "none.prototxt"),
              "solver.prototxt:1: its net \"none.prototxt\" is neither below the working directory nor below "
              "the solver's folder or one above it");
    EXPECT_EQ(changed("net: \"net.prototxt\"", ""),
              "solver.prototxt:1: the solver must name its net once, as 'net' or as 'train_net'");
    EXPECT_EQ(changed("test_interval: 1000", ""),
              "solver.prototxt:2: test_iter and test_interval must both be at least 1");
    EXPECT_EQ(refusal_of(paper_net()), "solver.prototxt: it is a net; a solver's file names it as 'net'");
}

TEST_F(CaffeSolverFile, WhoRunsItMaySayHowLong) {
    EXPECT_EQ(read(replaced(paper_solver(), "max_iter: 450000", "")).config.iterations, 0);
}

TEST_F(CaffeSolverFile, NetsThatCannotBeTrainedGetOneLine) {
    const auto with_net = [&](const std::string& text) {
        put(folder_ / "net.prototxt", text);
        return refusal_of(paper_solver());
    };
    const std::string net = folder_ / "net.prototxt";
    EXPECT_EQ(with_net(deploy("layer { name: \"x\" type: \"ReLU\" bottom: \"data\" top: \"x\" }")),
              "solver.prototxt: " + net + " has no layer that reads photos in phase TRAIN");
    EXPECT_EQ(
        with_net(replaced(paper_net(), "mean_value: 104", "mean_value: 296")),
        "solver.prototxt: its net prepares photos in another way for training than for testing: the means "
        "differ");
    const std::string means = "mean_value: 104 mean_value: 117 mean_value: 123";
    EXPECT_EQ(with_net(replaced(paper_net(), means, "mean_file: \"m.binaryproto\"")),
              "solver.prototxt: the mean_file \"m.binaryproto\" of " + net + " is not there");
    EXPECT_EQ(with_net(replaced(paper_net(), "\"LRN\"", "\"PReLU\"")).substr(0, 13), "net.prototxt:");
}

}  // namespace
}  // namespace emulsion::formats
