// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "bench/kernel_cases.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "emulsion/error.h"

namespace emulsion::bench {
namespace {

using kernels::OpKind;

Options eigen() {
    Options options;
    options.threads = 1;
    options.implementations["*"] = "eigen";
    return options;
}

const KernelCase* find(const std::vector<KernelCase>& cases, const std::string& name) {
    const auto found =
        std::find_if(cases.begin(), cases.end(), [&](const KernelCase& it) { return it.name() == name; });
    return found == cases.end() ? nullptr : &*found;
}

/// Millions of floating-point operations a photo, biases left out.
double megaflop(const KernelCase& it) {
    const auto* c = std::get_if<kernels::Convolution>(&it.operation.descriptor);
    const double bias =
        c != nullptr ? static_cast<double>(c->dst.count())
                     : static_cast<double>(it.operation.as<kernels::FullyConnected>().outputs) * it.batch;
    return (kernels::cost(it.operation).flop - bias) / it.batch * 1e-6;
}

// The layers' published shapes and arithmetic (Krizhevsky et al. 2012, as BVLC has them).
TEST(KernelCases, AlexNetsLayersHaveTheirKnownShapesAndArithmetic) {
    const auto cases = kernel_cases({"alexnet"}, {1, 50}, eigen());
    const std::map<std::string, double> known = {
        {"conv_forward/alexnet/conv1", 210.8}, {"conv_forward/alexnet/conv2", 447.9},
        {"conv_forward/alexnet/conv3", 299.0}, {"conv_forward/alexnet/conv4", 224.3},
        {"conv_forward/alexnet/conv5", 149.5}, {"fc_forward/alexnet/fc6", 75.5},
        {"fc_forward/alexnet/fc7", 33.6},      {"fc_forward/alexnet/fc8", 8.2}};
    for (const auto& [name, flop] : known)
        for (const char* batch : {"/n1", "/n50"}) {
            const KernelCase* it = find(cases, name + batch);
            ASSERT_NE(it, nullptr) << name << batch;
            EXPECT_NEAR(megaflop(*it), flop, 0.06) << name << batch;
        }
    EXPECT_EQ(kernels::describe(find(cases, "conv_forward/alexnet/conv2/n50")->operation),
              "conv_forward 50x96x27x27 -> 50x256x27x27 k5x5 s1x1 p2x2 g2 +relu");
}

TEST(KernelCases, TrainingAddsWhatItNeeds) {
    const auto cases = kernel_cases({"alexnet"}, {2}, eigen());
    std::map<OpKind, int> count;
    for (const KernelCase& it : cases) ++count[it.operation.kind];
    EXPECT_EQ(count[OpKind::conv_forward], 5);
    EXPECT_EQ(count[OpKind::conv_backward_weights], 5);
    EXPECT_EQ(count[OpKind::conv_backward_data], 4);  // nobody wants the photos' gradient
    EXPECT_EQ(count[OpKind::fc_forward], 3);
    EXPECT_EQ(count[OpKind::fc_backward_weights], 3);
    EXPECT_EQ(count[OpKind::fc_backward_data], 3);
    EXPECT_EQ(count[OpKind::pool_backward], 3);
    EXPECT_EQ(count[OpKind::lrn_backward], 2);
    EXPECT_EQ(count[OpKind::sgd_update], 1);
    EXPECT_EQ(count[OpKind::square_sum], 1);
    EXPECT_EQ(count[OpKind::reorder], 0);      // the readable implementation has one layout
    EXPECT_EQ(count[OpKind::lrn_forward], 4);  // in training they keep their scale
    for (const auto& [name, keep] : {std::pair{"norm1", false}, {"norm1-kept", true}}) {
        const KernelCase* it = find(cases, std::string("lrn_forward/alexnet/") + name + "/n2");
        ASSERT_NE(it, nullptr) << name;
        EXPECT_EQ(it->operation.as<kernels::Lrn>().keep, keep) << name;
    }
    const KernelCase* backward = find(cases, "lrn_backward/alexnet/norm1/n2");
    ASSERT_NE(backward, nullptr);
    ASSERT_NE(backward->forward, nullptr);
    EXPECT_TRUE(backward->forward->operation.as<kernels::Lrn>().keep);
}

TEST(KernelCases, NamesAndOperationsComeUpOnce) {
    std::set<std::string> names, operations;
    for (const KernelCase& it : kernel_cases({"alexnet", "caffenet", "photo"}, {1, 50, 128}, Options{})) {
        EXPECT_TRUE(names.insert(it.name()).second) << it.name();
        const bool kept = it.layer.ends_with("-kept");
        EXPECT_TRUE(operations.insert(kernels::describe(it.operation) + (kept ? ", kept" : "")).second)
            << it.name();
    }
    EXPECT_TRUE(names.contains("conv_forward/alexnet/conv3/n50"));
    EXPECT_FALSE(names.contains("conv_forward/caffenet/conv3/n50"));  // it is AlexNet's
    EXPECT_TRUE(names.contains("lrn_forward/caffenet/norm1/n50"));    // there the pool comes first
    EXPECT_TRUE(names.contains("fc_forward/photo/fc6_photo/n128"));
}

TEST(KernelCases, AnUnknownNetIsRefused) {
    EXPECT_THROW(kernel_cases({"nonet"}, {1}, eigen()), Error);
}

}  // namespace
}  // namespace emulsion::bench
