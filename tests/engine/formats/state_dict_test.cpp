// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Safetensors of other programs.
#include <emulsion/safetensors.h>
#include <gtest/gtest.h>

#include <cstring>
#include <map>

#include "engine/formats/readers.h"
#include "tests/engine/formats/damage.h"

namespace emulsion::formats {
namespace {

using test::bytes_of;
using test::TemporaryFolder;

template <class Number>
std::span<const std::byte> raw(const std::vector<Number>& numbers) {
    return std::as_bytes(std::span(numbers));
}

class StateDict : public ::testing::Test {
   protected:
    Imported imported(const std::vector<FileTensor>& tensors,
                      const std::map<std::string, std::string>& metadata = {}) {
        write_safetensors(path_, metadata, tensors);
        return read_state_dict(path_);
    }

    const TemporaryFolder folder_;
    const std::string path_ = folder_ / "f";
};

TEST_F(StateDict, EveryRealTypeBecomesFp32) {
    const std::vector<float> f32{1.5F, -0.0F, 1e-40F};
    const std::vector<double> f64{1.5, 0.1, -3};
    const std::vector<std::uint16_t> f16{0x3E00, 0x0001, 0xFC00}, bf16{0x3FC0, 0x0001, 0xFF80};
    const Imported read = imported({{"f32", "F32", {3}, raw(f32)},
                                    {"f64", "F64", {3, 1}, raw(f64)},
                                    {"f16", "F16", {1, 3}, raw(f16)},
                                    {"bf16", "BF16", {3}, raw(bf16)}});
    EXPECT_EQ(read.format, "safetensors");
    EXPECT_TRUE(read.ignored.empty());
    const std::map<std::string, std::vector<float>> wanted{
        {"f32", f32},
        {"f64", {1.5F, 0.1F, -3}},
        {"f16", {1.5F, 0x1p-24F, -std::numeric_limits<float>::infinity()}},
        {"bf16", {1.5F, 0x1p-133F, -std::numeric_limits<float>::infinity()}}};
    ASSERT_EQ(read.tensors.size(), wanted.size());
    for (const ForeignTensor& tensor : read.tensors) {
        const std::vector<float>& values = wanted.at(tensor.name);
        ASSERT_EQ(tensor.values.size(), values.size());
        EXPECT_EQ(std::memcmp(tensor.values.data(), values.data(), tensor.values.size_bytes()), 0)
            << tensor.name;
    }
}

TEST_F(StateDict, OtherTypesAndMetadataAreListed) {
    const std::vector<std::int64_t> count{7};
    const std::vector<float> weight{1, 2};
    const Imported read =
        imported({{"bn.num_batches_tracked", "I64", {}, raw(count)}, {"weight", "F32", {2}, raw(weight)}},
                 {{"format", "pt"}});
    ASSERT_EQ(read.tensors.size(), 1U);
    EXPECT_EQ(read.tensors[0].shape, (std::vector<std::int64_t>{2}));
    EXPECT_EQ(read.tensors[0].origin, "weight");
    EXPECT_EQ(read.ignored,
              (std::vector<std::string>{"bn.num_batches_tracked: of type I64, which is not read",
                                        "metadata \"format\""}));
}

TEST_F(StateDict, BadlyAlignedTensorsAreCopied) {
    const std::vector<std::uint8_t> odd{1};
    const std::vector<float> values{0.25F, -8};
    std::string file =
        "{\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]},"
        "\"b\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[1,9]}}";
    const std::uint64_t length = file.size();
    file.insert(0, reinterpret_cast<const char*>(&length), sizeof length);
    file += '\1' + test::text_of(raw(values));
    test::put(path_, file);
    const Imported read = read_state_dict(path_);
    ASSERT_EQ(read.tensors.size(), 1U);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(read.tensors[0].values.data()) % alignof(float), 0U);
    EXPECT_EQ(std::memcmp(read.tensors[0].values.data(), values.data(), 8), 0);
}

TEST_F(StateDict, NumbersBeyondFp32AreRefused) {
    const std::vector<double> large{1e300};
    EXPECT_EQ(test::error_of(Error::Kind::data,
                             [&] {
                                 imported({{"w", "F64", {1}, raw(large)}});
                             }),
              path_ + ": tensor \"w\": it holds a number beyond fp32");
}

TEST_F(StateDict, EveryTruncationIsRefused) {
    const std::string whole = test::corpus_file("state_dict/mixed.safetensors");
    for (std::size_t length = 0; length < whole.size(); ++length) {
        test::put(path_, whole.substr(0, length));
        test::error_of(Error::Kind::data, [&] { read_state_dict(path_); });
    }
}

}  // namespace
}  // namespace emulsion::formats
