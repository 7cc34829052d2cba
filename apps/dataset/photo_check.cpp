// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "apps/dataset/photo_check.h"

#include <spdlog/fmt/fmt.h>
#include <sys/stat.h>

#include <emulsion/error.h>
#include <algorithm>
#include <cerrno>
#include <charconv>
#include <filesystem>
#include <optional>
#include <system_error>

#include "apps/in_order.h"
#include "data/decode.h"
#include "data/files.h"
#include "data/perceptual_hash.h"
#include "engine/checksum.h"

namespace emulsion::apps {
namespace {

FileStamp stamp_of(const std::string& path) {
    struct stat status {};
    if (::stat(path.c_str(), &status) != 0)
        throw Error(Error::Kind::data, one_line(path + ": " + std::generic_category().message(errno)));
    constexpr std::int64_t second = 1'000'000'000;
    return {static_cast<std::uint64_t>(status.st_size),
            status.st_mtim.tv_sec * second + status.st_mtim.tv_nsec};
}

std::uint64_t checksum_of(std::span<const std::byte> file) {
    Checksum sum;
    sum.add(file);
    const std::string text = sum.text();
    std::uint64_t value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value, 16);
    return value;
}

/// What a thread found out about one photo.
struct Finding {
    Ranking::Photo photo;
    FileStamp stamp;
    std::optional<Look> look;  ///< none: broken
    bool known = false;        ///< from the cache
    std::string why;
};

}  // namespace

Look look_at(const std::string& path) {
    DecodeOptions options;
    options.cover = DecodeOptions::Cover{most_least_side, most_least_side, Preprocessing::Portrait::keep};
    const std::vector<std::byte> file = read_file(path, options.most_bytes);
    const Image photo = decode_photo(file, options, path);
    return {perceptual_hash(photo), checksum_of(file),
            static_cast<std::uint32_t>(std::min(photo.width, photo.height))};
}

std::vector<Looked> check_photos(const Ranking& ranking, const PhotoCheckSettings& settings,
                                 Problems& problems, Work& work) {
    PhotoCache cache(settings.cache);
    const auto find_out = [&](std::size_t i) {
        Finding finding;
        Ranked ranked;
        ranking.chosen().read(i, std::span(&ranked, 1));
        finding.photo = ranking.photo(ranked, false);
        const std::string path = (std::filesystem::path(settings.photos) / finding.photo.path).string();
        try {
            finding.stamp = stamp_of(path);
            finding.look = cache.find(finding.photo.path, finding.stamp);
            finding.known = finding.look.has_value();
            if (!finding.known) finding.look = look_at(path);
        } catch (const Error& error) {
            if (error.kind() != Error::Kind::data) throw;
            finding.why = error.what();
        }
        return finding;
    };
    std::vector<Looked> looked(ranking.chosen().size());
    work.begin(looked.size());
    try {
        in_order(looked.size(), work.threads, find_out, [&](std::size_t i, const Finding& finding) {
            if (!finding.look) {
                problems.add(Problem::broken, finding.photo.id, finding.photo.path, finding.why);
            } else {
                if (!finding.known) cache.add(finding.photo.path, finding.stamp, *finding.look);
                const bool tiny = finding.look->side < static_cast<std::uint32_t>(settings.least_side);
                looked[i] = {finding.look->hash, finding.look->content, !tiny};
                if (tiny)
                    problems.add(Problem::tiny, finding.photo.id, finding.photo.path,
                                 fmt::format("{} pixels on its shorter side", finding.look->side));
            }
            work.done(i + 1, "photos looked at");
        });
    } catch (...) {
        cache.flush();
        throw;
    }
    cache.flush();
    return looked;
}

}  // namespace emulsion::apps
