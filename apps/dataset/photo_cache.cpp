// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "apps/dataset/photo_cache.h"

#include <fcntl.h>
#include <unistd.h>

#include <emulsion/error.h>
#include <array>
#include <cerrno>
#include <system_error>

#include "apps/dataset/photo_names.h"

namespace emulsion::apps {
namespace {

constexpr std::size_t block = 64;  // records read or written at once: a killed process loses no more looks

}  // namespace

/// Of everything before it, so that a record cut or damaged does not pass.
std::uint32_t PhotoCache::check_of(const Record& record) {
    std::uint64_t sum = 0x9E3779B97F4A7C15U;
    for (const std::uint64_t part :
         {record.name, record.stamp.size, static_cast<std::uint64_t>(record.stamp.modified), record.look.hash,
          record.look.content, std::uint64_t{record.look.side}}) {
        sum = (sum ^ part) * 0xFF51AFD7ED558CCDU;
        sum ^= sum >> 32;
    }
    return static_cast<std::uint32_t>(sum);
}

PhotoCache::PhotoCache(const std::string& path) : path_(path) {
    static_assert(sizeof(Record) == 56);
    descriptor_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (descriptor_ < 0) fail();
    try {
        load();
    } catch (...) {
        ::close(descriptor_);
        throw;
    }
}

PhotoCache::~PhotoCache() {
    ::close(descriptor_);
}

void PhotoCache::load() {
    std::array<Record, block> records;
    off_t good = 0;
    for (;;) {
        const ssize_t n = ::pread(descriptor_, records.data(), sizeof records, good);
        if (n < 0) fail();
        const std::size_t whole = static_cast<std::size_t>(n) / sizeof(Record);
        for (std::size_t i = 0; i < whole; ++i)
            if (records[i].check == check_of(records[i])) known_[records[i].name] = records[i];
        good += static_cast<off_t>(whole * sizeof(Record));
        if (whole == 0) break;
    }
    if (::ftruncate(descriptor_, good) != 0 || ::lseek(descriptor_, 0, SEEK_END) < 0) fail();
}

std::optional<Look> PhotoCache::find(std::string_view name, const FileStamp& stamp) const {
    const auto found = known_.find(id_key(name));
    if (found == known_.end() || found->second.stamp != stamp) return std::nullopt;
    return found->second.look;
}

void PhotoCache::add(std::string_view name, const FileStamp& stamp, const Look& look) {
    Record record{id_key(name), stamp, look, 0};
    record.check = check_of(record);
    pending_.push_back(record);
    if (pending_.size() == block) flush();
}

void PhotoCache::flush() {
    const auto* bytes = reinterpret_cast<const char*>(pending_.data());
    const std::size_t size = pending_.size() * sizeof(Record);
    for (std::size_t done = 0; done < size;) {
        const ssize_t n = ::write(descriptor_, bytes + done, size - done);
        if (n < 0 && errno != EINTR) fail();
        if (n > 0) done += static_cast<std::size_t>(n);
    }
    pending_.clear();
}

void PhotoCache::fail() const {
    throw Error(Error::Kind::failure,
                "cannot write " + path_ + ": " + std::generic_category().message(errno));
}

}  // namespace emulsion::apps
