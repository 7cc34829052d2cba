// Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
//
// Each of NVIDIA's rules that the stand-in minds, seen to refuse; and the real library, where it is, asked
// the same: it must not refuse where the stand-in does not, and where it takes what its documentation
// forbids, the table says so.
#include <gtest/gtest.h>

#include "tests/kernels/cudnn/backend.h"
#include "tests/kernels/cudnn/library.h"

namespace emulsion::kernels::tests {
namespace {

using Status = cudnnStatus_t;
using F = const Functions&;

/// What the real library does with it.
enum class Real { refuses, takes, is_not_asked };

struct Misuse {
    const char* name;
    Real real;
    Status (*make)(F);
};

// Parts that are as they should be, to put one wrong part among.
const Numbers x_dims{2, 4, 7, 5}, w_dims{6, 4, 3, 3}, y_dims{2, 6, 7, 5};
constexpr auto virtual_one = true;

Node x(F f) {
    return tensor(f, 1, x_dims);
}
Node w(F f) {
    return tensor(f, 2, w_dims);
}
Node y(F f) {
    return tensor(f, 3, y_dims);
}
Node inner(F f, std::int64_t id) {
    return tensor(f, id, y_dims, virtual_one);
}
TensorWords words() {
    return {{1}, x_dims, nchw_strides(x_dims)};
}
Status said(F f, const TensorWords& words) {
    return tensor(f, words).status();
}
Status said(F f, const WindowWords& words) {
    return convolution(f, words).status();
}
Node forward(F f, const Node& x, const Node& w, const Node& y) {
    return convolution_operation(Pass::forward, convolution(f, {}), x, w, y);
}
Node plain_graph(F f) {
    const Node operation = forward(f, x(f), w(f), y(f));
    return graph({&operation});
}
Status of_graph(const Node& operation) {
    return graph({&operation}).status();
}
Node pooling(F f, const WindowWords& words, const Numbers& to) {
    return pool_operation(CUDNN_RESAMPLE_MAXPOOL, CUDNN_NEG_INF_PAD, words, x(f), tensor(f, 3, to));
}

template <auto change>
Status tensor_with(F f) {
    TensorWords t = words();
    change(t);
    return said(f, t);
}
template <auto change>
Status window_with(F f) {
    WindowWords window;
    change(window);
    return said(f, window);
}

const Misuse misuses[] = {
    {"tensor_without_dimensions", Real::refuses, tensor_with<[](TensorWords& t) { t.dims = {}; }>},
    {"tensor_without_strides", Real::refuses, tensor_with<[](TensorWords& t) { t.strides = {}; }>},
    {"tensor_without_alignment", Real::refuses, tensor_with<[](TensorWords& t) { t.alignment = {}; }>},
    {"tensor_without_id", Real::takes, tensor_with<[](TensorWords& t) { t.id = {}; }>},
    {"tensor_with_fewer_strides", Real::refuses, tensor_with<[](TensorWords& t) { t.strides.pop_back(); }>},
    {"tensor_with_a_dimension_of_0", Real::takes, tensor_with<[](TensorWords& t) { t.dims[1] = 0; }>},
    {"tensor_with_a_negative_dimension", Real::refuses, tensor_with<[](TensorWords& t) { t.dims[1] = -4; }>},
    {"tensor_with_a_stride_of_0", Real::takes, tensor_with<[](TensorWords& t) { t.strides[1] = 0; }>},
    {"tensor_with_a_negative_stride", Real::refuses, tensor_with<[](TensorWords& t) { t.strides[1] = -35; }>},
    {"tensor_with_strides_that_overlap", Real::takes, tensor_with<[](TensorWords& t) { t.strides[1] = 34; }>},
    {"tensor_with_an_alignment_of_0", Real::refuses, tensor_with<[](TensorWords& t) { t.alignment = {0}; }>},
    {"tensor_with_an_alignment_below_its_type", Real::refuses,
     tensor_with<[](TensorWords& t) { t.alignment = {2}; }>},
    {"tensor_with_an_alignment_of_12", Real::takes, tensor_with<[](TensorWords& t) { t.alignment = {12}; }>},
    {"convolution_without_spatial_dimensions", Real::refuses,
     window_with<[](WindowWords& c) { c.spatial = {}; }>},
    {"convolution_without_dilations", Real::refuses, window_with<[](WindowWords& c) { c.dilation = {}; }>},
    {"convolution_without_strides", Real::refuses, window_with<[](WindowWords& c) { c.stride = {}; }>},
    {"convolution_without_padding_before", Real::takes, window_with<[](WindowWords& c) { c.pre = {}; }>},
    {"convolution_without_padding_behind", Real::takes, window_with<[](WindowWords& c) { c.post = {}; }>},
    {"convolution_with_three_strides", Real::refuses, window_with<[](WindowWords& c) {
         c.stride = {1, 1, 1};
     }>},
    {"convolution_with_a_stride_of_0", Real::refuses, window_with<[](WindowWords& c) {
         c.stride = {0, 1};
     }>},
    {"convolution_with_a_dilation_of_0", Real::refuses, window_with<[](WindowWords& c) {
         c.dilation = {1, 0};
     }>},
    {"convolution_with_negative_padding", Real::refuses, window_with<[](WindowWords& c) {
         c.pre = {-1, 1};
     }>},
    {"an_id_of_another_type", Real::refuses,
     [](F f) {
         Node node(f, CUDNN_BACKEND_TENSOR_DESCRIPTOR);
         return node.set(CUDNN_ATTR_TENSOR_UNIQUE_ID, CUDNN_TYPE_FLOAT, 1.0F).status();
     }},
    {"two_ids", Real::refuses,
     [](F f) {
         Node node(f, CUDNN_BACKEND_TENSOR_DESCRIPTOR);
         return node.set(CUDNN_ATTR_TENSOR_UNIQUE_ID, {1, 2}).status();
     }},
    {"no_id", Real::refuses,
     [](F f) {
         Node node(f, CUDNN_BACKEND_TENSOR_DESCRIPTOR);
         const std::int64_t id = 1;
         return node.set(CUDNN_ATTR_TENSOR_UNIQUE_ID, CUDNN_TYPE_INT64, 0, &id).status();
     }},
    {"an_id_at_null", Real::refuses,
     [](F f) {
         Node node(f, CUDNN_BACKEND_TENSOR_DESCRIPTOR);
         return node.set(CUDNN_ATTR_TENSOR_UNIQUE_ID, CUDNN_TYPE_INT64, 1, nullptr).status();
     }},
    {"an_attribute_of_another_descriptor", Real::refuses,
     [](F f) {
         Node node(f, CUDNN_BACKEND_TENSOR_DESCRIPTOR);
         return node.set(CUDNN_ATTR_CONVOLUTION_SPATIAL_DIMS, Numbers{2}).status();
     }},
    {"set_after_finalize", Real::refuses,
     [](F f) { return x(f).set(CUDNN_ATTR_TENSOR_UNIQUE_ID, Numbers{7}).status(); }},
    {"finalize_twice", Real::refuses, [](F f) { return x(f).finalize().status(); }},
    {"finalize_null", Real::refuses, [](F f) { return f.finalize(nullptr); }},
    {"destroy_null", Real::refuses, [](F f) { return f.destroy(nullptr); }},
    {"destroy_twice", Real::is_not_asked,
     [](F f) {
         cudnnBackendDescriptor_t raw = nullptr;
         f.create(CUDNN_BACKEND_TENSOR_DESCRIPTOR, &raw);
         f.destroy(raw);
         return f.destroy(raw);
     }},
    {"use_after_destroy", Real::is_not_asked,
     [](F f) {
         cudnnBackendDescriptor_t raw = nullptr;
         f.create(CUDNN_BACKEND_TENSOR_DESCRIPTOR, &raw);
         f.destroy(raw);
         return f.finalize(raw);
     }},
    {"a_source_that_was_not_finalized", Real::refuses,
     [](F f) {
         Node raw(f, CUDNN_BACKEND_TENSOR_DESCRIPTOR);
         return forward(f, raw, w(f), y(f)).status();
     }},
    {"a_source_that_is_no_tensor", Real::is_not_asked,  // it ends the process
     [](F f) { return forward(f, convolution(f, {}), w(f), y(f)).status(); }},
    {"a_source_that_is_null", Real::refuses,
     [](F f) {
         Node node(f, CUDNN_BACKEND_OPERATION_CONVOLUTION_FORWARD_DESCRIPTOR);
         const cudnnBackendDescriptor_t null = nullptr;
         return node.set(CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_X, CUDNN_TYPE_BACKEND_DESCRIPTOR, null)
             .status();
     }},
    {"an_operation_without_parts", Real::refuses,
     [](F f) { return Node(f, CUDNN_BACKEND_OPERATION_CONVOLUTION_FORWARD_DESCRIPTOR).finalize().status(); }},
    {"alpha_in_whole_numbers", Real::refuses,
     [](F f) {
         Node node(f, CUDNN_BACKEND_OPERATION_CONVOLUTION_FORWARD_DESCRIPTOR);
         return node.set(CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_ALPHA, Numbers{1}).status();
     }},
    {"a_result_too_narrow", Real::refuses,
     [](F f) {
         return forward(f, x(f), w(f), tensor(f, 3, {2, 6, 7, 4})).status();
     }},
    {"a_result_too_high", Real::refuses,
     [](F f) {
         return forward(f, x(f), w(f), tensor(f, 3, {2, 6, 8, 5})).status();
     }},
    {"a_result_of_other_channels", Real::refuses,
     [](F f) {
         return forward(f, x(f), w(f), tensor(f, 3, {2, 5, 7, 5})).status();
     }},
    {"a_result_of_another_batch", Real::refuses,
     [](F f) {
         return forward(f, x(f), w(f), tensor(f, 3, {1, 6, 7, 5})).status();
     }},
    {"weights_of_a_part_of_a_group", Real::refuses,
     [](F f) {
         return forward(f, x(f), tensor(f, 2, {6, 3, 3, 3}), y(f)).status();
     }},
    {"weights_of_more_than_there_is", Real::refuses,
     [](F f) {
         return forward(f, x(f), tensor(f, 2, {6, 8, 3, 3}), y(f)).status();
     }},
    {"outputs_that_do_not_fill_groups", Real::refuses,
     [](F f) {
         return forward(f, x(f), tensor(f, 2, {5, 2, 3, 3}), tensor(f, 3, {2, 5, 7, 5})).status();
     }},
    {"an_addition_without_a_second_source", Real::refuses,
     [](F f) {
         Node how(f, CUDNN_BACKEND_POINTWISE_DESCRIPTOR);
         how.set(CUDNN_ATTR_POINTWISE_MODE, CUDNN_TYPE_POINTWISE_MODE, CUDNN_POINTWISE_ADD)
             .set(CUDNN_ATTR_POINTWISE_MATH_PREC, CUDNN_TYPE_DATA_TYPE, CUDNN_DATA_FLOAT)
             .finalize();
         Node node(f, CUDNN_BACKEND_OPERATION_POINTWISE_DESCRIPTOR);
         return node.set(CUDNN_ATTR_OPERATION_POINTWISE_PW_DESCRIPTOR, how)
             .set(CUDNN_ATTR_OPERATION_POINTWISE_XDESC, inner(f, 1))
             .set(CUDNN_ATTR_OPERATION_POINTWISE_YDESC, y(f))
             .finalize()
             .status();
     }},
    {"a_bias_of_other_channels", Real::takes,
     [](F f) {
         const Node bias = tensor(f, 2, {1, 5, 1, 1});
         return pointwise_operation(inner(f, 1), &bias, y(f)).status();
     }},
    {"a_relu_into_another_shape", Real::takes,
     [](F f) {
         return pointwise_operation(inner(f, 1), nullptr, tensor(f, 3, {2, 6, 7, 4})).status();
     }},
    {"a_pool_result_too_high", Real::is_not_asked,
     [](F f) {
         return pooling(f, {}, {2, 4, 8, 5}).status();
     }},
    {"a_pool_stride_of_0", Real::is_not_asked,
     [](F f) {
         WindowWords window;
         window.stride = {0, 1};
         return pooling(f, window, {2, 4, 7, 5}).status();
     }},
    {"a_graph_without_operations", Real::refuses,
     [](F f) { return Node(f, CUDNN_BACKEND_OPERATIONGRAPH_DESCRIPTOR).finalize().status(); }},
    {"one_id_for_two_tensors", Real::takes,
     [](F f) { return of_graph(forward(f, x(f), tensor(f, 1, w_dims), y(f))); }},
    {"one_id_for_source_and_result", Real::takes,
     [](F f) {
         return of_graph(forward(f, tensor(f, 1, x_dims), tensor(f, 2, {4, 4, 3, 3}), tensor(f, 1, x_dims)));
     }},
    {"a_virtual_tensor_that_nobody_reads", Real::takes,
     [](F f) { return of_graph(forward(f, x(f), w(f), inner(f, 3))); }},
    {"a_virtual_tensor_that_nobody_writes", Real::takes,
     [](F f) { return of_graph(forward(f, tensor(f, 1, x_dims, virtual_one), w(f), y(f))); }},
    {"an_engine_that_there_is_not", Real::refuses,
     [](F f) { return engine(plain_graph(f), 10000).status(); }},
    {"an_engine_without_a_graph", Real::is_not_asked,
     [](F f) { return Node(f, CUDNN_BACKEND_ENGINE_DESCRIPTOR).finalize().status(); }},
    {"a_configuration_without_an_engine", Real::is_not_asked,  // it ends the process
     [](F f) { return Node(f, CUDNN_BACKEND_ENGINECFG_DESCRIPTOR).finalize().status(); }},
    {"a_plan_without_a_configuration", Real::is_not_asked,
     [](F f) { return Node(f, CUDNN_BACKEND_EXECUTION_PLAN_DESCRIPTOR).finalize().status(); }},
    {"a_pack_of_fewer_pointers", Real::refuses,
     [](F f) {
         Node node(f, CUDNN_BACKEND_VARIANT_PACK_DESCRIPTOR);
         void* const pointer = &node;
         return node.set(CUDNN_ATTR_VARIANT_PACK_UNIQUE_IDS, {1, 2})
             .set(CUDNN_ATTR_VARIANT_PACK_DATA_POINTERS, CUDNN_TYPE_VOID_PTR, pointer)
             .finalize()
             .status();
     }},
    {"a_pack_of_null", Real::takes,
     [](F f) {
         return pack(f, {{1, nullptr}}, nullptr).status();
     }},
    {"get_before_finalize", Real::refuses,
     [](F f) {
         const Node node(f, CUDNN_BACKEND_TENSOR_DESCRIPTOR);
         std::int64_t id = 0, count = 0;
         return f.get(node.raw(), CUDNN_ATTR_TENSOR_UNIQUE_ID, CUDNN_TYPE_INT64, 1, &count, &id);
     }},
    {"get_as_another_type", Real::refuses,
     [](F f) {
         const Node node = x(f);
         float id = 0;
         std::int64_t count = 0;
         return f.get(node.raw(), CUDNN_ATTR_TENSOR_UNIQUE_ID, CUDNN_TYPE_FLOAT, 1, &count, &id);
     }},
    {"execute_without_a_handle", Real::is_not_asked,
     [](F f) {
         const Node whole = plan(plain_graph(f), 28);
         std::int64_t memory = 0;
         const Node nothing = pack(f, {{1, &memory}}, nullptr);
         return f.execute(nullptr, whole.raw(), nothing.raw());
     }},
    {"a_card_without_words", Real::is_not_asked,
     [](F f) { return Node(f, CUDNN_BACKEND_DEVICEPROP_DESCRIPTOR).finalize().status(); }},
};

class Rules : public testing::TestWithParam<Misuse> {};

std::string reason(F f) {
    char text[512] = "";
    f.last_error(text, sizeof text);
    return text;
}

TEST_P(Rules, AreMindedByTheStandIn) {
    stand_in().reset();
    const Status status = GetParam().make(stand_in_functions());
    EXPECT_NE(status, CUDNN_STATUS_SUCCESS);
    EXPECT_NE(status / 1000, 4) << "not an error of its own";
    EXPECT_NE(reason(stand_in_functions()), "");
    EXPECT_EQ(reason(stand_in_functions()), "") << "an error is told once";
    EXPECT_EQ(stand_in().live("backend"), 0) << "a refused descriptor is given back all the same";
}

TEST_P(Rules, AreThoseOfTheRealLibrary) {
    if (real_functions() == nullptr) GTEST_SKIP() << "there is no cuDNN here";
    if (GetParam().real == Real::is_not_asked) return;
    const Status status = GetParam().make(*real_functions());
    EXPECT_EQ(status != CUDNN_STATUS_SUCCESS, GetParam().real == Real::refuses) << status;
}

INSTANTIATE_TEST_SUITE_P(Each, Rules, testing::ValuesIn(misuses),
                         [](const auto& each) { return std::string(each.param.name); });

/// What both take: so that a rule is not minded where there is nothing to mind.
void make_what_is_right(F f) {
    TensorWords gaps = words();
    gaps.strides = {300, 71, 10, 2};
    EXPECT_EQ(tensor(f, gaps).status(), CUDNN_STATUS_SUCCESS);
    TensorWords reordered = words();
    reordered.strides = nhwc_strides(x_dims);
    EXPECT_EQ(tensor(f, reordered).status(), CUDNN_STATUS_SUCCESS);
    TensorWords thin{{1}, {1, 6, 1, 1}, {6, 1, 6, 6}};
    EXPECT_EQ(tensor(f, thin).status(), CUDNN_STATUS_SUCCESS) << "steps of 1 do not overlap";

    const Node bias = tensor(f, 4, {1, 6, 1, 1}), sums = inner(f, 3), shifted = inner(f, 5);
    const Node z = tensor(f, 6, y_dims);
    const Node convolved = forward(f, x(f), w(f), sums);
    const Node added = pointwise_operation(sums, &bias, shifted);
    const Node clipped = pointwise_operation(shifted, nullptr, z);
    EXPECT_EQ(graph({&convolved, &added, &clipped}).status(), CUDNN_STATUS_SUCCESS);
    EXPECT_EQ(graph({&clipped, &convolved, &added}).status(), CUDNN_STATUS_SUCCESS) << "in any order";

    const Node grouped = forward(f, x(f), tensor(f, 2, {6, 2, 3, 3}), y(f));
    EXPECT_EQ(grouped.status(), CUDNN_STATUS_SUCCESS);
    const Node whole = graph({&grouped});
    EXPECT_GT(configurations(whole, CUDNN_HEUR_MODE_A).size(), 1U);
    EXPECT_GT(configurations(whole, CUDNN_HEUR_MODE_FALLBACK).size(), 1U);
    EXPECT_EQ(plan(whole, 1).status(), CUDNN_STATUS_SUCCESS);
}

TEST(RightUse, IsTakenByTheStandIn) {
    stand_in().reset();
    make_what_is_right(stand_in_functions());
    EXPECT_EQ(stand_in().live("backend"), 0);
}
TEST(RightUse, IsTakenByTheRealLibrary) {
    if (real_functions() == nullptr) GTEST_SKIP() << "there is no cuDNN here";
    make_what_is_right(*real_functions());
}

}  // namespace
}  // namespace emulsion::kernels::tests
