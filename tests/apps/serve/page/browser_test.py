# Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
"""The page of the photo critic in a real browser.

usage: browser_test.py [--url URL | --stand-in | --program EMULSION] [--screens DIR] [CLASS[.TEST]...]

Against a server that runs, the stand-in, or `EMULSION serve` (that of build/release). --screens: pictures of the
page in all its states go there too. Exits with 77 where there is no browser.
"""

import argparse
import contextlib
import os
import sys
import unittest

sys.dont_write_bytecode = True
import harness

try:
    import PIL
    from playwright.sync_api import sync_playwright
except ImportError as error:
    own = os.path.join(harness.ROOT, ".venv", "bin", "python")
    if sys.prefix == sys.base_prefix and os.access(own, os.X_OK):
        os.execv(own, [own, *sys.argv])
    print(f"SKIPPED: {error}; scripts/witnesses installs it", file=sys.stderr)
    sys.exit(77)
if not os.access(harness.CHROMIUM, os.X_OK):
    print(f"SKIPPED: {harness.CHROMIUM} is not there; scripts/setup --tests installs it", file=sys.stderr)
    sys.exit(77)

from dialogs_cases import *
from leaving_cases import *
from looks_cases import *
from numbers_cases import *
from page_case import PageCase
from photos_cases import *
from removals_cases import *
from server_cases import *
from uploads_cases import *


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--url")
    parser.add_argument("--stand-in", action="store_true")
    parser.add_argument("--program", default=os.path.join(harness.ROOT, "build", "release", "bin", "emulsion"))
    parser.add_argument("--screens")
    parser.add_argument("tests", nargs="*")
    options = parser.parse_args()
    Looks.screens = options.screens
    command = [sys.executable, harness.STAND_IN] if options.stand_in else [options.program, "serve"]
    server = harness.running([*command, "--listen", "127.0.0.1:0"])
    with contextlib.nullcontext(options.url) if options.url else server as address, sync_playwright() as playwright:
        # Chromium's sandbox refuses to run as root, as which CI runs.
        sandbox = ["--no-sandbox"] if os.getuid() == 0 else []
        browser = playwright.chromium.launch(executable_path=harness.CHROMIUM, args=sandbox)
        PageCase.browser, PageCase.address, PageCase.oracle = browser, address, harness.Oracle(address)
        try:
            unittest.main(argv=[sys.argv[0], *options.tests], verbosity=2)
        finally:
            browser.close()


if __name__ == "__main__":
    main()
