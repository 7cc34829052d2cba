// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>

#include "apps/traced.h"
#include "apps/train_settings.h"

namespace emulsion::apps {
namespace {

void describe_what(CLI::App& app, TrainSettings& s) {
    auto* net = app.add_option("--net", s.net, "Net to train: a name, or a file that holds one");
    app.add_option("--model", s.model, "Model file to go on from, instead of --net")->excludes(net);
    app.add_option("--weights", s.weights,
                   "File of weights, of any format, that start the layers of the same name");
    app.add_option("--classes", s.classes, "Give the net's last layer this many outputs, and fresh weights")
        ->check(within(2, 1 << 20));
    app.add_option("--train", s.train, "List of lines \"path label\" to learn from");
    app.add_option("--val", s.validation, "List to check on, never learnt from");
    app.add_option("--out", s.out, "Folder for snapshot, models, log and curve");
    app.add_flag("--resume", s.resume, "Go on from the snapshot in --out, with the same bits");
    app.add_option("--seed", s.seed, "Of new weights, order, crops and dropout [1]");
    app.add_flag("--mirror,!--no-mirror", s.mirror, "Turn half of the photos left to right, at random");
    app.add_flag("--crop,!--no-crop", s.crop,
                 "Cut the net's input out of the photo at random, not from its centre");
    app.add_option("--cache", s.cache, "Memory for photos kept decoded")->capture_default_str();
}

void describe_rate(CLI::App& app, TrainSettings& s) {
    app.add_option("--lr", s.solver.base_rate, "Learning rate to begin with")->capture_default_str();
    app.add_option("--lr-policy", s.policy, "fixed, step, multistep, inv, exp or poly, as in Caffe")
        ->capture_default_str();
    app.add_option("--gamma", s.solver.gamma, "For step, multistep, inv, exp")->capture_default_str();
    app.add_option("--power", s.solver.power, "For inv, poly")->capture_default_str();
    app.add_option("--step-size", s.solver.step_size, "For step: iterations between")->capture_default_str();
    app.add_option("--steps", s.solver.steps_at, "For multistep: the iterations, 1000,2000")->delimiter(',');
    app.add_option("--momentum", s.solver.momentum, "Share of the last update kept")->capture_default_str();
    app.add_option("--weight-decay", s.solver.weight_decay, "Pull of the weights to zero")
        ->capture_default_str();
    app.add_flag("--l1", s.solver.l1, "Decay pulls by sign instead of by size");
    app.add_option("--clip", s.solver.clip_gradients, "Largest L2 norm of the whole gradient; 0: any")
        ->capture_default_str();
    app.add_option("--iter-size", s.solver.iter_size, "Batches whose gradients make one update")
        ->capture_default_str();
}

void describe_course(CLI::App& app, TrainSettings& s) {
    const CLI::Range positive(1.0, 1e15);
    auto* iterations = app.add_option("--iterations", s.iterations, "Updates in all [1000]")->check(positive);
    app.add_option("--epochs", s.epochs, "Instead: how often every photo is seen")->excludes(iterations);
    app.add_option("--freeze", s.freeze, "Layer, or pattern such as 'conv*', that does not learn; repeatable")
        ->allow_extra_args(false);
    app.add_option("--lr-mult", s.multipliers,
                   "LAYER=X or 'PATTERN*'=X: its learning rate times X; repeatable")
        ->allow_extra_args(false);
    app.add_option("--val-interval", s.validation_interval, "Iterations between checks; 0: an epoch")
        ->capture_default_str();
    app.add_option("--patience", s.patience,
                   "End once so many checks in a row were no better than the best, which best.safetensors "
                   "keeps; 0: never")
        ->check(within(0, 1'000'000))
        ->capture_default_str();
    app.add_option("--snapshot-interval", s.snapshot_interval, "Iterations between snapshots")
        ->check(positive)
        ->capture_default_str();
    app.add_option("--log-interval", s.log_interval, "Iterations a point of the curve; 0: a 500th of the run")
        ->capture_default_str();
}

}  // namespace

void describe_train(CLI::App& app, TrainSettings& s) {
    s.run.batch = 50;
    auto* preset =
        app.add_option("--preset", s.preset,
                       "Settings by one word, which single options override: paper, the author's "
                       "recipe; modern, mirrored and cropped photos, a rate that falls to zero, and "
                       "an early end")
            ->check(CLI::IsMember({"paper", "modern"}));
    app.parse_complete_callback([&app, &s] { apply_preset(app, s); });
    auto* solver = app.add_option("--solver", s.solver_file,
                                  "Caffe solver's file, which names net, lists and all settings");
    describe_what(app, s);
    add_batch_option(app, s.run, "Photos a batch");
    describe_rate(app, s);
    describe_course(app, s);
    add_machine_options(app, s.run);
    add_trace_option(app, s.run);
    add_implementation_options(app, s.run);
    solver->excludes(preset);
    for (const char* said : {"--net", "--model", "--mirror", "--crop", "--batch", "--lr", "--lr-policy",
                             "--gamma", "--power", "--step-size", "--steps", "--momentum", "--weight-decay",
                             "--l1", "--clip", "--iter-size", "--epochs"})
        solver->excludes(app.get_option(said));
    app.footer(
        "SIGINT and SIGTERM save a snapshot and end the run, SIGHUP saves one and goes on. Of --threads, a\n"
        "quarter decodes photos and the rest computes, unless all photos fit into --cache.");
}

}  // namespace emulsion::apps
