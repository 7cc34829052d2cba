// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "apps/serve/photos.h"

#include <cmath>
#include <mutex>
#include <span>
#include <utility>

#include "apps/serve/metrics.h"
#include "apps/serve/multipart.h"

namespace emulsion::serve {
namespace {

std::string_view media_type(std::string_view content_type) {
    return trimmed(content_type.substr(0, content_type.find(';')));
}

Photo photo_of(const Part& part, const std::shared_ptr<BodyBudget>& budget) {
    Photo photo;
    photo.name = part.filename.value_or(part.field);
    if (!part.type.empty() && !is_photo_type(part.type)) {
        photo.refusal = Refusal(415, "type", "this part is no photo by its type");
    } else if (part.content.empty()) {
        photo.refusal = Refusal(422, "photo", "there is no photo in this part");
    } else {
        const auto content = std::as_bytes(std::span(part.content));
        // It was counted already as part of the form, which soon goes: never a reason to refuse.
        BodyCharge charge(budget);
        charge.take_anyway(content.size());
        photo.bytes = share(Bytes(content.begin(), content.end()), std::move(charge));
    }
    return photo;
}

/// Answers as they come, from whatever thread.
struct Gathering {
    std::mutex mutex;
    std::vector<Answer> answers;
    std::size_t missing = 0;
    std::function<void(std::vector<Answer>)> then;

    void take(std::size_t place, Answer answer) {
        {
            const std::scoped_lock lock(mutex);
            answers[place] = std::move(answer);
        }
        one_less();
    }

    void one_less() {
        {
            const std::scoped_lock lock(mutex);
            if (--missing != 0) return;
        }
        then(std::move(answers));
    }
};

}  // namespace

bool is_photo_type(std::string_view content_type) {
    const std::string_view type = media_type(content_type);
    return same_word(type.substr(0, 6), "image/") || same_word(type, "application/octet-stream");
}

std::vector<Photo> photos_of(const Request& request, const std::shared_ptr<BodyBudget>& budget,
                             std::size_t most_parts) {
    const auto boundary = form_boundary(request.head.field("content-type").value_or(""));
    std::vector<Photo> photos;
    if (!boundary) {
        photos.push_back({std::nullopt, request.body, std::nullopt});
        if (request.body->empty()) photos[0].refusal = Refusal(422, "photo", "the body is empty: no photo");
        return photos;
    }
    const std::string_view body(reinterpret_cast<const char*>(request.body->data()), request.body->size());
    for (const Part& part : parse_form(body, *boundary, most_parts)) photos.push_back(photo_of(part, budget));
    if (photos.empty()) throw Refusal(422, "photo", "the form has no photo in it");
    return photos;
}

std::optional<Refusal> refusal_of(const Answer& answer) {
    const auto say = [&](int status, std::string_view words, const char* retry_after = nullptr) {
        Refusal refusal(status, name_of(answer.outcome),
                        answer.message.empty() ? std::string(words) : answer.message);
        if (retry_after != nullptr) refusal.fields.emplace_back("Retry-After", retry_after);
        return refusal;
    };
    switch (answer.outcome) {
        case Outcome::done:
            if (std::isfinite(answer.probability)) return std::nullopt;
            return Refusal(500, name_of(Outcome::failed), "the net's answer is not a number");
        case Outcome::bad_photo:
            return say(422, "this is no photo that can be read");
        case Outcome::late:
            return say(504, "there was not enough time for this photo");
        case Outcome::full:
            return say(503, "too many photos wait already; try again later", "1");
        case Outcome::no_worker:
            return say(503, "no worker is there to look at it; try again later", "5");
        case Outcome::lost:
            return say(503, "two workers died over this photo", "5");
        case Outcome::stopping:
            return say(503, "the server is being stopped", "10");
        case Outcome::failed:
            break;
    }
    return say(500, "the worker failed");
}

void ask_all(Backend& backend, Task task, const Request& request, const std::vector<Photo>& photos,
             std::function<void(std::vector<Answer>)> then) {
    const auto gathering = std::make_shared<Gathering>();
    gathering->answers.resize(photos.size());
    gathering->then = std::move(then);
    // One more than there are photos, so that it cannot end before all are asked for.
    gathering->missing = photos.size() + 1;
    for (std::size_t i = 0; i < photos.size(); ++i) {
        if (photos[i].refusal) {
            gathering->one_less();
        } else {
            backend.submit({request.id, task, photos[i].bytes, request.deadline},
                           [gathering, i](Answer answer) { gathering->take(i, std::move(answer)); });
        }
    }
    gathering->one_less();
}

}  // namespace emulsion::serve
