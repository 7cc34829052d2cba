#!/usr/bin/env python3
# Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
"""Is what the tuner chooses ever slower than the order of the lists? Tunes afresh, then times both in turns.

    bench/record_tuning.py [--model alexnet] [--inference 1 32] [--training 50] [--times 10] [--training-times 2]

Each row is one tuning from an empty file, and the median of some `emulsion time` runs by what it chose and by the order of
the lists, in turns: not the runs by which it chose. Each case has a file of its own. Kind "tune" of bench/results (README.md there).
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import record  # noqa: E402

COMMAND = "bench/record_tuning.py"


def turns_of(batch):
    """The shorter a run, the more hangs on where its process happens to lie in memory."""
    return 5 if batch < 8 else 2


def main():
    parser = argparse.ArgumentParser(prog=COMMAND, description=__doc__.splitlines()[0])
    parser.add_argument("--model", default="alexnet", help="[alexnet]")
    parser.add_argument("--inference", type=int, nargs="*", default=[1, 32], metavar="BATCH", help="[1 32]")
    parser.add_argument("--training", type=int, nargs="*", default=[50], metavar="BATCH", help="[50]")
    parser.add_argument("--times", type=int, default=10, help="tunings of each [10]")
    parser.add_argument("--training-times", type=int, default=2, help="tunings of training [2]")
    parser.add_argument("--program", default=os.path.join(record.ROOT, "build", "release", "bin", "emulsion"))
    given = parser.parse_args()
    cases = [(False, batch, given.times) for batch in given.inference]
    cases += [(True, batch, given.training_times) for batch in given.training]
    try:
        for training, batch, times in cases:
            result = record.head("tune", record.cpu_name(), "cpu", len(os.sched_getaffinity(0)),
                                 record.versions(given.program), f"{COMMAND} {' '.join(sys.argv[1:])}".strip())
            rows = [tuning(given, training, batch, number) for number in range(1, times + 1)]
            result["rows"] = [*rows, summary(rows)]
            path = record.default_path(result, os.path.basename(given.model), rows[0]["pass"], batch)
            record.write(path, result)
            print(f"{os.path.relpath(path)}: {len(result['rows'])} rows")
    except (OSError, ValueError, KeyError, TypeError, subprocess.CalledProcessError, record.Broken) as error:
        sys.exit(f"{COMMAND}: {' '.join(str(error).split()) or type(error).__name__}")


def tuning(given, training, batch, number):
    with tempfile.TemporaryDirectory() as folder:
        common = [given.program, "time", "--model", given.model, "--batch", str(batch), "--json", "--log", "off",
                  "--tuning-file", os.path.join(folder, "tuning.json"), *(["--train"] if training else [])]
        start = time.monotonic()
        milliseconds([*common, "--tune", "on", "--runs", "1"])
        seconds = time.monotonic() - start
        common += ["--runs", "3" if training else "8"]
        turns = {"order": [], "tuned": [], "again": []}  # the order twice: what it differs by from itself is noise
        for turn in range(turns_of(batch)):
            for who in sorted(turns, reverse=turn % 2 == 1):
                turns[who].append(milliseconds([*common, "--tune", "cached" if who == "tuned" else "off"]))
    order, tuned, again = (statistics.median(turns[who]) for who in ("order", "tuned", "again"))
    row = {
        "net": given.model, "pass": "training" if training else "inference", "batch": batch, "tuning": str(number),
        "tuning_seconds": round(seconds, 1), "milliseconds": tuned, "by_order_milliseconds": order,
        "ratio": round(order / tuned, 4), "noise": round(order / again, 4),
    }
    print(f"{row['pass']} {batch}, tuning {number}: {row['milliseconds']:.2f} ms, by order "
          f"{order:.2f} ms, {row['ratio']:.3f} times as fast; by order once more {row['noise']:.3f}", file=sys.stderr, flush=True)
    return row


def summary(rows):
    ratios, noise = ([row[key] for row in rows] for key in ("ratio", "noise"))
    return {
        **{key: rows[0][key] for key in ("net", "pass", "batch")}, "tuning": "all", "tunings": len(rows),
        "tuning_seconds": statistics.median(row["tuning_seconds"] for row in rows),
        "milliseconds": statistics.median(row["milliseconds"] for row in rows),
        "by_order_milliseconds": statistics.median(row["by_order_milliseconds"] for row in rows),
        "ratio": statistics.median(ratios), "ratio_low": min(ratios), "ratio_high": max(ratios),
        "noise_low": min(noise), "noise_high": max(noise),
    }


def milliseconds(command):
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)["milliseconds"]


if __name__ == "__main__":
    main()
