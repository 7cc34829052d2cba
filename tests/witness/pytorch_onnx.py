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

from torch import nn

import safetensors_file


class AlexNet(nn.Module):
    """After torchvision's description, with its names."""

    def __init__(self):
        super().__init__()
        pool = lambda: nn.MaxPool2d(3, 2)
        self.features = nn.Sequential(
            nn.Conv2d(3, 64, 11, 4, 2), nn.ReLU(), pool(),
            nn.Conv2d(64, 192, 5, padding=2), nn.ReLU(), pool(),
            nn.Conv2d(192, 384, 3, padding=1), nn.ReLU(),
            nn.Conv2d(384, 256, 3, padding=1), nn.ReLU(),
            nn.Conv2d(256, 256, 3, padding=1), nn.ReLU(), pool(),
        )
        self.avgpool = nn.AdaptiveAvgPool2d((6, 6))
        self.classifier = nn.Sequential(
            nn.Dropout(), nn.Linear(256 * 6 * 6, 4096), nn.ReLU(),
            nn.Dropout(), nn.Linear(4096, 4096), nn.ReLU(), nn.Linear(4096, 1000),
        )

    def forward(self, x):
        return self.classifier(torch.flatten(self.avgpool(self.features(x)), 1))


torch.manual_seed(5)
net = AlexNet().eval()
_, inputs = safetensors_file.read(sys.argv[1])
data = torch.from_numpy(inputs["data"].copy())
torch.onnx.export(net, data[:1], sys.argv[2], dynamic_axes={"x": {0: "batch"}}, input_names=["x"])
with torch.no_grad():
    for value in torch.softmax(net.double()(data.double()), 1).ravel().tolist():
        print(repr(value))
