// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// `emulsion pack`: the photos of a list as one of Caffe's LMDBs.
#include <spdlog/fmt/fmt.h>

#include <emulsion/emulsion.h>

#include "apps/command.h"
#include "apps/common.h"
#include "apps/dataset/packing.h"
#include "data/lmdb.h"

namespace emulsion::apps {
namespace {

struct Settings {
    RunOptions run;
    std::string list, out, size;
    PackSettings pack;
};

void describe(CLI::App& app, Settings& s) {
    app.add_option("LIST", s.list, "List of lines \"path label\", or an LMDB")->required();
    app.add_option("--out", s.out, "Folder to write: DB.lmdb")->required();
    app.add_option("--size", s.size,
                   "WIDTHxHEIGHT that every photo is squashed to; else each stays as it is");
    app.add_flag("--encoded", s.pack.encoded,
                 "JPEG files instead of pixels; without --size they stay as they are");
    app.add_option("--quality", s.pack.quality, "Of JPEG files made here")
        ->check(CLI::Range(1, 100))
        ->capture_default_str();
    add_machine_options(app, s.run);
    app.footer(
        "Records are Caffe's: keys like 00000012_folder/name.jpg, values of type Datum with pixels in planes "
        "of\n"
        "blue, green and red, as convert_imageset writes them. Whatever takes a list takes such a folder, "
        "too.");
}

int run(const Settings& s) {
    PackSettings settings = s.pack;
    if (!s.size.empty()) settings.fit = parse_size(s.size, "--size");
    keep_inputs(s.out, {s.list});
    Packed packed;
    {
        Work work(s.run.thread_count());
        LmdbWriter database(s.out);
        packed = pack(s.list, database, settings, work);
        database.commit();
    }
    print(fmt::format("{}: {} photos, {} broken ones left out\n", one_line(s.out),
                      with_commas(static_cast<std::int64_t>(packed.photos)), packed.broken));
    return 0;
}

}  // namespace

void add_pack(CLI::App& app, Runner& runner) {
    add_subcommand<Settings>(app, runner, "pack", "Put the photos of a list into one of Caffe's LMDBs",
                             describe, run);
}

}  // namespace emulsion::apps
