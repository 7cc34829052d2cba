// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// The loader against libjpeg-turbo alone: photos per second from files to the paper's net input, beside
// decoding the same bytes into memory and doing nothing more. Both in turns, so that what disturbs the one
// disturbs the other. "of libjpeg" is the ratio of their medians.
//   one core: photos per second of processor time, the threads that wait included
//   threads:  photos per second of the clock
#include <benchmark/benchmark.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <map>
#include <thread>

#include "bench/photo_sets.h"
#include "bench/plain_photo.h"
#include "data/loader.h"
#include "layers/nets/nets.h"

namespace emulsion::bench {
namespace {

using Decoder = Preprocessing::Decoder;

struct Case {
    std::string name;
    const PhotoSet& (PhotoSets::*photos)();
    Decoder decoder;
    int threads;  ///< 0: one, counted by processor time
    int passes;   ///< over the set, in a round
};

Preprocessing contract_of(Decoder decoder) {
    Preprocessing contract = nets::photo().preprocessing;
    contract.decoder = decoder;
    return contract;
}

/// Seconds on the clock that the case counts by.
double now(const Case& run) {
    if (run.threads > 0)
        return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
    timespec time;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

LoaderOptions options_of(const Case& run) {
    LoaderOptions options;
    options.preprocessing = contract_of(run.decoder);
    options.batch = 16;
    options.repeat = options.shuffle = false;
    options.threads = std::max(1, run.threads);
    return options;
}

/// One round through the loader, from nothing: its threads and buffers are made anew.
double time_loader(const Case& run, const PhotoSet& set) {
    std::vector<Sample> samples;
    for (int pass = 0; pass < run.passes; ++pass)
        for (const std::string& path : set.paths) samples.push_back({path, 0});
    const double start = now(run);
    {
        Loader loader(samples, options_of(run));
        while (const LoadedBatch* batch = loader.next()) benchmark::DoNotOptimize(batch->pixels().data());
    }
    return now(run) - start;
}

/// Room for each thread's pixels, used before: what the system takes to hand out memory is no work of
/// libjpeg's.
std::vector<PlainPhoto> memory_for(const Case& run, const PhotoSet& set) {
    PlainPhoto largest;
    for (const auto& bytes : set.bytes) decode_plainly(bytes, contract_of(run.decoder), largest);
    return {static_cast<std::size_t>(std::max(1, run.threads)), largest};
}

/// The same photos through libjpeg-turbo alone, from memory to memory.
double time_libjpeg(const Case& run, const PhotoSet& set, std::vector<PlainPhoto>& memory) {
    const Preprocessing contract = contract_of(run.decoder);
    std::atomic<std::size_t> next = 0;
    const std::size_t photos = set.bytes.size() * static_cast<std::size_t>(run.passes);
    const double start = now(run);
    {
        std::vector<std::jthread> threads;
        for (PlainPhoto& photo : memory)
            threads.emplace_back([&] {
                for (std::size_t k = next++; k < photos; k = next++) {
                    decode_plainly(set.bytes[k % set.bytes.size()], contract, photo);
                    benchmark::DoNotOptimize(photo.rgb.data());
                }
            });
    }
    return now(run) - start;
}

/// Why what the loader delivers is wrong, else "".
std::string find_fault(const Case& run, const PhotoSet& set) {
    // Half a level, and what sums of a few hundred floats err by.
    constexpr double tolerance = 0.51;
    std::vector<Sample> samples;
    for (const std::string& path : set.paths) samples.push_back({path, 0});
    const LoaderOptions options = options_of(run);
    Loader loader(samples, options);
    PlainPhoto plain;
    std::size_t photo = 0;
    while (const LoadedBatch* batch = loader.next()) {
        const std::size_t photo_bytes = batch->pixels().size() / static_cast<std::size_t>(options.batch);
        for (int slot = 0; slot < batch->valid; ++slot, ++photo) {
            decode_plainly(set.bytes[photo], options.preprocessing, plain);
            const auto fitted =
                batch->pixels().subspan(static_cast<std::size_t>(slot) * photo_bytes, photo_bytes);
            const double distance = distance_from_plain(plain, options.preprocessing, fitted);
            if (!(distance <= tolerance))
                return samples[photo].path + " is " + std::to_string(distance) +
                       " levels from the plain loop's";
        }
    }
    return photo == samples.size() ? "" : "photos are missing";
}

double median(std::vector<double> values) {
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::ranges::nth_element(values, middle);
    return *middle;
}

void run_case(benchmark::State& state, const Case& run, PhotoSets& sets,
              std::map<std::string, std::string>& faults) {
    const PhotoSet& set = (sets.*run.photos)();
    if (!set.absent.empty()) return state.SkipWithError(("SKIPPED: " + set.absent).c_str());
    if (!faults.contains(run.name)) faults[run.name] = find_fault(run, set);
    if (!faults[run.name].empty()) return state.SkipWithError(faults[run.name].c_str());

    std::vector<PlainPhoto> memory = memory_for(run, set);
    std::vector<double> ours, alone;
    for ([[maybe_unused]] auto _ : state) {
        ours.push_back(time_loader(run, set));
        alone.push_back(time_libjpeg(run, set, memory));
        state.SetIterationTime(ours.back());
    }
    const auto photos = static_cast<double>(set.paths.size()) * run.passes;
    state.counters["photos/s"] = photos / median(ours);
    state.counters["libjpeg"] = photos / median(alone);
    state.counters["of libjpeg"] = median(alone) / median(ours);
}

std::vector<Case> all_cases() {
    struct Set {
        const char* name;
        const PhotoSet& (PhotoSets::*photos)();
        int passes;
    };
    std::vector<Case> cases;
    const int all = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
    for (const Set& set : {Set{"240 px", &PhotoSets::small, 1}, Set{"12 MP", &PhotoSets::camera, 4},
                           Set{"12 to 20 MP as published", &PhotoSets::published, 1}})
        for (const Decoder decoder : {Decoder::exact, Decoder::scaled})
            for (const int threads : {0, all}) {
                const std::string how = decoder == Decoder::exact ? "exact" : "scaled";
                const std::string who = threads == 0 ? "one core" : std::to_string(threads) + " threads";
                cases.push_back({std::string(set.name) + "/" + how + "/" + who, set.photos, decoder, threads,
                                 set.passes});
            }
    return cases;
}

}  // namespace
}  // namespace emulsion::bench

int main(int argc, char** argv) {
    using namespace emulsion::bench;
    benchmark::Initialize(&argc, argv);
    if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
    benchmark::AddCustomContext("version.emulsion", EMULSION_VERSION);
    benchmark::AddCustomContext("version.libjpeg-turbo", libjpeg_version());
    PhotoSets sets;
    std::map<std::string, std::string> faults;
    for (const Case& run : all_cases())
        benchmark::RegisterBenchmark(run.name.c_str(),
                                     [&sets, &faults, run](benchmark::State& state) {
                                         try {
                                             run_case(state, run, sets, faults);
                                         } catch (const std::exception& error) {
                                             state.SkipWithError(error.what());
                                         }
                                     })
            ->UseManualTime()
            ->MinTime(2)
            ->Unit(benchmark::kMillisecond);
    if (benchmark::RunSpecifiedBenchmarks() > 0) return 0;
    std::fprintf(stderr, "no benchmark has such a name; --benchmark_list_tests lists them\n");
    return 2;
}
