// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Thousands of damaged copies of every kind of file that data sets, features and judges are made of: each is
// read, and then what it says is sound, or refused in one line.
#include <emulsion/error.h>
#include <gtest/gtest.h>
#include <cmath>
#include <filesystem>
#include <functional>
#include <random>

#include "apps/baseline/baseline.h"
#include "apps/baseline/forest.h"
#include "apps/baseline/svm.h"
#include "apps/dataset/metadata_file.h"
#include "apps/evaluate/bootstrap.h"
#include "data/lmdb.h"
#include "data/loader.h"
#include "data/npy.h"
#include "data/prepare.h"
#include "tests/apps/child.h"
#include "tests/apps/fixtures.h"
#include "tests/engine/support.h"

namespace emulsion::test {
namespace {

namespace fs = std::filesystem;

/// Damages a file in one to four places: a bit, a byte, a piece less or twice, an end too early, words that
/// mean trouble to who reads numbers and lines.
class Damage {
   public:
    explicit Damage(unsigned seed) : random_(seed) {}

    std::string operator()(std::string file) {
        for (std::size_t times = 1 + below(4); times > 0; --times) once(file);
        return file;
    }

   private:
    std::size_t below(std::size_t limit) {
        return std::uniform_int_distribution<std::size_t>(0, limit == 0 ? 0 : limit - 1)(random_);
    }
    void once(std::string& file) {
        const std::size_t at = below(file.size()),
                          size = below(std::min<std::size_t>(file.size() - at, 40) + 1);
        switch (below(7)) {
            case 0:
                if (!file.empty()) file[at] = static_cast<char>(file[at] ^ (1 << below(8)));
                return;
            case 1:
                if (!file.empty()) file[at] = static_cast<char>(below(256));
                return;
            case 2:
                file.erase(at, size);
                return;
            case 3:
                file.insert(at, file.substr(at, size));
                return;
            case 4:
                if (below(4) == 0) file.resize(at);
                return;
            case 5:
                file.insert(at, word());
                return;
            default:
                file.replace(at, size, word());
        }
    }
    std::string word() {
        static const std::vector<std::string> words = {"nan",
                                                       "-nan",
                                                       "inf",
                                                       "-1",
                                                       "1e999",
                                                       "-0",
                                                       "99999999999999999999",
                                                       "1e-400",
                                                       "1e308",
                                                       "-1e308",
                                                       "4294967296",
                                                       "2147483648",
                                                       "0x10",
                                                       "+1",
                                                       "\n",
                                                       "\r\n",
                                                       "\r",
                                                       "\"",
                                                       "\"\"",
                                                       ",",
                                                       ";",
                                                       "\t",
                                                       " ",
                                                       ":",
                                                       "#",
                                                       "=",
                                                       "/",
                                                       "../",
                                                       "\xEF\xBB\xBF",
                                                       "\xFF\xFE",
                                                       "\xC3",
                                                       std::string(1, '\0'),
                                                       "1:1",
                                                       "16777216:1",
                                                       std::string(70'000, '7')};
        return words[below(words.size())];
    }

    std::mt19937 random_;
};

/// Damages `good` so many times, writes each as `path` and calls `read`, which answers only what is sound.
/// Of the copies some must be read and some refused, or the damage was too small or too large.
void survive(const std::string& path, const std::string& good, int rounds,
             const std::function<void()>& read) {
    Damage damage(20260701);
    int refused = 0;
    for (int round = 0; round < rounds; ++round) {
        write_text(path, damage(good));
        try {
            read();
        } catch (const Error& error) {
            const std::string message = error.what();
            EXPECT_TRUE(error.kind() == Error::Kind::data || error.kind() == Error::Kind::not_finite)
                << round << " " << message;
            EXPECT_EQ(message.find('\n'), message.npos) << message;
            EXPECT_FALSE(message.empty());
            ++refused;
        } catch (const std::exception& error) {
            ADD_FAILURE() << "round " << round << ": " << error.what();
        }
    }
    EXPECT_GT(refused, rounds / 20);
    EXPECT_LT(refused, rounds);
    testing::Test::RecordProperty("refused", refused);
}

void expect_sound(const baseline::Features& f) {
    ASSERT_EQ(f.values.size(), static_cast<std::size_t>(f.count * f.columns));
    ASSERT_EQ(f.classes.size(), static_cast<std::size_t>(f.count));
    EXPECT_TRUE(std::ranges::all_of(f.values, [](float v) { return std::isfinite(v); }));
    EXPECT_TRUE(std::ranges::all_of(f.classes, [](int c) { return c == 0 || c == 1; }));
}

void write_arrays(const std::string& stem) {
    NpyWriter x(stem + ".npy", NpyType::f4, 3), y(stem + ".labels.npy", NpyType::i4, 0);
    for (int i = 0; i < 12; ++i) {
        x.append(std::vector<float>{static_cast<float>(i), -0.5F, 1e-3F});
        y.append(std::vector<std::int32_t>{i % 2});
    }
    x.commit();
    y.commit();
}

TEST(DamagedInput, Arrays) {
    const TemporaryFolder folder;
    write_arrays(folder / "x");
    const auto read = [&] { expect_sound(baseline::read_features(folder / "x.npy")); };
    for (const char* name : {"x.npy", "x.labels.npy"}) {
        const std::string good = contents(folder / name);
        survive(folder / name, good, 2000, read);
        write_text(folder / name, good);
    }
}

TEST(DamagedInput, FeaturesAsText) {
    const TemporaryFolder folder;
    std::string text = "# made by hand\n";
    for (int i = 0; i < 12; ++i)
        text += std::to_string(i % 2) + " 1:" + std::to_string(i) + ".25 2:-1e-3 7:3\r\n";
    survive(folder / "x.txt", text, 3000, [&] { expect_sound(baseline::read_features(folder / "x.txt")); });
}

// A few bytes a row, and a matrix that no machine holds.
TEST(DamagedInput, FeaturesTooLargeToWriteOut) {
    const TemporaryFolder folder;
    std::string text;
    for (int i = 0; i < 50'000; ++i) text += i % 2 == 0 ? "1 16777216:1\n" : "0\n";
    write_text(folder / "x.txt", text);
    try {
        baseline::read_features(folder / "x.txt");
        FAIL() << "it was read";
    } catch (const Error& error) {
        EXPECT_NE(std::string(error.what()).find("50000 rows of 16777216 columns"), std::string::npos)
            << error.what();
    }
}

TEST(DamagedInput, Baselines) {
    const TemporaryFolder folder;
    baseline::Svm::Parts parts;
    parts.kernel = {baseline::Kernel::Kind::rbf, 0.5};
    parts.means = {1, 2, 3};
    parts.vectors = {0, 1, 0, 1, 0, 1};
    parts.coefficients = {1, -1};
    parts.sigmoid = {-1, 0};
    const std::vector<float> row = {1, 2, 3};
    const auto judge = [&] {
        const auto trained = baseline::load_baseline(folder / "m");
        for (const auto& said : trained->judge({row.data(), 1, 3})) {
            EXPECT_GE(said.probability, 0);
            EXPECT_LE(said.probability, 1);
            EXPECT_TRUE(said.answer == 0 || said.answer == 1);
        }
    };
    baseline::Svm(parts).save(folder / "m", {{"seed", "1"}});
    survive(folder / "m", contents(folder / "m"), 2000, judge);
    parts.kernel = {baseline::Kernel::Kind::linear, 0};
    parts.vectors = {0, 1, 0};
    parts.coefficients = {1};
    baseline::Svm(parts).save(folder / "m", {});
    survive(folder / "m", contents(folder / "m"), 2000, judge);
    baseline::Forest({{2, -1, 0, -1, -1},
                      {0.5F, 0, 1, 0, 0},
                      {1, -1, 3, -1, -1},
                      {2, -1, 4, -1, -1},
                      {0, 1, 0, 0, 1},
                      {0, 2}},
                     3)
        .save(folder / "m", {});
    survive(folder / "m", contents(folder / "m"), 2000, judge);
}

// Numbers, each of them finite, whose sum is none: such a judge must not say NaN percent.
TEST(DamagedInput, ABaselineOfHugeNumbersHasNoAnswer) {
    const TemporaryFolder folder;
    baseline::Svm::Parts parts;
    parts.means = {0};
    parts.vectors = {1, 1};
    parts.coefficients = {1e308, 1e308};
    parts.kernel = {baseline::Kernel::Kind::rbf, 0};
    parts.sigmoid = {0, 0};
    const auto complaint = [&] {
        baseline::Svm(parts).save(folder / "m", {});
        const float row = 1;
        try {
            baseline::load_baseline(folder / "m")->judge({&row, 1, 1});
        } catch (const Error& error) {
            return std::string(error.what());
        }
        return std::string("no error");
    };
    EXPECT_EQ(complaint(), "the baseline's answer is not a number");
    parts.kernel.gamma = -1;
    EXPECT_NE(complaint().find("gamma is negative"), std::string::npos) << complaint();
    parts.kernel.gamma = 1;
    parts.rho = INFINITY;
    EXPECT_NE(complaint().find("not finite"), std::string::npos) << complaint();
}

TEST(DamagedInput, Scores) {
    const TemporaryFolder folder;
    std::string text = "path,label,answer,score\n";
    for (int i = 0; i < 12; ++i)
        text += "\"photos/a, " + std::to_string(i) + ".jpg\"," + std::to_string(i % 2) + "," +
                std::to_string(i % 3 == 0) + ",0." + std::to_string(100 + 7 * i) + "\n";
    survive(folder / "s.csv", text, 3000, [&] {
        const apps::Judged judged = apps::read_judged("a", folder / "s.csv");
        const apps::Comparison comparison = apps::compare_judges({judged, judged});
        const auto result = apps::bootstrap(comparison, {20, 1, 1}, [](int) {});
        for (const auto& estimate : result.judges[0]) {
            EXPECT_GE(estimate.value, 0);
            EXPECT_LE(estimate.value, 1);
        }
        for (const auto& estimate : result.differences[1]) EXPECT_EQ(estimate.value, 0);
    });
}

std::string metadata_table(bool bare) {
    std::string text = bare ? "" : "\xEF\xBB\xBFid,stars,views,width,height,upload_time,owner\r\n";
    for (int i = 0; i < 40; ++i)
        text += std::to_string(8'000'000'000 + i) + ",3," + std::to_string(i * i) + ",240,160,140000000" +
                std::to_string(i % 10) + (bare ? "\n" : ",\"Ann, \"\"the\"\" eye\"\r\n");
    return text;
}

TEST(DamagedInput, MetadataLines) {
    using namespace apps;
    const TemporaryFolder folder;
    for (const bool bare : {false, true}) {
        int lines = 0, malformed = 0;
        Damage damage(bare ? 3 : 4);
        for (int round = 0; round < 2000; ++round) {
            write_text(folder / "m", damage(metadata_table(bare)));
            try {
                MetadataFile file(folder / "m", {Field::views, Field::time});
                PhotoLine line;
                std::int64_t last = 0;
                const auto note = [&](std::int64_t number, const std::string& why) {
                    EXPECT_GT(number, last) << "lines are told in order";
                    last = number;
                    EXPECT_FALSE(why.empty());
                    ++malformed;
                };
                while (file.next(line, note)) {
                    ++lines;
                    EXPECT_FALSE(line.id.empty());
                    EXPECT_TRUE(std::ranges::all_of(line.id, [](unsigned char c) { return c >= 0x20; }));
                    EXPECT_GE(line[Field::views], 0);
                    EXPECT_TRUE(std::isfinite(line[Field::views]) && std::isfinite(line[Field::time]));
                    EXPECT_EQ(file.at(line.place).id, line.id);
                }
            } catch (const Error& error) {
                EXPECT_EQ(error.kind(), Error::Kind::data) << error.what();
            }
        }
        EXPECT_GT(lines, 2000 * 25) << "most lines are as they were";
        EXPECT_GT(malformed, 1000);
    }
}

/// Runs `dataset build`; nothing but an answer or a refusal in one line is good enough.
Outcome build(const TemporaryFolder& folder, const std::vector<std::string>& more = {}) {
    std::vector<std::string> words = {"dataset",    "build", "--metadata",
                                      folder / "m", "--out", folder / "set"};
    words.insert(words.end(), more.begin(), more.end());
    const Outcome outcome = run_emulsion(words);
    EXPECT_TRUE(outcome.exit_code == 0 || outcome.exit_code == 4) << outcome.exit_code << " " << outcome.err;
    EXPECT_EQ(outcome.signal, 0);
    EXPECT_EQ(count_lines(outcome.err), outcome.exit_code == 0 ? 0 : 1) << outcome.err;
    return outcome;
}

TEST(DamagedInput, DataSetsOfDamagedMetadata) {
    const TemporaryFolder folder;
    int built = 0;
    for (const bool bare : {false, true}) {
        Damage damage(bare ? 5 : 6);
        for (int round = 0; round < 60; ++round) {
            write_text(folder / "m", damage(metadata_table(bare)));
            if (build(folder, {"--score", bare ? "views/days" : "log-views"}).exit_code == 0) ++built;
        }
    }
    EXPECT_GT(built, 60);
}

TEST(DamagedInput, DataSetsOfOddMetadata) {
    const TemporaryFolder folder;
    const std::string page = folder / "set/report.html";
    const auto of = [&](const std::string& text, const std::vector<std::string>& more = {}) {
        write_text(folder / "m", text);
        return build(folder, more);
    };
    // Scores as far apart as numbers are, closer together than they can be told, and all equal.
    for (const std::array<std::string, 2>& ends : {std::array<std::string, 2>{"-1.7e308", "1.7e308"},
                                                   {"100000000000000000", "100000000000000016"},
                                                   {"1e300", "1e300"},
                                                   {"0", "5e-324"},
                                                   {"0", "0"}}) {
        std::string text = "id,beauty\n";
        for (int i = 0; i < 20; ++i) text += std::to_string(i) + "," + ends[i % 2] + "\n";
        ASSERT_EQ(of(text, {"--score", "beauty"}).exit_code, 0);
        const std::string svg = contents(page);
        EXPECT_EQ(svg.find("nan\""), svg.npos) << ends[0];
        EXPECT_EQ(svg.find("inf\""), svg.npos) << ends[0];
    }
    const std::string good = metadata_table(true);
    EXPECT_EQ(of(good + "77,1,1,1,1,1\n").exit_code, 0);
    const Outcome future = of(good + "77,1,1,1,1,253402300799\n");
    EXPECT_EQ(future.exit_code, 4) << "one line made all others equally old";
    EXPECT_NE(future.err.find("photo 77 was uploaded in the future (9999-12-31"), std::string::npos)
        << future.err;
    EXPECT_EQ(of(good + "77,1,1,1,1,253402300799\n", {"--as-of", "2014-06-01"}).exit_code, 0);
    // Names that are no UTF-8 go into the lists as they are.
    EXPECT_EQ(of(good + "caf\xE9,1,99999999,1,1,1400000000\n").exit_code, 0);
    EXPECT_NE(contents(folder / "set/train.txt").find("caf\xE9.jpg 1\n"), std::string::npos);
    // The tail of an endless line is no line.
    const Outcome endless = of(good + std::string(3'000'000, '7') + ",1,99999999,1,1,1400000000\n");
    EXPECT_EQ(endless.exit_code, 0);
    EXPECT_EQ(contents(folder / "set/train.txt").find("777"), std::string::npos);
    EXPECT_NE(endless.out.find("malformed line: 1\n"), std::string::npos) << endless.out;
    EXPECT_EQ(of(good + std::string(5, '\0') + ",1,1,1,1,1\n").exit_code, 0);
    EXPECT_EQ(of(std::string(2'000'000, '"')).exit_code, 4);
    EXPECT_EQ(of("id,views,upload_time\n" + std::string(2'000'000, '"')).exit_code, 4);
    EXPECT_EQ(of("\xEF\xBB\xBF").exit_code, 4);
}

TEST(DamagedInput, Databases) {
    const TemporaryFolder folder;
    std::string list;
    for (int i = 0; i < 6; ++i) {
        write_grey(folder / std::to_string(i) + ".png", static_cast<std::uint8_t>(40 * i), 6, 5);
        list += std::to_string(i) + ".png 1\n";
    }
    write_text(folder / "list.txt", list);
    for (const bool encoded : {false, true}) {
        std::vector<std::string> words = {"pack", folder / "list.txt", "--out", folder / "db"};
        if (encoded) words.emplace_back("--encoded");
        ASSERT_EQ(run_emulsion(words).exit_code, 0);
        Preprocessing fit;
        fit.height = fit.crop_height = 4;
        fit.width = fit.crop_width = 4;
        const std::string good = contents(folder / "db/data.mdb");
        // The damage of texts would fall into empty pages: here it goes where something is.
        Damage damage(encoded ? 7 : 8);
        std::mt19937 random(9);
        int refused = 0, broken = 0;
        for (int round = 0; round < 2000; ++round) {
            std::string bad = good;
            for (int i = 0; i < 3; ++i) {
                std::size_t at = random() % bad.size();
                for (int tries = 0; bad[at] == 0 && tries < 200; ++tries) at = random() % bad.size();
                bad[at] = static_cast<char>(random());
            }
            if (round % 10 == 0) bad = damage(bad);
            write_text(folder / "db/data.mdb", bad);
            try {
                for (const Sample& sample : read_list(folder / "db")) {
                    std::vector<std::uint8_t> pixels(4 * 4 * 3);
                    Scratch scratch;
                    try {
                        load_photo(sample, fit, {}, scratch, pixels);
                    } catch (const Error& error) {
                        EXPECT_EQ(error.kind(), Error::Kind::data) << error.what();
                        ++broken;
                    }
                }
            } catch (const Error& error) {
                EXPECT_EQ(error.kind(), Error::Kind::data) << error.what();
                EXPECT_EQ(std::string(error.what()).find('\n'), std::string::npos);
                ++refused;
            }
        }
        EXPECT_GT(refused, 100);
        EXPECT_GT(broken, encoded ? 100 : -1) << "of pixels nobody can tell";
    }
}

}  // namespace
}  // namespace emulsion::test
