# Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
"""An independent witness of ONNX files: checked by the onnx package, run by ONNX Runtime.

usage: onnxruntime_file.py INPUTS MODEL.onnx...

INPUTS is a safetensors file with "data" (f32, NCHW). Prints the output of each model in turn, one number
a line. Exits with 77 if ONNX Runtime is not there.
"""

import sys

try:
    import onnx
    import onnxruntime
except ImportError as error:
    print(error, file=sys.stderr)
    sys.exit(77)

import safetensors_file

_, inputs = safetensors_file.read(sys.argv[1])
for path in sys.argv[2:]:
    onnx.checker.check_model(onnx.load(path), full_check=True)
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    (given,) = session.get_inputs()
    for value in session.run(None, {given.name: inputs["data"]})[0].ravel():
        print(repr(float(value)))
