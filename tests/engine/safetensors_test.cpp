// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Witnesses: files put together by hand from the format's description, and the reference
// implementation (the Python package safetensors) where there is one.
#include <emulsion/safetensors.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <cstring>
#include <random>

#include "tests/engine/support.h"

namespace emulsion {
namespace {

using test::accepts;
using test::contents;
using test::error_of;
using test::put;
using test::TemporaryFolder;
using Names = std::vector<std::string>;
using Metadata = std::map<std::string, std::string>;

/// A file by the format's description: eight bytes of length, the header, the data.
std::string file_of(const std::string& header, const std::string& data) {
    std::string text;
    for (std::size_t i = 0; i < 8; ++i) text += static_cast<char>(header.size() >> (8 * i) & 0xFF);
    return text + header + data;
}

std::string text_of(std::span<const std::byte> bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// Bytes that tell a tensor from another and a byte from its neighbours.
std::string pattern(std::size_t size, unsigned seed) {
    std::string text(size, '\0');
    for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>((i * 31 + seed * 57 + 1) & 0xFF);
    return text;
}

FileTensor tensor(const std::string& name, const std::string& type, std::vector<std::int64_t> shape,
                  const std::string& data) {
    return {name, type, std::move(shape), std::as_bytes(std::span(data))};
}

constexpr const char* sample_header =
    R"({"b":{"dtype":"I16","shape":[3],"data_offsets":[8,14]},"__metadata__":{"k\n":"v","":""},)"
    R"("a":{"data_offsets":[0,8],"shape":[2,1],"dtype":"F32"},"none":{"dtype":"F64","shape":[0,5],"data_offsets":[14,14]},)"
    R"("one":{"dtype":"U8","shape":[],"data_offsets":[14,15]}}   )";

TEST(Safetensors, ReadsAFileMadeByHand) {
    const TemporaryFolder folder;
    const std::string data = pattern(15, 0);
    put(folder / "m", file_of(sample_header, data));
    const auto file = SafetensorsFile::open(folder / "m");
    EXPECT_EQ(file->path(), folder / "m");
    EXPECT_EQ(file->metadata(), (Metadata{{"k\n", "v"}, {"", ""}}));
    ASSERT_EQ(file->tensors().size(), 4U);
    const auto& [a, b, none, one] =
        std::tie(file->tensors()[0], file->tensors()[1], file->tensors()[2], file->tensors()[3]);
    EXPECT_EQ(a.name + b.name + none.name + one.name, "abnoneone");  // in the order of the data
    EXPECT_EQ(a.type + b.type + none.type + one.type, "F32I16F64U8");
    EXPECT_EQ(a.shape, (std::vector<std::int64_t>{2, 1}));
    EXPECT_EQ(none.shape, (std::vector<std::int64_t>{0, 5}));
    EXPECT_TRUE(one.shape.empty());
    EXPECT_EQ(text_of(a.data), data.substr(0, 8));
    EXPECT_EQ(text_of(b.data), data.substr(8, 6));
    EXPECT_TRUE(none.data.empty());
    EXPECT_EQ(text_of(one.data), data.substr(14));
    EXPECT_EQ(file->find("b"), &file->tensors()[1]);
    EXPECT_EQ(file->find("c"), nullptr);
}

TEST(Safetensors, ReadsAFileWithoutTensors) {
    const TemporaryFolder folder;
    put(folder / "m", file_of("{}", ""));
    EXPECT_TRUE(SafetensorsFile::open(folder / "m")->tensors().empty());
}

TEST(Safetensors, TheMappingOutlivesEverythingButItself) {
    const TemporaryFolder folder;
    put(folder / "m", file_of(sample_header, pattern(15, 0)));
    const auto file = SafetensorsFile::open(folder / "m");
    const std::string other = pattern(4, 1);
    write_safetensors(folder / "m", {}, {tensor("a", "F32", {1}, other)});
    EXPECT_EQ(text_of(file->tensors()[0].data), pattern(15, 0).substr(0, 8));
    EXPECT_EQ(text_of(SafetensorsFile::open(folder / "m")->tensors()[0].data), other);
}

TEST(Safetensors, WhatIsWrittenReadsTheSame) {
    const TemporaryFolder folder;
    const Metadata metadata{{"net", "{\"name\": \"caf\u00e9\"}\n"}, {"seed", "1"}};
    std::vector<std::string> data;
    const std::vector<std::pair<std::string, std::size_t>> types{
        {"F64", 8}, {"F32", 4}, {"F16", 2}, {"BF16", 2}, {"I64", 8}, {"I32", 4}, {"I16", 2},
        {"I8", 1},  {"U64", 8}, {"U32", 4}, {"U16", 2},  {"U8", 1},  {"BOOL", 1}};
    for (unsigned i = 0; i < types.size(); ++i) data.push_back(pattern(types[i].second * 5 * i, i));
    std::vector<FileTensor> tensors;
    for (std::size_t i = 0; i < types.size(); ++i) {
        tensors.push_back(
            tensor("t." + types[i].first, types[i].first, {5, static_cast<std::int64_t>(i)}, data[i]));
    }
    write_safetensors(folder / "m", metadata, tensors);
    EXPECT_EQ(folder.names(), Names{"m"});
    const auto file = SafetensorsFile::open(folder / "m");
    EXPECT_EQ(file->metadata(), metadata);
    ASSERT_EQ(file->tensors().size(), tensors.size());
    for (const FileTensor& expected : tensors) {
        const FileTensor* found = file->find(expected.name);
        ASSERT_NE(found, nullptr) << expected.name;
        EXPECT_EQ(found->type, expected.type);
        EXPECT_EQ(found->shape, expected.shape);
        EXPECT_EQ(text_of(found->data), text_of(expected.data)) << expected.name;
    }
    // The same content gives the same bytes: nothing in the file depends on chance or time.
    write_safetensors(folder / "again", metadata, tensors);
    EXPECT_EQ(contents(folder / "again"), contents(folder / "m"));
}

TEST(Safetensors, TensorsOfAlignableSizeAreAligned) {
    const TemporaryFolder folder;
    const std::string odd = pattern(10, 1), even = pattern(64, 2), big = pattern(640, 3),
                      bias = pattern(8, 4);
    for (std::size_t pad = 0; pad < 70; ++pad) {  // every length of header modulo 64
        write_safetensors(folder / "m", {{"pad", std::string(pad, 'x')}},
                          {tensor("odd", "U8", {10}, odd), tensor("even", "F32", {16}, even),
                           tensor("bias", "F32", {2}, bias), tensor("big", "F32", {160}, big)});
        const auto file = SafetensorsFile::open(folder / "m");
        Names order;
        for (const FileTensor& t : file->tensors()) {
            order.push_back(t.name);
            if (t.data.size() % 64 == 0) {
                EXPECT_EQ(reinterpret_cast<std::uintptr_t>(t.data.data()) % 64, 0U) << t.name;
            }
        }
        EXPECT_EQ(order, (Names{"even", "big", "odd", "bias"}));
    }
}

TEST(Safetensors, OpeningReadsNoData) {
    const TemporaryFolder folder;
    constexpr std::uintmax_t size = std::uintmax_t{16} << 30;
    const std::string header = R"({"w":{"dtype":"F32","shape":[4294967296],"data_offsets":[0,17179869184]}})";
    put(folder / "m", file_of(header, ""));
    std::error_code error;
    std::filesystem::resize_file(folder / "m", 8 + header.size() + size, error);
    if (error) GTEST_SKIP() << "no sparse file of 16 GiB here: " << error.message();
    EXPECT_EQ(SafetensorsFile::open(folder / "m")->tensors()[0].data.size(),
              size);  // at once, and in 16 GiB less
}

TEST(Safetensors, NamesFileTensorAndFault) {
    const TemporaryFolder folder;
    const std::string path = folder / "m";
    struct Fault {
        const char *header, *message;
    };
    constexpr Fault faults[] = {
        // each before 8 bytes of data
        {R"({"t":{"dtype":"F33","shape":[2],"data_offsets":[0,8]}})", R"(tensor "t": unknown type "F33")"},
        {R"({"t":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}})",
         R"(tensor "t": type and shape take 12 bytes, data_offsets 8)"},
        {R"({"t":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}})",
         R"(tensor "t": a negative extent in its shape)"},
        {R"({"t":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,8]}})",
         R"(tensor "t": its shape is beyond 64 bits)"},
        {R"({"t":{"dtype":"F32","shape":[4611686018427387906],"data_offsets":[0,8]}})",
         R"(tensor "t": its shape is beyond 64 bits)"},
        {R"({"t":{"dtype":"F32","shape":[2.0],"data_offsets":[0,8]}})",
         R"(tensor "t": shape holds a real number)"},
        {R"({"t":{"dtype":"F32","shape":2,"data_offsets":[0,8]}})",
         R"(tensor "t": shape is missing or not a list)"},
        {R"({"t":{"dtype":"F32","shape":[2]}})", R"(tensor "t": data_offsets is missing or not a list)"},
        {R"({"t":{"dtype":"F32","shape":[2],"data_offsets":[0]}})",
         R"(tensor "t": data_offsets are not a begin and an end)"},
        {R"({"t":{"dtype":"F32","shape":[2],"data_offsets":[0,8,8]}})",
         R"(tensor "t": data_offsets are not a begin and an end)"},
        {R"({"t":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}})",
         R"(tensor "t": data_offsets are not a begin and an end)"},
        {R"({"t":{"dtype":"F32","shape":[2],"data_offsets":[-8,0]}})",
         R"(tensor "t": data_offsets are not a begin and an end)"},
        {R"({"t":{"dtype":"F32","shape":[3],"data_offsets":[0,12]}})",
         R"(tensor "t": its data lie beyond the end of the file; is it cut short?)"},
        {R"({"t":{"dtype":"F32","shape":[2],"data_offsets":[0,9223372036854775807]}})",
         R"(tensor "t": its data lie beyond the end of the file; is it cut short?)"},
        {R"({"t":{"shape":[2],"data_offsets":[0,8]}})", R"(tensor "t": dtype is missing or not text)"},
        {R"({"t":{"dtype":"F32","shape":[2],"data_offsets":[0,8],"x":1}})", R"(tensor "t": unknown key "x")"},
        {R"({"a\nb":5})", R"(tensor "a\nb": its entry is not an object)"},
        {R"({"t":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"u":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}})",
         R"(tensor "u": overlaps the tensor before it)"},
        {R"({"t":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"u":{"dtype":"U8","shape":[3],"data_offsets":[5,8]}})",
         R"(tensor "u": bytes that belong to no tensor precede it)"},
        {R"({"t":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}})",
         R"(tensor "t": bytes that belong to no tensor precede it)"},
        {R"({"t":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})",
         "bytes that belong to no tensor follow the last one"},
        {"{}", "bytes that belong to no tensor follow the last one"},
        {R"({"__metadata__":{"a":1}})", R"(__metadata__: "a" is not text)"},
        {R"({"__metadata__":[]})", "__metadata__ is not an object"},
        {"[]", "not a safetensors file: its header does not begin with {"},
        {" {}", "not a safetensors file: its header does not begin with {"},
        {"", "not a safetensors file: its header does not begin with {"},
        {"{", "header: line 1, column 2: expected a key in quotes"},
    };
    for (const auto& [header, message] : faults) {
        put(path, file_of(header, "12345678"));
        EXPECT_EQ(error_of(Error::Kind::data, [&] { SafetensorsFile::open(path); }), path + ": " + message)
            << header;
    }
}

TEST(Safetensors, RefusesHeadersThatCannotBe) {
    const TemporaryFolder folder;
    const std::string path = folder / "m";
    const auto refusal = [&](const std::string& text) {
        put(path, text);
        return error_of(Error::Kind::data, [&] { SafetensorsFile::open(path); });
    };
    EXPECT_EQ(refusal("1234567"), path + ": too short for a safetensors file");
    EXPECT_EQ(
        refusal(std::string(8, '\xFF') + "{}"),
        path + ": not a safetensors file, or cut short: its header should take 18446744073709551615 bytes");
    EXPECT_EQ(refusal(std::string("\3\0\0\0\0\0\0\0{}", 10)),
              path + ": not a safetensors file, or cut short: its header should take 3 bytes");
    put(path, file_of("{}", ""));
    const std::string length("\1\xE1\xF5\5\0\0\0\0", 8);  // 100,000,001
    put(path, length);
    std::filesystem::resize_file(path, 200'000'000);
    EXPECT_EQ(error_of(Error::Kind::data, [&] { SafetensorsFile::open(path); }),
              path + ": not a safetensors file, or cut short: its header should take 100000001 bytes");
    EXPECT_EQ(error_of(Error::Kind::data, [&] { SafetensorsFile::open(folder / "none"); }),
              "cannot read " + folder / "none" + ": No such file or directory");
}

TEST(Safetensors, RefusesToWriteWhatCouldNotBeRead) {
    const TemporaryFolder folder;
    const std::string path = folder / "m", data = pattern(8, 0);
    const auto refusal = [&](const std::vector<FileTensor>& tensors) {
        return error_of(Error::Kind::data, [&] { write_safetensors(path, {}, tensors); });
    };
    const FileTensor good = tensor("t", "F32", {2}, data);
    EXPECT_EQ(refusal({good, good}), path + ": tensor \"t\": the name is taken");
    EXPECT_EQ(refusal({tensor("__metadata__", "F32", {2}, data)}),
              path + ": tensor \"__metadata__\": the name is taken");
    EXPECT_EQ(refusal({tensor("t", "F32", {3}, data)}),
              path + ": tensor \"t\": its data do not have the size of its type and shape");
    EXPECT_EQ(refusal({tensor("t", "float", {2}, data)}), path + ": tensor \"t\": unknown type \"float\"");
    EXPECT_EQ(refusal({tensor("t", "F32", {-2}, data)}),
              path + ": tensor \"t\": a negative extent in its shape");
    refusal({tensor("\xFF", "F32", {2}, data)});
    EXPECT_TRUE(folder.names().empty());
    EXPECT_EQ(error_of(Error::Kind::failure, [&] { write_safetensors(folder / "none/m", {}, {good}); }),
              "cannot write " + folder / "none/m" + ": No such file or directory");
}

TEST(SafetensorsMutation, EveryTruncationIsRefused) {
    const TemporaryFolder folder;
    const std::string text = file_of(sample_header, pattern(15, 0));
    for (std::size_t length = 0; length < text.size(); ++length) {
        put(folder / "m", text.substr(0, length));
        error_of(Error::Kind::data, [&] { SafetensorsFile::open(folder / "m"); });
    }
    put(folder / "m", text + "x");
    error_of(Error::Kind::data, [&] { SafetensorsFile::open(folder / "m"); });
}

TEST(SafetensorsMutation, FlippedBitsAreRefusedOrReadWithinTheFile) {
    const TemporaryFolder folder;
    const std::string text = file_of(sample_header, pattern(15, 0));
    put(folder / "m", text);
    std::fstream stored(folder / "m", std::ios::binary | std::ios::in | std::ios::out);
    std::mt19937_64 random(6);
    int accepted = 0;
    for (int i = 0; i < 20'000; ++i) {
        stored.seekp(0) << test::with_flipped_bits(text, random) << std::flush;
        accepted += accepts([&] {
            const auto file = SafetensorsFile::open(folder / "m");
            std::size_t bytes = 0;
            for (const FileTensor& t : file->tensors()) bytes += text_of(t.data).size();  // touches them all
            EXPECT_EQ(bytes, 15U);
        });
    }
    EXPECT_GT(accepted, 500);  // data bytes, letters within names
    EXPECT_LT(accepted, 19'000);
}

// ---------------------------------------------------------------------------------------------
// The reference implementation

/// Reads the file argv[1] and demands the tensors that the test below wrote; writes argv[2] alike.
constexpr const char* peer_program = R"(
import sys, numpy, safetensors
from safetensors.numpy import save_file

def pattern(size, seed):
    return bytes((i * 31 + seed * 57 + 1) & 0xFF for i in range(size))

expected = {"conv1.weight": ("F32", [4, 4, 3], 192, 1), "conv1.bias": ("F32", [3], 12, 2),
            "steps": ("I64", [], 8, 3), "half": ("BF16", [5], 10, 4), "none": ("F64", [0, 7], 0, 5)}
found = dict(safetensors.deserialize(open(sys.argv[1], "rb").read()))
assert found.keys() == expected.keys(), found.keys()
for name, (dtype, shape, size, seed) in expected.items():
    tensor = found[name]
    assert (tensor["dtype"], tensor["shape"]) == (dtype, shape), (name, tensor)
    assert bytes(tensor["data"]) == pattern(size, seed), name
with safetensors.safe_open(sys.argv[1], "numpy") as file:
    assert file.metadata() == {"net": "{\"n\": \"caf\u00e9\"}\n", "seed": "1"}, file.metadata()
    assert file.get_tensor("conv1.weight").shape == (4, 4, 3)

arrays = {"w": numpy.frombuffer(pattern(48, 1), "<f4").reshape(3, 4), "b": numpy.frombuffer(pattern(5, 2), "u1"),
          "i": numpy.frombuffer(pattern(16, 3), "<i8"), "h": numpy.frombuffer(pattern(6, 4), "<f2"),
          "flag": numpy.array([True, False]), "scalar": numpy.array(2.5), "none": numpy.zeros((2, 0), "<i4")}
save_file(arrays, sys.argv[2], metadata={"k": "v\u00e9\n", "": ""})
)";

std::string peer_python() {
    const char* chosen = std::getenv("EMULSION_PYTHON");
    return chosen != nullptr ? chosen : EMULSION_SOURCE_DIR "/.venv/bin/python";
}

bool runs(const std::string& command) {
    return std::system(command.c_str()) == 0;
}

TEST(Safetensors, AgreesWithTheReferenceImplementation) {
    const std::string python = '\'' + peer_python() + '\'';
    if (!runs(python + " -c 'import numpy, safetensors' >/dev/null 2>&1")) {
        GTEST_SKIP() << python << " has no numpy and safetensors; set EMULSION_PYTHON to one that has";
    }
    const TemporaryFolder folder;
    const std::string w = pattern(192, 1), b = pattern(12, 2), steps = pattern(8, 3), half = pattern(10, 4);
    write_safetensors(folder / "ours", {{"net", "{\"n\": \"caf\u00e9\"}\n"}, {"seed", "1"}},
                      {tensor("conv1.bias", "F32", {3}, b), tensor("conv1.weight", "F32", {4, 4, 3}, w),
                       tensor("steps", "I64", {}, steps), tensor("half", "BF16", {5}, half),
                       tensor("none", "F64", {0, 7}, {})});
    put(folder / "peer.py", peer_program);
    ASSERT_TRUE(runs(python + ' ' + folder / "peer.py" + ' ' + folder / "ours" + ' ' + folder / "theirs"));

    const auto file = SafetensorsFile::open(folder / "theirs");
    EXPECT_EQ(file->metadata(), (Metadata{{"k", "v\u00e9\n"}, {"", ""}}));
    const std::vector<std::tuple<std::string, std::string, std::vector<std::int64_t>, std::string>> expected{
        {"w", "F32", {3, 4}, pattern(48, 1)},
        {"b", "U8", {5}, pattern(5, 2)},
        {"i", "I64", {2}, pattern(16, 3)},
        {"h", "F16", {3}, pattern(6, 4)},
        {"flag", "BOOL", {2}, std::string("\1\0", 2)},
        {"scalar", "F64", {}, std::string("\0\0\0\0\0\0\4\x40", 8)},
        {"none", "I32", {2, 0}, ""}};
    ASSERT_EQ(file->tensors().size(), expected.size());
    for (const auto& [name, type, shape, data] : expected) {
        const FileTensor* found = file->find(name);
        ASSERT_NE(found, nullptr) << name;
        EXPECT_EQ(found->type, type) << name;
        EXPECT_EQ(found->shape, shape) << name;
        EXPECT_EQ(text_of(found->data), data) << name;
    }
}

}  // namespace
}  // namespace emulsion
