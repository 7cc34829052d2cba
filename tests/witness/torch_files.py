# Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
"""An independent witness of PyTorch's files: PyTorch itself.

usage: torch_files.py write FOLDER            state dicts in every form, and what they hold
       torch_files.py compare FILE EXPECTED   whether FILE, read by PyTorch, holds the bits of EXPECTED

"write" makes CASE.FORM.pth for each case and form, and CASE.safetensors with the tensors of real numbers
in fp32. "compare" wants the same names, the same shapes and the same bits.
Exits with 77 if PyTorch is not there.
"""

import inspect
import sys
import zipfile
from collections import OrderedDict

try:
    import numpy as np
    import torch
except ImportError as error:
    print(error, file=sys.stderr)
    sys.exit(77)

import safetensors_file

FORMS = {
    "zip": {},
    "zip4": {"pickle_protocol": 4},
    "stream": {"_use_new_zipfile_serialization": False},
    "stream4": {"_use_new_zipfile_serialization": False, "pickle_protocol": 4},
}


def net():
    """As most people save them, batch normalisation's counters included."""
    return torch.nn.Sequential(
        torch.nn.Conv2d(3, 4, 3), torch.nn.BatchNorm2d(4), torch.nn.ReLU(), torch.nn.Linear(6, 5)
    )


def odd():
    """Views, shared storage, every type, no axis and no element."""
    base = torch.randn(4, 6)
    special = torch.tensor([0.0, -0.0, 1e-7, 6e-8, 65504, float("inf"), -float("inf"), float("nan"), 1 / 3])
    tensors = OrderedDict(
        base=base,
        transposed=base.t(),
        row=base[2],
        column=base[:, 3],
        every_other=base[1::2, ::3],
        permuted=torch.randn(2, 3, 4, 5).permute(3, 1, 0, 2),
        channels_last=torch.randn(2, 3, 4, 5).contiguous(memory_format=torch.channels_last),
        parameter=torch.nn.Parameter(torch.randn(3)),
        half=special.half(),
        half_transposed=torch.randn(3, 5).half().t(),
        bfloat16=special.bfloat16(),
        double=torch.randn(5, dtype=torch.float64),
        double_column=torch.randn(3, 3, dtype=torch.float64)[:, 1],
        scalar=torch.tensor(2.5),
        none=torch.zeros(0, 3),
        special=special,
    )
    for kind in (torch.int64, torch.int32, torch.int16, torch.int8, torch.uint8, torch.bool):
        tensors[f"whole.{kind}"] = torch.ones(3, dtype=kind)
    return tensors


def checkpoint():
    """A state dict within what a training script keeps."""
    model = net()
    optimizer = torch.optim.SGD(model.parameters(), 0.1, momentum=0.9)
    model[3](torch.ones(2, 6)).sum().backward()
    optimizer.step()
    return {
        "epoch": 90,
        "arch": "small",
        "best": 0.5,
        "done": True,
        "history": [1, 2.5, None],
        "large": 1 << 80,
        "state_dict": model.state_dict(),
        "optimizer": optimizer.state_dict(),
    }


def real_tensors(saved):
    state = saved.get("state_dict", saved)
    return {name: t.detach().float().numpy() for name, t in state.items() if t.is_floating_point()}


def write(folder):
    torch.manual_seed(3)
    for name, saved in {"net": net().state_dict(), "odd": odd(), "checkpoint": checkpoint()}.items():
        for form, options in FORMS.items():
            torch.save(saved, f"{folder}/{name}.{form}.pth", **options)
        safetensors_file.write(f"{folder}/{name}.safetensors", real_tensors(saved))


def compare(path, expected_path):
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None, "a CRC-32 does not fit"
    _, expected = safetensors_file.read(expected_path)
    ways = [{}]
    if "weights_only" in inspect.signature(torch.load).parameters:
        ways = [{"weights_only": True}, {"weights_only": False}]
    for way in ways:
        loaded = torch.load(path, **way)
        assert sorted(loaded) == sorted(expected), f"{list(loaded)} and not {list(expected)}"
        for name, tensor in loaded.items():
            values, wanted = tensor.numpy(), expected[name]
            assert values.dtype == np.float32 and values.shape == wanted.shape, name
            assert values.tobytes() == wanted.tobytes(), f"{name} differs"
    print(len(expected), "tensors,", len(ways), "ways of loading")


{"write": write, "compare": compare}[sys.argv[1]](*sys.argv[2:])
