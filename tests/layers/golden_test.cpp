// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Golden outputs: a file that was written with them notices a changed weight.
#include <emulsion/error.h>
#include <emulsion/import.h>
#include <emulsion/model.h>
#include <emulsion/safetensors.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <fstream>
#include <limits>
#include <string>
#include <vector>

#include "tests/layers/small_model.h"
#include "tests/temporary_folder.h"

namespace emulsion {
namespace {

// Turns over a bit of the file's last float.
void flip(const std::string& path, unsigned bit) {
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    file.seekg(-4, std::ios::end);
    std::uint32_t word = 0;
    file.read(reinterpret_cast<char*>(&word), 4);
    word ^= 1U << bit;
    file.seekp(-4, std::ios::end);
    file.write(reinterpret_cast<const char*>(&word), 4);
}

std::string refusal(const std::string& path) {
    try {
        load(path);
    } catch (const Error& error) {
        return error.what();
    }
    return "";
}

TEST(Golden, OutputsAreAProbabilityAClass) {
    const auto model = initialise(test::small_net(), 5);
    const std::vector<float> outputs = golden_outputs(*model);
    ASSERT_EQ(outputs.size(), 2U);
    EXPECT_NEAR(outputs[0] + outputs[1], 1, 1e-6);
    EXPECT_EQ(outputs, golden_outputs(*model));
}

TEST(Golden, AWholeFileLoads) {
    const auto model = initialise(test::small_net(), 5);
    const test::TemporaryFolder folder;
    const std::string path = folder / "m.safetensors";
    save(*model, path, golden_outputs(*model));
    EXPECT_EQ(refusal(path), "");
}

// Whatever bit it is, the lowest of a weight too.
TEST(Checksum, AChangedBitIsNoticed) {
    const test::TemporaryFolder folder;
    const std::string path = folder / "m.safetensors";
    for (const unsigned bit : {0U, 17U, 31U}) {
        save(*initialise(test::small_net(), 5), path);
        flip(path, bit);
        EXPECT_EQ(refusal(path),
                  path + ": its checksum does not fit: it is damaged, or another program has changed it");
    }
}

// Who changes a byte of a name must not get rid of what would notice.
TEST(Checksum, ItsNameAndAllMetadataAreWatched) {
    const test::TemporaryFolder folder;
    const std::string sound = folder / "sound.safetensors", path = folder / "m.safetensors";
    const auto bare = initialise(test::small_net(), 5);
    std::vector<std::span<const float>> weights;
    for (std::size_t i = 0; i < bare->parameters().size(); ++i) weights.push_back(bare->weights(i));
    save(Model(bare->net(), bare->factory(), weights, bare, {{"run", "7"}}), sound);
    const auto file = SafetensorsFile::open(sound);
    const auto refusal_after = [&](const std::string& key, const std::string& now, const char* text) {
        auto metadata = file->metadata();
        metadata.erase(key);
        if (!now.empty()) metadata[now] = text;
        write_safetensors(path, metadata, file->tensors());
        return refusal(path);
    };
    const std::string sum = "emulsion.checksum";
    for (std::size_t i = 0; i < sum.size(); ++i) {
        std::string damaged = sum;
        damaged[i] = static_cast<char>(damaged[i] ^ 1);
        EXPECT_NE(refusal_after(sum, damaged, "0123456789abcdef").find("has no checksum"), std::string::npos)
            << damaged;
    }
    const std::string origin = "emulsion.provenance.run", no_fit = "its checksum does not fit";
    EXPECT_NE(refusal_after(origin, origin, "8").find(no_fit), std::string::npos);
    EXPECT_NE(refusal_after(origin, "emulsion.provenance.ruo", "7").find(no_fit), std::string::npos);
    EXPECT_NE(refusal_after(origin, "", "").find(no_fit), std::string::npos);
    EXPECT_EQ(refusal_after(origin, origin, "7"), "");
}

// Nothing that another program wrote needs one.
TEST(Checksum, AFileMayHaveNone) {
    const test::TemporaryFolder folder;
    save(*initialise(test::small_net(), 5), folder / "sound");
    const auto file = SafetensorsFile::open(folder / "sound");
    auto metadata = file->metadata();
    metadata.erase("emulsion.checksum");
    metadata["format"] = "pt";
    write_safetensors(folder / "m", metadata, file->tensors());
    EXPECT_EQ(refusal(folder / "m"), "");
}

// As by a machine that computes something else, or a program that knows nothing of checksums.
TEST(Golden, OutputsOfOtherWeightsAreRefused) {
    const auto model = initialise(test::small_net(), 5), other = initialise(test::small_net(), 6);
    const test::TemporaryFolder folder;
    const std::string path = folder / "m.safetensors";
    save(*model, path, golden_outputs(*other));
    EXPECT_NE(refusal(path).find("golden outputs differ"), std::string::npos) << refusal(path);
}

TEST(Golden, OutputsOfAnotherNetAreRefused) {
    const auto model = initialise(test::small_net(), 5);
    const test::TemporaryFolder folder;
    const std::string path = folder / "m.safetensors";
    save(*model, path, std::vector<float>{0.9F, 0.1F});
    EXPECT_NE(refusal(path).find("golden outputs differ"), std::string::npos) << refusal(path);
    // However large one of them is, beside which nothing else would count.
    std::vector<float> more = golden_outputs(*model);
    more.push_back(1e5F);
    for (const std::vector<float>& wrong : {std::vector<float>{0.5F}, more}) {
        save(*model, path, wrong);
        EXPECT_NE(refusal(path).find("golden outputs for a net of 2"), std::string::npos) << refusal(path);
    }
}

// Wherever they stand: neither the right number after it nor the infinity itself hides them.
TEST(Golden, OutputsThatAreNotFiniteAreRefused) {
    const auto model = initialise(test::small_net(), 5);
    const test::TemporaryFolder folder;
    const std::string path = folder / "m.safetensors";
    for (const float wrong :
         {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
        for (const std::size_t place : {0U, 1U}) {
            std::vector<float> outputs = golden_outputs(*model);
            outputs[place] = wrong;
            save(*model, path, outputs);
            EXPECT_NE(refusal(path).find("golden outputs are not all finite"), std::string::npos)
                << refusal(path);
        }
    }
}

// A file of a few kilobytes must not make whoever loads it allocate gigabytes or compute for minutes.
TEST(Golden, NetsThatTakeTooMuchAreRefusedUnchecked) {
    NetDef large = test::small_net();
    large.preprocessing.height = large.preprocessing.width = 65'536;
    NetDef slow = test::small_net();
    slow.layers[0].attributes.set("pad", std::int64_t{4096});
    slow.layers.insert(slow.layers.begin() + 3,
                       {"global", "pool", {"pool1"}, {"global"}, {{"mode", "max"}, {"global", true}}, {}});
    slow.layers[4].inputs = {"global"};
    const test::TemporaryFolder folder;
    const std::string path = folder / "m.safetensors";
    for (const NetDef& net : {large, slow}) {
        const auto model = initialise(net, 5);
        EXPECT_TRUE(golden_outputs(*model).empty());
        save(*model, path, std::vector<float>{0.5F, 0.5F});
        EXPECT_NE(refusal(path).find("takes too much to check"), std::string::npos) << refusal(path);
        EXPECT_EQ(export_model(*model, path),
                  std::vector<std::string>{"golden outputs: one photo takes too much"});
        EXPECT_EQ(refusal(path), "");
    }
    EXPECT_TRUE(export_model(*initialise(test::small_net(), 5), path).empty());
}

}  // namespace
}  // namespace emulsion
