// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "apps/serve/protocol.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <string_view>
#include <type_traits>
#include <utility>

#include "data/files.h"

namespace emulsion::serve {
namespace {

enum class Kind : std::uint8_t {
    ready = 1,
    result = 2,
    bye = 3,
    heartbeat = 16,
    job = 32,
    again = 33,
    refused = 34,
    stop = 35,
};

constexpr std::byte magic{'E'};
constexpr std::size_t most_name = 128, most_device = 256, most_model = 256, most_line = 512;
constexpr int most_side = 65'536, most_batch = 65'535;
constexpr std::chrono::hours most_left{24};

/// Begins with the header; numbers and text follow.
class Writer {
   public:
    Writer(Kind kind, std::uint64_t session) {
        bytes_ = {magic, std::byte{protocol_version}, static_cast<std::byte>(kind), std::byte{0}};
        number(session);
    }
    template <class T>
    void number(T value) {
        static_assert(std::is_unsigned_v<T>);
        for (std::size_t i = 0; i < sizeof value; ++i)
            bytes_.push_back(static_cast<std::byte>(value >> 8 * i));
    }
    template <class T>
    void number_of(int value) {
        number(static_cast<T>(value));
    }
    void real(double value) { number(std::bit_cast<std::uint64_t>(value)); }
    void real(float value) { number(std::bit_cast<std::uint32_t>(value)); }
    void text(std::string_view value, std::size_t most) {
        std::size_t size = std::min(value.size(), most);
        // Not within a character: its first byte is the only one that does not begin with the bits 10.
        while (size < value.size() && size > 0 && (static_cast<unsigned char>(value[size]) & 0xC0U) == 0x80U)
            --size;
        number(static_cast<std::uint16_t>(size));
        const auto raw = std::as_bytes(std::span(value.data(), size));
        bytes_.insert(bytes_.end(), raw.begin(), raw.end());
    }
    std::vector<std::byte> take() { return std::move(bytes_); }

   private:
    std::vector<std::byte> bytes_;
};

/// Thrown by the reader, caught in read(): nobody else sees it.
struct Malformed {
    std::string why;
};

class Reader {
   public:
    explicit Reader(Frame bytes) : rest_(bytes) {}

    template <class T>
    T number() {
        T value = 0;
        const Frame raw = take(sizeof value);
        for (std::size_t i = 0; i < sizeof value; ++i)
            value = static_cast<T>(value | static_cast<T>(std::to_integer<T>(raw[i]) << 8 * i));
        return value;
    }
    template <class T>
    int number_within(int least, int most, const char* what) {
        const T value = number<T>();
        insist(value >= static_cast<T>(least) && value <= static_cast<T>(most), what);
        return static_cast<int>(value);
    }
    double real() { return std::bit_cast<double>(number<std::uint64_t>()); }
    float real32() { return std::bit_cast<float>(number<std::uint32_t>()); }
    /// In one line, whatever it holds: it goes to logs.
    std::string text(std::size_t least, std::size_t most, const char* what) {
        const std::size_t size = number<std::uint16_t>();
        insist(size >= least && size <= most, what);
        const Frame raw = take(size);
        return one_line({reinterpret_cast<const char*>(raw.data()), raw.size()});
    }
    bool at_end() const { return rest_.empty(); }
    static void insist(bool right, const char* what) {
        if (!right) throw Malformed{std::string("a wrong message: ") + what};
    }

   private:
    Frame take(std::size_t size) {
        insist(size <= rest_.size(), "it ends too early");
        const Frame taken = rest_.first(size);
        rest_ = rest_.subspan(size);
        return taken;
    }
    Frame rest_;
};

bool is_hexadecimal(const std::string& text) {
    return text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

// ---- each message, in both directions

std::vector<std::byte> write(std::uint64_t session, const Ready& ready) {
    Writer out(Kind::ready, session);
    out.text(ready.name, most_name);
    out.text(ready.device, most_device);
    out.number_of<std::uint16_t>(ready.credits);
    out.text(ready.model.name, most_model);
    out.text(ready.model.fingerprint, 64);
    out.number_of<std::uint32_t>(ready.model.height);
    out.number_of<std::uint32_t>(ready.model.width);
    return out.take();
}

Ready read_ready(Reader& in) {
    Ready ready;
    ready.name = in.text(1, most_name, "the worker's name");
    ready.device = in.text(1, most_device, "the device");
    ready.credits = in.number_within<std::uint16_t>(1, most_credits, "the credits");
    ready.model.name = in.text(1, most_model, "the model's name");
    ready.model.fingerprint = in.text(64, 64, "the model's fingerprint");
    Reader::insist(is_hexadecimal(ready.model.fingerprint), "the model's fingerprint");
    ready.model.height = in.number_within<std::uint32_t>(1, most_side, "the model's height");
    ready.model.width = in.number_within<std::uint32_t>(1, most_side, "the model's width");
    return ready;
}

std::vector<std::byte> write(std::uint64_t session, const Result& result) {
    const Answer& answer = result.answer;
    Writer out(Kind::result, session);
    out.number(result.job);
    out.number_of<std::uint16_t>(result.batch);
    out.number(static_cast<std::uint8_t>(answer.outcome));
    out.text(answer.message, most_line);
    out.real(answer.probability);
    out.number_of<std::uint8_t>(answer.rows);
    out.number_of<std::uint8_t>(answer.columns);
    for (const float fall : answer.falls) out.real(fall);
    return out.take();
}

/// What a worker may say of a job; the rest is the gateway's to tell.
bool is_workers(Outcome outcome) {
    return outcome == Outcome::done || outcome == Outcome::bad_photo || outcome == Outcome::late ||
           outcome == Outcome::failed;
}

Result read_result(Reader& in) {
    Result result;
    Answer& answer = result.answer;
    result.job = in.number<std::uint64_t>();
    result.batch = in.number_within<std::uint16_t>(0, most_batch, "the batch");
    answer.outcome = static_cast<Outcome>(in.number<std::uint8_t>());
    Reader::insist(is_workers(answer.outcome), "the outcome");
    const bool done = answer.outcome == Outcome::done;
    answer.message = in.text(done ? 0 : 1, done ? 0 : most_line, "the line of what is wrong");
    answer.probability = in.real();
    // Written so that NaN is wrong too.
    Reader::insist(answer.probability >= 0 && answer.probability <= 1, "the probability");
    answer.rows = in.number_within<std::uint8_t>(0, most_grid, "the grid");
    answer.columns = in.number_within<std::uint8_t>(0, most_grid, "the grid");
    Reader::insist((answer.rows == 0) == (answer.columns == 0) && (done || answer.rows == 0), "the grid");
    for (int i = 0; i < answer.rows * answer.columns; ++i) {
        answer.falls.push_back(in.real32());
        Reader::insist(std::abs(answer.falls.back()) <= most_fall, "a fall of the log-odds");
    }
    return result;
}

std::vector<std::byte> write(std::uint64_t session, const Bye& bye) {
    Writer out(Kind::bye, session);
    out.number_of<std::uint8_t>(bye.gives_back ? 1 : 0);
    return out.take();
}

std::vector<std::byte> write(std::uint64_t session, const GivenJob& job) {
    Writer out(Kind::job, session);
    out.number(job.number);
    out.text(job.request_id, most_name);
    out.number(static_cast<std::uint8_t>(job.task));
    const std::chrono::milliseconds left =
        std::clamp<std::chrono::milliseconds>(job.left, std::chrono::milliseconds(0), most_left);
    out.number(static_cast<std::uint32_t>(left.count()));
    return out.take();
}

GivenJob read_job(Reader& in) {
    GivenJob job;
    job.number = in.number<std::uint64_t>();
    job.request_id = in.text(0, most_name, "the request id");
    job.task =
        static_cast<Task>(in.number_within<std::uint8_t>(0, static_cast<int>(Task::occlusion), "the task"));
    job.left = std::chrono::milliseconds(in.number<std::uint32_t>());
    Reader::insist(job.left <= most_left, "the time left");
    return job;
}

std::vector<std::byte> write(std::uint64_t session, const Refused& refused) {
    Writer out(Kind::refused, session);
    out.text(refused.why, most_line);
    return out.take();
}

std::vector<std::byte> write(std::uint64_t session, const Heartbeat&) {
    return Writer(Kind::heartbeat, session).take();
}
std::vector<std::byte> write(std::uint64_t session, const Again&) {
    return Writer(Kind::again, session).take();
}
std::vector<std::byte> write(std::uint64_t session, const Stop&) {
    return Writer(Kind::stop, session).take();
}

FromWorker worker_message(Kind kind, Reader& in) {
    switch (kind) {
        case Kind::ready:
            return read_ready(in);
        case Kind::result:
            return read_result(in);
        case Kind::bye:
            return Bye{in.number_within<std::uint8_t>(0, 1, "the manner of leaving") == 1};
        case Kind::heartbeat:
            return Heartbeat{};
        default:
            throw Malformed{"a wrong message: no worker sends it"};
    }
}

FromGateway gateway_message(Kind kind, Reader& in) {
    switch (kind) {
        case Kind::job:
            return read_job(in);
        case Kind::heartbeat:
            return Heartbeat{};
        case Kind::again:
            return Again{};
        case Kind::refused:
            return Refused{in.text(0, most_line, "the reason")};
        case Kind::stop:
            return Stop{};
        default:
            throw Malformed{"a wrong message: no gateway sends it"};
    }
}

Kind read_header(Reader& in, std::uint64_t& session) {
    Reader::insist(in.number<std::uint8_t>() == std::to_integer<std::uint8_t>(magic),
                   "it is of another protocol");
    const auto version = in.number<std::uint8_t>();
    const auto kind = static_cast<Kind>(in.number<std::uint8_t>());
    if (version != protocol_version && kind != Kind::refused)
        throw Malformed{"the protocol is of version " + std::to_string(version) + " there and of " +
                        std::to_string(protocol_version) + " here: both sides need the same emulsion"};
    Reader::insist(in.number<std::uint8_t>() == 0, "its header");
    session = in.number<std::uint64_t>();
    return kind;
}

template <class Message, class Parse>
Read<Message> read(std::span<const Frame> frames, const Parse& parse) {
    Read<Message> result;
    try {
        Reader::insist(!frames.empty() && frames[0].size() <= most_frame_bytes, "its size");
        Reader in(frames[0]);
        const Kind kind = read_header(in, result.session);
        Message message = parse(kind, in);
        Reader::insist(in.at_end(), "it goes on after its end");
        const std::size_t wanted = kind == Kind::job ? 2 : 1;
        Reader::insist(frames.size() == wanted && !frames.back().empty(), "the number of its frames");
        result.message = std::move(message);
    } catch (const Malformed& malformed) {
        result.why = malformed.why;
    }
    return result;
}

}  // namespace

std::vector<std::byte> write_message(std::uint64_t session, const FromWorker& message) {
    return std::visit([session](const auto& each) { return write(session, each); }, message);
}

std::vector<std::byte> write_message(std::uint64_t session, const FromGateway& message) {
    return std::visit([session](const auto& each) { return write(session, each); }, message);
}

Read<FromWorker> read_from_worker(std::span<const Frame> frames) {
    return read<FromWorker>(frames, worker_message);
}

Read<FromGateway> read_from_gateway(std::span<const Frame> frames) {
    return read<FromGateway>(frames, gateway_message);
}

}  // namespace emulsion::serve
