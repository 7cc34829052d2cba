// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// The pickle reader, operation by operation, on pickles written by hand.
#include "engine/formats/pickle.h"

#include <gtest/gtest.h>

#include <array>

#include "tests/engine/formats/damage.h"

namespace emulsion::formats::pickle {
namespace {

using namespace std::string_literals;

constexpr std::array<std::string_view, 3> allowed{"collections.OrderedDict", "torch.FloatStorage", "m.f"};

/// What the pickle of these operations holds. It must outlive the result.
class Pickle {
   public:
    explicit Pickle(const std::string& operations, const std::string& protocol = "\x80\x02")
        : file_(test::file_of(protocol + operations + '.')), document_(read(file_.bytes, allowed, "F")) {}

    const Value& value() const { return document_.value; }
    const Document& document() const { return document_; }
    template <class T>
    T as() const {
        return std::get<T>(document_.value);
    }

   private:
    FileBytes file_;
    Document document_;
};

std::string refusal(const std::string& operations) {
    return test::error_of(Error::Kind::data, [&] { Pickle{operations}; });
}

TEST(PickleReader, Integers) {
    EXPECT_EQ(Pickle("K\xff"s).as<std::int64_t>(), 255);
    EXPECT_EQ(Pickle("M\x00\x80"s).as<std::int64_t>(), 32768);
    EXPECT_EQ(Pickle("J\xfe\xff\xff\xff"s).as<std::int64_t>(), -2);
    EXPECT_EQ(Pickle("\x8a\x00"s).as<std::int64_t>(), 0);
    EXPECT_EQ(Pickle("\x8a\x01\xff"s).as<std::int64_t>(), -1);
    EXPECT_EQ(Pickle("\x8a\x02\xff\x00"s).as<std::int64_t>(), 255);
    EXPECT_EQ(Pickle("\x8a\x08\x00\x00\x00\x00\x00\x00\x00\x80"s).as<std::int64_t>(),
              std::numeric_limits<std::int64_t>::min());
    EXPECT_EQ(Pickle("\x8a\x09\x01\x02\x03\x04\x05\x06\x07\x08\x09"s).as<LargeInteger>().bytes,
              "\x01\x02\x03\x04\x05\x06\x07\x08\x09");
}

TEST(PickleReader, OtherConstants) {
    EXPECT_TRUE(std::holds_alternative<None>(Pickle("N").value()));
    EXPECT_TRUE(Pickle("\x88").as<bool>());
    EXPECT_FALSE(Pickle("\x89").as<bool>());
    EXPECT_EQ(Pickle("G\x3f\xf8\x00\x00\x00\x00\x00\x00"s).as<double>(), 1.5);
}

TEST(PickleReader, TextOfEveryLength) {
    EXPECT_EQ(Pickle("X\x03\x00\x00\x00"s + "abc").as<std::string_view>(), "abc");
    EXPECT_EQ(Pickle("\x8c\x03"s + "abc").as<std::string_view>(), "abc");
    EXPECT_EQ(Pickle("\x8d\x03\x00\x00\x00\x00\x00\x00\x00"s + "abc").as<std::string_view>(), "abc");
    EXPECT_EQ(Pickle("T\x03\x00\x00\x00"s + "abc").as<std::string_view>(), "abc");
    EXPECT_EQ(Pickle("U\x03"s + "abc").as<std::string_view>(), "abc");
    EXPECT_EQ(Pickle("C\x03"s + "abc").as<Bytes>().bytes, "abc");
    EXPECT_EQ(Pickle("B\x03\x00\x00\x00"s + "abc").as<Bytes>().bytes, "abc");
    EXPECT_EQ(Pickle("\x8e\x03\x00\x00\x00\x00\x00\x00\x00"s + "abc").as<Bytes>().bytes, "abc");
}

TEST(PickleReader, Containers) {
    EXPECT_TRUE(Pickle(")").as<Tuple*>()->items.empty());
    EXPECT_EQ(Pickle("K\1K\2K\3\x87").as<Tuple*>()->items.size(), 3U);
    EXPECT_EQ(std::get<std::int64_t>(Pickle("K\1K\2\x86").as<Tuple*>()->items[1]), 2);
    EXPECT_EQ(Pickle("K\1\x85").as<Tuple*>()->items.size(), 1U);
    EXPECT_EQ(Pickle("(K\1K\2K\3K\4t").as<Tuple*>()->items.size(), 4U);
    EXPECT_EQ(Pickle("](K\1K\2eK\3a").as<List*>()->items.size(), 3U);
    const Pickle dict("}(K\1K\2K\3K\4uK\5K\6s");
    ASSERT_EQ(dict.as<Dict*>()->items.size(), 3U);
    EXPECT_EQ(std::get<std::int64_t>(dict.as<Dict*>()->items[2].second), 6);
}

TEST(PickleReader, Memo) {
    const Pickle shared("]q\0h\0\x86"s);
    const auto& items = shared.as<Tuple*>()->items;
    EXPECT_EQ(std::get<List*>(items[0]), std::get<List*>(items[1]));
    EXPECT_EQ(Pickle("K\7r\x01\x02\x03\x04j\x01\x02\x03\x04\x86"s).as<Tuple*>()->items.size(), 2U);
    EXPECT_EQ(Pickle("K\7\x94h\0\x86"s, "\x80\x04").as<Tuple*>()->items.size(), 2U);
    EXPECT_EQ(refusal("h\1"s), "F: byte 4: memo 1 is empty");
}

TEST(PickleReader, AListMayHoldItself) {
    const Pickle pickle("]q\0h\0a"s);
    EXPECT_EQ(std::get<List*>(pickle.as<List*>()->items[0]), pickle.as<List*>());
}

TEST(PickleReader, CallsAreNotesOnly) {
    const Pickle pickle("cm\nf\n(K\1K\2tR}b");
    const Call& call = *pickle.as<Call*>();
    EXPECT_EQ(call.function, "m.f");
    EXPECT_EQ(call.arguments->items.size(), 2U);
    EXPECT_TRUE(std::holds_alternative<Dict*>(call.state));
    EXPECT_EQ(Pickle("\x8c\1m\x8c\1f\x93)\x81"s, "\x80\x04").as<Call*>()->function, "m.f");
    EXPECT_EQ(Pickle("ctorch\nFloatStorage\n").as<Global>().name, "torch.FloatStorage");
    EXPECT_EQ(std::get<std::int64_t>(Pickle("K\7Q").as<Persistent*>()->id), 7);
}

TEST(PickleReader, OrderedDictsAreDicts) {
    EXPECT_TRUE(Pickle("ccollections\nOrderedDict\n)R").as<Dict*>()->items.empty());
    // Python 2 gives a list of pairs.
    const Pickle pairs("ccollections\nOrderedDict\n](](K\1K\2e](K\3K\4ee\x85R}b");
    EXPECT_EQ(pairs.as<Dict*>()->items.size(), 2U);
    EXPECT_TRUE(std::holds_alternative<Dict*>(pairs.as<Dict*>()->state));
    EXPECT_EQ(refusal("ccollections\nOrderedDict\n](K\1e\x85R"),
              "F: byte 34: an OrderedDict of something that is no pair");
}

TEST(PickleReader, MoreMayFollow) {
    const auto file = test::file_of("\x80\x02N.rest");
    EXPECT_EQ(read(file.bytes, allowed, "F").bytes, 4U);
}

TEST(PickleReader, NamesBeyondTheListAreRefused) {
    EXPECT_EQ(refusal("cos\nsystem\nX\x02\x00\x00\x00ls\x85R"s),
              "F: byte 13: it wants to call os.system, and only tensors are read");
    EXPECT_EQ(refusal("\x8c\x02os\x8c\x06system\x93"s),
              "F: byte 15: it wants to call os.system, and only tensors are read");
    EXPECT_EQ(refusal("cbuiltins\neval\n"),
              "F: byte 17: it wants to call builtins.eval, and only tensors are read");
    EXPECT_EQ(refusal("c\x01\n\n"), "F: byte 6: it wants to call \\u0001., and only tensors are read");
}

TEST(PickleReader, OperationsThatDataDoNotNeedAreRefused) {
    for (const char op : "\x82\x83\x84io\x92P012lds\x8fIFLSV\x97"s) refusal(std::string(1, op));
    EXPECT_EQ(refusal("(ios\nsystem\n"), "F: byte 4: operation 0x69 is not one that plain data need");
    EXPECT_EQ(refusal("X\x02\x00\x00\x00os)R"s), "F: byte 11: an operation wants a function and finds text");
}

TEST(PickleReader, UnsoundPicklesAreRefused) {
    EXPECT_EQ(refusal(""), "F: byte 3: the pickle ends with more than one value");
    EXPECT_EQ(refusal("NN"), "F: byte 5: the pickle ends with more than one value");
    EXPECT_EQ(refusal("N("), "F: byte 5: the pickle ends with more than one value");
    EXPECT_EQ(refusal("t"), "F: byte 3: an operation finds no mark");
    EXPECT_EQ(refusal("N(\x85"), "F: byte 5: an operation finds too few values");  // not past the mark
    EXPECT_EQ(refusal("}(Nu"), "F: byte 6: a dict is given a key without a value");
    EXPECT_EQ(refusal("NNa"), "F: byte 5: an operation wants a list and finds None");
    EXPECT_EQ(refusal("]NNs"), "F: byte 6: an operation wants a dict and finds a list");
    EXPECT_EQ(refusal("NNb"), "F: byte 5: an operation wants an object and finds None");
    EXPECT_EQ(refusal("X\xff\xff\xff\xff"s),
              "F: byte 7: cut short in text, which takes 4294967295 bytes where 1 are left");
    EXPECT_EQ(test::error_of(Error::Kind::data, [] { Pickle("N", "\x80\x05"); }),
              "F: byte 2: pickle protocol 5 is not read; 2 to 4 are");
    EXPECT_EQ(test::error_of(Error::Kind::data, [] { Pickle("N", ""); }),
              "F: byte 0: no pickle of protocol 2 or later");
}

TEST(PickleReader, LimitsHold) {
    EXPECT_EQ(refusal(std::string(max_depth + 1, '(')), "F: byte 259: nested more than 256 deep");
    EXPECT_EQ(refusal(std::string(max_operations + 1, '}')), "F: byte 2097153: more than 2097152 operations");
    // Tuples in tuples need no mark; nothing walks down them.
    EXPECT_NO_THROW(Pickle("N" + std::string(1'000'000, '\x85')));
    // Copies count: a list of 2^10 pairs, made an OrderedDict 2^12 times.
    std::string laughs = "]q\0("s;
    for (int i = 0; i < 1 << 10; ++i) laughs += "](NNe";
    laughs += "e";
    for (int i = 0; i < 1 << 12; ++i) laughs += "ccollections\nOrderedDict\nh\0\x85R"s;
    EXPECT_TRUE(refusal(laughs).ends_with("more than 2097152 operations"));
}

TEST(PickleReader, EveryTruncationIsRefused) {
    const std::string whole =
        "\x80\x02}(X\x01\x00\x00\x00a(K\1M\1\1J\1\1\1\1te\x8a\x01\x01G\0\0\0\0\0\0\0\0cm\nf\n)Ru."s;
    for (std::size_t length = 0; length < whole.size(); ++length) {
        const auto file = test::file_of(whole.substr(0, length));
        test::error_of(Error::Kind::data, [&] { read(file.bytes, allowed, "F"); });
    }
}

}  // namespace
}  // namespace emulsion::formats::pickle
