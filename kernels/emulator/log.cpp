// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// The access log: kernels are compiled with -fsanitize=thread, so that they call out at every access, but
// linked with our own answer to these calls (log_calls.cpp), which ends up in log_access. Two accesses of one
// place by two threads race unless both are reads or both atomic, or something puts them in order: the end of
// the launch; within a block a __syncthreads; within a warp a __syncwarp of both lanes. Only the last write
// and two reads of a word are remembered: docs/emulator.md tells which races that may miss.
#include "kernels/emulator/log.h"

#include <algorithm>

#include "kernels/emulator/describe.h"
#include "kernels/emulator/device_memory.h"
#include "kernels/emulator/emulator.h"
#include "kernels/emulator/shadow.h"
#include "kernels/emulator/shared_memory.h"
#include "kernels/emulator/source_lines.h"
#include "kernels/emulator/warp_clocks.h"

namespace emulsion::kernels::emulated {
namespace {

/// One launch is logged at a time (run_grid sees to it).
struct Log {
    Shadow device, shared;
    WarpClocks clocks[most_threads / lanes];
    std::uint32_t first_block = 1, block = 0;  // of this launch; the one that runs
    std::uint16_t epoch = 0;
    LoggedLaunch launch{};
};

Log& the_log() {
    static auto& of_the_process = *new Log;
    return of_the_process;
}

bool writes(const Record& record) {
    return record.kind != Access::read;
}

const char* verb(const Record& record) {
    constexpr const char* verbs[] = {"reads", "writes", "adds atomically to",
                                     "starts an asynchronous copy to", "ended an asynchronous copy to"};
    return verbs[static_cast<int>(record.kind)];
}

std::string describe_memory(const Log& log, const std::byte* at) {
    return log.shared.covers(at) ? log.launch.shared->describe(at) : describe_device_memory(at);
}

/// "thread (1,0,0) of block (0,0,0) reads at FILE:LINE"
std::string describe_access(const Log& log, const Record& record) {
    return "thread " + describe(unravel(record.thread, view.block)) + " of block " +
           describe(unravel(record.block - log.first_block, view.grid)) + " " + verb(record) + " it at " +
           source_line(record.pc);
}

[[noreturn]] void report(const Log& log, const char* code, const std::byte* at, const Record& one) {
    std::string text = describe_memory(log, at) + ": " + describe_access(log, one);
    fault(code, std::move(text));
}
[[noreturn]] void report(const Log& log, const char* code, const std::byte* at, const Record& one,
                         const Record& other) {
    std::string text =
        describe_memory(log, at) + ": " + describe_access(log, other) + ", and " + describe_access(log, one);
    fault(code, std::move(text));
}

/// Whether nothing orders a remembered access and the one of now.
bool race(const Log& log, const Record& then, const Record& now, bool shared) {
    if (then.block < log.first_block || (then.bytes & now.bytes) == 0) return false;
    if (then.kind == Access::atomic && now.kind == Access::atomic) return false;
    if (then.block != now.block) return !shared;
    if (then.epoch != now.epoch || then.thread == now.thread) return false;
    if (then.thread / lanes != now.thread / lanes) return true;
    return !log.clocks[now.thread / lanes].knows(now.thread % lanes, then.thread % lanes, then.time);
}

void check_race(const Log& log, const Record& then, const std::byte* at, const Record& now, bool shared) {
    if (!race(log, then, now, shared)) return;
    const char* const code = then.block != now.block                     ? "race between blocks"
                             : then.thread / lanes != now.thread / lanes ? "race, no __syncthreads between"
                                                                         : "race, no __syncwarp between";
    report(log, code, at, now, then);
}

void remember_write(Cell& cell, const Record& now) {
    const bool same_block = cell.write.block == now.block;
    const bool same_moment = same_block && cell.write.thread == now.thread && cell.write.epoch == now.epoch &&
                             cell.write.time == now.time && cell.write.kind == now.kind;
    const std::uint8_t before = same_moment ? cell.write.bytes : 0;
    cell.written = static_cast<std::uint8_t>((same_block ? cell.written : 0) | now.bytes);
    cell.write = now;
    cell.write.bytes |= before;
}

void remember_read(const Log& log, Cell& cell, const Record& now, bool shared) {
    const auto replaced = [&](const Record& then) {
        return (then.block == now.block && then.thread == now.thread) || !race(log, then, now, shared);
    };
    if (replaced(cell.read)) {
        cell.read = now;
        return;
    }
    // Of two that are kept, let the other be of another block or at least of another warp.
    const Record& other = cell.other_read;
    const auto far = [&](const Record& then) {
        return then.block != cell.read.block || then.thread / lanes != cell.read.thread / lanes;
    };
    if (replaced(other) || !far(other) || far(now)) cell.other_read = now;
}

void check_word(Log& log, Shadow& shadow, const std::byte* at, const Record& now) {
    const bool shared = &shadow == &log.shared;
    Cell& cell = shadow.cell(at);
    if (cell.write.block == now.block && cell.write.kind == Access::copy_asked &&
        now.kind != Access::copy_landed)
        report(log, "asynchronous copy in flight", at, now, cell.write);
    check_race(log, cell.write, at, now, shared);
    if (!writes(now)) {
        const std::uint8_t written = cell.write.block == now.block ? cell.written : 0;
        if (shared && (now.bytes & ~written) != 0) report(log, "read of unwritten shared memory", at, now);
        remember_read(log, cell, now, shared);
        return;
    }
    check_race(log, cell.read, at, now, shared);
    check_race(log, cell.other_read, at, now, shared);
    if (now.kind == Access::atomic && shared && cell.write.block != now.block)
        report(log, "read of unwritten shared memory", at, now);
    remember_write(cell, now);
}

/// What is neither the device's memory nor shared nor the thread's own stack may be read where it is the
/// kernel's arguments or what the program holds for all.
void check_elsewhere(const Log& log, const std::byte* at, const Record& now) {
    const LoggedLaunch& launch = log.launch;
    const auto within = [at](const void* begin, std::size_t bytes) {
        return static_cast<std::size_t>(at - static_cast<const std::byte*>(begin)) < bytes;
    };
    if (!writes(now) && (within(launch.arguments, launch.argument_bytes) || in_program(at))) return;
    std::string text = within(launch.stacks, stack_bytes * most_threads)
                           ? "the local memory of another thread: "
                           : "memory of the host, or no memory at all: ";
    text += describe_access(log, now);
    fault("memory that is not the thread's", std::move(text));
}

void check_buffer(Log& log, Shadow& shadow, const std::byte* at, std::size_t bytes, const Record& now) {
    if (!shadow.covers(at, bytes)) report(log, "out of bounds", at, now);
    for (std::size_t i = 0; i < bytes;) {
        const std::size_t within = reinterpret_cast<std::uintptr_t>(at + i) % Shadow::word;
        const std::size_t here = std::min(Shadow::word - within, bytes - i);
        if (within + here > shadow.valid(at + i)) report(log, "out of bounds", at + i, now);
        Record record = now;
        record.bytes = static_cast<std::uint8_t>(((1U << here) - 1) << within);
        check_word(log, shadow, at + i, record);
        i += here;
    }
}

/// Records keep their times in 16 bits: from here on a race would pass for order.
[[noreturn]] void count_ends(const char* barrier) {
    std::string text = std::string("more than 65535 of ") + barrier + " in one block";
    fault("too much for the access log", std::move(text));
}

}  // namespace

bool logs_accesses() {
    return true;
}

void log_device_memory(const std::byte* begin, std::size_t bytes) {
    the_log().device.cover(begin, bytes);
}
void log_allocated(const std::byte* begin, std::size_t bytes) {
    the_log().device.add_buffer(begin, bytes);
}
void log_released(const std::byte* begin, std::size_t bytes) {
    the_log().device.remove_buffer(begin, bytes);
}

void log_launch(const LoggedLaunch& launch) {
    Log& log = the_log();
    log.first_block += static_cast<std::uint32_t>(log.launch.blocks);
    log.launch = launch;
    log.shared.cover(launch.shared->begin(), SharedMemory::bytes);
}

void log_block(std::uint64_t number) {
    Log& log = the_log();
    log.block = log.first_block + static_cast<std::uint32_t>(number);
    log.epoch = 0;
    for (WarpClocks& clocks : log.clocks) clocks.start();
    log.shared.remove_buffers();
}

void log_shared_array(const std::byte* begin, std::size_t bytes) {
    the_log().shared.add_buffer(begin, bytes);
}

void log_barrier() {
    if (++the_log().epoch == 0) count_ends("__syncthreads");
}

void log_warp_barrier(const Warp& warp, std::uint32_t mask) {
    if (!the_log().clocks[warp.threads->number / lanes].meet(mask)) count_ends("__syncwarp");
}

void log_access(const Thread& thread, const void* memory, std::size_t bytes, Access kind, const void* pc) {
    const auto* const at = static_cast<const std::byte*>(memory);
    if (static_cast<std::size_t>(at - thread.local) < stack_bytes) return;
    Log& log = the_log();
    const Record now{log.block,
                     code_offset(pc),
                     log.epoch,
                     log.clocks[thread.number / lanes].time(thread.lane),
                     static_cast<std::uint16_t>(thread.number),
                     0,
                     kind};
    if (log.shared.covers(at))
        check_buffer(log, log.shared, at, bytes, now);
    else if (log.device.covers(at))
        check_buffer(log, log.device, at, bytes, now);
    else
        check_elsewhere(log, at, now);
}

}  // namespace emulsion::kernels::emulated
