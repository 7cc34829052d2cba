// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// The file in short. Pages of equal size, numbered from 0. Each begins with 16 bytes: its number (8), unused
// (2), flags (2), end of the node offsets (2), start of the nodes (2). Pages 0 and 1 are two versions of the
// head, of which the one with the higher transaction counts. A node: 4 bytes of size, flags (2), size of the
// key (2), the key, and in a leaf the value or, if it is large, the number of the first of its overflow
// pages. In a branch the first six bytes are the number of the child.
#include <emulsion/error.h>
#include <algorithm>
#include <bit>
#include <cstring>
#include <filesystem>

#include "data/files.h"
#include "data/lmdb.h"

namespace emulsion {
namespace {

static_assert(std::endian::native == std::endian::little);

constexpr std::size_t page_head = 16, node_head = 8;
constexpr std::uint16_t branch_page = 1, leaf_page = 2, overflow_page = 4, meta_page = 8;
constexpr std::uint16_t large_value = 1;

/// A table's description in the head, 48 bytes.
struct Table {
    std::uint32_t page_size;  ///< of the whole file, in the first table alone
    std::uint16_t flags, depth;
    std::uint64_t branch_pages, leaf_pages, overflow_pages, entries, root;
};
/// What stands in page 0 and 1 after the page's own head.
struct Head {
    std::uint32_t magic, version;
    std::uint64_t address, map_size;
    Table free, main;
    std::uint64_t last_page, transaction;
};
static_assert(sizeof(Table) == 48 && sizeof(Head) == 136);

class Tree {
   public:
    Tree(std::span<const std::byte> file, std::string name) : file_(file), name_(std::move(name)) {}

    std::vector<Lmdb::Record> records() {
        read_head();
        const Table& table = head_.main;
        constexpr std::uint64_t none = ~std::uint64_t{0};
        if (table.root != none) visit(table.root, table.depth);
        if (records_.size() != table.entries)
            refuse(std::to_string(records_.size()) + " records, where its head says " +
                   std::to_string(table.entries));
        return std::move(records_);
    }

   private:
    [[noreturn]] void refuse(const std::string& what) const {
        throw Error(Error::Kind::data, one_line(name_ + ": " + what));
    }
    [[noreturn]] void refuse_damage(const std::string& where) const { refuse("damaged: " + where); }

    template <class T>
    T get(std::uint64_t at) const {
        if (at > file_.size() || file_.size() - at < sizeof(T)) refuse_damage("it ends too early");
        T value;
        std::memcpy(&value, file_.data() + at, sizeof value);
        return value;
    }

    std::span<const std::byte> bytes(std::uint64_t at, std::uint64_t size) const {
        if (at > file_.size() || file_.size() - at < size) refuse_damage("a value ends beyond the file");
        return file_.subspan(at, size);
    }

    /// A head, or what is wrong with it.
    Head head_at(std::uint64_t at) const {
        constexpr std::uint32_t lmdb_magic = 0xBEEFC0DE;
        const Head head = get<Head>(at + page_head);
        if (head.magic != lmdb_magic || (get<std::uint16_t>(at + 10) & meta_page) == 0)
            refuse("no LMDB database of a 64-bit little-endian machine");
        if (head.version != 1) refuse("format " + std::to_string(head.version) + " of LMDB; 1 is read");
        return head;
    }

    void read_head() {
        head_ = head_at(0);
        page_size_ = head_.free.page_size;
        if (page_size_ < 256 || page_size_ > 65536 || !std::has_single_bit(page_size_))
            refuse_damage("pages of " + std::to_string(page_size_) + " bytes");
        const Head second = head_at(page_size_);
        if (second.transaction > head_.transaction) head_ = second;
        pages_ = file_.size() / page_size_;
        if (head_.last_page >= pages_)
            refuse("cut off: " + std::to_string(file_.size()) + " bytes, where its head tells of " +
                   std::to_string(head_.last_page) + " pages and one of " + std::to_string(page_size_));
        if (head_.main.flags != 0) refuse("a table of multiple or numeric keys, not one of photos");
    }

    /// Of a page: where it begins, its flags and how many nodes it has.
    struct Page {
        std::uint64_t at;
        std::uint16_t flags;
        std::size_t nodes;
    };
    Page page(std::uint64_t number) const {
        if (number < 2 || number > head_.last_page) refuse_damage("page " + std::to_string(number));
        const std::uint64_t at = number * page_size_;
        const auto flags = get<std::uint16_t>(at + 10), lower = get<std::uint16_t>(at + 12);
        // Nodes have their own place each, so that a file cannot claim more records than it could hold.
        const std::size_t nodes = lower < page_head ? page_size_ : (lower - page_head) / 2;
        if (nodes * (2 + node_head) > page_size_ - page_head)
            refuse_damage("page " + std::to_string(number) + " has impossible nodes");
        return {at, flags, nodes};
    }

    void visit(std::uint64_t number, int depth) {
        constexpr int most_depth = 32;  // as LMDB's own
        if (depth < 1 || depth > most_depth || ++visited_ > pages_) refuse_damage("its pages form no tree");
        const Page p = page(number);
        if (p.flags != branch_page && p.flags != leaf_page)
            refuse_damage("page " + std::to_string(number) + " is of no known kind");
        for (std::size_t i = 0; i < p.nodes; ++i) {
            const std::uint64_t offset = get<std::uint16_t>(p.at + page_head + 2 * i);
            if (offset < page_head || offset + node_head > page_size_)
                refuse_damage("a node of page " + std::to_string(number));
            const std::uint64_t node = p.at + offset;
            if (p.flags == branch_page)
                visit(get<std::uint64_t>(node) & 0xFFFFFFFFFFFFU, depth - 1);
            else
                add_record(node);
        }
    }

    void add_record(std::uint64_t node) {
        const std::uint64_t size = get<std::uint32_t>(node);
        const auto flags = get<std::uint16_t>(node + 4), key_size = get<std::uint16_t>(node + 6);
        if ((flags & ~large_value) != 0) refuse("a database of named tables, not one of photos");
        const auto key = bytes(node + node_head, key_size);
        std::uint64_t at = node + node_head + key_size;
        if (flags == large_value) {
            const auto first = get<std::uint64_t>(at);
            if (first < 2 || first > head_.last_page ||
                get<std::uint16_t>(first * page_size_ + 10) != overflow_page)
                refuse_damage("a large value that is not where it should be");
            at = first * page_size_ + page_head;
        }
        records_.push_back({{reinterpret_cast<const char*>(key.data()), key.size()}, bytes(at, size)});
    }

    std::span<const std::byte> file_;
    std::string name_;
    Head head_{};
    std::size_t page_size_ = 0;
    std::uint64_t pages_ = 0, visited_ = 0;
    std::vector<Lmdb::Record> records_;
};

std::string data_file(const std::string& folder) {
    return (std::filesystem::path(folder) / "data.mdb").string();
}

}  // namespace

bool is_lmdb(const std::string& path) {
    std::error_code ignored;
    return std::filesystem::is_regular_file(data_file(path), ignored);
}

Lmdb::Lmdb(const std::string& folder)
    : file_(data_file(folder)), records_(Tree(file_.bytes(), data_file(folder)).records()) {}

}  // namespace emulsion
