// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "data/list.h"

#include <unistd.h>
#include "tests/data/fixtures.h"

namespace emulsion::tests {
namespace {

using Samples = std::vector<Sample>;

TEST(List, ReadsPathsAndLabels) {
    const TemporaryFolder folder;
    const std::string list = folder.write("list.txt", "a.jpg 0\nsub/b c  d.png 12\n/absolute/e.jpg\t3\n");
    EXPECT_EQ(
        read_list(list),
        (Samples{{folder.path("a.jpg"), 0}, {folder.path("sub/b c  d.png"), 12}, {"/absolute/e.jpg", 3}}));
    EXPECT_EQ(max_label(read_list(list)), 12);
    EXPECT_EQ(max_label({}), no_label);
}

TEST(List, BearsWindowsAndMissingEnds) {
    const TemporaryFolder folder;
    const std::string list = folder.write("list.txt",
                                          "\xEF\xBB\xBF"
                                          "a.jpg 0\r\n\r\n  b.jpg 1  \r\nc.jpg 2");
    EXPECT_EQ(read_list(list),
              (Samples{{folder.path("a.jpg"), 0}, {folder.path("b.jpg"), 1}, {folder.path("c.jpg"), 2}}));
}

TEST(List, NamesTheBadLine) {
    const TemporaryFolder folder;
    const auto complaint = [&](const std::string& line) {
        const std::string list = folder.write("list.txt", "a.jpg 0\n" + line + "\nb.jpg 1\n");
        const std::string message = error_of([&] { read_list(list); });
        EXPECT_EQ(message.find(list + ":2: "), 0U) << message;
        return message.substr(list.size() + 4);
    };
    EXPECT_EQ(complaint("b.jpg"), "a path and a label are wanted, with a space between");
    EXPECT_EQ(complaint("b.jpg good"), "the label 'good' is not a whole number");
    EXPECT_EQ(complaint("b.jpg 1.5"), "the label '1.5' is not a whole number");
    EXPECT_EQ(complaint("b.jpg 99999999999"), "the label '99999999999' is not a whole number");
    EXPECT_EQ(complaint("b.jpg -1"), "the label -1 is negative");
}

TEST(List, RefusesWhatIsNoList) {
    const TemporaryFolder folder;
    EXPECT_EQ(error_of([&] { read_list(folder.path("absent")); }),
              folder.path("absent") + ": No such file or directory");
    error_of([&] { read_list(folder.path()); });
    const std::string blank = folder.write("blank.txt", "\n\n");
    EXPECT_EQ(error_of([&] { read_list(blank); }), blank + ": lists no photo");
}

TEST(Folder, FindsPhotosInOrder) {
    const TemporaryFolder folder;
    for (const char* name :
         {"b.jpg", "a/z.PNG", "a/y.jpeg", "a.b.webp", ".hidden.jpg", ".git/c.jpg", "notes.txt", "jpg"})
        folder.write(name, "x");
    EXPECT_EQ(list_folder(folder.path()), (Samples{{folder.path("a.b.webp")},
                                                   {folder.path("a/y.jpeg")},
                                                   {folder.path("a/z.PNG")},
                                                   {folder.path("b.jpg")}}));
}

TEST(Folder, NamesMayHoldAnything) {
    const TemporaryFolder folder;
    folder.write("two\nlines.jpg", "x");
    EXPECT_EQ(list_folder(folder.path()).front().path, folder.path("two\nlines.jpg"));
    error_of([&] { list_folder(folder.path("no\nfolder")); });
    error_of([&] { read_list(folder.path("no\nlist")); });
    error_of([&] { read_list(folder.path("two\nlines.jpg")); });
}

TEST(Folder, EndsInSpiteOfLoops) {
    const TemporaryFolder folder;
    folder.write("sub/a.jpg", "x");
    std::filesystem::create_directory_symlink(folder.path(), folder.path("sub/up"));
    std::filesystem::create_directory_symlink(folder.path("sub"), folder.path("again"));
    std::filesystem::create_symlink(folder.path("nowhere"), folder.path("dangling.jpg"));
    std::filesystem::create_symlink(folder.path("circle2.jpg"), folder.path("circle1.jpg"));
    std::filesystem::create_symlink(folder.path("circle1.jpg"), folder.path("circle2.jpg"));
    EXPECT_EQ(list_folder(folder.path()), (Samples{{folder.path("again/a.jpg")}}))
        << "by the first of two ways";
}

TEST(Folder, RefusesWhatHoldsNoPhoto) {
    const TemporaryFolder folder;
    EXPECT_EQ(error_of([&] { list_folder(folder.path()); }), folder.path() + ": holds no photo");
    EXPECT_EQ(error_of([&] { list_folder(folder.path("absent")); }),
              folder.path("absent") + ": No such file or directory");
    const std::string file = folder.write("a.jpg", "x");
    error_of([&] { list_folder(file); });
}

// Permissions bind everyone but root; this test may run as root.
class WithoutPrivileges {
   public:
    WithoutPrivileges() : changed_(geteuid() == 0 && seteuid(65534) == 0) {}
    ~WithoutPrivileges() {
        if (changed_ && seteuid(0) != 0) std::abort();
    }
    WithoutPrivileges(const WithoutPrivileges&) = delete;
    WithoutPrivileges& operator=(const WithoutPrivileges&) = delete;

   private:
    const bool changed_;
};

TEST(Folder, TellsOfAFolderThatCannotBeReadAndGoesOn) {
    const TemporaryFolder folder;
    folder.write("locked: here/b.jpg", "x");
    folder.write("z.jpg", "x");
    const std::string locked = folder.path("locked: here");
    std::filesystem::permissions(folder.path(), std::filesystem::perms(0755));
    std::filesystem::permissions(locked, std::filesystem::perms::none);
    Samples found;
    std::vector<std::pair<std::string, std::string>> told;
    {
        const WithoutPrivileges now;
        found = list_folder(folder.path(), [&](const std::string& path, const std::string& message) {
            told.emplace_back(path, message);
        });
        EXPECT_EQ(error_of([&] { list_folder(folder.path()); }), locked + ": Permission denied");
    }
    std::filesystem::permissions(locked, std::filesystem::perms::owner_all);
    EXPECT_EQ(found, (Samples{{folder.path("z.jpg")}}));
    ASSERT_EQ(told.size(), 1U);
    EXPECT_EQ(told[0].first, locked);
    EXPECT_EQ(told[0].second, locked + ": Permission denied");
}

}  // namespace
}  // namespace emulsion::tests
