# Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
"""What the tests of the page need: a server, a browser, photos, and the server's own word on each."""

import contextlib
import glob
import io
import json
import os
import select
import subprocess
import tempfile
import urllib.parse
import urllib.request

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))))
STAND_IN = os.path.join(os.path.dirname(os.path.abspath(__file__)), "stand_in.py")
CHROMIUM = os.environ.get("EMULSION_CHROMIUM", "/usr/bin/chromium")
DATA = os.environ.get("EMULSION_DATA", os.path.join(ROOT, "..", "shared", "data"))
PATIENCE = 240  # seconds for anything: the machine may be slow, and nothing here depends on its speed

# Runs before the page's own scripts: notes what the page must not do, what it uploads, and the object URLs it holds.
# A test may set window.pretend, a function of the body that answers in the server's place.
WATCH = """
    window.violations = [];
    document.addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI }) => {
        violations.push(`${violatedDirective} ${blockedURI}`);
    });
    window.uploads = [];
    window.objectUrls = new Set();
    const fetch = window.fetch;
    window.fetch = (path, options = {}) => {
        if (options.body) uploads.push({ path, headers: Object.fromEntries(new Headers(options.headers)), body: options.body });
        return options.body && window.pretend ? window.pretend(options.body) : fetch(path, options);
    };
    const { createObjectURL, revokeObjectURL } = URL;
    URL.createObjectURL = (blob) => {
        const url = createObjectURL.call(URL, blob);
        objectUrls.add(url);
        return url;
    };
    URL.revokeObjectURL = (url) => {
        objectUrls.delete(url);
        revokeObjectURL.call(URL, url);
    };
"""


@contextlib.contextmanager
def running(command):
    """Starts a server that prints its address in its first line; gives the address."""
    log = tempfile.TemporaryFile("w+")  # a line a request
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True)
    try:
        ready, _, _ = select.select([process.stdout], [], [], PATIENCE)
        line = process.stdout.readline() if ready else ""
        address = next((word.rstrip(".,;") for word in line.split() if word.startswith("http://")), None)
        if address is None:
            log.seek(0)
            raise RuntimeError(f"{' '.join(command)} told no address: {line!r}; {log.read()[-500:]}")
        yield address
    finally:
        process.terminate()
        try:
            process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()


def oasis(count):
    """Paths of so many real photos, from all over the set; none where the set is absent."""
    paths = sorted(glob.glob(os.path.join(DATA, "oasis", "photos", "*.jpg")))
    return paths[:: max(1, len(paths) // count)][:count]


PHOTOS = oasis(30)


def jpeg(image, **options):
    file = io.BytesIO()
    image.save(file, "JPEG", **options)
    return file.getvalue()


def payload(name, content, mime="image/jpeg"):
    """A file for an <input>."""
    return {"name": name, "mimeType": mime, "buffer": content}


class Oracle:
    """The server, asked without the page."""

    def __init__(self, address):
        self.address = address

    def post(self, path, photo):
        url = urllib.parse.urljoin(self.address, path)
        request = urllib.request.Request(url, photo, {"Content-Type": "image/jpeg"})
        with urllib.request.urlopen(request, timeout=PATIENCE) as response:
            return json.load(response)

    def judgement(self, path):
        with open(path, "rb") as file:
            [photo] = self.post("/v1/score", file.read())["photos"]
        return photo

    def score(self, path):
        return self.judgement(path)["score"]


class Gate:
    """Holds the page's uploads back until it is opened; as the handler of a route."""

    def __init__(self, passes=0):
        self.held, self._passes = [], passes

    def __call__(self, route):
        if self._passes > 0:
            self._passes -= 1
            route.continue_()
        else:
            self.held.append(route)

    def let_go(self):
        """Those that wait now, not those that come meanwhile."""
        held, self.held = self.held, []
        for route in held:
            route.continue_()

    def open(self):
        self._passes = 10**9
        self.let_go()

    def open_for_others(self):
        """Those that wait now were broken off by the page."""
        held, self.held = self.held, []
        self.open()
        for route in held:
            route.abort()


class WatchedPage:
    """A page in a context of its own, and all that it did that it should not."""

    def __init__(self, browser, address, **context):
        self.address = address
        self.context = browser.new_context(**{"viewport": {"width": 1280, "height": 900}, **context})
        self.context.set_default_timeout(PATIENCE * 1000)
        self.context.add_init_script(WATCH)
        self.page = self.context.new_page()
        self.foreign, self.errors = [], []
        self.page.on("request", self._note_request)
        self.page.on("console", self._note_console)
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.goto(address)

    def _note_request(self, request):
        origin = urllib.parse.urljoin(self.address, "/")
        if not request.url.startswith((origin, "blob:" + origin)):
            self.foreign.append(request.url)

    def _note_console(self, message):
        # The browser itself logs every refusal, which the page has put into words by then; and asks for an icon
        # wherever a page names none.
        place = message.location.get("url", "")
        refused = message.text.startswith("Failed to load resource") and ("/v1/" in place or "/favicon.ico" in place)
        if message.type in ("error", "warning") and not refused:
            self.errors.append(message.text)

    def close(self, scripts=True):
        """What was wrong, as a list."""
        violations = self.page.evaluate("window.violations") if scripts else []
        self.page.unroute_all(behavior="ignoreErrors")  # uploads that the page broke off while they were held
        self.context.close()
        return self.foreign + self.errors + violations
