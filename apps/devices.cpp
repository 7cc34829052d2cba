// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// `emulsion devices`: what this machine has and what this program was built with.
#include <spdlog/fmt/fmt.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#include <emulsion/options.h>
#include <algorithm>
#include <fstream>

#include "apps/command.h"
#include "apps/common.h"
#include "apps/common_json.h"
#include "apps/cpu.h"
#include "kernels/accelerator.h"

namespace emulsion::apps {
namespace {

struct Settings {
    LibraryPaths libraries;
    bool json = false;
};

struct Machine {
    std::string cpu;
    int cores = 0, usable_cores = 0;
    std::uint64_t memory = 0, available = 0;  ///< bytes
};

// "key : value" of /proc/cpuinfo or /proc/meminfo; empty if there is no such key.
std::string proc_value(const char* path, const std::string& key) {
    std::ifstream file(path);
    for (std::string line; std::getline(file, line);) {
        if (line.rfind(key, 0) != 0) continue;
        const std::size_t value = line.find_first_not_of(" \t", line.find(':') + 1);
        return value == std::string::npos ? "" : line.substr(value);
    }
    return "";
}

Machine look_at_machine() {
    Machine machine;
    machine.cpu = proc_value("/proc/cpuinfo", "model name");
    machine.cores = get_nprocs();
    machine.usable_cores = available_threads();
    machine.memory = static_cast<std::uint64_t>(sysconf(_SC_PHYS_PAGES)) *
                     static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
    const std::string available = proc_value("/proc/meminfo", "MemAvailable");  // "24117248 kB"
    machine.available =
        available.empty() ? 0 : parse_bytes(available.substr(0, available.find(' ')) + "K", "");
    return machine;
}

// Names of the implementations built in for a device, fastest first; none: the device was not built.
std::vector<std::string> implementations_on(kernels::DeviceKind device) {
    std::vector<std::string> names;
    for (int i = 0; i < kernels::op_kind_count; ++i) {
        for (const auto& entry : kernels::implementations(static_cast<OpKind>(i))) {
            const bool known = std::count(names.begin(), names.end(), entry.name) != 0;
            if (entry.device == device && !known) names.emplace_back(entry.name);
        }
    }
    return names;
}

// The devices of a kind, and the reason where there is none; the CPU is none of them.
struct Accelerators {
    std::vector<kernels::AcceleratorInfo> found;
    std::string why_none;
};

Accelerators accelerators_of(kernels::DeviceKind kind) {
    Accelerators all;
    if (kind != kernels::DeviceKind::cpu) all.found = kernels::accelerators(kind, &all.why_none);
    return all;
}

constexpr kernels::DeviceKind device_kinds[] = {kernels::DeviceKind::cpu, kernels::DeviceKind::cuda,
                                                kernels::DeviceKind::emulated};

void print_for_machines(const Machine& machine) {
    Json json;
    json["cpu"] = {{"model", machine.cpu},
                   {"cores", machine.cores},
                   {"usable_cores", machine.usable_cores},
                   {"vector_extensions", vector_extensions()}};
    json["memory"] = {{"bytes", machine.memory}, {"available_bytes", machine.available}};
    json["devices"] = Json::array();
    for (const auto kind : device_kinds) {
        const std::vector<std::string> names = implementations_on(kind);
        json["devices"].push_back(
            {{"name", kernels::name(kind)}, {"built", !names.empty()}, {"implementations", names}});
        if (kind == kernels::DeviceKind::cpu) continue;
        const Accelerators accelerators = accelerators_of(kind);
        Json found = Json::array();
        for (const auto& each : accelerators.found) {
            found.push_back({{"device", DeviceId{kind, each.index}.name()},
                             {"name", each.name},
                             {"memory", each.memory},
                             {"driver", each.driver},
                             {"runtime", each.runtime}});
        }
        json["devices"].back()["found"] = found;
        if (found.empty()) json["devices"].back()["why_none"] = accelerators.why_none;
    }
    json["components"] = Json::array();
    for (const auto& c : kernels::components()) {
        json["components"].push_back({{"name", c.name}, {"version", c.version}, {"present", c.present}});
        if (!c.file.empty()) json["components"].back()["file"] = c.file;
    }
    print_json(json);
}

std::string write_accelerators() {
    Table table({{"device"}, {"name"}, {"memory", Table::Align::right}, {"driver"}, {"runtime"}});
    std::string missing;
    for (const auto kind : device_kinds) {
        if (kind == kernels::DeviceKind::cpu) continue;
        const Accelerators accelerators = accelerators_of(kind);
        for (const auto& each : accelerators.found) {
            table.add({DeviceId{kind, each.index}.name(), each.name,
                       human_bytes(static_cast<double>(each.memory)), each.driver, each.runtime});
        }
        if (accelerators.found.empty())
            missing +=
                fmt::format("no {} device: {}\n", kernels::name(kind), one_line(accelerators.why_none));
    }
    return table.text() + missing;
}

void print_for_people(const Machine& machine) {
    std::string text = fmt::format("CPU         {}\n", machine.cpu.empty() ? "unknown" : machine.cpu);
    text += fmt::format("cores       {} usable of {}\n", machine.usable_cores, machine.cores);
    text += fmt::format("vectors     {}\n", fmt::join(vector_extensions(), ", "));
    text += fmt::format("memory      {}, {} available\n\n", human_bytes(static_cast<double>(machine.memory)),
                        human_bytes(static_cast<double>(machine.available)));
    Table devices({{"device"}, {"built"}, {"implementations, fastest first"}});
    for (const auto kind : device_kinds) {
        const std::vector<std::string> names = implementations_on(kind);
        devices.add(
            {kernels::name(kind), names.empty() ? "no" : "yes", fmt::format("{}", fmt::join(names, ", "))});
    }
    Table components({{"component"}, {"present"}, {"version, or why it is absent"}});
    for (const auto& c : kernels::components()) {
        const std::string file = c.file.empty() ? "" : ", " + c.file;
        components.add({c.name, c.present ? "yes" : "no", one_line(c.version + file)});
    }
    print(text + devices.text() + "\n" + write_accelerators() + "\n" + components.text());
}

void describe(CLI::App& app, Settings& settings) {
    add_json_option(app, settings.json,
                    R"({"cpu": {...}, "memory": {...}, "devices": [{"name", "built", "implementations", )"
                    R"("found": [{"device", "name", "memory", "driver", "runtime"}], "why_none"}], )"
                    R"("components": [{"name", "version", "present", "file"}]})");
    add_library_options(app, settings.libraries);
}

int run(const Settings& settings) {
    settings.libraries.use();
    const Machine machine = look_at_machine();
    if (settings.json) {
        print_for_machines(machine);
    } else {
        print_for_people(machine);
    }
    return 0;
}

}  // namespace

void add_devices(CLI::App& app, Runner& runner) {
    add_subcommand<Settings>(app, runner, "devices", "What this machine has, and what this program can use",
                             describe, run);
}

}  // namespace emulsion::apps
