# Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
"""A native model rebuilt as an ONNX model, independently of Emulsion's own code."""

from onnx import TensorProto, helper, numpy_helper


def build(net, weights, batch, with_lrn):
    """The net (its JSON) and weights as a serialised ONNX model for one batch size."""
    nodes, initialisers, name_of = [], [], {"data": "data"}
    for layer in net["layers"]:
        a, name, kind = layer.get("attributes", {}), layer["name"], layer["type"]
        sources = [name_of[i] for i in layer["inputs"]]
        out = layer["outputs"][0]
        name_of[out] = out
        parameters = [name + suffix for suffix in (".weight", ".bias") if name + suffix in weights]
        square = lambda key, default: [a.get(key, default)] * 2
        if kind == "conv":
            node = helper.make_node(
                "Conv", sources + parameters, [out], strides=square("stride", 1),
                pads=square("pad", 0) * 2, group=a.get("groups", 1), kernel_shape=square("kernel", 1),
            )
        elif kind == "fc":
            nodes.append(helper.make_node("Flatten", sources, [name + "/flat"]))
            node = helper.make_node("Gemm", [name + "/flat"] + parameters, [out], transB=1)
        elif kind == "relu":
            node = helper.make_node("Relu", sources, [out])
        elif kind == "lrn" and with_lrn:
            node = helper.make_node(
                "LRN", sources, [out], size=a.get("size", 5), alpha=a.get("alpha", 1.0),
                beta=a.get("beta", 0.75), bias=a.get("k", 1.0),
            )
        elif kind == "pool":
            node = helper.make_node(
                "MaxPool", sources, [out], kernel_shape=square("kernel", 1), strides=square("stride", 1),
                ceil_mode=int(a.get("round", "up") == "up"),
            )
        elif kind == "softmax":
            node = helper.make_node("Softmax", sources, [out], axis=1)
        else:  # dropout, or an LRN that is left out
            name_of[out] = sources[0]
            continue
        nodes.append(node)
    for name, value in weights.items():
        initialisers.append(numpy_helper.from_array(value, name))
    last = name_of[net["layers"][-1]["outputs"][0]]
    classes = weights[[k for k in weights if k.endswith(".bias")][-1]].shape[0]
    shape = [batch] + [net["input"][side] for side in ("channels", "height", "width")]
    graph = helper.make_graph(
        nodes, net["name"],
        [helper.make_tensor_value_info("data", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info(last, TensorProto.FLOAT, [batch, classes])],
        initialisers,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)])
    model.ir_version = 8
    return model.SerializeToString()
