# Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
"""An ONNX file of a native model, made by the onnx package and none of Emulsion's code.

usage: onnx_file.py MODEL OUT.onnx

Exits with 77 if the package is not there.
"""

import json
import sys

try:
    import onnx_net
except ImportError as error:
    print(error, file=sys.stderr)
    sys.exit(77)

import safetensors_file

metadata, weights = safetensors_file.read(sys.argv[1])
with open(sys.argv[2], "wb") as file:
    file.write(onnx_net.build(json.loads(metadata["emulsion.net"]), weights, 1, True))
