// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "data/npy.h"

#include <fcntl.h>
#include <filesystem>
#include <numeric>

#include "data/files.h"
#include "tests/data/fixtures.h"
#include "tests/data/witness.h"

namespace emulsion::tests {
namespace {

std::vector<float> counting(std::size_t count) {
    std::vector<float> numbers(count);
    std::iota(numbers.begin(), numbers.end(), 0.25F);
    return numbers;
}

/// A .npy file of version 1 whose header says this, byte for byte.
std::string npy(const std::string& header, std::size_t number_bytes) {
    const std::string text = header + std::string(3 - (header.size() + 10) % 4, ' ') + "\n";
    return "\x93NUMPY" + std::string("\x01\x00", 2) + static_cast<char>(text.size()) + '\0' + text +
           std::string(number_bytes, '\x01');
}

std::string described(const std::string& descr, const std::string& order, const std::string& shape) {
    return "{'descr': '" + descr + "', 'fortran_order': " + order + ", 'shape': " + shape + ", }";
}

TEST(Npy, GivesBackWhatWasWritten) {
    const TemporaryFolder folder;
    const std::vector<float> numbers = counting(7 * 3);
    const std::vector<std::int32_t> labels{1, 0, -1};
    {
        NpyWriter writer(folder.path("x.npy"), NpyType::f4, 3);
        writer.append(std::span(numbers).first(3));
        writer.append(std::span(numbers).subspan(3));
        EXPECT_EQ(writer.rows(), 7);
        writer.commit();
        NpyWriter other(folder.path("y.npy"), NpyType::i4, 0);
        other.append(std::span(labels));
        other.commit();
    }
    EXPECT_EQ(folder.names(), (std::vector<std::string>{"x.npy", "y.npy"}));
    const NpyArray x(folder.path("x.npy")), y(folder.path("y.npy"));
    EXPECT_EQ(x.rows(), 7);
    EXPECT_EQ(x.columns(), 3);
    EXPECT_TRUE(std::ranges::equal(x.floats(), numbers));
    EXPECT_EQ(y.rows(), 3);
    EXPECT_EQ(y.columns(), 0);
    EXPECT_TRUE(std::ranges::equal(y.integers(), labels));
    EXPECT_EQ(error_of([&] { x.integers(); }),
              folder.path("x.npy") + ": features ('<f4') where labels ('<i4') are wanted");
}

TEST(Npy, NumPyReadsOursAndWeReadNumPys) {
    const std::string python = python_with("numpy");
    if (python.empty()) GTEST_SKIP() << "no Python with numpy";
    const TemporaryFolder folder;
    const std::vector<float> numbers = counting(5 * 2);
    {
        NpyWriter writer(folder.path("x.npy"), NpyType::f4, 2);
        writer.append(std::span(numbers));
        writer.commit();
    }
    ASSERT_TRUE(run_python(python, R"(
import sys, numpy
x = numpy.load(sys.argv[1])
assert x.dtype == numpy.float32 and x.shape == (5, 2) and x[3, 1] == 7.25, x
numpy.save(sys.argv[2], x[::-1].copy())
numpy.save(sys.argv[3], numpy.arange(4, dtype=numpy.int32))
with open(sys.argv[4], "wb") as file:
    numpy.lib.format.write_array(file, x, version=(2, 0))
)",
                           folder.path("x.npy") + " " + folder.path("turned.npy") + " " +
                               folder.path("labels.npy") + " " + folder.path("second.npy")));
    const NpyArray turned(folder.path("turned.npy"));
    EXPECT_EQ(turned.floats()[0], 8.25F);
    EXPECT_EQ(turned.floats()[9], 1.25F);
    EXPECT_TRUE(std::ranges::equal(NpyArray(folder.path("labels.npy")).integers(),
                                   std::vector<std::int32_t>{0, 1, 2, 3}));
    EXPECT_TRUE(std::ranges::equal(NpyArray(folder.path("second.npy")).floats(), numbers));
}

TEST(Npy, RefusesBadFilesInOneLine) {
    const TemporaryFolder folder;
    const std::string path = folder.path("x.npy");
    const auto complaint = [&](const std::string& bytes) {
        folder.write("x.npy", bytes);
        const std::string message = error_of([&] { NpyArray{path}; });
        EXPECT_EQ(message.find(path + ": "), 0U) << message;
        return message.substr(std::min(message.size(), path.size() + 2));
    };
    error_of([&] { NpyArray{folder.path("absent.npy")}; });
    EXPECT_EQ(complaint("PK\x03\x04 and more that is no array"), "it is no .npy file");
    EXPECT_EQ(complaint("\x93NUMPY\x01"), "cut short within its header");
    EXPECT_EQ(complaint("\x93NUMPY\x07" + std::string(20, '\0')), "version 7 of .npy is not known");
    EXPECT_EQ(complaint("\x93NUMPY" + std::string("\x01\x00\xff\xff", 4) + std::string(90000, ' ')),
              "a header longer than an array of one or two dimensions needs");
    EXPECT_EQ(complaint(npy("__import__('os')", 0)),
              "its header does not describe an array of one or two dimensions");
    EXPECT_EQ(complaint(npy(described("<f4", "False", "(2, 2, 2)"), 32)),
              "its header does not describe an array of one or two dimensions");
    EXPECT_EQ(complaint(npy(described("<f4", "False", "(-2, 2)"), 16)),
              "its header does not describe an array of one or two dimensions");
    EXPECT_EQ(complaint(npy(described("<f8", "False", "(2, 2)"), 32)),
              "numbers of type '<f8'; features are '<f4' (numpy.float32), labels '<i4' (numpy.int32)");
    EXPECT_EQ(complaint(npy(described("|O", "False", "(2,)"), 32)),
              "numbers of type '|O'; features are '<f4' (numpy.float32), labels '<i4' (numpy.int32)");
    EXPECT_EQ(complaint(npy(described("<f4", "True", "(2, 2)"), 16)),
              "an array in Fortran's order; save it with numpy.ascontiguousarray");
    EXPECT_EQ(complaint(npy(described("<f4", "False", "(2, 2)"), 15)),
              "cut short: its 2 rows do not fit into the file");
    EXPECT_EQ(complaint(npy(described("<f4", "False", "(999999999999999999, 999999999999999999)"), 16)),
              "cut short: its 999999999999999999 rows do not fit into the file");
    EXPECT_EQ(complaint(npy(described("<f4", "False", "(2, 2)"), 17)), "more bytes than its 2 rows take");
    EXPECT_EQ(complaint(npy(described("<f4", "False", "(2, 0)"), 0)), "rows of no numbers");
    std::string shifted = npy(described("<f4", "False", "(2, 2)"), 16);
    shifted.insert(static_cast<std::size_t>(shifted[8]) + 9, " ");
    ++shifted[8];
    EXPECT_EQ(complaint(shifted), "numbers that do not begin at a multiple of four bytes");
}

TEST(Npy, LeavesNothingWithoutCommitAndResumesWhatWasKept) {
    const TemporaryFolder folder;
    const std::string path = folder.path("x.npy");
    const std::vector<float> numbers = counting(4 * 3);
    { NpyWriter(path, NpyType::f4, 3).append(std::span(numbers)); }
    EXPECT_TRUE(folder.names().empty());

    {
        NpyWriter writer(path, NpyType::f4, 3);
        writer.append(std::span(numbers).first(6));
        writer.keep();
    }
    EXPECT_EQ(folder.names(), std::vector<std::string>{"x.npy.part"});
    // A killed process may have written a part of a row.
    std::filesystem::resize_file(path + ".part", std::filesystem::file_size(path + ".part") + 5);
    {
        NpyWriter writer(path, NpyType::f4, 3, NpyWriter::Start::resume);
        EXPECT_EQ(writer.rows(), 2);
        writer.truncate(1);
        writer.append(std::span(numbers).subspan(3));
        writer.commit();
    }
    EXPECT_EQ(folder.names(), std::vector<std::string>{"x.npy"});
    EXPECT_TRUE(std::ranges::equal(NpyArray(path).floats(), numbers));
}

TEST(Npy, GoesOnBehindASealThatCameToNothing) {
    const TemporaryFolder folder;
    const std::string path = folder.path("x.npy");
    const std::vector<float> numbers = counting(4 * 3);
    {
        NpyWriter writer(path, NpyType::f4, 3);
        writer.append(std::span(numbers).first(9));
        writer.seal();
        EXPECT_FALSE(std::filesystem::exists(path));
        writer.keep();
    }
    for (const std::int64_t kept : {2, 1}) {  // the second finds fewer rows than were sealed
        NpyWriter writer(path, NpyType::f4, 3, NpyWriter::Start::resume);
        EXPECT_EQ(writer.rows(), kept + 1);
        writer.truncate(kept);
        writer.keep();
    }
    NpyWriter writer(path, NpyType::f4, 3, NpyWriter::Start::resume);
    writer.append(std::span(numbers).subspan(3));
    writer.seal();
    writer.commit();
    EXPECT_TRUE(std::ranges::equal(NpyArray(path).floats(), numbers));
}

TEST(Npy, DoesNotResumeOtherWork) {
    const TemporaryFolder folder;
    const std::string path = folder.path("x.npy");
    NpyWriter(path, NpyType::f4, 3).keep();
    EXPECT_EQ(error_of([&] { NpyWriter(path, NpyType::f4, 4, NpyWriter::Start::resume); }),
              path + ".part: left by other work than this; remove it to begin anew");
    EXPECT_EQ(folder.names(), std::vector<std::string>{"x.npy.part"});
}

TEST(Npy, SaysWhenNothingCanBeWritten) {
    const TemporaryFolder folder;
    error_of([&] { NpyWriter(folder.path("no/such/x.npy"), NpyType::f4, 3); }, Error::Kind::failure);
    // A full disk.
    std::filesystem::create_symlink("/dev/full", folder.path("x.npy.part"));
    error_of([&] { NpyWriter(folder.path("x.npy"), NpyType::f4, 3); }, Error::Kind::failure);
    EXPECT_FALSE(std::filesystem::exists(folder.path("x.npy")));
}

}  // namespace
}  // namespace emulsion::tests
