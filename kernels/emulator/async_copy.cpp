// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "kernels/emulator/async_copy.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "kernels/emulator/describe.h"
#include "kernels/emulator/emulator.h"
#include "kernels/emulator/log.h"
#include "kernels/emulator/mma.h"
#include "kernels/emulator/mutants.h"

namespace emulsion::kernels::emulated {
namespace {

void check_alignment(const Thread& thread, const void* to, const void* from, std::size_t bytes) {
    const auto both = reinterpret_cast<std::uintptr_t>(to) | reinterpret_cast<std::uintptr_t>(from);
    if (both % bytes == 0) return;
    std::string text = describe_thread(thread) + " asks for " + std::to_string(bytes) +
                       " bytes at addresses that are no multiples of it";
    fault("misaligned asynchronous copy", std::move(text));
}

/// Looks at what will be read, so that a sanitizer stops here and not where the copy lands.
void touch(const std::byte* from, std::size_t bytes) {
    for (std::size_t i = 0; i < bytes; ++i)
        static_cast<void>(static_cast<const volatile std::byte*>(from)[i]);
}

}  // namespace

void AsyncCopies::ask(const Thread& thread, void* to, const void* from, std::size_t bytes, std::size_t given,
                      const void* pc) {
    check_alignment(thread, to, from, bytes);
    log_access(thread, from, given, Access::read, pc);
    log_access(thread, to, bytes, Access::copy_asked, pc);
    const Copy copy{
        static_cast<std::byte*>(to), static_cast<const std::byte*>(from), bytes, given, open_group_, pc};
    touch(copy.from, given);
    std::fill_n(copy.to, bytes, poison);
    copies_.push_back(copy);
}

void AsyncCopies::wait(const Thread& thread, unsigned groups) {
    const auto stays = [&](const Copy& copy) { return copy.group + groups >= open_group_; };
    const auto end = std::find_if(copies_.begin(), copies_.end(), stays);
    for (auto copy = copies_.begin(); copy != end; ++copy) {
        std::copy_n(copy->from, copy->given, copy->to);
        std::fill_n(copy->to + copy->given, copy->bytes - copy->given, std::byte{0});
        log_access(thread, copy->to, copy->bytes, Access::copy_landed, copy->pc);
    }
    copies_.erase(copies_.begin(), end);
}

void AsyncCopies::forget() {
    copies_.clear();
    open_group_ = 0;
}

void ask_for_copy(void* to, const void* from, std::size_t bytes, std::size_t given) {
    current->copies->ask(*current, to, from, bytes, given, __builtin_return_address(0));
}
void commit_copies() {
    current->copies->commit();
}
void wait_for_copies(unsigned groups, Place place) {
    if (!taken_away(place)) current->copies->wait(*current, groups);
}

}  // namespace emulsion::kernels::emulated
