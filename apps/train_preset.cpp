// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// `emulsion train --preset`: settings that belong together, by one word.
#include <spdlog/fmt/fmt.h>
#include <CLI/CLI.hpp>

#include "apps/train_settings.h"

namespace emulsion::apps {
namespace {

/// Sets what was not given on the command line, and notes each setting as one would type it.
class Preset {
   public:
    Preset(const CLI::App& app, std::string& words) : app_(app), words_(words) {}

    template <class Target, class Value>
    void set(const char* option, Target& target, const Value& value) {
        if (given(option)) return;
        target = value;
        note(fmt::format("{} {}", option, value));
    }
    void set_flag(const char* option, bool& target, bool value) {
        if (given(option)) return;
        target = value;
        note(value ? option : fmt::format("--no-{}", option + 2));
    }
    bool given(const char* option) const { return app_.count(option) > 0; }

   private:
    void note(const std::string& setting) { words_ += (words_.empty() ? "" : " ") + setting; }

    const CLI::App& app_;
    std::string& words_;
};

/// As the paper's author trained. Rates of single layers, fillers and dropout of 0.6 are the net's: photo has
/// them.
void apply_paper(Preset preset, TrainSettings& s) {
    preset.set("--batch", s.run.batch, 50);
    preset.set("--lr", s.solver.base_rate, 0.001);
    preset.set("--lr-policy", s.policy, "step");
    preset.set("--gamma", s.solver.gamma, 0.1);
    preset.set("--step-size", s.solver.step_size, 50'000);
    preset.set("--momentum", s.solver.momentum, 0.9);
    preset.set("--weight-decay", s.solver.weight_decay, 0.001);
    if (!preset.given("--epochs")) preset.set("--iterations", s.iterations, 450'000);
    preset.set("--val-interval", s.validation_interval, 1'000);
    preset.set("--snapshot-interval", s.snapshot_interval, 50'000);
    preset.set_flag("--mirror", s.mirror, false);
    preset.set_flag("--crop", s.crop, false);
}

/// Only geometry is varied. Brightness, contrast and colour are what is judged: a photo with others would be
/// another photo, of which nobody said how good it is.
void apply_modern(Preset preset, TrainSettings& s) {
    preset.set("--lr", s.solver.base_rate, 0.001);
    preset.set("--lr-policy", s.policy, "poly");
    preset.set("--power", s.solver.power, 1.0);
    preset.set("--momentum", s.solver.momentum, 0.9);
    preset.set("--weight-decay", s.solver.weight_decay, 0.0005);
    if (!preset.given("--iterations")) preset.set("--epochs", s.epochs, 30.0);
    preset.set("--patience", s.patience, 8);
    preset.set_flag("--mirror", s.mirror, true);
    if (!preset.given("--crop")) s.crop_if_room = true;  // depends on the net, which is not open yet
}

}  // namespace

void apply_preset(const CLI::App& app, TrainSettings& s) {
    s.preset_words.clear();
    const Preset preset(app, s.preset_words);
    if (s.preset == "paper") apply_paper(preset, s);
    if (s.preset == "modern") apply_modern(preset, s);
}

void settle_crop(TrainSettings& s, const Preprocessing& p) {
    if (!s.crop_if_room) return;
    s.crop = p.crop_height < p.height || p.crop_width < p.width;
    s.preset_words += s.crop ? " --crop" : " --no-crop";
}

}  // namespace emulsion::apps
