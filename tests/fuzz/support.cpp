// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "tests/fuzz/support.h"

#include <emulsion/error.h>
#include <sys/mman.h>
#include <unistd.h>

#include <stdexcept>

namespace emulsion::fuzz {

namespace {

void touch_all(std::span<const float> values, const std::vector<std::int64_t>& shape) {
    touch(std::as_bytes(values));
    std::size_t count = 1;
    for (const std::int64_t side : shape) count *= static_cast<std::size_t>(side);
    if (count != values.size()) throw std::logic_error("values do not fit their shape");
}

}  // namespace

FileOf::FileOf(Bytes bytes) : descriptor_(::memfd_create("fuzz", MFD_CLOEXEC)) {
    if (descriptor_ == -1) throw std::logic_error("no file in memory");
    while (!bytes.empty()) {
        const auto done = ::write(descriptor_, bytes.data(), bytes.size());
        if (done <= 0) throw std::logic_error("a file in memory cannot be written");
        bytes = bytes.subspan(static_cast<std::size_t>(done));
    }
}

FileOf::~FileOf() {
    ::close(descriptor_);
}

std::string FileOf::path() const {
    return "/proc/self/fd/" + std::to_string(descriptor_);
}

void touch(Bytes bytes) {
    unsigned sum = 0;
    for (const std::byte byte : bytes) sum += std::to_integer<unsigned>(byte);
    volatile unsigned sink = sum;  // or the loop would be left out
    static_cast<void>(sink);
}

void touch(const formats::Imported& imported) {
    for (const auto& tensor : imported.tensors) touch_all(tensor.values, tensor.shape);
}

void touch(const formats::MeanImage& mean) {
    touch_all(mean.values, std::vector{mean.channels, mean.height, mean.width});
}

bool accepts(const Target& target, Bytes bytes) {
    try {
        target.read(bytes);
        return true;
    } catch (const Error& error) {
        const std::string message = error.what();
        if (error.kind() != Error::Kind::data || message.find_first_of("\r\n") != std::string::npos) {
            throw std::logic_error("an error that is not one line about a file: " + message);
        }
        return false;
    }
}

}  // namespace emulsion::fuzz
