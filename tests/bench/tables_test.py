# Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
"""bench/tables on planted pages and records: what it writes, and what it refuses."""

import contextlib
import copy
import importlib.machinery
import importlib.util
import io
import json
import os
import subprocess
import sys
import tempfile
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PROGRAM = os.path.join(ROOT, "bench", "tables")
sys.dont_write_bytecode = True
loader = importlib.machinery.SourceFileLoader("tables", PROGRAM)
tables = importlib.util.module_from_spec(importlib.util.spec_from_loader("tables", loader))
loader.exec_module(tables)

ROW = {
    "net": "alexnet", "pass": "inference", "batch": 32, "precision": "fp32", "contestant": "emulsion", "variant": "",
    "milliseconds": 210.0, "ratio": 1.0,
}
PEERS = {
    "schema": 1, "kind": "peers", "device": "A CPU", "device_kind": "cpu", "threads": 2,
    "versions": {"onnxruntime": "1.32.0"}, "date": "2026-11-26T04:05:06Z", "commit": "abc", "command": "scripts/peers",
    "rows": [ROW, {**ROW, "contestant": "onnxruntime", "milliseconds": 441.0, "ratio": 2.1}],
}
VALUE = '<!-- value: peers batch=32 contestant=onnxruntime show="{ratio:.2f}" -->%s<!-- end -->'
TABLE = '<!-- table: peers columns="who={contestant} | ms={milliseconds:.0f}" -->%s<!-- end -->'


class Tables(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = folder.name
        os.makedirs(os.path.join(self.root, "bench", "results"))
        os.makedirs(os.path.join(self.root, "docs", "deep"))
        self.page("README.md", "nothing here\n")
        self.record("peers", PEERS)

    def path(self, *names):
        return os.path.join(self.root, *names)

    def page(self, name, text):
        with open(self.path(name), "w") as file:
            file.write(text)

    def text(self, name="README.md"):
        with open(self.path(name)) as file:
            return file.read()

    def record(self, name, content):
        with open(self.path("bench", "results", name + ".json"), "w") as file:
            file.write(content if isinstance(content, str) else json.dumps(content))

    def run_tables(self, *options):
        """What it exits with: None, or its one line."""
        with contextlib.redirect_stdout(io.StringIO()):
            try:
                tables.main(["--root", self.root, *options])
            except SystemExit as end:
                return end.code

    def writes(self, text, expected):
        self.page("README.md", text)
        self.assertIsNone(self.run_tables())
        self.assertEqual(self.text(), expected)
        self.assertIsNone(self.run_tables("--check"))

    def refuses(self, *words, page=None):
        """Both ways of running: one line with these words, and every page as it was."""
        self.page("docs/other.md", VALUE % "stale")
        if page is not None:
            self.page("README.md", page)
        before = self.text(), self.text("docs/other.md")
        for options in ((), ("--check",)):
            said = self.run_tables(*options)
            self.assertNotIn("\n", said)
            for word in words:
                self.assertIn(word, said)
            self.assertEqual((self.text(), self.text("docs/other.md")), before)

    def test_a_value_is_written(self):
        self.writes(f"a {VALUE % '9'} b {VALUE % ''} c\n", f"a {VALUE % '2.10'} b {VALUE % '2.10'} c\n")

    def test_a_table_is_written(self):
        table = "\n\n| who | ms |\n| --- | ---: |\n| emulsion | 210 |\n| onnxruntime | 441 |\n\n"
        self.writes(f"a\n{TABLE % 'old'}\nb\n", f"a\n{TABLE % table}\nb\n")

    def test_the_table_of_peers(self):
        record = copy.deepcopy(PEERS)
        record["rows"].append({**ROW, "pass": "training", "batch": 50, "contestant": "onnxruntime", "failed": "It does not"})
        del record["rows"][-1]["milliseconds"]
        self.record("peers", record)
        self.writes("<!-- table: peers --><!-- end -->", (
            "<!-- table: peers -->\n\n|  | Emulsion | ONNX Runtime |\n| --- | ---: | ---: |\n"
            "| inference, batch 32 | 210 ms | 441 ms, 2.10× |\n| training, batch 50 |  | — |\n\n—: It does not.\n\n"
            "<!-- end -->"
        ))

    def kernel(self, implementation, milliseconds, **other):
        row = {"operation": "conv_forward", "net": "alexnet", "layer": "conv1", "batch": 1, "precision": "fp32",
               "implementation": implementation, "milliseconds": milliseconds, **other}
        return {key: value for key, value in row.items() if value is not None}

    def kernels(self, name, rows, **head):
        self.record(name, {**PEERS, "kind": "kernels", "device": "A card", "device_kind": "cuda", "rows": rows, **head})

    AGAINST = "<!-- table: kernels device_kind=cuda against=cudnn -->%s<!-- end -->"

    def test_ours_beside_a_library(self):
        self.kernels("kernels", [
            self.kernel("cuda", 3.0), self.kernel("cuda:tile64", 2.0), self.kernel("cudnn", 4.0), self.kernel("cudnn:nhwc", 1.0),
            self.kernel("cuda", 1.0, layer="conv2"), self.kernel("cudnn", 8.0, layer="conv2"),
            self.kernel("cuda", 5.0, batch=50), self.kernel("cudnn:rank2", 10.0, batch=50),
            self.kernel("cuda", None, batch=50, layer="conv2", failed="dst is off by 1"),
            self.kernel("cudnn", 3.0, batch=50, layer="conv2"),
            self.kernel("cudnn", 0.25, precision="bf16"), self.kernel("cudnn", 0.5, precision="tf32"),
            self.kernel("cuda", 7.0, operation="conv_backward_data"), self.kernel("cudnn", 7.0, operation="conv_backward_data"),
            self.kernel("cuda", 1.0, operation="relu_forward", layer="relu1"), self.kernel("cublas", 1.0),
        ])
        # 1/2 and 8: their geometric mean is 2.
        self.writes(self.AGAINST % "old", self.AGAINST % (
            "\n\n| pass | layer | fp32, batch 1 | fp32, batch 50 | tf32, batch 1 | bf16, batch 1 |\n"
            "| --- | --- | ---: | ---: | ---: | ---: |\n"
            "| conv_forward | conv1 | 0.50×, 2 : 1 ms | 2.00×, 5 : 10 ms | — : 0.5 ms | — : 0.25 ms |\n"
            "| conv_forward | conv2 | 8.00×, 1 : 8 ms | — : 3 ms |  |  |\n"
            "| conv_forward | **geometric mean** | 2.00× | 2.00× |  |  |\n"
            "| conv_forward | **worst layer** | 0.50×, conv1 | 2.00×, conv1 |  |  |\n"
            "| conv_backward_data | conv1 | 1.00×, 7 : 7 ms |  |  |  |\n"
            "| conv_backward_data | **geometric mean** | 1.00× |  |  |  |\n"
            "| conv_backward_data | **worst layer** | 1.00×, conv1 |  |  |  |\n\n"
            "Without a time: conv_forward alexnet conv2, fp32, batch 50, cuda: dst is off by 1.\n\n"
        ))

    def test_a_library_that_was_not_measured(self):
        unmeasured = self.AGAINST % "\n\nNot measured yet.\n\n"
        self.writes(self.AGAINST % "", unmeasured)
        only_ours = [self.kernel("cuda", 3.0)]
        wrong = self.kernel("cudnn", None, failed="dst is off by 1")
        for rows, head in ((only_ours, {}), ([self.kernel("cudnn", 3.0)], {}), (only_ours + [wrong], {}),
                           (only_ours + [self.kernel("cudnn", 3.0)], {"device_kind": "emulated"})):
            self.kernels("kernels", rows, **head)
            self.writes(self.AGAINST % "old", unmeasured)

    def test_rows_that_are_not_the_benchmarks_are_refused(self):
        for row in ({"layer": None}, {"precision": "fp8"}, {"milliseconds": "2"}, {"milliseconds": 0}):
            with self.subTest(row):
                self.kernels("kernels", [self.kernel("cuda", 3.0), self.kernel("cudnn", 3.0), self.kernel("cuda", **{"milliseconds": 1.0, **row})])
                self.refuses("README.md:1", "bench_kernels", page=self.AGAINST % "old")

    def test_the_newest_record_with_both_speaks(self):
        self.kernels("old", [self.kernel("cuda", 3.0), self.kernel("cudnn", 6.0)])
        self.kernels("new", [self.kernel("cuda", 3.0)], date="2027-01-01T00:00:00Z")
        self.page("README.md", self.AGAINST % "")
        self.assertIsNone(self.run_tables())
        self.assertIn("2.00×, 3 : 6 ms", self.text())

    def test_heads_versions_and_scales_are_shown(self):
        self.record("net", {**PEERS, "kind": "net", "rows": [{"flop_per_second": 2.5e11, "part": 0.5}]})
        show = "<!-- value: net show='{device} {threads} {version_onnxruntime} {flop_per_second:G.1f} {part:.0%}' -->"
        self.writes(show + "<!-- end -->", show + "A CPU 2 1.32.0 250.0 50%<!-- end -->")

    def test_the_least_is_found(self):
        mark = '<!-- value: peers least=ratio show="{contestant}" -->'
        self.writes(mark + "<!-- end -->", mark + "emulsion<!-- end -->")

    def test_the_newest_that_has_the_row_speaks(self):
        for name, date, batch, ratio in (("a", "2026-11-27T00:00:00Z", 32, 3), ("b", "2026-11-28T00:00:00Z", 64, 4)):
            row = {**ROW, "batch": batch, "contestant": "onnxruntime", "ratio": ratio}
            self.record(name, {**PEERS, "date": date, "rows": [row]})
        self.writes(VALUE % "", VALUE % "3.00")

    def test_two_of_one_date_are_refused(self):
        self.record("twin", PEERS)
        self.refuses("docs/other.md:1", "peers.json", "twin.json", "same date")

    def test_a_stale_page_is_named(self):
        self.page("docs/deep/page.md", VALUE % "2.11")
        done = subprocess.run([sys.executable, PROGRAM, "--root", self.root, "--check"], capture_output=True, text=True)
        self.assertEqual(done.returncode, 1)
        self.assertEqual(done.stderr, "bench/tables: docs/deep/page.md: not what bench/results says; run bench/tables\n")
        self.assertEqual(self.text("docs/deep/page.md"), VALUE % "2.11")

    def test_broken_records_are_refused(self):
        whole = json.dumps(PEERS)
        for content, word in (
            (whole[: len(whole) // 2], "cannot be read"),
            (whole.replace("2.1}", "NaN}"), "NaN"),
            (whole.replace("2.1}", "-Infinity}"), "Infinity"),
            (whole.replace("2.1}", "1e999}"), "inf"),
            ("", "cannot be read"),
            ("[" * 100000, "cannot be read"),
            ('{"a": 1}', '"schema"'),
            ("[]", "no JSON object"),
            (whole.replace('"schema": 1', '"schema": 2'), "schema 2"),
            (whole.replace('"threads": 2', '"threads": "2"'), '"threads"'),
            (whole.replace("T04:05:06Z", ""), '"date"'),
            (whole.replace('"ratio": 2.1', '"ratio": [2.1]'), "not flat"),
            (whole.replace('"ratio": 2.1', '"device": "B"'), "the head's key"),
            (whole.replace('"commit"', '"comit"'), '"commit"'),
            (json.dumps({**PEERS, "rows": []}), "no rows"),
        ):
            with self.subTest(word):
                self.record("broken", content)
                self.refuses("bench/results/broken.json", word)

    def test_records_of_gpu_check_are_left_alone(self):
        self.record("a-card", {"device": "A card", "groups": []})
        self.writes(VALUE % "", VALUE % "2.10")

    def test_wrong_pages_are_refused(self):
        for page, word in (
            ("\n<!-- tabel: peers --><!-- end -->", "README.md:2: unknown marker 'tabel'"),
            (VALUE.replace("<!-- end -->", "%s") % ("", ""), "no end"),
            (VALUE % (VALUE % ""), "no end before the next"),
            ("<!-- end -->", "an end without a marker"),
            ((VALUE % "").replace("peers", "pears"), "no result of kind pears"),
            ((VALUE % "").replace("=32", "=33"), "no result"),
            ((VALUE % "").replace("contestant=onnxruntime", ""), "2 rows"),
            ((VALUE % "").replace("ratio:", "ration:"), "nothing for"),
            ((VALUE % "").replace(".2f", ".2q"), "cannot be shown"),
            ((VALUE % "").replace("{ratio:.2f}", "{ratio"), "{ratio"),
            ((VALUE % "").replace("ratio:.2f", "ratio.__class__"), "nothing for"),
            ((VALUE % "").replace('show="{', 'show="{ratio}" x="{'), "no result"),
            ((VALUE % "").replace(' show="{ratio:.2f}"', ""), "show="),
            ((VALUE % "").replace('"', "", 1), "not like"),
            ((TABLE % "").replace("{milliseconds:", "{seconds:"), "no row has {seconds}"),
            ("<!-- table: net --><!-- end -->", "no result of kind net"),
            ("<!-- table: peers against=cudnn --><!-- end -->", "kind kernels"),
        ):
            with self.subTest(word):
                self.refuses(word, page=page)


unittest.main()
