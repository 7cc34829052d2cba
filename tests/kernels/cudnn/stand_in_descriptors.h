// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Descriptors of the graph API: what was set, what may be set, and what must hold when they are finalized.
#pragma once

#include <cstring>
#include <map>
#include <optional>
#include <span>

#include "tests/kernels/cudnn/stand_in_state.h"

namespace emulsion::stand_in {

struct Descriptor;

/// One attribute. Descriptors are copied when they are set, as the real library does: to give one back
/// afterwards is allowed, and what was not finalized then never counts as finalized.
struct Value {
    cudnnBackendAttributeType_t type{};
    std::int64_t count = 0;
    std::vector<std::byte> bytes;
    std::vector<std::shared_ptr<const Descriptor>> children;
};

struct Descriptor {
    cudnnBackendDescriptorType_t type{};
    bool finalized = false;
    std::map<cudnnBackendAttributeName_t, Value> values;
    /// Of an engine: what heuristics say of it. Of heuristics: what they name, and how much of that was
    /// fetched: the real library hands each result out once.
    std::vector<kernels::tests::StandInEngine> engines;
    std::size_t fetched = 0;

    bool has(cudnnBackendAttributeName_t name) const { return values.count(name) != 0; }

    /// The elements of an attribute that was set.
    template <class T>
    std::vector<T> all(cudnnBackendAttributeName_t name) const {
        const Value& value = values.at(name);
        std::vector<T> elements(static_cast<std::size_t>(value.count));
        std::memcpy(static_cast<void*>(elements.data()), value.bytes.data(), value.bytes.size());
        return elements;
    }
    template <class T>
    T one(cudnnBackendAttributeName_t name) const {
        return all<T>(name).front();
    }
    template <class T>
    T one_or(cudnnBackendAttributeName_t name, T otherwise) const {
        return has(name) ? one<T>(name) : otherwise;
    }
    /// A number that may have been given as float or as double.
    double real(cudnnBackendAttributeName_t name, double otherwise) const;
    /// Whole numbers that may have been given as int64 or as fractions.
    std::vector<std::int64_t> whole(cudnnBackendAttributeName_t name) const;
    const Descriptor& child(cudnnBackendAttributeName_t name) const {
        return *values.at(name).children.front();
    }
};

/// What may be set or got of one attribute.
struct Rule {
    cudnnBackendAttributeName_t name;
    cudnnBackendAttributeType_t type;
    std::int64_t most;  ///< elements; more than one: any number up to it
    enum { required, optional, result } kind;
    std::optional<cudnnBackendDescriptorType_t> child;  ///< of a single kind of descriptor
};

/// The attributes of a type of descriptor; refuses a type that the stand-in lacks.
std::span<const Rule> rules(cudnnBackendDescriptorType_t);
const char* name(cudnnBackendDescriptorType_t);
std::size_t size_of(cudnnBackendAttributeType_t);

/// Refuses a descriptor that breaks NVIDIA's rules; what is computed by finalizing is filled in.
void finalize(Descriptor&);

/// A result of a finalized descriptor that was not set (heuristics' results, notes, workspace): its number of
/// elements. `made` takes descriptors, `bytes` all else.
struct Result {
    std::vector<Descriptor> descriptors;
    std::vector<std::byte> bytes;
    std::int64_t count = 0;
};
Result result(Descriptor&, cudnnBackendAttributeName_t, std::int64_t requested);

/// The live descriptor of that pointer.
std::shared_ptr<Descriptor> find_descriptor(cudnnBackendDescriptor_t);

}  // namespace emulsion::stand_in
