// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// `emulsion dataset mean`: the mean photo of a list, pixel by pixel or channel by channel.
#include <spdlog/fmt/fmt.h>

#include <emulsion/emulsion.h>
#include <nlohmann/json.hpp>

#include "apps/common.h"
#include "apps/dataset/commands.h"
#include "apps/dataset/packing.h"
#include "apps/in_order.h"
#include "data/files.h"
#include "engine/formats/readers.h"

namespace emulsion::apps {
namespace {

struct Settings {
    RunOptions run;
    std::string list, out, size;
};

void describe(CLI::App& app, Settings& s) {
    app.add_option("LIST", s.list, "List of lines \"path label\", or an LMDB")->required();
    app.add_option("--out", s.out,
                   "NAME.binaryproto: Caffe's mean image; NAME.json: the means of the channels")
        ->required();
    app.add_option("--size", s.size,
                   "WIDTHxHEIGHT that every photo is squashed to; else all must have one size");
    add_machine_options(app, s.run);
    app.footer(
        "The sum is one of whole numbers, so the order of the photos and the threads have no say in it.");
}

bool ends_with(const std::string& text, const std::string& end) {
    return text.size() >= end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
}

/// Sums of bytes over photos of one size, height x width x RGB. 2^56 photos would be too many.
struct Sums {
    int height = 0, width = 0;
    std::size_t photos = 0;
    std::vector<std::uint64_t> rgb;

    void add(const Image& photo, const std::string& path) {
        if (photos == 0) {
            height = photo.height;
            width = photo.width;
            rgb.assign(photo.rgb.size(), 0);
        }
        if (photo.height != height || photo.width != width)
            throw Error(Error::Kind::data,
                        fmt::format("{}: {}x{}, where the first photo is {}x{}; give --size", one_line(path),
                                    photo.width, photo.height, width, height));
        for (std::size_t i = 0; i < rgb.size(); ++i) rgb[i] += photo.rgb[i];
        ++photos;
    }

    /// Planes of blue, green, red.
    formats::MeanImage mean_image() const {
        const std::size_t plane = rgb.size() / 3;
        formats::MeanImage mean{3, height, width, std::vector<float>(rgb.size())};
        for (std::size_t i = 0; i < rgb.size(); ++i)
            mean.values[(2 - i % 3) * plane + i / 3] =
                static_cast<float>(static_cast<double>(rgb[i]) / static_cast<double>(photos));
        return mean;
    }
    /// Of blue, green, red.
    std::array<double, 3> channel_means() const {
        std::array<std::uint64_t, 3> sums{};
        for (std::size_t i = 0; i < rgb.size(); ++i) sums[2 - i % 3] += rgb[i];
        const double count = static_cast<double>(rgb.size() / 3) * static_cast<double>(photos);
        return {static_cast<double>(sums[0]) / count, static_cast<double>(sums[1]) / count,
                static_cast<double>(sums[2]) / count};
    }
};

/// A photo, or why there is none.
struct Opened {
    Image photo;
    std::string why;
};

std::size_t sum_up(const Settings& s, Sums& sums) {
    std::optional<Preprocessing> fit;
    if (!s.size.empty()) fit = parse_size(s.size, "--size");
    const std::vector<Sample> samples = read_list(s.list);
    const auto open = [&](std::size_t i) {
        Opened opened;
        try {
            opened.photo = open_photo(samples[i], fit);
        } catch (const Error& error) {
            if (error.kind() != Error::Kind::data) throw;
            opened.why = error.what();
        }
        return opened;
    };
    Work work(s.run.thread_count());
    work.begin(samples.size());
    in_order(samples.size(), work.threads, open, [&](std::size_t i, const Opened& opened) {
        if (opened.why.empty()) {
            sums.add(opened.photo, samples[i].path);
        } else {
            work.progress.say("left out: " + opened.why);
        }
        work.done(i + 1, "photos");
    });
    if (sums.photos == 0)
        throw Error(Error::Kind::data, one_line(s.list) + ": none of its photos can be used");
    return samples.size() - sums.photos;
}

int run(const Settings& s) {
    const bool as_image = ends_with(s.out, ".binaryproto");
    if (!as_image && !ends_with(s.out, ".json"))
        throw Error(Error::Kind::usage,
                    "--out " + one_line(s.out) + ": NAME.binaryproto or NAME.json is wanted");
    keep_inputs(s.out, {s.list});
    Sums sums;
    const std::size_t broken = sum_up(s, sums);
    const std::array<double, 3> means = sums.channel_means();
    if (as_image) {
        formats::write_binaryproto(sums.mean_image(), s.out);
    } else {
        const nlohmann::ordered_json page = {{"photos", sums.photos}, {"order", "BGR"}, {"mean", means}};
        const std::string text = page.dump(2) + "\n";
        write_file(s.out, std::as_bytes(std::span(text)));
    }
    print(fmt::format(
        "{} photos of {}x{}, {} broken ones left out\nmean of blue {}, green {}, red {}\nwrote {}\n",
        with_commas(static_cast<std::int64_t>(sums.photos)), sums.width, sums.height, broken,
        fixed(means[0], 2), fixed(means[1], 2), fixed(means[2], 2), one_line(s.out)));
    return 0;
}

}  // namespace

void add_dataset_mean(CLI::App& app, Runner& runner) {
    add_subcommand<Settings>(app, runner, "mean", "The mean of a list's photos, as training subtracts it",
                             describe, run);
}

}  // namespace emulsion::apps
