// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Reading a ZIP from its end: the end record leads to the directory, the directory to the entries. All
// three say the same things; where they differ, two readers could see two different files, so that is an
// error.
#include <algorithm>
#include <cstring>
#include <initializer_list>
#include <utility>
#include <vector>

#include "engine/formats/zip.h"
#include "engine/formats/zip_layout.h"
#include "engine/json.h"

namespace emulsion::formats {
namespace {

using namespace zip;

[[noreturn]] void fail(const std::string& path, const std::string& what) {
    throw Error(Error::Kind::data, path + ": " + what);
}

[[noreturn]] void fail_entry(const std::string& path, const std::string& name, const std::string& what) {
    fail(path, "entry \"" + json::printable(name) + "\" " + what);
}

std::uint32_t word_at(std::span<const std::byte> bytes, std::size_t at) {
    std::uint32_t word = 0;
    std::memcpy(&word, bytes.data() + at, sizeof word);
    return word;
}

// ---------------------------------------------------------------------------------------------
// The end records

struct Directory {
    std::uint64_t disk, directory_disk, entries_here, entries, bytes, offset;
};

/// The end record stands before a comment of at most 64 KB, whose length it tells.
std::size_t find_end(const FileBytes& file) {
    constexpr std::size_t longest_comment = 0xFFFF;
    const auto bytes = file.bytes;
    for (std::size_t comment = 0; comment <= longest_comment && comment + end_bytes <= bytes.size();
         ++comment) {
        const std::size_t at = bytes.size() - end_bytes - comment;
        if (word_at(bytes, at) == end_signature && word_at(bytes, at + 18) >> 16 == comment) return at;
    }
    fail(file.path, "not a ZIP file, or cut short: it has no end record");
}

Directory read_end(ByteReader reader) {
    constexpr const char* what = "the end record";
    reader.take<std::uint32_t>(what);
    Directory end{};
    for (auto* field : {&end.disk, &end.directory_disk, &end.entries_here, &end.entries}) {
        *field = reader.take<std::uint16_t>(what);
    }
    for (auto* field : {&end.bytes, &end.offset}) *field = reader.take<std::uint32_t>(what);
    return end;
}

Directory read_end64(ByteReader reader, std::size_t locator) {
    constexpr const char* what = "the ZIP64 end record";
    const auto signature = reader.take<std::uint32_t>(what);
    const auto bytes = reader.take<std::uint64_t>(what);
    if (signature != end64_signature || bytes != locator - reader.at()) {
        reader.fail("the ZIP64 end record is not where its locator says");
    }
    reader.take(4, what);  // versions
    Directory end{};
    for (auto* field : {&end.disk, &end.directory_disk}) *field = reader.take<std::uint32_t>(what);
    for (auto* field : {&end.entries_here, &end.entries, &end.bytes, &end.offset}) {
        *field = reader.take<std::uint64_t>(what);
    }
    return end;
}

/// Whether the small record says the same as the large one, or points to it.
bool agree(const Directory& end, const Directory& end64) {
    const auto same = [](std::uint64_t small, std::uint64_t large, std::uint64_t points) {
        return small == large || small == points;
    };
    return same(end.disk, end64.disk, elsewhere16) &&
           same(end.directory_disk, end64.directory_disk, elsewhere16) &&
           same(end.entries_here, end64.entries_here, elsewhere16) &&
           same(end.entries, end64.entries, elsewhere16) && same(end.bytes, end64.bytes, elsewhere) &&
           same(end.offset, end64.offset, elsewhere);
}

Directory find_directory(const FileBytes& file) {
    std::size_t end_at = find_end(file);
    Directory directory = read_end(ByteReader(file.bytes, file.path, end_at));
    if (end_at >= locator_bytes && word_at(file.bytes, end_at - locator_bytes) == locator_signature) {
        const std::size_t locator_at = end_at - locator_bytes;
        ByteReader locator(file.bytes, file.path, locator_at + 8);
        const auto end64_at = locator.take<std::uint64_t>("the ZIP64 locator");
        if (end64_at > locator_at) fail(file.path, "its ZIP64 locator points beyond itself");
        end_at = static_cast<std::size_t>(end64_at);
        const Directory end64 = read_end64(ByteReader(file.bytes, file.path, end_at), locator_at);
        if (!agree(directory, end64)) fail(file.path, "its two end records differ");
        directory = end64;
    }
    if (directory.disk != 0 || directory.directory_disk != 0 || directory.entries != directory.entries_here) {
        fail(file.path, "a ZIP of several parts is not read");
    }
    if (directory.offset > end_at || directory.bytes != end_at - directory.offset) {
        fail(file.path, "its directory does not end where the end record begins");
    }
    return directory;
}

// ---------------------------------------------------------------------------------------------
// Headers

/// What a directory header and a local header have in common.
struct Header {
    std::uint16_t flags, method;
    std::uint32_t crc;
    std::uint64_t packed, size;
    std::uint16_t name_bytes, extra_bytes;
};

Header read_common(ByteReader& reader, const char* what) {
    Header header{};
    header.flags = reader.take<std::uint16_t>(what);
    header.method = reader.take<std::uint16_t>(what);
    reader.take(4, what);  // time and date
    header.crc = reader.take<std::uint32_t>(what);
    header.packed = reader.take<std::uint32_t>(what);
    header.size = reader.take<std::uint32_t>(what);
    header.name_bytes = reader.take<std::uint16_t>(what);
    header.extra_bytes = reader.take<std::uint16_t>(what);
    return header;
}

/// Replaces each number that stands elsewhere by the next of the ZIP64 extra field.
void resolve(ByteReader extra, std::initializer_list<std::uint64_t*> numbers) {
    const auto is_elsewhere = [](const std::uint64_t* number) { return *number == elsewhere; };
    if (std::none_of(numbers.begin(), numbers.end(), is_elsewhere)) return;
    while (extra.left() != 0) {
        const auto id = extra.take<std::uint16_t>("an extra field");
        const auto bytes = extra.take<std::uint16_t>("an extra field");
        ByteReader field(extra.take(bytes, "an extra field"), extra.where());
        if (id != zip64_extra) continue;
        for (std::uint64_t* number : numbers) {
            if (is_elsewhere(number)) *number = field.take<std::uint64_t>("the ZIP64 extra field");
        }
        return;
    }
    extra.fail("the ZIP64 extra field is missing");
}

/// An entry and the place that it takes up, from its local header to the end of its descriptor.
struct Placed {
    std::string name;
    ZipArchive::Entry entry;
    std::uint64_t begin = 0, end = 0;
};

/// One line of the directory; the entry's data are not known yet.
Placed read_directory_entry(ByteReader& reader, const std::string& path, Header& header) {
    constexpr const char* what = "its directory";
    if (reader.take<std::uint32_t>(what) != directory_signature)
        reader.fail("this is no line of a directory");
    reader.take(4, what);  // versions
    header = read_common(reader, what);
    const auto comment_bytes = reader.take<std::uint16_t>(what);
    const auto disk = reader.take<std::uint16_t>(what);
    reader.take(6, what);  // attributes
    Placed placed;
    placed.begin = reader.take<std::uint32_t>(what);
    placed.name = reader.take_text(header.name_bytes, what);
    const auto extra = reader.take(header.extra_bytes, what);
    reader.take(comment_bytes, what);
    placed.entry.crc = header.crc;
    resolve(ByteReader(extra, path + ": entry \"" + json::printable(placed.name) + '"'),
            {&header.size, &header.packed, &placed.begin});
    if (disk != 0) fail_entry(path, placed.name, "lies in another part of the ZIP");
    return placed;
}

void require_plain(const std::string& path, const std::string& name, const Header& header) {
    if ((header.flags & encrypted_flags) != 0) fail_entry(path, name, "is encrypted");
    if (header.method != method_stored || header.packed != header.size) {
        fail_entry(
            path, name,
            "is compressed, as in TorchScript; only stored entries are read, as torch.save makes them");
    }
}

/// The descriptor behind the data repeats CRC and sizes, the latter in 32 or 64 bits.
void check_descriptor(ByteReader& reader, const std::string& path, const Placed& placed,
                      const Header& header) {
    constexpr const char* what = "a descriptor";
    const auto repeats = [&](ByteReader& from) {
        return from.take<std::uint32_t>(what) == descriptor_signature &&
               from.take<std::uint32_t>(what) == header.crc;
    };
    const auto sizes_fit = [&]<class Size>(Size, ByteReader from) {
        if (!repeats(from) || from.left() < 2 * sizeof(Size)) return false;
        const auto packed = from.take<Size>(what), size = from.take<Size>(what);
        return packed == header.size && size == header.size;
    };
    const bool wide = sizes_fit(std::uint64_t{}, reader);
    if (!wide && !sizes_fit(std::uint32_t{}, reader)) {
        fail_entry(path, placed.name, "is followed by a descriptor that does not fit the directory");
    }
    reader.take(wide ? 24 : 16, what);
}

/// Holds an entry against its line in the directory and finds its data and its end.
void place(const FileBytes& file, Placed& placed, const Header& header) {
    const std::string& name = placed.name;
    require_plain(file.path, name, header);
    if (placed.begin > file.bytes.size()) fail_entry(file.path, name, "lies beyond the end of the file");
    ByteReader reader(file.bytes, file.path + ": entry \"" + json::printable(name) + '"',
                      static_cast<std::size_t>(placed.begin));
    constexpr const char* what = "its header";
    if (reader.take<std::uint32_t>(what) != local_signature) {
        fail_entry(file.path, name, "is not where the directory says");
    }
    reader.take(2, what);  // version
    Header local = read_common(reader, what);
    const bool same_name = reader.take_text(local.name_bytes, what) == name;
    resolve(ByteReader(reader.take(local.extra_bytes, what), reader.where()), {&local.size, &local.packed});
    require_plain(file.path, name, local);
    const bool deferred = (local.flags & descriptor_flag) != 0 && local.crc == 0 && local.size == 0;
    if (!same_name || (!deferred && (local.crc != header.crc || local.size != header.size))) {
        fail_entry(file.path, name, "has a header that differs from the directory's");
    }
    placed.entry.data = reader.take(header.size, "its data");
    if ((local.flags & descriptor_flag) != 0) check_descriptor(reader, file.path, placed, header);
    placed.end = reader.at();
}

void require_apart(const FileBytes& file, std::vector<Placed>& entries, std::uint64_t directory) {
    std::sort(entries.begin(), entries.end(),
              [](const Placed& a, const Placed& b) { return a.begin < b.begin; });
    for (std::size_t i = 0; i < entries.size(); ++i) {
        const bool last = i + 1 == entries.size();
        if (entries[i].end > (last ? directory : entries[i + 1].begin)) {
            fail_entry(file.path, entries[i].name,
                       last ? std::string("overlaps the directory")
                            : "overlaps entry \"" + json::printable(entries[i + 1].name) + '"');
        }
    }
}

}  // namespace

ZipArchive::ZipArchive(FileBytes file) : file_(std::move(file)) {
    const Directory directory = find_directory(file_);
    const auto begin = static_cast<std::size_t>(directory.offset);
    ByteReader reader(file_.bytes.first(begin + static_cast<std::size_t>(directory.bytes)), file_.path,
                      begin);
    std::vector<Placed> placed;
    while (reader.left() != 0) {
        Header header{};
        placed.push_back(read_directory_entry(reader, file_.path, header));
        place(file_, placed.back(), header);
        const auto& [name, entry, from, to] = placed.back();
        if (!entries_.emplace(name, entry).second) fail_entry(file_.path, name, "stands twice");
    }
    if (placed.size() != directory.entries) {
        fail(file_.path, "its directory has " + std::to_string(placed.size()) +
                             " entries where the end record says " + std::to_string(directory.entries));
    }
    require_apart(file_, placed, directory.offset);
}

std::span<const std::byte> ZipArchive::read(const std::string& name) const {
    const auto found = entries_.find(name);
    if (found == entries_.end()) fail_entry(path(), name, "is missing");
    if (crc32(found->second.data) != found->second.crc) {
        fail_entry(path(), name, "is damaged: its CRC-32 does not fit");
    }
    return found->second.data;
}

}  // namespace emulsion::formats
