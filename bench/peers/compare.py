# Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
"""Emulsion beside PyTorch, ONNX Runtime and OpenCV: the same net, weights and input, in turns, in one run.

Each contestant is a process that answers first. One whose answer is not Emulsion's, within verify.py's bound,
gets no time. Then come rounds, in each of which each has a turn, in an order drawn anew; a turn is the median
of a few runs. Quoted are medians over the rounds, and ratios of these medians. The record is written after
every round; a contestant that fails is noted with its reason, and the others go on.

On the CPU Emulsion's row says as well what this machine could do at best: the sum over the steps of the longer of
arithmetic at the FMA peak and least traffic at the memory's bandwidth, both measured by `emulsion time` just before.
"""

import argparse
import json
import os
import random
import shlex
import signal
import statistics
import subprocess
import sys
import tempfile
import time

import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path[:0] = [os.path.join(ROOT, "bench"), os.path.join(ROOT, "tests", "witness")]
import record
import safetensors_file
import table_views
import verify
from process import Failed, Process

# Emulsion tuned, as PyTorch compiles and lets cuDNN choose, and by the order of its lists.
CONTESTANTS = (
    ("emulsion", ""), ("emulsion_untuned", ""), ("onnxruntime", ""), ("opencv", ""),
    ("pytorch", "eager"), ("pytorch", "channels_last"), ("pytorch", "compiled"), ("pytorch", "cuda_graph"),
)
# Of the updates that are compared; the decay is strong, so that one who forgets it is seen.
SOLVER = ["--rate", "0.01", "--momentum", "0.9", "--weight-decay", "0.05"]
READY_SECONDS = 600  # compiling takes its time
TURN_SECONDS = 300
PAUSE_SECONDS = 0.3  # in which the threads of the last turn go to sleep


def parse():
    parser = argparse.ArgumentParser(prog="scripts/peers", description=__doc__.split("\n")[0])
    parser.add_argument("--net", nargs="+", default=["alexnet"], help="nets by name [alexnet]")
    parser.add_argument("--inference", type=int, nargs="*", default=[1, 32], metavar="BATCH", help="[1 32]")
    parser.add_argument("--training", type=int, nargs="*", default=[50], metavar="BATCH", help="[50]")
    parser.add_argument("--precision", nargs="+", default=["fp32"], choices=sorted(verify.ROUNDED), help="[fp32]")
    parser.add_argument("--device", default="cpu", help="cpu or cuda [cpu]")
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)), help="of each [all]")
    parser.add_argument("--rounds", type=int, default=7, help="[7]")
    parser.add_argument("--turn", type=float, default=1.5, metavar="SECONDS", help="a turn, about [1.5]")
    parser.add_argument("--seed", type=int, default=1, help="of weights, photos and the order [1]")
    parser.add_argument("--programs", default=os.path.join(ROOT, "build/release/bin"), metavar="DIR",
                        help="where emulsion and emulsion_peer are [build/release/bin]")
    parser.add_argument("--out", help="the record [bench/results/peers-DEVICE.json]")
    o = parser.parse_args()
    if not o.inference + o.training:
        parser.error("there is nothing to compare: give batches to --inference or --training")
    if min(o.inference + o.training + [o.threads, o.rounds]) < 1 or o.turn <= 0:
        parser.error("batches, threads, rounds and seconds are 1 or more")
    return o


class Contest:
    """One net in one pass, batch and precision: all contestants' processes."""

    def __init__(self, options, model, folder, net_name, training, batch, precision):
        self.options, self.model, self.folder = options, model, folder
        self.training, self.batch, self.precision = training, batch, precision
        self.head = {
            "net": net_name, "pass": "training" if training else "inference", "batch": batch, "precision": precision,
        }
        self.processes, self.deviations, self.failed, self.rounds, self.runs = {}, {}, {}, {}, {}
        self.versions, self.floor = {}, {}
        metadata, self.weights = safetensors_file.read(model)
        self.net = json.loads(metadata["emulsion.net"])
        self.tolerance = verify.tolerance(self.weights, precision, training)
        self.inputs = os.path.join(folder, "inputs.safetensors")
        safetensors_file.write(self.inputs, make_inputs(self.net["preprocessing"], batch, options.seed))

    def start(self):
        """Starts and verifies all, one after the other."""
        if self.options.device == "cpu":
            self.floor = floor(self)
        reference = None
        for who in CONTESTANTS:
            if who[1] == "cuda_graph" and self.options.device == "cpu":
                continue
            try:
                if reference is None and who[0] != "emulsion":
                    raise Failed("nothing to verify it against, since Emulsion failed")
                answer = self.answer(who)
                reference = reference or answer
                self.verify(who, answer, reference)
                say(f"  {name(who)}: ready, {self.deviations[who]:.1e} from Emulsion's answer")
            except Failed as failure:
                self.fail(who, failure)

    def answer(self, who):
        path = os.path.join(self.folder, "answer.safetensors")
        process = self.processes[who] = Process(self.command(who, path), {"OMP_NUM_THREADS": str(self.options.threads)})
        self.versions.update(process.ready(READY_SECONDS))
        _, answer = safetensors_file.read(path)
        os.unlink(path)
        return answer

    def command(self, who, answer):
        o = self.options
        program = [os.path.join(o.programs, "emulsion_peer")]
        if who[0].startswith("emulsion"):
            tuning = os.path.join(self.folder, "tuning.json")
            program += ["--log", "off", "--tune", "on" if who[0] == "emulsion" else "off", "--tuning-file", tuning]
        else:
            program = [sys.executable, os.path.join(HERE, "contestant.py"), who[0], "--variant", who[1]]
        train = ["--train", *SOLVER] if self.training else []
        return [
            *program, "--model", self.model, "--inputs", self.inputs, "--answer", answer, "--batch", str(self.batch),
            "--threads", str(o.threads), "--device", o.device, "--precision", self.precision, *train,
        ]

    def verify(self, who, answer, reference):
        if self.training:
            far = verify.training_deviation(answer, reference, self.weights)
        else:
            far = verify.inference_deviation(answer, reference, self.batch)
        if not far <= self.tolerance:
            raise Failed(f"its answer is {far:.1e} from Emulsion's, and {self.tolerance:.1e} is allowed")
        self.deviations[who] = far

    def round(self, order):
        """A turn for each that has not failed."""
        for who in order:
            if who not in self.processes:
                continue
            time.sleep(PAUSE_SECONDS)
            try:
                self.turn(who)
            except Failed as failure:
                self.fail(who, failure)

    def turn(self, who):
        process = self.processes[who]
        if who not in self.runs:
            once = process.run(1, TURN_SECONDS)[0]
            self.runs[who] = min(200, max(2, round(1e3 * self.options.turn / once)))
        self.rounds.setdefault(who, []).append(statistics.median(process.run(self.runs[who], TURN_SECONDS)))

    def fail(self, who, failure):
        self.failed[who] = str(failure)
        if who in self.processes:
            self.processes.pop(who).close()
        say(f"  {name(who)}: no time: {failure}")

    def rows(self):
        ours = self.rounds.get(CONTESTANTS[0], [])
        return [self.row(who, ours) for who in CONTESTANTS if who in self.failed or who in self.rounds]

    def row(self, who, ours):
        row = {**self.head, "contestant": who[0], "variant": who[1]}
        if who in self.failed:
            return {**row, "failed": self.failed[who]}
        theirs = self.rounds[who]
        ratios = [b / a for a, b in zip(ours, theirs)] if CONTESTANTS[0] not in self.failed else []
        row.update({
            "milliseconds": round(statistics.median(theirs), 4), "milliseconds_low": round(min(theirs), 4),
            "milliseconds_high": round(max(theirs), 4), "rounds": len(theirs), "samples": len(theirs) * self.runs[who],
            "deviation": float(f"{self.deviations[who]:.3g}"), "tolerance": float(f"{self.tolerance:.3g}"),
        })
        if ratios:
            row.update({
                "ratio": round(statistics.median(theirs) / statistics.median(ours), 4),
                "ratio_low": round(min(ratios), 4), "ratio_high": round(max(ratios), 4),
            })
        if who[0] == "emulsion" and self.floor:
            ms = row["milliseconds"]
            row.update({
                **self.floor, "part_of_floor": round(self.floor["floor_milliseconds"] / ms, 4),
                "part_of_peak": round(1e3 * self.floor["flop"] / ms / self.floor["peak_flop_per_second"], 4),
            })
        return row

    def close(self):
        for process in self.processes.values():
            process.close()


def floor(contest):
    """Arithmetic and least time of a run by `emulsion time`; {} where it does not tell."""
    o = contest.options
    command = [
        os.path.join(o.programs, "emulsion"), "time", "--model", contest.model, "--batch", str(contest.batch), "--runs", "1",
        "--threads", str(o.threads), "--precision", contest.precision, "--json", "--tune", "off",
        *(["--train"] if contest.training else []),
    ]
    try:
        told = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
        peak, bandwidth = (told["machine"][key] for key in ("flop_per_second", "bytes_per_second"))
        seconds = sum(max(step["flop"] / peak, step["bytes"] / bandwidth) for step in told["steps"])
    except (OSError, subprocess.CalledProcessError, ValueError, LookupError, TypeError, ZeroDivisionError) as error:
        say(f"  emulsion time told no floor: {error}")
        return {}
    return {
        "flop": told["flop"], "floor_milliseconds": round(1e3 * seconds, 4), "peak_flop_per_second": peak,
        "peak_bytes_per_second": bandwidth,
    }


def make_inputs(p, batch, seed):
    """Noise as photos for Emulsion, and prepared for the others: centre crop, channel order, mean, scale. Three
    labels of four are the same: where they were balanced, noise's gradients would cancel, and nothing but
    rounding would be left to compare."""
    if p["mean_image"]:
        raise Failed("nets with a mean image are not prepared here")
    photos = np.random.default_rng(seed).integers(0, 256, (batch, p["height"], p["width"], 3), np.uint8)
    top, left = (p["height"] - p["crop_height"]) // 2, (p["width"] - p["crop_width"]) // 2
    data = photos[:, top : top + p["crop_height"], left : left + p["crop_width"], :: -1 if p["bgr"] else 1]
    data = (data - np.array(p["mean"], np.float32)) * np.array(p["scale"], np.float32)
    labels = (np.arange(batch) % 4 == 3).astype(np.int32)
    return {"photos": photos, "data": np.ascontiguousarray(data.transpose(0, 3, 1, 2)), "labels": labels}


def name(who):
    return " ".join(who).strip()


def say(text):
    print(text, file=sys.stderr, flush=True)


def device_name(device):
    if device == "cpu":
        return record.cpu_name()
    number = device.partition(":")[2] or "0"
    try:
        asked = subprocess.run(["nvidia-smi", "--query-gpu=name", "--format=csv,noheader", "-i", number],
                               capture_output=True, text=True, check=True)
        return asked.stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return device


def make_model(options, net, folder):
    path = os.path.join(folder, net + ".safetensors")
    command = [os.path.join(options.programs, "emulsion"), "init", "--net", net, "--seed", str(options.seed), "--out", path]
    try:
        made = subprocess.run(command, capture_output=True, text=True)
    except OSError as error:
        raise Failed(f"{command[0]}: {error.strerror}; build it first") from None
    if made.returncode != 0:
        raise Failed(made.stderr.strip())
    return path


def cases(options):
    return [{"net": net, "pass": passed, "batch": batch, "precision": precision}
            for net in options.net for precision in options.precision
            for passed, batches in (("inference", options.inference), ("training", options.training)) for batch in batches]


def require_writable(path):
    """OSError now, and not after minutes, if no record can be written there."""
    folder = os.path.dirname(os.path.abspath(path))
    os.makedirs(folder, exist_ok=True)
    tempfile.TemporaryFile(dir=folder).close()


def contests(options, folder):
    for net in options.net:
        model = make_model(options, net, folder)
        for precision in options.precision:
            for training, batches in ((False, options.inference), (True, options.training)):
                for batch in batches:
                    yield Contest(options, model, folder, net, training, batch, precision)


def main():
    options = parse()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("scripts/peers: ended by a signal"))  # not before tidying up
    result = record.head("peers", device_name(options.device), options.device.split(":")[0], options.threads, {},
                         shlex.join(["scripts/peers", *sys.argv[1:]]))
    path = options.out or record.default_path(result)
    dice = random.Random(options.seed)
    with tempfile.TemporaryDirectory() as folder:
        try:
            if not options.out:
                record.require_room(path, cases(options))
            require_writable(path)
            for contest in contests(options, folder):
                run(contest, options, dice, result, path)
        except (Failed, OSError, record.Broken) as failure:
            sys.exit(f"scripts/peers: {failure}")
    print(table_views.peers(result["rows"]))
    print(f"written: {path}")
    sys.exit(0 if any("milliseconds" in row for row in result["rows"]) else 1)


def run(contest, options, dice, result, path):
    say(", ".join(f"{value}" if key != "batch" else f"batch {value}" for key, value in contest.head.items()))
    before = list(result["rows"])
    try:
        contest.start()
        result["versions"].update(contest.versions)
        for number in range(options.rounds):
            contest.round(dice.sample(CONTESTANTS, len(CONTESTANTS)))
            result["rows"] = before + contest.rows()
            record.write(path, result)
            say(f"  round {number + 1} of {options.rounds}")
    finally:
        contest.close()


if __name__ == "__main__":
    main()
