// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Model files that are not what they should be: each ends in one line that names what is wrong.
#include <emulsion/safetensors.h>

#include <functional>
#include <limits>
#include <random>

#include "tests/engine/support.h"
#include "tests/layers/small_model.h"

namespace emulsion::test {
namespace {

struct Content {
    std::map<std::string, std::string> metadata;
    std::vector<FileTensor> tensors;

    FileTensor& tensor(const std::string& name) {
        for (FileTensor& each : tensors)
            if (each.name == name) return each;
        throw std::out_of_range(name);
    }
    void drop(const std::string& name) {
        std::erase_if(tensors, [&](const FileTensor& each) { return each.name == name; });
    }
};

class DamagedFiles : public testing::Test {
   protected:
    // The error of loading a sound file after `damage` has been done to it, without the file's path.
    std::string error_after(const std::function<void(Content&)>& damage, NetDef net = small_net()) {
        save(*initialise(net, 5), folder_ / "sound");
        const auto sound = SafetensorsFile::open(folder_ / "sound");
        Content content{sound->metadata(), sound->tensors()};
        damage(content);
        const std::string path = folder_ / "damaged";
        write_safetensors(path, content.metadata, content.tensors);
        const std::string error = error_of(Error::Kind::data, [&] { load(path); });
        EXPECT_TRUE(error.starts_with(path + ": ")) << error;
        return error.substr(std::min(error.size(), path.size() + 2));
    }

    static std::string with(std::string text, const std::string& from, const std::string& to) {
        const std::size_t at = text.find(from);
        EXPECT_NE(at, std::string::npos) << from << " in " << text;
        return text.replace(at, from.size(), to);
    }

    const TemporaryFolder folder_;
    // Tensors that are put into a file must lie somewhere.
    const std::vector<double> numbers_ = std::vector<double>(512, 1.0);
    std::span<const std::byte> bytes(std::size_t count) const {
        return std::as_bytes(std::span(numbers_)).first(count);
    }
};

TEST_F(DamagedFiles, NoSuchFile) {
    error_of(Error::Kind::data, [&] { load(folder_ / "absent"); });
}

TEST_F(DamagedFiles, WhatIsMissingIsNamed) {
    EXPECT_EQ(error_after([](Content& c) { c.drop("fc2.weight"); }),
              "its tensors do not fit its net: fc2.weight is missing");
}

TEST_F(DamagedFiles, WhatIsLeftOverIsNamed) {
    EXPECT_EQ(error_after([&](Content& c) {
                  c.tensors.push_back({"fc9.weight", "F32", {2, 2}, bytes(16)});
              }),
              "its tensors do not fit its net: fc9.weight is left over");
    EXPECT_EQ(error_after([&](Content& c) {
                  c.tensors.push_back({"preprocessing.mean_image", "F32", {3, 10, 12}, bytes(1440)});
              }),
              "its tensors do not fit its net: preprocessing.mean_image is left over");
}

TEST_F(DamagedFiles, WhatIsMisshapenIsNamedWithBothShapes) {
    EXPECT_EQ(error_after([](Content& c) {
                  c.tensor("conv1.weight").shape = {4, 27};
              }),
              "its tensors do not fit its net: conv1.weight is 4x27 and should be 4x3x3x3");
    EXPECT_EQ(error_after([&](Content& c) {
                  c.tensor("fc2.bias") = {"fc2.bias", "F32", {}, bytes(4)};
              }),
              "its tensors do not fit its net: fc2.bias is a single number and should be 2");
}

TEST_F(DamagedFiles, AnotherTypeIsNamed) {
    EXPECT_EQ(error_after([&](Content& c) {
                  c.tensor("fc2.bias") = {"fc2.bias", "F64", {2}, bytes(16)};
              }),
              "its tensors do not fit its net: fc2.bias is of type F64 and should be F32");
}

TEST_F(DamagedFiles, ManyFaultsAreCountedAndTheFirstNamed) {
    const std::string error = error_after([&](Content& c) {
        c.tensors.clear();
        c.tensors.push_back({"weights", "F32", {2}, bytes(8)});
        c.tensors.push_back({"more", "F32", {2}, bytes(8)});
    });
    EXPECT_EQ(error,
              "its tensors do not fit its net: conv1.weight is missing; conv1.bias is missing; fc2.weight is "
              "missing; fc2.bias is missing; and 2 more");
}

TEST_F(DamagedFiles, TensorsWithoutANetNeedConversion) {
    EXPECT_EQ(error_after([](Content& c) { c.metadata.clear(); }),
              "it holds tensors but no net (no emulsion.net in its metadata); convert it to a model of "
              "Emulsion's first");
}

TEST_F(DamagedFiles, AnotherFormatIsRefused) {
    EXPECT_EQ(error_after([](Content& c) { c.metadata["emulsion.format"] = "2"; }),
              "its format is '2'; this version of Emulsion reads format 1");
    EXPECT_EQ(error_after([](Content& c) { c.metadata.erase("emulsion.format"); }),
              "its format is not stated; this version of Emulsion reads format 1");
}

TEST_F(DamagedFiles, AnUnsoundNetIsNamedWithTheFile) {
    const auto change = [&](const std::string& from, const std::string& to) {
        return error_after(
            [&](Content& c) { c.metadata["emulsion.net"] = with(c.metadata["emulsion.net"], from, to); });
    };
    EXPECT_EQ(change("\"kernel\":3", "\"kernel\":30"),
              "layer conv1 (conv): its kernel of 30x30 is larger than its padded input of 8x8");
    EXPECT_EQ(change("\"kernel\":3", "\"kernle\":3"),
              "layer conv1 (conv): there is no setting 'kernle'; this type takes outputs, kernel, kernel_h, "
              "kernel_w, stride, stride_h, stride_w, pad, pad_h, pad_w, groups, bias");
    EXPECT_NE(change("\"type\":\"relu\"", "\"type\":\"rule\"").find("rule"), std::string::npos);
    EXPECT_NE(change("\"outputs\":4", "\"outputs\":1000000").find("should be 1000000x3x3x3"),
              std::string::npos);
    EXPECT_NE(change("{", "["), "");
}

TEST_F(DamagedFiles, NamesThatHoldNewLinesStayInOneLine) {
    const std::string error = error_after([&](Content& c) {
        c.tensors.push_back({"fc9\nfc10", "F32", {2, 2}, bytes(16)});
    });
    EXPECT_EQ(error, "its tensors do not fit its net: fc9 fc10 is left over");
}

TEST_F(DamagedFiles, AMeanImageMustBeThereAndFiniteAndOfItsShape) {
    NetDef net = small_net();
    net.preprocessing.mean_image.assign(360, 100.0F);
    EXPECT_EQ(error_after([](Content& c) { c.drop("preprocessing.mean_image"); }, net),
              "its tensors do not fit its net: preprocessing.mean_image is missing");
    EXPECT_EQ(error_after(
                  [](Content& c) {
                      c.tensor("preprocessing.mean_image").shape = {3, 12, 10};
                  },
                  net),
              "its tensors do not fit its net: preprocessing.mean_image is 3x12x10 and should be 3x10x12");
    std::vector<float> image(360, 100.0F);
    image[359] = std::numeric_limits<float>::quiet_NaN();
    EXPECT_EQ(
        error_after(
            [&](Content& c) { c.tensor("preprocessing.mean_image").data = std::as_bytes(std::span(image)); },
            net),
        "its mean image has a number that is not finite");
}

TEST_F(DamagedFiles, AFileCutShortIsNeverLoaded) {
    const std::string path = folder_ / "model";
    save(*initialise(small_net(), 5), path);
    const std::string whole = contents(path);
    for (std::size_t length = 0; length < whole.size(); length += 1 + length / 64) {
        const std::string cut = folder_ / ("first" + std::to_string(length));
        put(cut, whole.substr(0, length));
        error_of(Error::Kind::data, [&] { load(cut); });
    }
    put(folder_ / "longer", whole + '\0');
    error_of(Error::Kind::data, [&] { load(folder_ / "longer"); });
}

// Flipped bits in weights cannot be noticed; anywhere else they end in a sound error or in a net that
// still fits its tensors. Nothing may crash, hang or take much memory.
TEST_F(DamagedFiles, FlippedBitsAreNoticedOrHarmless) {
    const std::string path = folder_ / "model";
    save(*initialise(small_net(), 5), path);
    const std::string whole = contents(path);
    std::mt19937_64 random(11);
    int refused = 0;
    for (int i = 0; i < 3000; ++i) {
        const std::string flipped = folder_ / ("flipped" + std::to_string(i));
        put(flipped, with_flipped_bits(whole, random));
        refused += accepts([&] { load(flipped); }) ? 0 : 1;
    }
    EXPECT_GT(refused, 1000);
}

}  // namespace
}  // namespace emulsion::test
