// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Batch invariance: where a plan promises it, an image's result has the same bits alone and at any place in
// a batch of any size.
#include <gtest/gtest.h>

#include "tests/kernels/card.h"
#include "tests/kernels/cases.h"
#include "tests/kernels/standard.h"

namespace emulsion::kernels::tests {
namespace {

constexpr std::int64_t photos = 32;  // the images of which every batch is made

/// The cells of some images of an array that has `photos` of them, or the array itself.
Array pick(const Array& all, const std::vector<std::int64_t>& images) {
    if (all.shape.n != photos) return all;
    Array picked = all;
    picked.shape.n = static_cast<std::int64_t>(images.size());
    picked.cells.clear();
    const std::int64_t size = all.shape.per_image();
    for (const std::int64_t image : images)
        picked.cells.insert(picked.cells.end(), all.cells.begin() + image * size,
                            all.cells.begin() + (image + 1) * size);
    return picked;
}

/// The same operation for some of the images; no oracle: bits are compared with bits.
Problem pick(const Problem& all, const std::vector<std::int64_t>& images) {
    Problem p(with_batch(all.operation, static_cast<std::int64_t>(images.size())));
    for (const auto& [operand, array] : all.inputs) p.inputs[operand] = pick(array, images);
    for (const auto& array : all.list) p.list.push_back(pick(array, images));
    for (const auto& [operand, expected] : all.outputs) {
        p.outputs[operand].shape = expected.shape;
        if (expected.shape.n == photos) p.outputs[operand].shape.n = static_cast<std::int64_t>(images.size());
    }
    return p;
}

std::vector<std::int64_t> consecutive(std::int64_t first, std::int64_t count) {
    std::vector<std::int64_t> images;
    for (std::int64_t i = 0; i < count; ++i) images.push_back((first + i) % photos);
    return images;
}

/// Every photo's result in one batch of these images; empty where the plan is not offered.
std::vector<Values> results(const Problem& all, const Implementation& implementation, const Limits& limits,
                            const std::vector<std::int64_t>& images) {
    const auto rig = Rig::build(pick(all, images), implementation, limits);
    if (!rig) return {};
    EXPECT_TRUE(rig->plan().batch_invariant())
        << circumstances(all, implementation, limits, &rig->plan()) << ": accepted, but does not promise it";
    rig->load();
    rig->run();
    const Values batch = rig->read(Operand::dst);
    const auto size = static_cast<std::ptrdiff_t>(batch.size() / images.size());
    std::vector<Values> each;
    for (std::size_t i = 0; i < images.size(); ++i) {
        const auto first = batch.begin() + static_cast<std::ptrdiff_t>(i) * size;
        each.emplace_back(first, first + size);
    }
    return each;
}

bool same_bits(const Values& a, const Values& b) {
    return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof a[0]) == 0;
}

/// Each photo alone, then in batches that begin at different photos, so that it takes different places.
void expect_invariant(const Problem& all, const Implementation& implementation, const Limits& limits) {
    std::vector<Values> alone;
    for (std::int64_t image = 0; image < photos; ++image) {
        auto result = results(all, implementation, limits, {image});
        if (result.empty()) GTEST_SKIP() << implementation.name << " offers no batch-invariant plan";
        alone.push_back(std::move(result[0]));
    }
    for (const std::int64_t batch : {2, 3, 8, 32})
        for (std::int64_t first = 0; first < photos; first += batch < 8 ? 5 : 11) {
            const auto images = consecutive(first, batch);
            const auto together = results(all, implementation, limits, images);
            ASSERT_EQ(together.size(), images.size()) << "batch " << batch << " is not offered, batch 1 is";
            for (std::size_t i = 0; i < images.size(); ++i)
                ASSERT_TRUE(same_bits(together[i], alone[static_cast<std::size_t>(images[i])]))
                    << circumstances(all, implementation, limits, nullptr) << ": photo " << images[i]
                    << " has other bits at place " << i << " of a batch of " << batch << " than alone";
        }
}

struct Line {
    std::string name;
    Operation operation;
};

std::vector<Line> lines() {
    std::vector<Line> all;
    for (const OpKind kind :
         {OpKind::conv_forward, OpKind::fc_forward, OpKind::relu_forward, OpKind::lrn_forward,
          OpKind::pool_forward, OpKind::softmax_forward, OpKind::loss_forward, OpKind::concat_forward,
          OpKind::add, OpKind::prepare_input, OpKind::reorder})
        all.push_back({name(kind), standard_operation(kind)});
    all.push_back({"conv1_of_a_small_photo",
                   {OpKind::conv_forward, Convolution{{1, 3, 67, 67}, {1, 96, 15, 15}, 11, 11, 4, 4}}});
    all.push_back(
        {"conv2",
         {OpKind::conv_forward, Convolution{{1, 96, 13, 13}, {1, 256, 13, 13}, 5, 5, 1, 1, 2, 2, 2}}});
    all.push_back(
        {"conv_odd", {OpKind::conv_forward, Convolution{{1, 5, 7, 3}, {1, 7, 7, 3}, 3, 3, 1, 1, 1, 1}}});
    all.push_back({"conv_pointwise", {OpKind::conv_forward, Convolution{{1, 33, 5, 5}, {1, 65, 5, 5}}}});
    all.push_back({"fc_many", {OpKind::fc_forward, FullyConnected{{1, 1000, 1, 1}, 300}}});
    all.push_back({"fc_two_outputs", {OpKind::fc_forward, FullyConnected{{1, 4096, 1, 1}, 2}}});
    all.push_back({"fc_odd", {OpKind::fc_forward, FullyConnected{{1, 33, 1, 1}, 17, true, true}}});
    all.push_back({"average_pool",
                   {OpKind::pool_forward,
                    Pool{{1, 17, 7, 7}, {1, 17, 4, 4}, Pool::Mode::average_inside, 3, 3, 2, 2, 1, 1}}});
    return all;
}

class InvarianceTest : public testing::Test {
   public:
    InvarianceTest(Operation operation, const Implementation* implementation)
        : operation_(std::move(operation)), implementation_(implementation) {}

    void TestBody() override {
        if (std::string why; !is_there(implementation_->device, &why)) GTEST_SKIP() << why;
        const Problem all = make_problem(with_batch(operation_, photos));
        for (const int threads : {1, 2, 3}) {
            Limits limits;
            limits.threads = threads;
            limits.batch_invariant = true;
            expect_invariant(all, *implementation_, limits);
            if (IsSkipped() || HasFatalFailure()) break;
        }
        // What always goes one way need not; the entry that picks must have a way that can.
        const bool picks = *implementation_->way == 0;
        if (IsSkipped() && picks && std::string(implementation_->name) != "onednn")
            FAIL() << implementation_->name << " must offer batch-invariant plans: " << describe(operation_);
    }

   private:
    Operation operation_;
    const Implementation* implementation_;
};

bool register_invariance() {
    for (const Line& line : lines())
        for (const auto& [label, implementation] : built_implementations(line.operation.kind))
            testing::RegisterTest(
                ("BatchInvariance/" + label).c_str(), line.name.c_str(), nullptr, nullptr, __FILE__, __LINE__,
                [operation = line.operation, implementation = implementation]() -> testing::Test* {
                    return new InvarianceTest(operation, implementation);
                });
    return true;
}

const bool registered = register_invariance();

}  // namespace
}  // namespace emulsion::kernels::tests
