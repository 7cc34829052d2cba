// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Fully connected layers and their gradients. With n images, i inputs and o outputs, row-major arrays are to
// cuBLAS (product.h)
//     src, diff_src          n x i    ->  i x n
//     weights, diff_weights  o x i    ->  i x o
//     dst, diff_dst          n x o    ->  o x n
// and the three products
//     dst          = weights^T * src          o x n, over i;  bias: a number for each row
//     diff_src     = weights * diff_dst       i x n, over o
//     diff_weights = src * diff_dst^T         i x o, over n;  diff_bias: sums of the columns of diff_dst^T
//
// ReLU is never cuBLAS's: NVIDIA states it as max(x, 0), which says nothing of a NaN, and a NaN must stay.
// Where there is one, a kernel of ours passes over dst anyway, and adds the bias, too.
//
// In bf16 both operands of a product are bf16, weights as a packed copy; sums, biases and results are f32.
#include "kernels/cublas/multiplication.h"
#include "kernels/cublas/operations.h"
#include "kernels/cuda/plan.h"

namespace emulsion::kernels::EMULSION_CUDA_DEVICE::cublas {
namespace {

class FullyConnectedPlan : public PlainPlan {
   public:
    /// What cuBLAS counts fits in an int.
    static bool understands(const Operation& op) {
        const auto& f = op.as<FullyConnected>();
        return std::max({f.src.count(), f.outputs * f.src.per_image(), f.dst().count()}) <= most_elements;
    }

    void pack(const float* weights, void* packed, void*, const Stream& stream) const override {
        reorder(1, 1, static_cast<int>(f_.outputs * f_.src.per_image()), {}, weights, {false, true}, packed,
                queue_of(stream));
    }

   protected:
    FullyConnectedPlan(const Operation& op, const Limits& limits, Way way)
        : f_(op.as<FullyConnected>()),
          precision_(limits.precision),
          workspace_limit_(limits.workspace_bytes),
          way_(way) {}

    /// An operand of a product.
    void factor(Operand o, std::int64_t count) { plain(o, count, factor_type()); }
    /// Weights that are one; bf16 wants a copy.
    void weights_factor() {
        plain(Operand::weights, f_.outputs * f_.src.per_image());
        if (precision_ == Precision::bf16)
            packed_ = plain_layout(f_.outputs * f_.src.per_image(), DataType::bf16);
    }
    void choose(std::int64_t rows, std::int64_t columns, std::int64_t depth, bool transpose_a,
                bool transpose_b, cublasLtEpilogue_t epilogue = CUBLASLT_EPILOGUE_DEFAULT) {
        const Product product{static_cast<int>(rows),
                              static_cast<int>(columns),
                              static_cast<int>(depth),
                              transpose_a,
                              transpose_b,
                              precision_};
        multiplication_.emplace(product, epilogue, workspace_limit_, way_);
        workspace_bytes_ = multiplication_->workspace_bytes();
        variant_ = multiplication_->name();
    }
    DataType factor_type() const { return precision_ == Precision::bf16 ? DataType::bf16 : DataType::f32; }
    FullyConnectedShape shape() const {
        return {static_cast<int>(f_.src.n), static_cast<int>(f_.src.per_image()),
                static_cast<int>(f_.outputs)};
    }

    const FullyConnected f_;
    const Precision precision_;
    const std::size_t workspace_limit_;
    const Way way_;
    std::optional<Multiplication> multiplication_;
};

class Forward final : public FullyConnectedPlan {
   public:
    Forward(const Operation& op, const Limits& limits, Way way) : FullyConnectedPlan(op, limits, way) {
        factor(Operand::src, f_.src.count());
        weights_factor();
        if (f_.bias) plain(Operand::bias, f_.outputs);
        plain(Operand::dst, f_.dst().count());
        choose(f_.outputs, f_.src.n, f_.src.per_image(), true, false,
               f_.bias && !f_.relu ? CUBLASLT_EPILOGUE_BIAS : CUBLASLT_EPILOGUE_DEFAULT);
    }
    void run(const Arguments& arguments, void* workspace, const Stream& stream) const override {
        auto* const bias = f_.bias ? arguments.get<float>(Operand::bias) : nullptr;
        auto* const dst = arguments.get<float>(Operand::dst);
        multiplication_->run(arguments.get<const void>(Operand::weights),
                             arguments.get<const void>(Operand::src), bias, dst, workspace, stream.native);
        if (f_.relu || (f_.bias && !multiplication_->fuses()))
            add_bias(shape().n, shape().outputs, 1, {}, bias, f_.relu, dst, queue_of(stream));
    }
};

class BackwardData final : public FullyConnectedPlan {
   public:
    BackwardData(const Operation& op, const Limits& limits, Way way) : FullyConnectedPlan(op, limits, way) {
        factor(Operand::diff_dst, f_.dst().count());
        weights_factor();
        plain(Operand::diff_src, f_.src.count());
        choose(f_.src.per_image(), f_.src.n, f_.outputs, false, false);
    }
    void run(const Arguments& arguments, void* workspace, const Stream& stream) const override {
        multiplication_->run(arguments.get<const void>(Operand::weights),
                             arguments.get<const void>(Operand::diff_dst), nullptr,
                             arguments.get<float>(Operand::diff_src), workspace, stream.native);
    }
};

class BackwardWeights final : public FullyConnectedPlan {
   public:
    BackwardWeights(const Operation& op, const Limits& limits, Way way)
        : FullyConnectedPlan(op, limits, way) {
        factor(Operand::src, f_.src.count());
        factor(Operand::diff_dst, f_.dst().count());
        plain(Operand::diff_weights, f_.outputs * f_.src.per_image());
        if (f_.bias) plain(Operand::diff_bias, f_.outputs);
        choose(f_.src.per_image(), f_.outputs, f_.src.n, false, true,
               f_.bias ? CUBLASLT_EPILOGUE_BGRADB : CUBLASLT_EPILOGUE_DEFAULT);
        sums_bias_ = f_.bias && !multiplication_->fuses();
        if (sums_bias_ && factor_type() == DataType::bf16)
            workspace_bytes_ = std::max(workspace_bytes_, plain_layout(f_.dst().count()).bytes);
    }
    void run(const Arguments& arguments, void* workspace, const Stream& stream) const override {
        auto* const diff_bias = f_.bias ? arguments.get<float>(Operand::diff_bias) : nullptr;
        multiplication_->run(arguments.get<const void>(Operand::src),
                             arguments.get<const void>(Operand::diff_dst), diff_bias,
                             arguments.get<float>(Operand::diff_weights), workspace, stream.native);
        if (sums_bias_) sum_bias(arguments.get<const void>(Operand::diff_dst), diff_bias, workspace, stream);
    }

   private:
    /// Our kernel sums f32. The product is done with the workspace by then.
    void sum_bias(const void* diff_dst, float* diff_bias, void* workspace, const Stream& stream) const {
        const auto* wide = static_cast<const float*>(diff_dst);
        if (factor_type() == DataType::bf16) {
            reorder(1, 1, static_cast<int>(f_.dst().count()), {false, true}, diff_dst, {}, workspace,
                    queue_of(stream));
            wide = static_cast<const float*>(workspace);
        }
        fully_connected_backward_bias(shape(), wide, diff_bias, queue_of(stream));
    }

    bool sums_bias_ = false;
};

/// A plan is cheap to make: heuristics take microseconds, and run nothing.
template <class P, Way way>
bool supports(const Operation& op, const Limits& limits) {
    if (limits.batch_invariant || limits.precision == Precision::tf32x3 || !P::understands(op) || !is_here())
        return false;
    try {
        return P(op, limits, way).workspace_bytes() <= limits.workspace_bytes;
    } catch (const Refusal&) {
        return false;
    } catch (const KernelError&) {
        return true;  // cuBLAS failed: plan() fails in the same way, and says how
    }
}

template <class P, Way way>
Implementation entry(const char* word = "") {
    return {"cublas", DeviceKind::EMULSION_CUDA_DEVICE, supports<P, way>,
            [](const Operation& op, const Limits& limits) -> std::unique_ptr<Plan> {
                return std::make_unique<P>(op, limits, way);
            },
            word};
}
template <class P>
std::vector<Implementation> entries() {
    return {entry<P, Way::best>(), entry<P, Way::second>("lt2"), entry<P, Way::third>("lt3"),
            entry<P, Way::gemm>("gemm")};
}

}  // namespace

std::vector<Implementation> fully_connected_forward_entries() {
    return entries<Forward>();
}
std::vector<Implementation> fully_connected_backward_data_entries() {
    return entries<BackwardData>();
}
std::vector<Implementation> fully_connected_backward_weights_entries() {
    return entries<BackwardWeights>();
}

}  // namespace emulsion::kernels::EMULSION_CUDA_DEVICE::cublas
