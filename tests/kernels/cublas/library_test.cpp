// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// The library itself: not here, not the right one, or NVIDIA's own. A process opens it once, so each of these
// is a process of its own.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>

#include "tests/kernels/cublas/over_standin.h"

namespace emulsion::kernels::tests {
namespace {

const std::string file = "libcublas.so." + std::to_string(CUBLAS_VER_MAJOR);

class CublasLibrary : public testing::Test {
   protected:
    void SetUp() override {
        testing::FLAGS_gtest_death_test_style = "threadsafe";
        std::string pattern = testing::TempDir() + "cublasXXXXXX";
        folder_ = mkdtemp(pattern.data());
    }
    void TearDown() override { std::filesystem::remove_all(folder_); }

    std::filesystem::path folder_;
};

/// Says on stderr what came of opening it, and whether entries are offered, in lines; and ends the process.
[[noreturn]] void say_what_is_at(const std::string& path) {
    std::string why;
    set_library_path("cublas", path);
    if (emulated::cublas::is_here(&why))
        std::cerr << "opened " << emulated::cublas::api().version << " at " << emulated::cublas::api().path
                  << "\n";
    else
        std::cerr << why << "\n";
    try {
        emulated::cublas::api();
    } catch (const NoLibrary& error) {
        std::cerr << (error.what() == why ? "the same again" : "something else") << "\n";
    }
    const Operation op{OpKind::fc_forward, small_layer};
    if (why.empty()) std::exit(0);
    for (const char* way : ways)
        if (entry(op.kind, way).supports(op, limits_of(Precision::fp32))) std::cerr << "but offered\n";
    std::exit(3);
}

void expect_refused(const std::string& path, const std::string& pattern) {
    EXPECT_EXIT(say_what_is_at(path), testing::ExitedWithCode(3), "^" + pattern + "\nthe same again\n$");
}

TEST_F(CublasLibrary, OfAnotherMajorVersionIsRefused) {
    expect_refused(EMULSION_STANDIN_OTHER,
                   "cublas: /.*cublas_other.so is cuBLAS 7.1.2, but this program was built for cuBLAS " +
                       std::to_string(CUBLAS_VER_MAJOR) + "; --cublas PATH tells where one lies");
}

TEST_F(CublasLibrary, ThatLacksAFunctionIsRefused) {
    expect_refused(EMULSION_STANDIN_LACKING, "cublas: /.*cublas_lacking.so has no cublas[A-Za-z_0-9]*: .*");
}

TEST_F(CublasLibrary, ThatIsNoLibraryIsRefused) {
    const std::string text = folder_ / "text";
    std::ofstream(text) << "not a library\n";
    expect_refused(text, "cublas is not here: .*/text: file too short");
}

TEST_F(CublasLibrary, ThatIsNotInItsFolderIsRefused) {
    expect_refused(folder_, "cublas is not here: .*" + file + ": cannot open shared object file.*");
}

TEST_F(CublasLibrary, ThatIsNowhereIsRefusedAtOnce) {
    EXPECT_THROW(set_library_path("cublas", folder_ / "nothing"), NoLibrary);
}

TEST_F(CublasLibrary, IsFoundInItsFolder) {
    std::filesystem::create_symlink(EMULSION_STANDIN_CUBLAS, folder_ / file);
    EXPECT_EXIT(say_what_is_at(folder_), testing::ExitedWithCode(0), "^opened .* at /.*" + file + "\n$");
}

TEST_F(CublasLibrary, TellsItsVersionToTheProduct) {
    const std::string version = std::to_string(CUBLAS_VER_MAJOR) + "." + std::to_string(CUBLAS_VER_MINOR) +
                                "." + std::to_string(CUBLAS_VER_PATCH);
    const Component component = cublas_component();
    EXPECT_TRUE(component.present) << component.version;
    EXPECT_EQ(component.version, version);
    EXPECT_STREQ(component.folder, "cublas");
    EXPECT_EQ(emulated::cublas::api().version, version);
}

std::string answer(const Implementation& implementation, const Operation& op) {
    const Limits limits = limits_of(Precision::fp32);
    if (!implementation.supports(op, limits)) return "not offered";
    try {
        return "planned " + implementation.plan(op, limits)->variant();
    } catch (const KernelError& error) {
        return error.what();
    }
}

[[noreturn]] void ask_the_real_one() {
    set_library_path("cublas", EMULSION_REAL_CUBLAS);
    std::string why;
    if (!emulated::cublas::is_here(&why)) std::cerr << why << "\n";
    std::cerr << "version " << emulated::cublas::api().version << "\n";
    for (const OpKind kind : kinds)
        for (const char* way : ways) std::cerr << answer(entry(kind, way), {kind, small_layer}) << "\n";
    std::exit(0);
}

/// With a card or without one it opens, and every entry can be asked for a plan. Without one the first call
/// that fails is one that wants it, so what was said of descriptors before was to NVIDIA's liking.
TEST_F(CublasLibrary, OfNvidiaOpensAndCanBeAsked) {
    if (!std::filesystem::exists(EMULSION_REAL_CUBLAS))
        GTEST_SKIP() << "NVIDIA's cuBLAS is not beside its headers: " << EMULSION_REAL_CUBLAS;
    const std::string version = "version " + std::to_string(CUBLAS_VER_MAJOR) + "\\." +
                                std::to_string(CUBLAS_VER_MINOR) + "\\." + std::to_string(CUBLAS_VER_PATCH);
    EXPECT_EXIT(ask_the_real_one(), testing::ExitedWithCode(0),
                version + "\n((not offered|planned [^\n]*|cublas(Lt)?Create: [^\n]*)\n){12}$");
}

}  // namespace
}  // namespace emulsion::kernels::tests
