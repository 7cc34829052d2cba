# Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
"""What is uploaded, and what becomes of it when the server says no."""

import csv
import io
import os
import re
import tempfile
import time

from PIL import Image
from playwright.sync_api import expect

import harness
from page_case import BROKEN, PageCase, plain


class Uploads(PageCase):
    def quadrants(self, size, **options):
        image = Image.new("RGB", size, "white")
        image.paste("red", (0, 0, size[0] // 2, size[1] // 2))
        image.paste("blue", (size[0] // 2, size[1] // 2, *size))
        return harness.jpeg(image, quality=95, **options)

    def sent(self):
        """The body of the last upload."""
        return bytes(self.page.evaluate("(async () => [...new Uint8Array(await uploads.at(-1).body.arrayBuffer())])()"))

    def uploaded(self):
        return Image.open(io.BytesIO(self.sent()))

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
        shape = self.slides.locator("img").evaluate("(image) => [image.naturalWidth, image.naturalHeight]")
        self.assertEqual(shape, [300, 400], "so is its thumbnail")

    def test_a_small_photo_goes_as_it_is(self):
        content = self.quadrants((800, 600))
        self.judge(harness.payload("small.jpg", content))
        self.assertEqual(self.sent(), content)

    def test_formats_that_only_the_browser_reads_become_jpeg(self):
        file = io.BytesIO()
        Image.new("RGB", (60, 40), "green").save(file, "GIF")
        self.judge(harness.payload("old.gif", file.getvalue(), "image/gif"))
        self.assertEqual((self.uploaded().format, self.uploaded().size), ("JPEG", (60, 40)))
        expect(self.slides).to_have_count(1)

    def test_what_only_the_server_reads_goes_as_it_is_and_has_no_picture(self):
        content = b"P6 2 1 255\n" + bytes(6)
        self.answer(json={"photos": [{"score": 7.0, "percentile": 3}]})
        self.judge(harness.payload("old.ppm", content, "image/x-portable-pixmap"))
        self.assertEqual(self.sent(), content)
        self.slides.locator(".view").click()
        expect(self.page.locator("#loupe .unshown")).to_be_visible()
        expect(self.page.locator("#loupe .rank")).to_have_text("better than 3% of the reference photographs")

    def test_names_that_a_spreadsheet_would_run(self):
        names = ('=1+2,"x".jpg', "@sum.jpg", " \uff1d1.jpg", "a;=1+2.jpg")
        self.judge(*(harness.payload(name, plain((n, 0, 0))) for n, name in enumerate(names)))
        with self.page.expect_download() as download:
            self.page.click("#csv")
        with open(download.value.path(), encoding="utf-8-sig", newline="") as file:
            text = file.read()
        names = {row["name"] for row in csv.DictReader(io.StringIO(text))}
        self.assertEqual(names, {"'=1+2,\"x\".jpg", "'@sum.jpg", "' \uff1d1.jpg", "a;=1+2.jpg"})
        self.assertIn('"a;=1+2.jpg",', text, "a semicolon parts no fields")

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


class Failures(PageCase):
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
        expect(self.page.locator("#count")).to_contain_text(re.compile("the server is busy, on in [12] s"))
        self.finish()
        expect(self.slides).to_have_count(1)
        self.assertEqual(len(times), 3)
        for before, after in zip(times, times[1:]):
            self.assertGreater(after - before, 1.9)

    def test_a_file_over_the_limit_is_not_even_sent(self):
        model = {"name": "m", "fingerprint": "f" * 64, "limits": {"body_bytes": 2**20}}
        self.page.route("**/v1/model", lambda route: route.fulfill(json=model))
        self.page.reload()
        expect(self.page.locator("#model")).to_contain_text("Judged by m, ffffffffffff.")
        self.judge(harness.payload("large.tif", bytes(2**20 + 1), "image/tiff"))
        expect(self.page.locator("#failures li")).to_contain_text("The file is too large for the server.It takes 1 MiB.")
        self.assertEqual(self.page.evaluate("uploads.length"), 0)

    def test_a_server_that_is_gone_stops_all_until_told(self):
        self.answer()
        self.choose_plain(9)
        count = self.page.locator("#count")
        expect(count).to_have_text("Stopped. 0 of 9 judged. The server cannot be reached. Is it running?")
        self.forget()
        self.page.click("#stop")
        self.finish()
        expect(self.slides).to_have_count(9)

    def test_a_file_that_was_deleted_meanwhile_fails_alone(self):
        with tempfile.TemporaryDirectory() as folder:
            paths = [os.path.join(folder, f"{n}.jpg") for n in range(6)]
            for n, path in enumerate(paths):
                with open(path, "wb") as file:
                    file.write(plain((n, 0, 0)))
            gate = self.hold()
            self.choose(*paths)
            self.until(lambda: len(gate.held) == 4)
            os.remove(paths[5])
            gate.open()
            self.finish()
        expect(self.slides).to_have_count(5)
        expect(self.page.locator("#failures li")).to_contain_text("The file can no longer be read.")

    def test_removing_all_in_the_middle_begins_nothing_more(self):
        gate = self.hold()
        self.choose_plain(30)
        self.until(lambda: len(gate.held) == 4)
        self.page.click("#clear")
        expect(self.page.locator("#progress")).to_be_hidden()
        self.page.wait_for_timeout(500)  # for a fifth, were there one
        self.assertEqual(self.page.evaluate("uploads.length"), 4)
        gate.open_for_others()
        self.page.click("#undo")
        self.finish()
        expect(self.slides).to_have_count(30)

    def test_stop_and_go_on(self):
        gate = self.hold()
        self.choose_plain(9)
        self.until(lambda: len(gate.held) == 4)
        self.page.click("#stop")
        expect(self.page.locator("#count")).to_contain_text("Stopped. 0 of 9 judged.")
        self.until(lambda: all(route.request.failure == "net::ERR_ABORTED" for route in gate.held))
        gate.open_for_others()
        self.page.click("#stop")
        self.finish()
        expect(self.slides).to_have_count(9)

    def test_a_refusal_from_before_the_token_is_no_reason_to_ask_again(self):
        gate = self.hold()
        self.choose_plain(2)
        self.until(lambda: len(gate.held) == 2)
        first, second = gate.held
        gate.held = []
        gate.open()
        first.fulfill(status=401, json={"error": "a token is wanted"})
        dialog = self.page.locator("#token")
        dialog.get_by_label("Token").fill("sesame")
        self.page.keyboard.press("Enter")
        expect(self.slides.filter(has_text="being judged")).to_have_count(1)
        second.fulfill(status=401, json={"error": "a token is wanted"})
        self.finish()
        expect(self.slides).to_have_count(2)
        self.assertEqual(self.page.evaluate("uploads.at(-1).headers.authorization"), "Bearer sesame")

    def test_a_token_is_asked_for_once(self):
        def guarded(route):
            if route.request.headers.get("authorization") == "Bearer sesame":
                return route.fulfill(json={"photos": [{"score": 12.5, "percentile": None}]})
            route.fulfill(status=401, json={"error": "a token is wanted"})

        self.page.route("**/v1/score", guarded)
        self.choose_plain(6)
        dialog = self.page.locator("#token")
        dialog.get_by_role("button", name="Cancel").click()
        expect(self.page.locator("#count")).to_have_text("Stopped. 0 of 6 judged. The server wants a token.")
        self.page.click("#stop")
        dialog.get_by_label("Token").fill("sesame")
        self.page.keyboard.press("Enter")
        self.finish()
        expect(self.slides).to_have_count(6)
        expect(dialog).to_be_hidden()
