// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "apps/baseline/svm.h"

#include <emulsion/error.h>
#include <algorithm>
#include <cmath>

#include "apps/baseline/products.h"
#include "apps/baseline/tensors.h"

namespace emulsion::baseline {
namespace {

constexpr std::int64_t block = 256;  // photos judged at once

constexpr std::size_t at(std::int64_t i) {
    return static_cast<std::size_t>(i);
}

bool finite(const std::vector<double>& values) {
    return std::all_of(values.begin(), values.end(), [](double v) { return std::isfinite(v); });
}
bool finite(const std::vector<float>& values) {
    return std::all_of(values.begin(), values.end(), [](float v) { return std::isfinite(v); });
}

}  // namespace

std::vector<float> column_means(Rows features) {
    std::vector<double> sums(at(features.depth), 0.0);
    for (std::int64_t i = 0; i < features.count; ++i)
        for (std::int64_t k = 0; k < features.depth; ++k)
            sums[at(k)] += static_cast<double>(features.row(i)[k]);
    std::vector<float> means;
    for (const double sum : sums)
        means.push_back(static_cast<float>(sum / static_cast<double>(features.count)));
    return means;
}

void centre(std::vector<float>& values, const std::vector<float>& means) {
    for (std::size_t first = 0; first < values.size(); first += means.size())
        for (std::size_t k = 0; k < means.size(); ++k) values[first + k] -= means[k];
}

Svm::Svm(Parts parts) : parts_(std::move(parts)) {
    for (std::int64_t i = 0; i < vectors(); ++i) {
        double sum = 0;
        for (std::int64_t k = 0; k < columns(); ++k) {
            const auto value = static_cast<double>(parts_.vectors[at(i * columns() + k)]);
            sum += value * value;
        }
        squared_norms_.push_back(static_cast<float>(sum));
    }
}

std::vector<double> Svm::decisions(Rows features) const {
    Products products({parts_.vectors.data(), vectors(), columns()}, DeviceId{}, 1);
    std::vector<double> result;
    std::vector<float> rows, values(at(vectors()));
    for (std::int64_t first = 0; first < features.count; first += block) {
        const std::int64_t count = std::min(block, features.count - first);
        rows.assign(features.row(first), features.row(first + count));
        centre(rows, parts_.means);
        values.resize(at(count * vectors()));
        products.multiply({rows.data(), count, columns()}, 0, vectors(), values.data(), vectors());
        for (std::int64_t i = 0; i < count; ++i) {
            double squared_norm = 0, sum = -parts_.rho;
            for (std::int64_t k = 0; k < columns(); ++k)
                squared_norm +=
                    static_cast<double>(rows[at(i * columns() + k)]) * rows[at(i * columns() + k)];
            float* const kernels = &values[at(i * vectors())];
            apply_kernel(parts_.kernel, static_cast<float>(squared_norm), squared_norms_.data(), kernels,
                         vectors());
            for (std::int64_t v = 0; v < vectors(); ++v)
                sum += parts_.coefficients[at(v)] * static_cast<double>(kernels[v]);
            result.push_back(sum);
        }
    }
    return result;
}

std::vector<Baseline::Judgement> Svm::judge_rows(Rows features) const {
    std::vector<Judgement> result;
    for (const double decision : decisions(features))
        result.push_back({parts_.sigmoid(decision), static_cast<std::int8_t>(decision > 0 ? 1 : 0)});
    return result;
}

void Svm::save(const std::string& path, const Provenance& provenance) const {
    Provenance metadata = provenance;
    metadata["emulsion.baseline"] = kind();
    metadata["kernel"] = parts_.kernel.kind == Kernel::Kind::rbf ? "rbf" : "linear";
    // What is computed with stands among the tensors, to the bit.
    const std::vector<double> numbers{parts_.kernel.gamma, parts_.rho, parts_.sigmoid.a, parts_.sigmoid.b};
    write_safetensors(
        path, metadata,
        {file_tensor("vectors", parts_.vectors, {vectors(), columns()}),
         file_tensor("coefficients", parts_.coefficients, {vectors()}),
         file_tensor("means", parts_.means, {columns()}), file_tensor("gamma, rho, sigmoid", numbers, {4})});
}

std::shared_ptr<const Baseline> load_svm(const SafetensorsFile& file) {
    Svm::Parts parts;
    const auto kernel = file.metadata().find("kernel");
    if (kernel == file.metadata().end() || (kernel->second != "rbf" && kernel->second != "linear"))
        refuse_baseline(file, "its kernel is not known");
    const auto numbers = read_tensor<double>(file, "gamma, rho, sigmoid", 1);
    if (numbers.size() != 4) refuse_baseline(file, "'gamma, rho, sigmoid' is not as it should be");
    parts.kernel = {kernel->second == "rbf" ? Kernel::Kind::rbf : Kernel::Kind::linear, numbers[0]};
    parts.rho = numbers[1];
    parts.sigmoid = {numbers[2], numbers[3]};
    parts.vectors = read_tensor<float>(file, "vectors", 2);
    parts.coefficients = read_tensor<double>(file, "coefficients", 1);
    parts.means = read_tensor<float>(file, "means", 1);
    if (parts.means.empty() || parts.coefficients.empty() ||
        file.find("vectors")->shape != std::vector{static_cast<std::int64_t>(parts.coefficients.size()),
                                                   static_cast<std::int64_t>(parts.means.size())})
        refuse_baseline(file, "its tensors do not fit each other");
    if (!finite(numbers) || !finite(parts.vectors) || !finite(parts.coefficients) || !finite(parts.means))
        refuse_baseline(file, "a number in it is not finite");
    if (parts.kernel.gamma < 0) refuse_baseline(file, "its gamma is negative");
    return std::make_shared<Svm>(std::move(parts));
}

Svm make_svm(Rows centred, const std::vector<float>& means, const Kernel& kernel, const SmoSolution& solution,
             const Sigmoid& sigmoid) {
    Svm::Parts parts{kernel, means, {}, {}, solution.rho, sigmoid};
    if (kernel.kind == Kernel::Kind::rbf) {
        for (std::int64_t i = 0; i < centred.count; ++i) {
            if (solution.beta[at(i)] == 0) continue;
            parts.coefficients.push_back(solution.beta[at(i)]);
            parts.vectors.insert(parts.vectors.end(), centred.row(i), centred.row(i + 1));
        }
        return Svm(std::move(parts));
    }
    std::vector<double> weights(at(centred.depth), 0.0);
    for (std::int64_t i = 0; i < centred.count; ++i)
        for (std::int64_t k = 0; k < centred.depth && solution.beta[at(i)] != 0; ++k)
            weights[at(k)] += solution.beta[at(i)] * static_cast<double>(centred.row(i)[k]);
    for (const double weight : weights) parts.vectors.push_back(static_cast<float>(weight));
    parts.coefficients = {1.0};
    return Svm(std::move(parts));
}

}  // namespace emulsion::baseline
