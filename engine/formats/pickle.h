// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Python's pickle as data. A pickle is a program that builds an object on a stack and may call any
// function of Python's on the way. This reader builds the tree and calls nothing: a call is a node with a
// function's name and its arguments. Even the names that may stand there are the caller's list; what
// they mean is the caller's business too.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace emulsion::formats::pickle {

struct None {};
/// A function or class by its full name, "collections.OrderedDict".
struct Global {
    std::string_view name;
};
/// An integer beyond 64 bits: its bytes, little-endian, in two's complement.
struct LargeInteger {
    std::string_view bytes;
};
struct Bytes {
    std::string_view bytes;
};
struct List;
struct Tuple;
struct Dict;
struct Call;
struct Persistent;

/// A value is small; what it points to belongs to the Document. Text points into the file. A list or dict
/// may hold itself.
using Value = std::variant<None, bool, std::int64_t, LargeInteger, double, std::string_view, Bytes, Global,
                           List*, Tuple*, Dict*, Call*, Persistent*>;

struct List {
    std::vector<Value> items;
};
struct Tuple {
    std::vector<Value> items;
};
/// dict or collections.OrderedDict, in the order of the file; keys may stand twice.
struct Dict {
    std::vector<std::pair<Value, Value>> items;
    Value state;  ///< attributes given to an OrderedDict
};
/// What Python would make by calling `function`, then giving it `state` if that is not None.
struct Call {
    std::string_view function;
    Tuple* arguments;
    Value state;
};
/// What stands outside the pickle, by an id that the program which wrote it understands.
struct Persistent {
    Value id;
};

struct Document {
    Value value;
    std::size_t bytes = 0;  ///< that the pickle took; more may follow
    std::deque<List> lists;
    std::deque<Tuple> tuples;
    std::deque<Dict> dicts;
    std::deque<Call> calls;
    std::deque<Persistent> persistents;
};

/// What read() accepts at most, as a value takes some hundred times the memory of the byte that makes it.
inline constexpr std::size_t max_operations = std::size_t{1} << 21;
inline constexpr std::size_t max_depth = 256;  ///< of containers being filled at the same time

/// Reads the pickle (protocol 2 to 4) that `bytes` begin with; they must outlive the Document. Error(data)
/// "<where>: byte N: what" if it is damaged, breaks a limit, names a global that is not `allowed`, or
/// uses an operation that plain data do not need. Call::function and Global::name are views of `allowed`.
Document read(std::span<const std::byte> bytes, std::span<const std::string_view> allowed,
              const std::string& where);

/// For messages: "an integer", "text", "a dict", ...
const char* kind(const Value&);

}  // namespace emulsion::formats::pickle
