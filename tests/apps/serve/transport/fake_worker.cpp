// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "tests/apps/serve/transport/fake_worker.h"

#include "apps/serve/wire.h"

namespace emulsion::test {

using serve::Frame;

FakeWorker::FakeWorker(zmq::context_t& context, const std::string& endpoint,
                       const std::function<void(zmq::socket_t&)>& prepare)
    : socket_(context, zmq::socket_type::dealer) {
    socket_.set(zmq::sockopt::linger, 0);
    if (prepare) prepare(socket_);
    socket_.connect(endpoint);
}

void FakeWorker::say(const serve::FromWorker& message) {
    std::vector<zmq::message_t> frames;
    frames.push_back(serve::copied_frame(serve::write_message(session, message)));
    serve::send(socket_, std::move(frames));
}

void FakeWorker::say_raw(const std::vector<std::string>& texts) {
    std::vector<zmq::message_t> frames;
    for (const std::string& text : texts) frames.emplace_back(text);
    serve::send(socket_, std::move(frames));
}

void FakeWorker::join(int credits, char model, const std::string& name) {
    session = serve::random_number();
    say(serve::Ready{name, "no device", credits, {"model.safetensors", std::string(64, model), 96, 144}});
}

void FakeWorker::answer(std::uint64_t job, double probability) {
    serve::Result result{.job = job, .batch = 1, .answer = {}};
    result.answer.outcome = serve::Outcome::done;
    result.answer.probability = probability;
    say(result);
}

std::optional<Heard> FakeWorker::hear(std::chrono::milliseconds wait) {
    zmq::pollitem_t item{socket_.handle(), 0, ZMQ_POLLIN, 0};
    zmq::poll(&item, 1, wait);
    std::vector<zmq::message_t> frames;
    if (!serve::receive(socket_, 2, frames)) return std::nullopt;
    const std::vector<Frame> views = serve::views(frames);
    serve::Read<serve::FromGateway> read = serve::read_from_gateway(views);
    if (!read.message) throw std::runtime_error("the gateway sent nonsense: " + read.why);
    return Heard{read.session, std::move(*read.message), frames.size() > 1 ? frames[1].to_string() : ""};
}

std::function<void(serve::Answer)> Answers::slot(int id) {
    return [this, id](serve::Answer answer) {
        const std::lock_guard lock(mutex_);
        answers_[id].push_back(std::move(answer));
        came_.notify_all();
    };
}

bool Answers::wait(std::size_t jobs, std::chrono::milliseconds most) {
    std::unique_lock lock(mutex_);
    return came_.wait_for(lock, most, [&] { return answers_.size() >= jobs; });
}

std::map<int, std::vector<serve::Answer>> Answers::all() const {
    const std::lock_guard lock(mutex_);
    return answers_;
}

serve::Answer Answers::one(int id) const {
    const std::lock_guard lock(mutex_);
    const std::vector<serve::Answer>& found = answers_.at(id);
    if (found.size() != 1)
        throw std::runtime_error("a job with " + std::to_string(found.size()) + " answers");
    return found.front();
}

serve::Job job_of(const std::string& photo, std::chrono::milliseconds left, serve::Task task) {
    const auto* const begin = reinterpret_cast<const std::byte*>(photo.data());
    return {"request", task, std::make_shared<std::vector<std::byte>>(begin, begin + photo.size()),
            std::chrono::steady_clock::now() + left};
}

}  // namespace emulsion::test
