// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "data/files.h"

#include <sys/stat.h>

#include "tests/data/fixtures.h"

namespace emulsion::tests {
namespace {

TEST(Files, ComeBack) {
    const TemporaryFolder folder;
    Bytes bytes;
    append(bytes, "some bytes\n\0 and more");
    write_file(folder.path("file"), bytes);
    EXPECT_EQ(read_file(folder.path("file"), bytes.size()), bytes);
}

TEST(Files, RefusalsNameTheCause) {
    const TemporaryFolder folder;
    const auto refused = [&](const std::string& name) {
        const std::string path = folder.path(name), message = error_of([&] { read_file(path, 10); });
        EXPECT_EQ(message.find(path + ": "), 0U);
        return message.substr(path.size() + 2);
    };
    EXPECT_EQ(refused("absent"), "No such file or directory");
    EXPECT_EQ(refused(""), "a directory, not a file");
    folder.write("empty", "");
    EXPECT_EQ(refused("empty"), "an empty file");
    folder.write("large", "eleven byte");
    EXPECT_EQ(refused("large"), "a file of 11 bytes; at most 10 are read");
    ASSERT_EQ(mkfifo(folder.path("pipe").c_str(), 0600), 0);
    EXPECT_EQ(refused("pipe"), "not a regular file");
}

}  // namespace
}  // namespace emulsion::tests
