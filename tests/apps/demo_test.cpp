// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// The demo's data set: what each fault does to a picture, and what the command writes.
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <map>
#include <set>

#include "apps/csv.h"
#include "apps/degrade.h"
#include "data/decode.h"
#include "data/encode.h"
#include "data/files.h"
#include "data/list.h"
#include "tests/apps/child.h"
#include "tests/apps/fixtures.h"

namespace emulsion::test {
namespace {

using namespace emulsion::apps;
namespace fs = std::filesystem;

Image filled(int width, int height, std::uint8_t r, std::uint8_t g, std::uint8_t b) {
    Image image{width, height, {}};
    for (int i = 0; i < width * height; ++i) image.rgb.insert(image.rgb.end(), {r, g, b});
    return image;
}

TEST(RandomStream, IsUniform) {
    RandomStream random(7, 3);
    // 10,000 numbers in 10 boxes: each box 1,000 +- 5 standard deviations of sqrt(10,000 * 0.1 * 0.9) = 30.
    std::vector<int> boxes(10, 0);
    for (int i = 0; i < 10'000; ++i) {
        const double v = random.uniform(2, 4);
        ASSERT_TRUE(v >= 2 && v < 4);
        ++boxes[static_cast<std::size_t>((v - 2) * 5)];
    }
    for (const int box : boxes) EXPECT_NEAR(box, 1000, 150);
}

TEST(Degrade, BlurSpreadsAPointAsAGaussian) {
    // One white row in 101: its profile down the middle is the filter itself, deviation 0.02 * 100 = 2.
    Image image = filled(100, 101, 0, 0, 0);
    for (std::size_t x = 0; x < image.row_bytes(); ++x) image.rgb[50 * image.row_bytes() + x] = 255;
    const Image blurred = degrade(image, {{Fault::blur, 20}});
    for (int y = 44; y <= 56; ++y) {
        const double expected = 255 * std::exp(-0.5 * (y - 50) * (y - 50) / 4.0) / std::sqrt(2 * M_PI * 4.0);
        const double actual = blurred.rgb[static_cast<std::size_t>(y) * blurred.row_bytes() + 150];
        // Two roundings to a byte, and 0.3% of the bell outside three deviations.
        EXPECT_NEAR(actual, expected, 1.2) << y;
    }
}

TEST(Degrade, BlurLeavesAnEvenPictureAlone) {
    const Image image = filled(40, 30, 10, 100, 250);
    EXPECT_EQ(degrade(image, {{Fault::blur, 30}}), image);
}

TEST(Degrade, FlatKeepsTheMeanAndTheShareOfContrast) {
    Image image = filled(2, 1, 40, 40, 40);
    image.rgb[3] = image.rgb[4] = image.rgb[5] = 200;
    const Image flat = degrade(image, {{Fault::flat, 0.5}});
    EXPECT_EQ(flat.rgb, (std::vector<std::uint8_t>{80, 80, 80, 160, 160, 160}));
}

TEST(Degrade, ExposureDoublesTheLight) {
    // 188 of 255 is the sRGB code of half the light, 137 that of a quarter, in round numbers.
    EXPECT_EQ(degrade(filled(1, 1, 137, 137, 137), {{Fault::exposure, 1}}).rgb[0], 188);
    EXPECT_EQ(degrade(filled(1, 1, 188, 188, 188), {{Fault::exposure, -1}}).rgb[0], 137);
    EXPECT_EQ(degrade(filled(1, 1, 250, 250, 250), {{Fault::exposure, 2}}).rgb[0], 255) << "clipped";
}

TEST(Degrade, WhiteBalanceMovesRedAgainstBlue) {
    const Image warm = degrade(filled(1, 1, 137, 137, 188), {{Fault::white_balance, 1}});
    EXPECT_EQ(warm.rgb, (std::vector<std::uint8_t>{188, 137, 137}));
}

TEST(Degrade, DrawsEveryFaultAboutAsOften) {
    std::map<Fault, int> seen;
    for (std::uint64_t i = 0; i < 2000; ++i) {
        RandomStream random(1, i);
        const auto damage = draw_damage(random);
        ASSERT_EQ(damage.size(), 2U);
        EXPECT_NE(damage[0].fault, damage[1].fault);
        for (const Damage& one : damage) ++seen[one.fault];
    }
    // Each fault is in half of the 2,000 pairs, +- 5 standard deviations of 22.
    for (const auto& [fault, times] : seen) EXPECT_NEAR(times, 1000, 112) << name(fault);
    EXPECT_EQ(seen.size(), static_cast<std::size_t>(fault_count));
}

/// Ten photographs of stripes, one of nothing, in a folder with their list.
class DemoSetTest : public testing::Test {
   protected:
    void SetUp() override {
        std::string list = "# a remark\n";
        for (int i = 0; i < 10; ++i) {
            Image image = filled(96 + 8 * i, 80, 30, 60, 90);
            for (std::size_t b = 0; b < image.rgb.size(); ++b) {
                if (b / 12 % 3 == static_cast<std::size_t>(i % 3))
                    image.rgb[b] = static_cast<std::uint8_t>(150 + 10 * i);
            }
            const std::string name = "photo" + std::to_string(i) + ".png";
            write_file(folder_.file(name), encode_png(image));
            list += name + "\tAnn \"A.\" Author, 2020\tCC0-1.0\tsome-package\n";
        }
        write_grey(folder_.file("sky.png"), 200, 120, 80);
        write_text(folder_.file("list.tsv"), list + "sky.png\tBen\tCC0-1.0\n");
    }

    Outcome make(const std::string& out, const std::string& seed = "5") {
        return run_emulsion({"demo-set", "--photos", folder_.file("list.tsv"), "--out", folder_.file(out),
                             "--crops", "3", "--width", "48", "--height", "32", "--seed", seed});
    }

    TemporaryFolder folder_;
};

TEST_F(DemoSetTest, SplitsByPhotographAndTreatsBothClassesAlike) {
    const Outcome made = make("set");
    ASSERT_EQ(made.exit_code, 0) << made.err;
    EXPECT_NE(made.out.find("60 crops of 10 photographs in 5 folds (1 photographs show too little)"),
              std::string::npos)
        << made.out;

    const CsvTable crops(folder_.file("set/crops.csv"),
                         {"file", "label", "photo", "fold", "left", "top", "width", "height", "damage"});
    ASSERT_EQ(crops.rows(), 60U);
    std::map<std::string, std::set<std::string>> folds_of;
    int originals = 0;
    for (std::size_t i = 0; i < crops.rows(); ++i) {
        folds_of[crops.at(i, 2)].insert(crops.at(i, 3));
        const bool original = crops.at(i, 1) == "1";
        originals += original ? 1 : 0;
        EXPECT_EQ(original, crops.at(i, 8).empty()) << "only label 0 is damaged, and always";
        const Image image = decode_file(folder_.file("set/crops/" + crops.at(i, 0)));
        EXPECT_EQ(image.width, 48);
        EXPECT_EQ(image.height, 32);
        // Never enlarged, and of the crop's proportion to within a pixel.
        EXPECT_GE(std::stoi(crops.at(i, 6)), 48);
        EXPECT_NEAR(std::stoi(crops.at(i, 6)) / 1.5, std::stoi(crops.at(i, 7)), 1.0);
    }
    EXPECT_EQ(originals, 30);
    for (const auto& [photo, folds] : folds_of) EXPECT_EQ(folds.size(), 1U) << photo;
}

TEST_F(DemoSetTest, HoldsOutEveryCropOnce) {
    ASSERT_EQ(make("set").exit_code, 0);
    std::map<std::string, int> held_out;
    for (int fold = 1; fold <= 5; ++fold) {
        const std::string at = folder_.file("set/fold-" + std::to_string(fold));
        std::set<std::string> training, validation;
        for (const Sample& s : read_list(at + "/train.txt")) training.insert(s.path);
        for (const Sample& s : read_list(at + "/val.txt")) validation.insert(s.path);
        EXPECT_EQ(training.size() + validation.size(), 60U);
        for (const std::string& path : validation) {
            EXPECT_EQ(training.count(path), 0U) << path;
            EXPECT_TRUE(fs::exists(path)) << path;
            ++held_out[fs::path(path).filename().string()];
        }
    }
    EXPECT_EQ(held_out.size(), 60U);
    for (const auto& [file, times] : held_out) EXPECT_EQ(times, 1) << file;
}

TEST_F(DemoSetTest, FollowsFromTheSeedAlone) {
    ASSERT_EQ(make("a").exit_code, 0);
    ASSERT_EQ(make("b").exit_code, 0);
    ASSERT_EQ(make("c", "6").exit_code, 0);
    const auto bytes = [&](const std::string& file) { return read_file(folder_.file(file), 1 << 20); };
    EXPECT_EQ(bytes("a/crops.csv"), bytes("b/crops.csv"));
    EXPECT_NE(bytes("a/crops.csv"), bytes("c/crops.csv"));
    for (const auto& entry : fs::directory_iterator(folder_.file("a/crops"))) {
        const std::string name = entry.path().filename().string();
        EXPECT_EQ(bytes("a/crops/" + name), bytes("b/crops/" + name));
    }
}

TEST_F(DemoSetTest, NamesTheLineOfAMissingPhotograph) {
    write_text(folder_.file("list.tsv"), "photo0.png\tA\tB\nnone.png\tA\tB\n");
    const Outcome made = make("set");
    EXPECT_EQ(made.exit_code, 4);
    EXPECT_NE(made.err.find("list.tsv:2"), std::string::npos) << made.err;
}

}  // namespace
}  // namespace emulsion::test
