// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Our reader against databases of LMDB's own library, its reader against ours, and damaged files.
#include "data/lmdb.h"

#include <lmdb.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <random>
#include <stdexcept>

#include "data/list.h"
#include "tests/data/fixtures.h"

namespace emulsion::tests {
namespace {

namespace fs = std::filesystem;
using Records = std::map<std::string, std::string>;

void insist(int code) {
    if (code != 0) throw std::runtime_error(mdb_strerror(code));
}

/// A database written by the library. `table`: null for the main one.
void write_by_library(const std::string& folder, const Records& records, const char* table = nullptr,
                      unsigned flags = MDB_CREATE) {
    fs::create_directory(folder);
    MDB_env* env = nullptr;
    insist(mdb_env_create(&env));
    insist(mdb_env_set_mapsize(env, std::size_t{1} << 28));
    insist(mdb_env_set_maxdbs(env, 4));
    insist(mdb_env_open(env, folder.c_str(), MDB_NOSYNC, 0664));
    MDB_txn* transaction = nullptr;
    insist(mdb_txn_begin(env, nullptr, 0, &transaction));
    MDB_dbi dbi = 0;
    insist(mdb_dbi_open(transaction, table, flags, &dbi));
    for (const auto& [key, value] : records) {
        MDB_val k{key.size(), const_cast<char*>(key.data())},
            v{value.size(), const_cast<char*>(value.data())};
        insist(mdb_put(transaction, dbi, &k, &v, 0));
    }
    insist(mdb_txn_commit(transaction));
    mdb_env_close(env);
}

Records read_by_library(const std::string& folder) {
    MDB_env* env = nullptr;
    insist(mdb_env_create(&env));
    insist(mdb_env_open(env, folder.c_str(), MDB_RDONLY | MDB_NOLOCK, 0664));
    MDB_txn* transaction = nullptr;
    insist(mdb_txn_begin(env, nullptr, MDB_RDONLY, &transaction));
    MDB_dbi dbi = 0;
    insist(mdb_dbi_open(transaction, nullptr, 0, &dbi));
    MDB_cursor* cursor = nullptr;
    insist(mdb_cursor_open(transaction, dbi, &cursor));
    Records records;
    MDB_val k, v;
    while (mdb_cursor_get(cursor, &k, &v, MDB_NEXT) == 0)
        records[{static_cast<char*>(k.mv_data), k.mv_size}] = {static_cast<char*>(v.mv_data), v.mv_size};
    mdb_cursor_close(cursor);
    mdb_txn_abort(transaction);
    mdb_env_close(env);
    return records;
}

Records read_by_us(const std::string& folder) {
    const Lmdb database(folder);
    Records records;
    std::string last;
    for (const Lmdb::Record& record : database.records()) {
        const std::string key(record.key);
        EXPECT_TRUE(records.empty() || last < key) << "in the order of their keys";
        records[key] = {reinterpret_cast<const char*>(record.value.data()), record.value.size()};
        last = key;
    }
    return records;
}

/// Records of all sizes: in the leaf, in one overflow page, in several.
Records made_up(int count, std::size_t most_bytes, unsigned seed) {
    std::mt19937 random(seed);
    Records records;
    for (int i = 0; i < count; ++i) {
        std::string value(random() % most_bytes, '\0');
        for (char& c : value) c = static_cast<char>(random());
        records["key " + std::to_string(random())] = value;
    }
    return records;
}

TEST(Lmdb, ReadsWhatTheLibraryWrites) {
    const TemporaryFolder folder;
    int number = 0;
    for (const Records& records :
         {made_up(0, 1, 1), made_up(1, 100, 2), made_up(20000, 60, 3), made_up(300, 30000, 4)}) {
        const std::string path = folder.path(std::to_string(number++));
        write_by_library(path, records);
        EXPECT_TRUE(is_lmdb(path));
        EXPECT_EQ(read_by_us(path), records);
    }
}

TEST(Lmdb, SeesTheLatestOfManyTransactions) {
    const TemporaryFolder folder;
    Records all;
    for (unsigned i = 0; i < 5; ++i) {
        const Records more = made_up(200, 3000, 10 + i);
        write_by_library(folder.path("db"), more);
        all.insert(more.begin(), more.end());
        EXPECT_EQ(read_by_us(folder.path("db")), all);
    }
}

TEST(LmdbWriter, IsReadByTheLibrary) {
    const TemporaryFolder folder;
    const Records records = made_up(3000, 20000, 5);  // 30 MB: more than one transaction
    LmdbWriter writer(folder.path("db/"));
    for (const auto& [key, value] : records) writer.put(key, std::as_bytes(std::span(value)));
    EXPECT_FALSE(fs::exists(folder.path("db"))) << "nothing before commit";
    writer.commit();
    EXPECT_EQ(read_by_library(folder.path("db")), records);
    EXPECT_EQ(read_by_us(folder.path("db")), records);
    EXPECT_EQ(folder.names(), std::vector<std::string>{"db"});
}

TEST(LmdbWriter, OutgrowsItsFirstMap) {
    const TemporaryFolder folder;
    const std::vector<std::byte> value(std::size_t{40} << 20);
    LmdbWriter writer(folder.path("db"));
    for (int i = 0; i < 8; ++i) writer.put(std::to_string(i), value);
    writer.commit();
    const Lmdb database(folder.path("db"));
    ASSERT_EQ(database.records().size(), 8U);
    EXPECT_EQ(database.records()[7].value.size(), value.size());
}

TEST(LmdbWriter, ReplacesADatabaseAndNothingElse) {
    const TemporaryFolder folder;
    write_by_library(folder.path("db"), {{"old", "1"}});
    {
        LmdbWriter abandoned(folder.path("db"));
        abandoned.put("new", {});
    }
    EXPECT_EQ(read_by_us(folder.path("db")), (Records{{"old", "1"}}));
    EXPECT_EQ(folder.names(), std::vector<std::string>{"db"});
    LmdbWriter writer(folder.path("db"));
    writer.put("new", {});
    writer.commit();
    EXPECT_EQ(read_by_us(folder.path("db")), (Records{{"new", ""}}));
    EXPECT_EQ(folder.names(), std::vector<std::string>{"db"});
    fs::create_directory(folder.path("photos"));
    folder.write("photos/a.jpg", "precious");
    EXPECT_NE(error_of([&] { LmdbWriter refused(folder.path("photos")); }, Error::Kind::usage).find("photos"),
              std::string::npos);
}

std::string slurp(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

TEST(Lmdb, RefusesWhatIsNone) {
    const TemporaryFolder folder;
    const auto complaint = [&](const std::string& bytes) {
        fs::create_directories(folder.path("db"));
        folder.write("db/data.mdb", bytes);
        return error_of([&] { Lmdb{folder.path("db")}; });
    };
    const auto has = [](const std::string& text, const std::string& words) {
        EXPECT_NE(text.find(words), std::string::npos) << text;
    };
    write_by_library(folder.path("good"), made_up(500, 5000, 6));
    const std::string good = slurp(folder.path("good/data.mdb"));
    has(complaint("hello"), "too early");
    has(complaint(std::string(20000, 'x')), "no LMDB");
    has(complaint(good.substr(0, good.size() / 2)), "cut off");
    has(complaint(good.substr(0, 4096)), "too early");
    std::string version = good;
    version[20] = 2;
    has(complaint(version), "format 2");
    has(error_of([&] { Lmdb{folder.path("none")}; }), "none");
    write_by_library(folder.path("named"), {{"a", "b"}}, "table");
    has(error_of([&] { Lmdb{folder.path("named")}; }), "named");
    write_by_library(folder.path("many"), {{"a", "b"}}, nullptr, MDB_CREATE | MDB_DUPSORT);
    has(error_of([&] { Lmdb{folder.path("many")}; }), "multiple");
}

TEST(Lmdb, BearsDamageAnywhere) {
    const TemporaryFolder folder;
    write_by_library(folder.path("db"), made_up(400, 1500, 7));
    const std::string good = slurp(folder.path("db/data.mdb"));
    std::mt19937 random(8);
    int refused = 0;
    unsigned sum = 0;
    for (int round = 0; round < 600; ++round) {
        std::string bad = good;
        // The first bytes of pages hold what counts.
        for (int i = 0; i < 4; ++i)
            bad[random() % (bad.size() / 4096) * 4096 + random() % 200] = static_cast<char>(random());
        folder.write("db/data.mdb", bad);
        try {
            const Lmdb database(folder.path("db"));
            for (const Lmdb::Record& record : database.records())
                for (const std::byte b : record.value) sum += static_cast<unsigned>(b);
        } catch (const Error& error) {
            EXPECT_EQ(std::string(error.what()).find('\n'), std::string::npos);
            ++refused;
        }
    }
    EXPECT_GT(refused, 40);
    EXPECT_NE(sum, 0U);
}

}  // namespace
}  // namespace emulsion::tests
