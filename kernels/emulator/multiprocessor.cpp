// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "kernels/emulator/multiprocessor.h"

#include <algorithm>
#include <cstring>
#include <map>
#include <new>
#include <utility>

#include "kernels/emulator/describe.h"
#include "kernels/emulator/fiber.h"
#include "kernels/emulator/log.h"
#include "kernels/emulator/mutants.h"
#include "kernels/emulator/random.h"
#include "kernels/emulator/sanitizer.h"
#include "kernels/emulator/warp.h"

namespace emulsion::kernels::emulated {

__thread Thread* current;
__thread BlockView view = {{0, 0, 0}, dim3(), dim3()};

namespace {

/// That of the host's thread.
__thread Multiprocessor* active;

std::uint32_t low_bits(unsigned count) {
    return count >= lanes ? ~0U : (1U << count) - 1;
}

}  // namespace

Multiprocessor::Multiprocessor() : stacks_(stack_bytes * most_threads) {
    if (!guard_stack(0)) throw std::bad_alloc();
    threads_.reserve(most_threads);
    turns_.reserve(most_threads);
    idle_stacks_.reserve(most_threads);
    warps_.reserve(most_threads / lanes);
    copies_.resize(most_threads);
}

void Multiprocessor::prepare(const Call& call, dim3 grid, dim3 block, std::size_t dynamic_shared, Order order,
                             std::uint64_t seed) {
    active = this;
    call_ = call;
    dynamic_shared_ = dynamic_shared;
    order_ = order;
    seed_ = seed;
    view = {{0, 0, 0}, block, grid};
    const unsigned count = block.x * block.y * block.z;
    threads_.resize(count);
    turns_.resize(count);
    warps_.resize((count + lanes - 1) / lanes);
    for (unsigned i = 0; i < count; ++i) {
        threads_[i].index = unravel(i, block);
        threads_[i].number = i;
        threads_[i].copies = &copies_[i];
        threads_[i].lane = i % lanes;
        threads_[i].warp = &warps_[i / lanes];
        turns_[i] = &threads_[order == Order::reverse ? count - 1 - i : i];
        turns_[i]->position = i;
    }
    log_launch(
        {std::uint64_t{grid.x} * grid.y * grid.z, call.arguments, call.bytes, stacks_.begin(), &shared_});
}

Fault Multiprocessor::run_block(std::uint64_t number) {
    view.index = unravel(number, view.grid);
    random_ = seed_ + number;
    live_ = static_cast<unsigned>(threads_.size());
    at_barrier_ = 0;
    fault_ = {};
    for (Thread& thread : threads_) {
        thread.state = State::fresh;
        thread.copies->forget();
    }
    for (unsigned i = 0; i < warps_.size(); ++i) {
        warps_[i].size = std::min(lanes, live_ - i * lanes);
        warps_[i].waiting = warps_[i].exited = 0;
        warps_[i].threads = &threads_[i * lanes];
    }
    idle_stacks_.clear();
    for (int i = static_cast<int>(most_threads); i-- > 0;) idle_stacks_.push_back(i);
    log_block(number);
    shared_.start_block(dynamic_shared_);
    shuffle_turns();

    take_stack(*turns_[0]);
    current = turns_[0];
    void* mine = nullptr;
    host_stack_ = nullptr;
    before_switch(&mine, usable(current->stack), usable_bytes());
    switch_context(&host_context_, current->context);
    after_switch(mine, nullptr, nullptr);
    current = nullptr;

    if (!fault_)
        if (const std::string damage = shared_.damage(); !damage.empty())
            fault_ = {"shared memory out of bounds", describe_block() + " wrote " + damage};
    return std::exchange(fault_, {});
}

/// The first function on a thread's stack. One that ends hands its stack to the next that has not begun, if
/// it is that one's turn, without a switch: kernels without barriers run as a loop.
void Multiprocessor::start() {
    Multiprocessor& self = *active;
    const bool first = self.host_stack_ == nullptr;
    after_switch(nullptr, first ? &self.host_stack_ : nullptr, first ? &self.host_stack_bytes_ : nullptr);
    self.run_threads();
}

void Multiprocessor::run_threads() {
    for (;;) {
        Thread& me = *current;
        call_.run(call_.arguments);
        finish(me);
        if (live_ == 0) leave();
        Thread* const next = next_ready(me);
        if (next == nullptr) fail_deadlocked();
        if (next->state == State::fresh) {
            next->state = State::ready;
            next->stack = me.stack;
            next->local = me.local;
            current = next;
            continue;
        }
        idle_stacks_.push_back(me.stack);
        go_on_with(*next, nullptr);
    }
}

void Multiprocessor::finish(Thread& me) {
    if (me.copies->in_flight()) {
        std::string text = describe_thread(me) + " ends and waits for none of its last ones";
        fail("asynchronous copy in flight", std::move(text));
    }
    me.state = State::done;
    me.warp->exited |= 1U << me.lane;
    --live_;
    if (at_barrier_ != 0) fail_awaited(*first_at_barrier_, "divergent barrier");
    if (me.warp->waiting == 0) return;
    for (unsigned lane = 0; lane < me.warp->size; ++lane)
        if ((me.warp->waiting >> lane & 1) != 0 && (me.warp->masks[lane] >> me.lane & 1) != 0)
            fail_awaited(me.warp->threads[lane], "divergent warp operation");
}

Thread* Multiprocessor::next_ready(const Thread& after) {
    const auto count = static_cast<unsigned>(turns_.size());
    for (unsigned i = 0, turn = after.position; i < count; ++i) {
        if (++turn == count) turn = 0;
        if (turns_[turn]->state <= State::ready) return turns_[turn];
    }
    return nullptr;
}

void Multiprocessor::take_stack(Thread& thread) {
    thread.stack = idle_stacks_.back();
    idle_stacks_.pop_back();
    thread.state = State::ready;
    if (!guard_stack(thread.stack)) {
        std::string text = describe_thread(thread) + " gets no guard page below its stack (vm.max_map_count)";
        fail("out of memory", std::move(text));
    }
    thread.local = stack(thread.stack);
    allow(usable(thread.stack), usable_bytes());
    thread.context = make_context(usable(thread.stack), usable_bytes(), start);
}

/// Stacks are first used in the order of their numbers, and stay guarded. The first one is so from the start,
/// since only on a stack a thread can fail.
bool Multiprocessor::guard_stack(int i) {
    if (i < guarded_) return true;
    if (!guard_pages(stack(i), guard_)) return false;
    ++guarded_;
    return true;
}

/// Returns when somebody goes on with `left`; never, if that is null.
void Multiprocessor::go_on_with(Thread& next, Thread* left) {
    if (next.state == State::fresh) take_stack(next);
    current = &next;
    void *mine = nullptr, *nowhere = nullptr;
    before_switch(left != nullptr ? &mine : nullptr, usable(next.stack), usable_bytes());
    switch_context(left != nullptr ? &left->context : &nowhere, next.context);
    after_switch(mine, nullptr, nullptr);
}

/// Back to the host, for good.
void Multiprocessor::leave() {
    void* nowhere = nullptr;
    before_switch(nullptr, host_stack_, host_stack_bytes_);
    switch_context(&nowhere, host_context_);
    __builtin_unreachable();
}

void Multiprocessor::fail(const char* code, std::string&& text) {
    fault_.code = code;
    text.insert(0, describe_block() + ": ");
    fault_.text.swap(text);
    std::string().swap(text);  // nobody will destroy it
    leave();
}

void Multiprocessor::fail_deadlocked() {
    std::string text = whereabouts();
    fail("deadlock", std::move(text));
}

void Multiprocessor::wait(Thread& me) {
    Thread* const next = next_ready(me);
    if (next == nullptr) fail_deadlocked();
    if (next != &me) go_on_with(*next, &me);
}

void Multiprocessor::shuffle_turns() {
    if (order_ != Order::random) return;
    for (auto i = turns_.size(); i > 1; --i) std::swap(turns_[i - 1], turns_[next_random(random_) % i]);
    for (unsigned i = 0; i < turns_.size(); ++i) turns_[i]->position = i;
}

void Multiprocessor::synchronise_block(Place place) {
    if (taken_away(place)) return;
    Thread& me = *current;
    me.place = place;
    if (at_barrier_ == 0) first_at_barrier_ = &me;
    check_barrier(me);
    me.state = State::at_barrier;
    if (++at_barrier_ == threads_.size()) open_barrier();
    wait(me);
}

void Multiprocessor::open_barrier() {
    for (Thread& thread : threads_) thread.state = State::ready;
    at_barrier_ = 0;
    log_barrier();
    shuffle_turns();
}

void Multiprocessor::check_barrier(const Thread& me) {
    const Thread& first = *first_at_barrier_;
    std::string text;
    if (me.place.line != first.place.line || std::strcmp(me.place.file, first.place.file) != 0) {
        text = describe_waiting(first) + ", " + describe_waiting(me);
    } else if (live_ != threads_.size()) {
        const auto gone = std::find_if(threads_.begin(), threads_.end(),
                                       [](const Thread& thread) { return thread.state == State::done; });
        text = describe_waiting(me) + ", but " + describe_thread(*gone) + " has ended";
    } else {
        return;
    }
    fail("divergent barrier", std::move(text));
}

/// The current thread has ended, and one waits for it.
void Multiprocessor::fail_awaited(const Thread& waiting, const char* code) {
    std::string text = describe_waiting(waiting) + ", but " + describe_thread(*current) + " has ended";
    fail(code, std::move(text));
}

void Multiprocessor::synchronise_warp(std::uint32_t mask, Warp::Operation operation, Place place) {
    if (operation == meet && taken_away(place)) return;
    Thread& me = *current;
    Warp& warp = *me.warp;
    const std::uint32_t bit = 1U << me.lane;
    me.place = place;
    check_mask(me, mask);
    mask &= low_bits(warp.size);
    warp.masks[me.lane] = mask;
    warp.operations[me.lane] = operation;
    warp.waiting |= bit;
    if (!complete(warp, mask)) {
        me.state = State::at_warp_operation;
        wait(me);
        return;
    }
    check_operations(me, mask);
    operation(warp, mask);
    warp.waiting &= ~mask;
    for (unsigned lane = 0; lane < warp.size; ++lane)
        if ((mask >> lane & 1) != 0) warp.threads[lane].state = State::ready;
    wait(me);
}

bool Multiprocessor::complete(const Warp& warp, std::uint32_t mask) {
    if ((warp.waiting & mask) != mask) return false;
    for (unsigned lane = 0; lane < warp.size; ++lane)
        if ((mask >> lane & 1) != 0 && warp.masks[lane] != mask) return false;
    return true;
}

void Multiprocessor::check_mask(const Thread& me, std::uint32_t mask) {
    std::string text;
    const std::uint32_t gone = mask & me.warp->exited;
    if ((mask >> me.lane & 1) == 0)
        text = describe_waiting(me) + " with a mask that lacks its own lane";
    else if (gone != 0)
        text = describe_waiting(me) + " for " + describe_thread(me.warp->threads[__builtin_ctz(gone)]) +
               ", which has ended";
    else
        return;
    fail("divergent warp operation", std::move(text));
}

void Multiprocessor::check_operations(const Thread& me, std::uint32_t mask) {
    const Warp& warp = *me.warp;
    for (unsigned lane = 0; lane < warp.size; ++lane) {
        if ((mask >> lane & 1) == 0 || warp.operations[lane] == warp.operations[me.lane]) continue;
        std::string text = describe_waiting(warp.threads[lane]) + ", " + describe_waiting(me) +
                           " in an operation of another kind";
        fail("divergent warp operation", std::move(text));
    }
}

/// "31 threads wait at FILE:LINE, among them (0,0,0); 1 thread ..."
std::string Multiprocessor::whereabouts() const {
    struct Group {
        unsigned count = 0;
        const Thread* one = nullptr;
    };
    std::map<std::string, Group> groups;
    for (const Thread& thread : threads_) {
        Group& group = groups[thread.state == State::done ? "ended" : "at " + describe(thread.place)];
        if (group.count++ == 0) group.one = &thread;
    }
    std::string text;
    for (const auto& [what, group] : groups) {
        if (!text.empty()) text += "; ";
        text += std::to_string(group.count) + (group.count == 1 ? " thread " : " threads ") + what + ": " +
                describe_thread(*group.one);
        if (group.count > 1) text += " and others";
    }
    return text;
}

void synchronise_block(Place place) {
    active->synchronise_block(place);
}

void synchronise_warp(std::uint32_t mask, Warp::Operation operation, Place place) {
    active->synchronise_warp(mask, operation, place);
}

void fault(const char* code, std::string&& text) {
    active->fail(code, std::move(text));
}

void* shared_array(const SharedArray& declared) {
    return active->shared().array(declared);
}

void* dynamic_shared_memory() {
    return active->shared().dynamic();
}

bool in_shared_memory(const void* at, std::size_t bytes) {
    return active->shared().holds(at, bytes);
}

}  // namespace emulsion::kernels::emulated
