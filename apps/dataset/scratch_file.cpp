// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "apps/dataset/scratch_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <emulsion/error.h>
#include <cerrno>
#include <cstdlib>
#include <system_error>

namespace emulsion::apps {
namespace {

constexpr std::size_t gathered = std::size_t{256} << 10;

int open_nameless(const std::string& folder) {
    const int made = ::open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (made >= 0 || (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL)) return made;
    // A file system that knows no nameless files.
    std::string name = folder + "/.scratch-XXXXXX";
    const int named = ::mkostemp(name.data(), O_CLOEXEC);
    if (named >= 0) ::unlink(name.c_str());
    return named;
}

}  // namespace

ScratchFile::ScratchFile(const std::string& folder) : folder_(folder), descriptor_(open_nameless(folder)) {
    if (descriptor_ < 0) fail(errno);
}

ScratchFile::~ScratchFile() {
    ::close(descriptor_);
}

std::uint64_t ScratchFile::append(std::span<const std::byte> bytes) {
    const std::uint64_t at = size();
    pending_.insert(pending_.end(), bytes.begin(), bytes.end());
    if (pending_.size() >= gathered) flush();
    return at;
}

void ScratchFile::flush() {
    for (std::size_t done = 0; done < pending_.size();) {
        const ssize_t n = ::write(descriptor_, pending_.data() + done, pending_.size() - done);
        if (n < 0 && errno != EINTR) fail(errno);
        if (n > 0) done += static_cast<std::size_t>(n);
    }
    written_ += pending_.size();
    pending_.clear();
}

void ScratchFile::read(std::uint64_t at, std::span<std::byte> to) const {
    for (std::size_t done = 0; done < to.size();) {
        const ssize_t n =
            ::pread(descriptor_, to.data() + done, to.size() - done, static_cast<off_t>(at + done));
        if (n < 0 && errno != EINTR) fail(errno);
        if (n == 0) fail(EIO);
        if (n > 0) done += static_cast<std::size_t>(n);
    }
}

void ScratchFile::fail(int code) const {
    throw Error(Error::Kind::failure,
                folder_ + ": a file for work in progress: " + std::generic_category().message(code));
}

}  // namespace emulsion::apps
