// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// `emulsion convert`: model files from one format to another, with an account of every tensor.
#include <emulsion/import.h>
#include <spdlog/fmt/fmt.h>

#include <filesystem>

#include "apps/command.h"
#include "apps/common.h"
#include "apps/common_json.h"

namespace emulsion::apps {
namespace {

struct Settings {
    std::string in, out;
    ImportOptions import;
    bool json = false;
};

void describe(CLI::App& app, Settings& s) {
    app.add_option("in", s.in, "The weights: a file of any format that Emulsion reads")
        ->required()
        ->type_name("IN");
    app.add_option(
           "out", s.out,
           "The file to write: .safetensors (Emulsion's own), .caffemodel (and .prototxt), .onnx, .pth")
        ->required()
        ->type_name("OUT");
    app.add_option("--net", s.import.net, "The net, by name or by a file, where IN holds none")
        ->type_name("NET|FILE");
    app.add_option("--mean", s.import.mean, "A mean image: Caffe's mean.binaryproto, or .npy")
        ->type_name("FILE");
    app.add_flag("--allow-missing", s.import.allow_missing,
                 "Import what fits: missing parameters start afresh, other tensors are left");
    app.add_option("--seed", s.import.seed, "Of parameters that start afresh")->capture_default_str();
    add_json_option(app, s.json, "with every tensor");
}

void print_lines(const char* heading, const std::vector<std::string>& lines) {
    if (lines.empty()) return;
    print(fmt::format("{} ({})\n", heading, lines.size()));
    for (const std::string& line : lines) print("  " + one_line(line) + "\n");
}

void print_report(const ImportReport& report, const Model& model) {
    print(fmt::format("{}: {}, {} parameters\n", report.format,
                      report.dialect.empty() ? model.net().name : report.dialect,
                      with_commas(model.parameter_count())));
    print_lines("loaded", report.loaded);
    print_lines("missing, started afresh", report.missing);
    print_lines("of the wrong shape, started afresh", report.misshapen);
    print_lines("left over", report.left_over);
    print_lines("ignored", report.ignored);
    print_lines("notes", report.notes);
}

Json as_json(const ImportReport& report, const std::vector<std::string>& written,
             const std::vector<std::string>& not_written) {
    return {{"format", report.format},   {"dialect", report.dialect},     {"loaded", report.loaded},
            {"missing", report.missing}, {"misshapen", report.misshapen}, {"left_over", report.left_over},
            {"ignored", report.ignored}, {"notes", report.notes},         {"written", written},
            {"not_written", not_written}};
}

// A .caffemodel has its definition beside it.
std::vector<std::string> files_of(const std::string& out) {
    std::filesystem::path definition = out;
    if (definition.extension() != ".caffemodel") return {out};
    return {out, definition.replace_extension(".prototxt").string()};
}

// A definition that was not named may be somebody's own, with the comments that an export lacks.
void keep_definition(const std::vector<std::string>& files) {
    std::error_code ignored;
    if (files.size() < 2 || std::filesystem::exists(files[0], ignored)) return;
    if (std::filesystem::is_regular_file(files[1], ignored))
        throw Error(
            Error::Kind::usage,
            files[1] + ": it is there already, and would be overwritten; move it or choose another OUT");
}

int run(const Settings& s) {
    const std::vector<std::string> files = files_of(s.out);
    for (const std::string& file : files) keep_inputs(file, {s.in, s.import.net, s.import.mean});
    keep_definition(files);
    ImportReport report;
    const auto model = import_model(s.in, s.import, &report);
    const std::vector<std::string> lost = export_model(*model, s.out);
    if (s.json) {
        print_json(as_json(report, files, lost));
        return 0;
    }
    print_report(report, *model);
    print(fmt::format("wrote {}\n", fmt::join(files, " and ")));
    for (const std::string& line : lost) print("not written: " + one_line(line) + "\n");
    return 0;
}

}  // namespace

void add_convert(CLI::App& app, Runner& runner) {
    add_subcommand<Settings>(app, runner, "convert",
                             "Convert model files, and say what became of each tensor", describe, run);
}

}  // namespace emulsion::apps
