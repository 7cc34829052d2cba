// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Ranges as a profiler gets them: through NVTX, from the code that drives cards.
#include <dlfcn.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "kernels/accelerator.h"
#include "tests/kernels/cuda/fake_runtime.h"

namespace emulsion::kernels::tests {
namespace {

/// NVTX looks for its tool at the first range of the process.
const bool told = setenv("NVTX_INJECTION64_PATH", EMULSION_NVTX_TOOL, 1) == 0;

std::string ranges() {
    void* const tool = dlopen(EMULSION_NVTX_TOOL, RTLD_NOW);
    if (tool == nullptr) return dlerror();
    const auto take = reinterpret_cast<const char* (*)()>(dlsym(tool, "take_ranges"));
    const std::string text = take == nullptr ? dlerror() : take();
    dlclose(tool);
    return text;
}

TEST(Nvtx, RangesNestAndMayStandInsideWork) {
    ASSERT_TRUE(told);
    reset_fake_machine();
    {
        const auto card = cuda::open_accelerator(0);
        void* const memory = card->allocate(4);
        std::unique_ptr<Recording> recording;
        const auto work = [&] {
            card->begin_range("inner");
            card->zero(memory, 4);
            card->end_range();
        };
        card->begin_range("outer");
        for (int i = 0; i < 3; ++i) card->run(recording, work);
        card->begin_range("timed");
        card->time(work);
        EXPECT_EQ(ranges(),
                  "outer\nouter/inner\nouter/inner\nouter/timed\nouter/timed/inner\n"
                  "still open: outer\nstill open: outer/timed\n")
            << "the third run is the recording's, which asks nobody";
        card->end_range();
        card->end_range();
        EXPECT_EQ(ranges(), "");
        card->release(memory);
    }
    EXPECT_EQ(fake_machine().objects, 0);
    EXPECT_EQ(fake_machine().misuse, std::vector<std::string>{});
}

}  // namespace
}  // namespace emulsion::kernels::tests
