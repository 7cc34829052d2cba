// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "bench/arguments.h"

#include <charconv>
#include <cstdio>
#include <functional>
#include <map>
#include <sstream>

#include "emulsion/error.h"

namespace emulsion::bench {
namespace {

constexpr const char* help =
    "Each result is verified against the readable implementation before it is timed; one that is wrong has "
    "no\n"
    "time. A time is the median of as many runs as fit into --seconds, a few at least, or of the one run "
    "that\n"
    "takes two seconds.\n\n"
    "  --device cpu|cuda|cuda:N|emulated\n"
    "  --cudnn, --cublas PATH  NVIDIA's library: its file, or the folder it is in\n"
    "  --threads N           0: as many as the process may use\n"
    "  --precision LIST      fp32, tf32, 3xtf32, bf16\n"
    "  --nets LIST           alexnet,caffenet,photo and other nets by name\n"
    "  --batches LIST        photos a run\n"
    "  --seconds S           of timed runs a benchmark\n"
    "  --fastest             kernels: of each operation only the implementation that comes first\n"
    "  --cold, --hot         kernels: flush the caches before each run (the default), or do not\n\n";

template <class Number>
Number number(const std::string& option, const std::string& text, Number least, Number most) {
    Number value{};
    const char* const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, value);
    if (error != std::errc{} || stop != end || !(value >= least && value <= most))
        throw Error(Error::Kind::usage, "--" + option + ": \"" + text + "\" is no number from " +
                                            std::to_string(least) + " to " + std::to_string(most));
    return value;
}

std::vector<std::string> words(const std::string& option, const std::string& text) {
    std::vector<std::string> all;
    std::istringstream stream(text);
    for (std::string word; std::getline(stream, word, ',');)
        if (!word.empty()) all.push_back(word);
    if (all.empty()) throw Error(Error::Kind::usage, "--" + option + " wants a list, separated by commas");
    return all;
}

std::vector<int> numbers(const std::string& option, const std::string& text) {
    std::vector<int> all;
    for (const std::string& word : words(option, text)) all.push_back(number(option, word, 1, 65'536));
    return all;
}

/// What each option does with its value.
std::map<std::string, std::function<void(const std::string&)>> options_into(Arguments& to) {
    return {{"device", [&](const std::string& text) { to.device = text; }},
            {"cudnn", [&](const std::string& text) { to.libraries["cudnn"] = text; }},
            {"cublas", [&](const std::string& text) { to.libraries["cublas"] = text; }},
            {"threads", [&](const std::string& text) { to.threads = number("threads", text, 0, 4096); }},
            {"precision", [&](const std::string& text) { to.precisions = words("precision", text); }},
            {"nets", [&](const std::string& text) { to.nets = words("nets", text); }},
            {"batches", [&](const std::string& text) { to.batches = numbers("batches", text); }},
            {"seconds", [&](const std::string& text) { to.seconds = number("seconds", text, 0.0, 3600.0); }}};
}

bool take_flag(const std::string& word, Arguments& to) {
    if (word == "--help") std::fputs(help, stdout);
    if (word.rfind("--benchmark_list_tests", 0) == 0) to.list = word.find("=false") == std::string::npos;
    if (word == "--fastest") return to.fastest = true;
    if (word != "--hot" && word != "--cold") return false;
    to.hot = word == "--hot";
    return true;
}

}  // namespace

Arguments take_arguments(int& argc, char** argv, Arguments arguments) {
    const auto options = options_into(arguments);
    int kept = 1;
    for (int i = 1; i < argc; ++i) {
        const std::string word = argv[i];
        if (take_flag(word, arguments)) continue;
        const std::size_t equals = word.find('=');
        const auto option =
            word.rfind("--", 0) == 0 ? options.find(word.substr(2, equals - 2)) : options.end();
        if (option == options.end()) {
            argv[kept++] = argv[i];
        } else if (equals != std::string::npos) {
            option->second(word.substr(equals + 1));
        } else if (i + 1 < argc) {
            option->second(argv[++i]);
        } else {
            throw Error(Error::Kind::usage, word + " wants a value");
        }
    }
    argc = kept;
    return arguments;
}

}  // namespace emulsion::bench
