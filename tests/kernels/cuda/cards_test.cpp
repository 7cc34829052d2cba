// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// What a program with CUDA in it says on a machine where it finds no card.
#include "kernels/cuda/cards.h"

#include <gtest/gtest.h>

namespace emulsion::kernels::tests {
namespace {

std::string refusal(DeviceKind kind, int index) {
    try {
        open_accelerator(kind, index);
    } catch (const NoDevice& error) {
        return error.what();
    }
    return "";
}

TEST(Cards, AMissingOneIsRefusedInOneLineThatSaysWhy) {
    std::string why;
    const auto cards = accelerators(DeviceKind::cuda, &why);
    for (const int index : {-1, 1000}) {
        const std::string text = refusal(DeviceKind::cuda, index);
        EXPECT_FALSE(text.empty());
        EXPECT_EQ(text.find('\n'), std::string::npos) << text;
        if (cards.empty()) {
            EXPECT_EQ(text, why);
        }
    }
}

TEST(Cards, TheReasonMayBeLeftOut) {
    std::string why;
    EXPECT_EQ(accelerators(DeviceKind::cuda, nullptr).size(), accelerators(DeviceKind::cuda, &why).size());
}

TEST(Cards, WithoutADriver) {
    EXPECT_EQ(cuda::why_no_card(cudaErrorInsufficientDriver, 0, 13000, nullptr),
              "no NVIDIA driver is installed");
    EXPECT_EQ(cuda::why_no_card(cudaErrorUnknown, 0, 13000, nullptr), "no NVIDIA driver is installed");
}

TEST(Cards, WithADriverThatIsTooOld) {
    EXPECT_EQ(cuda::why_no_card(cudaErrorInsufficientDriver, 11040, 13000, nullptr),
              "the NVIDIA driver knows CUDA 11.4, this program needs 13.0: update the driver, or build with "
              "an older toolkit");
}

TEST(Cards, WithADriverThatShowsNone) {
    EXPECT_EQ(cuda::why_no_card(cudaErrorNoDevice, 13000, 13000, nullptr), "the NVIDIA driver shows no card");
    EXPECT_EQ(cuda::why_no_card(cudaErrorNoDevice, 13000, 13000, "7"),
              "the NVIDIA driver shows no card; CUDA_VISIBLE_DEVICES is \"7\"");
    EXPECT_EQ(cuda::why_no_card(cudaSuccess, 13000, 13000, ""),
              "the NVIDIA driver shows no card; CUDA_VISIBLE_DEVICES is \"\"");
}

TEST(Cards, WithADriverThatDoesNotAnswer) {
    EXPECT_EQ(cuda::why_no_card(cudaErrorInitializationError, 13000, 13000, nullptr),
              "the NVIDIA driver does not answer: cudaErrorInitializationError: initialization error");
}

}  // namespace
}  // namespace emulsion::kernels::tests
