#!/usr/bin/env python3
# Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
"""Runs bench_loader and writes two records into bench/results (README.md there): what it measured, and what follows.

    bench/record_loader.py [--program build/release/bin/bench_loader] [--raw FILE] [--out FOLDER]

Kind "loader" is measured: a row for each set of photos, way of decoding and number of threads. Kind "demand" is a
projection from its photos per second of one core: from which batch size on a card would wait for so many cores.
"""

import argparse
import json
import math
import os
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import record  # noqa: E402

COMMAND = "bench/record_loader.py"
TARGETS = os.path.join(record.ROOT, "bench", "targets")

# The paper's net, a photo of 159x240: as `emulsion inspect photo` counts them. An inference reads each parameter
# once a batch; SGD alone reads it, its gradient and its momentum, and writes two of them.
PARAMETERS = 48_487_810
PARAMETER_BYTES = {"inference": 4 * PARAMETERS, "training": 20 * PARAMETERS}
FLOP = {"inference": 1.086e9, "training": 3.10e9}

# Beside the fp32 of bench/targets: NVIDIA's data sheet of the H100 SXM, dense.
TF32_FLOP_PER_SECOND = 495e12
CORES = (1, 2, 4, 8, 16, 32, 64, 128)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", default=os.path.join(record.ROOT, "build", "release", "bin", "bench_loader"))
    parser.add_argument("--raw", help="take this file of --benchmark_out instead of running the program")
    parser.add_argument("--out", default=os.path.join(record.ROOT, "bench", "results"), help="[bench/results]")
    given = parser.parse_args()
    try:
        raw = load(given.raw) if given.raw else run(given.program)
        measured = record.head("loader", record.cpu_name(), "cpu", int(raw["context"]["num_cpus"]), versions(raw), COMMAND)
        measured["note"] = ("the loader and libjpeg-turbo alone in turns; one core: by processor time, all threads "
                            "of the process included; threads: by the clock; medians of the rounds")
        measured["rows"] = [loader_row(case) for case in raw["benchmarks"]]
        records = [measured]
        if all("failed" not in row for row in measured["rows"]):
            records.append(demand(measured))
        for one in records:
            path = os.path.join(given.out, os.path.basename(record.default_path(one)))
            record.write(path, one)
            print(f"{os.path.relpath(path)}: {len(one['rows'])} rows")
    except (OSError, ValueError, KeyError, TypeError, AttributeError, subprocess.CalledProcessError,
            record.Broken) as error:
        sys.exit(f"{COMMAND}: {' '.join(str(error).split()) or type(error).__name__}")
    if len(records) == 1:
        sys.exit(f"{COMMAND}: some cases have no time, so nothing follows from them")


def load(path):
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def run(program):
    with tempfile.TemporaryDirectory() as folder:
        raw = os.path.join(folder, "raw.json")
        subprocess.run([program, "--benchmark_out=" + raw, "--benchmark_out_format=json"], check=True)
        return load(raw)


def versions(raw):
    return {key[8:]: value for key, value in raw["context"].items() if key.startswith("version.")}


def loader_row(case):
    photos, decoder, who = case["name"].split("/")[:3]
    row = {"photos": photos, "decoder": decoder, "cores": who}
    if case.get("error_occurred"):
        return row | {"failed": case["error_message"]}
    digits = {"photos_per_second": case["photos/s"], "libjpeg_photos_per_second": case["libjpeg"],
              "part_of_libjpeg": case["of libjpeg"]}
    return row | {key: float(f"{value:.4g}") for key, value in digits.items()} | {"rounds": case["iterations"]}


def demand(measured):
    result = record.head("demand", measured["device"], "cpu", measured["threads"], measured["versions"], COMMAND)
    result["note"] = ("a projection: the card at its floor, each core as fast as the one measured, nothing else on "
                      "these cores; no card was measured but the GTX 780 Ti, by the paper's author")
    pace = {(row["photos"], row["decoder"]): row["photos_per_second"]
            for row in measured["rows"] if row["cores"] == "one core"}
    h100, kepler = (load(os.path.join(TARGETS, name + ".json")) for name in ("h100-sxm", "gtx-780-ti"))
    peaks = {"fp32": h100["flop_per_second"], "tf32": TF32_FLOP_PER_SECOND}
    rows = [card_row(h100, precision, peak, passed, photos, decoder, rate, cores)
            for (photos, decoder), rate in pace.items() for passed in FLOP for precision, peak in peaks.items()
            for cores in CORES]
    true = next(one for one in kepler["measured"] if one["net"] == "photo" and one["mode"] == "training")
    needed = true["iterations_per_second"] * true["batch"]
    for (photos, decoder), rate in pace.items():
        rows.append({"card": kepler["name"], "precision": "fp32", "pass": "training", "photos": photos,
                     "decoder": decoder, "batch": true["batch"], "card_photos_per_second": needed,
                     "cores_needed": float(f"{needed / rate:.3g}")})
    result["rows"] = rows
    return result


def card_row(card, precision, peak, passed, photos, decoder, rate, cores):
    """A batch of n takes the card max(parameters / bandwidth, n * FLOP / peak) at the least. So it would use up n
    over that time: growing with n, up to peak / FLOP."""
    supply, most = rate * cores, peak / FLOP[passed]
    row = {"card": card["name"], "precision": precision, "pass": passed, "photos": photos, "decoder": decoder,
           "cores": cores, "photos_per_second": float(f"{supply:.4g}"), "card_photos_per_second": float(f"{most:.4g}"),
           "cores_needed": math.ceil(most / rate)}
    least_seconds = PARAMETER_BYTES[passed] / card["bytes_per_second"]
    row["waits_from_batch"] = math.floor(supply * least_seconds) + 1 if supply < most else None
    row["waits"] = f"from batch {row['waits_from_batch']}" if supply < most else "never"
    return row


if __name__ == "__main__":
    main()
