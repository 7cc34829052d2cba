// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "emulsion/session.h"

#include <utility>

#include "engine/compiled.h"
#include "engine/packed_cache.h"
#include "engine/section.h"
#include "engine/staging.h"

namespace emulsion {

struct Session::Impl {
    Impl(std::shared_ptr<const Model> given_model, const Options& given, std::unique_ptr<Device> opened)
        : model(std::move(given_model)),
          options(resolve(given)),
          device(traced(std::move(opened), options)),
          compiled(model->net(), Mode::inference, options, model->factory(), device.get()),
          arena(device->allocate(compiled.arena_bytes)),
          workspace(device->allocate(compiled.workspace_bytes)),
          net(compiled.main, *device, {model->packed().weights(*device, *model), {}}, arena, workspace,
              [this](const Packed& packed, const float* from, void* scratch) {
                  const Section section(*device, "pack weights", "setup", packed.layout.bytes);
                  return model->packed().get(*device, packed, from, scratch);
              }),
          staging(net, *device, model->net().preprocessing, options.batch) {
        compiled.timed = [this] { return net.steps(); };
        const auto& graph = compiled.main.graph;
        outputs = static_cast<int>(graph.values[static_cast<std::size_t>(graph.output)].shape.per_image());
        output.resize(static_cast<std::size_t>(options.batch) * static_cast<std::size_t>(outputs));
    }

    std::span<const float> run(int first_step, int count) {
        net.run(first_step, compiled.main.forward_steps);
        const std::span<float> answer(output.data(),
                                      static_cast<std::size_t>(count) * static_cast<std::size_t>(outputs));
        const Section section(*device, "copy out", "copy", answer.size_bytes());
        device->copy_out(answer.data(), net.place(compiled.main.output), answer.size_bytes());
        return answer;
    }

    std::shared_ptr<const Model> model;
    Options options;
    std::unique_ptr<Device> device;
    Compiled compiled;
    std::shared_ptr<Memory> arena, workspace;
    Net net;
    Staging staging;
    std::vector<float> output;  ///< on the host
    int outputs = 0;
};

Session::Session(const std::shared_ptr<const Model>& model, const Options& options)
    : Session(model, options, open_device(options.device, resolve(options).threads)) {}

Session::Session(const std::shared_ptr<const Model>& model, const Options& options,
                 std::unique_ptr<Device> device) {
    const MemoryOutlook outlook{device->id(), device->free_bytes() + model->packed().bytes(device->id()), 0};
    try {
        impl_ = std::make_unique<Impl>(model, options, std::move(device));
    } catch (const OutOfDeviceMemory&) {
        throw Error(Error::Kind::failure,
                    too_little_memory(model->net(), Mode::inference, options, model->factory(), outlook));
    }
}

Session::~Session() = default;
Session::Session(Session&&) noexcept = default;
Session& Session::operator=(Session&&) noexcept = default;

const Model& Session::model() const {
    return *impl_->model;
}
const Options& Session::options() const {
    return impl_->options;
}
const Program& Session::program() const {
    return impl_->compiled;
}
int Session::batch() const {
    return impl_->options.batch;
}
int Session::outputs() const {
    return impl_->outputs;
}

std::span<const float> Session::run(std::span<const std::uint8_t> photos, int count) {
    const Section section(*impl_->device, "run", "session");
    impl_->staging.photos(photos, count);
    return impl_->run(0, count);
}

std::span<const float> Session::run(std::span<const float> inputs, int count) {
    constexpr int after_prepare_input = 1;
    const Section section(*impl_->device, "run", "session");
    impl_->staging.inputs(inputs, count);
    return impl_->run(after_prepare_input, count);
}

std::vector<std::string> Session::readable() const {
    return readable_values(impl_->compiled.main);
}
std::vector<float> Session::value(const std::string& name) const {
    return impl_->net.read(readable_value(impl_->compiled.main, name));
}

void Session::profile(bool on) {
    impl_->net.profile(on);
}

}  // namespace emulsion
