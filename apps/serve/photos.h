// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Photos from the body of a request, and what became of each.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "apps/serve/backend.h"
#include "apps/serve/body_budget.h"
#include "apps/serve/http_types.h"
#include "apps/serve/reference_scores.h"

namespace emulsion::serve {

/// A photo as it came.
struct Photo {
    std::optional<std::string> name;  ///< as the sender calls it; none where the body is the photo
    std::shared_ptr<const Bytes> bytes;
    std::optional<Refusal> refusal;  ///< no worker needs to see it
};

/// Whether a photo may say that it is of this type: image/*, or bytes of nobody knows what.
bool is_photo_type(std::string_view content_type);

/// The whole body as a photo, or the parts of a form, each with memory of its own. Refusal: a broken form,
/// one without photos (422).
std::vector<Photo> photos_of(const Request&, const std::shared_ptr<BodyBudget>&, std::size_t most_parts);

/// A photo's score, or why it has none.
struct Judged {
    std::optional<std::string> name;
    double probability = 0;
    std::optional<int> percentile;
    std::optional<Refusal> refusal;
};

/// The status and the words of an answer without a score; none if it has one.
std::optional<Refusal> refusal_of(const Answer&);

/// Asks for all photos that are not refused, and says once, when the last answer is there, what came: an
/// answer a photo, in their order. `then` runs in this call or in a thread of the backend's.
void ask_all(Backend&, Task, const Request&, const std::vector<Photo>&,
             std::function<void(std::vector<Answer>)> then);

}  // namespace emulsion::serve
