# Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
"""A test that has the page open, in a browser of its own, against the server of the run."""

import os
import time
import unittest

from PIL import Image
from playwright.sync_api import expect

import harness

BROKEN = harness.payload("broken.jpg", b"no photo at all " * 99)
expect.set_options(timeout=1000 * harness.PATIENCE)


def plain(colour, size=(64, 48)):
    return harness.jpeg(Image.new("RGB", size, colour))


class PageCase(unittest.TestCase):
    # Set for the run.
    browser = address = oracle = None
    context = {}

    def setUp(self):
        self.watched = harness.WatchedPage(self.browser, self.address, **self.context)
        self.page = self.watched.page
        self.slides = self.page.locator(".slide:visible")

    def tearDown(self):
        self.assertEqual(self.watched.close(self.context.get("java_script_enabled", True)), [])

    def until(self, condition):
        """Waits for what only this side can see."""
        end = time.monotonic() + harness.PATIENCE
        while not condition():
            self.assertLess(time.monotonic(), end, f"waited in vain; the focus is on {self.focused()}")
            self.page.wait_for_timeout(20)

    def choose(self, *files):
        self.page.set_input_files("#files", list(files))

    def choose_plain(self, count):
        self.choose(*(harness.payload(f"{n}.jpg", plain((n, 0, 0))) for n in range(count)))

    def drop(self, *paths):
        """What the browser does when files or folders are let go over the page."""
        session = self.page.context.new_cdp_session(self.page)
        data = {"items": [], "files": [os.path.abspath(path) for path in paths], "dragOperationsMask": 1}
        for kind in ("dragEnter", "dragOver", "drop"):
            session.send("Input.dispatchDragEvent", {"type": kind, "x": 500, "y": 400, "data": data})
        session.detach()

    def judge_as(self, judgements):
        """Has photos judged as a server would that gives these: {name: (score, percentile)}."""
        self.page.evaluate(
            """(judgements) => (window.pretend = async (file) => {
                const [score, percentile] = judgements[file.name];
                return Response.json({ photos: [{ score, percentile }] });
            })""",
            judgements,
        )
        self.judge(*(harness.payload(name, plain((n, 0, 0))) for n, name in enumerate(judgements)))
        self.page.evaluate("window.pretend = null")

    def finish(self):
        self.until(lambda: self.page.evaluate("document.documentElement.classList.contains('laid')"))
        expect(self.page.locator("#progress")).to_be_hidden()

    def judge(self, *files):
        self.choose(*files)
        self.finish()

    def slide(self, name):
        return self.page.locator(".slide").filter(has=self.page.get_by_text(name, exact=True))

    def names(self):
        return self.slides.locator(".name").all_text_contents()

    def focused(self):
        """The name of the slide that has the focus; else what has it by its id."""
        return self.page.evaluate(
            "document.activeElement.closest('.slide')?.querySelector('.name').textContent ?? document.activeElement.id"
        )

    def expect_focus(self, identity):
        self.until(lambda: self.focused() == identity)

    def hold(self, passes=0):
        """Holds all uploads back but the first ones, until the Gate is opened."""
        gate = harness.Gate(passes)
        self.page.route("**/v1/score", gate)
        return gate

    def answer(self, **answer):
        """What the server seems to say to uploads, nothing at all if nothing is given; until forget()."""
        self.page.route("**/v1/score", lambda route: route.fulfill(**answer) if answer else route.abort())

    def forget(self):
        self.page.unroute("**/v1/score")
