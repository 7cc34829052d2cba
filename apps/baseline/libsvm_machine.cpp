// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include <emulsion/error.h>
#include <libsvm/svm.h>
#include <algorithm>
#include <limits>

#include "apps/baseline/machine.h"

namespace emulsion::baseline {
namespace {

struct FreeModel {
    void operator()(svm_model* model) const { svm_free_and_destroy_model(&model); }
};

/// Features as LIBSVM reads them: pairs of a column, from 1, and a value; -1 ends a row. Zeros are left out.
class NodeRows {
   public:
    explicit NodeRows(Rows features) {
        for (std::int64_t i = 0; i < features.count; ++i) {
            starts_.push_back(nodes_.size());
            for (std::int64_t k = 0; k < features.depth; ++k)
                if (features.row(i)[k] != 0)
                    nodes_.push_back({static_cast<int>(k + 1), static_cast<double>(features.row(i)[k])});
            nodes_.push_back({-1, 0});
        }
    }
    svm_node* row(std::int32_t i) { return &nodes_[starts_[static_cast<std::size_t>(i)]]; }

   private:
    std::vector<svm_node> nodes_;
    std::vector<std::size_t> starts_;
};

svm_parameter parameters(const Kernel& kernel, double c, std::size_t cache_bytes) {
    svm_parameter p{};
    p.svm_type = C_SVC;
    p.kernel_type = kernel.kind == Kernel::Kind::rbf ? RBF : LINEAR;
    p.gamma = kernel.gamma;
    p.C = c;
    p.eps = SmoOptions{}.tolerance;
    p.shrinking = 1;
    p.cache_size = std::max(1.0, static_cast<double>(cache_bytes) / (1 << 20));
    return p;
}

class LibsvmMachine final : public Machine {
   public:
    LibsvmMachine(std::shared_ptr<NodeRows> nodes, const Kernel& kernel,
                  const std::vector<std::int32_t>& members, const std::vector<std::int8_t>& labels,
                  std::size_t cache_bytes)
        : nodes_(std::move(nodes)), kernel_(kernel), cache_bytes_(cache_bytes) {
        for (std::size_t k = 0; k < members.size(); ++k) {
            rows_.push_back(nodes_->row(members[k]));
            labels_.push_back(labels[k]);
        }
    }

    SmoSolution solve(double c) override {
        const svm_problem problem{static_cast<int>(rows_.size()), labels_.data(), rows_.data()};
        const svm_parameter parameter = parameters(kernel_, c, cache_bytes_);
        if (const char* const why = svm_check_parameter(&problem, &parameter))
            throw Error(Error::Kind::usage, std::string("LIBSVM: ") + why);
        model_.reset(svm_train(&problem, &parameter));
        // Its first class, the one it saw first, is its +1.
        sign_ = model_->label[0] > 0 ? 1 : -1;
        SmoSolution solution;
        solution.beta.assign(rows_.size(), 0.0);
        for (int i = 0; i < model_->l; ++i)
            solution.beta[static_cast<std::size_t>(model_->sv_indices[i] - 1)] =
                sign_ * model_->sv_coef[0][i];
        solution.rho = sign_ * model_->rho[0];
        solution.objective = std::numeric_limits<double>::quiet_NaN();
        return solution;
    }

    std::vector<double> decisions(std::span<const std::int32_t> targets) override {
        std::vector<double> values;
        for (const std::int32_t target : targets) {
            double value = 0;
            svm_predict_values(model_.get(), nodes_->row(target), &value);
            values.push_back(sign_ * value);
        }
        return values;
    }

   private:
    std::shared_ptr<NodeRows> nodes_;
    Kernel kernel_;
    std::size_t cache_bytes_;
    std::vector<svm_node*> rows_;
    std::vector<double> labels_;
    std::unique_ptr<svm_model, FreeModel> model_;
    int sign_ = 1;
};

}  // namespace

MachineMaker libsvm_machines(Rows features, std::size_t cache_bytes) {
    svm_set_print_string_function([](const char*) {});
    return [nodes = std::make_shared<NodeRows>(features), cache_bytes](
               const Kernel& kernel, const std::vector<std::int32_t>& members,
               const std::vector<std::int8_t>& labels) -> std::unique_ptr<Machine> {
        return std::make_unique<LibsvmMachine>(nodes, kernel, members, labels, cache_bytes);
    };
}

}  // namespace emulsion::baseline
