#!/usr/bin/env python3
# Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
"""Is our forest as good as scikit-learn's? Both grow 10 trees under many seeds on the same features.

    bench/compare_forests.py [--features X.npy --test Y.npy] [--seeds 20] [--record]
    bench/compare_forests.py --reproduced build/reproduce/oasis [--seeds 20] [--record]

X is learnt from and Y judged; of what scripts/reproduce left, each fold's photos and those that it holds out, and a seed's
accuracy is the mean of the folds'. Without features, on made ones: 2,000 photos to learn from and 4,000 to judge. Prints
both mean accuracies and standard errors; exit status 1 if the means differ by more than two standard errors of their difference, 77 (SKIPPED) without scikit-learn.
--record writes them to bench/results, as kind "forests".
"""

import argparse
import glob
import json
import math
import os
import statistics
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(ROOT, "bench"))
import record  # noqa: E402

try:
    import numpy
    import sklearn
    from sklearn.ensemble import RandomForestClassifier
except ImportError as absent:
    print(f"SKIPPED: {absent}; scripts/witnesses makes .venv, whose Python has it")
    sys.exit(77)


def main():
    parser = argparse.ArgumentParser(prog="bench/compare_forests.py", description=__doc__.splitlines()[0])
    parser.add_argument("--features", metavar="X.npy")
    parser.add_argument("--test", metavar="Y.npy")
    parser.add_argument("--reproduced", metavar="DIR", help="what scripts/reproduce left of a set in folds")
    parser.add_argument("--seeds", type=int, default=20, help="[20]")
    parser.add_argument("--record", action="store_true", help="also write them to bench/results")
    parser.add_argument("--program", default=os.path.join(ROOT, "build", "release", "bin", "emulsion"))
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        pairs, seeds = list(features(given, folder)), range(1, given.seeds + 1)
        if not pairs or given.seeds < 2:
            sys.exit("bench/compare_forests.py: no folds to compare on, or fewer than two seeds")
        ours = [statistics.mean(emulsion(given.program, *pair, folder, seed) for pair in pairs) for seed in seeds]
        theirs = [statistics.mean(scikit(*pair, seed) for pair in pairs) for seed in seeds]
    errors = [statistics.stdev(values) / math.sqrt(len(values)) for values in (ours, theirs)]
    difference = statistics.mean(ours) - statistics.mean(theirs)
    for name, values, error in zip(("emulsion", "scikit-learn"), (ours, theirs), errors):
        print(f"{name:13} {statistics.mean(values):.4f} +- {error:.4f} over {len(values)} seeds")
    away = abs(difference) / math.hypot(*errors)
    print(f"difference {difference:+.4f}: {away:.2f} standard errors")
    if given.record:
        write_record(given, (ours, theirs), errors, away)
    sys.exit(0 if away <= 2 else 1)


def features(given, folder):
    """Pairs of files to learn from and to judge."""
    if given.reproduced:
        with open(os.path.join(given.reproduced, "settings.json"), encoding="utf-8") as file:
            settings = json.load(file)
        layer = ["--layer", settings["layer"]] + (["--before-relu"] if settings["before_relu"] else [])
        for train in sorted(glob.glob(os.path.join(given.reproduced, "features", "fold-*.npy"))):
            name = os.path.basename(train).removesuffix(".npy")
            if name.endswith(".labels"):
                continue
            test = os.path.join(folder, name + ".npy")
            subprocess.run([given.program, "extract", "--model", os.path.join(given.reproduced, "pretrained.safetensors"),
                            *layer, os.path.join(given.reproduced, "dataset", name, "test.txt"), "--out", test],
                           check=True, stdout=subprocess.DEVNULL)
            yield train, test
    elif given.features:
        yield given.features, given.test
    else:
        random = numpy.random.default_rng(1)
        base = random.standard_normal((16, 100))
        yield made(random, base, 2000, os.path.join(folder, "x")), made(random, base, 4000, os.path.join(folder, "y"))


def write_record(given, accuracies, errors, away):
    version = subprocess.run([given.program, "--version"], check=True, capture_output=True, text=True).stdout.split()[-1]
    result = record.head("forests", record.cpu_name(), "cpu", len(os.sched_getaffinity(0)),
                         {"emulsion": version, "scikit-learn": sklearn.__version__},
                         "bench/compare_forests.py " + " ".join(sys.argv[1:]))
    result["rows"] = [{"contestant": name, "seeds": len(values), "accuracy": statistics.mean(values),
                       "standard_error": error, "standard_errors_apart": away}
                      for name, values, error in zip(("emulsion", "scikit-learn"), accuracies, errors)]
    record.write(record.default_path(result), result)


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


def scikit(train, test, seed):
    def load(path):
        return numpy.load(path), numpy.load(path.removesuffix(".npy") + ".labels.npy")

    forest = RandomForestClassifier(n_estimators=10, random_state=seed).fit(*load(train))
    return forest.score(*load(test))


if __name__ == "__main__":
    main()
