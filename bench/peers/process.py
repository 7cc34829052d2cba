# Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
"""A contestant's process, kept alive between its turns; the protocol is contestant.py's."""

import json
import math
import os
import selectors
import subprocess
import tempfile
import time


class Failed(Exception):
    """Why a contestant has no time, in one line."""


class Process:
    def __init__(self, command, environment=None):
        """Starts it. Its stderr is kept, for the last line of one that fails."""
        self.errors = tempfile.TemporaryFile("w+b")
        self.buffer = b""
        try:
            self.child = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.errors,
                env={**os.environ, **(environment or {})},
            )
        except OSError as error:
            self.errors.close()
            raise Failed(f"{command[0]} does not start: {error.strerror}") from None

    def ready(self, seconds):
        """Waits until it has answered; its versions."""
        line = self.line(seconds)
        if not line.startswith("ready "):
            raise Failed(f"said {line[:80]!r} where it should be ready")
        try:
            return json.loads(line[len("ready "):])
        except ValueError:
            raise Failed(f"said {line[:80]!r} for its versions") from None

    def run(self, times, seconds):
        """A turn of so many runs; their milliseconds."""
        try:
            self.child.stdin.write(f"{times}\n".encode())
            self.child.stdin.flush()
        except OSError:
            raise Failed(self.last_words()) from None
        line = self.line(seconds)
        try:
            samples = [float(word) for word in line.split()]
        except ValueError:
            samples = []
        if len(samples) != times or not all(math.isfinite(ms) and ms > 0 for ms in samples):
            raise Failed(f"said {line[:80]!r} where it should tell {times} times")
        return samples

    def line(self, seconds):
        """The next line of its output."""
        deadline = time.monotonic() + seconds
        with selectors.DefaultSelector() as selector:
            selector.register(self.child.stdout, selectors.EVENT_READ)
            while b"\n" not in self.buffer:
                left = deadline - time.monotonic()
                if left <= 0 or not selector.select(left):
                    raise Failed(f"no answer within {seconds} s")
                read = os.read(self.child.stdout.fileno(), 1 << 16)
                if not read:
                    raise Failed(self.last_words())
                self.buffer += read
        line, self.buffer = self.buffer.split(b"\n", 1)
        return line.decode(errors="replace")

    def last_words(self):
        code = self.child.wait(60)
        self.errors.seek(0)
        lines = self.errors.read().decode(errors="replace").split("\n")
        said = [line.strip() for line in lines if line.strip()]
        return said[-1][:200] if said else f"ended with code {code} and no word"

    def close(self):
        """Ends it, however it is."""
        if self.child.poll() is None:
            self.child.kill()
        self.child.wait()
        self.child.stdin.close()
        self.child.stdout.close()
        self.errors.close()
