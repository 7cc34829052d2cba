// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Tables of cases, and every implementation that is asked to run them.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "tests/kernels/check.h"

namespace emulsion::kernels::tests {

/// One line of a table. The name is unique among the cases of its kind: letters, digits, underscores.
struct Case {
    Case(std::string case_name, Operation what, bool of_alexnet = false,
         std::function<Problem(Precision)> maker = {})
        : name(std::move(case_name)),
          operation(std::move(what)),
          alexnet(of_alexnet),
          make(std::move(maker)) {}

    std::string name;
    Operation operation;
    bool alexnet;  ///< one of AlexNet's own shapes: the fast implementation, too, must offer these
    std::function<Problem(Precision)> make;  ///< for where make_problem(operation, precision) would not do
};

/// Registers a test SUITE/IMPLEMENTATION.KIND_NAME for every case and every implementation that can run on
/// this host. Each test checks the case with 1, 2 and 3 threads, for inference and training, with values
/// arriving in NCHW, in NHWC and in layouts unknown, without a workspace, and in bf16 where that is offered
/// (large ones in one setting of each precision). A case that an implementation does not offer at all is
/// skipped, or fails where it must be offered: eigen and cuda must offer everything in fp32, and the entry of
/// onednn that picks AlexNet's shapes of the operations it is there for.
bool register_cases(const std::string& suite, const std::vector<Case>& cases);

/// The operations that onednn is there for.
bool is_fast_kind(OpKind);

/// Whether oneDNN was built in.
bool onednn_present();

/// Every implementation under test, with a label of its own: the name, with "_gpu" on a GPU, numbered
/// from the second of that name on. Tests are registered from this list, before main(), when CUDA may not be
/// asked yet which cards there are.
struct Labelled {
    std::string label;
    const Implementation* implementation;
};
std::vector<Labelled> built_implementations(OpKind);
/// Those of them that can run on this host, on its GPU too if it has one.
std::vector<Labelled> host_implementations(OpKind);

}  // namespace emulsion::kernels::tests
