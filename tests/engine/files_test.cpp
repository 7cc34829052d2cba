// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Replacing a file must hold under everything that goes wrong: a full disk, a kill at any moment.
#include "engine/files.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <functional>
#include <random>

#include "tests/engine/support.h"

namespace emulsion {
namespace {

using test::contents;
using test::error_of;
using test::put;
using test::TemporaryFolder;
using Names = std::vector<std::string>;

std::string text_of(const MappedFile& file) {
    return {reinterpret_cast<const char*>(file.bytes().data()), file.bytes().size()};
}

void replace(const std::string& path, const std::string& text) {
    AtomicFile file(path);
    file.append(text);
    file.commit();
}

std::string write_error(const std::string& path) {
    return error_of(Error::Kind::failure, [&] { replace(path, "new"); });
}

mode_t mode_of(const std::string& path) {
    struct stat status {};
    EXPECT_EQ(::stat(path.c_str(), &status), 0);
    return status.st_mode & 07777;
}

/// Runs `task` in a process of its own and answers its exit status as waitpid() gives it.
int in_child(const std::function<int()>& task) {
    const pid_t child = ::fork();
    if (child == 0) ::_exit(task());
    int status = 0;
    EXPECT_EQ(::waitpid(child, &status, 0), child);
    return status;
}

TEST(MappedFile, ShowsTheWholeFile) {
    const TemporaryFolder folder;
    std::string text(100'000, 'x');
    text.back() = '!';
    put(folder / "a", text);
    EXPECT_EQ(text_of(MappedFile(folder / "a")), text);
}

TEST(MappedFile, KeepsTheOldBytesWhenTheFileIsReplaced) {
    const TemporaryFolder folder;
    put(folder / "a", "old");
    const MappedFile mapped(folder / "a");
    replace(folder / "a", "new!");
    EXPECT_EQ(text_of(mapped), "old");
    EXPECT_EQ(text_of(MappedFile(folder / "a")), "new!");
}

TEST(MappedFile, SaysWhyItCannotRead) {
    const TemporaryFolder folder;
    put(folder / "empty", "");
    ASSERT_EQ(::mkfifo((folder / "pipe").c_str(), 0600), 0);
    const auto message = [&](const std::string& path) {
        return error_of(Error::Kind::data, [&] { const MappedFile file(path); });
    };
    const std::string start = "cannot read " + folder / "";
    EXPECT_EQ(message(folder / "none"), start + "none: No such file or directory");
    EXPECT_EQ(message(folder / ""), start + ": Is a directory");
    EXPECT_EQ(message(folder / "empty"), start + "empty: the file is empty");
    EXPECT_EQ(message(folder / "pipe"), start + "pipe: not a regular file");
    EXPECT_EQ(message("/dev/zero"), "cannot read /dev/zero: not a regular file");
}

TEST(MappedFile, SaysThatItMayNotRead) {
    const TemporaryFolder folder;
    put(folder / "secret", "x");
    ASSERT_EQ(::chmod((folder / "secret").c_str(), 0), 0);
    ASSERT_EQ(::chmod((folder / "").c_str(), 0755), 0);
    const int status = in_child([&] {
        constexpr uid_t nobody = 65534;  // root may read every file
        if (::geteuid() == 0 && ::setuid(nobody) != 0) return 1;
        try {
            const MappedFile file(folder / "secret");
        } catch (const Error& error) {
            return error.what() == "cannot read " + folder / "secret" + ": Permission denied" ? 42 : 2;
        }
        return 3;
    });
    ASSERT_TRUE(WIFEXITED(status));
    EXPECT_EQ(WEXITSTATUS(status), 42);
}

TEST(ReadText, ReadsUpToItsLimit) {
    const TemporaryFolder folder;
    const std::string text(200'000, 'y');
    put(folder / "a", text);
    put(folder / "empty", "");
    EXPECT_EQ(read_text(folder / "a", text.size()), text);
    EXPECT_EQ(read_text(folder / "empty", 0), "");
    EXPECT_EQ(error_of(Error::Kind::data, [&] { read_text(folder / "a", text.size() - 1); }),
              "cannot read " + folder / "a" + ": it holds more than the limit of 199999 bytes");
    EXPECT_EQ(error_of(Error::Kind::data, [&] { read_text("/dev/zero", 10); }),
              "cannot read /dev/zero: it holds more than the limit of 10 bytes");
    EXPECT_EQ(error_of(Error::Kind::data, [&] { read_text(folder / "none", 1); }),
              "cannot read " + folder / "none" + ": No such file or directory");
    EXPECT_EQ(error_of(Error::Kind::data, [&] { read_text(folder / "", 1); }),
              "cannot read " + folder / "" + ": Is a directory");
}

TEST(AtomicFile, WritesANewFileUnderTheUmask) {
    const TemporaryFolder folder;
    const mode_t before = ::umask(027);
    {
        AtomicFile file(folder / "a");
        file.append("one ");
        file.append("");
        file.append("two");
        EXPECT_EQ(folder.names(), Names{"a.tmp-" + std::to_string(::getpid()) + "-0"});
        file.commit();
    }
    ::umask(before);
    EXPECT_EQ(folder.names(), Names{"a"});
    EXPECT_EQ(contents(folder / "a"), "one two");
    EXPECT_EQ(mode_of(folder / "a"), 0640U);
}

TEST(AtomicFile, KeepsAnExistingFilesMode) {
    const TemporaryFolder folder;
    for (const mode_t mode : {0600U, 0666U, 0755U, 0444U}) {
        put(folder / "a", "old");
        ASSERT_EQ(::chmod((folder / "a").c_str(), mode), 0);
        replace(folder / "a", "new");
        EXPECT_EQ(contents(folder / "a"), "new");
        EXPECT_EQ(mode_of(folder / "a"), mode);
        ::unlink((folder / "a").c_str());
    }
}

TEST(AtomicFile, WithoutCommitNothingChanges) {
    const TemporaryFolder folder;
    put(folder / "a", "old");
    { AtomicFile(folder / "a").append("new"); }
    EXPECT_EQ(folder.names(), Names{"a"});
    EXPECT_EQ(contents(folder / "a"), "old");
}

TEST(AtomicFile, TwoWritersDoNotMeet) {
    const TemporaryFolder folder;
    AtomicFile one(folder / "a"), two(folder / "a");
    one.append("first");
    two.append("second");
    one.commit();
    EXPECT_EQ(contents(folder / "a"), "first");
    two.commit();
    EXPECT_EQ(contents(folder / "a"), "second");
    EXPECT_EQ(folder.names(), Names{"a"});
}

TEST(AtomicFile, WritesThroughSymbolicLinks) {
    const TemporaryFolder folder;
    std::filesystem::create_directory(folder / "sub");
    put(folder / "sub/real", "old");
    std::filesystem::create_symlink("sub/real", folder / "inner");        // relative to its folder
    std::filesystem::create_symlink(folder / "inner", folder / "outer");  // a link to a link
    std::filesystem::create_symlink("sub/absent", folder / "dangling");   // to a file yet to be
    replace(folder / "outer", "new");
    replace(folder / "dangling", "made");
    EXPECT_TRUE(std::filesystem::is_symlink(folder / "outer"));
    EXPECT_TRUE(std::filesystem::is_symlink(folder / "inner"));
    EXPECT_TRUE(std::filesystem::is_symlink(folder / "dangling"));
    EXPECT_FALSE(std::filesystem::is_symlink(folder / "sub/real"));
    EXPECT_EQ(contents(folder / "sub/real"), "new");
    EXPECT_EQ(contents(folder / "sub/absent"), "made");
    EXPECT_EQ(folder.names(), (Names{"dangling", "inner", "outer", "sub"}));
}

TEST(AtomicFile, SaysWhyItCannotWrite) {
    const TemporaryFolder folder;
    std::filesystem::create_directory(folder / "sub");
    std::filesystem::create_symlink("loop", folder / "loop");
    put(folder / "file", "x");
    ASSERT_EQ(::mkfifo((folder / "pipe").c_str(), 0600), 0);
    const std::string start = "cannot write " + folder / "";
    EXPECT_EQ(write_error(folder / "none/a"), start + "none/a: No such file or directory");
    EXPECT_EQ(write_error(folder / "sub"), start + "sub: Is a directory");
    EXPECT_EQ(write_error(folder / "file/a"), start + "file/a: Not a directory");
    EXPECT_EQ(write_error(folder / "loop"), start + "loop: Too many levels of symbolic links");
    EXPECT_EQ(write_error(folder / "pipe"), start + "pipe: not a regular file");
    EXPECT_EQ(folder.names(), (Names{"file", "loop", "pipe", "sub"}));
}

TEST(AtomicFile, AWriteThatFailsLeavesTheOldFileAndNothingElse) {
    const TemporaryFolder folder;
    put(folder / "a", "old");
    // A limit on file sizes stands for a full disk: one write is cut short, the next one fails.
    const int status = in_child([&] {
        const rlimit limit{100'000, 100'000};
        ::setrlimit(RLIMIT_FSIZE, &limit);
        std::signal(SIGXFSZ, SIG_IGN);
        try {
            AtomicFile file(folder / "a");
            file.append(std::string(70'000, 'n'));
            try {
                file.append(std::string(70'000, 'n'));
            } catch (const Error& error) {
                const bool gone = folder.names() == Names{"a"};  // at once, not only with the object
                const bool said = error.what() == "cannot write " + folder / "a" + ": File too large";
                return gone && said && error.kind() == Error::Kind::failure ? 42 : 1;
            }
        } catch (const Error&) {
            return 2;
        }
        return 3;
    });
    ASSERT_TRUE(WIFEXITED(status));
    EXPECT_EQ(WEXITSTATUS(status), 42);
    EXPECT_EQ(folder.names(), Names{"a"});
    EXPECT_EQ(contents(folder / "a"), "old");
}

constexpr std::size_t whole_size = 400'000;

void replace_by(const std::string& path, char letter) {
    AtomicFile file(path);
    for (int part = 0; part < 4; ++part) file.append(std::string(whole_size / 4, letter));
    file.commit();
}

/// Replaces a file over and over, each time by another letter, until killed.
[[noreturn]] void replace_for_ever(const std::string& path) {
    ::alarm(10);  // should the test itself be killed
    for (char letter = 'a';; letter = letter == 'z' ? 'a' : static_cast<char>(letter + 1)) {
        replace_by(path, letter);
    }
}

TEST(AtomicFile, AKillAtAnyMomentLeavesAWholeFile) {
    const TemporaryFolder folder;
    const std::string path = folder / "a";
    const auto start = std::chrono::steady_clock::now();
    replace_by(path, '-');
    const auto once =
        std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - start);
    std::mt19937 random(5);
    int replaced = 0, left_over = 0;
    for (int kill = 0; kill < 50; ++kill) {
        const std::string before = contents(path);
        const pid_t child = ::fork();
        if (child == 0) replace_for_ever(path);
        ::usleep(static_cast<useconds_t>(1000 + random() % (3 * once.count() + 1)));
        ::kill(child, SIGKILL);
        int status = 0;
        ASSERT_EQ(::waitpid(child, &status, 0), child);
        ASSERT_TRUE(WIFSIGNALED(status));
        const std::string now = contents(path);
        ASSERT_EQ(now.size(), whole_size);
        ASSERT_EQ(now, std::string(whole_size, now[0])) << "a mixture of two files";
        replaced += now != before;
        left_over += folder.names().size() > 1;
        for (const std::string& name : folder.names()) {
            if (name != "a") ::unlink((folder / name).c_str());
        }
    }
    // The kills must have met the writer at work, or the test shows nothing.
    EXPECT_GT(replaced, 0);
    EXPECT_GT(left_over, 0);
}

}  // namespace
}  // namespace emulsion
