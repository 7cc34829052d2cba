# Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
"""An independent witness of Caffe's files: what OpenCV's dnn module makes of each layer.

usage: opencv_layers.py PROTOTXT CAFFEMODEL INPUTS OUT

INPUTS is a safetensors file with "data" (f32, NCHW); OUT becomes one with the output of every layer, by the
layer's name. Exits with 77 if OpenCV is not there.
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
net.enableFusion(False)  # fused layers have no outputs of their own
net.setInput(inputs["data"])
names = list(net.getLayerNames())
safetensors_file.write(sys.argv[4], dict(zip(names, net.forward(names))))
