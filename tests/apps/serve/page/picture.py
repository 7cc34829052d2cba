# Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
"""The picture of the page in docs/: thirty photos of OASIS, judged by a server that runs.

usage: picture.py URL OUT.jpg

The photos are chosen for their spread: the built-in model takes most others for good ones.
"""

import io
import os
import sys

from PIL import Image
from playwright.sync_api import sync_playwright

import harness

NAMES = (
    "pinecone_1 raccoon_1 flowers_8 dog_29 acorns_1 tiger_2 bridge_1 bird_3 sunflower_1 food_5 lake_12 chipmunk_2 horse_1 "
    "boat_1 cat_10 beach_1 sunset_1 galaxy_5 sunset_3 bird_1 cat_4 meerkat_1 dog_5 lake_5 bubble_2 snow_4 "
    "thunderstorm_6 rainbow_1 lightning_1 snow_3"
)
LARGEST = 300_000  # bytes: it is loaded with the README

url, out = sys.argv[1:]
photos = [os.path.join(harness.DATA, "oasis", "photos", f"{name}.jpg") for name in NAMES.split()]
with sync_playwright() as playwright:
    sandbox = ["--no-sandbox"] if os.getuid() == 0 else []
    browser = playwright.chromium.launch(executable_path=harness.CHROMIUM, args=sandbox)
    page = browser.new_page(viewport={"width": 1280, "height": 900}, color_scheme="light")
    page.goto(url)
    page.set_input_files("#files", photos)
    page.locator(".slide .score:not(:empty)").nth(len(photos) - 1).wait_for()
    page.locator("#progress").wait_for(state="hidden")
    # Slides far from the window are not drawn.
    page.set_viewport_size({"width": 1280, "height": page.evaluate("document.documentElement.scrollHeight")})
    page.wait_for_timeout(500)  # the last thumbnails are drawn
    image = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    browser.close()

for quality in range(92, 40, -4):
    content = harness.jpeg(image, quality=quality, optimize=True)
    if len(content) < LARGEST:
        break
with open(out, "wb") as file:
    file.write(content)
