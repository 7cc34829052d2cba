# Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
"""Records of measurements: the schema of bench/results/README.md as code. Standard library only."""

import datetime
import json
import math
import os
import platform
import re
import subprocess
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
HEAD = {
    "schema": int, "kind": str, "device": str, "device_kind": str, "threads": int, "versions": dict,
    "date": str, "commit": str, "command": str, "note": str, "rows": list,
}
OPTIONAL = {"note"}
NVIDIAS = ("cuDNN", "cuBLAS")
KEY = re.compile(r"[a-z][a-z0-9_]*")


class Broken(Exception):
    """A record that is not as the schema has it; the message is one line."""


def head(kind, device, device_kind, threads, versions, command):
    """A record of today and of this commit, with no rows yet."""
    return {
        "schema": 1, "kind": kind, "device": device, "device_kind": device_kind, "threads": threads,
        "versions": versions, "date": now(), "commit": commit(), "command": command, "rows": [],
    }


def write(path, record):
    """Checks the record, then writes it beside its name and renames: never half a file."""
    check(record)
    folder = os.path.dirname(os.path.abspath(path))
    os.makedirs(folder, exist_ok=True)
    handle, beside = tempfile.mkstemp(dir=folder, prefix=".record-")
    try:
        with os.fdopen(handle, "w") as file:
            json.dump(record, file, indent=1, allow_nan=False)
            file.write("\n")
        os.chmod(beside, 0o644)
        os.replace(beside, path)
    except BaseException:
        os.unlink(beside)
        raise


def read(path):
    """The record in a file, checked; None for one of scripts/gpu-check. Raises Broken."""
    def refuse(word):
        raise Broken(f"has {word}, which is no number")

    try:
        with open(path, encoding="utf-8") as file:
            record = json.load(file, parse_constant=refuse)
    except (OSError, ValueError, RecursionError) as error:
        raise Broken(f"cannot be read: {' '.join(str(error).split())}") from None
    if isinstance(record, dict) and "groups" in record and "kind" not in record:
        return None
    check(record)
    return record


def check(record):
    """Raises Broken unless the record follows the schema."""
    if not isinstance(record, dict):
        raise Broken("is no JSON object")
    for key, kind in HEAD.items():
        if key not in record and key not in OPTIONAL:
            raise Broken(f'has no "{key}"')
        if key in record and (not isinstance(record[key], kind) or isinstance(record[key], bool)):
            raise Broken(f'"{key}" is not of its type, {kind.__name__}')
    for key in record:
        if key not in HEAD:
            raise Broken(f'has a key that the schema does not know: "{key}"')
    if record["schema"] != 1:
        raise Broken(f"follows schema {record['schema']}, not 1")
    if record["device_kind"] not in ("cpu", "cuda", "emulated"):
        raise Broken(f'"device_kind" is {record["device_kind"]!r}; it is cpu, cuda or emulated')
    try:
        datetime.datetime.strptime(record["date"], "%Y-%m-%dT%H:%M:%SZ")
    except ValueError:
        raise Broken(f'"date" is {record["date"]!r}, not like 2026-11-26T04:05:06Z') from None
    if not all(isinstance(version, str) for version in record["versions"].values()):
        raise Broken('a version in "versions" is no text')
    if not record["rows"]:
        raise Broken("has no rows")
    for number, row in enumerate(record["rows"], 1):
        check_row(row, f"row {number}")


def check_row(row, where):
    if not isinstance(row, dict):
        raise Broken(f"{where} is no object")
    for key, value in row.items():
        if not KEY.fullmatch(key):
            raise Broken(f"{where} has the key {key!r}; keys are snake_case")
        if key in HEAD:
            raise Broken(f'{where} has the head\'s key "{key}"')
        if isinstance(value, float) and not math.isfinite(value):
            raise Broken(f'{where}: "{key}" is {value}')
        if value is not None and not isinstance(value, (str, int, float)):
            raise Broken(f'{where}: "{key}" is not flat')


def default_path(record, *cases):
    """bench/results/KIND-DEVICE.json, or KIND-CASES-DEVICE.json; all in lower case with hyphens."""
    words = "-".join([record["kind"], *map(str, cases), record["device"]])
    return os.path.join(ROOT, "bench", "results", re.sub(r"[^a-z0-9]+", "-", words.lower()).strip("-") + ".json")


def require_room(path, cases):
    """Raises Broken if a record of other cases is at `path`, which a new one of `cases` would put out of the world. A
    case is a dict; a row is of it if it has the same values."""
    if not os.path.exists(path):
        return
    for row in (read(path) or {"rows": []})["rows"]:
        if not any(all(row.get(key) == value for key, value in case.items()) for case in cases):
            keys = list(cases[0]) if cases else []
            raise Broken(f"{path} has {' '.join(str(row.get(key)) for key in keys)}, which this run has not: "
                         "give another file with --out")


def now():
    return datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def commit():
    """The commit measured, "-dirty" if its files were changed. Records, and pages with figures from them, do not
    count: who writes two records in a row has not measured another program."""
    def git(*words):
        return subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True).stdout.strip()

    changed = git("status", "--porcelain", "--untracked-files=no", "--", ".", ":!bench/results", ":!docs", ":!README.md")
    return (git("describe", "--always") or "unknown") + ("-dirty" if changed else "")


def versions(program):
    """Of Emulsion and of the libraries that compute for it on the CPU."""
    said = subprocess.run([program, "--version"], check=True, capture_output=True, text=True).stdout
    told = json.loads(subprocess.run([program, "devices", "--json"], check=True, capture_output=True, text=True).stdout)
    return {"emulsion": said.split()[-1], **{one["name"]: one["version"] for one in told["components"]
                                             if one["present"] and one["name"] not in NVIDIAS}}


def cpu_name():
    """This machine's processor, as it names itself."""
    try:
        with open("/proc/cpuinfo") as file:
            for line in file:
                if line.startswith("model name"):
                    return line.split(":", 1)[1].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()
