// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "engine/checksum.h"

#include <emulsion/error.h>
#include <algorithm>
#include <cstdio>
#include <cstring>

namespace emulsion {
namespace {

constexpr std::uint64_t odd = 0x9E3779B97F4A7C15U;  // 2^64 divided by the golden ratio
constexpr std::size_t word_bytes = sizeof(std::uint64_t);

// A product's high bits depend on every bit; the shift brings them down for the next.
std::uint64_t mixed(std::uint64_t state, std::uint64_t word) {
    const std::uint64_t product = (state ^ word) * odd;
    return product ^ (product >> 32);
}

std::uint64_t word_at(const std::byte* bytes, std::size_t count = word_bytes) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes, count);
    return word;
}

}  // namespace

void Checksum::add(std::span<const std::byte> bytes) {
    // Lanes of their own, since each multiplication waits for the one before it.
    auto [a, b, c, d] = lanes_;
    const std::byte* at = bytes.data();
    std::size_t left = bytes.size();
    for (; left >= 4 * word_bytes; left -= 4 * word_bytes, at += 4 * word_bytes) {
        a = mixed(a, word_at(at));
        b = mixed(b, word_at(at + word_bytes));
        c = mixed(c, word_at(at + 2 * word_bytes));
        d = mixed(d, word_at(at + 3 * word_bytes));
    }
    for (; left >= word_bytes; left -= word_bytes, at += word_bytes) a = mixed(a, word_at(at));
    if (left > 0) a = mixed(a, word_at(at, left));
    lanes_ = {mixed(a, bytes.size()), b, c, d};
}

std::string Checksum::text() const {
    std::uint64_t sum = 0;
    for (const std::uint64_t lane : lanes_) sum = mixed(sum, lane);
    char digits[2 * word_bytes + 1];
    std::snprintf(digits, sizeof digits, "%016llx", static_cast<unsigned long long>(sum));
    return digits;
}

std::string checksum_of(const std::map<std::string, std::string>& metadata, std::vector<FileTensor> tensors) {
    Checksum sum;
    for (const auto& [key, text] : metadata) {
        if (key == checksum_key) continue;
        sum.add(key);
        sum.add(text);
    }
    std::ranges::sort(tensors, {}, &FileTensor::name);
    for (const FileTensor& tensor : tensors) sum.add(tensor.data);
    return sum.text();
}

bool verify_checksum(const SafetensorsFile& file) {
    const auto stated = file.metadata().find(checksum_key);
    if (stated == file.metadata().end()) return false;
    if (stated->second == checksum_of(file.metadata(), file.tensors())) return true;
    throw Error(Error::Kind::data, file.path() +
                                       ": its checksum does not fit: it is damaged, or another program "
                                       "has changed it");
}

}  // namespace emulsion
