# Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
"""Whether two contestants gave the same answer: only then may their times stand in one table.

The tolerance. A sum of K products in floats of unit roundoff u errs by about sqrt(K) u of its size; inputs
rounded to v before they are multiplied (bf16: 2^-9, TF32: 2^-11) add 2 v. Errors of L layers add up by their
squares, and four times that root is allowed: e = 4 sqrt(L) (sqrt(K) u + 2 v), where L counts the layers that
compute sums and K is the longest of them.

In training a ReLU or a maximum whose candidates are nearer than that may take the other side, and then moves
a whole term of the gradient. About a share e of them is so near; a share e of a gradient's terms makes sqrt(e)
of its norm. Either contestant may, in either of the two updates: 2 sqrt(e) is allowed.
"""

import math

import numpy as np

ROUNDED = {"fp32": 0.0, "tf32": 2.0**-11, "3xtf32": 0.0, "bf16": 2.0**-9}


def tolerance(weights, precision, train):
    """Of a net with these weights (NumPy arrays by name)."""
    summing = [w for w in weights.values() if w.ndim > 1]
    longest = max(w[0].size for w in summing)
    forward = 4 * math.sqrt(len(summing)) * (math.sqrt(longest) * 2.0**-24 + 2 * ROUNDED[precision])
    return 2 * math.sqrt(forward) if train else forward


def inference_deviation(answer, reference, batch):
    """The largest difference of any logit, relative to the largest: probabilities give logits but for a constant a
    photo, and unlike probabilities of a fresh net they tell one photo and one class from another."""
    logits = [np.log(a["output"].astype(np.float64)).reshape(batch, -1) for a in (answer, reference)]
    ours, theirs = (x - x.mean(1, keepdims=True) for x in logits)
    if ours.shape != theirs.shape:
        return math.inf
    return finite(np.abs(ours - theirs).max() / np.abs(theirs).max())


def training_deviation(answer, reference, start):
    """The larger of: the loss's relative difference; any parameter's difference in its change since `start`, as a
    norm relative to the change's norm."""
    if set(answer) != set(reference):
        return math.inf
    worst = finite(abs(float(answer["loss"][0]) / float(reference["loss"][0]) - 1))
    for name, before in start.items():
        ours, theirs = (a[name].astype(np.float64).ravel() for a in (answer, reference))
        if ours.shape != theirs.shape:
            return math.inf
        change = np.linalg.norm(theirs - before.ravel())
        worst = max(worst, finite(np.linalg.norm(ours - theirs) / change))
    return worst


def finite(value):
    """NaN is as far away as anything."""
    return float(value) if math.isfinite(value) else math.inf
