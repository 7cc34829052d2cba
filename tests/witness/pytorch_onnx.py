# Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
"""torchvision's AlexNet with random weights, exported by PyTorch.

usage: pytorch_onnx.py INPUTS OUT.onnx

INPUTS is a safetensors file with "data" (f32, N x 3 x 224 x 224). Writes the file and prints the
probabilities as PyTorch computes them in fp64, one number a line. Exits with 77 if PyTorch is not there.
"""

import sys

try:
    import torch
except ImportError as error:
    print(error, file=sys.stderr)
    sys.exit(77)

import safetensors_file
from torchvision_alexnet import AlexNet

torch.manual_seed(5)
net = AlexNet().eval()
_, inputs = safetensors_file.read(sys.argv[1])
data = torch.from_numpy(inputs["data"].copy())
torch.onnx.export(net, data[:1], sys.argv[2], dynamic_axes={"x": {0: "batch"}}, input_names=["x"])
with torch.no_grad():
    for value in torch.softmax(net.double()(data.double()), 1).ravel().tolist():
        print(repr(value))
