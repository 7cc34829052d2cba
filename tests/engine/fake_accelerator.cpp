// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "tests/engine/fake_accelerator.h"

#include <sys/mman.h>

#include <cstring>
#include <stdexcept>

namespace emulsion::testing {
namespace {

constexpr std::size_t page = 4096;

struct FakeRecording final : kernels::Recording {
    bool warmed_up = false;
    std::function<void()> work;
};

}  // namespace

class FakeAccelerator final : public kernels::Accelerator {
   public:
    explicit FakeAccelerator(FakeCard& card) : card_(card) {
        info_.name = "fake card";
        info_.memory = card.memory;
    }

    const kernels::AcceleratorInfo& info() const override { return info_; }
    std::size_t free_bytes() const override { return card_.memory - card_.used(); }

    void* allocate(std::size_t bytes) override {
        refuse_within_work();
        const std::size_t whole = (bytes + page - 1) / page * page;
        if (whole > free_bytes())
            throw kernels::OutOfMemory("no room for " + std::to_string(bytes) + " bytes", free_bytes());
        ++card_.counts.allocations;
        void* const at = mmap(nullptr, whole, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        card_.blocks_[at] = whole;
        return at;
    }
    void release(void* at) noexcept override {
        const auto block = card_.blocks_.find(at);
        munmap(at, block->second);
        card_.blocks_.erase(block);
    }

    void copy_in(void* to, const void* from, std::size_t bytes) override {
        ++card_.counts.copies_in;
        card_.counts.bytes_in += bytes;
        move(to, from, bytes);
    }
    void copy_out(void* to, const void* from, std::size_t bytes) override {
        ++card_.counts.copies_out;
        move(to, from, bytes);
    }
    void zero(void* at, std::size_t bytes) override {
        work([&] { std::memset(at, 0, bytes); });
    }
    void synchronise() override {
        refuse_within_work();
        ++card_.counts.synchronisations;
        fail_if_told();
    }
    void* stream() const override { return nullptr; }

    // As a GPU does: the first time as it is, the second time recorded, then without asking `what` again.
    void run(std::unique_ptr<kernels::Recording>& recording, const std::function<void()>& what) override {
        if (!recording) recording = std::make_unique<FakeRecording>();
        auto& own = static_cast<FakeRecording&>(*recording);
        if (own.work) {
            ++card_.counts.replays;
        } else if (own.warmed_up) {
            ++card_.counts.recordings;
            own.work = what;
        } else {
            ++card_.counts.direct_runs;
            own.warmed_up = true;
        }
        work(own.work ? own.work : what);
    }
    double time(const std::function<void()>& what) override {
        ++card_.counts.timings;
        work(what);
        return 1;
    }
    void begin_range(const char* name) noexcept override {
        if (!card_.notes_ranges) return;
        card_.open_range += (card_.open_range.empty() ? "" : "/") + std::string(name);
        card_.ranges.push_back(card_.open_range);
    }
    void end_range() noexcept override {
        const std::size_t slash = card_.open_range.rfind('/');
        card_.open_range.resize(slash == std::string::npos ? 0 : slash);
    }

   private:
    void refuse_within_work() const {
        if (working_) throw std::logic_error("work may ask for plans to be run and for nothing else");
    }
    void fail_if_told() {
        if (!card_.failure.empty()) throw kernels::KernelError(std::exchange(card_.failure, {}));
    }
    template <class Work>
    void work(const Work& what) {
        refuse_within_work();
        fail_if_told();
        working_ = true;
        card_.protect(PROT_READ | PROT_WRITE);
        const auto end = [this](void*) {
            card_.protect(PROT_NONE);
            working_ = false;
        };
        const std::unique_ptr<void, decltype(end)> at_the_end(&card_, end);  // work that throws has ended too
        what();
    }
    // Through host memory of its own: a copy between two places of the device must not go unnoticed.
    void move(void* to, const void* from, std::size_t bytes) {
        refuse_within_work();
        const bool device_to = on_card(to), device_from = on_card(from);
        if (device_to == device_from)
            throw std::logic_error("a copy has one end on the device and one off it");
        work([&] { std::memcpy(to, from, bytes); });
    }
    bool on_card(const void* at) const {
        const auto after = card_.blocks_.upper_bound(const_cast<void*>(at));
        if (after == card_.blocks_.begin()) return false;
        const auto& [start, bytes] = *std::prev(after);
        return at < static_cast<const std::byte*>(start) + bytes;
    }

    FakeCard& card_;
    kernels::AcceleratorInfo info_;
    bool working_ = false;
};

FakeCard::~FakeCard() = default;

std::unique_ptr<Device> FakeCard::open(const DeviceId& id) {
    return make_device(id, std::make_unique<FakeAccelerator>(*this), 1);
}

std::size_t FakeCard::used() const {
    std::size_t sum = 0;
    for (const auto& [at, bytes] : blocks_) sum += bytes;
    return sum;
}

void FakeCard::protect(int protection) {
    for (const auto& [at, bytes] : blocks_) mprotect(at, bytes, protection);
}

}  // namespace emulsion::testing
