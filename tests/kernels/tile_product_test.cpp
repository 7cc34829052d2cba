// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// The matrix products of kernels/cuda at the edges of their tiles, both shapes of tile at every size, which
// the plans would choose between: exactly right on small integers, which every order sums exactly, and the
// same bits on any numbers.
#include <gtest/gtest.h>

#include "kernels/cuda/launchers.h"
#include "tests/kernels/emulator/device_array.h"
#include "tests/kernels/emulator/orders.h"
#include "tests/kernels/oracle.h"

namespace emulsion::kernels::tests {
namespace {

using emulated::Queue;
using emulated::Tile;

constexpr Tile tiles[] = {Tile::small, Tile::big};

/// Products by launchers, in every order of threads.
class TileProduct : public emulated::InEveryOrder {};
INSTANTIATE_TEST_SUITE_P(Orders, TileProduct, emulated::all_orders(), emulated::order_name);

/// Numbers in memory of the device, `skew` floats beyond an alignment of 256 bytes.
class Floats {
   public:
    explicit Floats(const Values& values, std::size_t skew = 0) : skew_(skew), memory_(values.size() + skew) {
        std::copy(values.begin(), values.end(), data());
    }
    explicit Floats(std::int64_t count) : memory_(static_cast<std::size_t>(count)) {}

    float* data() { return memory_.data() + skew_; }
    std::vector<float> read() const { return memory_.read(); }

   private:
    std::size_t skew_ = 0;
    emulated::DeviceArray<float> memory_;
};

bool same_bits(const std::vector<float>& a, const std::vector<float>& b) {
    return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof a[0]) == 0;
}

/// Where a result is not what the oracle says; "" if nowhere.
template <class OracleCell>
std::string fault(const std::vector<float>& result, OracleCell&& cell) {
    for (std::size_t i = 0; i < result.size(); ++i) {
        const double expected = cell(static_cast<std::int64_t>(i)).value;
        if (static_cast<double>(result[i]) != expected)
            return "cell " + std::to_string(i) + " of " + std::to_string(result.size()) + ": expected " +
                   std::to_string(expected) + ", got " + std::to_string(result[i]);
    }
    return "";
}

/// The operands of one operation, in the order in which a kind of random numbers gives them.
template <class Random>
std::vector<Values> operands(std::initializer_list<std::int64_t> counts, Random&& random) {
    std::vector<Values> all;
    for (const std::int64_t count : counts)
        all.push_back(random(count, static_cast<std::uint32_t>(all.size())));
    return all;
}
Values integers(std::int64_t count, std::uint32_t stream) {
    return random_ties(count, stream);
}
Values reals(std::int64_t count, std::uint32_t stream) {
    return random_values(count, stream);
}

// ---------------------------------------------------------------------------------------------
// Fully connected

constexpr std::int64_t edges[][3] = {
    {1, 1, 1},     {63, 65, 7},  {64, 64, 8},  {65, 63, 9},   {127, 129, 16}, {128, 128, 24},
    {129, 127, 3}, {3, 130, 17}, {191, 2, 12}, {1, 127, 100}, {50, 66, 4},    {130, 1, 33},
};

struct Layer {
    FullyConnected f;
    emulated::FullyConnectedShape shape;

    Layer(std::int64_t n, std::int64_t outputs, std::int64_t inputs)
        : f{{n, inputs, 1, 1}, outputs},
          shape{static_cast<int>(n), static_cast<int>(inputs), static_cast<int>(outputs)} {}
};

struct LayerResults {
    std::vector<float> dst, diff_src, diff_weights;
};

/// The three products by one tile. `v` holds src, weights, bias and diff_dst.
LayerResults products(Tile tile, const Layer& layer, const std::vector<Values>& v, const Queue& queue,
                      std::size_t skew = 0) {
    Floats src(v[0], skew), weights(v[1], skew), bias(v[2], skew), diff_dst(v[3], skew);
    Floats dst(layer.f.dst().count()), diff_src(layer.f.src.count());
    Floats diff_weights(layer.f.outputs * layer.f.src.c);
    emulated::fully_connected_forward_tiled(tile, layer.shape, src.data(), weights.data(), bias.data(), false,
                                            dst.data(), queue);
    emulated::fully_connected_backward_data(tile, layer.shape, diff_dst.data(), weights.data(),
                                            diff_src.data(), queue);
    emulated::fully_connected_backward_weights(tile, layer.shape, src.data(), diff_dst.data(),
                                               diff_weights.data(), queue);
    return {dst.read(), diff_src.read(), diff_weights.read()};
}

std::vector<Values> operands_of(const Layer& layer, Values (*random)(std::int64_t, std::uint32_t)) {
    const FullyConnected& f = layer.f;
    return operands({f.src.count(), f.outputs * f.src.c, f.outputs, f.dst().count()}, random);
}

TEST_P(TileProduct, FullyConnectedIsRightAtTheEdgesOfItsTiles) {
    for (const auto& [n, outputs, inputs] : edges) {
        const Layer layer(n, outputs, inputs);
        const auto v = operands_of(layer, integers);
        for (const Tile tile : tiles) {
            SCOPED_TRACE(describe({OpKind::fc_forward, layer.f}) + (tile == Tile::big ? ", big" : ", small"));
            const LayerResults results = products(tile, layer, v, queue());
            const auto forward = [&](std::int64_t i) {
                return oracle::fc_forward(layer.f, v[0], v[1], v[2], i);
            };
            const auto data = [&](std::int64_t i) {
                return oracle::fc_backward_data(layer.f, v[3], v[1], i);
            };
            const auto gradient = [&](std::int64_t i) {
                return oracle::fc_backward_weights(layer.f, v[0], v[3], i);
            };
            EXPECT_EQ(fault(results.dst, forward), "");
            EXPECT_EQ(fault(results.diff_src, data), "");
            EXPECT_EQ(fault(results.diff_weights, gradient), "");
        }
    }
}

TEST_P(TileProduct, FullyConnectedHasTheSameBitsInEveryTileAndAtEveryAlignment) {
    for (const auto& [n, outputs, inputs] : edges) {
        const Layer layer(n, outputs, inputs);
        const auto v = operands_of(layer, reals);
        const LayerResults first = products(Tile::small, layer, v, queue());
        for (const Tile tile : tiles)
            for (const std::size_t skew : {0, 1}) {
                const LayerResults other = products(tile, layer, v, queue(), skew);
                EXPECT_TRUE(same_bits(first.dst, other.dst));
                EXPECT_TRUE(same_bits(first.diff_src, other.diff_src));
                EXPECT_TRUE(same_bits(first.diff_weights, other.diff_weights));
            }
    }
}

// The order is part of the contract: it is what makes results comparable between cards and batches.
TEST_P(TileProduct, SumsAreChainsOverTheDepthInOrder) {
    const Layer layer(65, 67, 45);
    const auto v = operands_of(layer, reals);
    const std::vector<float> dst = products(Tile::small, layer, v, queue()).dst;
    for (std::size_t i = 0; i < dst.size(); ++i) {
        const std::size_t image = i / 67, output = i % 67;
        float sum = 0;
        for (std::size_t k = 0; k < 45; ++k)
            sum = std::fma(static_cast<float>(v[0][image * 45 + k]),
                           static_cast<float>(v[1][output * 45 + k]), sum);
        ASSERT_EQ(dst[i], sum + static_cast<float>(v[2][output])) << i;
    }
}

TEST_P(TileProduct, StreamedIsRightForAnyNumberOfImagesAndAtEveryAlignment) {
    for (const std::int64_t n : {1, 2, 3, 4, 5, 8, 50})
        for (const auto& [outputs, inputs] : {std::pair{1, 1}, {5, 127}, {4, 128}, {7, 132}, {3, 515}}) {
            const Layer layer(n, outputs, inputs);
            const auto v = operands_of(layer, integers), r = operands_of(layer, reals);
            const auto stream = [&](const std::vector<Values>& values, std::size_t skew) {
                Floats src(values[0], skew), weights(values[1], skew), bias(values[2]), dst(n * outputs);
                emulated::fully_connected_forward_streamed(layer.shape, src.data(), weights.data(),
                                                           bias.data(), false, dst.data(), queue());
                return dst.read();
            };
            const auto forward = [&](std::int64_t i) {
                return oracle::fc_forward(layer.f, v[0], v[1], v[2], i);
            };
            EXPECT_EQ(fault(stream(v, 0), forward), "") << n << " images, " << outputs << " x " << inputs;
            EXPECT_TRUE(same_bits(stream(r, 0), stream(r, 1))) << outputs << " x " << inputs;
        }
}

// ---------------------------------------------------------------------------------------------
// Convolution. Rows, columns and depth of the three products at one less and one more than a tile.

const Convolution convolutions[] = {
    {{1, 7, 9, 7}, {1, 63, 9, 7}},
    {{1, 64, 8, 8}, {1, 64, 8, 8}},
    {{1, 65, 13, 5}, {1, 65, 13, 5}},
    {{1, 43, 1, 127}, {1, 127, 1, 127}, 1, 3, 1, 1, 0, 1},
    {{2, 5, 8, 8}, {2, 128, 8, 8}, 5, 5, 1, 1, 2, 2},
    {{3, 129, 1, 43}, {3, 6, 1, 43}, 3, 1, 1, 1, 1, 0},
    {{1, 3, 43, 39}, {1, 65, 9, 8}, 11, 11, 4, 4},
    {{2, 14, 9, 8}, {2, 130, 9, 8}, 3, 3, 1, 1, 1, 1, 2},
    {{1, 6, 16, 23}, {1, 7, 9, 9}, 3, 5, 2, 3, 2, 3},
    {{2, 3, 9, 11}, {2, 4, 3, 3}, 2, 2, 3, 4},  // some places of the source meet no tap
};

emulated::ConvolutionShape shape_of(const Convolution& c) {
    const auto i = [](std::int64_t extent) { return static_cast<int>(extent); };
    return {i(c.src.n), i(c.src.c), i(c.src.h), i(c.src.w), i(c.dst.c), i(c.dst.h), i(c.dst.w),
            c.kernel_h, c.kernel_w, c.stride_h, c.stride_w, c.pad_h,    c.pad_w,    c.groups};
}

std::vector<Values> operands_of(const Convolution& c, Values (*random)(std::int64_t, std::uint32_t)) {
    return operands({c.src.count(), c.weight_count(), c.dst.c, c.dst.count()}, random);
}

std::vector<float> forward(Tile tile, const Convolution& c, const std::vector<Values>& v,
                           const Queue& queue) {
    Floats src(v[0]), weights(v[1]), bias(v[2]), dst(c.dst.count());
    emulated::convolution_forward(tile, shape_of(c), src.data(), weights.data(), bias.data(), false,
                                  dst.data(), queue);
    return dst.read();
}
std::vector<float> backward_data(Tile tile, const Convolution& c, const std::vector<Values>& v,
                                 const Queue& queue) {
    Floats weights(v[1]), diff_dst(v[3]), diff_src(c.src.count());
    emulated::convolution_backward_data(tile, shape_of(c), diff_dst.data(), weights.data(), diff_src.data(),
                                        queue);
    return diff_src.read();
}
std::vector<float> backward_weights(Tile tile, const Convolution& c, int splits, const std::vector<Values>& v,
                                    const Queue& queue) {
    Floats src(v[0]), diff_dst(v[3]), diff_weights(c.weight_count());
    Floats partials(splits == 1 ? 0 : splits * c.weight_count());
    emulated::convolution_backward_weights(tile, shape_of(c), splits, src.data(), diff_dst.data(),
                                           partials.data(), diff_weights.data(), queue);
    return diff_weights.read();
}

TEST_P(TileProduct, ConvolutionIsRightAtTheEdgesOfItsTiles) {
    for (const Convolution& c : convolutions) {
        const auto v = operands_of(c, integers);
        for (const Tile tile : tiles) {
            SCOPED_TRACE(describe({OpKind::conv_forward, c}) + (tile == Tile::big ? ", big" : ", small"));
            const auto dst = [&](std::int64_t i) { return oracle::conv_forward(c, v[0], v[1], v[2], i); };
            const auto diff_src = [&](std::int64_t i) {
                return oracle::conv_backward_data(c, v[3], v[1], i);
            };
            EXPECT_EQ(fault(forward(tile, c, v, queue()), dst), "");
            EXPECT_EQ(fault(backward_data(tile, c, v, queue()), diff_src), "");
        }
    }
}

/// In one part, in few, in parts of one slice, and in more than there are slices, so that some are empty.
TEST_P(TileProduct, TheGradientOfWeightsIsRightInAnyNumberOfParts) {
    for (const Convolution& c : convolutions) {
        const auto v = operands_of(c, integers);
        const auto diff_weights = [&](std::int64_t i) {
            return oracle::conv_backward_weights(c, v[0], v[3], i);
        };
        for (const Tile tile : tiles)
            for (const int splits : {1, 2, 5, 17})
                EXPECT_EQ(fault(backward_weights(tile, c, splits, v, queue()), diff_weights), "")
                    << describe({OpKind::conv_backward_weights, c}) << ", " << splits << " parts"
                    << (tile == Tile::big ? ", big" : ", small");
    }
}

TEST_P(TileProduct, ConvolutionHasTheSameBitsInEveryTile) {
    for (const Convolution& c : convolutions) {
        SCOPED_TRACE(describe({OpKind::conv_forward, c}));
        const auto v = operands_of(c, reals);
        EXPECT_TRUE(same_bits(forward(Tile::small, c, v, queue()), forward(Tile::big, c, v, queue())));
        EXPECT_TRUE(
            same_bits(backward_data(Tile::small, c, v, queue()), backward_data(Tile::big, c, v, queue())));
        for (const int splits : {1, 3})
            EXPECT_TRUE(same_bits(backward_weights(Tile::small, c, splits, v, queue()),
                                  backward_weights(Tile::big, c, splits, v, queue())));
    }
}

/// The sums beside the products: outputs and places around the 256 threads of a block.
TEST_P(TileProduct, TheGradientOfBiasIsRight) {
    for (const std::int64_t n : {1, 2, 255, 256, 257}) {
        const Convolution c{{n, 1, 1, 3}, {n, 3, 1, 3}};
        const Values diff_dst = integers(c.dst.count(), 0);
        Floats given(diff_dst), diff_bias(c.dst.c);
        emulated::convolution_backward_bias(shape_of(c), given.data(), diff_bias.data(), queue());
        const auto expected = [&](std::int64_t i) { return oracle::conv_backward_bias(c, diff_dst, i); };
        EXPECT_EQ(fault(diff_bias.read(), expected), "") << n << " images";
    }
    for (const std::int64_t outputs : {1, 255, 256, 257}) {
        const Layer layer(3, outputs, 1);
        const Values diff_dst = integers(layer.f.dst().count(), 0);
        Floats given(diff_dst), diff_bias(outputs);
        emulated::fully_connected_backward_bias(layer.shape, given.data(), diff_bias.data(), queue());
        const auto expected = [&](std::int64_t i) { return oracle::fc_backward_bias(layer.f, diff_dst, i); };
        EXPECT_EQ(fault(diff_bias.read(), expected), "") << outputs << " outputs";
    }
}

}  // namespace
}  // namespace emulsion::kernels::tests
