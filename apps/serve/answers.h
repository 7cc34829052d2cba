// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// What became of photos, as JSON and as a page.
#pragma once

#include <string>
#include <vector>

#include "apps/serve/backend.h"
#include "apps/serve/http_types.h"
#include "apps/serve/limits.h"
#include "apps/serve/photos.h"

namespace emulsion::serve {

/// {"score": 56.78}: percent, two decimals.
Response rating(const Judged&, const std::string& request_id);
/// {"request_id", "model", "photos": [...]}. Where the body was the photo, its failure is the request's;
/// in a form each entry has its own.
Response scores(const std::vector<Judged>&, bool form, const ModelFacts&, const std::string& request_id);
/// {"request_id", "score", "rows", "columns", "falls"}: the score in percent, the falls as shares of 1.
Response explanation(const Answer&, const std::string& request_id);
/// The server, its model, its workers and its limits.
Response description(const BackendState&, const Limits&, const std::string& request_id);
/// "ready: cpu, 2 threads; cuda:0 ...": the devices of the workers, each once.
Response readiness(const BackendState&);
/// A page for browsers without JavaScript, the best first.
Response score_page(const std::vector<Judged>&);

/// Text as HTML shows it.
std::string html_text(std::string_view text);

}  // namespace emulsion::serve
