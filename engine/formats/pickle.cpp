// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
#include "engine/formats/pickle.h"

#include <algorithm>
#include <array>
#include <unordered_map>

#include "engine/formats/file_bytes.h"
#include "engine/formats/pickle_tokens.h"
#include "engine/json.h"

namespace emulsion::formats::pickle {
namespace {

constexpr std::string_view ordered_dict = "collections.OrderedDict";

/// The operations that this reader knows, by the names of Python's pickletools.
enum class Op : std::uint8_t {
    proto = 0x80,
    frame = 0x95,
    stop = '.',
    none = 'N',
    new_true = 0x88,
    new_false = 0x89,
    bin_int = 'J',
    bin_int1 = 'K',
    bin_int2 = 'M',
    long1 = 0x8A,
    bin_float = 'G',
    bin_unicode = 'X',
    short_bin_unicode = 0x8C,
    bin_unicode8 = 0x8D,
    bin_string = 'T',
    short_bin_string = 'U',
    bin_bytes = 'B',
    short_bin_bytes = 'C',
    bin_bytes8 = 0x8E,
    mark = '(',
    empty_tuple = ')',
    tuple = 't',
    tuple1 = 0x85,
    tuple2 = 0x86,
    tuple3 = 0x87,
    empty_list = ']',
    append = 'a',
    appends = 'e',
    empty_dict = '}',
    set_item = 's',
    set_items = 'u',
    bin_put = 'q',
    long_bin_put = 'r',
    memoize = 0x94,
    bin_get = 'h',
    long_bin_get = 'j',
    global = 'c',
    stack_global = 0x93,
    reduce = 'R',
    new_object = 0x81,
    build = 'b',
    bin_persistent = 'Q',
};

class Machine {
   public:
    Machine(std::span<const std::byte> bytes, std::span<const std::string_view> allowed, std::string where)
        : reader_(bytes, std::move(where)), allowed_(allowed) {}

    Document run() {
        if (reader_.left() == 0 || peek() != Op::proto) reader_.fail("no pickle of protocol 2 or later");
        while (peek() != Op::stop) {
            charge(1);
            const auto op = static_cast<Op>(reader_.take<std::uint8_t>("a pickle"));
            if (!(constant(op) || text(op) || container(op) || memory(op) || object(op))) refuse(op);
        }
        reader_.take(1, "a pickle");
        if (stack_.size() != 1 || !marks_.empty()) reader_.fail("the pickle ends with more than one value");
        document_.value = stack_.back();
        document_.bytes = reader_.at();
        return std::move(document_);
    }

   private:
    Op peek() const {
        ByteReader ahead = reader_;
        return static_cast<Op>(ahead.take<std::uint8_t>("a pickle"));
    }

    bool protocol() {
        const auto version = reader_.take<std::uint8_t>("a protocol");
        if (version < 2 || version > 4) {
            reader_.fail("pickle protocol " + std::to_string(version) + " is not read; 2 to 4 are");
        }
        return true;
    }

    /// Counts work and memory: one an operation, one an item that is copied.
    void charge(std::size_t count) {
        if (count > max_operations - spent_) {
            reader_.fail("more than " + std::to_string(max_operations) + " operations");
        }
        spent_ += count;
    }

    [[noreturn]] void refuse(Op op) const {
        constexpr const char* digits = "0123456789abcdef";
        const auto code = static_cast<std::uint8_t>(op);
        reader_.fail(std::string("operation 0x") + digits[code >> 4] + digits[code & 0xF] +
                     " is not one that plain data need");
    }

    // Each of the following does the operation if it is one of its own.

    bool constant(Op op) {
        constexpr const char* what = "a number";
        switch (op) {
            case Op::proto:
                return protocol();
            case Op::frame:
                return reader_.take(8, "a frame's length"), true;
            case Op::none:
                return push(None{});
            case Op::new_true:
                return push(true);
            case Op::new_false:
                return push(false);
            case Op::bin_int:
                return push(std::int64_t{reader_.take<std::int32_t>(what)});
            case Op::bin_int1:
                return push(std::int64_t{reader_.take<std::uint8_t>(what)});
            case Op::bin_int2:
                return push(std::int64_t{reader_.take<std::uint16_t>(what)});
            case Op::long1:
                return push(take_long_integer(reader_));
            case Op::bin_float:
                return push(take_double(reader_));
            default:
                return false;
        }
    }

    bool text(Op op) {
        switch (op) {
            case Op::bin_unicode:
            case Op::bin_string:
                return push(take_text<std::uint32_t>(reader_));
            case Op::short_bin_unicode:
            case Op::short_bin_string:
                return push(take_text<std::uint8_t>(reader_));
            case Op::bin_unicode8:
                return push(take_text<std::uint64_t>(reader_));
            case Op::bin_bytes:
                return push(Bytes{take_text<std::uint32_t>(reader_)});
            case Op::short_bin_bytes:
                return push(Bytes{take_text<std::uint8_t>(reader_)});
            case Op::bin_bytes8:
                return push(Bytes{take_text<std::uint64_t>(reader_)});
            default:
                return false;
        }
    }

    bool container(Op op) {
        switch (op) {
            case Op::mark:
                return mark();
            case Op::empty_tuple:
                return push_tuple(0);
            case Op::tuple:
                return push_tuple(unmark());
            case Op::tuple1:
                return push_tuple(1);
            case Op::tuple2:
                return push_tuple(2);
            case Op::tuple3:
                return push_tuple(3);
            case Op::empty_list:
                return push(&document_.lists.emplace_back());
            case Op::append:
                return append(1);
            case Op::appends:
                return append(unmark());
            case Op::empty_dict:
                return push(&document_.dicts.emplace_back());
            case Op::set_item:
                return set_items(2);
            case Op::set_items:
                return set_items(unmark());
            default:
                return false;
        }
    }

    bool memory(Op op) {
        constexpr const char* what = "a memo's number";
        switch (op) {
            case Op::bin_put:
                return remember(reader_.take<std::uint8_t>(what));
            case Op::long_bin_put:
                return remember(reader_.take<std::uint32_t>(what));
            case Op::memoize:
                return remember(static_cast<std::uint32_t>(memo_.size()));
            case Op::bin_get:
                return recall(reader_.take<std::uint8_t>(what));
            case Op::long_bin_get:
                return recall(reader_.take<std::uint32_t>(what));
            default:
                return false;
        }
    }

    bool object(Op op) {
        switch (op) {
            case Op::global:
                return global();
            case Op::stack_global:
                return stack_global();
            case Op::reduce:
            case Op::new_object:
                return call();
            case Op::build:
                return build();
            case Op::bin_persistent:
                return push(&document_.persistents.emplace_back(Persistent{pop()}));
            default:
                return false;
        }
    }

    // The stack. Values below the last mark are out of reach until it is taken away.

    template <class T>
    bool push(T value) {
        stack_.emplace_back(value);
        return true;
    }

    std::size_t within_reach() const { return stack_.size() - (marks_.empty() ? 0 : marks_.back()); }

    void need(std::size_t count) const {
        if (within_reach() < count) reader_.fail("an operation finds too few values");
    }

    Value pop() {
        need(1);
        const Value value = stack_.back();
        stack_.pop_back();
        return value;
    }

    /// The uppermost values, taken off.
    std::vector<Value> pop(std::size_t count) {
        need(count);
        const auto from = stack_.end() - static_cast<std::ptrdiff_t>(count);
        std::vector<Value> values(from, stack_.end());
        stack_.erase(from, stack_.end());
        return values;
    }

    template <class T>
    T top(const char* wanted) {
        need(1);
        const T* value = std::get_if<T>(&stack_.back());
        if (value == nullptr) {
            reader_.fail(std::string("an operation wants ") + wanted + " and finds " + kind(stack_.back()));
        }
        return *value;
    }

    template <class T>
    T pop(const char* wanted) {
        const T value = top<T>(wanted);
        stack_.pop_back();
        return value;
    }

    // Containers

    bool mark() {
        if (marks_.size() == max_depth) {
            reader_.fail("nested more than " + std::to_string(max_depth) + " deep");
        }
        marks_.push_back(stack_.size());
        return true;
    }

    /// Takes the last mark away; how many values stand above it.
    std::size_t unmark() {
        if (marks_.empty()) reader_.fail("an operation finds no mark");
        const std::size_t count = within_reach();
        marks_.pop_back();
        return count;
    }

    bool push_tuple(std::size_t count) {
        std::vector<Value> items = pop(count);
        return push(&document_.tuples.emplace_back(Tuple{std::move(items)}));
    }

    bool append(std::size_t count) {
        const std::vector<Value> items = pop(count);
        auto& list = *top<List*>("a list");
        list.items.insert(list.items.end(), items.begin(), items.end());
        return true;
    }

    bool set_items(std::size_t count) {
        if (count % 2 != 0) reader_.fail("a dict is given a key without a value");
        const std::vector<Value> items = pop(count);
        auto& dict = *top<Dict*>("a dict");
        for (std::size_t i = 0; i < count; i += 2) dict.items.emplace_back(items[i], items[i + 1]);
        return true;
    }

    bool remember(std::uint32_t number) {
        need(1);
        memo_[number] = stack_.back();
        return true;
    }

    bool recall(std::uint32_t number) {
        const auto found = memo_.find(number);
        if (found == memo_.end()) reader_.fail("memo " + std::to_string(number) + " is empty");
        return push(found->second);
    }

    // Names and calls

    bool global() {
        const std::string_view module = take_line(reader_), name = take_line(reader_);
        return push_global(module, name);
    }

    bool stack_global() {
        const auto name = pop<std::string_view>("a name"), module = pop<std::string_view>("a module");
        return push_global(module, name);
    }

    bool push_global(std::string_view module, std::string_view name) {
        const std::string full = std::string(module) + '.' + std::string(name);
        const auto found = std::find(allowed_.begin(), allowed_.end(), full);
        if (found == allowed_.end()) {
            reader_.fail("it wants to call " + json::printable(full) + ", and only tensors are read");
        }
        return push(Global{*found});
    }

    bool call() {
        auto* arguments = pop<Tuple*>("a tuple of arguments");
        const auto function = pop<Global>("a function");
        if (function.name == ordered_dict) return push(make_ordered_dict(*arguments));
        return push(&document_.calls.emplace_back(Call{function.name, arguments, None{}}));
    }

    /// From nothing, or (Python 2) from a list of [key, value] lists.
    Dict* make_ordered_dict(const Tuple& arguments) {
        Dict& dict = document_.dicts.emplace_back();
        if (arguments.items.empty()) return &dict;
        const auto* pairs = std::get_if<List*>(&arguments.items[0]);
        if (arguments.items.size() != 1 || pairs == nullptr)
            reader_.fail("an OrderedDict of no list of pairs");
        charge((*pairs)->items.size());
        for (const Value& each : (*pairs)->items) {
            const auto* pair = std::get_if<List*>(&each);
            if (pair == nullptr || (*pair)->items.size() != 2) {
                reader_.fail("an OrderedDict of something that is no pair");
            }
            dict.items.emplace_back((*pair)->items[0], (*pair)->items[1]);
        }
        return &dict;
    }

    bool build() {
        const Value state = pop();
        need(1);
        if (auto* dict = std::get_if<Dict*>(&stack_.back())) {
            (*dict)->state = state;
        } else {
            top<Call*>("an object")->state = state;
        }
        return true;
    }

    ByteReader reader_;
    std::span<const std::string_view> allowed_;
    Document document_;
    std::vector<Value> stack_;
    std::vector<std::size_t> marks_;  ///< heights of the stack
    std::unordered_map<std::uint32_t, Value> memo_;
    std::size_t spent_ = 0;
};

}  // namespace

Document read(std::span<const std::byte> bytes, std::span<const std::string_view> allowed,
              const std::string& where) {
    return Machine(bytes, allowed, where).run();
}

const char* kind(const Value& value) {
    constexpr std::array kinds = {
        "None",   "true or false", "an integer",         "a large integer", "a real number",
        "text",   "bytes",         "a function",         "a list",          "a tuple",
        "a dict", "an object",     "a persistent object"};
    static_assert(kinds.size() == std::variant_size_v<Value>);
    return kinds[value.index()];
}

}  // namespace emulsion::formats::pickle
