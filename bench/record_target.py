#!/usr/bin/env python3
# Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
"""Runs `emulsion time --target` and writes what it says into bench/results (README.md there), kind "target".

    bench/record_target.py [--target gtx-780-ti] [--model photo] [--batch 50] [--inference] [--runs 10]

A row for each step, timed here and projected there, and one for the whole, with the peaks of this machine as the run
found them. Each case has a file of its own. Who asks for --roofline FILE.svg gets the picture of the same run.
"""

import argparse
import json
import os
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import record  # noqa: E402

COMMAND = "bench/record_target.py"


def main():
    parser = argparse.ArgumentParser(prog=COMMAND, description=__doc__.splitlines()[0])
    parser.add_argument("--target", default="gtx-780-ti", help="[gtx-780-ti]")
    parser.add_argument("--model", default="photo", help="[photo]")
    parser.add_argument("--batch", type=int, default=50, help="[50]")
    parser.add_argument("--inference", action="store_true", help="not a training step")
    parser.add_argument("--runs", type=int, default=10, help="[10]")
    parser.add_argument("--roofline", help="the picture, as SVG")
    parser.add_argument("--program", default=os.path.join(record.ROOT, "build", "release", "bin", "emulsion"))
    given = parser.parse_args()
    try:
        told = run(given)
        result = record.head("target", record.cpu_name(), "cpu", told["machine"]["threads"], record.versions(given.program),
                             f"{COMMAND} {' '.join(sys.argv[1:])}".strip())
        result["note"] = "columns of the target are its data sheet and a projection; nothing was measured on it"
        case = {"net": told["model"], "mode": told["mode"], "batch": told["batch"], "target": told["target"]["name"]}
        result["rows"] = [case | step_row(step) for step in told["steps"]] + [case | whole_row(told)]
        path = record.default_path(result, given.target, os.path.basename(given.model), told["mode"], given.batch)
        record.write(path, result)
    except (OSError, ValueError, KeyError, TypeError, subprocess.CalledProcessError, record.Broken) as error:
        sys.exit(f"{COMMAND}: {' '.join(str(error).split()) or type(error).__name__}")
    print(f"{os.path.relpath(path)}: {len(result['rows'])} rows")


def run(given):
    command = [given.program, "time", "--model", given.model, "--batch", str(given.batch), "--runs", str(given.runs),
               "--tune", "off", "--target", given.target, "--json"]
    command += [] if given.inference else ["--train"]
    command += ["--roofline", given.roofline] if given.roofline else []
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)


def step_row(step):
    here = step["part_of_roof"] * step["milliseconds"]
    return {
        "step": step["layer"], "operation": step["operation"].split()[0], "pass": step["pass"],
        "implementation": step["implementation"], "milliseconds": step["milliseconds"], "floor_milliseconds": here,
        "part_of_floor": step["part_of_roof"], "flop": step["flop"], "bytes": step["bytes"],
        "target_floor_milliseconds": step["target_floor_milliseconds"],
        "target_projected_milliseconds": step["projected_milliseconds"],
    }


def whole_row(told):
    target = told["target"]
    row = {
        "step": "whole", "milliseconds": told["milliseconds"], "photos_per_second": told["photos_per_second"], "flop": told["flop"],
        "steps_part_of_whole": told["steps_part_of_whole"], "part_of_peak": told["part_of_peak"],
        "floor_milliseconds": sum(step["part_of_roof"] * step["milliseconds"] for step in told["steps"]),
        "peak_flop_per_second": told["machine"]["flop_per_second"],
        "peak_bytes_per_second": told["machine"]["bytes_per_second"],
        "target_floor_milliseconds": target["floor_milliseconds"],
        "target_projected_milliseconds": target["projected_milliseconds"],
        "target_projected_photos_per_second": target["projected_photos_per_second"],
    }
    measured = target.get("measured")
    if measured:
        row.update({f"target_measured_{key}": measured[key]
                    for key in ("iterations_per_second", "photos_per_second", "part_of_peak", "by")})
    return row


if __name__ == "__main__":
    main()
