// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "apps/features/append_file.h"

#include <emulsion/error.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cerrno>
#include <cstdio>
#include <system_error>
#include <utility>

#include "apps/folder_lock.h"
#include "data/files.h"

namespace emulsion::apps {

AppendFile::AppendFile(const std::string& path) : path_(path) {
    constexpr mode_t everyone = 0666;
    descriptor_ = ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, everyone);
    if (descriptor_ == -1) fail();
    try {
        lock_for_this_run(descriptor_, path);
        struct stat status {};
        if (::fstat(descriptor_, &status) != 0) fail();
        bytes_ = status.st_size;
    } catch (...) {
        ::close(descriptor_);
        throw;
    }
}

AppendFile::~AppendFile() {
    if (descriptor_ != -1) ::close(descriptor_);
}

void AppendFile::append(std::string_view text) {
    constexpr std::size_t most_waiting = std::size_t{1} << 20;
    buffer_ += text;
    bytes_ += static_cast<std::int64_t>(text.size());
    if (buffer_.size() > most_waiting) flush();
}

void AppendFile::flush() {
    for (std::string_view rest = buffer_; !rest.empty();) {
        const ssize_t written = ::write(descriptor_, rest.data(), rest.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) fail();
        rest.remove_prefix(static_cast<std::size_t>(written));
    }
    buffer_.clear();
}

void AppendFile::truncate(std::int64_t bytes) {
    flush();
    if (::ftruncate(descriptor_, bytes) != 0) fail();
    bytes_ = bytes;
}

void AppendFile::sync() {
    flush();
    if (::fsync(descriptor_) != 0) fail();
}

void AppendFile::rename(const std::string& path) {
    sync();
    if (::close(std::exchange(descriptor_, -1)) != 0) fail();
    if (std::rename(path_.c_str(), path.c_str()) != 0) fail();
}

void AppendFile::fail() const {
    throw Error(Error::Kind::failure,
                one_line("cannot write " + path_ + ": " + std::generic_category().message(errno)));
}

}  // namespace emulsion::apps
