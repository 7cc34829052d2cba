// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Devices other than the CPU: an Accelerator, and its errors as Errors.
#include <algorithm>

#include "engine/device.h"

namespace emulsion {
namespace {

class AcceleratorDevice final : public Device {
   public:
    AcceleratorDevice(DeviceId id, std::unique_ptr<kernels::Accelerator> accelerator, int threads)
        : id_(id), accelerator_(std::move(accelerator)) {
        // The emulator's blocks run on the threads of the session.
        if (id_.kind == kernels::DeviceKind::emulated) team_ = team_of(threads);
        stream_ = {team_.get(), accelerator_->stream()};
    }

    const DeviceId& id() const override { return id_; }
    std::string description() const override {
        return std::string(kernels::name(id_.kind)) + " (" + accelerator_->info().name + ")";
    }
    std::string fingerprint() const override {
        const auto& info = accelerator_->info();
        return description() + ", driver " + info.driver + ", runtime " + info.runtime +
               (team_ ? ", " + std::to_string(team_->count()) + " threads" : "");
    }
    bool reads_host_memory() const override { return false; }
    std::size_t free_bytes() const override {
        return guard([&] { return accelerator_->free_bytes(); });
    }

    std::shared_ptr<Memory> allocate(std::size_t bytes) override {
        void* const data = guard([&] { return accelerator_->allocate(std::max<std::size_t>(bytes, 1)); });
        // Shared weights may outlive this device, and then keep the accelerator for their own release.
        return {new Memory{data, bytes}, [accelerator = accelerator_](Memory* memory) {
                    accelerator->release(memory->data);
                    delete memory;
                }};
    }
    void copy_in(void* to, const void* from, std::size_t bytes) override {
        guard([&] { accelerator_->copy_in(to, from, bytes); });
    }
    void copy_out(void* to, const void* from, std::size_t bytes) override {
        guard([&] { accelerator_->copy_out(to, from, bytes); });
    }
    void zero(void* at, std::size_t bytes) override {
        guard([&] { accelerator_->zero(at, bytes); });
    }
    void synchronise() override {
        guard([&] { accelerator_->synchronise(); });
    }
    const kernels::Stream& stream() const override { return stream_; }

    void run(std::unique_ptr<kernels::Recording>& recording, const std::function<void()>& work) override {
        guard([&] { accelerator_->run(recording, work); });
    }
    double time(const std::function<void()>& work) override {
        return guard([&] { return accelerator_->time(work); });
    }
    void begin_range(const char* name) noexcept override { accelerator_->begin_range(name); }
    void end_range() noexcept override { accelerator_->end_range(); }

   private:
    template <class Call>
    auto guard(Call&& call) const -> decltype(call()) {
        try {
            return call();
        } catch (const kernels::OutOfMemory& error) {
            throw OutOfDeviceMemory(id_.name() + ": " + error.what());
        } catch (const kernels::KernelError& error) {
            throw Error(Error::Kind::failure, id_.name() + ": " + error.what());
        }
    }

    DeviceId id_;
    std::shared_ptr<kernels::Accelerator> accelerator_;
    std::unique_ptr<kernels::Threads> team_;
    kernels::Stream stream_;
};

}  // namespace

std::unique_ptr<Device> make_device(const DeviceId& id, std::unique_ptr<kernels::Accelerator> accelerator,
                                    int threads) {
    return std::make_unique<AcceleratorDevice>(id, std::move(accelerator), threads);
}

}  // namespace emulsion
