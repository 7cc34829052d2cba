# Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
"""Inference beside ONNX Runtime: the same net, weights and input, in turns, in one run.

usage: onnxruntime_alexnet.py [--net alexnet] [--batch 1 32] [--rounds 7] [--threads 2] [--out FILE]

Writes the net with seeded weights, rebuilds it in ONNX, and times both in turns: Emulsion, ONNX
Runtime, and ONNX Runtime with its LRN nodes taken out. Quotes medians, and ratios of medians. That
both compute the same is tested by tests/engine/onnxruntime_test.cpp.
"""

import argparse
import datetime
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time

import numpy as np
import onnxruntime

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tests", "witness"))
import onnx_net
import safetensors_file


def session(content, threads):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    return onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])


def median_ms(run, seconds):
    run()
    times, start = [], time.perf_counter()
    while time.perf_counter() - start < seconds or len(times) < 3:
        begin = time.perf_counter()
        run()
        times.append(1e3 * (time.perf_counter() - begin))
    return statistics.median(times)


def emulsion_ms(command, model, batch, threads):
    """The median whole step, and the FMA peak that the command measured just before."""
    result = subprocess.run(
        [command, "time", "--model", model, "--batch", str(batch), "--threads", str(threads), "--json"],
        check=True, capture_output=True, text=True,
    )
    return json.loads(result.stdout)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--net", default="alexnet")
    parser.add_argument("--batch", type=int, nargs="+", default=[1, 32])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--emulsion", default=os.path.join(ROOT, "build/release/bin/emulsion"))
    parser.add_argument("--out")
    o = parser.parse_args()

    with tempfile.TemporaryDirectory() as folder:
        model = os.path.join(folder, o.net + ".safetensors")
        subprocess.run([o.emulsion, "init", "--net", o.net, "--out", model], check=True, stdout=subprocess.DEVNULL)
        metadata, weights = safetensors_file.read(model)
        net = json.loads(metadata["emulsion.net"])
        report = {
            "date": datetime.date.today().isoformat(), "device": cpu_name(), "threads": o.threads,
            "onnxruntime": onnxruntime.__version__, "net": o.net, "results": [],
        }
        for batch in o.batch:
            report["results"].append(compare(o, net, weights, model, batch))
    print(table(report))
    if o.out:
        with open(o.out, "w") as file:
            json.dump(report, file, indent=2)
            file.write("\n")


def compare(o, net, weights, model, batch):
    full = session(onnx_net.build(net, weights, batch, True), o.threads)
    bare = session(onnx_net.build(net, weights, batch, False), o.threads)
    x = np.random.default_rng(1).uniform(-100, 100, [batch] + [net["input"][side] for side in ("channels", "height", "width")])
    x = x.astype(np.float32)
    rounds = {"emulsion": [], "onnxruntime": [], "without_lrn": [], "peak": []}
    for _ in range(o.rounds):
        ours = emulsion_ms(o.emulsion, model, batch, o.threads)
        rounds["emulsion"].append(ours["milliseconds"])
        rounds["peak"].append(ours["machine"]["flop_per_second"] / 1e9)
        rounds["onnxruntime"].append(median_ms(lambda: full.run(None, {"data": x}), 1.5))
        rounds["without_lrn"].append(median_ms(lambda: bare.run(None, {"data": x}), 1.0))
    middle = {key: statistics.median(values) for key, values in rounds.items()}
    gflop = ours["flop"] / 1e9
    return {
        "batch": batch,
        "emulsion_ms": round(middle["emulsion"], 3),
        "onnxruntime_ms": round(middle["onnxruntime"], 3),
        "onnxruntime_without_lrn_ms": round(middle["without_lrn"], 3),
        "ratio": round(middle["onnxruntime"] / middle["emulsion"], 3),
        "fma_peak_gflops": round(middle["peak"], 1),
        "share_of_peak": round(gflop / middle["emulsion"] * 1e3 / middle["peak"], 3),
    }


def cpu_name():
    with open("/proc/cpuinfo") as file:
        for line in file:
            if line.startswith("model name"):
                return line.split(":")[1].strip()
    return platform.machine()


def table(report):
    lines = ["batch  emulsion ms  ONNX Runtime ms  without LRN ms  ratio  of FMA peak"]
    for r in report["results"]:
        lines.append(
            f"{r['batch']:5d}  {r['emulsion_ms']:11.2f}  {r['onnxruntime_ms']:15.2f}  "
            f"{r['onnxruntime_without_lrn_ms']:14.2f}  {r['ratio']:5.2f}  {100 * r['share_of_peak']:10.0f}%"
        )
    return "\n".join(lines)


main()
