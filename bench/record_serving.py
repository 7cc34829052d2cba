#!/usr/bin/env python3
# Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
"""Loads `emulsion serve` with real photos and writes a record into bench/results (README.md there), kind "serving".

    bench/record_serving.py [--photos FOLDER] [--requests 20000]

The server and `emulsion score` judge the same photos with the same threads, in turns; the client runs beside the server
on the same processors, and its time counts against the server. Then requests come by chance, at half of that rate, and
each one's time is taken. Last, so many requests that memory would show what is not given back. For the model that is
built in and for the paper's net, with weights that have learnt nothing: time does not depend on them.
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
import serving_client  # noqa: E402

COMMAND = "bench/record_serving.py"
CONNECTIONS = 32
BUILT_IN = os.path.join(record.ROOT, "apps", "serve", "built_in", "model.safetensors")


def main():
    parser = argparse.ArgumentParser(prog=COMMAND, description=__doc__.splitlines()[0])
    parser.add_argument("--photos", default=default_photos(), help="[those of EMULSION_DATA, or the demo's]")
    parser.add_argument("--requests", type=int, default=20_000, help="while memory is watched [20000]")
    parser.add_argument("--rounds", type=int, default=5, help="[5]")
    parser.add_argument("--passes", type=int, default=5, help="over the photos, in a round [5]")
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)), help="[all]")
    parser.add_argument("--program", default=os.path.join(record.ROOT, "build", "release", "bin", "emulsion"))
    given = parser.parse_args()
    try:
        paths = jpegs(given.photos)
        result = record.head("serving", record.cpu_name(), "cpu", given.threads, version(given.program),
                             f"{COMMAND} {' '.join(sys.argv[1:])}".strip())
        result["note"] = (f"{len(paths)} photos; client and server on the same processors; ratios of rounds in turns; "
                          "latency from when a request was due, arrivals by chance at half the rate of saturation")
        with tempfile.TemporaryDirectory() as folder:
            result["rows"] = [measure(given, "photo-mini", BUILT_IN, paths, given.requests),
                              measure(given, "photo", fresh_model(given.program, folder), paths, given.requests)]
        path = record.default_path(result)
        record.write(path, result)
    except (OSError, ValueError, KeyError, subprocess.SubprocessError, serving_client.Broken, record.Broken) as error:
        sys.exit(f"{COMMAND}: {' '.join(str(error).split()) or type(error).__name__}")
    print(f"{os.path.relpath(path)}: {len(result['rows'])} rows")


def default_photos():
    data = os.environ.get("EMULSION_DATA")
    return os.path.join(data, "oasis", "photos") if data else os.path.join(record.ROOT, "build", "demo", "photos")


def jpegs(folder):
    paths = sorted(os.path.join(where, name) for where, _, names in os.walk(folder) for name in names
                   if name.lower().endswith((".jpg", ".jpeg")))
    if not paths:
        raise OSError(f"{folder}: no JPEG files in it")
    return paths


def version(program):
    said = subprocess.run([program, "--version"], check=True, capture_output=True, text=True).stdout
    return {"emulsion": said.split()[-1]}


def fresh_model(program, folder):
    path = os.path.join(folder, "photo.safetensors")
    subprocess.run([program, "init", "--net", "photo", "--out", path], check=True, stdout=subprocess.DEVNULL)
    return path


def measure(given, net, model, paths, requests):
    photos = [read(path) for path in paths]
    scored, served = [], []
    with serving_client.Server(given.program, model, given.threads) as server:
        serving_client.saturate(server, photos, len(photos), CONNECTIONS)  # warm
        for _ in range(given.rounds):
            rate, expected = score(given, model, paths)
            scored.append(rate)
            seconds, scores = serving_client.saturate(server, photos, given.passes * len(photos), CONNECTIONS)
            served.append(given.passes * len(photos) / seconds)
            if scores != expected:
                raise serving_client.Broken("the server's scores are not those of emulsion score")
        saturation = statistics.median(served)
        latencies = sorted(serving_client.trickle(server, photos, saturation / 2, given.passes * len(photos), 64))
    ratios = [a / b for a, b in zip(served, scored)]
    row = {"net": net, "photos": len(photos), "connections": CONNECTIONS, "rounds": given.rounds,
           "photos_per_second": saturation, "score_photos_per_second": statistics.median(scored),
           "ratio": statistics.median(ratios), "ratio_low": min(ratios), "ratio_high": max(ratios),
           "half_photos_per_second": saturation / 2,
           "latency_milliseconds_50": 1e3 * quantile(latencies, 0.50),
           "latency_milliseconds_99": 1e3 * quantile(latencies, 0.99)}
    print(net, json.dumps(row), flush=True)
    return row | memory(given, model, photos, requests)


def memory(given, model, photos, requests):
    """Resident bytes of a server of its own after each tenth of the requests: after the first, at the most, at the end."""
    held = []
    with serving_client.Server(given.program, model, given.threads) as server:
        for _ in range(10):
            serving_client.saturate(server, photos, requests // 10, CONNECTIONS)
            held.append(server.resident_bytes())
    print("memory, MiB:", *[size >> 20 for size in held], flush=True)
    return {"requests": requests // 10 * 10, "resident_bytes_tenth": held[0], "resident_bytes_most": max(held),
            "resident_bytes_end": held[-1]}


def score(given, model, paths):
    """Photos a second of `emulsion score`, less what it takes to start and judge one; and the scores."""
    def run(which):
        begin = time.perf_counter()
        said = subprocess.run([given.program, "score", "--model", model, "--threads", str(given.threads), "--tune", "off",
                               "--json", *which], check=True, stdout=subprocess.PIPE).stdout
        return time.perf_counter() - begin, {photo["path"]: photo["score"] for photo in json.loads(said)["photos"]}

    with tempfile.TemporaryDirectory() as folder:  # it judges a photo once, however often it is named
        names = [os.path.join(folder, f"{number}.jpg") for number in range(given.passes * len(paths))]
        for number, name in enumerate(names):
            os.symlink(os.path.abspath(paths[number % len(paths)]), name)
        start, _ = run(names[:1])
        seconds, scores = run(names)
        return (len(names) - 1) / (seconds - start), {i: scores[name] for i, name in enumerate(names[:len(paths)])}


def read(path):
    with open(path, "rb") as file:
        return file.read()


def quantile(ordered, part):
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))]


if __name__ == "__main__":
    main()
