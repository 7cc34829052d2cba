// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// The parts that a data set is made with: lines, sorting, scores, splits, work in order.
#include <gtest/gtest.h>

#include <emulsion/error.h>
#include <algorithm>
#include <cmath>
#include <fstream>
#include <map>
#include <random>
#include <set>

#include "apps/dataset/external_sort.h"
#include "apps/dataset/metadata_file.h"
#include "apps/dataset/photo_cache.h"
#include "apps/dataset/photo_names.h"
#include "apps/dataset/score.h"
#include "apps/dataset/split.h"
#include "apps/in_order.h"
#include "tests/apps/fixtures.h"

namespace emulsion::test {
namespace {

using namespace emulsion::apps;

struct Pair {
    std::uint32_t key, number;
    bool operator==(const Pair&) const = default;
};
struct PairLess {
    bool operator()(const Pair& a, const Pair& b) const {
        return a.key != b.key ? a.key < b.key : a.number < b.number;
    }
};

TEST(ExternalSort, SortsWhatMemoryCannotHold) {
    const TemporaryFolder folder;
    std::mt19937 random(1);
    for (const std::size_t count : {0U, 1U, 63U, 64U, 65U, 5000U}) {
        ExternalSort<Pair, PairLess> sort(folder.path(), 64 * sizeof(Pair));
        std::vector<Pair> expected, sorted;
        for (std::uint32_t i = 0; i < count; ++i) {
            expected.push_back({static_cast<std::uint32_t>(random() % 1000), i});
            sort.add(expected.back());
        }
        std::sort(expected.begin(), expected.end(), PairLess());
        sort.drain([&](const Pair& pair) { sorted.push_back(pair); });
        EXPECT_EQ(sorted, expected);
    }
    EXPECT_TRUE(folder.names().empty()) << "work in progress has no name";
}

/// Lines as "id views time path owner", and complaints as "LINE why".
std::vector<std::string> read_all(const std::string& text, const std::string& rating = "") {
    const TemporaryFolder folder;
    write_text(folder / "m", text);
    std::vector<Field> wanted = {Field::views, Field::time};
    if (!rating.empty()) wanted = {Field::rating};
    MetadataFile file(folder / "m", wanted, rating);
    std::vector<std::string> all;
    PhotoLine line;
    while (file.next(line, [&](std::int64_t number, const std::string& why) {
        all.push_back(std::to_string(number) + " " + why);
    })) {
        const auto text_of = [&](const PhotoLine& l) {
            const auto number = [](double v) { return std::to_string(std::llround(v)); };
            return l.id + "|" + number(l[rating.empty() ? Field::views : Field::rating]) + "|" +
                   number(l[Field::time]) + "|" + l.path + "|" + l.owner;
        };
        all.push_back(text_of(line));
        EXPECT_EQ(text_of(file.at(line.place)), text_of(line)) << "the same line by its place";
    }
    return all;
}
using All = std::vector<std::string>;

TEST(MetadataFile, ReadsBareLines) {
    const All expected = {"17|20|1400000000||", "18|0|1400000001||"};
    EXPECT_EQ(read_all("17,1,20,240,160,1400000000\n18,0,0,240,160,1400000001"), expected);
    EXPECT_EQ(read_all("17 1  20 240 160 1400000000\r\n\r\n 18 0 0 240 160 1400000001\r\n"), expected);
    EXPECT_EQ(read_all("17\t1\t20\t240\t160\t1400000000\n18\t0\t0\t240\t160\t1400000001\n"), expected);
}

TEST(MetadataFile, ReadsTablesByTheNamesOfTheirColumns) {
    EXPECT_EQ(read_all("\xEF\xBB\xBFowner,Upload_Time,more,views,path,id\r\n"
                       "\"Ann, \"\"the\"\" eye\",5,,7,a b.jpg,x\r\n"
                       "\"two\nlines\",6,\"\n\",8,c.jpg,y\r\n"),
              (All{"x|7|5|a b.jpg|Ann, \"the\" eye", "y|8|6|c.jpg|two\nlines"}));
    EXPECT_EQ(read_all("photo,beauty\np/1.jpg,4\n", "Beauty"), (All{"p/1.jpg|4|0|p/1.jpg|"}));
}

TEST(MetadataFile, PassesOverWhatIsMalformed) {
    EXPECT_EQ(read_all("id,views,upload_time\n1,x,5\n2,3\n3,-1,5\n,1,5\n4,1,nan\n5,1,1400000000000\n6,1,5\n"),
              (All{"2 views \"x\" is no number", "3 2 fields, where 3 are wanted", "4 views of -1", "5 no id",
                   "6 upload_time \"nan\" is no number", "7 upload_time of 1400000000000", "6|1|5||"}));
    // A quote without an end spoils its own line alone.
    const All torn = read_all("id,views,upload_time\n\"1,2,3\n2,3,4\n");
    ASSERT_EQ(torn.size(), 2U);
    EXPECT_EQ(torn[1], "2|3|4||");
    const All longest = read_all("1,1,1,1,1,1\n" + std::string(3'000'000, '7') + "\n2,1,1,1,1,1\n");
    EXPECT_EQ(longest.front(), "1|1|1||");
    EXPECT_EQ(longest.back(), "2|1|1||");
    EXPECT_GE(longest.size(), 3U);
}

TEST(MetadataFile, RefusesWhatTellsNothing) {
    EXPECT_THROW(read_all(""), Error);
    EXPECT_THROW(read_all("name,colour\na,b\n"), Error);
    EXPECT_THROW(read_all("id,views\na,1\n"), Error);
    EXPECT_THROW(read_all("id\na\n", "beauty"), Error);
    EXPECT_THROW(MetadataFile("/nowhere/m.csv", {}), Error);
}

TEST(Score, IsThePapers) {
    PhotoLine line;
    line.numbers[static_cast<std::size_t>(Field::views)] = 1023;
    line.numbers[static_cast<std::size_t>(Field::stars)] = 31;
    const auto score = [&](const std::string& word, double days) {
        const Score s(word);
        return s.finish(s.measure(line), 1e9, 1e9 + days * 86400);
    };
    EXPECT_DOUBLE_EQ(score("log-views", 8), 7);
    EXPECT_DOUBLE_EQ(score("log-views", 0.25), 10) << "days below one count as one";
    EXPECT_DOUBLE_EQ(score("log-views", -5), 10);
    EXPECT_DOUBLE_EQ(score("views/days", 2), 511.5);
    EXPECT_DOUBLE_EQ(score("stars/views", 2), 31.0 / 1023);
    line.numbers[static_cast<std::size_t>(Field::views)] = 0;
    EXPECT_DOUBLE_EQ(score("stars/views", 2), 31) << "without views, the stars alone";
    EXPECT_EQ(parse_date("2014-06-30", "--as-of"), 1404086400);
    EXPECT_EQ(parse_date("1404086401", "--as-of"), 1404086401);
    EXPECT_EQ(date_text(1404129599), "2014-06-30 11:59:59 UTC");
    EXPECT_THROW(parse_date("2014-02-30", "--as-of"), Error);
    EXPECT_THROW(parse_date("yesterday", "--as-of"), Error);
    EXPECT_THROW(parse_date("9223372036854775807", "--as-of"), Error);
    EXPECT_THROW(parse_date("-1", "--as-of"), Error);
}

TEST(IdKey, KeepsNumbersInOrderAndTextsApart) {
    EXPECT_EQ(id_key("8123456789"), 8123456789U);
    EXPECT_EQ(id_of_key(id_key("8123456789")), "8123456789");
    std::set<std::uint64_t> keys;
    for (const char* id : {"7", "07", "007", "", "7a", "a7", "9999999999999999999"}) keys.insert(id_key(id));
    EXPECT_EQ(keys.size(), 7U);
    EXPECT_FALSE(id_of_key(id_key("07")));
}

TEST(Alternation, TakesGoodAndBadInTurn) {
    Alternation order(4, 3, [](std::size_t chosen) { return chosen != 1 && chosen != 6; });
    std::vector<std::size_t> taken;
    for (Alternation::Place place; order.next(place);) {
        EXPECT_EQ(place.good, place.chosen < 4);
        taken.push_back(place.chosen);
    }
    EXPECT_EQ(taken, (std::vector<std::size_t>{0, 4, 2, 5}));
}

/// Sets of given sizes over positions in random places.
DisjointSets sets_of(const std::vector<std::size_t>& sizes, std::size_t positions, unsigned seed) {
    std::vector<std::size_t> places(positions);
    for (std::size_t p = 0; p < positions; ++p) places[p] = p;
    std::shuffle(places.begin(), places.end(), std::mt19937(seed));
    DisjointSets sets(positions);
    std::size_t at = 0;
    for (const std::size_t size : sizes) {
        for (std::size_t i = 1; i < size; ++i) sets.join(places[at], places[at + i]);
        at += size;
    }
    return sets;
}

TEST(SplitSets, KeepsSetsTogetherAndProportions) {
    for (unsigned seed = 1; seed <= 5; ++seed) {
        constexpr std::size_t positions = 1600;
        DisjointSets sets = sets_of({150, 90, 40, 40, 30, 20, 20, 10, 5, 5, 3, 2, 2, 2}, positions, seed);
        const std::vector<std::uint32_t> shares = three_parts().shares;
        const std::vector<std::uint8_t> parts = split_sets(positions, sets, shares, seed);
        EXPECT_EQ(divided_sets(positions, sets, [&](std::size_t p) { return parts[p]; }), 0U);
        EXPECT_GT(divided_sets(positions, sets, part_by_position), 0U) << "the author's split divides them";
        std::map<std::size_t, std::array<int, 2>> counts;
        for (std::size_t p = 0; p < positions; ++p) ++counts[parts[p]][p % 2];
        for (const int odd : {0, 1}) {
            const auto c = static_cast<std::size_t>(odd);
            EXPECT_NEAR(counts[Part::train][c], 600, 3);
            EXPECT_NEAR(counts[Part::val][c], 100, 3);
            EXPECT_NEAR(counts[Part::test][c], 100, 3);
        }
        EXPECT_EQ(split_sets(positions, sets, shares, seed), parts) << "the same seed, the same split";
        EXPECT_NE(split_sets(positions, sets, shares, seed + 1), parts);
    }
}

TEST(SplitSets, DealsFoldsOfOneSize) {
    constexpr std::size_t positions = 1000;
    DisjointSets sets = sets_of({60, 40, 40, 30, 9, 9, 7, 3, 2, 2}, positions, 7);
    const std::vector<std::uint8_t> parts = split_sets(positions, sets, folds(5).shares, 1);
    EXPECT_EQ(divided_sets(positions, sets, [&](std::size_t p) { return parts[p]; }), 0U);
    std::array<std::array<int, 2>, 5> counts{};
    for (std::size_t p = 0; p < positions; ++p) ++counts.at(parts[p])[p % 2];
    for (const auto& of_fold : counts)
        for (const int of_class : of_fold) EXPECT_NEAR(of_class, 100, 2);
}

TEST(SplitSets, DealsLargeSetsFirstAndWhereTheyFit) {
    constexpr std::size_t positions = 100;
    const auto counts = [&](const std::vector<std::size_t>& sizes, unsigned seed) {
        DisjointSets sets = sets_of(sizes, positions, seed);
        std::map<std::size_t, std::size_t> parts;
        for (const auto part : split_sets(positions, sets, three_parts().shares, seed)) ++parts[part];
        return parts;
    };
    for (unsigned seed = 1; seed <= 5; ++seed) {
        // Due are 75, 12.5 and 12.5. After 70 to learn from, the single ones fill the rest.
        auto parts = counts({70}, seed);
        EXPECT_NEAR(static_cast<double>(parts[Part::val]), 12.5, 1);
        EXPECT_NEAR(static_cast<double>(parts[Part::test]), 12.5, 1);
        // 20 lie nowhere without going over; to learn from, they do the least harm.
        parts = counts({60, 20}, seed);
        EXPECT_EQ(parts[Part::train], 80U);
    }
}

TEST(SplitSets, CountsSetsThatAreDivided) {
    DisjointSets sets(16);
    for (const std::size_t member : {5U, 12U, 14U, 15U}) sets.join(0, member);  // in all three parts
    sets.join(1, 13);
    sets.join(2, 3);  // both to learn from
    EXPECT_EQ(divided_sets(16, sets, part_by_position), 2U);
}

TEST(InOrder, UsesResultsInOrderAndEndsAtTheFirstFailure) {
    std::vector<std::size_t> used;
    in_order(
        1000, 4, [](std::size_t i) { return i * i; },
        [&](std::size_t i, std::size_t square) {
            EXPECT_EQ(square, i * i);
            used.push_back(i);
        });
    EXPECT_EQ(used.size(), 1000U);
    EXPECT_TRUE(std::is_sorted(used.begin(), used.end()));
    used.clear();
    const auto fail_at_30 = [](std::size_t i) {
        if (i >= 30) throw Error(Error::Kind::data, std::to_string(i));
        return i;
    };
    try {
        in_order(1000, 4, fail_at_30, [&](std::size_t i, std::size_t) { used.push_back(i); });
        FAIL() << "nothing was thrown";
    } catch (const Error& error) {
        EXPECT_STREQ(error.what(), "30");
    }
    EXPECT_EQ(used.size(), 30U);
}

TEST(PhotoCache, BelievesWhatIsWholeAndUnchanged) {
    const TemporaryFolder folder;
    const FileStamp stamp{100, 5};
    const Look look{1, 2, 3};
    {
        PhotoCache cache(folder / "cache");
        cache.add("a", stamp, look);
        cache.add("b", stamp, look);
        cache.flush();
    }
    const auto size = std::filesystem::file_size(folder / "cache");
    std::filesystem::resize_file(folder / "cache", size - 7);  // killed while it wrote
    {
        PhotoCache cache(folder / "cache");
        EXPECT_EQ(cache.find("a", stamp), look);
        EXPECT_FALSE(cache.find("a", {100, 6}));
        EXPECT_FALSE(cache.find("a", {101, 5}));
        EXPECT_FALSE(cache.find("b", stamp));
        cache.add("b", stamp, look);
        cache.flush();
    }
    EXPECT_EQ(std::filesystem::file_size(folder / "cache"), size);
    EXPECT_EQ(PhotoCache(folder / "cache").find("b", stamp), look);
    {
        std::fstream file(folder / "cache", std::ios::in | std::ios::out | std::ios::binary);
        file.seekp(30);  // within what was seen of the first photo
        file.put('x');
    }
    PhotoCache cache(folder / "cache");
    EXPECT_FALSE(cache.find("a", stamp)) << "it was damaged";
    EXPECT_EQ(cache.find("b", stamp), look);
}

}  // namespace
}  // namespace emulsion::test
