// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "data/files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <emulsion/error.h>
#include <algorithm>
#include <cerrno>
#include <system_error>

#include "engine/files.h"

namespace emulsion {
namespace {

/// A file descriptor that closes itself.
class Handle {
   public:
    explicit Handle(int number) : number_(number) {}
    Handle(const Handle&) = delete;
    Handle& operator=(const Handle&) = delete;
    ~Handle() {
        if (number_ >= 0) ::close(number_);
    }
    int number() const { return number_; }

   private:
    int number_;
};

/// Thrown apart, because a loader skips a broken photo but must not skip all photos when the process
/// has run out of handles.
[[noreturn]] void throw_read_error(const std::string& path, int code) {
    const bool machine = code == EMFILE || code == ENFILE || code == ENOMEM;
    throw Error(machine ? Error::Kind::failure : Error::Kind::data,
                one_line(path + ": " + std::generic_category().message(code)));
}

}  // namespace

std::string one_line(std::string text) {
    const auto control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; };
    std::replace_if(text.begin(), text.end(), control, '?');
    return text;
}

std::vector<std::byte> read_file(const std::string& path, std::size_t most_bytes) {
    std::vector<std::byte> bytes;
    read_file(path, most_bytes, bytes);
    return bytes;
}

std::span<const std::byte> read_file(const std::string& path, std::size_t most_bytes,
                                     std::vector<std::byte>& memory) {
    // Without O_NONBLOCK the opening of a named pipe would wait for a writer for ever.
    const Handle file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    struct stat status {};
    if (file.number() < 0 || ::fstat(file.number(), &status) != 0) throw_read_error(path, errno);
    const auto refuse = [&path](const std::string& what) {
        throw Error(Error::Kind::data, one_line(path + ": " + what));
    };
    if (S_ISDIR(status.st_mode)) refuse("a directory, not a file");
    if (!S_ISREG(status.st_mode)) refuse("not a regular file");
    if (status.st_size == 0) refuse("an empty file");
    if (static_cast<std::size_t>(status.st_size) > most_bytes)
        refuse("a file of " + std::to_string(status.st_size) + " bytes; at most " +
               std::to_string(most_bytes) + " are read");

    const auto size = static_cast<std::size_t>(status.st_size);
    if (memory.size() < size) memory.resize(size);
    const std::span<std::byte> bytes(memory.data(), size);
    std::size_t done = 0;
    while (done < bytes.size()) {
        const ssize_t n = ::read(file.number(), bytes.data() + done, bytes.size() - done);
        if (n == 0) refuse("became shorter while it was read");
        if (n > 0) done += static_cast<std::size_t>(n);
        if (n < 0 && errno != EINTR) throw_read_error(path, errno);
    }
    return bytes;
}

void write_file(const std::string& path, std::span<const std::byte> bytes) {
    AtomicFile file(path);
    file.append(bytes);
    file.commit();
}

}  // namespace emulsion
