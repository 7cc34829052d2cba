# Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
"""What is lost by leaving the page, and a page of which a part is lost."""

import os
import tempfile

from playwright.sync_api import expect

import harness
from page_case import PageCase, plain


class Leaving(PageCase):
    def asks(self):
        """Whether the browser would ask before it leaves."""
        return self.page.evaluate("""() => {
            const event = new Event('beforeunload', { cancelable: true });
            window.dispatchEvent(event);
            return event.defaultPrevented;
        }""")

    def test_scores_are_not_left_behind_unasked(self):
        self.assertFalse(self.asks())
        gate = self.hold()
        self.choose_plain(1)
        self.until(lambda: gate.held)
        self.assertTrue(self.asks(), "while judging")
        gate.open()
        self.finish()
        self.assertTrue(self.asks(), "with scores that no file has")
        with self.page.expect_download():
            self.page.click("#csv")
        self.assertFalse(self.asks())
        self.choose(harness.payload("new.jpg", plain("red")))
        self.until(lambda: len(self.names()) == 2)
        self.finish()
        self.assertTrue(self.asks())
        self.page.click("#clear")
        self.assertFalse(self.asks())


class Lost(PageCase):
    def test_without_one_module_the_form_still_works(self):
        self.page.route("**/explain.js", lambda route: route.abort())
        self.page.reload()
        self.page.set_input_files("#files", harness.payload("a.jpg", plain("red")))
        with self.page.expect_navigation() as navigation:
            self.page.get_by_role("button", name="Judge").click()
        self.assertEqual(navigation.value.status, 200)
        self.watched.errors.clear()  # of the module


class Folders(PageCase):
    def test_litter_is_neither_judged_nor_counted(self):
        self.answer(json={"photos": [{"score": 5}]})
        with tempfile.TemporaryDirectory() as folder:
            files = ("a.jpg", "._a.jpg", ".DS_Store", "Thumbs.db", "desktop.ini", ".trash/b.jpg")
            for name in files:
                os.makedirs(os.path.dirname(os.path.join(folder, name)), exist_ok=True)
                with open(os.path.join(folder, name), "wb") as file:
                    file.write(plain("red"))
            self.drop(folder)
            self.finish()
            self.assertEqual(self.names(), ["a.jpg"])
            expect(self.page.locator("#notice")).to_be_hidden()
            self.drop(os.path.join(folder, ".trash"))
            expect(self.page.locator("#notice")).to_contain_text("No photographs in there.")

    def test_a_folder_that_takes_its_time_is_told_and_what_is_unreadable_too(self):
        self.answer(json={"photos": [{"score": 5}]})
        self.page.evaluate("""() => {
            const reader = { readEntries: (found, failed) => (window.fail = failed) };
            DataTransferItem.prototype.webkitGetAsEntry = () => ({ isDirectory: true, createReader: () => reader });
        }""")
        with tempfile.TemporaryDirectory() as folder:
            self.drop(folder)
            expect(self.page.locator("#notice")).to_contain_text("Reading the folder…")
            self.page.evaluate("fail(new DOMException('gone'))")
            expect(self.page.locator("#notice")).to_contain_text("1 file or folder could not be read.")
