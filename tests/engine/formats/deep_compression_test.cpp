// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Deep Compression's files: SqueezeNet as its authors published it against a decoder in NumPy, and small
// files written by hand.
#include "engine/formats/deep_compression.h"

#include <emulsion/model.h>
#include <emulsion/safetensors.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "engine/formats/readers.h"
#include "tests/engine/formats/damage.h"
#include "tests/shared_data.h"
#include "tests/witness/witness.h"

namespace emulsion::formats {
namespace {

using test::TemporaryFolder;

std::string published() {
    return test::shared_data() + "/squeezenet/compressed_SqueezeNet.net";
}

TEST(DeepCompression, SqueezeNetIsReadToTheBit) {
    if (!std::filesystem::exists(published())) GTEST_SKIP() << "SKIPPED: no " << published();
    const TemporaryFolder folder;
    const auto [status, text] =
        emulsion::testing::witness("deep_compression.py", {published(), folder / "expected"});
    if (status == emulsion::testing::witness_absent) GTEST_SKIP() << "SKIPPED: no NumPy: " << text;
    ASSERT_EQ(status, 0) << text;
    const auto expected = SafetensorsFile::open(folder / "expected");
    const Imported imported = read_deep_compression(published(), compose("squeezenet"), standard_layers());
    EXPECT_EQ(imported.format, "deep-compression");
    EXPECT_TRUE(imported.ignored.empty());
    ASSERT_EQ(imported.tensors.size(), 2U * 26);
    ASSERT_EQ(expected->tensors().size(), 2U * 26);
    for (const ForeignTensor& tensor : imported.tensors) {
        const FileTensor* wanted = expected->find(tensor.name);
        ASSERT_NE(wanted, nullptr) << tensor.name;
        EXPECT_EQ(tensor.shape, wanted->shape) << tensor.name;
        ASSERT_EQ(tensor.values.size_bytes(), wanted->data.size()) << tensor.name;
        EXPECT_EQ(std::memcmp(tensor.values.data(), wanted->data.data(), wanted->data.size()), 0)
            << tensor.name;
    }
    std::printf("%s", text.c_str());
}

/// conv "first" 2x3x2x2 -> relu -> conv "second" 1x2x1x1, on 3x4x4.
NetDef two_convolutions() {
    using Int = std::int64_t;
    NetDef net;
    net.name = "two";
    net.height = net.width = 4;
    net.preprocessing.height = net.preprocessing.width = 4;
    net.preprocessing.crop_height = net.preprocessing.crop_width = 4;
    const std::vector<ParamDef> params{{"weight", 1, 1, {}}, {"bias", 1, 1, {}}};
    net.layers = {
        {"first", "conv", {"data"}, {"first"}, {{"outputs", Int{2}}, {"kernel", Int{2}}}, params},
        {"relu", "relu", {"first"}, {"relu"}, {}, {}},
        {"second", "conv", {"relu"}, {"second"}, {{"outputs", Int{1}}, {"kernel", Int{1}}}, params}};
    return net;
}

template <class... Numbers>
std::string binary(Numbers... numbers) {
    std::string text;
    (text.append(reinterpret_cast<const char*>(&numbers), sizeof numbers), ...);
    return text;
}

/// A codebook of 0, 1, 2, ... 255.
std::string codebook() {
    std::string text;
    for (int i = 0; i < 256; ++i) text += binary(static_cast<float>(i));
    return text;
}

/// The first layer's 24 weights: 3 at 0, 4 at 17 (over a filler at 16), 5 at 23. The second's 2: none.
std::string small_file() {
    const std::string counts = binary(4U, 0U), first_codes("\3\0\4\5", 4), first_gaps = "\xF0\x50";
    return counts + codebook() + binary(0.5F, -0.5F) + first_codes + first_gaps + codebook() + binary(8.0F);
}

std::string refusal(const std::string& file) {
    return test::error_of(Error::Kind::data, [&] {
        read_deep_compression(test::file_of(file), two_convolutions(), standard_layers());
    });
}

/// The place of the first layer's biases; codes and gaps follow, then the second layer.
constexpr std::size_t biases_at = 8 + 1024, codes_at = biases_at + 8, gaps_at = codes_at + 4;

TEST(DeepCompression, ASmallFileIsDecoded) {
    const Imported imported =
        read_deep_compression(test::file_of(small_file()), two_convolutions(), standard_layers());
    ASSERT_EQ(imported.tensors.size(), 4U);
    std::vector<float> weights(24, 0);
    weights[0] = 3, weights[17] = 4, weights[23] = 5;
    const auto values = [&](std::size_t i) {
        return std::vector<float>(imported.tensors[i].values.begin(), imported.tensors[i].values.end());
    };
    EXPECT_EQ(values(0), weights);
    EXPECT_EQ(values(1), (std::vector<float>{0.5F, -0.5F}));
    EXPECT_EQ(values(2), (std::vector<float>{0, 0}));
    EXPECT_EQ(values(3), (std::vector<float>{8}));
    EXPECT_EQ(imported.tensors[0].name, "first.weight");
    EXPECT_EQ(imported.tensors[0].shape, (std::vector<std::int64_t>{2, 3, 2, 2}));
    EXPECT_EQ(imported.tensors[0].origin, "layer first, codes and gaps");
    EXPECT_EQ(imported.tensors[3].name, "second.bias");
}

TEST(DeepCompression, EveryTruncationIsRefused) {
    const std::string whole = small_file();
    for (std::size_t length = 0; length < whole.size(); ++length) refusal(whole.substr(0, length));
    EXPECT_EQ(refusal(whole.substr(0, whole.size() - 1)),
              "F: layer second: cut short: it takes 1028 bytes where 1027 are left");
    EXPECT_EQ(refusal("abc"),
              "F: byte 0: cut short in the counts of 2 layers, which takes 4 bytes where 3 are left");
}

TEST(DeepCompression, AFlippedBitDoesNoHarm) {
    test::for_every_flipped_bit(small_file(), [](const std::string& flipped) {
        test::accepts(
            [&] { read_deep_compression(test::file_of(flipped), two_convolutions(), standard_layers()); });
    });
}

TEST(DeepCompression, EachInconsistencyNamesItsLayer) {
    EXPECT_EQ(refusal(small_file() + "xy"),
              "F: layer second: 2 bytes follow this last layer; is it of another net?");
    std::string file = small_file();
    file[4] = 3;
    EXPECT_EQ(refusal(file),
              "F: layer second: the file stores 3 weights and the net has 2; is it of another net?");
    file = small_file();
    file.replace(0, 4, "\xff\xff\xff\xff");
    EXPECT_EQ(refusal(file),
              "F: layer first: the file stores 4294967295 weights and the net has 24; is it of another net?");
    file = small_file();
    file.replace(8, 4, binary(1.0F));
    EXPECT_EQ(refusal(file), "F: layer first: the first value of its codebook is not 0");
    file = small_file();
    file.replace(12, 4, binary(std::nanf("")));
    EXPECT_EQ(refusal(file), "F: layer first: a number in its codebook is not finite");
    file = small_file();
    file.replace(biases_at, 4, binary(INFINITY));
    EXPECT_EQ(refusal(file), "F: layer first: a number in its bias is not finite");
    file = small_file();
    file[gaps_at + 1] = '\x60';
    EXPECT_EQ(refusal(file), "F: layer first: entry 3 lies at weight 24 of 24");
}

// The file says nothing of the weights' number: a stranger's net must not make up for that.
TEST(DeepCompression, NetsFarTooLargeForTheFileAreRefused) {
    NetDef net = two_convolutions();
    net.layers[0].attributes.set("outputs", std::int64_t{1} << 20);
    net.layers[2].attributes.set("outputs", std::int64_t{1} << 14);
    const std::string message = test::error_of(Error::Kind::data, [&] {
        read_deep_compression(test::file_of(small_file()), net, standard_layers());
    });
    EXPECT_NE(message.find("weights, which no file of"), std::string::npos) << message;
}

TEST(DeepCompression, AnUnusedGapMustBeZero) {
    std::string file = small_file();
    file[0] = 3;  // three entries, in two bytes of gaps all the same
    file.erase(codes_at + 3, 1);
    EXPECT_EQ(refusal(file), "F: layer first: a gap follows its last entry");
    file[gaps_at] = '\0';
    EXPECT_NO_THROW(read_deep_compression(test::file_of(file), two_convolutions(), standard_layers()));
}

TEST(DeepCompression, NetsThatTheFormatCannotHoldAreNamed) {
    NetDef net = two_convolutions();
    net.layers[2].attributes.set("bias", false);
    net.layers[2].params.pop_back();
    EXPECT_EQ(
        test::error_of(Error::Kind::data,
                       [&] { read_deep_compression(test::file_of(small_file()), net, standard_layers()); }),
        "F: layer second: it has no bias, and the file stores one for each layer");
    net.layers = {{"relu", "relu", {"data"}, {"relu"}, {}, {}}};
    EXPECT_EQ(
        test::error_of(Error::Kind::data,
                       [&] { read_deep_compression(test::file_of(small_file()), net, standard_layers()); }),
        "F: net two has no convolution");
}

}  // namespace
}  // namespace emulsion::formats
