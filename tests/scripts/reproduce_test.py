# Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
"""scripts/reproduce with a command that only notes what it is asked: which files it reads, and what it does again."""

import importlib.machinery
import importlib.util
import os
import sys
import tempfile
import unittest
from unittest import mock

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.dont_write_bytecode = True
loader = importlib.machinery.SourceFileLoader("reproduce", os.path.join(ROOT, "scripts", "reproduce"))
reproduce = importlib.util.module_from_spec(importlib.util.spec_from_loader("reproduce", loader))
loader.exec_module(reproduce)

RATINGS = 'who,file,stars,owner\nann,a.jpg,3,x\nbob,a.jpg,4,x\nann,"b, ""c"".jpg",1,y\n'


class Reproduce(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = folder.name
        self.write("r.csv", RATINGS)
        self.write("net.caffemodel", "")
        self.asked = []
        self.enterContext(mock.patch.object(reproduce, "emulsion", self.note))
        self.enterContext(mock.patch.dict(os.environ, {"EMULSION_DATA": self.path("nowhere")}))

    def path(self, *names):
        return os.path.join(self.root, *names)

    def write(self, name, text):
        os.makedirs(os.path.dirname(self.path(name)), exist_ok=True)
        with open(self.path(name), "w", encoding="utf-8") as file:
            file.write(text)

    def note(self, *words, keep=None, quiet=False):
        self.asked.append([word.replace(self.root + "/", "") for word in words])

    def chain(self, *options):
        words = ["--ratings", self.path("r.csv"), "--photos", self.root, "--columns", "file,stars", "--out", self.path("out"),
                 "--pretrained", self.path("net.caffemodel"), "--net", "caffenet", "--layer", "fc6", *options]
        with mock.patch.object(sys, "argv", ["reproduce", *words]):
            return reproduce.Chain(reproduce.arguments())

    def commands(self, name):
        return [words for words in self.asked if words[0] == name]

    def test_a_photo_that_several_people_rated_is_one(self):
        photos, owners = reproduce.ratings(self.path("r.csv"), "file", "stars")
        self.assertEqual(photos, [("a.jpg", 3.5, "x"), ('b, "c".jpg', 1.0, "y")])
        self.assertTrue(owners)

    def test_a_rating_that_is_no_number_is_named_by_its_line(self):
        self.write("r.csv", "file,stars\na.jpg,3\nb.jpg,many\n")
        with self.assertRaisesRegex(ValueError, 'line 3: "many"'):
            reproduce.ratings(self.path("r.csv"), "file", "stars")

    def test_nobody_learns_from_what_it_is_tested_on(self):
        chain = self.chain()
        with mock.patch("builtins.print"):
            for split in chain.splits:
                chain.extract(split)
                for name in chain.judges:
                    chain.judge(name, split)
        for words in self.commands("extract") + self.commands("train"):
            fold = os.path.basename(words[words.index("--out") + 1]).removesuffix(".npy")
            self.assertIn(f"out/dataset/{fold}/train.txt", words)
        for words in self.commands("train"):
            self.assertNotIn("--val", words, "held-out photos must not end the training")
        tested = [words[words.index("--data") + 1] for words in self.commands("test")]
        self.assertEqual(sorted(set(tested)), [f"out/dataset/fold-{fold}/test.txt" for fold in range(1, 6)])
        self.assertEqual(len(tested), 15)

    def test_photos_of_an_owner_stay_together(self):
        self.chain()
        self.assertIn("both", self.commands("dataset")[0])

    def test_other_settings_are_refused_once_there_are_features(self):
        self.chain()
        self.chain("--before-relu")  # nothing has come of the former ones yet
        os.makedirs(self.path("out", "features"))
        self.chain("--before-relu")
        for others in ([], ["--before-relu", "--columns", "file,who"], ["--before-relu", "--percent", "10"]):
            with self.assertRaisesRegex(ValueError, "of other settings"):
                self.chain(*others)


if __name__ == "__main__":
    unittest.main()
