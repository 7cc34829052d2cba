// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// `classify`: models of every kind, labels, broken photos, what it prints, and two photos whose answers are
// published.
#include <emulsion/emulsion.h>
#include <emulsion/import.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "tests/apps/child.h"
#include "tests/apps/fixtures.h"
#include "tests/apps/models.h"
#include "tests/shared_data.h"

namespace emulsion::test {
namespace {

using nlohmann::json;

class Classify : public ::testing::Test {
   protected:
    Classify() {
        NetDef net = small_net();
        net.classes = {"dull", "fair", "fine"};
        save(*random_model(net), model());
        write_grey(file("a.png"), 200);
        write_grey(file("b.png"), 30);
    }
    std::string file(const std::string& name) const { return folder_.file(name); }
    std::string model() const { return file("m.safetensors"); }

    Outcome classify(std::vector<std::string> more) const {
        more.insert(more.begin(), "classify");
        return run_emulsion(more);
    }

    const TemporaryFolder folder_;
};

std::vector<std::string> keys_of(const json& object) {
    std::vector<std::string> keys;
    for (const auto& [key, value] : object.items()) keys.push_back(key);
    return keys;
}

TEST_F(Classify, JsonIsAsPromised) {
    const Outcome outcome =
        classify({"--model", model(), file("a.png"), file("b.png"), "--json", "--top", "2"});
    ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
    EXPECT_TRUE(outcome.err.empty()) << outcome.err;
    const json result = json::parse(outcome.out);
    EXPECT_EQ(keys_of(result), (std::vector<std::string>{"failed", "photos"}));
    ASSERT_EQ(result["photos"].size(), 2U);
    EXPECT_EQ(result["failed"], json::array());
    for (const json& photo : result["photos"]) {
        EXPECT_EQ(keys_of(photo), (std::vector<std::string>{"path", "top"}));
        ASSERT_EQ(photo["top"].size(), 2U);
        for (const json& guess : photo["top"])
            EXPECT_EQ(keys_of(guess), (std::vector<std::string>{"index", "label", "probability"}));
        EXPECT_GE(photo["top"][0]["probability"], photo["top"][1]["probability"]);
    }
    EXPECT_EQ(result["photos"][0]["path"], file("a.png"));
    EXPECT_EQ(result["photos"][1]["path"], file("b.png"));
}

TEST_F(Classify, TopMayAskForMoreThanThereIs) {
    const json result =
        json::parse(classify({"--model", model(), file("a.png"), "--json", "--top", "99"}).out);
    const json& top = result["photos"][0]["top"];
    ASSERT_EQ(top.size(), 3U);
    double sum = 0;
    for (const json& guess : top) {
        const char* names[] = {"dull", "fair", "fine"};
        EXPECT_EQ(guess["label"], names[guess["index"].get<std::size_t>()]);
        sum += guess["probability"].get<double>();
    }
    EXPECT_NEAR(sum, 1, 1e-6);
    EXPECT_EQ(classify({"--model", model(), file("a.png"), "--top", "0"}).exit_code, 2);
}

// The native model, its Caffe files by definition and weights, and ONNX give the same answers.
TEST_F(Classify, EveryKindOfModelAnswersAlike) {
    const std::string expected = classify({"--model", model(), file("a.png"), file("b.png"), "--json"}).out;
    const auto native = load(model());
    for (const char* name : {"m.caffemodel", "m.onnx", "m.pth"}) export_model(*native, file(name));
    write_text(file("labels.txt"), "dull\r\nfair\r\nfine\r\n");
    const std::vector<std::string> photos = {file("a.png"), file("b.png"), "--labels", file("labels.txt"),
                                             "--json"};
    const auto with = [&](std::vector<std::string> arguments) {
        arguments.insert(arguments.end(), photos.begin(), photos.end());
        const Outcome outcome = classify(arguments);
        EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
        EXPECT_TRUE(outcome.err.empty()) << outcome.err;
        return outcome.out;
    };
    EXPECT_EQ(with({"--model", file("m.onnx")}), expected);
    EXPECT_EQ(with({"--model", file("m.caffemodel")}), expected);
    EXPECT_EQ(with({"--model", file("m.prototxt"), "--weights", file("m.caffemodel")}), expected);
    EXPECT_EQ(with({"--model", file("m.prototxt"), "--weights", file("m.pth")}), expected);
}

TEST_F(Classify, LabelsMustBeAsManyAsOutputs) {
    for (const char* labels : {"one\ntwo\n", "one\ntwo\nthree\nfour\n"}) {
        write_text(file("labels.txt"), labels);
        const Outcome outcome = classify({"--model", model(), "--labels", file("labels.txt"), file("a.png")});
        EXPECT_EQ(outcome.exit_code, 4);
        EXPECT_EQ(outcome.err, "emulsion: " + file("labels.txt") + ": " +
                                   std::to_string(count_lines(labels)) + " labels for a net of 3 outputs\n");
    }
    write_text(file("labels.txt"), "one\ntwo\nthree\n\n");
    EXPECT_EQ(classify({"--model", model(), "--labels", file("labels.txt"), file("a.png")}).exit_code, 0);
    EXPECT_EQ(classify({"--model", model(), "--labels", file("absent.txt"), file("a.png")}).exit_code, 4);
}

TEST_F(Classify, ABrokenPhotoStopsNoOther) {
    write_text(file("broken.jpg"), "\xFF\xD8\xFF not a photo");
    const Outcome outcome = classify(
        {"--model", model(), file("a.png"), file("broken.jpg"), file("absent.png"), file("b.png"), "--json"});
    EXPECT_EQ(outcome.exit_code, 1);
    const json result = json::parse(outcome.out);
    ASSERT_EQ(result["photos"].size(), 2U);
    EXPECT_EQ(result["photos"][1]["path"], file("b.png"));
    ASSERT_EQ(result["failed"].size(), 2U);
    for (const json& failed : result["failed"]) {
        EXPECT_EQ(keys_of(failed), (std::vector<std::string>{"error", "path"}));
        EXPECT_NE(outcome.err.find(failed["path"].get<std::string>()), std::string::npos) << outcome.err;
    }
}

TEST_F(Classify, ANetWithoutWeightsIsAskedForThem) {
    Outcome outcome = classify({"--model", "caffenet", file("a.png")});
    EXPECT_EQ(outcome.exit_code, 2);
    EXPECT_EQ(outcome.err, "emulsion: --model caffenet is a net without weights; add --weights\n");
    export_model(*load(model()), file("m.caffemodel"));
    outcome = classify({"--model", file("m.prototxt"), file("a.png")});
    EXPECT_EQ(outcome.exit_code, 4);
    EXPECT_EQ(count_lines(outcome.err), 1);
    EXPECT_NE(outcome.err.find("no weights"), std::string::npos) << outcome.err;
}

// A definition that says nothing of means: what is assumed is said, and can be silenced.
TEST_F(Classify, AssumedPreprocessingIsSaid) {
    const auto weights = random_model(compose("squeezenet"));
    export_model(*weights, file("s.caffemodel"));
    std::ifstream in(file("s.prototxt"));
    std::string text{std::istreambuf_iterator<char>(in), {}};
    const auto from = text.find("  transform_param {"), to = text.find("  input_param {");
    write_text(file("bare.prototxt"), text.erase(from, to - from));
    export_model(*weights, file("s.pth"));
    const std::vector<std::string> arguments = {"--model",     file("bare.prototxt"), "--weights",
                                                file("s.pth"), file("a.png"),         "--json"};
    const Outcome outcome = classify(arguments);
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    EXPECT_EQ(
        outcome.err,
        "emulsion: warning: the files do not say how photos are prepared; assumed as for SqueezeNet 1.0: "
        "decode exactly, orient by EXIF, squash to 256x256 (bilinear), crop 227x227, BGR, mean 104 117 "
        "123, scale 1 1 1\n");
    std::vector<std::string> silent = arguments;
    silent.insert(silent.end(), {"--log", "off"});
    EXPECT_EQ(classify(silent).err, "");
    EXPECT_EQ(classify(silent).out, outcome.out);
}

std::string data_file(const std::string& name) {
    return shared_data() + "/squeezenet/" + name;
}

struct Published {
    const char* photo;
    std::vector<std::pair<int, double>> top;  ///< class and probability
};

// SqueezeNet as its authors compressed it. The figures are an independent program's with another resize
// filter, which moves them by a few hundredths.
TEST_F(Classify, SqueezeNetKnowsTheCatAndTheFishBike) {
    if (!std::filesystem::exists(data_file("compressed_SqueezeNet.net")))
        GTEST_SKIP() << "SKIPPED: no " << data_file("compressed_SqueezeNet.net");
    const Outcome converted =
        run_emulsion({"convert", data_file("compressed_SqueezeNet.net"), file("s.safetensors"), "--net",
                      data_file("squeezenet_deploy.prototxt")});
    ASSERT_EQ(converted.exit_code, 0) << converted.err;
    const std::vector<std::string> photos = {data_file("cat.jpg"), data_file("fish-bike.jpg"), "--labels",
                                             data_file("synset_words.txt"), "--json"};
    std::vector<std::string> arguments = {"--model", data_file("squeezenet_deploy.prototxt"), "--weights",
                                          data_file("compressed_SqueezeNet.net")};
    arguments.insert(arguments.end(), photos.begin(), photos.end());
    const Outcome outcome = classify(arguments);
    ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
    arguments = {"--model", file("s.safetensors")};
    arguments.insert(arguments.end(), photos.begin(), photos.end());
    EXPECT_EQ(classify(arguments).out, outcome.out) << "converted, it answers as before";

    constexpr int kit_fox = 278, red_fox = 277, pembroke = 263, barrow = 428, mower = 621, tricycle = 870;
    const std::vector<Published> published = {
        {"cat.jpg", {{kit_fox, .396}, {red_fox, .283}, {pembroke, .165}}},
        {"fish-bike.jpg", {{barrow, .157}, {mower, .069}, {tricycle, .066}}}};
    const json result = json::parse(outcome.out);
    for (std::size_t i = 0; i < published.size(); ++i) {
        const json& top = result["photos"][i]["top"];
        for (std::size_t k = 0; k < 3; ++k) {
            EXPECT_EQ(top[k]["index"], published[i].top[k].first) << published[i].photo << " " << k;
            EXPECT_NEAR(top[k]["probability"].get<double>(), published[i].top[k].second, 0.06);
            std::printf("%s: %s %.3f (published %.3f)\n", published[i].photo,
                        top[k]["label"].get<std::string>().c_str(), top[k]["probability"].get<double>(),
                        published[i].top[k].second);
        }
    }
}

TEST_F(Classify, SqueezeNetSeesTheSameOnTheEmulator) {
    if (!std::filesystem::exists(data_file("compressed_SqueezeNet.net")))
        GTEST_SKIP() << "SKIPPED: no " << data_file("compressed_SqueezeNet.net");
    const auto photos_on = [&](const std::string& device) {
        const Outcome outcome = classify({"--model", data_file("squeezenet_deploy.prototxt"), "--weights",
                                          data_file("compressed_SqueezeNet.net"), data_file("cat.jpg"),
                                          data_file("fish-bike.jpg"), "--json", "--device", device});
        EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
        return json::parse(outcome.out)["photos"];
    };
    const json here = photos_on("cpu"), there = photos_on("emulated");
    ASSERT_EQ(there.size(), 2U);
    for (std::size_t i = 0; i < there.size(); ++i)
        for (std::size_t k = 0; k < there[i]["top"].size(); ++k) {
            EXPECT_EQ(there[i]["top"][k]["index"], here[i]["top"][k]["index"]);
            EXPECT_NEAR(there[i]["top"][k]["probability"].get<double>(),
                        here[i]["top"][k]["probability"].get<double>(), 1e-4);
        }
}

}  // namespace
}  // namespace emulsion::test
