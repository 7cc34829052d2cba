# Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
"""The picture of the page in docs/: fifteen photos of OASIS, judged by a server that runs.

usage: picture.py URL OUT.jpg

The photos are chosen for their spread: the built-in model is sure of most others.
"""

import io
import os
import sys

from PIL import Image
from playwright.sync_api import sync_playwright

import harness

NAMES = (
    "raccoon_1 bird_1 lake_4 sunset_6 dog_5 meerkat_1 beach_7 galaxy_6 lake_5 dessert_6 bubble_2 snow_4 "
    "thunderstorm_6 lightning_1 snow_3"
)
LARGEST = 200_000  # bytes: it is loaded with the README

url, out = sys.argv[1:]
photos = [os.path.join(harness.DATA, "oasis", "photos", f"{name}.jpg") for name in NAMES.split()]
with sync_playwright() as playwright:
    sandbox = ["--no-sandbox"] if os.getuid() == 0 else []
    browser = playwright.chromium.launch(executable_path=harness.CHROMIUM, args=sandbox)
    page = browser.new_page(viewport={"width": 1280, "height": 1030}, color_scheme="light")
    page.goto(url)
    page.set_input_files("#files", photos)
    page.locator(".slide .score", has_text=".").nth(len(photos) - 1).wait_for()
    page.locator("#progress").wait_for(state="hidden")
    page.wait_for_timeout(500)  # the last thumbnails are drawn
    image = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    browser.close()

for quality in range(92, 40, -4):
    content = harness.jpeg(image, quality=quality, optimize=True)
    if len(content) < LARGEST:
        break
with open(out, "wb") as file:
    file.write(content)
