#!/usr/bin/env python3
# Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
"""What the scripts that measure share: where a record goes, whom it may replace, and what follows from the loader's."""

import os
import subprocess
import sys
import tempfile
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(ROOT, "bench"))
import record
import record_loader


def peers(*batches):
    result = record.head("peers", "A CPU", "cpu", 2, {"emulsion": "0"}, "scripts/peers")
    result["rows"] = [{"net": "alexnet", "batch": batch, "milliseconds": 1.0} for batch in batches]
    return result


class Files(unittest.TestCase):
    def test_a_case_has_a_file_of_its_own(self):
        name = os.path.basename(record.default_path(peers(1), "gtx-780-ti", "photo", "training", 50))
        self.assertEqual(name, "peers-gtx-780-ti-photo-training-50-a-cpu.json")
        self.assertEqual(os.path.basename(record.default_path(peers(1))), "peers-a-cpu.json")

    def test_a_record_of_other_cases_is_not_replaced(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "peers.json")
            case = [{"net": "alexnet", "batch": 1}]
            record.require_room(path, case)
            record.write(path, peers(1))
            record.require_room(path, case)
            record.require_room(path, case + [{"net": "photo", "batch": 1}])
            record.write(path, peers(1, 32))
            with self.assertRaisesRegex(record.Broken, "alexnet 32, which this run has not"):
                record.require_room(path, case)

    def test_foreign_json_is_one_line(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "foreign.json")
            for text in ("[1]", "3", '{"context": 1}', '{"context": {}, "benchmarks": 3}'):
                with open(path, "w", encoding="utf-8") as file:
                    file.write(text)
                for command in (["to_record.py", "kernels", path, "--command", "c"], ["record_loader.py", "--raw", path]):
                    said = subprocess.run([sys.executable, os.path.join(ROOT, "bench", command[0]), *command[1:]],
                                          capture_output=True, text=True)
                    self.assertEqual((said.returncode, said.stderr.count("\n")), (1, 1), said.stderr)


class Demand(unittest.TestCase):
    """By hand: a card that reads all parameters in a second, and has the arithmetic of a thousand photos a second."""

    def waits(self, passed, rate, cores):
        card = {"name": "a card", "bytes_per_second": record_loader.PARAMETERS * 4.0}
        peak = 1000 * record_loader.FLOP[passed]
        return record_loader.card_row(card, "fp32", peak, passed, "photos", "exact", rate, cores)

    def test_small_batches_are_bound_by_memory(self):
        self.assertEqual(self.waits("inference", 10, 2)["waits_from_batch"], 21)
        self.assertEqual(self.waits("training", 10, 2)["waits_from_batch"], 101, "SGD alone moves five times as much")

    def test_enough_cores_always_suffice(self):
        row = self.waits("inference", 10, 100)
        self.assertEqual((row["waits"], row["cores_needed"]), ("never", 100))


if __name__ == "__main__":
    unittest.main()
