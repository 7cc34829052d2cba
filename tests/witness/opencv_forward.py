# Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
"""An independent witness of Caffe's files: the same net, weights and inputs in OpenCV's dnn module.

usage: opencv_forward.py PROTOTXT CAFFEMODEL INPUTS VALUE...

INPUTS is a safetensors file with "data" (f32, NCHW). Prints the outputs of the layers that are named, one
number a line. Exits with 77 if OpenCV is not there.
"""

import sys

try:
    import cv2
except ImportError as error:
    print(error, file=sys.stderr)
    sys.exit(77)

import safetensors_file

_, inputs = safetensors_file.read(sys.argv[3])
net = cv2.dnn.readNetFromCaffe(sys.argv[1], sys.argv[2])
net.setPreferableBackend(cv2.dnn.DNN_BACKEND_OPENCV)
net.setInput(inputs["data"])
for output in net.forward(sys.argv[4:]):
    for value in output.ravel():
        print(repr(float(value)))
