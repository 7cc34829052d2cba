# Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
"""An independent witness of inference: the same net and inputs in ONNX Runtime.

usage: onnxruntime_forward.py MODEL INPUTS

MODEL is a native model file; INPUTS a safetensors file with "data" (f32, NCHW). Prints the net's
output, one number a line. Exits with 77 if ONNX Runtime is not there.
"""

import json
import sys

try:
    import onnx
    import onnxruntime
except ImportError as error:
    print(error, file=sys.stderr)
    sys.exit(77)

import onnx_net
import safetensors_file

metadata, weights = safetensors_file.read(sys.argv[1])
_, inputs = safetensors_file.read(sys.argv[2])
data = inputs["data"]
content = onnx_net.build(json.loads(metadata["emulsion.net"]), weights, len(data), True)
session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
for value in session.run(None, {"data": data})[0].ravel():
    print(repr(float(value)))
