// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "tests/kernels/cublas/standin_control.h"

#include <dlfcn.h>
#include <gtest/gtest.h>

#include <sstream>
#include <stdexcept>

#include "kernels/cuda/current_card.h"
#include "kernels/library.h"
#include "tests/kernels/current_card.h"

namespace emulsion::kernels {

int emulated::current_card() {
    if (tests::card_under_test < 0) throw KernelError("cudaGetDevice: cudaErrorNoDevice");
    return tests::card_under_test;
}

int emulated::current_capability() {
    return tests::capability_under_test;
}

namespace tests {
namespace {

/// Every test of the program has the stand-in for cuBLAS, unless it says otherwise first.
class InEveryTest : public testing::Environment {
    void SetUp() override { set_library_path("cublas", EMULSION_STANDIN_CUBLAS); }
};
const auto* const environment = testing::AddGlobalTestEnvironment(new InEveryTest);

}  // namespace

const StandIn& standin() {
    static const StandIn only = [] {
        StandIn made{};
        void* const library = dlopen(EMULSION_STANDIN_CUBLAS, RTLD_NOW | RTLD_LOCAL);
        const auto find = [&](auto& function, const char* name) {
            function = reinterpret_cast<std::remove_reference_t<decltype(function)>>(dlsym(library, name));
            if (function == nullptr) throw std::runtime_error(std::string("the stand-in has no ") + name);
        };
        if (library == nullptr) throw std::runtime_error(dlerror());
        find(made.reset, "standin_reset");
        find(made.offer, "standin_offer");
        find(made.fail, "standin_fail");
        find(made.log, "standin_log");
        find(made.misuse, "standin_misuse");
        find(made.descriptors, "standin_descriptors");
        find(made.handles, "standin_handles");
        return made;
    }();
    return only;
}

std::vector<std::string> StandIn::lines() const {
    std::vector<std::string> all;
    std::istringstream text(log());
    for (std::string line; std::getline(text, line);) all.push_back(line);
    return all;
}

std::vector<std::string> StandIn::lines(const std::string& function) const {
    std::vector<std::string> some = lines();
    std::erase_if(some, [&](const std::string& line) { return line.rfind(function + " ", 0) != 0; });
    return some;
}

}  // namespace tests
}  // namespace emulsion::kernels
