// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// .caffemodel: every form that Caffe has written over the years.
#include <emulsion/emulsion.h>
#include <gtest/gtest.h>

#include <cstring>
#include <limits>

#include "engine/formats/caffe_schema.h"
#include "engine/formats/message.h"
#include "engine/formats/readers.h"
#include "tests/engine/formats/caffe_samples.h"
#include "tests/engine/nets.h"
#include "tests/engine/support.h"

namespace emulsion::formats {
namespace {

using namespace emulsion::test;

class Bytes final : public ByteSink {
   public:
    void append(std::span<const std::byte> bytes) override {
        text.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    }
    std::string text;
};

std::string wire(const Message& message) {
    Bytes bytes;
    write_wire(message, bytes);
    return bytes.text;
}

void add_sides(Message& blob, const std::vector<std::int64_t>& sides) {
    const char* names[] = {"num", "channels", "height", "width"};
    for (std::size_t i = 0; i < sides.size(); ++i) blob.add_integer(names[i], sides[i]);
}

void add_shape(Message& blob, const std::vector<std::int64_t>& shape) {
    for (const std::int64_t side : shape) blob.add_message("shape").add_integer("dim", side);
}

const std::vector<float> numbers = {1, 2.5F, -3, 4, 5, 6, 7, 8, 9, 10, 11, 12};

std::span<const float> first(std::size_t count) {
    return std::span(numbers).first(count);
}

Imported read(const Message& net) {
    const TemporaryFolder folder;
    put(folder / "net.caffemodel", wire(net));
    return read_caffemodel(folder / "net.caffemodel");
}

std::string refusal_of(const std::string& bytes) {
    const TemporaryFolder folder;
    const std::string path = folder / "net.caffemodel";
    put(path, bytes);
    const std::string message = error_of(Error::Kind::data, [&] { read_caffemodel(path); });
    EXPECT_EQ(message.substr(0, path.size()), path) << message;
    return message.substr(path.size());
}

void expect_tensor(const ForeignTensor& tensor, const std::string& name,
                   const std::vector<std::int64_t>& shape, const std::string& origin) {
    EXPECT_EQ(tensor.name, name);
    EXPECT_EQ(tensor.shape, shape) << name;
    EXPECT_EQ(tensor.origin, origin);
    EXPECT_TRUE(std::ranges::equal(tensor.values, first(tensor.values.size()))) << name;
}

Message& add_layer(Message& net, const char* name, const char* type) {
    Message& layer = net.add_message("layer");
    layer.add_text("name", name);
    layer.add_text("type", type);
    return layer;
}

/// A net of a fully connected layer with one blob.
Message net_with_blob(const std::vector<std::int64_t>& shape, std::size_t count) {
    Message net(caffe::net_parameter());
    Message& blob = add_layer(net, "fc", "InnerProduct").add_message("blobs");
    add_shape(blob, shape);
    blob.add_floats("data", first(count));
    return net;
}

TEST(CaffeWeights, OldLayersWithFourSidesEach) {
    Message net(caffe::net_parameter());
    Message& conv = net.add_message("layers");
    conv.add_text("name", "conv1");
    conv.add_choice("type", "CONVOLUTION");
    Message& fc = net.add_message("layers");
    fc.add_text("name", "fc6");
    fc.add_choice("type", "INNER_PRODUCT");
    const auto add = [](Message& layer, const std::vector<std::int64_t>& sides, std::size_t count) {
        Message& blob = layer.add_message("blobs");
        add_sides(blob, sides);
        blob.add_floats("data", first(count));
    };
    add(conv, {1, 3, 2, 2}, 12);
    add(conv, {1, 1, 1, 1}, 1);
    add(fc, {1, 1, 2, 6}, 12);
    add(fc, {1, 1, 1, 2}, 2);
    const Imported imported = read(net);
    ASSERT_EQ(imported.tensors.size(), 4U);
    expect_tensor(imported.tensors[0], "conv1.weight", {1, 3, 2, 2}, "layer conv1, blob 0");
    expect_tensor(imported.tensors[1], "conv1.bias", {1}, "layer conv1, blob 1");
    expect_tensor(imported.tensors[2], "fc6.weight", {2, 6}, "layer fc6, blob 0");
    expect_tensor(imported.tensors[3], "fc6.bias", {2}, "layer fc6, blob 1");
    EXPECT_EQ(imported.format, "caffe");
    EXPECT_FALSE(imported.net);  // it holds no definition
    EXPECT_EQ(imported.ignored.size(), 1U);
}

TEST(CaffeWeights, DoublesAndGradientsAndOtherLayers) {
    Message net(caffe::net_parameter());
    Message& blob = add_layer(net, "norm", "BatchNorm").add_message("blobs");
    add_shape(blob, {2, 1});
    const double doubles[] = {1, 2.5};
    blob.add(*blob.type().find("double_data")).packed = std::as_bytes(std::span(doubles));
    blob.add_floats("diff", first(2));
    const Imported imported = read(net);
    ASSERT_EQ(imported.tensors.size(), 1U);
    expect_tensor(imported.tensors[0], "norm.blob0", {2, 1}, "layer norm, blob 0");
    const std::vector<std::string> ignored = {
        "layer norm, blob 0: diff", "its net: layer norm is of type BatchNorm, which Emulsion does not have"};
    EXPECT_EQ(imported.ignored, ignored);
}

TEST(CaffeWeights, NumbersOneByOneAreReadToo) {
    Message net(caffe::net_parameter());
    Message& blob = add_layer(net, "fc", "InnerProduct").add_message("blobs");
    add_shape(blob, {1, 2});
    blob.add_floats("data", first(1));
    blob.add_floats("data", std::span(numbers).subspan(1, 1));
    const Imported imported = read(net);
    expect_tensor(imported.tensors.at(0), "fc.weight", {1, 2}, "layer fc, blob 0");
}

TEST(CaffeWeights, ShapesMustFitTheirNumbers) {
    const auto refusal = [](const std::vector<std::int64_t>& shape, std::size_t count) {
        return refusal_of(wire(net_with_blob(shape, count)));
    };
    EXPECT_EQ(refusal({2, 6}, 11), ": layer fc, blob 0 holds 11 numbers and should be 2x6");
    EXPECT_EQ(refusal({2, -6}, 12), ": layer fc, blob 0 holds 12 numbers and should be 2x-6");
    const std::int64_t huge = std::numeric_limits<std::int64_t>::max();
    EXPECT_EQ(refusal({huge, huge}, 1), ": layer fc, blob 0 holds 1 numbers and should be " +
                                            std::to_string(huge) + "x" + std::to_string(huge));
    EXPECT_EQ(refusal(std::vector<std::int64_t>(40, 1), 1), ": layer fc, blob 0 has 40 dimensions");
}

TEST(CaffeWeights, WhatIsNoModelIsRefused) {
    Message empty(caffe::net_parameter());
    add_layer(empty, "fc", "InnerProduct");
    EXPECT_EQ(refusal_of(wire(empty)), ": no layer has weights; is it a .caffemodel?");
    EXPECT_EQ(
        refusal_of("\x89HDF\r\n\x1a\n"),
        ": it is in HDF5, which Emulsion does not read: let Caffe save with snapshot_format: BINARYPROTO");
    Message many(caffe::net_parameter());
    Message& layer = add_layer(many, "fc", "InnerProduct");
    for (int i = 0; i < 65; ++i) layer.add_message("blobs").add_floats("data", first(1));
    EXPECT_EQ(refusal_of(wire(many)), ": layer fc has 65 blobs");
    const std::string twice = wire(net_with_blob({1}, 1)) + wire(net_with_blob({1}, 1));
    EXPECT_EQ(refusal_of(twice), ": layer fc has the name of another layer with weights");
}

TEST(CaffeWeights, UnknownFieldsAreListed) {
    std::string bytes = wire(net_with_blob({2, 6}, 12));
    bytes += '\x78';  // field 15, a number
    bytes += '\x01';
    const TemporaryFolder folder;
    put(folder / "net.caffemodel", bytes);
    const Imported imported = read_caffemodel(folder / "net.caffemodel");
    ASSERT_EQ(imported.tensors.size(), 1U);
    EXPECT_EQ(imported.ignored.at(0), "unknown field field 15, byte " + std::to_string(bytes.size() - 2));
    EXPECT_FALSE(imported.net);
}

// Cut anywhere or with any bit turned, a file is read or refused in one line.
TEST(CaffeWeights, DamagedFilesAreReadOrRefused) {
    const TemporaryFolder folder;
    const std::string path = folder / "net.caffemodel";
    write_caffemodel(*initialise(emulsion::testing::branched(), 3), path);
    const std::string whole = contents(path);
    std::mt19937_64 random(9);
    int refused = 0;
    constexpr int tries = 400;
    for (int i = 0; i < tries; ++i) {
        put(path, i % 2 == 0 ? whole.substr(0, 1 + random() % (whole.size() - 1))
                             : with_flipped_bits(whole, random));
        refused += accepts([&] { read_caffemodel(path); }) ? 0 : 1;
    }
    EXPECT_GT(refused, tries / 3);
}

}  // namespace
}  // namespace emulsion::formats
