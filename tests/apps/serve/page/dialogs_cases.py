# Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
"""The loupe and the comparison."""

from playwright.sync_api import expect

import accessibility
import harness
from page_case import PageCase, plain


class Dialogs(PageCase):
    def setUp(self):
        super().setUp()
        self.loupe, self.pair = self.page.locator("#loupe"), self.page.locator("#pair")

    def open(self, name):
        self.slide(name).locator(".view").click()

    def test_steps_and_removals_are_heard_in_the_loupe(self):
        self.judge_as({"a.jpg": (90, 70), "b.jpg": (80, 60), "c.jpg": (70, 50)})
        self.open("a.jpg")
        heard = self.loupe.get_by_role("status")
        self.page.keyboard.press("ArrowRight")
        expect(heard).to_have_text("b.jpg, better than 60% of the reference photographs, score 80.0, 2 of 3")
        self.page.keyboard.press("Delete")
        expect(heard).to_have_text("b.jpg removed.")
        expect(self.loupe.locator("h2")).to_have_text("c.jpg")

    def test_keys_with_modifiers_are_the_browsers(self):
        self.judge_as({"a.jpg": (90, None), "b.jpg": (80, None)})
        self.open("a.jpg")
        for keys in ("Alt+ArrowRight", "Control+ArrowRight", "Meta+Backspace"):
            self.page.keyboard.press(keys)
        expect(self.loupe.locator("h2")).to_have_text("a.jpg")
        expect(self.slides).to_have_count(2)

    def test_a_loupe_that_was_open_learns_the_score(self):
        gate = self.hold()
        self.choose_plain(2)
        self.until(lambda: len(gate.held) == 2)
        self.open("0.jpg")
        expect(self.loupe.locator(".rank")).to_have_text("not judged yet")
        expect(self.loupe.locator(".what")).to_be_hidden()
        for route in gate.held:
            route.fulfill(json={"photos": [{"score": 61.25, "percentile": 33}]})
        expect(self.loupe.locator(".score")).to_have_text("33")
        expect(self.loupe.locator(".raw")).to_have_text("score 61.25")
        expect(self.loupe.locator(".what")).to_be_visible()

    def test_keys_work_on_where_a_button_was(self):
        self.judge_as({"a.jpg": (90, None)})
        self.hold()
        self.choose(harness.payload("b.jpg", plain("blue")))
        expect(self.slides).to_have_count(2)
        self.open("a.jpg")
        self.loupe.locator(".what").focus()
        self.page.keyboard.press("ArrowRight")
        expect(self.loupe.locator("h2")).to_have_text("b.jpg")
        expect(self.loupe.locator(".what")).to_be_hidden()
        self.expect_focus("loupe-title")
        self.page.keyboard.press("ArrowLeft")
        expect(self.loupe.locator("h2")).to_have_text("a.jpg")

    def test_a_loupe_of_one_that_fails_closes(self):
        gate = self.hold()
        self.choose_plain(1)
        self.until(lambda: len(gate.held) == 1)
        self.open("0.jpg")
        gate.held[0].fulfill(status=422, json={"error": "no photo"})
        expect(self.loupe).to_be_hidden()
        self.until(lambda: self.focused() == "table")

    def test_a_comparison_that_was_open_learns_the_score(self):
        gate = self.hold()
        self.choose_plain(2)
        self.until(lambda: len(gate.held) == 2)
        for at in (0, 1):
            self.slides.nth(at).locator(".pick").click()
        self.page.click("#compare")
        expect(self.pair.locator("h2")).to_have_text("Side by side")
        for route in gate.held:
            route.fulfill(json={"photos": [{"score": 50, "percentile": None}]})
        expect(self.pair.locator("h2")).to_have_text("They stand level")
        expect(self.pair.locator(".score")).to_have_text(["50.0", "50.0"])

    def test_from_the_loupe_to_the_comparison(self):
        self.judge_as({"a.jpg": (90, 70), "b.jpg": (80, 60), "c.jpg": (70, 50)})
        self.slide("a.jpg").locator(".pick").click()
        self.open("c.jpg")
        versus = self.loupe.locator(".versus")
        expect(versus).to_be_hidden()
        self.loupe.get_by_role("button", name="Choose for comparison").click()
        self.assertEqual(accessibility.unnamed(self.page), [])
        self.loupe.get_by_role("button", name="Compare with a.jpg").click()
        expect(self.loupe).to_be_hidden()
        expect(self.pair.locator("h2")).to_have_text("a.jpg leads by 20 points")
        self.page.keyboard.press("Escape")
        self.expect_focus("c.jpg")

    def test_side_by_side_on_a_phone_too(self):
        self.page.set_viewport_size({"width": 360, "height": 740})
        self.judge_as({"a.jpg": (90, 70), "b.jpg": (80, 60)})
        for at in (0, 1):
            self.slides.nth(at).locator(".pick").click()
        self.page.click("#compare")
        left, right = (frame.bounding_box() for frame in self.pair.locator(".frame").all())
        self.assertLess(left["x"] + left["width"], right["x"])

    def test_a_phone_held_sideways_shows_photograph_and_words(self):
        self.page.set_viewport_size({"width": 844, "height": 390})
        self.judge(harness.payload("a.jpg", plain("red", (640, 480))))
        self.open("a.jpg")
        self.loupe.locator(".what").click()
        expect(self.loupe.locator("canvas, .sentence").first).to_be_visible()
        frame, words = self.loupe.locator(".frame").bounding_box(), self.loupe.locator("figcaption").bounding_box()
        self.assertLess(frame["x"] + frame["width"], words["x"] + 1)
        room = self.loupe.locator(".prints").evaluate("(prints) => prints.scrollHeight - prints.clientHeight")
        self.assertLessEqual(room, 1, "without scrolling")
