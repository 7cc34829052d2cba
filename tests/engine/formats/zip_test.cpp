// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// ZIP files as we write them, as torch and others do, and as nobody should.
#include "engine/formats/zip.h"

#include <gtest/gtest.h>

#include <cstring>
#include <functional>

#include "tests/engine/formats/damage.h"
#include "tests/engine/support.h"

namespace emulsion::formats {
namespace {

using test::bytes_of;
using test::corpus_file;
using test::error_of;
using test::TemporaryFolder;

ZipArchive open(const std::string& bytes) {
    return ZipArchive(test::file_of(bytes));
}

std::string refusal(const std::string& bytes) {
    return error_of(Error::Kind::data, [&] { open(bytes); });
}

/// Two entries: "a" with 3 bytes, "folder/b" with 100.
std::string two_entries() {
    const TemporaryFolder folder;
    ZipWriter writer(folder / "z");
    writer.add("a", bytes_of("one"));
    writer.add("folder/b", bytes_of(std::string(100, 'b')));
    writer.commit();
    return test::contents(folder / "z");
}

/// The place of the k-th line of the directory, from 0.
std::size_t directory_line(const std::string& zip, int k) {
    std::size_t at = zip.find("PK\x01\x02");
    for (int i = 0; i < k; ++i) at = zip.find("PK\x01\x02", at + 1);
    return at;
}

template <class Number>
void put(std::string& text, std::size_t at, Number number) {
    std::memcpy(text.data() + at, &number, sizeof number);
}

TEST(Crc32, AgreesWithTheStandardsCheckAndWithPlainDivision) {
    EXPECT_EQ(crc32(bytes_of("123456789")), 0xCBF43926U);
    EXPECT_EQ(crc32({}), 0U);
    std::string text;
    for (int length = 0; length < 70; ++length) {
        std::uint32_t remainder = ~0U;  // bit by bit
        for (const char each : text) {
            remainder ^= static_cast<std::uint8_t>(each);
            for (int bit = 0; bit < 8; ++bit) {
                remainder = remainder % 2 != 0 ? remainder / 2 ^ 0xEDB88320U : remainder / 2;
            }
        }
        EXPECT_EQ(crc32(bytes_of(text)), ~remainder) << length;
        text += static_cast<char>(length * 37 + 5);
    }
}

TEST(Zip, WhatIsWrittenIsReadAndAligned) {
    const FileBytes file = test::file_of(two_entries());
    const ZipArchive archive(file);
    ASSERT_EQ(archive.entries().size(), 2U);
    EXPECT_EQ(test::text_of(archive.read("a")), "one");
    EXPECT_EQ(test::text_of(archive.read("folder/b")), std::string(100, 'b'));
    for (const auto& [name, entry] : archive.entries()) {
        EXPECT_EQ((entry.data.data() - file.bytes.data()) % 64, 0) << name;
    }
    EXPECT_EQ(error_of(Error::Kind::data, [&] { archive.read("c"); }), "F: entry \"c\" is missing");
}

TEST(Zip, AnEmptyArchiveIsOne) {
    const TemporaryFolder folder;
    ZipWriter(folder / "z").commit();
    EXPECT_TRUE(open(test::contents(folder / "z")).entries().empty());
}

TEST(Zip, FilesOfOtherProgramsAreRead) {
    for (const char* name : {"torch.zip", "info_zip.zip", "python_streamed.zip", "python_zip64.zip"}) {
        const std::string bytes = corpus_file(std::string("zip/") + name);
        const ZipArchive archive = open(bytes);
        EXPECT_FALSE(archive.entries().empty()) << name;
        for (const auto& [entry, content] : archive.entries()) EXPECT_NO_THROW(archive.read(entry));
    }
}

TEST(Zip, CompressedEntriesAreRefusedByName) {
    EXPECT_EQ(refusal(corpus_file("zip/compressed.zip")),
              "F: entry \"text\" is compressed, as in TorchScript; only stored entries are read, as "
              "torch.save makes them");
}

TEST(Zip, DamagedDataAreFoundByTheirSum) {
    std::string zip = two_entries();
    zip[zip.find("one")] = 'O';
    const ZipArchive archive = open(zip);
    EXPECT_EQ(error_of(Error::Kind::data, [&] { archive.read("a"); }),
              "F: entry \"a\" is damaged: its CRC-32 does not fit");
    EXPECT_NO_THROW(archive.read("folder/b"));
}

TEST(Zip, EveryTruncationIsRefused) {
    for (const std::string& zip : {two_entries(), corpus_file("zip/python_streamed.zip")}) {
        for (std::size_t length = 0; length < zip.size(); ++length) refusal(zip.substr(0, length));
    }
}

// Padding, dates and the like may change; what is read may not.
TEST(Zip, EveryFlippedBitIsRefusedOrDoesNotMatter) {
    const auto read_all = [](const std::string& zip) {
        const ZipArchive archive = open(zip);
        std::string all;
        for (const auto& [name, entry] : archive.entries())
            all += name + ':' + test::text_of(archive.read(name));
        return all;
    };
    for (const std::string& zip : {two_entries(), corpus_file("zip/python_streamed.zip")}) {
        const std::string sound = read_all(zip);
        test::for_every_flipped_bit(zip, [&](const std::string& flipped) {
            std::string read = sound;
            test::accepts([&] { read = read_all(flipped); });
            EXPECT_EQ(read, sound);
        });
    }
}

struct Hostile {
    const char* name;
    std::function<void(std::string&)> damage;
    const char* error;
};
void PrintTo(const Hostile& hostile, std::ostream* out) {
    *out << hostile.name;
}

class HostileZip : public ::testing::TestWithParam<Hostile> {};

TEST_P(HostileZip, IsRefusedInOneLine) {
    std::string zip = two_entries();
    GetParam().damage(zip);
    EXPECT_EQ(refusal(zip), std::string("F: ") + GetParam().error);
}

// Offsets within a line of the directory: flags 8, method 10, CRC 16, name 46, ZIP64 sizes behind it.
INSTANTIATE_TEST_SUITE_P(
    , HostileZip,
    ::testing::Values(
        Hostile{"Encrypted", [](std::string& z) { z[directory_line(z, 0) + 8] |= 1; },
                "entry \"a\" is encrypted"},
        Hostile{"Method", [](std::string& z) { z[directory_line(z, 1) + 10] = 8; },
                "entry \"folder/b\" is compressed, as in TorchScript; only stored entries are read, as "
                "torch.save makes them"},
        Hostile{"MethodOfTheHeader", [](std::string& z) { z[z.find("PK\x03\x04") + 8] = 8; },
                "entry \"a\" is compressed, as in TorchScript; only stored entries are read, as torch.save "
                "makes them"},
        Hostile{"Name", [](std::string& z) { z[directory_line(z, 0) + 46] = 'c'; },
                "entry \"c\" has a header that differs from the directory's"},
        Hostile{"Sum", [](std::string& z) { z[directory_line(z, 0) + 16] ^= 1; },
                "entry \"a\" has a header that differs from the directory's"},
        Hostile{"Bomb",  // both headers claim 2^60 bytes
                [](std::string& z) {
                    for (const std::size_t at :
                         {z.find("PK\x03\x04") + 30 + 1 + 4, directory_line(z, 0) + 46 + 1 + 4}) {
                        put(z, at, std::uint64_t{1} << 60);
                        put(z, at + 8, std::uint64_t{1} << 60);
                    }
                },
                "entry \"a\": byte 64: cut short in its data, which takes 1152921504606846976 bytes where "
                "483 are left"},
        Hostile{"Place", [](std::string& z) { put(z, directory_line(z, 0) + 46 + 1 + 20, std::uint64_t{1}); },
                "entry \"a\" is not where the directory says"},
        Hostile{"FarPlace",
                [](std::string& z) { put(z, directory_line(z, 0) + 46 + 1 + 20, ~std::uint64_t{0}); },
                "entry \"a\" lies beyond the end of the file"},
        Hostile{"TwoLinesOneEntry",
                [](std::string& z) {  // the second line becomes a copy of the first; it is longer by 7
                    const std::size_t first = directory_line(z, 0), second = directory_line(z, 1);
                    const std::size_t end = z.find("PK\x06\x06");
                    const std::string line = z.substr(first, second - first);
                    z.replace(second, end - second, line);
                    const std::size_t end64 = z.find("PK\x06\x06"), locator = z.find("PK\x06\x07");
                    put(z, end64 + 40, std::uint64_t{2 * line.size()});
                    put(z, locator + 8, std::uint64_t{end64});
                },
                "entry \"a\" stands twice"},
        Hostile{"Overlap",
                [](std::string& z) {  // the first entry's data reach over the second's header
                    const std::uint64_t size = z.find("PK\x03\x04", 4) + 10 - z.find("one");
                    for (const std::size_t at :
                         {z.find("PK\x03\x04") + 30 + 1 + 4, directory_line(z, 0) + 46 + 1 + 4}) {
                        put(z, at, size);
                        put(z, at + 8, size);
                    }
                },
                "entry \"a\" overlaps entry \"folder/b\""},
        Hostile{"Count",
                [](std::string& z) { ++z[z.find("PK\x06\x06") + 24], ++z[z.find("PK\x06\x06") + 32]; },
                "its directory has 2 entries where the end record says 3"},
        Hostile{"Parts", [](std::string& z) { ++z[z.find("PK\x06\x06") + 24]; },
                "a ZIP of several parts is not read"},
        Hostile{"Directory", [](std::string& z) { ++z[z.find("PK\x06\x06") + 40]; },
                "its directory does not end where the end record begins"},
        Hostile{"Locator", [](std::string& z) { put(z, z.find("PK\x06\x07") + 8, ~std::uint64_t{0}); },
                "its ZIP64 locator points beyond itself"},
        Hostile{"TwoEnds", [](std::string& z) { put(z, z.find("PK\x05\x06") + 8, std::uint16_t{7}); },
                "its two end records differ"},
        Hostile{"Trailing", [](std::string& z) { z += "more"; },
                "not a ZIP file, or cut short: it has no end record"}),
    [](const auto& param_info) { return param_info.param.name; });

}  // namespace
}  // namespace emulsion::formats
