# Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
"""The page of the photo critic in a real browser.

usage: browser_test.py [--url URL | --stand-in] [--screens DIR] [TEST...]

Against a server that runs, or the stand-in; without either it starts build/release's `emulsion serve`. --screens:
pictures of the page in all its states go there too. Exits with 77 where there is no browser.
"""

import argparse
import contextlib
import csv
import io
import os
import random
import re
import sys
import tempfile
import time
import unittest

sys.dont_write_bytecode = True
import accessibility
import harness

try:
    from PIL import Image
    from playwright.sync_api import expect, sync_playwright
except ImportError as error:
    print(f"SKIPPED: {error}; scripts/witnesses installs it", file=sys.stderr)
    sys.exit(77)
if not os.access(harness.CHROMIUM, os.X_OK):
    print(f"SKIPPED: {harness.CHROMIUM} is not there", file=sys.stderr)
    sys.exit(77)

PHOTOS = harness.oasis(30)
BROKEN = harness.payload("broken.jpg", b"no photo at all " * 99)
browser, address, oracle = None, None, None
expect.set_options(timeout=1000 * harness.PATIENCE)


def name_of(path):
    return os.path.basename(path)


def plain(colour, size=(64, 48)):
    return harness.jpeg(Image.new("RGB", size, colour))


def until(condition):
    """Waits for what only this side can see."""
    end = time.monotonic() + harness.PATIENCE
    while not condition():
        if time.monotonic() > end:
            raise AssertionError("waited in vain")
        watched.page.wait_for_timeout(20)


watched = None


class PageTest(unittest.TestCase):
    context = {}

    def setUp(self):
        global watched
        watched = harness.WatchedPage(browser, address, **self.context)
        self.page = watched.page
        self.slides = self.page.locator(".slide:visible")

    def tearDown(self):
        self.assertEqual(watched.close(self.context.get("java_script_enabled", True)), [])

    def choose(self, *files):
        self.page.set_input_files("#files", list(files))

    def finish(self):
        expect(self.page.locator("#count")).to_be_attached()
        until(lambda: self.page.evaluate("document.documentElement.classList.contains('laid')"))
        expect(self.page.locator("#progress")).to_be_hidden()

    def judge(self, *files):
        self.choose(*files)
        self.finish()

    def names(self):
        return self.slides.locator(".name").all_text_contents()

    def focused(self):
        return self.page.evaluate("document.activeElement.closest('.slide')?.querySelector('.name').textContent ?? document.activeElement.id")

    def answer(self, **answer):
        """What the server seems to say to the next uploads, by status or abort; until forget()."""
        self.page.route("**/v1/score", lambda route: route.fulfill(**answer) if answer else route.abort())

    def forget(self):
        self.page.unroute("**/v1/score")


def drop(page, *paths):
    """What the browser does when files or folders are let go over the page."""
    session = page.context.new_cdp_session(page)
    data = {"items": [], "files": [os.path.abspath(path) for path in paths], "dragOperationsMask": 1}
    for kind in ("dragEnter", "dragOver", "drop"):
        session.send("Input.dispatchDragEvent", {"type": kind, "x": 500, "y": 400, "data": data})
    session.detach()


@unittest.skipUnless(PHOTOS, f"no photos in {harness.DATA}/oasis")
class ThirtyPhotos(PageTest):
    def test_a_drop_with_progress_sorted_scores_and_csv(self):
        gate = harness.Gate()
        self.page.route("**/v1/score", gate)
        drop(self.page, *PHOTOS)
        until(lambda: len(gate.held) == 4)
        expect(self.page.locator("#count")).to_have_text("0 of 30 judged")
        expect(self.page.locator("#done")).to_have_js_property("max", 30)
        self.page.wait_for_timeout(500)  # for a fifth, were there one
        self.assertEqual(len(gate.held), 4, "at a time")
        gate.let_go()
        expect(self.page.locator("#done")).to_have_js_property("value", 4)
        until(lambda: len(gate.held) == 4)
        expect(self.slides.filter(has_text="being judged")).to_have_count(4)
        gate.open()
        self.finish()
        expect(self.page.locator("#announcer")).to_contain_text("30 photographs judged. The best is")

        truth = {name_of(path): oracle.score(path) for path in PHOTOS}
        best_first = sorted(truth, key=lambda name: -truth[name])
        self.assertEqual(self.names(), best_first)
        self.assertEqual(self.slides.locator(".score").all_text_contents(), [f"{truth[name]:.1f}" for name in best_first])
        widths = self.page.evaluate("[...document.querySelectorAll('.slide .bar i')].map((bar) => parseFloat(bar.style.width))")
        for name, width in zip(best_first, widths):
            self.assertAlmostEqual(width, truth[name], 2)
        self.page.select_option("#order", "name")
        self.assertEqual(self.names(), sorted(truth, key=lambda name: [int(t) if t.isdigit() else t for t in re.split(r"(\d+)", name)]))
        self.page.select_option("#order", "score")

        with self.page.expect_download() as download:
            self.page.click("#csv")
        with open(download.value.path(), encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
        self.assertEqual([(row["name"], float(row["score"])) for row in rows], [(name, truth[name]) for name in best_first])

        least = int(sorted(truth.values())[17]) + 1
        good = [name for name in best_first if truth[name] >= least]
        self.page.locator("#least").fill(str(least))
        expect(self.page.locator("#shown")).to_have_text(f"{len(good)} of 30 photographs")
        self.assertEqual(self.names(), good)

    def test_compare_and_what_mattered(self):
        self.judge(*PHOTOS[:5])
        truth = {name_of(path): oracle.score(path) for path in PHOTOS[:5]}
        names = self.names()
        for at in (3, 1):
            self.slides.nth(at).locator(".pick").click()
        expect(self.page.locator("#tray")).to_contain_text(f"{names[3]}  and  {names[1]}")
        self.page.click("#compare")
        pair = self.page.locator("#pair")
        lead = truth[names[1]] - truth[names[3]]
        expected = f"{names[1]} leads by {lead:.1f} points" if lead >= 0.05 else "They score the same"
        expect(pair.locator("h2")).to_have_text(expected)
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
        path = next(path for path in PHOTOS if name_of(path) == names[1])
        with open(path, "rb") as file:
            truth = oracle.post("/v1/explain", file.read())
        drawn = self.page.evaluate(
            "(canvas) => [canvas.height, canvas.width, [...canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data]]",
            loupe.locator("canvas").element_handle(),
        )
        self.assertEqual(drawn[:2], [truth["rows"], truth["columns"]])
        most = max(abs(fall) for fall in truth["falls"])
        for i, fall in enumerate(truth["falls"]):
            red, _, blue, opacity = drawn[2][4 * i : 4 * i + 4]
            if most >= 0.005:
                self.assertAlmostEqual(opacity / 255, 0.82 * abs(fall) / most, delta=0.01)
            if opacity > 20:
                self.assertEqual(red > blue, fall > 0, "orange helped, blue hurt")
        if max(truth["falls"]) >= 0.005:
            expect(loupe.locator(".sentence")).to_contain_text(f"falls by {100 * max(truth['falls']):.1f} points")
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

        tab_to("files")
        with self.page.expect_file_chooser() as chooser:
            press("Enter")
        chooser.value.set_files(PHOTOS[:8])
        self.finish()
        names = self.names()
        tab_to(names[0])
        ring = "getComputedStyle(document.activeElement.closest('.slide')).outlineStyle"
        self.assertEqual(self.page.evaluate(ring), "solid", "the focus is seen")
        for key, at in (("ArrowRight", 1), ("ArrowDown", 6), ("ArrowUp", 1), ("End", 7), ("ArrowLeft", 6), ("Home", 0)):
            press(key)
            self.assertEqual(self.focused(), names[at], key)
        press("c")
        press("ArrowRight")
        press("c")
        expect(self.page.locator("#compare")).to_be_visible()
        press("Delete")
        expect(self.slides).to_have_count(7)
        self.assertEqual(self.focused(), names[2], "the next one has the focus")
        press("Enter")
        expect(self.page.locator("#loupe h2")).to_have_text(names[2])
        press("ArrowRight")
        expect(self.page.locator("#loupe h2")).to_have_text(names[3])
        press("Escape")
        self.assertEqual(self.focused(), names[3])
        press("Shift+Tab")
        press("Shift+Tab")
        self.assertEqual(self.focused(), "csv", "Tab passes the other slides by")
        tab_to("undo")
        press("Enter")
        expect(self.slides).to_have_count(8)
        self.assertEqual(self.focused(), names[1])

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
            self.answer(json={"photos": [{"score": 50.0}]})
            drop(self.page, folder)
            self.finish()
        expect(self.slides).to_have_count(121)
        expect(self.page.locator("#notice")).to_contain_text("1 file left out: not a photograph.")
        self.assertEqual(self.names()[:3], ["0.jpg", "1.jpg", "2.jpg"], "equal scores stand as they came")


class Uploads(PageTest):
    def quadrants(self, size, **options):
        image = Image.new("RGB", size, "white")
        image.paste("red", (0, 0, size[0] // 2, size[1] // 2))
        image.paste("blue", (size[0] // 2, size[1] // 2, *size))
        return harness.jpeg(image, quality=95, **options)

    def uploaded(self):
        content = self.page.evaluate("(async () => [...new Uint8Array(await uploads.at(-1).body.arrayBuffer())])()")
        return Image.open(io.BytesIO(bytes(content)))

    def test_a_large_photo_is_shrunk_and_turned_upright(self):
        exif = Image.Exif()
        exif[0x0112] = 6  # to be turned right
        self.judge(harness.payload("turned.jpg", self.quadrants((2000, 1500), exif=exif)))
        sent = self.uploaded()
        self.assertEqual((sent.format, sent.size), ("JPEG", (768, 1024)))
        self.assertNotIn(0x0112, sent.getexif())
        for at, red, blue in (((700, 50), True, False), ((50, 950), False, True), ((50, 50), True, True)):
            pixel = sent.convert("RGB").getpixel(at)
            self.assertEqual((pixel[0] > 128, pixel[2] > 128), (red, blue), at)
        shape = self.page.evaluate("(({ naturalWidth, naturalHeight }) => [naturalWidth, naturalHeight])(document.querySelector('.slide img'))")
        self.assertEqual(shape, [300, 400], "so is its thumbnail")

    def test_a_small_photo_goes_as_it_is(self):
        content = self.quadrants((800, 600))
        self.judge(harness.payload("small.jpg", content))
        sent = self.page.evaluate("(async () => [...new Uint8Array(await uploads.at(-1).body.arrayBuffer())])()")
        self.assertEqual(bytes(sent), content)

    def test_formats_that_only_the_browser_reads_become_jpeg(self):
        file = io.BytesIO()
        Image.new("RGB", (60, 40), "green").save(file, "GIF")
        self.judge(harness.payload("old.gif", file.getvalue(), "image/gif"))
        self.assertEqual((self.uploaded().format, self.uploaded().size), ("JPEG", (60, 40)))
        expect(self.slides).to_have_count(1)

    def test_names_that_a_spreadsheet_would_run(self):
        self.judge(harness.payload('=1+2,"x".jpg', plain("red")), harness.payload("@sum.jpg", plain("blue")))
        with self.page.expect_download() as download:
            self.page.click("#csv")
        with open(download.value.path(), encoding="utf-8-sig", newline="") as file:
            names = {row["name"] for row in csv.DictReader(file)}
        self.assertEqual(names, {"'=1+2,\"x\".jpg", "'@sum.jpg"})

    def test_pasted(self):
        self.page.evaluate("""async () => {
            const transfer = new DataTransfer();
            const canvas = new OffscreenCanvas(40, 30);
            canvas.getContext('2d').fillRect(0, 0, 20, 20);
            transfer.items.add(new File([await canvas.convertToBlob()], 'image.png', { type: 'image/png' }));
            document.dispatchEvent(new ClipboardEvent('paste', { clipboardData: transfer }));
        }""")
        self.finish()
        self.assertEqual(self.names(), ["image.png"])


class Failures(PageTest):
    def test_a_broken_file_has_its_reason_and_the_others_go_on(self):
        self.judge(BROKEN, harness.payload("good.jpg", plain("red")))
        row = self.page.locator("#failures li")
        expect(row).to_contain_text("broken.jpg")
        expect(row).to_contain_text("This is no photograph that the server can read.")
        self.assertEqual(self.names(), ["good.jpg"])
        row.get_by_role("button", name="Try broken.jpg again").click()
        self.finish()
        expect(row).to_have_count(1)
        row.get_by_role("button", name="Remove broken.jpg").click()
        expect(self.page.locator("#failures")).to_be_hidden()

    def test_a_server_that_fails_is_asked_again(self):
        self.answer(status=500, json={"error": "out of luck"})
        self.judge(harness.payload("a.jpg", plain("red")), harness.payload("b.jpg", plain("blue")))
        expect(self.page.locator("#failures li").first).to_contain_text("The server failed (500).out of luck")
        self.forget()
        self.page.click("#retry-all")
        self.finish()
        expect(self.slides).to_have_count(2)
        expect(self.page.locator("#failures")).to_be_hidden()

    def test_a_busy_server_is_waited_for(self):
        times = []

        def busy_twice(route):
            times.append(time.monotonic())
            if len(times) > 2:
                return route.continue_()
            route.fulfill(status=(429, 503)[len(times) - 1], headers={"Retry-After": "2"}, json={"error": "full"})

        self.page.route("**/v1/score", busy_twice)
        self.choose(harness.payload("a.jpg", plain("red")))
        expect(self.page.locator("#count")).to_contain_text("the server is busy, on in 2 s")
        self.finish()
        expect(self.slides).to_have_count(1)
        self.assertEqual(len(times), 3)
        for before, after in zip(times, times[1:]):
            self.assertGreater(after - before, 1.9)

    def test_a_server_that_is_gone_stops_all_until_told(self):
        self.answer()
        self.choose(*(harness.payload(f"{n}.jpg", plain((n, 0, 0))) for n in range(9)))
        expect(self.page.locator("#count")).to_have_text("Stopped. 0 of 9 judged. The server cannot be reached. Is it running?")
        self.forget()
        self.page.click("#stop")
        self.finish()
        expect(self.slides).to_have_count(9)

    def test_stop_and_go_on(self):
        gate = harness.Gate()
        self.page.route("**/v1/score", gate)
        self.choose(*(harness.payload(f"{n}.jpg", plain((n, 0, 0))) for n in range(9)))
        until(lambda: len(gate.held) == 4)
        self.page.click("#stop")
        expect(self.page.locator("#count")).to_contain_text("Stopped. 0 of 9 judged.")
        self.assertEqual([route.request.failure for route in gate.held], ["net::ERR_ABORTED"] * 4)
        self.forget()
        self.page.click("#stop")
        self.finish()
        expect(self.slides).to_have_count(9)

    def test_a_token_is_asked_for_once(self):
        def guarded(route):
            if route.request.headers.get("authorization") == "Bearer sesame":
                return route.fulfill(json={"photos": [{"score": 12.5, "percentile": None}]})
            route.fulfill(status=401, json={"error": "a token is wanted"})

        self.page.route("**/v1/score", guarded)
        self.choose(*(harness.payload(f"{n}.jpg", plain((n, 0, 0))) for n in range(6)))
        dialog = self.page.locator("#token")
        dialog.get_by_role("button", name="Cancel").click()
        expect(self.page.locator("#count")).to_have_text("Stopped. 0 of 6 judged. The server wants a token.")
        self.page.click("#stop")
        dialog.get_by_label("Token").fill("sesame")
        self.page.keyboard.press("Enter")
        self.finish()
        expect(self.slides).to_have_count(6)
        expect(dialog).to_be_hidden()


class Many(PageTest):
    def test_a_thousand_photos_stay_lean_and_leave_nothing(self):
        rng = random.Random(1)
        self.page.route("**/v1/score", lambda route: route.fulfill(json={"photos": [{"score": 100 * rng.random()}]}))
        with tempfile.TemporaryDirectory() as folder:
            for at in range(1000):
                with open(os.path.join(folder, f"{at}.jpg"), "wb") as file:
                    file.write(plain((at % 256, at // 256, 99), (8, 6)))
            self.page.set_input_files("#folder", folder)
            self.finish()
        expect(self.slides).to_have_count(1000)
        scores = [float(text) for text in self.slides.locator(".score").all_text_contents()]
        self.assertEqual(scores, sorted(scores, reverse=True))
        self.assertLess(self.page.evaluate("document.querySelectorAll('*').length"), 20 * 1000)
        self.assertEqual(self.page.evaluate("objectUrls.size"), 1000, "thumbnails")
        self.page.click("#clear")
        self.assertEqual(self.focused(), "undo")
        self.page.click("#undo")
        expect(self.slides).to_have_count(1000)
        self.page.click("#clear")
        expect(self.slides).to_have_count(0)
        self.judge(harness.payload("one.jpg", plain("red")))
        self.slides.locator(".view").click()
        self.page.keyboard.press("Escape")
        expect(self.page.locator("#loupe")).to_be_hidden()
        self.assertEqual(self.page.evaluate("objectUrls.size"), 1, "all others are given back")


@unittest.skipUnless(PHOTOS, f"no photos in {harness.DATA}/oasis")
class WithoutJavaScript(PageTest):
    context = {"java_script_enabled": False}

    def test_the_form_gets_a_page_with_the_score(self):
        self.page.set_input_files("#files", PHOTOS[0])
        expect(self.page.locator("#folder")).to_be_hidden()
        with self.page.expect_navigation() as navigation:
            self.page.get_by_role("button", name="Judge").click()
        self.assertEqual(navigation.value.status, 200)
        numbers = [float(text) for text in re.findall(r"\d+\.\d+", self.page.locator("body").inner_text())]
        self.assertTrue(any(abs(number - oracle.score(PHOTOS[0])) < 0.051 for number in numbers), numbers)


class Looks(PageTest):
    """Every state of the page, by day and night, at a desk and on phones: names, contrast, sizes, no sideways scrolling."""

    screens = None

    def look(self, state, words):
        # What fades in has arrived.
        self.page.wait_for_timeout(300)
        for check in (accessibility.unnamed, accessibility.contrast, accessibility.small_targets, accessibility.too_wide):
            self.assertEqual(check(self.page), [], f"{check.__name__} of {state}, {words}")
        if self.screens:
            self.page.screenshot(path=os.path.join(self.screens, f"{words}-{state}.png"))

    def walk(self, words):
        photos = PHOTOS or [harness.payload(f"{n}.jpg", plain((9 * n, 80, 160), (640, 480))) for n in range(12)]
        self.look("1-empty", words)
        gate = harness.Gate(7)
        self.page.route("**/v1/score", gate)
        self.choose(*photos)
        until(lambda: len(gate.held) == 4)
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


def add_looks():
    for words, size in (("desktop", (1280, 900)), ("phone", (390, 844)), ("small", (360, 640))):
        for scheme in ("light", "dark"):
            context = {"viewport": dict(zip(("width", "height"), size)), "color_scheme": scheme, "reduced_motion": "reduce"}
            test = lambda self, words=f"{words}-{scheme}": self.walk(words)
            name = f"Looks_{words}_{scheme}"
            globals()[name] = type(name, (Looks,), {"context": context, "test_it": test})


def main():
    global browser, address, oracle
    parser = argparse.ArgumentParser()
    parser.add_argument("--url")
    parser.add_argument("--stand-in", action="store_true")
    parser.add_argument("--screens")
    parser.add_argument("tests", nargs="*")
    options = parser.parse_args()
    Looks.screens = options.screens
    add_looks()
    server = harness.running(harness.STAND_IN if options.stand_in else harness.REAL)
    with contextlib.nullcontext(options.url) if options.url else server as address, sync_playwright() as playwright:
        oracle = harness.Oracle(address)
        # Chromium's sandbox refuses to run as root, as which CI runs.
        sandbox = ["--no-sandbox"] if os.getuid() == 0 else []
        browser = playwright.chromium.launch(executable_path=harness.CHROMIUM, args=sandbox)
        try:
            unittest.main(argv=[sys.argv[0], *options.tests], verbosity=2)
        finally:
            browser.close()


if __name__ == "__main__":
    main()
