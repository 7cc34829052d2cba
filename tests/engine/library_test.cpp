// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// The engine over a library that is opened when it is needed: who opens it, what is said where it is absent,
// where it lacks a precision, and where it fails.
#include <emulsion/emulsion.h>
#include <gtest/gtest.h>

#include "engine/library.h"
#include "engine/schedule.h"
#include "tests/engine/fake_accelerator.h"
#include "tests/engine/fake_library.h"
#include "tests/engine/nets.h"
#include "tests/engine/support.h"

namespace emulsion::testing {
namespace {

using kernels::Operation;
using kernels::Precision;
using test::error_of;

const DeviceId cuda{kernels::DeviceKind::cuda, 0};

class Library : public ::testing::Test {
   protected:
    void SetUp() override {
        FakeLibrary::reset();
        options_.device = cuda;
        options_.threads = 1;
        options_.batch = 2;
        options_.log = [this](LogLevel level, const std::string& message) {
            if (level == LogLevel::warning) warnings_.push_back(message);
        };
    }
    void TearDown() override { FakeLibrary::reset(); }

    static FakeLibrary& library() { return FakeLibrary::get(); }

    std::string refused(Error::Kind kind, Mode mode = Mode::inference) {
        return error_of(kind, [&] { compile(compose("photo-mini"), mode, options_); });
    }
    void expect_words(const std::string& text, std::initializer_list<const char*> words) {
        for (const char* word : words)
            EXPECT_NE(text.find(word), std::string::npos) << word << " in: " << text;
    }
    std::string by(const Program& program, OpKind kind) {
        std::string names;
        for (const StepInfo& step : program.steps())
            if (step.operation.kind == kind) names += step.implementation + " ";
        return names;
    }
    Session on_card(const NetDef& net) { return {seeded(net), options_, card_.open(cuda)}; }

    FakeCard card_;
    Options options_;
    std::vector<std::string> warnings_;
};

/// Convolutions of this size fail.
std::function<std::string(const Operation&, const std::string&)> at_conv(int kernel, const std::string& text,
                                                                         const std::string& of_way = "*") {
    return [=](const Operation& operation, const std::string& way) -> std::string {
        if (operation.kind != OpKind::conv_forward || (of_way != "*" && way != of_way)) return {};
        return operation.as<kernels::Convolution>().kernel_h == kernel ? text : "";
    };
}

// --- who opens it

TEST_F(Library, IsNotAskedForOnTheCpu) {
    const TemporaryFolder folder;
    options_.device = {};
    options_.tuning = Tuning::measure;
    options_.tuning_file = folder.file("tuning.json");
    const Session session(seeded(branched()), options_);
    EXPECT_EQ(library().asked, 0);
    for (const auto& each : components_on(kernels::DeviceKind::cpu))
        EXPECT_EQ(each.device, kernels::DeviceKind::cpu) << each.name;
    EXPECT_TRUE(components_on(kernels::DeviceKind::emulated).empty());
    EXPECT_EQ(library().asked, 0);
}

TEST_F(Library, ItsVersionIsPartOfTheTuningKeyOnItsOwnDevice) {
    const TemporaryFolder folder;
    options_.tuning = Tuning::measure;
    options_.tuning_file = folder.file("tuning.json");
    { const Session session = on_card(branched()); }
    const std::string kept = test::contents(options_.tuning_file);
    EXPECT_NE(kept.find("cuDNN 9.19.0"), std::string::npos) << kept;
    EXPECT_EQ(kept.find("Eigen"), std::string::npos) << kept;
}

TEST_F(Library, IsSaidToLieSomewhere) {
    const TemporaryFolder folder;
    test::put(folder.file("libcudnn.so.9"), "");
    expect_words(error_of(Error::Kind::usage, [] { use_library("cuddn", "/"); }), {"cuddn", "cudnn, cublas"});
    expect_words(error_of(Error::Kind::usage, [] { use_library("eigen", "/"); }), {"eigen"});
    expect_words(error_of(Error::Kind::device, [&] { use_library("cudnn", folder.file("nothing")); }),
                 {"cudnn", "nothing"});
    use_library("cudnn", folder.file("libcudnn.so.9"));
    library().present = false;
    expect_words(error_of(Error::Kind::device, [&] { use_library("cudnn", folder.file("libcudnn.so.9")); }),
                 {"cudnn is not here: libcudnn.so.9 was hidden"});
    // kernels/cublas is a stub here, as all of NVIDIA's are in a build without CUDA.
    expect_words(error_of(Error::Kind::device, [&] { use_library("cublas", folder.path()); }),
                 {"cublas", "this program was built without cuBLAS"});
}

// --- forced

TEST_F(Library, IsUsedWhereItIsForced) {
    options_.implementations["conv_forward"] = "cudnn:nhwc";
    const auto program = compile(compose("photo-mini"), Mode::inference, options_);
    EXPECT_EQ(by(*program, OpKind::conv_forward).find("cudnn "), std::string::npos);
    EXPECT_NE(by(*program, OpKind::conv_forward).find("cudnn:nhwc "), std::string::npos);
}

TEST_F(Library, ForcedWhereItIsAbsentItIsAnErrorWithTheReason) {
    library().present = false;
    for (const bool strict : {false, true})
        for (const char* name : {"cudnn", "cudnn:nhwc"})
            for (const char* operation : {"conv_forward", "*"}) {
                options_.strict = strict;
                options_.implementations = {{operation, name}};
                expect_words(refused(Error::Kind::device),
                             {name, "cudnn is not here: libcudnn.so.9 was hidden"});
            }
    options_.implementations = {{"*", "cublas"}};
    expect_words(refused(Error::Kind::device), {"cublas", "this program was built without cuBLAS"});
}

TEST_F(Library, ForcedOnAnotherDeviceItIsNotOpened) {
    options_.device = {};
    options_.implementations["conv_forward"] = "cudnn";
    expect_words(refused(Error::Kind::device), {"does not run on device cpu", "cuda"});
    EXPECT_EQ(library().asked, 0);
}

// --- precision

TEST_F(Library, APrecisionThatNothingHasIsAnError) {
    for (const Precision precision : {Precision::tf32, Precision::tf32x3, Precision::bf16})
        for (const Mode mode : {Mode::inference, Mode::training}) {
            options_.precision = precision;
            expect_words(
                refused(Error::Kind::device, mode),
                {"nothing on cuda multiplies in ", kernels::name(precision), "cuBLAS: not built in"});
        }
    EXPECT_TRUE(warnings_.empty());
}

TEST_F(Library, ProductsThatStayInFp32AreNamedOnce) {
    library().reduced = {OpKind::conv_forward, OpKind::conv_backward_data, OpKind::conv_backward_weights};
    options_.precision = Precision::tf32;
    compile(branched(), Mode::training, options_);
    ASSERT_EQ(warnings_.size(), 1U);
    expect_words(warnings_[0],
                 {"nothing on cuda multiplies them in tf32", "fc_forward", "fc_backward_weights"});
    EXPECT_EQ(warnings_[0].find("conv"), std::string::npos) << warnings_[0];
    EXPECT_EQ(warnings_[0].find('\n'), std::string::npos) << warnings_[0];
}

TEST_F(Library, APrecisionThatAllHaveIsTakenInSilence) {
    for (int i = 0; i < kernels::op_kind_count; ++i) library().reduced.insert(static_cast<OpKind>(i));
    options_.precision = Precision::bf16;
    compile(branched(), Mode::training, options_);
    EXPECT_TRUE(warnings_.empty()) << warnings_[0];
}

TEST_F(Library, ABatchInvariantRunSaysThatThisIsWhyItHasNone) {
    for (int i = 0; i < kernels::op_kind_count; ++i) library().reduced.insert(static_cast<OpKind>(i));
    options_.device = {kernels::DeviceKind::emulated, 0};
    options_.precision = Precision::bf16;
    options_.batch_invariant = true;
    expect_words(refused(Error::Kind::device),
                 {"nothing on emulated multiplies in bf16", "no batch can change"});
}

// --- failures

const std::string unsupported =
    "cudnnBackendFinalize: CUDNN_STATUS_NOT_SUPPORTED: no engine; another version may have one";

TEST_F(Library, AForcedPlanThatFailsIsTheError) {
    library().plan_failure = at_conv(5, unsupported);
    for (const bool strict : {false, true}) {
        options_.strict = strict;
        options_.implementations = {{"conv_forward", "cudnn"}};
        expect_words(refused(Error::Kind::failure),
                     {"layer conv", "conv_forward 2x", " by cudnn", unsupported.c_str()});
    }
}

TEST_F(Library, AnotherIsTakenWithAWarningWhereNothingIsForced) {
    library().plan_failure = at_conv(5, unsupported, "");
    const auto program = compile(compose("photo-mini"), Mode::inference, options_);
    EXPECT_NE(by(*program, OpKind::conv_forward).find("cudnn:nhwc "), std::string::npos);
    ASSERT_EQ(warnings_.size(), 1U);
    expect_words(warnings_[0], {"layer conv2: conv_forward 2x", " by cudnn: ", unsupported.c_str()});
}

TEST_F(Library, WhereAllFailTheReasonIsInTheError) {
    library().plan_failure = at_conv(5, unsupported);
    options_.log = {};
    expect_words(refused(Error::Kind::device), {"nothing on cuda can run conv_forward", unsupported.c_str()});
}

const std::string broken =
    "cudnnBackendExecute: CUDNN_STATUS_EXECUTION_FAILED: no luck; try compute-sanitizer";

TEST_F(Library, AStepThatFailsIsNamed) {
    library().run_failure = at_conv(5, broken);
    const NetDef net = compose("photo-mini");
    const Photos photos = photos_for(net, 2, 2, 1);
    Session session = on_card(net);
    const std::string said = error_of(Error::Kind::failure, [&] { session.run(photos.pixels, 2); });
    expect_words(said, {"layer conv2: conv_forward 2x", " by cudnn (engine 67): ", broken.c_str()});

    Trainer trainer(seeded(net), short_solver(0.01, 10), options_, card_.open(cuda));
    EXPECT_EQ(error_of(Error::Kind::failure, [&] { trainer.step(photos.batch()); }), said);
    trainer.profile(true);
    EXPECT_EQ(error_of(Error::Kind::failure, [&] { trainer.step(photos.batch()); }), said);
}

TEST_F(Library, APackingThatFailsIsNamed) {
    library().pack_failure = broken;
    const std::string said = error_of(Error::Kind::failure, [&] { on_card(compose("photo-mini")); });
    expect_words(said, {"layer conv1: packing of weights", "engine 67", broken.c_str()});
}

TEST_F(Library, WhatFailsInItsTrialIsLeftOutWithOneWarning) {
    library().run_failure = at_conv(1, broken, "");
    options_.tuning = Tuning::measure;
    Session session = on_card(branched());
    EXPECT_NE(by(session.program(), OpKind::conv_forward).find("cudnn:nhwc "), std::string::npos);
    ASSERT_EQ(warnings_.size(), 1U);
    expect_words(warnings_[0], {"left: conv_forward 2x", " by cudnn is left out: ", broken.c_str()});
    session.run(photos_for(branched(), 2, 3, 1).pixels, 2);
}

TEST_F(Library, AfterATrialThatEndedTheCardNothingIsTuned) {
    library().run_failure = [this](const Operation& operation, const std::string&) -> std::string {
        if (operation.kind != OpKind::conv_forward) return {};
        card_.failure = "an illegal memory access was encountered";
        return broken;
    };
    options_.tuning = Tuning::measure;
    EXPECT_NE(error_of(Error::Kind::failure, [&] { on_card(branched()); }).find("illegal"),
              std::string::npos);
}

TEST_F(Library, WhatMakesNoPlanForTheTunerIsSaidOnce) {
    library().plan_failure = at_conv(1, unsupported, "");
    options_.tuning = Tuning::measure;
    on_card(branched());
    ASSERT_EQ(warnings_.size(), 1U);
    expect_words(warnings_[0], {"layer left: conv_forward 2x", " by cudnn: ", unsupported.c_str()});
}

}  // namespace
}  // namespace emulsion::testing
