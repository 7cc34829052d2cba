// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Damaged photos of every format to the whole server: each gets a score or is said to be broken, and the
// server lives on in bounded memory. EMULSION_MUTATIONS=10000 sends more of them than every build does.
#include <gtest/gtest.h>

#include <csignal>
#include <cstdlib>
#include <map>
#include <random>

#include "tests/apps/serve/http/fixtures.h"
#include "tests/apps/serve/http/serve_process.h"
#include "tests/apps/serve/transport/photos.h"
#include "tests/data/fixtures.h"

namespace emulsion::test {
namespace {

std::string text(const tests::Bytes& bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::vector<std::string> sound_photos() {
    const Image photo = tests::smooth_photo(320, 240);
    const std::vector<std::uint8_t> rgba(48 * 36 * 4, 90);
    return {
        text(tests::jpeg_file(photo, {.exif = tests::exif(6), .profile = tests::swapped_profile()})),
        text(tests::jpeg_file(photo, {.progressive = true})),
        text(tests::jpeg_file(photo, {.arithmetic = true})),
        text(tests::png_file(320, 240, photo.rgb, {.chunks = tests::iccp_chunk(tests::swapped_profile())})),
        text(tests::webp_file(48, 36, rgba, tests::exif(6), tests::swapped_profile())),
        text(tests::webp_lossy_file(photo, 80)),
        text(tests::bmp_file(photo)),
        text(tests::tga_file(photo, true)),
        text(tests::pnm_file(photo)),
        png_claiming(16'000, 16'000),
        png_claiming(2'000'000'000, 2'000'000'000)};
}

/// Bits flipped near the head or anywhere, a part cut out or doubled, an end that is missing.
std::string damaged(std::string file, std::mt19937& random) {
    const auto below = [&random](std::size_t limit) {
        return std::uniform_int_distribution<std::size_t>(0, limit - 1)(random);
    };
    for (std::size_t harms = 1 + below(4); harms > 0 && !file.empty(); --harms) {
        const std::size_t at = below(below(2) == 0 ? std::min<std::size_t>(file.size(), 200) : file.size());
        switch (below(8)) {
            case 0:
                file.resize(at);
                break;
            case 1:
                file.erase(at, below(100));
                break;
            case 2:
                file.insert(at, file.substr(at, below(100)));
                break;
            default:
                file[at] = static_cast<char>(file[at] ^ (1 << below(8)));
        }
    }
    return file;
}

TEST(HostilePhotos, EachGetsAScoreOrAReason) {
    const char* const wanted = std::getenv("EMULSION_MUTATIONS");
    const int rounds = wanted != nullptr ? std::atoi(wanted) : 500;
    const std::vector<std::string> photos = sound_photos();
    std::mt19937 random(20261126);
    ServeProcess serve({"--photos-a-minute", "1e9"});
    serve.wait_until_ready();
    Client client(serve.port());
    std::map<int, int> statuses;
    for (int round = 0; round < rounds; ++round) {
        const std::string photo = damaged(photos[static_cast<std::size_t>(round) % photos.size()], random);
        const int status = client.ask(request(serve.port(), "PUT", "/rate-photo", image_type, photo)).status;
        ++statuses[status];
        ASSERT_TRUE(status == 200 || status == 413 || status == 422 || (status == 411 && photo.empty()))
            << "round " << round << ": " << status;
    }
    for (const auto& [status, times] : statuses) RecordProperty("status_" + std::to_string(status), times);
    EXPECT_GT(statuses[200], 0) << "small damage leaves photos readable";
    EXPECT_GT(statuses[422], 0);
    // The net, two decoders' photos of 100 megapixels at the most, and what sanitizers keep of freed memory.
    EXPECT_LT(serve.peak_kibibytes(), std::size_t{2} << 20);
    EXPECT_EQ(serve.ask("GET", "/readyz").status, 200);
    EXPECT_EQ(serve.end(SIGTERM), 0);
}

}  // namespace
}  // namespace emulsion::test
