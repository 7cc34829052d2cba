// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "apps/training_log.h"

#include <fcntl.h>
#include <spdlog/fmt/fmt.h>
#include <sys/stat.h>
#include <unistd.h>

#include <emulsion/error.h>
#include <cerrno>
#include <cstring>
#include <fstream>

namespace emulsion::apps {
namespace {

Json points_to_json(const std::vector<Curve::Point>& points) {
    Json list = Json::array();
    for (const Curve::Point& p : points) list.push_back({p.iteration, p.loss, p.accuracy});
    return list;
}

std::vector<Curve::Point> points_from_json(const Json& list) {
    std::vector<Curve::Point> points;
    for (const Json& p : list) points.push_back({p.at(0), p.at(1), p.at(2)});
    return points;
}

Line line_of(const std::string& label, int colour, const std::vector<Curve::Point>& points,
             double Curve::Point::*value) {
    Line line{label, colour, false, {}};
    for (const Curve::Point& p : points) line.points.emplace_back(static_cast<double>(p.iteration), p.*value);
    return line;
}

}  // namespace

Json to_json(const Curve& curve) {
    return {{"training", points_to_json(curve.training)}, {"validation", points_to_json(curve.validation)}};
}

Curve curve_from_json(const Json& json) {
    return {points_from_json(json.at("training")), points_from_json(json.at("validation"))};
}

Json event_of(const char* event, const Curve::Point& point) {
    return {
        {"event", event}, {"iteration", point.iteration}, {"loss", point.loss}, {"accuracy", point.accuracy}};
}

Curve read_curve(const std::string& log_path) {
    std::ifstream file(log_path);
    if (!file) throw Error(Error::Kind::data, fmt::format("{}: {}", log_path, std::strerror(errno)));
    Curve curve;
    std::string line;
    for (int number = 1; std::getline(file, line); ++number) {
        // A run that was killed may leave half a line at the end.
        if (file.eof()) break;
        try {
            const Json event = Json::parse(line);
            const std::string kind = event.at("event");
            if (kind != "train" && kind != "validation") continue;
            auto& points = kind == "train" ? curve.training : curve.validation;
            points.push_back({event.at("iteration"), event.at("loss"), event.at("accuracy")});
        } catch (const nlohmann::json::exception&) {
            throw Error(Error::Kind::data,
                        fmt::format("{}:{}: not an event of a training log", log_path, number));
        }
    }
    return curve;
}

Chart chart_of(const Curve& curve) {
    const auto panel = [&](const char* title, bool percent, double Curve::Point::*value) {
        Panel made{title, percent, {line_of("training", 0, curve.training, value)}};
        if (!curve.validation.empty())
            made.lines.push_back(line_of("validation", 1, curve.validation, value));
        return made;
    };
    return {"iteration",
            {panel("Loss", false, &Curve::Point::loss), panel("Accuracy", true, &Curve::Point::accuracy)}};
}

TrainingLog::TrainingLog(const std::string& path, std::int64_t keep, const Curve& curve) : path_(path) {
    descriptor_ = ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    struct stat status {};
    if (descriptor_ < 0 || ::fstat(descriptor_, &status) != 0) fail();
    const bool whole = status.st_size >= keep;
    size_ = whole ? keep : 0;
    if (::ftruncate(descriptor_, size_) != 0) fail();
    if (whole) return;
    for (const Curve::Point& p : curve.training) write(event_of("train", p));
    for (const Curve::Point& p : curve.validation) write(event_of("validation", p));
}

TrainingLog::~TrainingLog() {
    if (descriptor_ >= 0) ::close(descriptor_);
}

void TrainingLog::write(const Json& event) {
    const std::string line = json_line(event) + "\n";
    for (std::size_t done = 0; done < line.size();) {
        const ssize_t written = ::write(descriptor_, line.data() + done, line.size() - done);
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) fail();
        done += static_cast<std::size_t>(written);
    }
    size_ += static_cast<std::int64_t>(line.size());
}

std::int64_t TrainingLog::settle() {
    if (::fdatasync(descriptor_) != 0) fail();
    return size_;
}

void TrainingLog::fail() const {
    throw Error(Error::Kind::failure,
                fmt::format("{}: cannot write the log: {}", path_, std::strerror(errno)));
}

}  // namespace emulsion::apps
