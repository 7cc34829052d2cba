// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Mean images of both formats, from bytes written out here.
#include <emulsion/emulsion.h>
#include <gtest/gtest.h>

#include <cstring>
#include <fstream>
#include <iterator>

#include "engine/formats/readers.h"
#include "tests/engine/formats/caffe_samples.h"
#include "tests/engine/support.h"

namespace emulsion::formats {
namespace {

using namespace emulsion::test;

constexpr int height = 2, width = 4;

std::vector<float> ramp() {
    std::vector<float> values(3 * height * width);
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(i) * 0.5F + 90;
    return values;
}

template <class Number>
std::string bytes_of(const std::vector<Number>& values) {
    return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(Number)};
}

/// num, channels, height, width as varints, then the packed floats under 5.
std::string binaryproto() {
    const std::string data = bytes_of(ramp());
    return std::string("\x08\x01\x10\x03\x18") + static_cast<char>(height) + '\x20' +
           static_cast<char>(width) + '\x2a' + static_cast<char>(data.size()) + data;
}

std::string npy(const std::string& header, const std::string& data, char major = 1) {
    std::string text = "\x93NUMPY";
    text += major;
    text += '\0';
    const auto length = static_cast<std::uint32_t>(header.size());
    text.append(reinterpret_cast<const char*>(&length), major == 1 ? 2 : 4);
    return text + header + data;
}

std::string dictionary(const std::string& type, const std::string& order, const std::string& shape) {
    return "{'descr': '" + type + "', 'fortran_order': " + order + ", 'shape': " + shape + ", }     \n";
}

MeanImage read(const std::string& name, const std::string& text) {
    const TemporaryFolder folder;
    put(folder / name, text);
    return name.ends_with(".npy") ? read_npy(folder / name) : read_binaryproto(folder / name);
}

std::string refusal_of(const std::string& name, const std::string& text) {
    const TemporaryFolder folder;
    const std::string path = folder / name;
    put(path, text);
    return error_of(Error::Kind::data,
                    [&] { name.ends_with(".npy") ? read_npy(path) : read_binaryproto(path); })
        .substr(path.size());
}

void expect_ramp(const MeanImage& mean) {
    EXPECT_EQ(mean.channels, 3);
    EXPECT_EQ(mean.height, height);
    EXPECT_EQ(mean.width, width);
    EXPECT_EQ(mean.values, ramp());
}

TEST(MeanImage, IsWrittenAsCaffeWritesIt) {
    const TemporaryFolder folder;
    write_binaryproto({3, height, width, ramp()}, folder / "mean.binaryproto");
    std::ifstream file(folder / "mean.binaryproto", std::ios::binary);
    EXPECT_EQ(std::string(std::istreambuf_iterator<char>(file), {}), binaryproto());
}

TEST(MeanImage, BinaryprotoIsRead) {
    expect_ramp(read("mean.binaryproto", binaryproto()));
    const std::string text = binaryproto();
    EXPECT_NE(refusal_of("mean.binaryproto", text.substr(0, text.size() - 1)).find("cut off"),
              std::string::npos);
    EXPECT_EQ(refusal_of("mean.binaryproto", text.substr(2)),
              ": its blob holds 24 numbers and should be 0x3x2x4");
    EXPECT_EQ(refusal_of("mean.binaryproto", text + "\x78\x01"), ": unknown field field 15, byte 106");
    EXPECT_EQ(
        refusal_of("mean.binaryproto", std::string("\x3a\x02\x08\x01\x2a\x04", 6) + bytes_of<float>({1})),
        ": it is 1; a mean image is 1x3xHxW");
}

TEST(MeanImage, NumpyIsReadInBothWidthsAndAllVersions) {
    const std::string floats = bytes_of(ramp());
    const auto values = ramp();
    const std::string doubles = bytes_of(std::vector<double>(values.begin(), values.end()));
    expect_ramp(read("m.npy", npy(dictionary("<f4", "False", "(3, 2, 4)"), floats)));
    expect_ramp(read("m.npy", npy(dictionary("<f8", "False", "(3, 2, 4)"), doubles)));
    expect_ramp(read("m.npy", npy(dictionary("<f4", "False", "(1, 3, 2, 4,)"), floats, 2)));
    expect_ramp(
        read("m.npy", npy("{\"shape\":(3,2,4),\"fortran_order\":False,\"descr\":\"<f4\"}", floats, 3)));
}

TEST(MeanImage, NumpyIsRefusedInOneLine) {
    const std::string floats = bytes_of(ramp());
    const auto refusal = [&](const std::string& type, const std::string& order, const std::string& shape) {
        const std::string message = refusal_of("m.npy", npy(dictionary(type, order, shape), floats));
        return message.substr(message.find(": ", 2) + 2);  // behind the byte
    };
    EXPECT_EQ(refusal("<f2", "False", "(3, 2, 4)"), "numbers of type <f2; a mean image has '<f4' or '<f8'");
    EXPECT_EQ(refusal("<f4", "True", "(3, 2, 4)"),
              "an array in Fortran's order; save it with numpy.ascontiguousarray");
    EXPECT_EQ(refusal("<f4", "False", "(24,)"), "an array of 24; a mean image is 3xHxW");
    EXPECT_EQ(refusal("<f4", "False", "(3, 2, 5)"),
              "cut short: 3x2x5 numbers do not fit into the rest of the file");
    EXPECT_EQ(
        refusal("<f4", "False", "(9223372036854775807, 9223372036854775807, 4)"),
        "cut short: 9223372036854775807x9223372036854775807x4 numbers do not fit into the rest of the file");
    EXPECT_EQ(refusal("<f4", "False", "(3, 2, 3)"), "more bytes than 3x2x3 numbers take");
    EXPECT_EQ(refusal("<f4", "Maybe", "(3, 2, 3)").substr(0, 44),
              "a header that is no description of an array:");
    EXPECT_NE(refusal_of("m.npy", "PK\x03\x04 and so on").find("it is no .npy file"), std::string::npos);
    EXPECT_NE(refusal_of("m.npy", npy("", "", 4)).find("version 4 of .npy"), std::string::npos);

    const std::string whole = npy(dictionary("<f4", "False", "(3, 2, 4)"), floats);
    for (std::size_t size = 1; size < whole.size(); ++size) refusal_of("m.npy", whole.substr(0, size));
}

TEST(MeanImage, ANetNamesItsOwn) {
    const TemporaryFolder folder;
    const std::string net =
        "layer { name: \"data\" type: \"Data\" top: \"data\" top: \"label\" transform_param { "
        "crop_size: 2 mean_file: \"mean.binaryproto\" } data_param { source: \"db\" "
        "batch_size: 7 } }\n"
        "layer { name: \"x\" type: \"ReLU\" bottom: \"data\" top: \"x\" }\n";
    put(folder / "net.prototxt", net);
    const Imported without = read_prototxt(folder / "net.prototxt");
    EXPECT_FALSE(without.preprocessing_known);
    EXPECT_EQ(without.ignored.at(0), "layer data: mean_file mean.binaryproto, which is not there, line 1");

    put(folder / "mean.binaryproto", binaryproto());
    const Imported with = read_prototxt(folder / "net.prototxt");
    EXPECT_TRUE(with.preprocessing_known);
    EXPECT_TRUE(with.ignored.empty());
    EXPECT_EQ(with.net->preprocessing.mean_image, ramp());
    EXPECT_EQ(with.net->preprocessing.width, width);
    EXPECT_EQ(with.net->preprocessing.crop_width, 2);
}

}  // namespace
}  // namespace emulsion::formats
