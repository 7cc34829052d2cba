// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// The one page of kernels/: every operation, its descriptor, the plan that runs it and the ordered
// list of implementations to choose from. Nothing here knows of tensors, layers or nets.
//
// How an operation is run:
//   1. the caller fills an Operation: what to compute, in logical (NCHW) shapes;
//   2. it walks implementations(kind), fastest first, and asks the first that `supports` the
//      operation for a Plan; the plan answers with the physical layout of each operand;
//   3. it lays out memory, reorders what arrives differently, packs the weights once, and from then
//      on only calls Plan::run, which takes no memory and throws nothing but KernelError.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "kernels/error.h"
#include "kernels/philox.h"
#include "kernels/stream.h"

namespace emulsion::kernels {

enum class DeviceKind : std::uint8_t { cpu, cuda, emulated };
enum class DataType : std::uint8_t { f32, bf16, u8, i32, f64 };
enum class Precision : std::uint8_t { fp32, tf32, tf32x3, bf16 };

const char* name(DeviceKind);
const char* name(DataType);
const char* name(Precision);
std::size_t size_of(DataType);

// ---------------------------------------------------------------------------------------------
// Shapes and layouts

/// A logical shape, always in the order batch, channels, height, width.
struct Shape {
    std::int64_t n = 1, c = 1, h = 1, w = 1;

    std::int64_t count() const { return n * c * h * w; }
    std::int64_t per_image() const { return c * h * w; }
    bool operator==(const Shape&) const = default;
};

/// What an implementation knows of a layout of its own (blocked, padded, swizzled).
class OpaqueLayout {
   public:
    virtual ~OpaqueLayout() = default;
    virtual bool equals(const OpaqueLayout& other) const = 0;
    virtual std::string name() const = 0;
};

/// The physical arrangement of a value: plain NCHW, NHWC, or opaque to one implementation.
struct Layout {
    enum class Kind : std::uint8_t { nchw, nhwc, opaque };

    Kind kind = Kind::nchw;
    DataType type = DataType::f32;
    std::size_t bytes = 0;  ///< what it occupies, padding included
    std::shared_ptr<const OpaqueLayout> opaque;

    bool operator==(const Layout& other) const;
    bool plain() const { return kind == Kind::nchw; }
    std::string name() const;  ///< "nchw", "nhwc", or the owner's word, with the type if not f32
};

/// Plain NCHW of `count` elements.
Layout plain_layout(std::int64_t count, DataType type = DataType::f32);

// ---------------------------------------------------------------------------------------------
// Operations

enum class OpKind : std::uint8_t {
    conv_forward,           // src, weights, bias            -> dst
    conv_backward_data,     // diff_dst, weights             -> diff_src
    conv_backward_weights,  // src, diff_dst                 -> diff_weights, diff_bias
    fc_forward,             // src, weights, bias            -> dst
    fc_backward_data,       // diff_dst, weights             -> diff_src
    fc_backward_weights,    // src, diff_dst                 -> diff_weights, diff_bias
    relu_forward,           // src                           -> dst
    relu_backward,          // dst, diff_dst                 -> diff_src
    lrn_forward,            // src                           -> dst, saved
    lrn_backward,           // src, dst, diff_dst, saved     -> diff_src
    pool_forward,           // src                           -> dst, saved
    pool_backward,          // diff_dst, saved               -> diff_src
    dropout_forward,        // src, counter                  -> dst
    dropout_backward,       // diff_dst, counter             -> diff_src
    softmax_forward,        // src                           -> dst
    softmax_backward,       // dst, diff_dst                 -> diff_src
    loss_forward,           // src, labels                   -> dst (probabilities), loss
    loss_backward,          // dst (probabilities), labels   -> diff_src
    concat_forward,         // list of src                   -> dst
    concat_backward,        // diff_dst                      -> list of diff_src
    add,                    // src, src2                     -> dst
    square_sum,             // src                           -> dst (f64)
    sgd_update,             // weights, diff_weights, momentum, rates (in place)
    prepare_input,          // photos, crops, mean           -> dst
    reorder,                // src                           -> dst
};
inline constexpr int op_kind_count = static_cast<int>(OpKind::reorder) + 1;
const char* name(OpKind);

/// The roles that pointers play. `src` and `diff_src` of a concat stand in Arguments::list instead.
enum class Operand : std::uint8_t {
    src,
    src2,
    weights,
    bias,
    dst,
    saved,
    diff_src,
    diff_dst,
    diff_weights,
    diff_bias,
    labels,
    loss,
    counter,
    momentum,
    rates,
    photos,
    crops,
    mean,
};
inline constexpr int operand_count = static_cast<int>(Operand::mean) + 1;
const char* name(Operand);

/// Convolution (cross-correlation), OIHW weights of shape (dst.c, src.c / groups, kernel_h, kernel_w).
/// Padding is zero; what lies below and right of the image follows from dst. In bf16 diff_weights may have
/// been rounded to bf16 once before they are f32 (cuDNN has no engine from bf16 to f32).
struct Convolution {
    Shape src, dst;
    int kernel_h = 1, kernel_w = 1, stride_h = 1, stride_w = 1, pad_h = 0, pad_w = 0, groups = 1;
    bool bias = true;
    bool relu = false;  ///< forward only: dst = max(0, result)

    std::int64_t weight_count() const { return dst.c * (src.c / groups) * kernel_h * kernel_w; }
    bool operator==(const Convolution&) const = default;
};

/// dst[n][o] = bias[o] + sum over i of weights[o][i] * src[n][i], with i over c*h*w in NCHW order.
struct FullyConnected {
    Shape src;
    std::int64_t outputs = 1;
    bool bias = true;
    bool relu = false;  ///< forward only

    Shape dst() const { return {src.n, outputs, 1, 1}; }
    bool operator==(const FullyConnected&) const = default;
};

/// ReLU: dst = max(0, src); backward reads the output: diff_src = dst > 0 ? diff_dst : 0.
/// A NaN passes through forward as NaN, so that it is noticed at the loss.
struct Relu {
    Shape shape;
    bool operator==(const Relu&) const = default;
};

/// dst = src / (k + alpha / size * sum of squares over `size` neighbouring channels)^beta
/// (Krizhevsky et al. 2012, with Caffe's division of alpha by size). An even window has one channel more
/// after the middle than before it (ONNX).
struct Lrn {
    Shape shape;
    int size = 5;
    float alpha = 1e-4F, beta = 0.75F, k = 1.0F;
    bool keep = false;  ///< forward only: write `saved` for the backward pass
    bool operator==(const Lrn&) const = default;
};

/// Pooling. A window may hang over any edge; cells outside the image never win a maximum. With equal
/// values the first in row order wins. A NaN in a window wins it.
struct Pool {
    enum class Mode : std::uint8_t {
        maximum,
        average_padded,  ///< divides by the window clipped to the padded extent (Caffe, torch)
        average_inside,  ///< divides by the cells inside the image (ONNX count_include_pad=0)
    };
    Shape src, dst;
    Mode mode = Mode::maximum;
    int kernel_h = 2, kernel_w = 2, stride_h = 2, stride_w = 2, pad_h = 0, pad_w = 0;
    bool keep = false;  ///< forward only: write `saved` for the backward pass
    bool operator==(const Pool&) const = default;
};

/// Inverted dropout: dst = keep ? src / (1 - ratio) : 0. Element i (in NCHW order) is kept when word
/// i % 4 of dropout_words(seed, step, stream, i / 4) is at least drop_threshold(ratio); no mask is kept.
/// The operand `counter` points to a DropoutCounter in device memory. Plain f32 only.
struct Dropout {
    Shape shape;
    float ratio = 0.5F;
    std::uint32_t stream = 0;  ///< which dropout layer of the net this is
    bool operator==(const Dropout&) const = default;
};
struct DropoutCounter {
    std::uint64_t seed = 0, step = 0;
};

/// Softmax across channels, shape (n, c, 1, 1). Plain f32.
struct Softmax {
    Shape shape;
    bool operator==(const Softmax&) const = default;
};

/// Softmax followed by cross-entropy. labels are i32[n]; a label of -1 leaves that image out.
/// loss is f32[1]: the mean over the images counted (Caffe's VALID), 0 where none is.
/// backward: diff_src = scale * (dst - onehot(label)) / images counted; rows left out get zeros.
struct Loss {
    Shape shape;
    float scale = 1.0F;
    bool operator==(const Loss&) const = default;
};

/// Concatenation along channels. dst.c is the sum of channels.
struct Concat {
    std::vector<Shape> src;
    Shape dst;
    bool operator==(const Concat&) const = default;
};

/// dst = src + src2, one layout for all three (in place on either source allowed).
struct Add {
    Shape shape;
    bool operator==(const Add&) const = default;
};

/// dst (f64[1]) = sum of squares of a flat f32 buffer, added in an order that depends on count alone.
struct SquareSum {
    std::int64_t count = 0;
    bool operator==(const SquareSum&) const = default;
};

/// Caffe's SGD over one flat buffer: with g = scale * diff + decay * decay_mult * w (L2; L1 takes
/// sign(w)), v = momentum * v + rate * rate_mult * g, w -= v. Segments with rate_mult 0 are left as
/// they are. The operand `rates` points to an SgdRates in device memory.
struct Sgd {
    struct Segment {
        std::int64_t offset = 0, count = 0;
        float rate_mult = 1, decay_mult = 1;
        bool operator==(const Segment&) const = default;
    };
    std::int64_t count = 0;
    std::vector<Segment> segments;
    bool l1 = false;
    bool operator==(const Sgd&) const = default;
};
struct SgdRates {
    float rate = 0, momentum = 0, decay = 0, scale = 1;
    std::int32_t skip = 0;  ///< not 0: the loss or a gradient was not finite; change nothing
};

/// Photos (u8, n x photo_h x photo_w x 3, RGB interleaved) to a net's input (f32 NCHW):
/// dst[n][c][y][x] = (photo - mean[c]) * scale[c], or with a mean image (f32, 3 x photo_h x photo_w,
/// channels in the net's order) minus its cell at the photo's own, uncropped position.
/// crops are i32[n][3]: top, left, mirrored; a mirrored crop is read right to left.
struct PrepareInput {
    Shape dst;
    int photo_h = 0, photo_w = 0;
    bool bgr = true;
    bool mean_image = false;
    std::array<float, 3> mean{}, scale{1, 1, 1};  ///< in the net's channel order
    bool operator==(const PrepareInput&) const = default;
};

/// The same value in another layout or data type.
struct Reorder {
    Shape shape;
    Layout from, to;
    bool operator==(const Reorder&) const = default;
};

using Descriptor = std::variant<Convolution, FullyConnected, Relu, Lrn, Pool, Dropout, Softmax, Loss, Concat,
                                Add, SquareSum, Sgd, PrepareInput, Reorder>;

struct Operation {
    OpKind kind{};
    Descriptor descriptor;

    template <class T>
    const T& as() const {
        return std::get<T>(descriptor);
    }
};

/// Floating-point operations (a multiply and an add are two) and the bytes that must cross the memory
/// bus at least once, at fp32: the floor against which a plan is measured.
struct Cost {
    double flop = 0, bytes = 0;
};
Cost cost(const Operation&);

/// One line for logs and errors: "conv_forward 50x3x159x240 -> 50x96x38x58 k11x11 s4 ...".
std::string describe(const Operation&);
std::string describe(const Shape&);  ///< "50x3x159x240"

// ---------------------------------------------------------------------------------------------
// Running

/// The pointers of one call. A weight operand is the packed copy if the plan packs, else plain OIHW.
struct Arguments {
    std::array<void*, operand_count> at{};
    std::span<void* const> list;  ///< concat: the sources, or the sources' gradients

    template <class T>
    T* get(Operand o) const {
        return static_cast<T*>(at[static_cast<std::size_t>(o)]);
    }
    void set(Operand o, const void* p) { at[static_cast<std::size_t>(o)] = const_cast<void*>(p); }
};

/// One way to run one operation. Made once, immutable in what it states; run by one thread at a time.
/// On a GPU and on the CPU alike, run() takes no memory and may be called any number of times.
class Plan {
   public:
    virtual ~Plan() = default;

    /// The layout in which each operand must be given, and in which results come.
    /// Operands that the operation lacks have bytes == 0. `weights` here is the plain layout.
    const Layout& layout(Operand o) const { return layouts_[static_cast<std::size_t>(o)]; }
    /// Layouts of a concat's sources (or of their gradients).
    const std::vector<Layout>& list_layouts() const { return list_layouts_; }

    std::size_t workspace_bytes() const { return workspace_bytes_; }
    /// Layout of the private copy of the weights; bytes == 0: the plan reads plain weights. Plans
    /// with equal packed layouts can share one copy.
    const Layout& packed() const { return packed_; }
    /// Same inputs, same bits, on the same device with the same number of threads.
    bool deterministic() const { return deterministic_; }
    /// An image's result has the same bits alone and at any place in any batch, for every such plan
    /// of this implementation and operation.
    bool batch_invariant() const { return batch_invariant_; }
    /// The result may overwrite its source: dst on src (or src2), diff_src on diff_dst.
    bool in_place() const { return in_place_; }
    /// What the implementation chose, for profiles: "jit:avx512_core", "im2col+gemm", ...
    const std::string& variant() const { return variant_; }

    /// Writes the packed copy of plain weights (packed().bytes, 64-byte aligned).
    virtual void pack(const float* weights, void* packed, void* workspace, const Stream&) const;
    /// `workspace` is 64-byte aligned and holds workspace_bytes(); its content is not kept.
    virtual void run(const Arguments&, void* workspace, const Stream&) const = 0;

   protected:
    void set_layout(Operand o, Layout l) { layouts_[static_cast<std::size_t>(o)] = std::move(l); }

    std::array<Layout, operand_count> layouts_{};
    std::vector<Layout> list_layouts_;
    Layout packed_;
    std::size_t workspace_bytes_ = 0;
    bool deterministic_ = true, batch_invariant_ = false, in_place_ = false;
    std::string variant_;
};

/// What a plan may take for granted and must keep to.
struct Limits {
    std::size_t workspace_bytes = ~std::size_t{0};
    int threads = 1;
    Precision precision = Precision::fp32;
    bool batch_invariant = false;  ///< only plans that are will be accepted
    bool training = false;         ///< weights change every step; forward keeps what backward needs
    /// The layouts in which operands arrive, where known (bytes == 0: not known, choose freely).
    /// A plan that follows saves a reorder; a plan that does not gets one.
    std::array<Layout, operand_count> arriving{};
    std::vector<Layout> arriving_list;
    /// For a backward operation: the plan of its forward, whose `saved` it must understand.
    const Plan* forward = nullptr;

    const Layout& arrives(Operand o) const { return arriving[static_cast<std::size_t>(o)]; }
};

/// One entry of an operation's list. A folder that knows several ways to run an operation has an entry for
/// each: first the one that picks a way by the descriptor, then those that always go one way, which are there
/// for the tuner and for study.
struct Implementation {
    const char* name;  ///< the folder: "eigen", "onednn", ...
    DeviceKind device;
    /// Cheap and free of side effects. False where the operation, or the limits, cannot be met.
    bool (*supports)(const Operation&, const Limits&);
    std::unique_ptr<Plan> (*plan)(const Operation&, const Limits&);
    const char* way = "";  ///< one word, "winograd", "tile64"; empty for the entry that picks

    /// "onednn", "onednn:winograd".
    std::string full_name() const { return *way == 0 ? name : std::string(name) + ":" + way; }
};

/// Every implementation of an operation that was built in, fastest first, the readable one last.
const std::vector<Implementation>& implementations(OpKind);

// Each folder appends its entries; a folder that was not built is a stub that appends none. kernels/cuda is
// built for two devices: by nvcc, and for the emulator.
namespace cuda {
void append(OpKind, std::vector<Implementation>&);
void append_cudnn(OpKind, std::vector<Implementation>&);
void append_cublas(OpKind, std::vector<Implementation>&);
}  // namespace cuda
namespace emulated {
void append(OpKind, std::vector<Implementation>&);
}
void append_onednn(OpKind, std::vector<Implementation>&);
void append_eigen(OpKind, std::vector<Implementation>&);

/// A thread team on the runtime that the fast CPU folder uses itself (so that a process has one team
/// and not two that fight for the cores), or null where that folder was not built.
std::unique_ptr<Threads> fast_cpu_threads(int count);

/// A library that a folder stands on: name and version, or why it is absent. Those of `cuda` are opened by
/// the question.
struct Component {
    std::string name, version;
    bool present = false;
    DeviceKind device = DeviceKind::cpu;
    const char* folder = "";  ///< the name of its implementations
    std::string file = {};    ///< that was opened; empty where it is part of the program
};
std::vector<Component> components();
Component cudnn_component();
Component cublas_component();
Component onednn_component();
Component eigen_component();

}  // namespace emulsion::kernels
