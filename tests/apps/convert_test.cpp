// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// `convert` there and back: weights to the bit, what a format cannot hold named, and an origin in the file.
#include <emulsion/emulsion.h>
#include <emulsion/safetensors.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "tests/apps/child.h"
#include "tests/apps/fixtures.h"
#include "tests/apps/models.h"
#include "tests/engine/support.h"

namespace emulsion::test {
namespace {

using nlohmann::json;
using Lines = std::vector<std::string>;

class Convert : public ::testing::Test {
   protected:
    std::string file(const std::string& name) const { return folder_.file(name); }

    json convert(std::vector<std::string> arguments) const {
        arguments.insert(arguments.begin(), "convert");
        arguments.emplace_back("--json");
        const Outcome outcome = run_emulsion(arguments);
        EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
        return outcome.exit_code == 0 ? json::parse(outcome.out) : json();
    }

    const TemporaryFolder folder_;
};

class RoundTrip : public Convert, public ::testing::WithParamInterface<const char*> {};

// The layers as text, but for fillers, which Caffe keeps in fp32.
std::string layers_of(NetDef net) {
    net.preprocessing = {};
    net.classes.clear();
    for (LayerDef& layer : net.layers)
        for (ParamDef& param : layer.params) param.filler = {};
    return to_json(net);
}

TEST_P(RoundTrip, EveryFormatBringsEveryBitBack) {
    const auto model = random_model(compose(GetParam()));
    save(*model, file("m.safetensors"));
    for (const char* name : {"m.caffemodel", "m.onnx", "m.pth"}) {
        convert({file("m.safetensors"), file(name)});
        std::vector<std::string> back = {file(name), file("back.safetensors")};
        if (std::string(name).starts_with("m.p")) back.insert(back.end(), {"--net", GetParam()});
        const json report = convert(back);
        EXPECT_EQ(report["loaded"].size(), model->parameters().size());
        for (const char* list : {"missing", "misshapen", "left_over"}) EXPECT_TRUE(report[list].empty());
        const auto found = load(file("back.safetensors"));
        SCOPED_TRACE(name);
        expect_same_weights(*found, *model);
        EXPECT_EQ(layers_of(found->net()), layers_of(model->net()));
        // Said by the file, or taken from the net of that name and said aloud.
        NetDef expected = model->net();
        const bool caffe = std::string(name) == "m.caffemodel";
        if (caffe && report["notes"].empty()) expected.preprocessing.portrait = Preprocessing::Portrait::keep;
        EXPECT_EQ(found->net().preprocessing, expected.preprocessing);
        if (!caffe) {
            EXPECT_EQ(found->net().classes, expected.classes);
        }
        for (const char* old : {"m.caffemodel", "m.prototxt", "m.onnx", "m.pth"})
            std::filesystem::remove(file(old));
    }
}

INSTANTIATE_TEST_SUITE_P(Nets, RoundTrip,
                         ::testing::Values("alexnet", "photo", "photo-mini", "squeezenet",
                                           "alexnet-torchvision"),
                         [](const auto& param_info) {
                             std::string name = param_info.param;
                             std::erase(name, '-');
                             return name;
                         });

// Another program's file: no net in it, and torchvision's names.
TEST_F(Convert, AStateDictInSafetensors) {
    const auto model = random_model(compose("alexnet-torchvision"));
    constexpr std::array places = {"features.0",  "features.3",   "features.6",   "features.8",
                                   "features.10", "classifier.1", "classifier.4", "classifier.6"};
    std::vector<FileTensor> tensors;
    for (std::size_t i = 0; i < model->parameters().size(); ++i) {
        const Parameter& p = model->parameters()[i];
        const std::string name = places[i / 2] + p.name.substr(p.name.find('.'));
        tensors.push_back({name, "F32", p.shape, std::as_bytes(model->weights(i))});
    }
    write_safetensors(file("state.safetensors"), {{"format", "pt"}}, tensors);
    const json report = convert({file("state.safetensors"), file("m.safetensors")});
    EXPECT_EQ(report["format"], "safetensors");
    EXPECT_EQ(report["dialect"], "torchvision's AlexNet");
    EXPECT_EQ(report["ignored"], json({"metadata \"format\""}));
    const auto found = load(file("m.safetensors"));
    expect_same_weights(*found, *model);
    EXPECT_EQ(found->net(), model->net());
}

std::shared_ptr<const Model> model_with_everything() {
    NetDef net = small_net();
    net.classes = {"dull", "fair", "fine"};
    net.preprocessing.portrait = Preprocessing::Portrait::rotate;
    return random_model(net);
}

TEST_F(Convert, WhatAFormatCannotHoldIsNamed) {
    save(*model_with_everything(), file("m.safetensors"));
    const std::string classes = "the names of its 3 classes", origin = "its provenance (trained-by)";
    EXPECT_EQ(convert({file("m.safetensors"), file("m.caffemodel")})["not_written"],
              json({"of preparing photos: photos taller than wide are turned first", classes, origin}));
    const json lost = convert({file("m.safetensors"), file("m.pth")})["not_written"];
    ASSERT_EQ(lost.size(), 4U) << lost;
    EXPECT_EQ(lost[0], "the net: a state dict holds tensors alone");
    EXPECT_EQ(lost[1].get<std::string>().find("how photos are prepared: decode exactly, orient by EXIF, "
                                              "portraits to landscape, squash to 24x24"),
              0U);
    EXPECT_EQ(lost[2], classes);
    EXPECT_EQ(lost[3], origin);
    EXPECT_EQ(convert({file("m.safetensors"), file("m.onnx")})["not_written"], json::array());
    const json native = convert({file("m.safetensors"), file("n.safetensors")});
    EXPECT_EQ(native["not_written"], json::array());
    EXPECT_EQ(native["written"], json({file("n.safetensors")}));

    const Outcome outcome = run_emulsion({"convert", file("m.safetensors"), file("o.caffemodel")});
    EXPECT_NE(outcome.out.find("not written: of preparing photos: photos taller than wide"),
              std::string::npos)
        << outcome.out;
    EXPECT_NE(outcome.out.find("wrote " + file("o.caffemodel") + " and " + file("o.prototxt")),
              std::string::npos)
        << outcome.out;
}

TEST_F(Convert, OnnxHoldsItAll) {
    const auto model = model_with_everything();
    save(*model, file("m.safetensors"));
    convert({file("m.safetensors"), file("m.onnx")});
    const json report = convert({file("m.onnx"), file("back.safetensors")});
    EXPECT_EQ(report["ignored"], json::array());
    EXPECT_EQ(report["notes"], json::array());
    const auto found = load(file("back.safetensors"));
    EXPECT_EQ(found->net(), model->net());
    EXPECT_EQ(found->provenance().at("trained-by"), "hand");
}

TEST_F(Convert, AMeanImageComesAlongOrIsNamed) {
    NetDef net = small_net();
    net.preprocessing.mean = {0, 0, 0};
    for (int i = 0; i < 3 * 24 * 24; ++i)
        net.preprocessing.mean_image.push_back(static_cast<float>(i % 97) + 0.5F);
    save(*random_model(net), file("m.safetensors"));
    convert({file("m.safetensors"), file("m.onnx")});
    convert({file("m.onnx"), file("back.safetensors")});
    EXPECT_EQ(load(file("back.safetensors"))->net(), net);
    const json lost = convert({file("m.safetensors"), file("m.caffemodel")})["not_written"];
    EXPECT_NE(lost.dump().find("a mean image is subtracted"), std::string::npos) << lost;
    EXPECT_NE(lost.dump().find("sizes, means and scale of photos are left out"), std::string::npos) << lost;
}

// As NumPy writes it: version 1.0, a header of 128 bytes in all.
void write_npy(const std::string& path, const std::string& shape, const std::vector<float>& values) {
    std::string header = "{'descr': '<f4', 'fortran_order': False, 'shape': " + shape + ", }";
    header.resize(127 - 10, ' ');
    std::ofstream file(path, std::ios::binary);
    file << std::string("\x93NUMPY\x01\x00\x76\x00", 10) << header << '\n';
    file.write(reinterpret_cast<const char*>(values.data()), std::ssize(values) * 4);
}

TEST_F(Convert, AMeanImageCanBeGiven) {
    save(*random_model(small_net()), file("m.safetensors"));
    convert({file("m.safetensors"), file("m.caffemodel")});
    std::vector<float> mean(std::size_t{3} * 24 * 24);
    for (std::size_t i = 0; i < mean.size(); ++i) mean[i] = static_cast<float>(i) / 16;
    write_npy(file("mean.npy"), "(3, 24, 24)", mean);
    convert({file("m.caffemodel"), file("n.safetensors"), "--mean", file("mean.npy")});
    const auto model = load(file("n.safetensors"));
    EXPECT_EQ(model->net().preprocessing.mean_image, mean);
    EXPECT_EQ(model->provenance().at("imported_mean").find("mean.npy, "), 0U);

    write_npy(file("small.npy"), "(3, 8, 8)", std::vector<float>(192));
    const Outcome outcome =
        run_emulsion({"convert", file("m.caffemodel"), file("o.safetensors"), "--mean", file("small.npy")});
    EXPECT_EQ(outcome.exit_code, 4);
    EXPECT_EQ(outcome.err,
              "emulsion: " + file("small.npy") + ": a mean image of 3x8x8 for photos of 3x24x24\n");
}

// What is said of photos is what is done to them: a mean that is given takes the place of one assumed,
// stated in the weights' file, or missing.
TEST_F(Convert, NotesCountTheMeanThatIsGiven) {
    save(*random_model(small_net()), file("m.safetensors"));
    convert({file("m.safetensors"), file("m.caffemodel")});
    convert({file("m.safetensors"), file("m.pth")});
    write_npy(file("large.npy"), "(3, 24, 24)", std::vector<float>(std::size_t{3} * 24 * 24, 100.0F));
    write_npy(file("small.npy"), "(3, 20, 20)", std::vector<float>(std::size_t{3} * 20 * 20, 100.0F));
    std::string definition = contents(file("m.prototxt"));
    const auto from = definition.find("  transform_param {"), to = definition.find("  input_param {");
    write_text(file("silent.prototxt"), definition.erase(from, to - from));
    definition.insert(from, "  transform_param { mean_file: \"gone.binaryproto\" }\n");
    write_text(file("gone.prototxt"), definition);
    const auto notes = [&](const char* weights, const char* net, const char* mean) {
        return convert(
            {file(weights), file("n.safetensors"), "--net", file(net), "--mean", file(mean)})["notes"];
    };
    const json assumed = notes("m.pth", "silent.prototxt", "small.npy");
    const json stated = notes("m.caffemodel", "silent.prototxt", "large.npy");
    ASSERT_EQ(assumed.size(), 1U) << assumed;
    EXPECT_NE(assumed.dump().find("BGR, mean image, scale"), std::string::npos) << assumed;
    ASSERT_EQ(stated.size(), 1U) << stated;
    EXPECT_NE(stated.dump().find("as the weights' file says"), std::string::npos) << stated;
    EXPECT_NE(stated.dump().find("BGR, mean image, scale"), std::string::npos) << stated;
    EXPECT_EQ(notes("m.pth", "gone.prototxt", "small.npy"), json::array());
}

TEST_F(Convert, TheNativeFileSaysWhereItCameFrom) {
    save(*random_model(small_net()), file("m.safetensors"));
    convert({file("m.safetensors"), file("m.caffemodel")});
    std::string definition = contents(file("m.prototxt"));
    const auto input = definition.find("  transform_param {"), end = definition.find("  input_param {");
    definition.replace(input, end - input, "  propagate_down: true\n");
    write_text(file("deploy.prototxt"), definition);
    convert({file("m.caffemodel"), file("n.safetensors"), "--net", file("deploy.prototxt")});

    const Outcome outcome = run_emulsion({"inspect", file("n.safetensors"), "--json"});
    ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
    const json origin = json::parse(outcome.out)["provenance"];
    // By the system's own sha256sum.
    const auto identity = [&](const std::string& name) {
        FILE* pipe = popen(("sha256sum " + file(name)).c_str(), "r");
        char digits[65] = {};
        EXPECT_EQ(std::fread(digits, 1, 64, pipe), 64U);
        pclose(pipe);
        return name + ", " + std::to_string(std::filesystem::file_size(file(name))) + " bytes, sha256 " +
               digits;
    };
    EXPECT_EQ(origin["imported_from"], identity("m.caffemodel"));
    EXPECT_EQ(origin["imported_net"], identity("deploy.prototxt"));
    EXPECT_EQ(origin["imported_format"], "caffe");
    EXPECT_EQ(origin["imported_ignored"].get<std::string>().find("layer data: propagate_down, line "), 0U);
    EXPECT_EQ(
        origin["imported_notes"].get<std::string>().find("photos are prepared as the weights' file says"), 0U)
        << origin;
    const Outcome text = run_emulsion({"inspect", file("n.safetensors")});
    EXPECT_NE(text.out.find("imported_from  m.caffemodel, "), std::string::npos) << text.out;
}

// The lowest bit of a weight of each layer: no output shows it.
TEST_F(Convert, ABitThatFlipsLaterIsNoticed) {
    const auto model = random_model(small_net());
    save(*model, file("m.safetensors"));
    convert({file("m.safetensors"), file("m.onnx")});
    convert({file("m.onnx"), file("n.safetensors")});
    EXPECT_EQ(run_emulsion({"inspect", file("n.safetensors")}).exit_code, 0);
    const std::string sound = contents(file("n.safetensors"));
    for (std::size_t i = 0; i < model->parameters().size(); ++i) {
        const auto weights = std::as_bytes(model->weights(i));
        const auto at =
            sound.find(std::string(reinterpret_cast<const char*>(weights.data()), weights.size()));
        ASSERT_NE(at, std::string::npos);
        std::string flipped = sound;
        flipped[at] = static_cast<char>(flipped[at] ^ 1);
        write_text(file("n.safetensors"), flipped);
        const Outcome outcome = run_emulsion({"inspect", file("n.safetensors")});
        EXPECT_EQ(outcome.exit_code, 4) << model->parameters()[i].name;
        EXPECT_EQ(count_lines(outcome.err), 1) << outcome.err;
        EXPECT_NE(outcome.err.find(file("n.safetensors") + ": its checksum does not fit"), std::string::npos)
            << outcome.err;
    }
}

TEST_F(Convert, AnInputIsNeverOverwritten) {
    save(*random_model(small_net()), file("m.safetensors"));
    convert({file("m.safetensors"), file("m.caffemodel")});
    convert({file("m.safetensors"), file("m.pth")});
    const std::string definition = contents(file("m.prototxt"));
    const Outcome outcome =
        run_emulsion({"convert", file("m.pth"), file("m.caffemodel"), "--net", file("m.prototxt")});
    EXPECT_EQ(outcome.exit_code, 2);
    EXPECT_EQ(outcome.err, "emulsion: " + file("m.prototxt") + ": it is read, and would be overwritten\n");
    EXPECT_EQ(contents(file("m.prototxt")), definition);
    EXPECT_EQ(run_emulsion({"convert", file("m.safetensors"), file("m.safetensors")}).exit_code, 2);
}

}  // namespace
}  // namespace emulsion::test
