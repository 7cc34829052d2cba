// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "apps/serve/keys.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <emulsion/error.h>
#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <optional>
#include <system_error>
#include <zmq.hpp>

#include "apps/serve/secret_file.h"
#include "data/files.h"
#include "engine/files.h"

namespace emulsion::serve {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t key_characters = 40;
using KeyText = std::array<char, key_characters + 1>;

std::string secret_path(const std::string& folder, const std::string& name) {
    return (fs::path(folder) / (name + ".key")).string();
}
std::string public_path(const std::string& folder, const std::string& name) {
    return (fs::path(folder) / (name + ".pub")).string();
}

std::string reason() {
    return std::generic_category().message(errno);
}

/// The 40 characters of a key file.
std::string read_key(const std::string& path) {
    std::string text = read_text(path, 4 * key_characters);
    while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
    std::array<std::uint8_t, 32> key{};
    if (text.size() != key_characters || zmq_z85_decode(key.data(), text.c_str()) == nullptr)
        throw Error(Error::Kind::data,
                    one_line(path + ": no key of 40 characters in Z85, as `emulsion keys` writes it"));
    return text;
}

std::string read_secret_key(const std::string& path) {
    struct stat status {};
    if (::stat(path.c_str(), &status) == 0 && !is_secret(status, geteuid()))
        throw Error(Error::Kind::data,
                    one_line(path + ": others may read this secret key; chmod 600 it, or make new keys"));
    return read_key(path);
}

std::string public_of(const std::string& secret) {
    KeyText key{};
    if (zmq_curve_public(key.data(), secret.c_str()) != 0)
        throw Error(Error::Kind::failure, std::string("no public key: ") + zmq_strerror(errno));
    return key.data();
}

std::string new_secret_key() {
    KeyText open{}, secret{};
    if (zmq_curve_keypair(open.data(), secret.data()) != 0)
        throw Error(Error::Kind::failure,
                    std::string("no keys: this ZeroMQ was built without CURVE: ") + zmq_strerror(errno));
    return secret.data();
}

/// Writes a file that is not there yet. It gets its name when it is whole; what has the name meanwhile stays.
void write_new(const std::string& path, const std::string& text, mode_t mode) {
    const std::string beside = path + ".tmp-" + std::to_string(getpid());
    const auto fail = [&] {
        const std::string why = reason();
        unlink(beside.c_str());
        throw Error(Error::Kind::failure, one_line(path + ": not written: " + why));
    };
    const int file = open(beside.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    if (file < 0) fail();
    const bool written =
        write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size()) && fsync(file) == 0;
    if (close(file) != 0 || !written) fail();
    if (link(beside.c_str(), path.c_str()) != 0) fail();
    unlink(beside.c_str());
}

void make_pair(const std::string& folder, const std::string& name, std::vector<std::string>& written) {
    const std::string secret_file = secret_path(folder, name), public_file = public_path(folder, name);
    const bool known = fs::exists(secret_file);
    if (!known && fs::exists(public_file))
        throw Error(Error::Kind::data, one_line(public_file + ": its secret key " + name +
                                                ".key is not there; remove it to have new ones made"));
    if (!known) {
        write_new(secret_file, new_secret_key() + "\n", 0600);
        written.push_back(name + ".key");
    }
    const std::string open = public_of(read_secret_key(secret_file));
    if (!fs::exists(public_file)) {
        write_new(public_file, open + "\n", 0644);
        written.push_back(name + ".pub");
    } else if (read_key(public_file) != open) {
        throw Error(Error::Kind::data, one_line(public_file + ": it does not belong to " + name + ".key"));
    }
}

void make_folder(const std::string& folder) {
    if (mkdir(folder.c_str(), 0700) == 0) return;
    const std::string why = reason();
    if (!fs::is_directory(folder))
        throw Error(Error::Kind::failure, one_line(folder + ": no folder for keys: " + why));
}

}  // namespace

std::vector<std::string> make_keys(const std::string& folder, const std::string& worker) {
    constexpr const char* plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";
    if (worker.empty() || worker == "server" || worker.find_first_not_of(plain) != worker.npos)
        throw Error(Error::Kind::usage, one_line("a worker's key cannot be called '" + worker +
                                                 "': letters, digits, - and _, and not server"));
    make_folder(folder);
    std::vector<std::string> written;
    make_pair(folder, "server", written);
    make_pair(folder, worker, written);
    return written;
}

void use_server_key(zmq::socket_t& socket, const std::string& folder) {
    socket.set(zmq::sockopt::curve_server, true);
    socket.set(zmq::sockopt::curve_secretkey, read_secret_key(secret_path(folder, "server")));
}

void use_worker_key(zmq::socket_t& socket, const std::string& folder, const std::string& worker) {
    const std::string secret = read_secret_key(secret_path(folder, worker));
    socket.set(zmq::sockopt::curve_serverkey, read_key(public_path(folder, "server")));
    socket.set(zmq::sockopt::curve_publickey, public_of(secret));
    socket.set(zmq::sockopt::curve_secretkey, secret);
}

std::string find_worker(const std::string& folder, const std::string& public_key) {
    KeyText text{};
    if (public_key.size() != 32) return "";
    zmq_z85_encode(text.data(), reinterpret_cast<const std::uint8_t*>(public_key.data()), public_key.size());
    std::error_code unreadable;
    // By hand: a range's ++ throws.
    for (fs::directory_iterator each(folder, unreadable); each != fs::directory_iterator();
         each.increment(unreadable)) {
        const fs::path& path = each->path();
        if (path.extension() != ".pub" || path.stem() == "server") continue;
        try {
            if (read_key(path.string()) == text.data()) return path.stem().string();
        } catch (const Error&) {
            continue;  // one file that is no key takes no other's right away
        }
    }
    return "";
}

}  // namespace emulsion::serve
