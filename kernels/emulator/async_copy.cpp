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

/// What cp.async knows: between which memories, how much, how aligned.
const char* objection(const void* to, const void* from, std::size_t bytes, std::size_t given) {
    const auto both = reinterpret_cast<std::uintptr_t>(to) | reinterpret_cast<std::uintptr_t>(from);
    if (both % bytes != 0) return "gives addresses that are no multiples of its bytes";
    if (given > bytes) return "gives more bytes than it asks for";
    if (!in_shared_memory(to, bytes)) return "copies to what is not shared memory";
    if (in_shared_memory(from, 1)) return "copies from shared memory";
    return nullptr;
}

/// Looks at what will be read, so that a sanitizer stops here and not where the copy lands.
void touch(const std::byte* from, std::size_t bytes) {
    for (std::size_t i = 0; i < bytes; ++i)
        static_cast<void>(static_cast<const volatile std::byte*>(from)[i]);
}

}  // namespace

void AsyncCopies::ask(const Thread& thread, void* to, const void* from, std::size_t bytes, std::size_t given,
                      Place place, const void* pc) {
    if (const char* const why = objection(to, from, bytes, given)) {
        std::string text = describe_thread(thread) + " at " + describe(place) + " " + why;
        fault("asynchronous copy", std::move(text));
    }
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

void ask_for_copy(void* to, const void* from, std::size_t bytes, std::size_t given, Place place) {
    current->copies->ask(*current, to, from, bytes, given, place, __builtin_return_address(0));
}
void commit_copies() {
    current->copies->commit();
}
void wait_for_copies(unsigned groups, Place place) {
    if (!taken_away(place)) current->copies->wait(*current, groups);
}

}  // namespace emulsion::kernels::emulated
