// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "engine/files.h"

#include <emulsion/error.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>
#include <utility>

namespace emulsion {
namespace {

std::string words(int error) {
    return std::generic_category().message(error);
}

/// Calls a system call again for as long as signals interrupt it.
template <class Call>
auto retry(Call&& call) {
    auto result = call();
    while (result == -1 && errno == EINTR) result = call();
    return result;
}

[[noreturn]] void fail_reading(const std::string& path, const std::string& why) {
    throw Error(Error::Kind::data, "cannot read " + path + ": " + why);
}

/// A file open for reading, closed with its scope.
class Reading {
   public:
    explicit Reading(const std::string& path, int flags = 0) : path_(path) {
        descriptor_ = retry([&] { return ::open(path.c_str(), O_RDONLY | O_CLOEXEC | flags); });
        if (descriptor_ == -1) fail_reading(path, words(errno));
    }
    ~Reading() { ::close(descriptor_); }
    Reading(const Reading&) = delete;
    Reading& operator=(const Reading&) = delete;

    int descriptor() const { return descriptor_; }

    std::size_t read(std::span<char> buffer) {
        const auto got = retry([&] { return ::read(descriptor_, buffer.data(), buffer.size()); });
        if (got == -1) fail_reading(path_, words(errno));
        return static_cast<std::size_t>(got);
    }

   private:
    const std::string& path_;
    int descriptor_;
};

/// Follows symbolic links in the last part of a path, to a file that need not exist. Links among its
/// folders are followed by the system anyway.
std::filesystem::path follow_links(std::filesystem::path path) {
    constexpr int most = 40;  // as many as Linux follows
    for (int links = 0; std::filesystem::is_symlink(std::filesystem::symlink_status(path)); ++links) {
        if (links == most) throw std::system_error(ELOOP, std::generic_category());
        path = path.parent_path() / std::filesystem::read_symlink(path);
    }
    return path;
}

}  // namespace

MappedFile::MappedFile(const std::string& path) {
    const Reading file(path, O_NONBLOCK);  // without it, opening a pipe waits for a writer
    struct stat status {};
    if (::fstat(file.descriptor(), &status) != 0) fail_reading(path, words(errno));
    if (S_ISDIR(status.st_mode)) fail_reading(path, words(EISDIR));
    if (!S_ISREG(status.st_mode)) fail_reading(path, "not a regular file");
    if (status.st_size == 0) fail_reading(path, "the file is empty");
    const auto size = static_cast<std::size_t>(status.st_size);
    void* start = ::mmap(nullptr, size, PROT_READ, MAP_SHARED, file.descriptor(), 0);
    if (start == MAP_FAILED) fail_reading(path, words(errno));
    bytes_ = {static_cast<const std::byte*>(start), size};
}

MappedFile::~MappedFile() {
    ::munmap(const_cast<std::byte*>(bytes_.data()), bytes_.size());
}

std::string read_text(const std::string& path, std::size_t limit) {
    Reading file(path);
    std::string text, chunk(std::size_t{64} << 10, '\0');
    while (const std::size_t got = file.read(chunk)) {
        if (got > limit - text.size()) {
            fail_reading(path, "it holds more than the limit of " + std::to_string(limit) + " bytes");
        }
        text.append(chunk, 0, got);
    }
    return text;
}

AtomicFile::AtomicFile(const std::string& path) : path_(path) {
    try {
        target_ = follow_links(path).string();
    } catch (const std::system_error& error) {
        fail(error.code().message());
    }
    struct stat existing {};
    const bool exists = ::stat(target_.c_str(), &existing) == 0;
    if (exists && S_ISDIR(existing.st_mode)) fail(words(EISDIR));
    if (exists && !S_ISREG(existing.st_mode)) fail("not a regular file");  // renaming would replace a device
    constexpr mode_t everyone = 0666, permissions = 07777;
    open_temporary(exists ? existing.st_mode & permissions : everyone);
    // open() takes the umask off; an existing file has its own say.
    if (exists && ::fchmod(descriptor_, existing.st_mode & permissions) != 0) fail(words(errno));
}

AtomicFile::~AtomicFile() {
    discard();
}

void AtomicFile::open_temporary(unsigned mode) {
    constexpr int most = 1000;
    const std::string prefix = target_ + ".tmp-" + std::to_string(::getpid()) + '-';
    for (int n = 0; n < most; ++n) {
        const std::string name = prefix + std::to_string(n);
        descriptor_ =
            retry([&] { return ::open(name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode); });
        if (descriptor_ != -1) {
            temporary_ = name;
            return;
        }
        if (errno != EEXIST) fail(words(errno));
    }
    fail("remove the left-over files " + prefix + "*");
}

void AtomicFile::append(std::span<const std::byte> bytes) {
    while (!bytes.empty()) {
        const auto done = retry([&] { return ::write(descriptor_, bytes.data(), bytes.size()); });
        if (done == -1) fail(words(errno));
        bytes = bytes.subspan(static_cast<std::size_t>(done));  // a nearly full disk takes a part
    }
}

void AtomicFile::commit() {
    if (retry([&] { return ::fsync(descriptor_); }) != 0) fail(words(errno));
    // Not retried: after EINTR the descriptor is gone. Network file systems report lost writes here.
    if (::close(std::exchange(descriptor_, -1)) != 0 && errno != EINTR) fail(words(errno));
    if (::rename(temporary_.c_str(), target_.c_str()) != 0) fail(words(errno));
    temporary_.clear();
    flush_folder();
}

/// Without this the file's new name may not survive a power cut.
void AtomicFile::flush_folder() {
    const auto parent = std::filesystem::path(target_).parent_path();
    const std::string folder = parent.empty() ? "." : parent.string();
    descriptor_ = retry([&] { return ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); });
    if (descriptor_ == -1) fail(words(errno));
    // EINVAL: a file system without such a thing.
    if (retry([&] { return ::fsync(descriptor_); }) != 0 && errno != EINVAL) fail(words(errno));
    discard();
}

void AtomicFile::discard() noexcept {
    if (descriptor_ != -1) ::close(std::exchange(descriptor_, -1));
    if (!temporary_.empty()) ::unlink(temporary_.c_str());
    temporary_.clear();
}

void AtomicFile::fail(const std::string& why) {
    discard();
    throw Error(Error::Kind::failure, "cannot write " + path_ + ": " + why);
}

}  // namespace emulsion
