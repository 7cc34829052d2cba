// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "apps/dataset/likeness.h"

#include <unordered_map>

#include "data/perceptual_hash.h"

namespace emulsion::apps {
namespace {

Ranking::Photo photo_at(const Ranking& ranking, std::uint32_t chosen, bool with_owner) {
    Ranked ranked;
    ranking.chosen().read(chosen, std::span(&ranked, 1));
    return ranking.photo(ranked, with_owner);
}

}  // namespace

DisjointSets join_alike(const Ranking& ranking, const Positions& order, const std::vector<Looked>& looked,
                        int most_bits, Problems& problems) {
    DisjointSets sets(order.size());
    std::vector<std::uint64_t> hashes;
    hashes.reserve(order.size());
    for (const std::uint32_t chosen : order) hashes.push_back(looked[chosen].hash);
    join_near(hashes, most_bits, sets);

    std::unordered_map<std::uint64_t, std::size_t> first_of;  // by content
    for (std::size_t p = 0; p < order.size(); ++p) {
        const auto [first, is_new] = first_of.emplace(looked[order[p]].content, p);
        if (is_new && sets.set_of(p) == p) continue;
        const Problem problem = is_new ? Problem::near_duplicate : Problem::duplicate;
        const std::size_t other = is_new ? sets.set_of(p) : first->second;
        const Ranking::Photo photo = photo_at(ranking, order[p], false);
        problems.add(
            problem, photo.id, photo.path,
            (is_new ? "looks like " : "the same file as ") + photo_at(ranking, order[other], false).path);
    }
    return sets;
}

void join_owners(const Ranking& ranking, const Positions& order, DisjointSets& sets) {
    std::unordered_map<std::uint64_t, std::size_t> first_of;
    for (std::size_t p = 0; p < order.size(); ++p) {
        const std::string owner = photo_at(ranking, order[p], true).owner;
        if (owner.empty()) continue;
        const auto [first, is_new] = first_of.emplace(id_key(owner), p);
        if (!is_new) sets.join(first->second, p);
    }
}

}  // namespace emulsion::apps
