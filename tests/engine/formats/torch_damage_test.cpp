// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Files of torch.save's that are damaged, or made to do harm.
#include <gtest/gtest.h>

#include <cmath>
#include <map>

#include "engine/formats/readers.h"
#include "engine/formats/torch_file.h"
#include "engine/formats/torch_pickle.h"
#include "engine/formats/zip.h"
#include "tests/engine/formats/damage.h"

namespace emulsion::formats {
namespace {

using namespace std::string_literals;
using test::accepts;
using test::error_of;
using test::file_of;
using test::TemporaryFolder;

/// Everything that a reading gives, as text.
std::string told(const Imported& imported) {
    std::string all;
    for (const auto& tensor : imported.tensors) {
        all += tensor.name + ' ';
        for (const std::int64_t extent : tensor.shape) all += std::to_string(extent) + ' ';
        all += test::text_of(std::as_bytes(tensor.values));
    }
    for (const auto& line : imported.ignored) all += line + '\n';
    return all;
}

// A pickle states a text once and uses it any number of times: long names must not be multiplied.
TEST(TorchDamage, LongNamesAreNotTaken) {
    const auto refusal = [](const char* name) {
        const FileBytes file = file_of(test::corpus_file(name));
        const auto document = pickle::read(file.bytes, torch_globals(), "F");
        return error_of(Error::Kind::data, [&] { torch_state_dict(document, "F"); });
    };
    EXPECT_NE(refusal("pickle/absurd_name.pkl").find("so long a name"), std::string::npos);
    EXPECT_EQ(refusal("pickle/absurd_names.pkl"), "F: it holds no dict of tensors");
}

TEST(TorchDamage, EveryTruncationIsRefused) {
    for (const char* name : {"torch/net.zip4.pth", "torch/odd.stream.pth"}) {
        const std::string whole = test::corpus_file(name);
        for (std::size_t length = 0; length < whole.size(); ++length) {
            error_of(Error::Kind::data, [&] { read_torch(file_of(whole.substr(0, length))); });
        }
    }
}

// The ZIP holds a sum of everything that is read.
TEST(TorchDamage, EveryFlippedBitOfAZipIsRefusedOrDoesNotMatter) {
    const std::string whole = test::corpus_file("torch/net.zip4.pth");
    const std::string sound = told(read_torch(file_of(whole)));
    test::for_every_flipped_bit(whole, [&](const std::string& flipped) {
        std::string read = sound;
        accepts([&] { read = told(read_torch(file_of(flipped))); });
        EXPECT_EQ(read, sound);
    });
}

// The stream holds none: a flipped bit may be another number, but never worse.
TEST(TorchDamage, AFlippedBitOfAStreamDoesNoHarm) {
    for (const char* name : {"torch/odd.stream.pth", "torch/checkpoint.stream.pth"}) {
        std::size_t refused = 0;
        test::for_every_flipped_bit(test::corpus_file(name), [&](const std::string& flipped) {
            if (!accepts([&] { told(read_torch(file_of(flipped))); })) ++refused;
        });
        EXPECT_GT(refused, 1000U) << name;
    }
}

// Past the ZIP's sums, to the reader behind them.
TEST(TorchDamage, AFlippedBitOfAPickleDoesNoHarm) {
    const FileBytes file = file_of(test::corpus_file("torch/odd.zip.pth"));
    const ZipArchive archive(file);
    const TemporaryFolder folder;
    std::size_t tried = 0;
    test::for_every_flipped_bit(
        test::text_of(archive.read("odd.zip/data.pkl")), [&](const std::string& pickled) {
            if (++tried % 7 != 0) return;  // each is a file: a seventh takes long enough
            ZipWriter writer(folder / "flipped");
            for (const auto& [name, entry] : archive.entries()) {
                writer.add(name, name.ends_with("data.pkl") ? test::bytes_of(pickled) : entry.data);
            }
            writer.commit();
            accepts([&] { told(read_torch(folder / "flipped")); });
        });
}

/// A pickle of one tensor "w", whose storage "0" has 6 elements of `type`.
std::string pickle_of(const std::string& view, const std::string& type = "FloatStorage", char count = 6) {
    return "\x80\x02}X\1\0\0\0wctorch._utils\n_rebuild_tensor_v2\n((X\7\0\0\0storagectorch\n"s + type +
           "\nX\1\0\0\0"s + "0X\3\0\0\0cpuK"s + count + "tQ" + view + "\x89}tRs.";
}

struct Entries : std::map<std::string, std::string> {
    explicit Entries(const std::string& pickled) {
        (*this)["r/data.pkl"] = pickled;
        (*this)["r/data/0"] = std::string(24, '\0');
        (*this)["r/version"] = "3\n";
    }
};

class HostileTorch : public ::testing::Test {
   protected:
    Imported read(const Entries& entries) {
        ZipWriter writer(folder_ / "F");
        for (const auto& [name, content] : entries) writer.add(name, test::bytes_of(content));
        writer.commit();
        return read_torch(file_of(test::contents(folder_ / "F")));
    }
    std::string refusal(const Entries& entries) {
        return error_of(Error::Kind::data, [&] { read(entries); });
    }
    std::string refusal(const std::string& pickled) { return refusal(Entries(pickled)); }

    const TemporaryFolder folder_;
};

TEST_F(HostileTorch, TheSamplesAreSound) {
    EXPECT_EQ(read(Entries(pickle_of("K\0K\2K\3\x86K\3K\1\x86"s))).tensors.at(0).shape,
              (std::vector<std::int64_t>{2, 3}));
}

TEST_F(HostileTorch, CodeIsNamedAndNotRun) {
    EXPECT_EQ(refusal("\x80\x02}X\1\0\0\0wcos\nsystem\nX\5\0\0\0false\x85Rs."s),
              "F: data.pkl: byte 20: it wants to call os.system, and only tensors are read");
    EXPECT_EQ(refusal("\x80\x02"s + "ctorchvision.models.alexnet\nAlexNet\n)\x81."s),
              "F: data.pkl: byte 38: it wants to call torchvision.models.alexnet.AlexNet, and only tensors "
              "are read");
    EXPECT_EQ(error_of(Error::Kind::data, [] { read_torch(file_of("\x80\x02"s + "cos\nsystem\n")); }),
              "F: byte 13: it wants to call os.system, and only tensors are read");
}

TEST_F(HostileTorch, ViewsBeyondTheirStorageAreRefused) {
    const std::string beyond =
        "F: data.pkl: tensor \"w\": it has elements beyond its storage of 6, or repeats them; save a "
        "contiguous copy";
    EXPECT_EQ(refusal(pickle_of("K\1K\2K\3\x86K\3K\1\x86"s)), beyond);          // offset
    EXPECT_EQ(refusal(pickle_of("K\0K\2K\4\x86K\3K\1\x86"s)), beyond);          // shape
    EXPECT_EQ(refusal(pickle_of("K\0K\2K\3\x86K\4K\1\x86"s)), beyond);          // strides
    EXPECT_EQ(refusal(pickle_of("K\0J\xff\xff\xff\x7f\x85K\0\x85"s)), beyond);  // one element, many times
    EXPECT_EQ(refusal(pickle_of("K\6K\1\x85K\1\x85"s)), beyond);
    const std::string largest = "\x8a\x08\xff\xff\xff\xff\xff\xff\xff\x7f"s;
    EXPECT_EQ(refusal(pickle_of("K\0K\2\x85"s + largest + "\x85"s)), beyond);
    EXPECT_EQ(refusal(pickle_of("K\0("s + largest + largest + "t(K\1K\1t"s)), beyond);
    EXPECT_EQ(refusal(pickle_of(largest + "K\1\x85K\1\x85"s)), beyond);
}

TEST_F(HostileTorch, UnsoundViewsAreRefused) {
    const auto said = [&](const std::string& view) {
        const std::string error = refusal(pickle_of(view)), start = "F: data.pkl: tensor \"w\": ";
        EXPECT_TRUE(error.starts_with(start)) << error;
        return error.substr(std::min(error.size(), start.size()));
    };
    EXPECT_EQ(said("K\0K\2\x85K\1K\1\x86"s), "shape and strides differ in length");
    EXPECT_EQ(said("K\0\x8a\1\xfe\x85K\1\x85"s), "a negative offset, extent or stride");
    EXPECT_EQ(said("K\0N\x85K\1\x85"s), "a shape is None");
    EXPECT_EQ(said("K\0]K\1\x85"s), "a shape is a list");
    EXPECT_EQ(said("K\0(K\1K\1K\1K\1K\1K\1K\1K\1K\1t)"s), "a shape of 9 axes");
    EXPECT_EQ(said("NK\1\x85K\1\x85"s), "an offset is None");
    EXPECT_EQ(said("K\0K\1\x85"s), "a call of torch._utils._rebuild_tensor_v2 that is not understood");
}

TEST_F(HostileTorch, StoragesThatAreNotWhatTheyClaimAreRefused) {
    const std::string view = "K\0K\6\x85K\1\x85"s;
    EXPECT_EQ(refusal(pickle_of("K\0K\7\x85K\1\x85"s, "FloatStorage", 7)),
              "F: entry \"r/data/0\" holds 24 bytes where 7 elements of torch.FloatStorage are due");
    EXPECT_EQ(refusal(pickle_of(view, "DoubleStorage")),
              "F: entry \"r/data/0\" holds 24 bytes where 6 elements of torch.DoubleStorage are due");
    Entries missing(pickle_of(view));
    missing.erase("r/data/0");
    EXPECT_EQ(refusal(missing), "F: entry \"r/data/0\" is missing");
    EXPECT_EQ(refusal(pickle_of(view, "ComplexFloatStorage")),
              "F: data.pkl: byte 83: it wants to call torch.ComplexFloatStorage, and only tensors are read");
}

TEST_F(HostileTorch, OtherFilesAreNamed) {
    const std::string sound = pickle_of("K\0K\6\x85K\1\x85"s);
    Entries script(sound);
    script["r/constants.pkl"] = "";
    EXPECT_EQ(refusal(script), "F: a TorchScript program; save the model's state_dict() with torch.save");
    Entries two(sound);
    two["s/data.pkl"] = sound;
    EXPECT_EQ(refusal(two), "F: it holds two data.pkl");
    Entries none(sound);
    none.erase("r/data.pkl");
    EXPECT_EQ(refusal(none), "F: a ZIP, but none of torch.save's: it holds no data.pkl");
    Entries big(sound);
    big["r/byteorder"] = "big";
    EXPECT_EQ(refusal(big), "F: its byte order is \"big\"; only little is read");
    EXPECT_EQ(error_of(Error::Kind::data, [] { read_torch(file_of("GIF89a")); }),
              "F: not a file of torch.save's: neither a ZIP nor a pickle");
    EXPECT_EQ(error_of(Error::Kind::data, [] { read_torch(file_of("\x80\x02}.")); }),
              "F: a pickle, but not of torch.save's: it does not begin with PyTorch's magic number");
}

TEST_F(HostileTorch, PicklesWithoutOneDictOfTensorsAreRefused) {
    EXPECT_EQ(refusal("\x80\x02]."),
              "F: data.pkl: it holds a list, not a dict of tensors; save the model's "
              "state_dict()");
    EXPECT_EQ(refusal("\x80\x02}K\1}s."), "F: data.pkl: it holds no dict of tensors");
    EXPECT_EQ(refusal("\x80\x02}q\0K\1h\0s."s), "F: data.pkl: it holds no dict of tensors");  // itself
    std::string tensor = pickle_of("K\0K\6\x85K\1\x85"s);
    tensor = tensor.substr(2, tensor.size() - 3);  // the dict alone
    EXPECT_EQ(refusal("\x80\x02}X\1\0\0\0a"s + tensor + "sX\1\0\0\0b"s + tensor + "s."),
              "F: data.pkl: it holds tensors in several dicts, among them \"a.\" and \"b.\"; save the one "
              "you want");
    EXPECT_EQ(refusal("\x80\x02"s + tensor.substr(0, tensor.size() - 1) + "s" + tensor.substr(1) + "."),
              "F: data.pkl: tensor \"w\": the name stands twice");
    EXPECT_EQ(read(Entries("\x80\x02}X\1\0\0\0a}X\1\0\0\0b"s + tensor + "ss.")).tensors.at(0).name, "w");
}

// A tensor made again and again from one storage would be copied as often, were it not aligned or fp32.
TEST_F(HostileTorch, SharedStoragesDoNotMultiply) {
    const std::string one = pickle_of("K\0K\6\x85K\1\x85"s, "HalfStorage");
    const std::string call = one.substr(9, one.size() - 11);
    std::string many = "\x80\x02}"s;
    for (int i = 0; i < 2000; ++i)
        many += "M"s + static_cast<char>(i) + static_cast<char>(i >> 8) + call + 's';
    Entries entries(many + '.');
    entries["r/data/0"] = std::string(12, '\0');
    EXPECT_EQ(read(entries).tensors.size(), 2000U);  // each has a call that is longer than its elements
    const std::string wide = pickle_of("K\0J\0\0\1\0\x85K\1\x85"s, "HalfStorage");
    std::string call_of_wide = wide.substr(9, wide.size() - 11);
    call_of_wide.replace(call_of_wide.find("K\6tQ"), 2, "J\0\0\1\0"s);
    many = "\x80\x02}"s;
    for (int i = 0; i < 2000; ++i)
        many += "M"s + static_cast<char>(i) + static_cast<char>(i >> 8) + call_of_wide + 's';
    Entries bomb(many + '.');
    bomb["r/data/0"] = std::string(1 << 17, '\0');
    const std::string error = refusal(bomb);
    EXPECT_TRUE(
        error.ends_with("the tensors share storages so much that they would take more than 4 times the file"))
        << error;
}

// PyTorch before 0.4 pickled a parameter as an empty one with a state of five items; its data come first.
TEST_F(HostileTorch, OldParametersAreTensors) {
    std::string pickled = pickle_of("K\0K\6\x85K\1\x85"s);
    const std::string call = pickled.substr(9, pickled.size() - 11);
    const Imported imported = read(
        Entries("\x80\x02}X\1\0\0\0wctorch.nn.parameter\nParameter\n)\x81("s + call + "\x88}\x88\x89tbs."));
    ASSERT_EQ(imported.tensors.size(), 1U);
    EXPECT_EQ(imported.tensors[0].values.size(), 6U);
}

}  // namespace
}  // namespace emulsion::formats
