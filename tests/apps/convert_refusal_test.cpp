// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// What `convert` refuses: broken files, weights that are not the net's, places that cannot be written. One
// line says which file, what and where; nothing half-written stays.
#include <emulsion/emulsion.h>
#include <emulsion/import.h>
#include <emulsion/safetensors.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <functional>
#include <limits>
#include <nlohmann/json.hpp>
#include <random>

#include "tests/apps/child.h"
#include "tests/apps/fixtures.h"
#include "tests/apps/models.h"
#include "tests/engine/support.h"

namespace emulsion::test {
namespace {

using nlohmann::json;
namespace fs = std::filesystem;

class ConvertRefusal : public ::testing::Test {
   protected:
    ConvertRefusal() : model_(random_model(small_net())) { save(*model_, file("m.safetensors")); }
    std::string file(const std::string& name) const { return folder_.file(name); }

    // Small model, in every format, and what reading it back takes.
    void write_all() const {
        for (const char* name : {"m.caffemodel", "m.onnx", "m.pth"}) export_model(*model_, file(name));
        std::vector<FileTensor> tensors;
        for (std::size_t i = 0; i < model_->parameters().size(); ++i) {
            const Parameter& p = model_->parameters()[i];
            tensors.push_back({p.name, "F32", p.shape, std::as_bytes(model_->weights(i))});
        }
        write_safetensors(file("state.safetensors"), {}, tensors);
        save(*model_, file("m.safetensors"), golden_outputs(*model_));
    }
    static bool holds_net(const std::string& name) {
        return name == "m.onnx" || name == "m.caffemodel" || name == "m.safetensors";
    }
    std::vector<std::string> reading(const std::string& name, const std::string& path) const {
        std::vector<std::string> arguments = {"convert", path, file("out.safetensors")};
        if (!holds_net(name)) arguments.insert(arguments.end(), {"--net", file("m.prototxt")});
        return arguments;
    }

    // Exit code 4, one line that names the file, and nothing written.
    std::string refused(const std::vector<std::string>& arguments, const std::string& path) const {
        const Outcome outcome = run_emulsion(arguments);
        EXPECT_EQ(outcome.exit_code, 4) << outcome.err << outcome.out;
        EXPECT_EQ(count_lines(outcome.err), 1) << outcome.err;
        EXPECT_NE(outcome.err.find(path), std::string::npos) << outcome.err;
        EXPECT_FALSE(fs::exists(file("out.safetensors")));
        return outcome.err;
    }
    std::string refused(const std::string& path, std::vector<std::string> more = {}) const {
        more.insert(more.begin(), {"convert", path, file("out.safetensors")});
        return refused(more, path);
    }

    const std::shared_ptr<const Model> model_;
    const TemporaryFolder folder_;
};

constexpr const char* formats[] = {"m.caffemodel", "m.onnx", "m.pth", "state.safetensors", "m.safetensors"};

TEST_F(ConvertRefusal, FilesCutShortAnywhere) {
    write_all();
    for (const std::string name : formats) {
        const std::string whole = contents(file(name));
        const std::string cut = file("cut" + fs::path(name).extension().string());
        for (const double part : {0.001, 0.01, 0.1, 0.35, 0.6, 0.9, 0.999}) {
            write_text(cut,
                       whole.substr(0, static_cast<std::size_t>(part * static_cast<double>(whole.size()))));
            SCOPED_TRACE(name + " cut to " + std::to_string(part));
            const std::string message = refused(reading(name, cut), cut);
            if (part == 0.6) std::printf("%s", message.c_str());
        }
        write_text(cut, whole.substr(0, whole.size() - 1));
        refused(reading(name, cut), cut);
    }
}

/// How an import of a file with a flipped bit ended.
enum class Ending { refused, unchanged, changed };

Ending import_flipped(const std::string& path, const ImportOptions& options, const Model& expected) {
    try {
        const auto model = import_model(path, options);
        for (std::size_t i = 0; i < expected.parameters().size(); ++i) {
            const auto weights = expected.weights(i);
            if (std::memcmp(model->weights(i).data(), weights.data(), weights.size_bytes()) != 0)
                return Ending::changed;
        }
        return Ending::unchanged;
    } catch (const Error& error) {
        const std::string message = error.what();
        EXPECT_EQ(error.kind(), Error::Kind::data) << message;
        EXPECT_EQ(message.find('\n'), std::string::npos) << message;
        EXPECT_NE(message.find(path), std::string::npos) << message;
        return Ending::refused;
    }
}

// A ZIP holds a checksum of everything that counts. Of the rest, a flip is found, or a weight is another.
TEST_F(ConvertRefusal, FlippedBitsDoNoOtherHarm) {
    write_all();
    std::mt19937_64 random(11);
    for (const std::string name : formats) {
        const std::string whole = contents(file(name));
        const std::string path = file("flipped" + fs::path(name).extension().string());
        ImportOptions options;
        if (!holds_net(name)) options.net = file("m.prototxt");
        int endings[3] = {};
        for (int i = 0; i < 400; ++i) {
            std::string flipped = whole;
            // Half of them at the start, where the structure lies.
            const std::size_t range = i % 2 == 0 ? whole.size() : std::min<std::size_t>(whole.size(), 600);
            char& byte = flipped[random() % range];
            byte = static_cast<char>(byte ^ (1 << random() % 8));
            write_text(path, flipped);
            const Ending ending = import_flipped(path, options, *model_);
            ++endings[static_cast<int>(ending)];
            if (name == "m.pth") {
                EXPECT_NE(ending, Ending::changed) << "flip " << i;
            }
        }
        std::printf("%s: 400 flips, %d refused, %d with other weights, %d without effect on weights\n",
                    name.c_str(), endings[0], endings[2], endings[1]);
        EXPECT_GT(endings[0], 0);
    }
}

TEST_F(ConvertRefusal, CaffeNetsWeightsForAlexNet) {
    const auto caffenet = initialise(compose("caffenet"), 1);
    export_model(*caffenet, file("caffenet.caffemodel"));
    EXPECT_NE(
        refused(file("caffenet.caffemodel"), {"--net", "alexnet"})
            .find("its weights are of another net (CaffeNet) than BVLC AlexNet: between conv1 and conv2 "
                  "it has relu, pool, lrn, and the net has relu, lrn, pool"),
        std::string::npos);
    // A state dict cannot tell: it must be asked.
    export_model(*caffenet, file("caffenet.pth"));
    EXPECT_NE(refused(file("caffenet.pth")).find("of BVLC AlexNet or CaffeNet, and it holds no net"),
              std::string::npos);
}

// The model under another definition, as somebody's file might have it.
void write_changed(const Model& model, const std::string& path,
                   const std::function<void(std::vector<FileTensor>&)>& change) {
    std::vector<FileTensor> tensors;
    for (std::size_t i = 0; i < model.parameters().size(); ++i) {
        const Parameter& p = model.parameters()[i];
        tensors.push_back({p.name, "F32", p.shape, std::as_bytes(model.weights(i))});
    }
    change(tensors);
    write_safetensors(path, {}, tensors);
}

TEST_F(ConvertRefusal, TensorsThatDoNotFit) {
    write_all();
    const std::string state = file("changed.safetensors");
    const std::vector<std::string> net = {"--net", file("m.prototxt")};
    const auto expect_parts = [&](const std::vector<std::string>& parts) {
        const std::string message = refused(state, net);
        for (const std::string& part : parts)
            EXPECT_NE(message.find(part), std::string::npos) << part << " is not in " << message;
    };
    write_changed(*model_, state, [](auto& tensors) {
        tensors[2].name = "conv2_x.weight";
        tensors[3].name = "conv2_x.bias";
    });
    expect_parts({"conv2.weight is missing", "conv2.bias is missing", "conv2_x.weight is left over",
                  "conv2_x.bias is left over", "--allow-missing"});

    const std::vector<float> two(2 * model_->weights(4).size() / 3);
    write_changed(*model_, state, [&](auto& tensors) {
        tensors[4].shape[0] = 2;
        tensors[4].data = std::as_bytes(std::span(two));
    });
    expect_parts({"fc3.weight is 2x384 and should be 3x384"});

    std::vector<float> bias(model_->weights(1).begin(), model_->weights(1).end());
    bias[5] = std::numeric_limits<float>::quiet_NaN();
    write_changed(*model_, state, [&](auto& tensors) { tensors[1].data = std::as_bytes(std::span(bias)); });
    expect_parts({"conv1.bias holds a number that is not finite"});
}

TEST_F(ConvertRefusal, AllowMissingTakesTheRestAndListsIt) {
    write_all();
    const std::vector<float> two(2 * model_->weights(4).size() / 3);
    write_changed(*model_, file("changed.safetensors"), [&](auto& tensors) {
        tensors[2].name = "conv2_x.weight";
        tensors[4].shape[0] = 2;
        tensors[4].data = std::as_bytes(std::span(two));
    });
    const Outcome outcome =
        run_emulsion({"convert", file("changed.safetensors"), file("out.safetensors"), "--net",
                      file("m.prototxt"), "--allow-missing", "--seed", "5", "--json"});
    ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
    const json report = json::parse(outcome.out);
    EXPECT_EQ(report["missing"], json({"conv2.weight is missing"}));
    EXPECT_EQ(report["misshapen"], json({"fc3.weight is 2x384 and should be 3x384"}));
    EXPECT_EQ(report["left_over"], json({"conv2_x.weight is left over"}));
    EXPECT_EQ(report["loaded"].size(), 4U);
    const auto model = load(file("out.safetensors"));
    EXPECT_EQ(model->provenance().at("imported_afresh"),
              "conv2.weight is missing; fc3.weight is 2x384 and should be 3x384");
    EXPECT_EQ(model->provenance().at("imported_left_over"), "conv2_x.weight is left over");
    const auto fresh = initialise(small_net(), 5);
    EXPECT_TRUE(std::ranges::equal(model->weights(2), fresh->weights(2)));
    EXPECT_TRUE(std::ranges::equal(model->weights(1), model_->weights(1)));
}

TEST_F(ConvertRefusal, WhatIsNoModelFile) {
    write_text(file("empty.onnx"), "");
    write_text(file("words.pth"), "To whom it may concern\n");
    write_text(file("noise.caffemodel"), std::string("\x91\x22\x00\x07noise", 9));
    fs::create_directory(file("folder.onnx"));
    for (const char* name : {"empty.onnx", "words.pth", "noise.caffemodel", "folder.onnx", "absent.onnx"})
        std::printf("%s", refused(file(name)).c_str());
    refused("/dev/null");
    // And in the place of the net.
    write_all();
    for (const char* name : {"empty.onnx", "words.pth", "noise.caffemodel", "folder.onnx", "absent.onnx"})
        refused({"convert", file("m.pth"), file("out.safetensors"), "--net", file(name)}, file(name));
}

// Exit code 1: the machine's fault.
TEST_F(ConvertRefusal, ADefinitionThatWasNotNamedIsNotOverwritten) {
    write_text(file("mine.prototxt"), "# with comments");
    const Outcome outcome = run_emulsion({"convert", file("m.safetensors"), file("mine.caffemodel")});
    EXPECT_EQ(outcome.exit_code, 2);
    EXPECT_NE(outcome.err.find("mine.prototxt: it is there already"), std::string::npos) << outcome.err;
    EXPECT_EQ(contents(file("mine.prototxt")), "# with comments");
    EXPECT_FALSE(fs::exists(file("mine.caffemodel")));
}

TEST_F(ConvertRefusal, NamesOfAnyBytesConvert) {
    fs::copy_file(file("m.safetensors"), file("m\xff.safetensors"));
    ASSERT_EQ(run_emulsion({"convert", file("m\xff.safetensors"), file("a\xff.onnx")}).exit_code, 0);
    const Outcome outcome = run_emulsion({"convert", file("a\xff.onnx"), file("b.safetensors")});
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
}

TEST_F(ConvertRefusal, WhatCannotBeWrittenLeavesNothing) {
    fs::create_directory(file("out"));
    const auto names = [&] {
        std::vector<std::string> all;
        for (const auto& entry : fs::directory_iterator(file("out"))) all.push_back(entry.path().filename());
        std::ranges::sort(all);
        return all;
    };
    const auto fails = [&](const std::string& out) {
        const Outcome outcome = run_emulsion({"convert", file("m.safetensors"), out});
        EXPECT_EQ(outcome.exit_code, 1) << outcome.err;
        EXPECT_EQ(count_lines(outcome.err), 1) << outcome.err;
        return outcome.err;
    };
    for (const char* ending : {"safetensors", "caffemodel", "onnx", "pth"}) {
        const std::string link = file("out") + "/full." + ending;
        fs::create_symlink("/dev/full", link);
        EXPECT_NE(fails(link).find("not a regular file"), std::string::npos);
        EXPECT_EQ(names(), std::vector<std::string>{std::string("full.") + ending});
        EXPECT_TRUE(fs::is_character_file("/dev/full"));
        fs::remove(link);
        fails(file("no/such/folder.") + ending);
    }
    // Beside weights that cannot be written there is no definition, nor weights beside such a definition.
    fs::create_directories(file("out/m.caffemodel"));
    fails(file("out/m.caffemodel"));
    EXPECT_EQ(names(), std::vector<std::string>{"m.caffemodel"});
    fs::remove(file("out/m.caffemodel"));
    fs::create_directories(file("out/m.prototxt"));
    fails(file("out/m.caffemodel"));
    EXPECT_EQ(names(), std::vector<std::string>{"m.prototxt"});
}

TEST_F(ConvertRefusal, ANetThatTheFormatCannotExpressLeavesNothing) {
    NetDef net = small_net();
    net.layers[3].attributes = {{"mode", std::string("average")}, {"kernel", std::int64_t{3}},
                                {"stride", std::int64_t{2}},      {"pad", std::int64_t{1}},
                                {"round", std::string("up")},     {"divisor", std::string("inside")}};
    save(*initialise(net, 1), file("m.safetensors"));
    fs::create_directory(file("out"));
    const Outcome outcome = run_emulsion({"convert", file("m.safetensors"), file("out/m.caffemodel")});
    EXPECT_EQ(outcome.exit_code, 4);
    EXPECT_NE(outcome.err.find("layer pool1 averages without its padding"), std::string::npos) << outcome.err;
    EXPECT_TRUE(fs::is_empty(file("out")));
}

TEST_F(ConvertRefusal, AnEndingThatNamesNoFormat) {
    const Outcome outcome = run_emulsion({"convert", file("m.safetensors"), file("m.h5")});
    EXPECT_EQ(outcome.exit_code, 2);
    EXPECT_EQ(count_lines(outcome.err), 1) << outcome.err;
    EXPECT_FALSE(fs::exists(file("m.h5")));
}

}  // namespace
}  // namespace emulsion::test
