# Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
"""ONNX Runtime: inference in fp32, and on CUDA in TF32. Threads spin as it has them by default."""

import onnx_net
import onnxruntime

from contestant import Refused


def versions():
    return {"onnxruntime": onnxruntime.__version__}


def providers(task):
    if task.device == "cpu":
        if task.precision != "fp32":
            raise Refused(f"ONNX Runtime's CPU provider has no {task.precision}")
        return ["CPUExecutionProvider"]
    if "CUDAExecutionProvider" not in onnxruntime.get_available_providers():
        raise Refused("this onnxruntime has no CUDA; install onnxruntime-gpu")
    if task.precision not in ("fp32", "tf32"):
        raise Refused(f"an fp32 ONNX file is not run in {task.precision}")
    return [("CUDAExecutionProvider", {"use_tf32": int(task.precision == "tf32")})]


def prepare(task, net, weights, inputs):
    if task.train:
        raise Refused("ONNX Runtime does not train")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = task.threads
    content = onnx_net.build(net, weights, task.batch, True)
    session = onnxruntime.InferenceSession(content, options, providers=providers(task))
    if task.device != "cpu" and session.get_providers()[0] != "CUDAExecutionProvider":
        raise Refused("ONNX Runtime could not start its CUDA provider")
    data = inputs["data"]
    return {"output": session.run(None, {"data": data})[0]}, lambda: session.run(None, {"data": data})
