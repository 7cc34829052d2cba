#!/usr/bin/env python3
# Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
"""Times `emulsion dataset build` on generated metadata and records seconds and peak memory (bench/results/README.md).

    bench/record_dataset.py [--program build/release/bin/emulsion] [--lines 100000 1000000 ...] [--out FOLDER]

The lines are the author's bare ones; views follow a log-normal law, ids come in no order. A result is verified
before its time counts: as many photos as 20% and 20% of the lines make, in the parts that 12:2:2 make.
"""

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import record  # noqa: E402

COMMAND = "bench/record_dataset.py"
LINES = (100_000, 1_000_000, 1_700_000, 10_000_000)
ROUNDS = 3


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", default=os.path.join(record.ROOT, "build", "release", "bin", "emulsion"))
    parser.add_argument("--lines", type=int, nargs="+", default=LINES, help="[%(default)s]")
    parser.add_argument("--out", default=os.path.join(record.ROOT, "bench", "results"), help="[bench/results]")
    given = parser.parse_args()
    try:
        version = subprocess.run([given.program, "--version"], check=True, capture_output=True, text=True).stdout.split()[1]
        measured = record.head("dataset", record.cpu_name(), "cpu", 1, {"emulsion": version}, COMMAND)
        measured["note"] = "metadata alone, without photos; from a file in the page cache to lists and report on the disk"
        measured["rows"] = [measure(given.program, lines) for lines in given.lines]
        path = os.path.join(given.out, os.path.basename(record.default_path(measured)))
        record.write(path, measured)
        print(f"{os.path.relpath(path)}: {len(measured['rows'])} rows")
    except (OSError, ValueError, KeyError, subprocess.CalledProcessError, record.Broken) as error:
        sys.exit(f"{COMMAND}: {' '.join(str(error).split()) or type(error).__name__}")


def measure(program, lines):
    with tempfile.TemporaryDirectory() as folder:
        metadata = os.path.join(folder, "metadata.txt")
        generate(metadata, lines)
        rounds = sorted(run(program, metadata, os.path.join(folder, f"set{i}"), lines) for i in range(ROUNDS))
        size = os.path.getsize(metadata)
    seconds, peak = rounds[ROUNDS // 2][0], max(peak for _, peak in rounds)
    row = {"lines": lines, "metadata_bytes": size, "seconds": float(f"{seconds:.4g}"),
           "seconds_low": float(f"{rounds[0][0]:.4g}"), "seconds_high": float(f"{rounds[-1][0]:.4g}"), "samples": ROUNDS,
           "lines_per_second": float(f"{lines / seconds:.4g}"), "peak_bytes": peak}
    print(f"{lines:>10} lines: {seconds:.2f} s, {lines / seconds:,.0f} lines/s, peak {peak / 2**20:.0f} MiB", flush=True)
    return row


def generate(path, lines):
    rng = random.Random(7)
    step = next(k for k in (7919, 7907) if lines % k)  # a permutation of the ids, without a list of them
    with open(path, "w", encoding="ascii") as file:
        for i in range(lines):
            views = int(rng.lognormvariate(4, 2))
            uploaded = 1293840000 + rng.randrange(106_000_000)
            file.write(f"{1_000_000_000 + i * step % lines},{views // 30},{views},240,160,{uploaded}\n")


def run(program, metadata, out, lines):
    """Seconds and peak bytes of one build. ValueError if what it made is wrong."""
    begin = time.monotonic()
    process = subprocess.Popen([program, "dataset", "build", "--metadata", metadata, "--out", out, "--threads", "1"],
                               stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.monotonic() - begin
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise ValueError(f"the build of {lines} lines ended with {process.returncode}")
    with open(os.path.join(out, "dataset.json"), encoding="utf-8") as file:
        made = json.load(file)
    each = lines * 20 // 100
    wanted = [0, 0, 0]
    for position in range(2 * each):
        wanted[0 if position % 16 < 12 else 1 if position % 16 < 14 else 2] += 1
    parts = [sum(made["parts"][part].values()) for part in ("train", "val", "test")]
    if made["lines"] != lines or parts != wanted:
        raise ValueError(f"{lines} lines gave parts of {parts}, not {wanted}")
    return seconds, usage.ru_maxrss * 1024


if __name__ == "__main__":
    main()
