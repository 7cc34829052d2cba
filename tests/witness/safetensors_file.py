# Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
"""Reads and writes safetensors files with NumPy alone: metadata and tensors."""

import json
import struct

import numpy as np

TYPES = {"F64": "<f8", "F32": "<f4", "I64": "<i8", "I32": "<i4", "U8": "u1"}


def read(path):
    """Returns (metadata, {name: array})."""
    with open(path, "rb") as file:
        content = file.read()
    (length,) = struct.unpack("<Q", content[:8])
    header = json.loads(content[8 : 8 + length])
    metadata = header.pop("__metadata__", {})
    tensors = {}
    for name, entry in header.items():
        begin, end = (8 + length + offset for offset in entry["data_offsets"])
        tensors[name] = np.frombuffer(content[begin:end], TYPES[entry["dtype"]]).reshape(entry["shape"])
    return metadata, tensors


def write(path, tensors):
    """Writes {name: array}."""
    header, parts, offset = {}, [], 0
    for name, array in tensors.items():
        parts.append(np.ascontiguousarray(array).tobytes())
        dtype = next(key for key, value in TYPES.items() if np.dtype(value) == array.dtype)
        end = offset + len(parts[-1])
        header[name] = {"dtype": dtype, "shape": list(array.shape), "data_offsets": [offset, end]}
        offset = end
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + b"".join(parts))
