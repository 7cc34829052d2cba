# Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
"""bench/peers with planted contestants: which get a time, and what is said of those that do not."""

import argparse
import json
import math
import os
import random
import sys
import tempfile
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path[:0] = [os.path.join(ROOT, "bench", "peers"), os.path.join(ROOT, "tests", "witness")]
sys.dont_write_bytecode = True
try:
    import numpy as np
except ImportError as error:
    print(error)
    sys.exit(77)
import compare
import record
import safetensors_file
import verify
from process import Failed, Process

WEIGHTS = {"fc.weight": np.linspace(-1, 1, 12, dtype=np.float32).reshape(3, 4), "fc.bias": np.ones(3, np.float32)}
PREPARED = {
    "height": 5, "width": 6, "crop_height": 3, "crop_width": 4, "bgr": True, "mean": [1.0, 2.0, 3.0],
    "scale": [0.5, 1.0, 2.0], "mean_image": False,
}
# What a contestant does: it copies the answer that was planted for it, is ready, and takes its turns.
SCRIPT = """
import shutil, sys
planted, answer, turns, ms = sys.argv[1:]
shutil.copy(planted, answer)
print("ready", '{"fake": "1"}', flush=True)
for i, line in enumerate(sys.stdin):
    if i == int(turns):
        sys.exit("no more of it")
    print(*[ms] * int(line), flush=True)
"""
ENDLESS = 1000
FLOOR = {"flop": 3e6, "floor_milliseconds": 1.5, "peak_flop_per_second": 4e9, "peak_bytes_per_second": 1e9}


def probabilities(logits):
    return {"output": (np.exp(logits) / np.exp(logits).sum(1, keepdims=True)).astype(np.float32)}


def updated(by):
    return {"loss": np.float32([1.1]), **{name: w - by * (1 + np.abs(w)) for name, w in WEIGHTS.items()}}


class Verification(unittest.TestCase):
    logits = np.arange(12.0).reshape(4, 3) % 5

    def test_the_same_is_no_way_off(self):
        answer = probabilities(self.logits)
        self.assertEqual(verify.inference_deviation(answer, answer, 4), 0)
        self.assertEqual(verify.training_deviation(updated(0.1), updated(0.1), WEIGHTS), 0)

    def test_a_wrong_logit_is_seen_in_full(self):
        wrong = self.logits.copy()
        wrong[1, 2] += 0.3
        found = verify.inference_deviation(probabilities(wrong), probabilities(self.logits), 4)
        self.assertAlmostEqual(found, 0.3 * 2 / 3 / np.abs(self.logits - self.logits.mean(1, keepdims=True)).max(), 5)

    def test_photos_in_another_order_are_seen(self):
        found = verify.inference_deviation(probabilities(self.logits[::-1]), probabilities(self.logits), 4)
        self.assertGreater(found, 0.1)

    def test_a_wrong_update_is_seen_in_full(self):
        for name in ("fc.weight", "fc.bias"):
            wrong = updated(0.1)
            wrong[name] = WEIGHTS[name] + 1.25 * (wrong[name] - WEIGHTS[name])
            self.assertAlmostEqual(verify.training_deviation(wrong, updated(0.1), WEIGHTS), 0.25, 5)

    def test_a_wrong_loss_is_seen(self):
        wrong = {**updated(0.1), "loss": np.float32([1.21])}
        self.assertAlmostEqual(verify.training_deviation(wrong, updated(0.1), WEIGHTS), 0.1, 5)

    def test_no_update_at_all_is_seen(self):
        self.assertAlmostEqual(verify.training_deviation(updated(0), updated(0.1), WEIGHTS), 1, 5)

    def test_nan_and_other_shapes_are_infinitely_far(self):
        nan = probabilities(self.logits)
        nan["output"][2, 1] = math.nan
        self.assertEqual(verify.inference_deviation(nan, probabilities(self.logits), 4), math.inf)
        self.assertEqual(verify.inference_deviation(probabilities(self.logits[:, :2]), nan, 4), math.inf)
        for name in ("loss", "fc.bias"):
            nan = updated(0.1)
            nan[name] = nan[name] * math.nan
            self.assertEqual(verify.training_deviation(nan, updated(0.1), WEIGHTS), math.inf)
        few = updated(0.1)
        del few["fc.bias"]
        self.assertEqual(verify.training_deviation(few, updated(0.1), WEIGHTS), math.inf)

    def test_the_tolerance_follows_the_longest_sum(self):
        self.assertAlmostEqual(verify.tolerance(WEIGHTS, "fp32", False), 4 * 2 * 2.0**-24)
        self.assertAlmostEqual(verify.tolerance(WEIGHTS, "bf16", False), 4 * (2 * 2.0**-24 + 2.0**-8))
        self.assertAlmostEqual(verify.tolerance(WEIGHTS, "fp32", True) ** 2, 4 * 4 * 2 * 2.0**-24)


class Inputs(unittest.TestCase):
    def test_others_get_what_emulsion_prepares(self):
        inputs = compare.make_inputs(PREPARED, 8, 1)
        for n, c, y, x in ((0, 0, 0, 0), (7, 2, 2, 3), (3, 1, 1, 2)):
            pixel = float(inputs["photos"][n, y + 1, x + 1, 2 - c])
            self.assertEqual(inputs["data"][n, c, y, x], (pixel - PREPARED["mean"][c]) * PREPARED["scale"][c])
        self.assertEqual(inputs["data"].shape, (8, 3, 3, 4))
        self.assertEqual(list(inputs["labels"]), [0, 0, 0, 1, 0, 0, 0, 1])

    def test_a_mean_image_is_refused(self):
        with self.assertRaises(Failed):
            compare.make_inputs({**PREPARED, "mean_image": True}, 1, 1)


class Planted(compare.Contest):
    """A contest whose contestants are SCRIPTs: {who: (answer, turns it lives, milliseconds)}."""

    def command(self, who, answer):
        if who not in self.options.plan:
            return ["/nowhere/program"]
        planted, turns, ms = self.options.plan[who]
        path = os.path.join(self.folder, "planted.safetensors")
        safetensors_file.write(path, {key: np.asarray(value, np.float32) for key, value in planted.items()})
        return [sys.executable, "-c", SCRIPT, path, answer, str(turns), str(ms)]


class Turns(unittest.TestCase):
    right, batch = probabilities(Verification.logits), 4

    def hold(self, plan, rounds=3, training=False):
        """The rows of a contest, by contestant and variant, and the record that was written."""
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        model = os.path.join(folder.name, "model.safetensors")
        safetensors_file.write(model, WEIGHTS)
        read, metadata = safetensors_file.read, {"emulsion.net": json.dumps({"preprocessing": PREPARED})}
        self.addCleanup(setattr, safetensors_file, "read", read)
        safetensors_file.read = lambda path: (metadata, read(path)[1])
        options = argparse.Namespace(plan=plan, device="cpu", threads=1, seed=1, turn=0.01, rounds=rounds)
        contest = Planted(options, model, folder.name, "tiny", training, self.batch, "fp32")
        head = record.head("peers", "A CPU", "cpu", 1, {}, "scripts/peers")
        told, compare.floor = compare.floor, lambda contest: FLOOR
        self.addCleanup(setattr, compare, "floor", told)
        said, compare.say = compare.say, lambda text: None
        self.addCleanup(setattr, compare, "say", said)
        compare.PAUSE_SECONDS = 0
        path = os.path.join(folder.name, "out.json")
        compare.run(contest, options, random.Random(1), head, path)
        for process in contest.processes.values():
            self.assertIsNotNone(process.child.returncode)
        written = record.read(path)
        return {(row["contestant"], row["variant"]): row for row in written["rows"]}, written

    def test_who_agrees_is_timed_and_who_does_not_is_not(self):
        wrong = probabilities(Verification.logits + np.eye(4, 3) * 1e-3)
        nan = {"output": self.right["output"] * math.nan}
        rows, written = self.hold({
            ("emulsion", ""): (self.right, ENDLESS, 2), ("onnxruntime", ""): (self.right, ENDLESS, 5),
            ("opencv", ""): (wrong, ENDLESS, 1), ("pytorch", "eager"): (nan, ENDLESS, 1),
            ("pytorch", "channels_last"): (self.right, 2, 4), ("pytorch", "compiled"): (self.right, ENDLESS, "nan"),
        })
        self.assertEqual(written["versions"], {"fake": "1"})
        timed = rows["onnxruntime", ""]
        self.assertEqual((timed["milliseconds"], timed["ratio"], timed["ratio_high"], timed["rounds"]), (5, 2.5, 2.5, 3))
        ours = rows["emulsion", ""]
        self.assertEqual((ours["ratio"], ours["part_of_floor"], ours["part_of_peak"]), (1, 0.75, 0.375))
        for who, word in (
            (("opencv", ""), "from Emulsion's"), (("pytorch", "eager"), "inf from Emulsion's"),
            (("pytorch", "channels_last"), "no more of it"), (("pytorch", "compiled"), "'nan'"),
        ):
            self.assertIn(word, rows[who]["failed"])
            self.assertNotIn("milliseconds", rows[who])

    def test_without_emulsion_nobody_is_timed(self):
        rows, _ = self.hold({("onnxruntime", ""): (self.right, ENDLESS, 5)}, 1)
        self.assertIn("/nowhere/program does not start", rows["emulsion", ""]["failed"])
        self.assertIn("nothing to verify", rows["onnxruntime", ""]["failed"])

    def test_training_compares_updates(self):
        rows, _ = self.hold({
            ("emulsion", ""): (updated(0.1), ENDLESS, 2), ("pytorch", "eager"): (updated(0.10001), ENDLESS, 3),
            ("pytorch", "compiled"): (updated(0.101), ENDLESS, 3),
        }, 1, True)
        self.assertEqual(rows["pytorch", "eager"]["ratio"], 1.5)
        self.assertIn("from Emulsion's", rows["pytorch", "compiled"]["failed"])


class Protocol(unittest.TestCase):
    def process(self, script):
        process = Process([sys.executable, "-c", script])
        self.addCleanup(process.close)
        return process

    def test_silence_is_no_answer(self):
        with self.assertRaisesRegex(Failed, "no answer within"):
            self.process("import time; time.sleep(60)").ready(0.2)

    def test_an_end_without_a_word(self):
        with self.assertRaisesRegex(Failed, "ended with code 3"):
            self.process("import sys; sys.exit(3)").ready(60)

    def test_the_last_line_of_an_error_is_its_reason(self):
        with self.assertRaisesRegex(Failed, "^ZeroDivisionError"):
            self.process("1 / 0").ready(60)

    def test_too_few_times_are_refused(self):
        process = self.process("print('ready {}', flush=True); input(); print('1.0', flush=True); input()")
        self.assertEqual(process.ready(60), {})
        with self.assertRaisesRegex(Failed, "should tell 2 times"):
            process.run(2, 60)


unittest.main()
