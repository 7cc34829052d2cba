# Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
"""One framework with one net in one process, which first answers and then is timed, in turns.

Run by compare.py, never by hand. Once it has written its answer it prints "ready VERSIONS" (JSON); for each
line "N" that it reads it does N runs after one that does not count, and prints their milliseconds. Between
turns it waits for that line, so its threads sleep while others are timed. Whatever goes wrong ends it with
one line on stderr.

The answer is a safetensors file: "output" (batch x classes, probabilities) of inference; of training every
parameter after two updates, so that momentum shows, and the second's "loss"; dropout is off, since no two
frameworks draw alike.
"""

import argparse
import importlib
import json
import os
import sys
import time

import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(HERE)), "tests", "witness"))
import safetensors_file

MODULES = {"pytorch": "pytorch_peer", "onnxruntime": "onnxruntime_peer", "opencv": "opencv_peer"}


class Refused(Exception):
    """What was asked is not there in this framework, in one line."""


def parse():
    parser = argparse.ArgumentParser()
    parser.add_argument("framework", choices=sorted(MODULES))
    parser.add_argument("--variant", default="")
    for name in ("model", "inputs", "answer"):
        parser.add_argument("--" + name, required=True)
    parser.add_argument("--batch", type=int, required=True)
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--precision", default="fp32")
    parser.add_argument("--train", action="store_true")
    for name in ("rate", "momentum", "weight-decay"):
        parser.add_argument("--" + name, type=float)
    return parser.parse_args()


def serve(turn, speak):
    for line in sys.stdin:
        turn()
        times = []
        for _ in range(int(line)):
            start = time.perf_counter()
            turn()
            times.append(1e3 * (time.perf_counter() - start))
        speak(" ".join(f"{t:.6f}" for t in times))


def main():
    task = parse()
    # What frameworks print must not be taken for an answer.
    channel = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    try:
        peer = importlib.import_module(MODULES[task.framework])
        metadata, weights = safetensors_file.read(task.model)
        net = json.loads(metadata["emulsion.net"])
        _, inputs = safetensors_file.read(task.inputs)
        answer, turn = peer.prepare(task, net, weights, inputs)
        safetensors_file.write(task.answer, {k: np.asarray(v, np.float32) for k, v in answer.items()})
        channel.write("ready " + json.dumps(peer.versions()) + "\n")
        serve(turn, lambda text: channel.write(text + "\n"))
    except (Refused, ImportError) as error:
        sys.exit(" ".join(str(error).split()))


if __name__ == "__main__":
    # The modules of the peers raise this module's Refused, not a copy's.
    sys.modules["contestant"] = sys.modules["__main__"]
    main()
