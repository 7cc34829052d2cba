# Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
"""torchvision's AlexNet as PyTorch saves it, in every form, and what PyTorch computes with it.

usage: pytorch_alexnet.py FOLDER SIDE

FOLDER/inputs.safetensors holds "data" (f32, N x 3 x SIDE x SIDE). Writes alexnet.pth (ZIP), stream.pth (the
older form), wrapped.pth (of a net in DataParallel), checkpoint.pth (a dict in a dict), whole.pth (a pickled net),
script.pth (TorchScript), state.safetensors, alexnet.onnx, and outputs.safetensors
with "sums" and "probabilities", computed in fp64. Exits with 77 if PyTorch is not there, and with 78 if it
cannot export the net for this SIDE.
"""

import sys

try:
    import torch
except ImportError as error:
    print(error, file=sys.stderr)
    sys.exit(77)

import safetensors_file
from torchvision_alexnet import AlexNet

folder, side = sys.argv[1], int(sys.argv[2])
torch.manual_seed(5)
net = AlexNet().eval()
state = net.state_dict()
torch.save(state, folder + "/alexnet.pth")
torch.save(state, folder + "/stream.pth", _use_new_zipfile_serialization=False)
torch.save({"module." + name: tensor for name, tensor in state.items()}, folder + "/wrapped.pth")
torch.save({"epoch": 3, "state_dict": state, "best": 0.57}, folder + "/checkpoint.pth")
torch.save(net, folder + "/whole.pth")
torch.jit.save(torch.jit.script(net), folder + "/script.pth")
safetensors_file.write(folder + "/state.safetensors", {name: t.numpy() for name, t in state.items()})
try:
    torch.onnx.export(net, torch.zeros(1, 3, side, side), folder + "/alexnet.onnx",
                      input_names=["x"], dynamic_axes={"x": {0: "batch"}})
except Exception as error:
    print(error)
    sys.exit(78)
_, inputs = safetensors_file.read(folder + "/inputs.safetensors")
with torch.no_grad():
    sums = net.double()(torch.from_numpy(inputs["data"].copy()).double())
safetensors_file.write(folder + "/outputs.safetensors", {
    "sums": sums.float().numpy(), "probabilities": torch.softmax(sums, 1).float().numpy(),
})
