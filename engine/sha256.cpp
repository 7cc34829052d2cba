// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "engine/sha256.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <cstring>

namespace emulsion {
namespace {

using Word = std::uint32_t;
using State = std::array<Word, 8>;
constexpr std::size_t block_bytes = 64;
constexpr std::size_t rounds = 64;

constexpr std::array<Word, rounds> first_primes() {
    std::array<Word, rounds> primes{};
    std::size_t found = 0;
    for (Word candidate = 2; found < rounds; ++candidate) {
        bool is_prime = true;
        for (std::size_t i = 0; i < found && is_prime; ++i) is_prime = candidate % primes[i] != 0;
        if (is_prime) primes[found++] = candidate;
    }
    return primes;
}

// The standard defines its constants as the first 32 bits behind the point of roots of primes: the largest
// whole number whose `power` is at most prime * 2^(32 * power), less its whole part.
constexpr Word root_fraction(Word prime, int power) {
    __extension__ using Wide = unsigned __int128;
    std::uint64_t root = 0;
    for (std::uint64_t bit = std::uint64_t{1} << 36; bit != 0; bit >>= 1) {
        const Wide tried = root | bit;
        const Wide raised = power == 2 ? tried * tried : tried * tried * tried;
        if (raised <= static_cast<Wide>(prime) << (32 * power)) root |= bit;
    }
    return static_cast<Word>(root);
}

constexpr State initial_state() {
    State state{};
    for (std::size_t i = 0; i < state.size(); ++i) state[i] = root_fraction(first_primes()[i], 2);
    return state;
}

constexpr std::array<Word, rounds> round_constants() {
    std::array<Word, rounds> constants{};
    const auto primes = first_primes();
    for (std::size_t i = 0; i < rounds; ++i) constants[i] = root_fraction(primes[i], 3);
    return constants;
}
constexpr auto constants = round_constants();

Word big_endian(const std::byte* bytes) {
    Word word = 0;
    for (int i = 0; i < 4; ++i) word = word << 8 | std::to_integer<Word>(bytes[i]);
    return word;
}

std::array<Word, rounds> expand(const std::byte* block) {
    std::array<Word, rounds> words{};
    for (std::size_t i = 0; i < 16; ++i) words[i] = big_endian(block + 4 * i);
    for (std::size_t i = 16; i < rounds; ++i) {
        const Word a = words[i - 15], b = words[i - 2];
        const Word small = std::rotr(a, 7) ^ std::rotr(a, 18) ^ (a >> 3);
        const Word large = std::rotr(b, 17) ^ std::rotr(b, 19) ^ (b >> 10);
        words[i] = words[i - 16] + small + words[i - 7] + large;
    }
    return words;
}

void take_block(State& state, const std::byte* block) {
    const auto words = expand(block);
    auto [a, b, c, d, e, f, g, h] = state;
    for (std::size_t i = 0; i < rounds; ++i) {
        const Word chosen = (e & f) ^ (~e & g), majority = (a & b) ^ (a & c) ^ (b & c);
        const Word one =
            h + (std::rotr(e, 6) ^ std::rotr(e, 11) ^ std::rotr(e, 25)) + chosen + constants[i] + words[i];
        const Word two = (std::rotr(a, 2) ^ std::rotr(a, 13) ^ std::rotr(a, 22)) + majority;
        h = g, g = f, f = e, e = d + one;
        d = c, c = b, b = a, a = one + two;
    }
    const State change = {a, b, c, d, e, f, g, h};
    for (std::size_t i = 0; i < state.size(); ++i) state[i] += change[i];
}

// The rest, a one, zeros, and the length in bits as the last eight bytes of a block.
void take_end(State& state, std::span<const std::byte> rest, std::uint64_t bits) {
    std::array<std::byte, 2 * block_bytes> end{};
    std::ranges::copy(rest, end.begin());
    end[rest.size()] = std::byte{0x80};
    const std::size_t length = rest.size() + 9 <= block_bytes ? block_bytes : 2 * block_bytes;
    for (std::size_t i = 0; i < 8; ++i) end[length - 1 - i] = static_cast<std::byte>(bits >> (8 * i));
    for (std::size_t at = 0; at < length; at += block_bytes) take_block(state, end.data() + at);
}

}  // namespace

std::string sha256(std::span<const std::byte> bytes) {
    static constexpr State start = initial_state();
    State state = start;
    const std::size_t whole = bytes.size() / block_bytes * block_bytes;
    for (std::size_t at = 0; at < whole; at += block_bytes) take_block(state, bytes.data() + at);
    take_end(state, bytes.subspan(whole), std::uint64_t{bytes.size()} * 8);
    std::string text;
    for (const Word word : state)
        for (int shift = 28; shift >= 0; shift -= 4) text += "0123456789abcdef"[word >> shift & 15];
    return text;
}

}  // namespace emulsion
