// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// `emulsion demo-set`: from real photographs a set with synthetic labels. Every crop comes twice, as it is
// and degraded on purpose, so that both classes show the same things at the same scales. Folds are split
// by photograph, so that no net is asked about a photograph of which it has seen another part.
#include <spdlog/fmt/fmt.h>

#include <emulsion/emulsion.h>
#include <algorithm>
#include <array>
#include <atomic>
#include <exception>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <optional>
#include <thread>

#include "apps/command.h"
#include "apps/common.h"
#include "apps/common_text.h"
#include "apps/degrade.h"
#include "apps/progress.h"
#include "data/decode.h"
#include "data/encode.h"
#include "data/files.h"
#include "data/resize.h"

namespace emulsion::apps {
namespace {

namespace fs = std::filesystem;

constexpr std::array class_words = {"degraded", "original"};
constexpr int most_attempts = 60;  // at a crop that shows something
constexpr double least_scale = 0.35;

struct Settings {
    RunOptions run;
    std::string photos, root, out;
    int crops = 24, folds = 5, width = 288, height = 192, quality = 92;
    std::uint64_t seed = 1;
};

struct Photo {
    std::string file, name, author, licence;
    int fold = 0;
};

struct Crop {
    std::string file;
    int label = 0, left = 0, top = 0, width = 0, height = 0;
    std::vector<Damage> damage;
};

void describe(CLI::App& app, Settings& s) {
    app.add_option("--photos", s.photos,
                   "Lines \"file<TAB>author<TAB>licence\" of photographs; # begins a remark")
        ->required();
    app.add_option("--root", s.root, "Folder in which the files are; else the list's own");
    app.add_option("--out", s.out, "Folder for the crops and lists")->required();
    app.add_option("--crops", s.crops, "Crops of each photograph; each becomes one photo a class")
        ->check(CLI::Range(1, 10000))
        ->capture_default_str();
    app.add_option("--folds", s.folds, "Parts into which the photographs are dealt, each held out once")
        ->check(CLI::Range(2, 100))
        ->capture_default_str();
    app.add_option("--width", s.width, "Of a crop, in pixels")
        ->check(CLI::Range(16, 4096))
        ->capture_default_str();
    app.add_option("--height", s.height, "Of a crop")->check(CLI::Range(16, 4096))->capture_default_str();
    app.add_option("--seed", s.seed, "Of everything random; the same seed gives the same set")
        ->capture_default_str();
    add_machine_options(app, s.run);
    app.footer(
        "Writes OUT/crops/*.jpg, crops.csv (what each is), photos.csv (authors and licences), and for each "
        "K\n"
        "fold-K/train.txt and fold-K/val.txt. Label 1: as it was; label 0: blurred, flat, badly exposed or "
        "of\n"
        "wrong white balance. A crop that shows next to nothing (sky) is drawn again, for both classes "
        "alike:\n"
        "fewer than 3% of its pixels differ from a neighbour by more than 16 of 255.");
}

std::vector<std::string> split(const std::string& line, char separator) {
    std::vector<std::string> parts(1);
    for (const char c : line) {
        if (c == separator) {
            parts.emplace_back();
        } else if (c != '\r') {
            parts.back() += c;
        }
    }
    return parts;
}

// A name of its own for each photograph: its file's, or its folder's where the file is called after its
// size only (2560x1600.jpg).
std::string short_name(const std::string& file) {
    const fs::path path(file);
    std::string name = path.stem().string();
    if (std::isdigit(static_cast<unsigned char>(name[0])) != 0) {
        for (const fs::path& part : path.parent_path()) {
            if (part != "contents" && part != "images") name = part.string();
        }
    }
    for (char& c : name) c = std::isalnum(static_cast<unsigned char>(c)) != 0 ? c : '-';
    return name;
}

std::vector<Photo> read_photos(const Settings& s) {
    std::ifstream file(s.photos);
    if (!file) throw Error(Error::Kind::data, s.photos + ": cannot be read");
    const fs::path root = s.root.empty() ? fs::path(s.photos).parent_path() : fs::path(s.root);
    std::vector<Photo> photos;
    std::string line;
    for (int number = 1; std::getline(file, line); ++number) {
        if (line.empty() || line[0] == '#') continue;
        auto parts = split(line, '\t');
        parts.resize(3);
        Photo photo{(root / parts[0]).string(), short_name(parts[0]), parts[1], parts[2], 0};
        if (!fs::exists(photo.file)) {
            throw Error(Error::Kind::data,
                        fmt::format("{}:{}: there is no {}", s.photos, number, photo.file));
        }
        const auto same = [&](const Photo& other) { return other.name == photo.name; };
        if (std::any_of(photos.begin(), photos.end(), same)) {
            throw Error(Error::Kind::data,
                        fmt::format("{}:{}: a second photograph called {}", s.photos, number, photo.name));
        }
        photos.push_back(std::move(photo));
    }
    if (static_cast<int>(photos.size()) < s.folds) {
        throw Error(Error::Kind::data, fmt::format("{}: {} photographs are too few for {} folds", s.photos,
                                                   photos.size(), s.folds));
    }
    return photos;
}

// Neighbours in the list tend to come from one source, so each next K of them go to K different folds.
void deal_folds(std::vector<Photo>& photos, int folds, std::uint64_t seed) {
    RandomStream random(seed, 0);
    std::vector<int> hand;
    for (Photo& photo : photos) {
        if (hand.empty()) {
            for (int fold = 1; fold <= folds; ++fold) hand.push_back(fold);
        }
        const auto drawn = hand.begin() + random.below(static_cast<int>(hand.size()));
        photo.fold = *drawn;
        hand.erase(drawn);
    }
}

int luma(const std::uint8_t* pixel) {
    return (77 * pixel[0] + 150 * pixel[1] + 29 * pixel[2]) >> 8;
}

// The rule that the help states.
bool shows_something(const Image& crop) {
    std::int64_t edges = 0;
    const std::size_t row = crop.row_bytes();
    for (int y = 0; y + 1 < crop.height; ++y) {
        for (int x = 0; x + 1 < crop.width; ++x) {
            const std::uint8_t* p =
                &crop.rgb[static_cast<std::size_t>(y) * row + static_cast<std::size_t>(x) * 3];
            edges +=
                std::max(std::abs(luma(p) - luma(p + 3)), std::abs(luma(p) - luma(p + row))) > 16 ? 1 : 0;
        }
    }
    return edges * 100 >= std::int64_t{3} * crop.width * crop.height;
}

Image cut_out(const Image& photo, const Crop& crop) {
    Image cut{crop.width, crop.height, {}};
    cut.rgb.reserve(cut.row_bytes() * static_cast<std::size_t>(cut.height));
    for (int y = crop.top; y < crop.top + crop.height; ++y) {
        const auto row =
            photo.rgb.begin() + static_cast<std::ptrdiff_t>(static_cast<std::size_t>(y) * photo.row_bytes());
        cut.rgb.insert(cut.rgb.end(), row + std::ptrdiff_t{3} * crop.left,
                       row + std::ptrdiff_t{3} * (crop.left + crop.width));
    }
    return cut;
}

// Any scale from the least to the whole photograph, then any place. Nothing is ever enlarged.
void place(Crop& crop, const Image& photo, const Settings& s, RandomStream& random) {
    const double proportion = static_cast<double>(s.width) / s.height;
    const double widest = std::min<double>(photo.width, photo.height * proportion);
    const double narrowest = std::max<double>(s.width, widest * least_scale);
    const double wanted = random.uniform(std::min(narrowest, widest), widest);
    crop.width = static_cast<int>(wanted);
    crop.height = std::min(photo.height, static_cast<int>(wanted / proportion));
    crop.left = random.below(photo.width - crop.width + 1);
    crop.top = random.below(photo.height - crop.height + 1);
}

// Writes a photograph's crops; fewer than asked for where it shows too little.
std::vector<Crop> cut_photo(const Photo& photo, std::uint64_t number, const Settings& s) {
    const Image whole = decode_file(photo.file);
    if (whole.width < s.width || whole.height < s.height) {
        throw Error(Error::Kind::data, fmt::format("{}: {}x{} is smaller than a crop of {}x{}", photo.file,
                                                   whole.width, whole.height, s.width, s.height));
    }
    RandomStream random(s.seed, number);
    std::vector<Crop> crops;
    for (int i = 0; i < s.crops; ++i) {
        Crop crop;
        Image small;
        bool found = false;
        for (int attempt = 0; attempt < most_attempts && !found; ++attempt) {
            place(crop, whole, s, random);
            small = resize(cut_out(whole, crop), s.height, s.width, Preprocessing::Filter::area);
            found = shows_something(small);
        }
        if (!found) break;
        for (crop.label = 1; crop.label >= 0; --crop.label) {
            if (crop.label == 0) crop.damage = draw_damage(random);
            crop.file = fmt::format("{}-{:03}-{}.jpg", photo.name, i,
                                    class_words[static_cast<std::size_t>(crop.label)]);
            write_jpeg(s.out + "/crops/" + crop.file, degrade(small, crop.damage), s.quality, Chroma::full);
            crops.push_back(crop);
        }
    }
    return crops;
}

std::vector<std::vector<Crop>> cut_all(const std::vector<Photo>& photos, const Settings& s) {
    std::vector<std::vector<Crop>> crops(photos.size());
    std::atomic<std::size_t> next{0};
    std::mutex mutex;  // guards the two below
    std::exception_ptr failure;
    Progress progress;
    const auto work = [&] {
        for (std::size_t i = next++; i < photos.size(); i = next++) {
            try {
                crops[i] = cut_photo(photos[i], i + 1, s);
                const std::lock_guard lock(mutex);
                if (progress.due()) progress.show(fmt::format("photograph {} of {}", i + 1, photos.size()));
            } catch (...) {
                const std::lock_guard lock(mutex);
                if (!failure) failure = std::current_exception();
                next = photos.size();
            }
        }
    };
    {
        std::vector<std::jthread> threads;
        for (int i = 0; i < s.run.thread_count(); ++i) threads.emplace_back(work);
    }
    if (failure) std::rethrow_exception(failure);
    return crops;
}

void write_text(const std::string& path, const std::string& text) {
    write_file(path, std::as_bytes(std::span(text)));
}

void write_tables(const std::vector<Photo>& photos, const std::vector<std::vector<Crop>>& crops,
                  const Settings& s) {
    std::string photo_table = "photo,author,licence,fold,crops\n",
                crop_table = "file,label,photo,fold,left,top,width,height,damage\n";
    for (std::size_t i = 0; i < photos.size(); ++i) {
        const Photo& p = photos[i];
        photo_table += fmt::format("{},{},{},{},{}\n", csv_field(p.name), csv_field(p.author),
                                   csv_field(p.licence), p.fold, crops[i].size());
        for (const Crop& c : crops[i]) {
            crop_table +=
                fmt::format("{},{},{},{},{},{},{},{},{}\n", csv_field(c.file), c.label, csv_field(p.name),
                            p.fold, c.left, c.top, c.width, c.height, csv_field(apps::describe(c.damage)));
        }
    }
    write_text(s.out + "/photos.csv", photo_table);
    write_text(s.out + "/crops.csv", crop_table);
}

void write_lists(const std::vector<Photo>& photos, const std::vector<std::vector<Crop>>& crops,
                 const Settings& s) {
    for (int fold = 1; fold <= s.folds; ++fold) {
        const std::string folder = fmt::format("{}/fold-{}", s.out, fold);
        fs::create_directories(folder);
        std::string training, held_out;
        for (std::size_t i = 0; i < photos.size(); ++i) {
            std::string& list = photos[i].fold == fold ? held_out : training;
            for (const Crop& c : crops[i]) list += fmt::format("../crops/{} {}\n", c.file, c.label);
        }
        write_text(folder + "/train.txt", training);
        write_text(folder + "/val.txt", held_out);
    }
}

int run(const Settings& s) {
    std::vector<Photo> photos = read_photos(s);
    deal_folds(photos, s.folds, s.seed);
    fs::create_directories(s.out + "/crops");
    const auto crops = cut_all(photos, s);
    write_tables(photos, crops, s);
    write_lists(photos, crops, s);
    std::size_t count = 0, empty = 0;
    for (const auto& of_photo : crops) {
        count += of_photo.size();
        empty += of_photo.empty() ? 1 : 0;
    }
    print(fmt::format("{} crops of {} photographs in {} folds ({} photographs show too little)\n", count,
                      photos.size() - empty, s.folds, empty));
    return 0;
}

}  // namespace

void add_demo_set(CLI::App& app, Runner& runner) {
    add_subcommand<Settings>(app, runner, "demo-set", "Make the demo's photos: real, with synthetic labels",
                             describe, run);
}

}  // namespace emulsion::apps
