// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include <emulsion/error.h>

#include <initializer_list>

#include "engine/formats/zip.h"
#include "engine/formats/zip_layout.h"

namespace emulsion::formats {
namespace {

using namespace zip;

constexpr std::uint64_t alignment = 64;           // as torch's own files: a cache line
constexpr std::uint16_t version = 45;             // of the format: the first with ZIP64
constexpr std::uint16_t first_date = 1 << 5 | 1;  // 1 January 1980: the same net gives the same file

/// Appends numbers in little-endian order, each as wide as its type.
template <class... Numbers>
void put(std::string& out, Numbers... numbers) {
    const auto one = [&](auto number) { out.append(reinterpret_cast<const char*>(&number), sizeof number); };
    (one(numbers), ...);
}

/// The part that both headers of an entry share, from its version to the length of its extra field.
void put_common(std::string& out, const std::string& name, std::uint32_t crc, std::uint16_t extra_bytes) {
    put(out, version, utf8_flag, method_stored, std::uint16_t{0}, first_date, crc, elsewhere, elsewhere,
        static_cast<std::uint16_t>(name.size()), extra_bytes);
}

}  // namespace

void ZipWriter::add(const std::string& name, std::span<const std::byte> data) {
    constexpr std::uint64_t fixed_bytes = 30, sizes_bytes = 4 + 16, padding_head = 4;
    const std::uint64_t size = data.size(), offset = written_;
    const std::uint64_t unpadded = offset + fixed_bytes + name.size() + sizes_bytes + padding_head;
    const auto padding = static_cast<std::uint16_t>((alignment - unpadded % alignment) % alignment);
    const std::uint32_t crc = crc32(data);

    std::string header;
    put(header, local_signature);
    put_common(header, name, crc, static_cast<std::uint16_t>(sizes_bytes + padding_head + padding));
    header += name;
    put(header, zip64_extra, std::uint16_t{16}, size, size, padding_extra, padding);
    header.append(padding, 'Z');
    file_.append(header);
    file_.append(data);
    written_ += header.size() + size;

    put(directory_, directory_signature, version);
    put_common(directory_, name, crc, 4 + 24);
    put(directory_, std::uint16_t{0}, std::uint16_t{0}, std::uint16_t{0}, std::uint32_t{0}, elsewhere);
    directory_ += name;
    put(directory_, zip64_extra, std::uint16_t{24}, size, size, offset);
    ++count_;
}

void ZipWriter::commit() {
    const std::uint64_t bytes = directory_.size(), end64_at = written_ + bytes;
    std::string end;
    put(end, end64_signature, std::uint64_t{end64_bytes - 12}, version, version, std::uint32_t{0},
        std::uint32_t{0}, count_, count_, bytes, written_);
    put(end, locator_signature, std::uint32_t{0}, end64_at, std::uint32_t{1});
    put(end, end_signature, std::uint16_t{0}, std::uint16_t{0}, elsewhere16, elsewhere16, elsewhere,
        elsewhere, std::uint16_t{0});
    file_.append(directory_);
    file_.append(end);
    file_.commit();
}

}  // namespace emulsion::formats
