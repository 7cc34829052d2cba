# Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
"""Thirty real photographs, a folder, a thousand files, and a browser without JavaScript."""

import csv
import math
import os
import re
import tempfile
import unittest

from PIL import Image
from playwright.sync_api import expect

import accessibility
import harness
from page_case import PageCase, plain

PHOTOS = harness.PHOTOS


def natural(name):
    return [int(part) if part.isdigit() else part for part in re.split(r"(\d+)", name)]


def rating(photo):
    """What a photo goes by: the percentile if the server knows one, else the score in tenths, 0 and 100 only if exact."""
    if photo["percentile"] is not None:
        return photo["percentile"]
    score = photo["score"]
    return min(max(round(score, 1), 0.1 if score > 0 else 0), 99.9 if score < 100 else 100)


def shown(photo):
    return str(photo["percentile"]) if photo["percentile"] is not None else f"{rating(photo):.1f}"


@unittest.skipUnless(PHOTOS, f"no photos in {harness.DATA}/oasis")
class ThirtyPhotos(PageCase):
    def test_a_drop_with_progress_sorted_scores_and_csv(self):
        gate = self.hold()
        self.drop(*PHOTOS)
        self.until(lambda: len(gate.held) == 4)
        expect(self.page.locator("#count")).to_have_text("0 of 30 judged")
        expect(self.page.locator("#done")).to_have_js_property("max", 30)
        self.page.wait_for_timeout(500)  # for a fifth, were there one
        self.assertEqual(len(gate.held), 4, "at a time")
        gate.let_go()
        expect(self.page.locator("#done")).to_have_js_property("value", 4)
        self.until(lambda: len(gate.held) == 4)
        expect(self.slides.filter(has_text="being judged")).to_have_count(4)
        gate.open()
        self.finish()
        expect(self.page.locator("#announcer")).to_contain_text("30 photographs judged. The best is")

        truth = {os.path.basename(path): self.oracle.judgement(path) for path in PHOTOS}
        best_first = sorted(sorted(truth, key=natural), key=lambda name: -truth[name]["score"])
        self.assertEqual(self.names(), best_first)
        numbers = [text.lstrip("<> ") for text in self.slides.locator(".score").all_text_contents()]
        self.assertEqual(numbers, [shown(truth[name]) for name in best_first])
        bars = self.page.evaluate("[...document.querySelectorAll('.slide .bar i')].map((bar) => bar.style.width)")
        for name, width in zip(best_first, bars):
            self.assertAlmostEqual(float(width.removesuffix("%")), rating(truth[name]), 2)
        self.page.select_option("#order", "name")
        self.assertEqual(self.names(), sorted(truth, key=natural))
        self.page.select_option("#order", "score")

        with self.page.expect_download() as download:
            self.page.click("#csv")
        with open(download.value.path(), encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
        saved = [(row["name"], float(row["score"])) for row in rows]
        self.assertEqual(saved, [(name, truth[name]["score"]) for name in best_first])
        percentiles = [row["percentile"] for row in rows]
        self.assertEqual(percentiles, [str(truth[name]["percentile"] or "") for name in best_first])

        least = int(sorted(map(rating, truth.values()))[17]) + 1
        good = [name for name in best_first if rating(truth[name]) >= least]
        self.assertTrue(0 < len(good) < 30, "the filter parts them")
        self.page.locator("#least").fill(str(least))
        expect(self.page.locator("#shown")).to_have_text(f"{len(good)} of 30 photographs")
        self.assertEqual(self.names(), good)

    def test_compare_and_what_mattered(self):
        self.judge(*PHOTOS[:5])
        truth = {os.path.basename(path): rating(self.oracle.judgement(path)) for path in PHOTOS[:5]}
        names = self.names()
        for at in (3, 1):
            self.slides.nth(at).locator(".pick").click()
        expect(self.page.locator("#tray")).to_contain_text(f"{names[3]}  and  {names[1]}")
        self.page.click("#compare")
        pair = self.page.locator("#pair")
        lead = truth[names[1]] - truth[names[3]]
        points = f"{lead} point{'s' if lead != 1 else ''}" if isinstance(lead, int) else f"{lead:.1f} points"
        expect(pair.locator("h2")).to_have_text(f"{names[1]} leads by {points}" if lead >= 0.05 else "They stand level")
        self.assertEqual(pair.locator(".name").all_text_contents(), [names[3], names[1]])
        boxes = [print.bounding_box() for print in pair.locator(".frame").all()]
        self.assertLess(boxes[0]["x"] + boxes[0]["width"], boxes[1]["x"], "side by side")
        pair.get_by_role("button", name=f"Remove {names[3]}").click()
        expect(self.slides).to_have_count(4)
        expect(self.page.locator("#tray")).to_contain_text("Choose one more.")

        self.slides.filter(has_text=names[1]).locator(".view").click()
        loupe = self.page.locator("#loupe")
        loupe.get_by_role("button", name="What mattered").click()
        expect(loupe.locator("canvas")).to_be_visible()
        path = next(path for path in PHOTOS if os.path.basename(path) == names[1])
        with open(path, "rb") as file:
            truth = self.oracle.post("/v1/explain", file.read())
        drawn = loupe.locator("canvas").evaluate(
            """(canvas) => {
                const { width, height } = canvas;
                return [height, width, [...canvas.getContext('2d').getImageData(0, 0, width, height).data]];
            }"""
        )
        self.assertEqual(drawn[:2], [truth["rows"], truth["columns"]])
        most = max(abs(fall) for fall in truth["falls"])
        for i, fall in enumerate(truth["falls"]):
            red, _, blue, opacity = drawn[2][4 * i : 4 * i + 4]
            if most >= 0.1:
                self.assertAlmostEqual(opacity / 255, 0.82 * abs(fall) / most, delta=0.01)
            if opacity > 20:
                self.assertEqual(red > blue, fall > 0, "orange helped, blue hurt")
        if max(truth["falls"]) >= 0.1:
            times = float(f"{math.exp(max(truth['falls'])):.1e}")
            expect(loupe.locator(".sentence")).to_contain_text(f"helped most: without it the odds of a good photograph are {times:g} times lower")
        photo, map_ = loupe.locator("img").bounding_box(), loupe.locator("canvas").bounding_box()
        for side in photo:
            self.assertAlmostEqual(photo[side], map_[side], delta=1.5, msg="the map lies on the photo")

    def test_keyboard_alone(self):
        press = self.page.keyboard.press

        def tab_to(identity):
            for _ in range(60):
                if self.focused() == identity:
                    return
                press("Tab")
            self.fail(f"Tab never reaches {identity}, but {self.focused()}")

        choosers = []
        self.page.on("filechooser", lambda chooser: choosers.append(chooser))
        tab_to("files")
        press("Enter")
        self.until(lambda: choosers)
        choosers[0].set_files(PHOTOS[:8])
        self.finish()
        names = self.names()
        tab_to(names[0])
        ring = "getComputedStyle(document.activeElement.closest('.slide')).outlineStyle"
        self.assertEqual(self.page.evaluate(ring), "solid", "the focus is seen")
        for key, at in (("ArrowRight", 1), ("ArrowDown", 6), ("ArrowUp", 1), ("End", 7), ("ArrowLeft", 6), ("Home", 0)):
            press(key)
            self.expect_focus(names[at])
        press("c")
        press("ArrowRight")
        press("c")
        expect(self.page.locator("#compare")).to_be_visible()
        press("Delete")
        expect(self.slides).to_have_count(7)
        self.expect_focus(names[2])
        press("Enter")
        expect(self.page.locator("#loupe h2")).to_have_text(names[2])
        press("ArrowRight")
        expect(self.page.locator("#loupe h2")).to_have_text(names[3])
        press("Escape")
        self.expect_focus(names[3])
        press("Shift+Tab")
        press("Shift+Tab")
        self.expect_focus("csv")
        for _ in range(5):  # Remove all, the slide, its two buttons, and out: Tab passes the other slides by
            press("Tab")
        self.expect_focus("undo")
        press("Enter")
        expect(self.slides).to_have_count(8)
        self.expect_focus(names[1])

    def test_a_folder_is_dropped_with_what_else_is_in_it(self):
        with tempfile.TemporaryDirectory() as folder:
            os.makedirs(os.path.join(folder, "deep", "deeper"))
            for at in range(120):  # a folder tells a hundred names at a time
                with open(os.path.join(folder, "deep", f"{at}.jpg"), "wb") as file:
                    file.write(plain((at, 100, 2 * at)))
            with open(os.path.join(folder, "deep", "deeper", "last.PNG"), "wb") as file:
                Image.new("RGB", (50, 40), "red").save(file, "PNG")
            with open(os.path.join(folder, "notes.txt"), "w") as file:
                file.write("no photo")
            self.page.evaluate("window.pretend = async () => Response.json({ photos: [{ score: 50 }] })")
            self.drop(folder)
            self.finish()
        expect(self.slides).to_have_count(121)
        expect(self.page.locator("#notice")).to_contain_text("1 file left out: not photographs.")
        self.assertEqual(self.names()[:3], ["0.jpg", "1.jpg", "2.jpg"], "equal scores stand as they came")


class Many(PageCase):
    def test_a_thousand_photos_stay_lean_and_leave_nothing(self):
        self.page.evaluate("window.pretend = async () => Response.json({ photos: [{ score: 100 * Math.random() }] })")
        with tempfile.TemporaryDirectory() as folder:
            for at in range(1000):
                with open(os.path.join(folder, f"{at}.jpg"), "wb") as file:
                    file.write(plain((at % 256, at // 256, 99), (8, 6)))
            self.page.set_input_files("#folder", folder)
            self.finish()
        expect(self.slides).to_have_count(1000)
        scores = [float(text.lstrip("<> ")) for text in self.slides.locator(".score").all_text_contents()]
        self.assertEqual(scores, sorted(scores, reverse=True))
        self.assertLess(self.page.evaluate("document.querySelectorAll('*').length"), 20 * 1000)
        self.assertEqual(self.page.evaluate("objectUrls.size"), 1000, "thumbnails")
        self.page.click("#clear")
        self.expect_focus("undo")
        self.page.click("#undo")
        expect(self.slides).to_have_count(1000)
        self.page.click("#clear")
        expect(self.slides).to_have_count(0)
        self.judge(harness.payload("one.jpg", plain("red")))
        expect(self.slides).to_have_count(1)
        self.slides.locator(".view").click()
        self.page.keyboard.press("Escape")
        expect(self.page.locator("#loupe")).to_be_hidden()
        self.until(lambda: self.page.evaluate("objectUrls.size") == 1)  # all others are given back


@unittest.skipUnless(PHOTOS, f"no photos in {harness.DATA}/oasis")
class WithoutJavaScript(PageCase):
    context = {"java_script_enabled": False, "viewport": {"width": 360, "height": 740}}

    def test_the_form_gets_a_page_with_the_scores(self):
        self.page.set_input_files("#files", PHOTOS[:3])
        expect(self.page.locator("#folder")).to_be_hidden()
        for check in accessibility.CHECKS:
            self.assertEqual(check(self.page), [], check.__name__)
        with self.page.expect_navigation() as navigation:
            self.page.get_by_role("button", name="Judge").click()
        self.assertEqual(navigation.value.status, 200)
        for check in accessibility.CHECKS:
            self.assertEqual(check(self.page), [], check.__name__)
        truth = {os.path.basename(path): self.oracle.judgement(path) for path in PHOTOS[:3]}
        best_first = sorted(truth, key=lambda name: -truth[name]["score"])
        self.assertEqual(self.page.locator("tbody th").all_text_contents(), best_first)
        numbers = [text.lstrip("<> ") for text in self.page.locator(".score").all_text_contents()]
        self.assertEqual(numbers, [shown(truth[name]) for name in best_first])
        for bar, name in zip(self.page.locator("meter").all(), best_first):
            self.assertAlmostEqual(float(bar.get_attribute("value")), rating(truth[name]), 1)
