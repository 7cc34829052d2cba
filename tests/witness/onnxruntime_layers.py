# Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
"""An independent witness of ONNX files: what ONNX Runtime makes of each node.

usage: onnxruntime_layers.py MODEL.onnx INPUTS OUT

INPUTS is a safetensors file with "data" (f32, NCHW); OUT becomes one with every value of the graph. The file
is checked by the onnx package first. Exits with 77 if one of the two is not there.
"""

import sys

try:
    import onnx
    import onnxruntime
except ImportError as error:
    print(error, file=sys.stderr)
    sys.exit(77)

import safetensors_file

_, inputs = safetensors_file.read(sys.argv[2])
model = onnx.load(sys.argv[1])
onnx.checker.check_model(model, full_check=True)
known = {output.name for output in model.graph.output}
for node in model.graph.node:
    for name in node.output:
        if name not in known:
            model.graph.output.append(onnx.ValueInfoProto(name=name))
session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
(given,) = session.get_inputs()
names = [output.name for output in session.get_outputs()]
safetensors_file.write(sys.argv[3], dict(zip(names, session.run(names, {given.name: inputs["data"]}))))
