// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// PyTorch's files against PyTorch itself, and our own there and back.
#include <emulsion/safetensors.h>
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <limits>
#include <numeric>

#include "engine/formats/readers.h"
#include "tests/engine/support.h"
#include "tests/witness/witness.h"

namespace emulsion::formats {
namespace {

using emulsion::test::TemporaryFolder;
using emulsion::testing::witness;
using emulsion::testing::witness_absent;

/// The same bits; a NaN need only be a NaN, as PyTorch may make another of it when it widens a half.
void expect_same(const ForeignTensor& tensor, const FileTensor& expected) {
    EXPECT_EQ(tensor.shape, expected.shape) << expected.name;
    ASSERT_EQ(tensor.values.size_bytes(), expected.data.size()) << expected.name;
    for (std::size_t i = 0; i < tensor.values.size(); ++i) {
        float value;
        std::memcpy(&value, expected.data.data() + i * sizeof value, sizeof value);
        const bool same =
            std::bit_cast<std::uint32_t>(tensor.values[i]) == std::bit_cast<std::uint32_t>(value) ||
            (std::isnan(tensor.values[i]) && std::isnan(value));
        ASSERT_TRUE(same) << expected.name << " " << i << ": " << tensor.values[i] << " and not " << value;
    }
}

TEST(TorchAgainstPyTorch, EveryFormIsReadToTheBit) {
    const TemporaryFolder folder;
    const auto [status, text] = witness("torch_files.py", {"write", folder / ""});
    if (status == witness_absent) GTEST_SKIP() << "SKIPPED: no PyTorch: " << text;
    ASSERT_EQ(status, 0) << text;
    std::size_t compared = 0;
    for (const char* name : {"net", "odd", "checkpoint"}) {
        const auto expected = SafetensorsFile::open(folder / (std::string(name) + ".safetensors"));
        for (const char* form : {"zip", "zip4", "stream", "stream4"}) {
            const Imported imported = read_torch(folder / (std::string(name) + '.' + form + ".pth"));
            EXPECT_EQ(imported.format, "torch");
            EXPECT_EQ(imported.tensors.size(), expected->tensors().size()) << name << ' ' << form;
            for (const ForeignTensor& tensor : imported.tensors) {
                const FileTensor* wanted = expected->find(tensor.name);
                ASSERT_NE(wanted, nullptr) << tensor.name;
                EXPECT_EQ(tensor.origin, tensor.name);
                expect_same(tensor, *wanted);
                ++compared;
            }
        }
    }
    std::printf("%zu tensors compared\n", compared);
    EXPECT_EQ(compared, 4U * (8 + 16 + 8));
}

TEST(TorchAgainstPyTorch, WhatIsNoTensorOfRealNumbersIsListed) {
    const TemporaryFolder folder;
    const auto [status, text] = witness("torch_files.py", {"write", folder / ""});
    if (status == witness_absent) GTEST_SKIP() << "SKIPPED: no PyTorch: " << text;
    ASSERT_EQ(status, 0) << text;
    for (const char* form : {"zip", "stream"}) {
        const std::string end = std::string(".") + form + ".pth";
        EXPECT_EQ(read_torch(folder / ("net" + end)).ignored,
                  (std::vector<std::string>{"1.num_batches_tracked: a tensor of integers (torch.LongStorage)",
                                            "the dict's own attributes (_metadata)"}));
        EXPECT_EQ(read_torch(folder / ("odd" + end)).ignored.size(), 6U);
        const auto ignored = read_torch(folder / ("checkpoint" + end)).ignored;
        EXPECT_EQ(ignored,
                  (std::vector<std::string>{
                      "epoch: an integer", "arch: text", "best: a real number", "done: true or false",
                      "history: a list", "large: a large integer", "optimizer: a dict",
                      "state_dict.1.num_batches_tracked: a tensor of integers (torch.LongStorage)",
                      "the dict's own attributes (_metadata)"}));
    }
}

/// Some tensors: none with an order of its own, several axes, no axis, no element, every kind of number.
std::vector<ForeignTensor> sample() {
    static const std::vector<float> values = [] {
        std::vector<float> all(2000);
        std::iota(all.begin(), all.end(), -700.25F);
        all[1] = std::numeric_limits<float>::quiet_NaN();
        all[2] = -std::numeric_limits<float>::infinity();
        all[3] = std::numeric_limits<float>::denorm_min();
        all[4] = -0.0F;
        return all;
    }();
    const std::span<const float> all(values);
    return {{"features.0.weight", {3, 5, 7}, all.first(105), {}, {}},
            {"a", {11}, all.subspan(7, 11), {}, {}},
            {"naïve \"name\"", {1}, all.last(1), {}, {}},
            {"scalar", {}, all.subspan(3, 1), {}, {}},
            {"none", {0, 4}, {}, {}, {}},
            {"large", {40, 50}, all, {}, {}}};
}

TEST(TorchAgainstPyTorch, WhatWeWriteIsReadToTheBit) {
    const TemporaryFolder folder;
    const auto tensors = sample();
    write_torch(tensors, folder / "ours.pth");
    std::vector<FileTensor> expected;
    for (const auto& each : tensors) {
        expected.push_back({each.name, "F32", each.shape, std::as_bytes(each.values)});
    }
    write_safetensors(folder / "expected", {}, expected);
    const auto [status, text] =
        witness("torch_files.py", {"compare", folder / "ours.pth", folder / "expected"});
    if (status == witness_absent) GTEST_SKIP() << "SKIPPED: no PyTorch: " << text;
    ASSERT_EQ(status, 0) << text;
    std::printf("PyTorch: %s", text.c_str());
}

TEST(TorchFile, OursComesBackAsItWas) {
    const TemporaryFolder folder;
    const auto tensors = sample();
    write_torch(tensors, folder / "ours.pth");
    const Imported imported = read_torch(folder / "ours.pth");
    EXPECT_TRUE(imported.ignored.empty());
    EXPECT_FALSE(imported.net.has_value());
    ASSERT_EQ(imported.tensors.size(), tensors.size());
    for (std::size_t i = 0; i < tensors.size(); ++i) {
        EXPECT_EQ(imported.tensors[i].name, tensors[i].name);
        EXPECT_EQ(imported.tensors[i].shape, tensors[i].shape);
        ASSERT_EQ(imported.tensors[i].values.size(), tensors[i].values.size());
        if (tensors[i].values.empty()) continue;
        EXPECT_EQ(std::memcmp(imported.tensors[i].values.data(), tensors[i].values.data(),
                              tensors[i].values.size_bytes()),
                  0);
        EXPECT_EQ(reinterpret_cast<std::uintptr_t>(imported.tensors[i].values.data()) % 64, 0U)
            << "a view of the mapped file";
        EXPECT_NE(imported.tensors[i].owner, nullptr);
    }
}

TEST(TorchFile, TheSameTensorsGiveTheSameFile) {
    const TemporaryFolder folder;
    write_torch(sample(), folder / "one");
    write_torch(sample(), folder / "two");
    EXPECT_EQ(test::contents(folder / "one"), test::contents(folder / "two"));
}

TEST(TorchFile, UnsoundTensorsAreNotWritten) {
    const TemporaryFolder folder;
    auto tensors = sample();
    tensors[1].name = "scalar";
    EXPECT_EQ(test::error_of(Error::Kind::data, [&] { write_torch(tensors, folder / "f"); }),
              folder / "f: tensor \"scalar\": the name is taken");
    tensors = sample();
    tensors[1].shape = {2, 6};
    EXPECT_EQ(test::error_of(Error::Kind::data, [&] { write_torch(tensors, folder / "f"); }),
              folder / "f: tensor \"a\": it has 11 values where its shape has 12");
    EXPECT_TRUE(folder.names().empty());
}

}  // namespace
}  // namespace emulsion::formats
