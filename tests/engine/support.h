// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// What the engine's tests share: files to write and read, and a look at errors.
#pragma once

#include <emulsion/error.h>
#include <gtest/gtest.h>

#include <fstream>
#include <random>
#include <sstream>
#include <string>

#include "tests/temporary_folder.h"

namespace emulsion::test {

inline std::string contents(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    EXPECT_TRUE(file.is_open()) << path;
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

inline void put(const std::string& path, const std::string& text) {
    std::ofstream file(path, std::ios::binary);
    file << text;
    EXPECT_TRUE(file.good()) << path;
}

/// The message of the Error that `call` throws. The test fails if it throws none, or one of another
/// kind, or a message of more than one line.
template <class Call>
std::string error_of(Error::Kind kind, Call&& call) {
    try {
        call();
    } catch (const Error& error) {
        const std::string message = error.what();
        EXPECT_EQ(error.kind(), kind) << message;
        EXPECT_EQ(message.find_first_of("\r\n"), std::string::npos) << message;
        return message;
    }
    ADD_FAILURE() << "no error";
    return {};
}

/// Whether `call` ran through; if not, it must have thrown a sound Error(data).
template <class Call>
bool accepts(Call&& call) {
    bool done = false;
    try {
        call();
        done = true;
    } catch (const Error& error) {
        const std::string message = error.what();
        EXPECT_EQ(error.kind(), Error::Kind::data) << message;
        EXPECT_EQ(message.find_first_of("\r\n"), std::string::npos) << message;
    }
    return done;
}

/// `text` with one to three bits flipped at random places.
inline std::string with_flipped_bits(std::string text, std::mt19937_64& random) {
    for (std::size_t flips = 1 + random() % 3; flips > 0; --flips) {
        char& byte = text[random() % text.size()];
        byte = static_cast<char>(static_cast<unsigned char>(byte) ^ (1U << random() % 8));
    }
    return text;
}

}  // namespace emulsion::test
