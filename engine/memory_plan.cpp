// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Where each buffer lies in the arena: buffers that never live at the same time share addresses.
#include <algorithm>
#include <numeric>

#include "engine/schedule.h"

namespace emulsion {
namespace {

struct Block {
    std::size_t bytes = 0, offset = 0;
    int first = 0, last = 0;
};

bool in_arena(Role role) {
    return role != Role::parameter && role != Role::parameter_gradient;
}

class MemoryPlanner {
   public:
    explicit MemoryPlanner(Schedule& schedule) : s_(schedule) {}

    void run() {
        find_lifetimes();
        share_in_place();
        std::vector<Block> blocks = collect_blocks();
        join_report(blocks);
        place(blocks);
        find_offsets(blocks);
        for (const auto& step : s_.steps)
            s_.workspace_bytes = std::max(s_.workspace_bytes, aligned(step.plan->workspace_bytes()));
    }

   private:
    Role role(const Buffer& b) const { return s_.graph.values[static_cast<std::size_t>(b.value)].role; }
    Buffer& buffer(int id) { return s_.buffers[static_cast<std::size_t>(id)]; }

    void find_lifetimes();
    void share_in_place();
    void try_in_place(int index, Operand source, Operand result);
    std::vector<Block> collect_blocks();
    void join_report(std::vector<Block>&);
    void place(std::vector<Block>&);
    void find_offsets(const std::vector<Block>&);

    Schedule& s_;
};

void MemoryPlanner::find_lifetimes() {
    const int end = static_cast<int>(s_.steps.size());
    std::vector<bool> seen(s_.buffers.size(), false);
    const auto touch = [&](int id, int step) {
        Buffer& b = buffer(id);
        if (!seen[static_cast<std::size_t>(id)]) b.first = step;
        seen[static_cast<std::size_t>(id)] = true;
        b.last = step;
    };
    for (int i = 0; i < end; ++i) {
        for (const auto& [operand, id] : s_.steps[static_cast<std::size_t>(i)].operands) touch(id, i);
        for (const int id : s_.steps[static_cast<std::size_t>(i)].list) touch(id, i);
    }
    for (auto& b : s_.buffers) {
        const auto& v = s_.graph.values[static_cast<std::size_t>(b.value)];
        const bool made_in_run =
            v.role == Role::activation || v.role == Role::saved || v.role == Role::gradient;
        const bool original = &b == &buffer(s_.buffer_of(b.value));
        // The net's input may also be written by the caller, before the first step.
        b.lasting =
            !made_in_run || (original && (v.held || b.value == s_.graph.input)) || &b == &buffer(s_.output);
        if (b.lasting) {
            b.first = 0;
            b.last = end;
        }
    }
}

void MemoryPlanner::share_in_place() {
    for (std::size_t i = 0; i < s_.buffers.size(); ++i) s_.buffers[i].storage = static_cast<int>(i);
    for (int i = 0; i < static_cast<int>(s_.steps.size()); ++i) {
        if (!s_.steps[static_cast<std::size_t>(i)].plan->in_place()) continue;
        try_in_place(i, Operand::src, Operand::dst);
        try_in_place(i, Operand::diff_dst, Operand::diff_src);
    }
}

void MemoryPlanner::try_in_place(int index, Operand source, Operand result) {
    const Step& step = s_.steps[static_cast<std::size_t>(index)];
    int from = -1, to = -1;
    for (const auto& [operand, id] : step.operands) {
        if (operand == source) from = id;
        if (operand == result && writes(step.operation.kind, operand)) to = id;  // backward passes read dst
    }
    if (from < 0 || to < 0) return;
    Buffer &a = buffer(from), &b = buffer(to);
    if (a.lasting || b.lasting || a.last != index || a.layout.bytes != b.layout.bytes) return;
    if (!in_arena(role(a)) || !in_arena(role(b))) return;
    b.storage = a.storage;
}

std::vector<Block> MemoryPlanner::collect_blocks() {
    std::vector<Block> blocks(s_.buffers.size());
    for (const auto& b : s_.buffers) {
        if (!in_arena(role(b))) continue;
        Block& block = blocks[static_cast<std::size_t>(b.storage)];
        const bool fresh = block.bytes == 0;
        block.first = fresh ? b.first : std::min(block.first, b.first);
        block.last = fresh ? b.last : std::max(block.last, b.last);
        block.bytes = std::max(block.bytes, aligned(b.layout.bytes));
        s_.unshared_bytes += aligned(b.layout.bytes);
    }
    return blocks;
}

/// Makes one block of what the report holds. All of it is lasting, so nothing else shares its place.
void MemoryPlanner::join_report(std::vector<Block>& blocks) {
    Block& all = blocks[static_cast<std::size_t>(s_.output)];
    s_.report.bytes = buffer(s_.output).layout.bytes;
    if (s_.graph.loss < 0) return;
    Block& loss = blocks[static_cast<std::size_t>(s_.buffer_of(s_.graph.loss))];
    s_.report.loss = alignment;
    s_.report.output = alignment + loss.bytes;
    s_.report.bytes += s_.report.output;
    all.bytes += s_.report.output;
    s_.unshared_bytes += alignment;
    loss.bytes = 0;
}

/// Greedy by size: the largest first, each at the lowest address where nothing that lives at the same
/// time is in the way (Pisarchyk and Lee, "Efficient memory management for deep neural net inference").
void MemoryPlanner::place(std::vector<Block>& blocks) {
    std::vector<std::size_t> order(blocks.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(),
                     [&](auto a, auto b) { return blocks[a].bytes > blocks[b].bytes; });

    std::vector<const Block*> placed;  // by address
    for (const std::size_t index : order) {
        Block& block = blocks[index];
        if (block.bytes == 0) continue;
        for (const Block* other : placed) {
            const bool together = block.first <= other->last && other->first <= block.last;
            if (!together) continue;
            if (other->offset >= block.offset + block.bytes) break;
            block.offset = std::max(block.offset, other->offset + other->bytes);
        }
        const auto at =
            std::upper_bound(placed.begin(), placed.end(), block.offset,
                             [](std::size_t offset, const Block* b) { return offset < b->offset; });
        placed.insert(at, &block);
        s_.arena_bytes = std::max(s_.arena_bytes, block.offset + block.bytes);
    }
}

void MemoryPlanner::find_offsets(const std::vector<Block>& blocks) {
    for (auto& b : s_.buffers) b.offset = blocks[static_cast<std::size_t>(b.storage)].offset;
    s_.report.offset = buffer(s_.output).offset;
    buffer(s_.output).offset += s_.report.output;
    if (s_.graph.loss >= 0) buffer(s_.buffer_of(s_.graph.loss)).offset = s_.report.offset + s_.report.loss;
}

}  // namespace

void plan_memory(Schedule& schedule) {
    MemoryPlanner(schedule).run();
}

}  // namespace emulsion
