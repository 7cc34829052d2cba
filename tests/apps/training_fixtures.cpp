// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "tests/apps/training_fixtures.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <fstream>
#include <thread>

#include "data/encode.h"
#include "data/files.h"
#include "tests/apps/child.h"

namespace emulsion::test {
namespace {

LayerDef learning(const std::string& name, const std::string& type, const std::string& input,
                  Attributes attributes) {
    LayerDef def = weighted(name, type, input, std::move(attributes));
    def.params[0].filler.kind = Filler::Kind::xavier;
    def.params[1].rate_mult = 2;
    def.params[1].decay_mult = 0;
    return def;
}

NetDef small_net() {
    NetDef net = net_of(
        16, 24,
        {learning("conv1", "conv", "data", {{"outputs", std::int64_t{8}}, {"kernel", std::int64_t{3}}}),
         layer("relu1", "relu", "conv1"),
         layer("pool1", "pool", "relu1",
               {{"mode", std::string("max")}, {"kernel", std::int64_t{3}}, {"stride", std::int64_t{2}}}),
         layer("norm1", "lrn", "pool1", {{"alpha", 1e-4}}), layer("drop1", "dropout", "norm1"),
         learning("fc2", "fc", "drop1", {{"outputs", std::int64_t{2}}}), layer("prob", "softmax", "fc2")});
    net.classes = {"plain", "striped"};
    net.preprocessing.height = 20;  // room for random crops
    net.preprocessing.width = 30;
    net.preprocessing.mean = {128, 128, 128};
    net.preprocessing.scale = {1 / 64.0F, 1 / 64.0F, 1 / 64.0F};
    return net;
}

Image stripes(int number, bool striped) {
    Image image{36, 24, {}};
    for (int y = 0; y < image.height; ++y) {
        for (int x = 0; x < image.width; ++x) {
            const int base = 70 + number * 37 % 90, wave = striped && (x / 2 + number) % 2 == 0 ? 50 : 0;
            for (int c = 0; c < 3; ++c) image.rgb.push_back(static_cast<std::uint8_t>(base + wave + 9 * c));
        }
    }
    return image;
}

}  // namespace

TrainingFolder::TrainingFolder(int photos) {
    save(*initialise(small_net(), 3), file("net.safetensors"));
    std::string training, validation;
    for (int i = 0; i < photos + 8; ++i) {
        const std::string name = "photo" + std::to_string(i) + ".png";
        write_file(file(name), encode_png(stripes(i, i % 2 == 1)));
        (i < photos ? training : validation) += name + " " + std::to_string(i % 2) + "\n";
    }
    write_text(file("train.txt"), training);
    write_text(file("val.txt"), validation);
}

std::vector<std::string> TrainingFolder::train(const std::string& out, int iterations,
                                               const std::vector<std::string>& more) const {
    std::vector<std::string> arguments = {"train",
                                          "--model",
                                          file("net.safetensors"),
                                          "--train",
                                          file("train.txt"),
                                          "--val",
                                          file("val.txt"),
                                          "--out",
                                          file(out),
                                          "--batch",
                                          "4",
                                          "--iter-size",
                                          "2",
                                          "--lr",
                                          "0.01",
                                          "--lr-policy",
                                          "poly",
                                          "--mirror",
                                          "--crop",
                                          "--threads",
                                          "2",
                                          "--iterations",
                                          std::to_string(iterations)};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return arguments;
}

Background::Background(const std::vector<std::string>& arguments) {
    std::string name = "emulsion";
    std::vector<std::string> words = arguments;
    std::vector<char*> argv = {name.data()};
    for (std::string& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    process_ = fork();
    if (process_ != 0) return;
    const int nothing = open("/dev/null", O_WRONLY);
    dup2(nothing, STDOUT_FILENO);
    execv(EMULSION_COMMAND, argv.data());
    _exit(127);
}

Background::~Background() {
    if (!running_) return;
    send(SIGKILL);
    wait();
}

void Background::send(int signal) const {
    kill(process_, signal);
}

int Background::wait() {
    int status = 0;
    waitpid(process_, &status, 0);
    running_ = false;
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

bool wait_for_lines(const std::string& path, int lines) {
    for (int attempt = 0; attempt < 60'000; ++attempt) {
        std::ifstream file(path);
        const std::string text{std::istreambuf_iterator<char>(file), {}};
        if (std::count(text.begin(), text.end(), '\n') >= lines) return true;
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return false;
}

std::map<std::string, std::vector<std::byte>> tensors_of(const std::string& path) {
    std::map<std::string, std::vector<std::byte>> tensors;
    const auto file = SafetensorsFile::open(path);
    for (const FileTensor& t : file->tensors()) tensors[t.name] = {t.data.begin(), t.data.end()};
    return tensors;
}

void expect_same_result(const std::string& folder, const std::string& other) {
    for (const char* name : {"/model.safetensors", "/best.safetensors", "/snapshot.safetensors"}) {
        EXPECT_TRUE(tensors_of(folder + name) == tensors_of(other + name)) << name;
    }
    EXPECT_EQ(apps::read_curve(folder + "/log.jsonl"), apps::read_curve(other + "/log.jsonl"));
    EXPECT_EQ(read_file(folder + "/curve.svg", 1 << 20), read_file(other + "/curve.svg", 1 << 20));
}

}  // namespace emulsion::test
