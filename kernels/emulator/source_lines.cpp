// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "kernels/emulator/source_lines.h"

#include <dlfcn.h>
#include <elf.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <filesystem>

extern "C" const char __executable_start[], _end[];  // of the linker

namespace emulsion::kernels::emulated {
namespace {

std::string own_path() {
    std::array<char, 4096> path;
    const ssize_t length = readlink("/proc/self/exe", path.data(), path.size());
    return {path.data(), length < 0 ? 0 : static_cast<std::size_t>(length)};
}

/// Where the file says it starts: 0 unless it was linked to fixed addresses.
std::uintptr_t linked_start() {
    const auto& header = *reinterpret_cast<const Elf64_Ehdr*>(__executable_start);
    return header.e_type == ET_EXEC ? reinterpret_cast<std::uintptr_t>(__executable_start) : 0;
}

std::string quoted(const std::string& path) {
    std::string text = "'";
    for (const char c : path) text += c == '\'' ? std::string("'\\''") : std::string(1, c);
    return text + "'";
}

std::string symbol(std::uint32_t offset) {
    const char* const pc = __executable_start + offset;
    Dl_info info{};
    const bool known = dladdr(pc, &info) != 0 && info.dli_sname != nullptr;
    std::array<char, 32> hex;
    std::snprintf(hex.data(), hex.size(), "+0x%zx",
                  static_cast<std::size_t>(known ? pc - static_cast<const char*>(info.dli_saddr) : offset));
    return (known ? info.dli_sname : "program") + std::string(hex.data());
}

/// addr2line's answer, "build/../kernels/cuda/lrn.cu:42 (discriminator 3)".
std::string tidy(const std::string& line) {
    return std::filesystem::path(line.substr(0, line.find_first_of(" \n"))).lexically_normal().string();
}

}  // namespace

std::uint32_t code_offset(const void* pc) {
    return static_cast<std::uint32_t>(static_cast<const char*>(pc) - __executable_start);
}

std::string source_line(std::uint32_t offset) {
    std::array<char, 32> address;
    std::snprintf(address.data(), address.size(), " 0x%zx", linked_start() + offset - 1);
    const std::string command = "addr2line -i -e " + quoted(own_path()) + address.data() + " 2>/dev/null";
    FILE* const answer = popen(command.c_str(), "r");
    if (answer == nullptr) return symbol(offset);
    std::string found;
    std::array<char, 4096> buffer;
    while (std::fgets(buffer.data(), buffer.size(), answer) != nullptr) {
        const std::string line = tidy(buffer.data());
        const bool of_emulator =
            line.find("kernels/emulator/") != std::string::npos && line.find("tests/") == std::string::npos;
        if (found.empty() && !of_emulator) found = line;
    }
    pclose(answer);
    return found.empty() || found.front() == '?' ? symbol(offset) : found;
}

bool in_program(const void* at) {
    return static_cast<const char*>(at) >= __executable_start && static_cast<const char*>(at) < _end;
}

}  // namespace emulsion::kernels::emulated
