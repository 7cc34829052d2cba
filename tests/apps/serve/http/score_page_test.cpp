// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "apps/serve/answers.h"

namespace emulsion::serve {
namespace {

Judged judged(const std::string& name, double probability, std::optional<int> percentile = std::nullopt) {
    Judged photo;
    photo.name = name;
    photo.probability = probability;
    photo.percentile = percentile;
    return photo;
}

TEST(ScorePage, HasTheBestFirstAndThoseWithoutAScoreLast) {
    std::vector<Judged> photos = {judged("broken", 0), judged("low", 0.25), judged("high", 0.75),
                                  judged("again", 0.25), judged("nothing", 0)};
    photos[0].refusal = Refusal(422, "photo", "no photo at all");
    const std::string page = score_page(photos).body;
    std::size_t before = 0;
    for (const char* name : {">high<", ">low<", ">again<", ">nothing<", ">broken<"}) {
        const std::size_t at = page.find(name);
        ASSERT_NE(at, std::string::npos) << name;
        EXPECT_GT(at, before) << name;
        before = at;
    }
    EXPECT_NE(page.find("4 photographs judged"), std::string::npos);
    EXPECT_NE(page.find("no photo at all"), std::string::npos);
}

TEST(ScorePage, TellsThePercentileLargeAndTheScoreSmall) {
    const std::string page = score_page({judged("a", 0.99996, 94)}).body;
    EXPECT_NE(page.find("<b class=\"score\">94</b>"), std::string::npos) << page;
    EXPECT_NE(page.find("better than 94% of the reference photographs, <span>score &gt; 99.9<"),
              std::string::npos);
    EXPECT_NE(page.find("value=\"94.0\""), std::string::npos);
    EXPECT_NE(page.find("1 photograph judged"), std::string::npos);
}

TEST(ScorePage, NeverRoundsToAnEnd) {
    const std::string page =
        score_page({judged("a", 1), judged("b", 0.99996), judged("c", 0.00001), judged("d", 0)}).body;
    for (const char* text : {">100.0<", ">&gt; 99.9<", ">&lt; 0.1<", ">0.0<"})
        EXPECT_NE(page.find(text), std::string::npos) << text;
}

}  // namespace
}  // namespace emulsion::serve
