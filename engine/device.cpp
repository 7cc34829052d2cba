// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "engine/device.h"

#include <sched.h>
#include <sys/mman.h>

#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstring>
#include <fstream>

#include "engine/thread_team.h"

namespace emulsion {
namespace {

// Weights are read once a photo at batch 1: with 4 KiB pages the address translation costs a third of
// the bandwidth. Blocks of at least this size start on a huge page.
constexpr std::size_t huge_page = std::size_t{2} << 20;

/// Takes zeroed pages from the system; on huge pages where the block is big enough and they are on.
std::shared_ptr<Memory> map_pages(std::size_t bytes) {
    const bool huge = bytes >= huge_page;
    const std::size_t length = bytes + (huge ? huge_page : 0);
    void* base = mmap(nullptr, std::max<std::size_t>(length, 1), PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (base == MAP_FAILED)
        throw Error(Error::Kind::failure,
                    "out of memory: " + std::to_string(bytes >> 20) + " MiB asked for at once");
    auto* start = static_cast<std::byte*>(base);
    if (huge) {
        const auto address = reinterpret_cast<std::uintptr_t>(base);
        start += (huge_page - address % huge_page) % huge_page;
        madvise(start, bytes, MADV_HUGEPAGE);  // advice: without huge pages it is only slower
    }
    return {new Memory{start, bytes}, [base, length](Memory* memory) {
                munmap(base, std::max<std::size_t>(length, 1));
                delete memory;
            }};
}

/// As the system names it: "AMD EPYC, family 25, model 17, stepping 1".
std::string processor() {
    std::ifstream file("/proc/cpuinfo");
    std::string name = "unknown processor", line;
    const auto value = [&line] { return line.substr(std::min(line.size(), line.find(':') + 2)); };
    while (std::getline(file, line) && !line.empty()) {
        if (line.starts_with("model name")) name = value();
        if (line.starts_with("cpu family")) name += ", family " + value();
        if (line.starts_with("model\t")) name += ", model " + value();
        if (line.starts_with("stepping")) name += ", stepping " + value();
    }
    return name;
}

class CpuDevice final : public Device {
   public:
    explicit CpuDevice(int threads) : team_(team_of(threads)) { stream_.threads = team_.get(); }

    const DeviceId& id() const override { return id_; }
    std::string description() const override {
        return id_.name() + ", " + std::to_string(team_->count()) + " threads";
    }
    std::string fingerprint() const override { return description() + ", " + processor(); }
    bool reads_host_memory() const override { return true; }
    std::size_t free_bytes() const override {
        return static_cast<std::size_t>(sysconf(_SC_AVPHYS_PAGES)) *
               static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
    }

    std::shared_ptr<Memory> allocate(std::size_t bytes) override { return map_pages(bytes); }
    void copy_in(void* to, const void* from, std::size_t bytes) override { std::memcpy(to, from, bytes); }
    void copy_out(void* to, const void* from, std::size_t bytes) override { std::memcpy(to, from, bytes); }
    void zero(void* at, std::size_t bytes) override { std::memset(at, 0, bytes); }
    void synchronise() override {}
    const kernels::Stream& stream() const override { return stream_; }

    void run(std::unique_ptr<kernels::Recording>&, const std::function<void()>& work) override { work(); }
    double time(const std::function<void()>& work) override {
        const auto start = std::chrono::steady_clock::now();
        work();
        return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
    }

   private:
    DeviceId id_;
    std::unique_ptr<kernels::Threads> team_;
    kernels::Stream stream_;
};

}  // namespace

std::unique_ptr<kernels::Threads> team_of(int threads) {
    auto team = kernels::fast_cpu_threads(threads);
    return team ? std::move(team) : make_thread_team(threads);
}

void Device::run_once(const std::function<void()>& work) {
    std::unique_ptr<kernels::Recording> recording;
    run(recording, work);
}

namespace {

std::unique_ptr<kernels::Accelerator> open_accelerator(const DeviceId& id) {
    try {
        return kernels::open_accelerator(id.kind, id.index);
    } catch (const kernels::NoDevice& error) {
        throw Error(Error::Kind::device, error.what());
    } catch (const kernels::KernelError& error) {
        throw Error(Error::Kind::failure, id.name() + ": " + error.what());
    }
}

bool is_cpu(const DeviceId& id) {
    if (id.kind != kernels::DeviceKind::cpu) return false;
    if (id.index != 0) throw Error(Error::Kind::device, "there is no " + id.name() + ": there is one cpu");
    return true;
}

}  // namespace

std::optional<kernels::AcceleratorInfo> require_device(const DeviceId& id) {
    if (is_cpu(id)) return std::nullopt;
    return open_accelerator(id)->info();
}

std::unique_ptr<Device> open_device(const DeviceId& id, int threads) {
    if (is_cpu(id)) return std::make_unique<CpuDevice>(threads);
    return make_device(id, open_accelerator(id), threads);
}

DeviceId DeviceId::parse(const std::string& text) {
    const auto colon = text.find(':');
    const std::string kind = text.substr(0, colon);
    DeviceId id;
    for (const auto each :
         {kernels::DeviceKind::cpu, kernels::DeviceKind::cuda, kernels::DeviceKind::emulated}) {
        if (kind != kernels::name(each)) continue;
        id.kind = each;
        if (colon == std::string::npos) return id;
        const char* const end = text.data() + text.size();
        const auto [stop, error] = std::from_chars(text.data() + colon + 1, end, id.index);
        if (error == std::errc{} && stop == end && id.index >= 0) return id;
    }
    throw Error(Error::Kind::usage, "device \"" + text + "\" is none of cpu, cuda, cuda:N, emulated");
}

std::string DeviceId::name() const {
    return std::string(kernels::name(kind)) + (index > 0 ? ":" + std::to_string(index) : "");
}

int available_threads() {
    cpu_set_t allowed;
    if (sched_getaffinity(0, sizeof allowed, &allowed) != 0) return 1;
    return std::max(1, CPU_COUNT(&allowed));
}

}  // namespace emulsion
