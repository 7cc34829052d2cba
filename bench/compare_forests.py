#!/usr/bin/env python3
# Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
"""Is our forest as good as scikit-learn's? Both grow 10 trees under many seeds on the same features.

    bench/compare_forests.py [--features X.npy --test Y.npy] [--seeds 20]

Without features, on made ones: 2,000 photos to learn from and 4,000 to judge. Prints both mean accuracies and
standard errors; exit status 1 if the means differ by more than two standard errors of their difference, 77 (SKIPPED) without
scikit-learn.
"""

import argparse
import json
import math
import os
import statistics
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

try:
    import numpy
    from sklearn.ensemble import RandomForestClassifier
except ImportError as absent:
    print(f"SKIPPED: {absent}; scripts/witnesses makes .venv, whose Python has it")
    sys.exit(77)


def main():
    parser = argparse.ArgumentParser(prog="bench/compare_forests.py", description=__doc__.splitlines()[0])
    parser.add_argument("--features", metavar="X.npy")
    parser.add_argument("--test", metavar="Y.npy")
    parser.add_argument("--seeds", type=int, default=20, help="[20]")
    parser.add_argument("--program", default=os.path.join(ROOT, "build", "release", "bin", "emulsion"))
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        train, test = given.features, given.test
        if train is None:
            random = numpy.random.default_rng(1)
            base = random.standard_normal((16, 100))
            train = made(random, base, 2000, os.path.join(folder, "x"))
            test = made(random, base, 4000, os.path.join(folder, "y"))
        ours = [emulsion(given.program, train, test, folder, seed) for seed in range(1, given.seeds + 1)]
        theirs = [sklearn(train, test, seed) for seed in range(1, given.seeds + 1)]
    errors = [statistics.stdev(values) / math.sqrt(len(values)) for values in (ours, theirs)]
    difference = statistics.mean(ours) - statistics.mean(theirs)
    for name, values, error in zip(("emulsion", "scikit-learn"), (ours, theirs), errors):
        print(f"{name:13} {statistics.mean(values):.4f} +- {error:.4f} over {len(values)} seeds")
    away = abs(difference) / math.hypot(*errors)
    print(f"difference {difference:+.4f}: {away:.2f} standard errors")
    sys.exit(0 if away <= 2 else 1)


def made(random, base, count, path):
    classes = (numpy.arange(count) % 2).astype(numpy.int32)
    place = random.standard_normal((count, len(base)))
    place[:, :5] += 0.5 * (classes[:, None] * 2 - 1)
    features = place @ base + random.standard_normal((count, base.shape[1]))
    numpy.save(path + ".npy", features.astype(numpy.float32))
    numpy.save(path + ".labels.npy", classes)
    return path + ".npy"


def emulsion(program, train, test, folder, seed):
    said = subprocess.run([program, "baseline", "forest", train, "--test", test, "--seed", str(seed), "--json", "--out",
                           os.path.join(folder, "forest.safetensors")], check=True, stdout=subprocess.PIPE).stdout
    return json.loads(said)["test"]["accuracy"]


def sklearn(train, test, seed):
    def load(path):
        return numpy.load(path), numpy.load(path.removesuffix(".npy") + ".labels.npy")

    forest = RandomForestClassifier(n_estimators=10, random_state=seed).fit(*load(train))
    return forest.score(*load(test))


if __name__ == "__main__":
    main()
