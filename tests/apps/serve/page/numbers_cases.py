# Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
"""What the numbers on the page say: of a server with reference photographs, and of one without."""

from playwright.sync_api import expect

from page_case import PageCase


class Numbers(PageCase):
    def bars(self):
        return [bar.evaluate("(bar) => bar.style.width") for bar in self.slides.locator(".bar i").all()]

    def grades(self):
        return [slide.get_attribute("data-grade") for slide in self.slides.all()]

    def lead(self, first, second):
        for name in (first, second):
            self.slide(name).locator(".pick").click()
        self.page.click("#compare")
        text = self.page.locator("#pair h2").text_content()
        self.page.keyboard.press("Escape")
        self.page.click("#unchoose")
        return text

    def test_a_percentile_tells_those_apart_that_the_net_is_sure_of(self):
        self.judge_as({"a.jpg": (99.97, 61), "b.jpg": (99.999, 94), "c.jpg": (99.98, 61), "d.jpg": (99.2, 12)})
        self.assertEqual(self.names(), ["b.jpg", "c.jpg", "a.jpg", "d.jpg"], "the score breaks the tie")
        self.assertEqual(self.slides.locator(".score").all_text_contents(), ["94", "61", "61", "12"])
        self.assertEqual(self.slides.locator(".raw").all_text_contents(), ["score > 99.9"] + 2 * ["score > 99.9"] + ["score 99.2"])
        self.assertEqual(self.bars(), ["94%", "61%", "61%", "12%"])
        self.assertEqual(self.grades(), ["8", "5", "5", "1"])
        expect(self.page.locator("#meaning")).to_be_visible()
        best = self.slides.first
        words = "better than 94% of the reference photographs"
        expect(best.locator(".score")).to_have_attribute("title", words)
        expect(best.locator(".view")).to_have_attribute("aria-label", f"b.jpg, {words}, score > 99.9")
        self.assertEqual(self.lead("d.jpg", "b.jpg"), "b.jpg leads by 82 points")
        self.assertEqual(self.lead("c.jpg", "a.jpg"), "They stand level")
        self.page.locator("#least").fill("61")
        expect(self.page.locator("#shown")).to_have_text("3 of 4 photographs")
        self.page.locator("#least").fill("62")
        self.assertEqual(self.names(), ["b.jpg"])

    def test_without_a_percentile_all_goes_by_the_score_as_it_is_shown(self):
        self.judge_as({"a.jpg": (99.99, None), "b.jpg": (61.96, None), "c.jpg": (62.04, None), "d.jpg": (0.001, None)})
        self.assertEqual(self.slides.locator(".score").all_text_contents(), ["> 99.9", "62.0", "62.0", "< 0.1"])
        self.assertEqual(self.slides.locator(".raw").all_text_contents(), 4 * [""])
        self.assertEqual(self.bars(), ["99.9%", "62%", "62%", "0.1%"])
        expect(self.page.locator("#meaning")).to_be_hidden()
        self.assertEqual(self.lead("b.jpg", "c.jpg"), "They stand level", "for they read alike")
        self.assertEqual(self.lead("b.jpg", "a.jpg"), "a.jpg leads by 37.9 points")
        self.page.locator("#least").fill("62")
        self.assertEqual(self.names(), ["a.jpg", "c.jpg", "b.jpg"])

    def test_numbers_and_buttons_do_not_overlap(self):
        self.judge_as({"a.jpg": (99.999, 100), "b.jpg": (99.99, None)})
        for width in (320, 360, 390, 500, 1280):
            self.page.set_viewport_size({"width": width, "height": 800})
            for slide in self.slides.all():
                mark, tools = slide.locator(".mark").bounding_box(), slide.locator(".tools").bounding_box()
                self.assertLessEqual(mark["x"] + mark["width"], tools["x"] + 0.5, width)
                for text in slide.locator(".score, .raw").all():
                    self.assertFalse(text.evaluate("(text) => text.scrollWidth > text.clientWidth + 1 && text.textContent"))
