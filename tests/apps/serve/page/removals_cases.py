# Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
"""What is taken from the table and comes back, and where the keyboard is meanwhile."""

from playwright.sync_api import expect

import harness
from page_case import BROKEN, PageCase, plain


class Removals(PageCase):
    def judge_plain(self, count):
        self.judge_as({f"{n}.jpg": (99 - n, None) for n in range(count)})

    def test_a_key_held_down_removes_one(self):
        self.judge_plain(5)
        self.slides.first.locator(".view").focus()
        self.page.keyboard.down("Delete")
        for _ in range(3):
            self.page.keyboard.down("Delete")  # as the system repeats it
        self.page.keyboard.up("Delete")
        self.assertEqual(self.names(), ["1.jpg", "2.jpg", "3.jpg", "4.jpg"])
        self.page.keyboard.press("Enter")
        for _ in range(3):
            self.page.keyboard.down("Backspace")
        expect(self.page.locator("#loupe h2")).to_have_text("2.jpg")
        self.page.keyboard.press("Escape")
        self.assertEqual(self.names(), ["2.jpg", "3.jpg", "4.jpg"])

    def test_removals_come_back_one_by_one_or_all(self):
        self.judge_plain(6)
        self.slides.first.locator(".view").focus()
        for _ in range(3):
            self.page.keyboard.press("Delete")
        expect(self.page.locator("#notice")).to_contain_text("3 photographs removed.")
        self.page.keyboard.press("Control+z")
        self.expect_focus("2.jpg")
        expect(self.page.locator("#notice")).to_contain_text("2 photographs removed.")
        self.page.get_by_role("button", name="Undo the last").click()
        self.expect_focus("1.jpg")
        expect(self.page.locator("#undo-all")).to_be_hidden()
        self.page.keyboard.press("Delete")
        self.page.get_by_role("button", name="Undo all").click()
        self.assertEqual(self.names(), [f"{n}.jpg" for n in range(6)])
        expect(self.page.locator("#notice")).to_be_hidden()
        self.page.keyboard.press("Control+z")
        self.assertEqual(len(self.names()), 6, "there is nothing to undo")

    def test_undo_is_seen_from_the_end_of_a_long_gallery(self):
        self.judge_plain(60)
        self.slides.last.locator(".drop").click()
        box = self.page.locator("#undo").bounding_box()
        self.assertTrue(0 < box["y"] < 900 - box["height"], box)
        self.slides.last.locator(".pick").click()
        tray, notice = (self.page.locator(place).bounding_box() for place in ("#tray", "#notice"))
        self.assertLessEqual(notice["y"] + notice["height"], tray["y"])
        self.page.get_by_role("button", name="Close the notice").click()
        expect(self.page.locator("#notice")).to_be_hidden()

    def test_the_notice_keeps_its_words_whole_on_a_phone(self):
        self.page.set_viewport_size({"width": 360, "height": 740})
        self.judge_plain(5)
        heights = []
        for _ in range(2):
            self.slides.first.locator(".drop").click()
            heights.append(self.page.locator("#notice").bounding_box()["height"])
        self.assertLess(max(heights), 110, "two lines at most")

    def test_nothing_but_new_photographs_forgets_what_was_removed(self):
        self.judge_plain(3)
        self.slides.first.locator(".drop").click()
        self.choose(harness.payload("notes.txt", b"no photo", "text/plain"))
        expect(self.page.locator("#notice")).to_contain_text("1 file left out: not photographs. 0.jpg removed.")
        self.page.click("#undo")
        expect(self.slides).to_have_count(3)

    def test_those_not_judged_yet_come_back_at_once(self):
        gate = self.hold()
        self.choose_plain(2)
        expect(self.slides).to_have_count(2)
        self.page.click("#stop")
        self.page.click("#clear")
        expect(self.slides).to_have_count(0)
        self.page.click("#undo")
        expect(self.slides.filter(has_text="waiting")).to_have_count(2)
        gate.open_for_others()
        self.page.click("#stop")
        self.finish()

    def test_what_was_removed_is_heard_though_the_judging_ended(self):
        gate = self.hold()
        self.choose_plain(3)
        self.until(lambda: len(gate.held) == 3)
        self.page.click("#clear")
        expect(self.page.locator("#announcer")).to_have_text("3 photographs removed.")
        self.page.wait_for_timeout(300)  # for another sentence, were there one
        expect(self.page.locator("#announcer")).to_have_text("3 photographs removed.")
        gate.open_for_others()

    def test_the_words_on_a_slide_follow_stop(self):
        gate = self.hold()
        self.choose_plain(3)
        expect(self.slides.filter(has_text="being judged")).to_have_count(3)
        self.page.click("#stop")
        expect(self.slides.filter(has_text="waiting")).to_have_count(3)
        self.assertEqual(self.slides.filter(has_text="being judged").count(), 0)
        gate.open_for_others()
        self.page.click("#stop")
        self.finish()


class Focus(PageCase):
    """The keyboard's place is never lost."""

    def setUp(self):
        super().setUp()
        self.press = self.page.keyboard.press

    def begin(self, count):
        self.judge_as({f"{n}.jpg": (99 - n, None) for n in range(count)})

    def test_after_undo_of_all(self):
        self.begin(3)
        self.page.locator("#clear").focus()
        self.press("Enter")
        self.expect_focus("undo")
        self.press("Enter")
        self.expect_focus("0.jpg")

    def test_after_the_last_was_removed_in_the_loupe(self):
        self.begin(1)
        self.slides.locator(".view").focus()
        self.press("Enter")
        self.press("Delete")
        expect(self.page.locator("#loupe")).to_be_hidden()
        self.expect_focus("undo")

    def test_after_a_removal_in_the_comparison(self):
        self.begin(3)
        self.slides.first.locator(".view").focus()
        self.press("c")
        self.press("ArrowRight")
        self.press("c")
        self.page.locator("#compare").focus()
        self.press("Enter")
        self.page.locator("#pair").get_by_role("button", name="Remove 1.jpg").focus()
        self.press("Enter")
        self.expect_focus("2.jpg")

    def test_after_the_tray_was_cleared(self):
        self.begin(2)
        self.slides.first.locator(".view").focus()
        self.press("c")
        self.page.locator("#unchoose").focus()
        self.press("Enter")
        self.expect_focus("0.jpg")

    def test_after_the_notice_was_closed(self):
        self.begin(2)
        self.slides.first.locator(".view").focus()
        self.press("Delete")
        self.page.locator("#notice .dismiss").focus()
        self.press("Enter")
        self.expect_focus("1.jpg")

    def test_after_the_last_failure_is_gone(self):
        self.judge(BROKEN, harness.payload("good.jpg", plain("red")))
        self.page.get_by_role("button", name="Remove broken.jpg").focus()
        self.press("Enter")
        self.expect_focus("good.jpg")

    def test_when_all_are_judged_and_stop_is_gone(self):
        gate = self.hold()
        self.choose_plain(2)
        expect(self.slides).to_have_count(2)
        self.page.locator("#stop").focus()
        gate.open()
        self.finish()
        self.until(lambda: self.focused().endswith(".jpg"))

    def test_when_the_photograph_that_has_it_fails(self):
        self.begin(1)
        gate = self.hold()
        self.choose(harness.payload("new.jpg", plain((0, 0, 9))))
        self.slide("new.jpg").locator(".view").focus()
        self.until(lambda: gate.held)
        gate.held[0].fulfill(status=422, json={"error": "no photo"})
        self.finish()
        self.expect_focus("0.jpg")
