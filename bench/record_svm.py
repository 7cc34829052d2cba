#!/usr/bin/env python3
# Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
"""Support vector machines: our solver against LIBSVM and scikit-learn, on the same features, in turns.

    bench/record_svm.py [--sizes 4096] [--columns 4096] [--rounds 3] [--folds 3]
                       [--gamma 1e-6] [--C 10] [--grid] [--out FILE]

Each contestant trains one RBF machine on n made photos (features of a known rank and noise; classes overlap) in cross-validation
with a single grid point: a fit for each fold on the others, and then one on all, as `emulsion baseline svm` does by either
solver and scikit-learn by cross_val_score and fit. With --grid, `emulsion baseline svm` also runs the author's whole grid
of 39 fits by itself. Times are of whole processes, reading included. Verified: accuracies over the folds must agree within a point.
Kind "svm" of bench/results (README.md there). Needs .venv (scripts/witnesses) for NumPy and scikit-learn.
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

COMMAND = "bench/record_svm.py"
PYTHON = os.path.join(record.ROOT, ".venv", "bin", "python3")

MAKE = """
import sys, numpy
n, d, path = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
random = numpy.random.default_rng(1)
base = random.standard_normal((24, d), dtype=numpy.float32)
classes = (numpy.arange(n) % 2).astype(numpy.int32)
place = 3 * random.standard_normal((n, 24), dtype=numpy.float32)
place[:, :6] += classes[:, None] * 2 - 1
features = 0.6 * place @ base + 2 * random.standard_normal((n, d), dtype=numpy.float32) - 6
numpy.save(path + ".npy", features.astype(numpy.float32))
numpy.save(path + ".labels.npy", classes)
"""

SKLEARN = """
import json, sys, numpy, sklearn
from sklearn.model_selection import StratifiedKFold, cross_val_score
from sklearn.svm import SVC
path, gamma, c, threads, cache = sys.argv[1], float(sys.argv[2]), float(sys.argv[3]), int(sys.argv[4]), float(sys.argv[5])
folds = int(sys.argv[6])
x, y = numpy.load(path + ".npy"), numpy.load(path + ".labels.npy")
machine = SVC(C=c, kernel="rbf", gamma=gamma, cache_size=cache / threads)
accuracy = cross_val_score(machine, x, y, cv=StratifiedKFold(folds, shuffle=True, random_state=1), n_jobs=threads).mean()
machine.set_params(cache_size=cache).fit(x, y)
print(json.dumps({"accuracy": accuracy, "version": sklearn.__version__}))
"""


def main():
    parser = argparse.ArgumentParser(prog=COMMAND, description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=[4096], metavar="N", help="photos [4096]")
    parser.add_argument("--columns", type=int, default=4096, help="features of a photo [4096]")
    parser.add_argument("--rounds", type=int, default=3, help="turns of all contestants [3]")
    parser.add_argument("--folds", type=int, default=3, help="parts of cross-validation [3]")
    parser.add_argument("--gamma", default="1e-6", help="[1e-6]")
    parser.add_argument("--C", default="10", help="[10]")
    parser.add_argument("--cache", type=int, default=2048, help="MiB for each contestant [2048]")
    parser.add_argument("--contestants", nargs="+", default=["emulsion", "libsvm", "scikit-learn"],
                        choices=["emulsion", "libsvm", "scikit-learn"])
    parser.add_argument("--grid", action="store_true", help="also time the author's grid of 39 fits, by Emulsion")
    parser.add_argument("--out", metavar="FILE", help="where to write [bench/results/svm-DEVICE.json]")
    parser.add_argument("--program", default=os.path.join(record.ROOT, "build", "release", "bin", "emulsion"))
    given = parser.parse_args()
    try:
        versions = {"emulsion": output([given.program, "--version"]).split()[-1],
                    "scikit-learn": output([PYTHON, "-c", "import sklearn; print(sklearn.__version__)"]).strip()}
        result = record.head("svm", record.cpu_name(), "cpu", len(os.sched_getaffinity(0)), versions,
                             f"{COMMAND} {' '.join(sys.argv[1:])}".strip())
        path = given.out or record.default_path(result)
        for size in given.sizes:
            with tempfile.TemporaryDirectory() as folder:
                result["rows"] += measure(given, size, folder)
            record.write(path, result)
    except (OSError, ValueError, KeyError, subprocess.CalledProcessError, record.Broken) as error:
        sys.exit(f"{COMMAND}: {' '.join(str(error).split()) or type(error).__name__}")
    print(f"{os.path.relpath(path)}: {len(result['rows'])} rows")


def measure(given, size, folder):
    features = os.path.join(folder, "x")
    output([PYTHON, "-c", MAKE, str(size), str(given.columns), features])
    times = {name: [] for name in given.contestants}
    accuracy = {}
    for number in range(given.rounds):
        for name in given.contestants:
            seconds, accuracy[name] = fit(given, name, features, folder)
            times[name].append(seconds)
            print(f"{size} photos, round {number + 1}, {name}: {seconds:.2f} s, accuracy {accuracy[name]:.4f}",
                  file=sys.stderr, flush=True)
    first = given.contestants[0]
    spread = max(accuracy.values()) - min(accuracy.values())
    if spread > 0.01:
        raise record.Broken(f"accuracies differ by {spread:.4f}: no time counts")
    common = {"photos": size, "columns": given.columns, "kernel": "rbf", "gamma": float(given.gamma),
              "c": float(given.C), "fits": given.folds + 1}
    rows = []
    for name in given.contestants:
        ratios = [theirs / ours for theirs, ours in zip(times[name], times[first])]
        rows.append({**common, "contestant": name, "seconds": statistics.median(times[name]),
                     "seconds_low": min(times[name]), "seconds_high": max(times[name]), "rounds": given.rounds,
                     "ratio": statistics.median(times[name]) / statistics.median(times[first]),
                     "ratio_low": min(ratios), "ratio_high": max(ratios), "accuracy": accuracy[name]})
    if given.grid:
        seconds, best = emulsion(given, ["--solver", "own"], features, folder)
        rows.append({"photos": size, "columns": given.columns, "kernel": "the author's grid", "gamma": None, "c": None,
                     "fits": 13 * given.folds + 1, "contestant": "emulsion", "seconds": seconds, "rounds": 1, "accuracy": best})
        print(f"{size} photos, the author's grid: {seconds:.2f} s", file=sys.stderr, flush=True)
    return rows


def fit(given, name, features, folder):
    if name == "scikit-learn":
        start = time.monotonic()
        said = output([PYTHON, "-c", SKLEARN, features, given.gamma, given.C, str(len(os.sched_getaffinity(0))),
                       str(given.cache), str(given.folds)])
        return time.monotonic() - start, json.loads(said)["accuracy"]
    solver = "own" if name == "emulsion" else "libsvm"
    point = ["--kernel", "rbf", "--gamma", given.gamma, "--C", given.C, "--solver", solver]
    return emulsion(given, point, features, folder)


def emulsion(given, options, features, folder):
    start = time.monotonic()
    said = output([given.program, "baseline", "svm", features + ".npy", *options, "--folds", str(given.folds), "--cache",
                   str(given.cache), "--out", os.path.join(folder, "model.safetensors"), "--json"])
    return time.monotonic() - start, json.loads(said)["best"]["accuracy"]


def output(command):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


if __name__ == "__main__":
    main()
