#!/usr/bin/env python3
# Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
"""Google Benchmark's JSON, of bench_kernels or bench_net, into a record of bench/results (README.md there).

    bench/to_record.py kernels RAW.json --command "scripts/bench" [--out FOLDER]
"""

import argparse
import json
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import record  # noqa: E402


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("kind", choices=sorted(NAMES))
    parser.add_argument("raw", help="the file that --benchmark_out wrote")
    parser.add_argument("--command", required=True, help="what to type to measure again")
    parser.add_argument("--out", help="the folder of the record; default bench/results")
    given = parser.parse_args()
    try:
        with open(given.raw, encoding="utf-8") as file:
            raw = json.load(file)
        result = convert(given.kind, raw, given.command)
        path = record.default_path(result)
        if given.out:
            path = os.path.join(given.out, os.path.basename(path))
        record.write(path, result)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, record.Broken) as error:
        sys.exit(f"bench/to_record.py: {given.raw}: {' '.join(str(error).split()) or type(error).__name__}")
    failed = sum("failed" in row for row in result["rows"])
    print(f"{os.path.relpath(path)}: {len(result['rows'])} rows" + (f", {failed} without a time" if failed else ""))


def convert(kind, raw, command):
    """The record of a run. A row for every benchmark; ValueError or KeyError where the file is no such run."""
    context = raw["context"]
    versions = {key[8:]: value for key, value in context.items() if key.startswith("version.")}
    result = record.head(kind, context["device"], context["device_kind"], int(context["threads"]), versions, command)
    notes = [f"roof in {key[5:]}: {value}" for key, value in sorted(context.items()) if key.startswith("roof.")]
    if "cache_state" in context:
        notes.append(f"caches {context['cache_state']} before each run")
    if notes:
        result["note"] = "; ".join(notes)
    result["rows"] = [row_of(kind, run) for run in raw["benchmarks"]]
    return result


def row_of(kind, run):
    row = NAMES[kind](run["name"].split("/iterations:")[0])
    if run.get("error_occurred"):
        row["failed"] = run["error_message"]
        return row
    seconds = run["real_time"] * 1e-3
    if run["time_unit"] != "ms" or not seconds > 0:
        raise ValueError(f"{run['name']} has no time in milliseconds")
    row["milliseconds"] = run["real_time"]
    for name, counter in (("milliseconds_low", "low_ms"), ("milliseconds_high", "high_ms"), ("flop", "flop"),
                          ("bytes", "bytes"), ("photos_per_second", "photos/s"),
                          ("packing_milliseconds", "packing_ms")):
        if counter in run:
            row[name] = run[counter]
    row["samples"] = int(run["samples"])
    row["flop_per_second"] = run["flop"] / seconds
    row["bytes_per_second"] = run["bytes"] / seconds
    for name, counter in (("part_of_floor", "floor%"), ("part_of_peak", "peak%")):
        if counter in run:
            row[name] = run[counter] / 100
    if run.get("label"):
        row["variant"] = run["label"]
    return {key: round_off(value) for key, value in row.items()}


def round_off(value):
    """Five digits: no timing has more, and the files stay small."""
    return float(f"{value:.5g}") if isinstance(value, float) else value


def kernel_name(name):
    operation, net, layer, batch, precision, implementation = name.split("/")
    return {"operation": operation, "net": net, "layer": layer, "batch": int(batch[1:]), "precision": precision,
            "implementation": implementation}


def net_name(name):
    passed, net, batch, precision, photos = name.split("/")
    return {"pass": passed, "net": net, "batch": int(batch[1:]), "precision": precision, "photos": photos}


NAMES = {"kernels": kernel_name, "net": net_name}

if __name__ == "__main__":
    main()
