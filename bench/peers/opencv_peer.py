# Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
"""OpenCV's dnn module: inference in fp32 on the CPU, from the same ONNX file as ONNX Runtime."""

import cv2
import numpy as np
import onnx_net

from contestant import Refused


def versions():
    return {"opencv": cv2.__version__}


def prepare(task, net, weights, inputs):
    if task.train:
        raise Refused("OpenCV does not train")
    if task.device != "cpu":
        raise Refused("OpenCV's wheel is built without CUDA")
    if task.precision != "fp32":
        raise Refused(f"OpenCV's dnn module has no {task.precision}")
    cv2.setNumThreads(task.threads)
    content = onnx_net.build(net, weights, task.batch, True)
    network = cv2.dnn.readNetFromONNX(np.frombuffer(content, np.uint8))
    data = np.ascontiguousarray(inputs["data"])

    def turn():
        network.setInput(data)
        return network.forward()

    return {"output": turn()}, turn
