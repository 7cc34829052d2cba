# Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
"""An independent witness of training: the same net, weights, batches and solver in PyTorch, in fp64.

usage: pytorch_training.py MODEL BATCHES ITERATIONS RATE MOMENTUM DECAY

MODEL is a native model file; BATCHES a safetensors file with "photos" (u8, batches x n x height x
width x 3) and "labels" (i32, batches x n), taken in turn. Prints one loss a line, then, for the
parameters after the last update, "parameter NAME SUM SUM_OF_MAGNITUDES".
Exits with 77 if PyTorch is not there.
"""

import json
import sys

try:
    import torch
except ImportError as error:
    print(error, file=sys.stderr)
    sys.exit(77)
import torch.nn.functional as F

import safetensors_file


def pair(attributes, key, default):
    one = attributes.get(key, default)
    return attributes.get(key + "_h", one), attributes.get(key + "_w", one)


def pool(x, a):
    assert a.get("mode", "max") == "max" and not a.get("global", False)
    return F.max_pool2d(
        x, pair(a, "kernel", 1), pair(a, "stride", 1), pair(a, "pad", 0), ceil_mode=a.get("round", "up") == "up"
    )


def run(net, weights, x):
    """The net up to its logits."""
    values = {"data": x}
    for layer in net["layers"]:
        a, name, kind = layer.get("attributes", {}), layer["name"], layer["type"]
        sources = [values[i] for i in layer["inputs"]]
        weight, bias = weights.get(name + ".weight"), weights.get(name + ".bias")
        if kind == "conv":
            y = F.conv2d(
                sources[0], weight, bias, pair(a, "stride", 1), pair(a, "pad", 0), groups=a.get("groups", 1)
            )
        elif kind == "fc":
            y = F.linear(sources[0].flatten(1), weight, bias)
        elif kind == "relu":
            y = F.relu(sources[0])
        elif kind == "lrn":
            y = F.local_response_norm(
                sources[0], a.get("size", 5), a.get("alpha", 1.0), a.get("beta", 0.75), a.get("k", 1.0)
            )
        elif kind == "pool":
            y = pool(sources[0], a)
        elif kind == "dropout":
            assert a["ratio"] == 0
            y = sources[0]
        elif kind == "concat":
            y = torch.cat(sources, 1)
        elif kind == "softmax":
            return sources[0]
        else:
            raise SystemExit("unknown layer type " + kind)
        values[layer["outputs"][0]] = y
    return y


def prepare(photos, p):
    """u8 NHWC RGB to the net's input: centre crop, channel order, mean and scale."""
    x = torch.from_numpy(photos.copy()).double().permute(0, 3, 1, 2)
    top, left = (p["height"] - p["crop_height"]) // 2, (p["width"] - p["crop_width"]) // 2
    x = x[:, :, top : top + p["crop_height"], left : left + p["crop_width"]]
    if p["bgr"]:
        x = x.flip(1)
    per_channel = lambda key: torch.tensor(p[key], dtype=torch.float32).double().view(1, 3, 1, 1)
    return (x - per_channel("mean")) * per_channel("scale")


def main():
    model, batches, iterations, rate, momentum, decay = sys.argv[1:]
    metadata, tensors = safetensors_file.read(model)
    net = json.loads(metadata["emulsion.net"])
    _, data = safetensors_file.read(batches)
    weights = {k: torch.from_numpy(v.copy()).double().requires_grad_() for k, v in tensors.items()}
    velocity = {k: torch.zeros_like(v) for k, v in weights.items()}
    multipliers = {
        layer["name"] + "." + p["name"]: (p.get("rate_mult", 1), p.get("decay_mult", 1))
        for layer in net["layers"]
        for p in layer.get("params", [])
    }

    for i in range(int(iterations)):
        k = i % len(data["labels"])
        x = prepare(data["photos"][k], net["preprocessing"])
        loss = F.cross_entropy(run(net, weights, x), torch.from_numpy(data["labels"][k].copy()).long())
        print(repr(loss.item()))
        gradients = torch.autograd.grad(loss, list(weights.values()))
        with torch.no_grad():
            for (name, w), g in zip(weights.items(), gradients):
                rate_mult, decay_mult = multipliers.get(name, (1, 1))
                v = velocity[name]
                v.mul_(float(momentum)).add_(float(rate) * rate_mult * (g + float(decay) * decay_mult * w))
                w.sub_(v)
    for name, w in weights.items():
        print("parameter", name, repr(w.sum().item()), repr(w.abs().sum().item()))


main()
