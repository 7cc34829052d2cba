# Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
"""How the page looks, and what it is for those who do not see it."""

import os

from playwright.sync_api import expect

import accessibility
import harness
from page_case import BROKEN, PageCase, plain


class Looks(PageCase):
    """Every state of the page, by day and night, at a desk and on phones."""

    screens = None

    def look(self, state, words):
        # What comes with the next frame is there; nothing moves, for the context asks for reduced motion.
        self.page.wait_for_timeout(100)
        for check in accessibility.CHECKS:
            self.assertEqual(check(self.page), [], f"{check.__name__} of {state}, {words}")
        if self.screens:
            self.page.screenshot(path=os.path.join(self.screens, f"{words}-{state}.png"))

    def walk(self, words):
        photos = harness.PHOTOS or [harness.payload(f"{n}.jpg", plain((9 * n, 80, 160), (640, 480))) for n in range(12)]
        self.look("1-empty", words)
        button = self.page.get_by_text("Choose photographs").bounding_box()
        self.assertLess(button["y"] + button["height"], self.page.viewport_size["height"], "seen without scrolling")
        gate = self.hold(7)
        self.choose(*photos)
        self.until(lambda: len(gate.held) == 4)
        self.look("2-busy", words)
        gate.open()
        self.finish()
        self.choose(BROKEN)
        self.finish()
        self.look("3-gallery", words)
        for at in (0, 4):
            self.slides.nth(at).locator(".pick").click()
        self.page.locator("#failures").scroll_into_view_if_needed()
        self.look("4-end", words)
        self.page.click("#compare")
        self.look("5-compare", words)
        self.page.keyboard.press("Escape")
        self.slides.nth(1).locator(".view").click()
        self.page.locator("#loupe .what").click()
        expect(self.page.locator("#loupe canvas")).to_be_visible()
        self.look("6-mattered", words)


# A class for each window and scheme, such as LooksPhoneDark.
for window, size in (("Desktop", (1280, 900)), ("Phone", (390, 844)), ("SmallPhone", (360, 740)), ("Sideways", (844, 390))):
    for scheme in ("light", "dark"):
        name = f"Looks{window}{scheme.title()}"
        viewport = {"width": size[0], "height": size[1]}
        context = {"viewport": viewport, "color_scheme": scheme, "reduced_motion": "reduce"}
        words = f"{window.lower()}-{scheme}"
        test = lambda self, words=words: self.walk(words)
        globals()[name] = type(name, (Looks,), {"context": context, "test_every_state": test})
