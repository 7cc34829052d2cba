# Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
"""scripts/gpu-check over programs that only say what the real ones would: what it runs, and what it records."""

import json
import os
import subprocess
import tempfile
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
HERE = "cudnn\tcuDNN\ttrue\t9.19.0\t/lib/libcudnn.so.9"
ALSO_HERE = "cublas\tcuBLAS\ttrue\t13.0.2\t/lib/libcublas.so.13"
ABSENT = 'cublas\tcuBLAS\tfalse\tcublas is not here: "libcublas.so.13" was hidden\t'
ALSO_ABSENT = "cudnn\tcuDNN\tfalse\tnot built in\t"

# GoogleTest's words, for as many tests as are in the list of those that the filter could choose from.
TESTS = r"""#!/usr/bin/env bash
echo "$1" >> "$(dirname "$0")/asked"
case "$1" in *cudnn*|*cublas*) name=Convolution/cudnn_gpu.OneImage ;; *) name=Convolution/cuda_gpu.OneImage ;; esac
printf '[ RUN      ] %s\n[       OK ] %s (1 ms)\n' $name $name
[[ ! -e $(dirname "$0")/fails ]] || printf '[  FAILED  ] %s\n' $name
printf '[==========] 1 test ran.\n[  PASSED  ] 1 test.\n'
[[ ! -e $(dirname "$0")/fails ]] || { printf '[  FAILED  ] 1 test, listed below:\n'; exit 1; }
"""


class GpuCheck(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = folder.name
        os.makedirs(self.path("bin"))
        self.program("test_kernels", TESTS)

    def path(self, *names):
        return os.path.join(self.root, *names)

    def program(self, name, text):
        with open(self.path("bin", name), "w") as file:
            file.write(text)
        os.chmod(self.path("bin", name), 0o755)

    def check(self, libraries, only="libraries", exit_code=0):
        """What it printed, and what it wrote."""
        lines = "\n".join(libraries)
        self.program("gpu_device", f"#!/bin/sh\nif [ \"$1\" = --libraries ]; then cat <<'E'\n{lines}\nE\n"
                                   "else printf 'A card, sm_90\\t580.1\\t13.0\\n'; fi\n")
        done = subprocess.run([os.path.join(ROOT, "scripts", "gpu-check"), "--prebuilt", self.root, "--only", only,
                               "--out", self.path("record.json")], capture_output=True, text=True)
        self.assertEqual(done.returncode, exit_code, done.stderr + done.stdout)
        with open(self.path("record.json")) as file:
            return done.stdout, json.load(file)

    def asked(self):
        with open(self.path("bin", "asked")) as file:
            return file.read().splitlines()

    def test_libraries_are_a_group_of_their_own(self):
        said, record = self.check([HERE, ALSO_HERE])
        self.assertEqual(self.asked(), ["--gtest_filter=*/cudnn*_gpu*.*:*/cublas*_gpu*.*:"])
        self.assertIn("cuDNN 9.19.0; cuBLAS 13.0.2", said)
        self.assertEqual(record["libraries"][0],
                         {"name": "cuDNN", "present": True, "version": "9.19.0", "file": "/lib/libcudnn.so.9"})
        group, = record["groups"]
        self.assertEqual((group["name"], group["passed"], group["failed"]), ("libraries", 1, 0))

    def test_one_that_is_absent_is_skipped_with_the_reason(self):
        said, record = self.check([HERE, ABSENT])
        self.assertEqual(self.asked(), ["--gtest_filter=*/cudnn*_gpu*.*:"])
        self.assertIn('cuDNN 9.19.0; SKIPPED cuBLAS: cublas is not here: "libcublas.so.13" was hidden', said)
        self.assertFalse(record["libraries"][1]["present"])

    def test_without_any_nothing_fails(self):
        said, record = self.check([ALSO_ABSENT, ABSENT])
        self.assertFalse(os.path.exists(self.path("bin", "asked")))
        self.assertIn("SKIPPED cuDNN: not built in; SKIPPED cuBLAS: ", said)
        group, = record["groups"]
        self.assertEqual((group["passed"], group["failed"], group["skipped"]), (0, 0, 2))
        self.assertIn("was hidden", group["note"])

    def test_a_failure_is_the_libraries_own(self):
        self.program("fails", "")
        _, record = self.check([HERE, ABSENT], exit_code=1)
        self.assertEqual(record["groups"][0]["failures"], ["Convolution/cudnn_gpu.OneImage"])

    def test_our_kernels_are_tested_without_them(self):
        _, record = self.check([HERE, ABSENT], only="kernels")
        self.assertEqual(len(self.asked()), 1)
        chosen, left_out = self.asked()[0].split("-*", 1)
        self.assertEqual(chosen, "--gtest_filter=")
        for pattern in ("*/cudnn*_gpu*.*", "*/cublas*_gpu*.*"):
            self.assertIn(":" + pattern, left_out)
        self.assertEqual(record["groups"][0]["note"], "")


unittest.main()
