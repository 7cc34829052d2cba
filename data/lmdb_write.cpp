// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <lmdb.h>
#include <unistd.h>

#include <emulsion/error.h>
#include <cerrno>

#include <filesystem>
#include <system_error>
#include <utility>

#include "data/files.h"
#include "data/lmdb.h"

namespace emulsion {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t first_map_bytes = std::size_t{256} << 20;  // of address space; the file grows as needed
constexpr std::size_t batch_bytes = std::size_t{16} << 20;  // kept in memory until a transaction has them

/// Whether all that lies in a folder belongs to a database.
bool holds_database_alone(const std::string& folder) {
    for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
        const std::string name = entry.path().filename().string();
        if (name != "data.mdb" && name != "lock.mdb") return false;
    }
    return true;
}

/// `made` takes the place of `folder`, at once where the file system can exchange names.
void replace_folder(const std::string& made, const std::string& folder) {
    if (!fs::exists(folder)) return fs::rename(made, folder);
    if (::renameat2(AT_FDCWD, made.c_str(), AT_FDCWD, folder.c_str(), RENAME_EXCHANGE) == 0) {
        fs::remove_all(made);
        return;
    }
    if (errno != EINVAL && errno != ENOSYS) throw std::system_error(errno, std::generic_category());
    const std::string old = made + "-old";
    fs::rename(folder, old);
    fs::rename(made, folder);
    fs::remove_all(old);
}

/// Without this the folder's new name may not survive a power cut.
void flush_names(const std::string& folder) {
    const std::string parent = fs::absolute(folder).parent_path().string();
    const int descriptor = ::open(parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0) return;
    ::fsync(descriptor);
    ::close(descriptor);
}

}  // namespace

/// LMDB's handles, closed at the end.
struct LmdbWriter::Environment {
    MDB_env* env = nullptr;
    std::size_t map_bytes = first_map_bytes;
    ~Environment() {
        if (env != nullptr) mdb_env_close(env);
    }

    /// All of a batch in one transaction; LMDB's code if that fails, and then none of it.
    int write(const std::vector<std::pair<std::string, std::vector<std::byte>>>& batch) const {
        MDB_txn* transaction = nullptr;
        if (const int code = mdb_txn_begin(env, nullptr, 0, &transaction)) return code;
        MDB_dbi table = 0;
        int code = mdb_dbi_open(transaction, nullptr, 0, &table);
        for (auto record = batch.begin(); code == 0 && record != batch.end(); ++record) {
            MDB_val key{record->first.size(), const_cast<char*>(record->first.data())};
            MDB_val value{record->second.size(), const_cast<std::byte*>(record->second.data())};
            code = mdb_put(transaction, table, &key, &value, 0);
        }
        if (code == 0) return mdb_txn_commit(transaction);
        mdb_txn_abort(transaction);
        return code;
    }
};

LmdbWriter::LmdbWriter(const std::string& folder)
    : folder_(folder), environment_(std::make_unique<Environment>()) {
    std::error_code error;
    if (fs::exists(folder_, error) && (!fs::is_directory(folder_, error) || !holds_database_alone(folder_)))
        throw Error(Error::Kind::usage,
                    one_line(folder_ + ": there already, and no LMDB that could be replaced"));
    if (fs::exists(folder_, error))
        folder_ = fs::canonical(folder_).string();  // a link stays, its target goes
    while (folder_.size() > 1 && folder_.back() == '/') folder_.pop_back();
    const std::string beside = folder_ + ".tmp-" + std::to_string(::getpid());
    if (!fs::create_directory(beside, error)) fail(error ? error.value() : EEXIST);
    temporary_ = beside;
    // Without locks, since nobody else knows the folder; synchronised once, at the end. LMDB writes by
    // write() here and not through the mapping, so that a full disk is an error and not a signal.
    int code = mdb_env_create(&environment_->env);
    if (code == 0) code = mdb_env_set_mapsize(environment_->env, environment_->map_bytes);
    if (code == 0) code = mdb_env_open(environment_->env, temporary_.c_str(), MDB_NOSYNC | MDB_NOLOCK, 0666);
    if (code == 0) return;
    environment_.reset();
    fs::remove_all(temporary_, error);
    fail(code);
}

LmdbWriter::~LmdbWriter() {
    environment_.reset();
    std::error_code ignored;
    if (!temporary_.empty()) fs::remove_all(temporary_, ignored);
}

void LmdbWriter::put(std::string_view key, std::span<const std::byte> value) {
    pending_.emplace_back(key, std::vector<std::byte>(value.begin(), value.end()));
    pending_bytes_ += key.size() + value.size();
    if (pending_bytes_ >= batch_bytes) flush();
}

void LmdbWriter::flush() {
    int code = environment_->write(pending_);
    while (code == MDB_MAP_FULL) {
        environment_->map_bytes *= 2;
        code = mdb_env_set_mapsize(environment_->env, environment_->map_bytes);
        if (code == 0) code = environment_->write(pending_);
    }
    if (code != 0) fail(code);
    pending_.clear();
    pending_bytes_ = 0;
}

void LmdbWriter::seal() {
    if (environment_ == nullptr) return;
    flush();
    if (const int code = mdb_env_sync(environment_->env, 1)) fail(code);
    environment_.reset();
}

void LmdbWriter::commit() {
    seal();
    try {
        replace_folder(temporary_, folder_);
    } catch (const std::system_error& error) {
        fail(error.code().value());
    }
    temporary_.clear();
    flush_names(folder_);
}

void LmdbWriter::fail(int code) const {
    throw Error(Error::Kind::failure, one_line("cannot write " + folder_ + ": " + mdb_strerror(code)));
}

}  // namespace emulsion
