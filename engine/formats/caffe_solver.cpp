// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// A solver's .prototxt, and the net it names in both phases.
#include <emulsion/error.h>

#include <algorithm>
#include <filesystem>
#include <limits>
#include <map>
#include <system_error>
#include <utility>

#include "engine/formats/caffe_net.h"
#include "engine/formats/caffe_schema.h"
#include "engine/formats/readers.h"
#include "engine/json.h"

namespace emulsion::formats {
namespace {

using caffe::CaffeNet;
using caffe::Fields;
using caffe::NetState;

std::string quoted(const std::string& text) {
    return '"' + json::printable(text) + '"';
}

void refuse_other_solvers(const Fields& solver) {
    const std::string type = solver.text("type", "SGD"), old_type = solver.choice("solver_type", "SGD");
    if (type != "SGD") solver.fail("type", "a solver of type " + quoted(type) + "; Emulsion has SGD");
    if (old_type != "SGD") solver.fail("solver_type", "a solver of type " + old_type + "; Emulsion has SGD");
    for (const char* field : {"net_param", "train_net_param", "test_net_param"})
        if (solver.has(field))
            solver.fail(field, "a net within the solver; put it into a file and name that as 'net'");
    if (solver.has("weights"))
        solver.fail("weights", "the solver names weights; give them to the command instead");
}

SolverConfig::Policy policy_of(const Fields& solver) {
    const std::string policy = solver.text("lr_policy");
    if (policy.empty()) solver.fail("lr_policy", "the solver has no lr_policy");
    try {
        return parse_policy(policy);
    } catch (const Error&) {
        solver.fail("lr_policy", "an lr_policy of " + quoted(policy) +
                                     "; Emulsion has fixed, step, multistep, inv, exp and poly");
    }
}

// Caffe's defaults, which are not Emulsion's.
SolverConfig config_of(const Fields& solver) {
    SolverConfig config;
    config.policy = policy_of(solver);
    config.base_rate = solver.real("base_lr", 0);
    config.gamma = solver.real("gamma", 0);
    config.power = solver.real("power", 0);
    config.step_size = solver.integer("stepsize", 0);
    config.steps_at = solver.integers("stepvalue");
    config.iterations = solver.integer("max_iter", 0);
    config.momentum = solver.real("momentum", 0);
    config.weight_decay = solver.real("weight_decay", 0);
    const std::string decay = solver.text("regularization_type", "L2");
    if (decay != "L1" && decay != "L2")
        solver.fail("regularization_type",
                    "a regularization_type of " + quoted(decay) + "; there are L1 and L2");
    config.l1 = decay == "L1";
    const std::int64_t iter_size = solver.integer("iter_size", 1);
    if (iter_size < 1 || iter_size > std::numeric_limits<int>::max())
        solver.fail("iter_size", "an iter_size of " + std::to_string(iter_size));
    config.iter_size = static_cast<int>(iter_size);
    config.clip_gradients = std::max(0.0, solver.real("clip_gradients", -1));
    SolverConfig complete = config;
    if (!solver.has("max_iter")) complete.iterations = 1;  // then whoever trains says how many
    try {
        validate(complete);
    } catch (const Error& e) {
        solver.reading().fail(0, e.what());
    }
    return config;
}

/// The net files of a solver: one for both phases, or one each.
struct NetFiles {
    std::string train, test;
};

NetFiles net_files_of(const Fields& solver) {
    const auto found = [&](const char* field, const std::string& name) {
        const std::string path = caffe::resolve(name, solver.reading().path());
        if (!caffe::is_there(path))
            solver.fail(field, "its net " + quoted(name) +
                                   " is neither below the working directory nor below the solver's folder "
                                   "or one above it");
        return path;
    };
    const std::string net = solver.text("net"), train = solver.text("train_net");
    const auto test = solver.texts("test_net");
    if (net.empty() == train.empty())
        solver.fail("train_net", "the solver must name its net once, as 'net' or as 'train_net'");
    if (test.size() + (net.empty() ? 0 : 1) > 1)
        solver.fail("test_net", "the solver names several nets to test; Emulsion tests one");
    if (!net.empty()) return {found("net", net), found("net", net)};
    return {found("train_net", train), test.empty() ? "" : found("test_net", test[0])};
}

NetState state_of(const Fields& solver, Phase phase) {
    NetState state;
    state.phase = phase;
    if (phase == Phase::train) state.merge(solver.within("train_state"));
    const auto of_tests = solver.each("test_state");
    if (of_tests.size() > 1) solver.fail("test_state", "several test_state; Emulsion tests one net");
    if (phase == Phase::test && !of_tests.empty()) state.merge(of_tests[0]);
    return state;
}

void demand_photos(const Fields& solver, const CaffeNet& net, const std::string& path, const char* phase) {
    if (!net.source.missing_mean.empty())
        solver.reading().fail(
            0, "the mean_file " + quoted(net.source.missing_mean) + " of " + path + " is not there");
    if (net.source.data.source.empty())
        solver.reading().fail(0, path + " has no layer that reads photos in phase " + phase);
}

// A model has one contract: what it was trained on is what it is tested on and used for.
void demand_equal_preparation(const Fields& solver, const CaffeNet& train, const CaffeNet& test) {
    const Preprocessing &a = train.net.preprocessing, &b = test.net.preprocessing;
    const auto differ = [&](const char* what) {
        solver.reading().fail(0, std::string("its net prepares photos in another way for training than for "
                                             "testing: ") +
                                     what + " differ");
    };
    if (a.crop_height != b.crop_height || a.crop_width != b.crop_width) differ("the sizes of the input");
    if (a.height != b.height || a.width != b.width) differ("the sizes of the photos");
    if (a.mean != b.mean || a.mean_image != b.mean_image) differ("the means");
    if (a.scale != b.scale) differ("the scales");
}

/// A layer of those that do something in a test.
struct Step {
    const LayerDef* layer;
    std::vector<std::size_t> inputs;  ///< numbers of the steps that make them, counted from 1; 0 is "data"

    /// Names do not matter, but for those of layers with weights: by them Caffe shares them.
    bool operator==(const Step& other) const {
        const LayerDef &a = *layer, &b = *other.layer;
        return a.type == b.type && a.attributes == b.attributes && inputs == other.inputs &&
               (a.params.empty() || a.name == b.name);
    }
};

std::vector<Step> steps_of(const NetDef& net) {
    std::map<std::string, std::size_t> makers = {{"data", 0}};
    std::vector<Step> steps;
    for (const LayerDef& layer : net.layers) {
        const std::string& output = layer.outputs[0];
        if (layer.type == "dropout") {
            makers[output] = makers.at(layer.inputs[0]);
            continue;
        }
        Step step{&layer, {}};
        for (const std::string& input : layer.inputs) step.inputs.push_back(makers.at(input));
        steps.push_back(std::move(step));
        makers[output] = steps.size();
    }
    return steps;
}

// What is tested is the net that is trained. A net to test may have no loss, and so no softmax of one.
void demand_equal_layers(const Fields& solver, const NetDef& train, const NetDef& test) {
    const std::vector<Step> trained = steps_of(train), tested = steps_of(test);
    const auto [a, b] = std::ranges::mismatch(trained, tested);
    const bool only_loss_is_absent =
        b == tested.end() && trained.end() - a == 1 && a->layer->type == "softmax";
    if ((a == trained.end() && b == tested.end()) || only_loss_is_absent) return;
    const auto found = [](auto at, const std::vector<Step>& steps) {
        return at == steps.end() ? "no layer" : "layer " + json::printable(at->layer->name);
    };
    solver.reading().fail(0, "its net to test is not the one to train: it has " + found(b, tested) +
                                 " where the other has " + found(a, trained));
}

// What a test does in one way only, whatever the net says.
void list_what_tests_leave_out(CaffeSolver& result) {
    if (result.test_data.shuffle)
        result.ignored.push_back("shuffle in phase TEST: photos are tested in the order of " +
                                 json::printable(result.test_data.source));
    if (result.test_data.mirror)
        result.ignored.emplace_back("mirror in phase TEST: photos are tested as they are");
}

void read_test(CaffeSolver& result, const Fields& solver, const NetFiles& files, const CaffeNet& train) {
    const auto iterations = solver.integers("test_iter");
    result.test_interval = solver.integer("test_interval", 0);
    result.test_first = solver.flag("test_initialization", true);
    if (iterations.size() > 1) solver.fail("test_iter", "several test_iter; Emulsion tests one net");
    if (iterations.empty()) return;
    result.test_iter = iterations[0];
    if (files.test.empty()) solver.fail("test_iter", "a test_iter and no net to test");
    if (result.test_iter < 1 || result.test_interval < 1)
        solver.fail("test_iter", "test_iter and test_interval must both be at least 1");
    const CaffeNet test = caffe::read_net(files.test, state_of(solver, Phase::test), result.ignored);
    demand_photos(solver, test, files.test, "TEST");
    demand_equal_preparation(solver, train, test);
    demand_equal_layers(solver, train.net, test.net);
    result.test_data = test.source.data;
    list_what_tests_leave_out(result);
}

// As Caffe names snapshots: after the solver's file, unless told otherwise.
std::string snapshot_prefix(const Fields& solver, const std::string& path) {
    const std::string own = std::filesystem::path(path).replace_extension().string();
    const std::string stated = solver.text("snapshot_prefix");
    if (stated.empty()) return own;
    std::error_code unknown;
    if (!std::filesystem::is_directory(stated, unknown)) return stated;
    return (std::filesystem::path(stated) / std::filesystem::path(own).filename()).string();
}

}  // namespace

CaffeSolver read_solver(const std::string& path) {
    const std::string text = caffe::read_definition(path);
    Unknown unknown;
    const Message message = read_text(text, caffe::solver_parameter(), path, unknown);
    caffe::Reading reading(path);
    if (caffe::is_of_type(caffe::net_parameter(), message, unknown))
        reading.fail(0, "it is a net; a solver's file names it as 'net'");
    reading.refuse(unknown);
    const Fields solver(reading, message);

    CaffeSolver result;
    refuse_other_solvers(solver);
    result.config = config_of(solver);
    const NetFiles files = net_files_of(solver);
    CaffeNet train = caffe::read_net(files.train, state_of(solver, Phase::train), result.ignored);
    demand_photos(solver, train, files.train, "TRAIN");
    read_test(result, solver, files, train);

    result.net_path = files.train;
    result.train_data = std::move(train.source.data);
    result.train_net = std::move(train.net);
    result.snapshot = solver.integer("snapshot", 0);
    result.snapshot_prefix = snapshot_prefix(solver, path);
    result.display = solver.integer("display", 0);
    result.random_seed = solver.integer("random_seed", -1);
    reading.ignore_unread(message, "");
    result.ignored.insert(result.ignored.end(), reading.ignored().begin(), reading.ignored().end());
    return result;
}

}  // namespace emulsion::formats
