# Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
"""An independent decoder of Deep Compression's SqueezeNet, in NumPy.

usage: deep_compression.py NET OUT

NET is compressed_SqueezeNet.net of songhan/SqueezeNet-Deep-Compression; OUT a safetensors file that gets
"LAYER.weight" (OIHW) and "LAYER.bias" of every convolution, in fp32. Shapes are written out below after the
authors' prototxt. Exits with 77 if NumPy is not there.
"""

import sys

try:
    import numpy as np
except ImportError as error:
    print(error, file=sys.stderr)
    sys.exit(77)

import safetensors_file


def shapes():
    """(name, OIHW) of the 26 convolutions, in the order of the file."""
    yield "conv1", (96, 3, 7, 7)
    channels = 96
    squeezes, expands = (16, 16, 32, 32, 48, 48, 64, 64), (64, 64, 128, 128, 192, 192, 256, 256)
    for number, squeeze, expand in zip(range(2, 10), squeezes, expands):
        fire = f"fire{number}/"
        yield fire + "conv1x1_1", (squeeze, channels, 1, 1)
        yield fire + "conv1x1_2", (expand, squeeze, 1, 1)
        yield fire + "conv3x3_2", (expand, squeeze, 3, 3)
        channels = 2 * expand
    yield "conv_final", (1000, channels, 1, 1)


def decode(content):
    layers = list(shapes())
    stored = np.frombuffer(content, "<u4", len(layers))
    at = 4 * len(layers)

    def take(dtype, count):
        nonlocal at
        values = np.frombuffer(content, dtype, count, at)
        at += values.nbytes
        return values

    tensors = {}
    for (name, shape), entries in zip(layers, stored.tolist()):
        codebook = take("<f4", 256)
        bias = take("<f4", shape[0])
        codes = take("u1", entries)
        pairs = take("u1", (entries - 1) // 2 + 1)
        gaps = np.stack([pairs & 15, pairs >> 4], axis=1).reshape(-1)[:entries]
        weight = np.zeros(int(np.prod(shape)), "<f4")
        weight[np.cumsum(gaps.astype(np.int64) + 1) - 1] = codebook[codes]
        tensors[name + ".weight"] = weight.reshape(shape)
        tensors[name + ".bias"] = bias
    assert at == len(content), f"{len(content) - at} bytes are left over"
    return tensors


def main():
    with open(sys.argv[1], "rb") as file:
        tensors = decode(file.read())
    safetensors_file.write(sys.argv[2], tensors)
    print(len(tensors) // 2, "layers,", sum(t.size for t in tensors.values()), "numbers")


main()
