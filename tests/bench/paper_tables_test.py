# Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
"""bench/paper_tables.py on a confusion matrix counted by hand."""

import os
import sys
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))), "bench"))
import paper_tables  # noqa: E402
import record  # noqa: E402

MEASURE = {"value": 0.75, "low": 0.5, "high": 0.875}
# Truth by row, answer by column: 4 photos were not pleasing, 12 were.
JUDGE = {"name": "SVM", "measures": {"accuracy": MEASURE, "AUC": MEASURE, "F1": MEASURE}, "confusion": [[3, 1], [3, 9]]}


def rows(*judges):
    return paper_tables.rows({"photos": 16, "folds": 2, "judges": list(judges)}, "set", "a net, fc6")


class PaperTables(unittest.TestCase):
    def test_counts_by_hand(self):
        bad, good, both, _ = rows(JUDGE)
        self.assertEqual((bad["precision"], bad["recall"], bad["of_class"]), (3 / 6, 3 / 4, 4))
        self.assertEqual((good["precision"], good["recall"], good["of_class"]), (9 / 10, 9 / 12, 12))
        self.assertAlmostEqual(bad["f1"], 2 * 3 / (2 * 3 + 3 + 1))  # 2 tp / (2 tp + fp + fn)
        self.assertAlmostEqual(good["f1"], 2 * 9 / (2 * 9 + 1 + 3))
        self.assertAlmostEqual(both["recall"], 12 / 16)  # weighted by class, recall is the accuracy
        self.assertEqual((both["paper"], both["of_class"]), (0.76, 16))

    def test_second_table_has_intervals(self):
        second = rows(JUDGE)[-1]
        self.assertEqual((second["table"], second["accuracy"], second["accuracy_low"], second["accuracy_high"]),
                         ("II", 0.75, 0.5, 0.875))
        self.assertEqual(second["paper"], 0.675)

    def test_differences_are_those_of_pairs(self):
        behind = {"value": -0.1, "low": -0.2, "high": -0.05}
        row = rows(JUDGE, {**JUDGE, "name": "forest", "less the first": {"accuracy": behind}})[-1]
        self.assertEqual((row["ahead"], row["ahead_low"], row["ahead_high"]), (-0.1, -0.2, -0.05))
        self.assertIn("| -0.100 (-0.200 to -0.050) |", paper_tables.text(rows(JUDGE) + [row]))

    def test_a_judge_that_never_finds_a_class(self):
        bad, good, both, _ = rows({**JUDGE, "confusion": [[4, 0], [12, 0]]})
        self.assertEqual((good["precision"], good["recall"], good["f1"]), (0, 0, 0))

    def test_a_judge_that_the_paper_lacks(self):
        self.assertIsNone(rows({**JUDGE, "name": "mine"})[-1]["paper"])

    def test_rows_are_a_records(self):
        for number, row in enumerate(rows(JUDGE)):
            record.check_row(row, f"row {number}")

    def test_text_names_every_judge_in_both_tables(self):
        text = paper_tables.text(rows(JUDGE, {**JUDGE, "name": "fine-tuned"}))
        self.assertEqual(text.count("| SVM | "), 4)
        self.assertIn("| fine-tuned | 0.750 (0.500 to 0.875) |  | 0.750 (0.500 to 0.875) | 0.709 |", text)


if __name__ == "__main__":
    unittest.main()
