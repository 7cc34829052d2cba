# Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
"""A stand-in for `emulsion serve`, for work on the page where nothing is built: scores follow from the bytes.

usage: stand_in.py [--listen HOST:PORT] [--delay SECONDS] [--busy N] [--token TOKEN]

Prints its address in one line, like the real one. --delay: each score takes as long; --busy: every N-th score is
refused with 503; --token: wants it as a bearer token. Python's standard library alone.
"""

import argparse
import email.parser
import email.policy
import hashlib
import html
import http.server
import itertools
import json
import math
import os
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))))
WEB = os.path.join(ROOT, "apps", "web")
TYPES = {".html": "text/html; charset=utf-8", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; connect-src 'self'; "
    "worker-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
MODEL = {
    "name": "stand-in", "fingerprint": hashlib.sha256(b"stand-in").hexdigest(), "height": 159, "width": 240,
    "workers": [{"name": "none", "device": "no device at all", "credits": 0, "jobs": 0}],
    "limits": {"body_bytes": 16 * 2**20},
}
ROWS, COLUMNS = 6, 8


class Unreadable(Exception):
    pass


def fraction(photo, salt):
    """A number in [0, 1) that follows from a photo's bytes."""
    return int.from_bytes(hashlib.sha256(salt + photo).digest()[:6], "big") / 2**48


def check(photo):
    whole_jpeg = photo[:3] == b"\xff\xd8\xff" and photo[-2:] == b"\xff\xd9"
    if not (whole_jpeg or photo[:8] == b"\x89PNG\r\n\x1a\n" or photo[8:12] == b"WEBP"):
        raise Unreadable("the file is broken, or no photo")


def score(photo):
    check(photo)
    return 100 * fraction(photo, b"score")


def falls(photo):
    """One hill that helped and one that hurt, somewhere; differences of log-odds."""
    def hill(salt, height):
        row, column = ROWS * fraction(photo, salt + b"row"), COLUMNS * fraction(photo, salt + b"column")
        return [height * math.exp(-((r - row) ** 2 + (c - column) ** 2) / 3) for r in range(ROWS) for c in range(COLUMNS)]

    return [a - b for a, b in zip(hill(b"helped", 2.1), hill(b"hurt", 0.7))]


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    requests = itertools.count(1)
    options = None

    def answer(self, status, body, content_type="application/json", headers=()):
        self.send_response(status)
        for name, value in (
            ("Content-Type", content_type), ("Content-Length", str(len(body))), ("Content-Security-Policy", POLICY),
            ("X-Content-Type-Options", "nosniff"), ("Referrer-Policy", "no-referrer"), *headers,
        ):
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def answer_json(self, status, value, headers=()):
        self.answer(status, json.dumps(value).encode(), headers=headers)

    def refuse(self, status, error, headers=()):
        self.answer_json(status, {"error": error, "request_id": "0"}, headers)

    def authorised(self):
        token = self.options.token
        return token is None or self.headers["Authorization"] == f"Bearer {token}"

    def do_GET(self):
        if self.path == "/v1/model":
            return self.answer_json(200, MODEL) if self.authorised() else self.refuse(401, "a token is wanted")
        name = "index.html" if self.path == "/" else self.path[1:]
        extension = os.path.splitext(name)[1]
        if extension not in TYPES or name not in os.listdir(WEB):
            return self.refuse(404, "there is no such page")
        with open(os.path.join(WEB, name), "rb") as file:
            self.answer(200, file.read(), TYPES[extension])

    do_HEAD = do_GET

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if not self.authorised():
            return self.refuse(401, "a token is wanted")
        if self.headers["Origin"] not in (None, f"http://{self.headers['Host']}"):
            return self.refuse(403, "another site's page asks")
        try:
            if self.path == "/v1/score":
                self.answer_score(body)
            elif self.path == "/v1/explain":
                map_ = {"rows": ROWS, "columns": COLUMNS, "falls": falls(body)}
                self.answer_json(200, {"request_id": "0", "score": score(body), **map_})
            elif self.path == "/":
                self.answer_form(body)
            else:
                self.refuse(404, "there is no such page")
        except Unreadable as error:
            self.refuse(422, str(error))

    def answer_score(self, photo):
        number = next(self.requests)
        if self.options.busy and number % self.options.busy == 0:
            return self.refuse(503, "the queue is full", [("Retry-After", "1")])
        time.sleep(self.options.delay)
        value = score(photo)
        entry = {"name": None, "score": value, "percentile": int(value)}
        self.answer_json(200, {"request_id": "0", "model": MODEL, "photos": [entry]})

    def answer_form(self, body):
        head = f"Content-Type: {self.headers['Content-Type']}\r\n\r\n".encode()
        form = email.parser.BytesParser(policy=email.policy.HTTP).parsebytes(head + body)
        photos = {part.get_filename() or "": score(part.get_payload(decode=True)) for part in form.iter_parts()}
        rows = [
            f"<tr><th>{html.escape(name)}</th><td><b class='score'>{int(value)}</b><meter value='{int(value)}' max='100'></meter>"
            for name, value in sorted(photos.items(), key=lambda photo: -photo[1])
        ]
        head = "<!doctype html><html lang='en'><title>Photo critic</title><h1>Scores</h1>"
        page = f"{head}<table><tbody>{''.join(rows)}</table></html>"
        self.answer(200, page.encode(), TYPES[".html"])

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        # Clients that go away are their own business.
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--listen", default="127.0.0.1:8080")
    parser.add_argument("--delay", type=float, default=0)
    parser.add_argument("--busy", type=int, default=0)
    parser.add_argument("--token")
    Handler.options = parser.parse_args()
    host, port = Handler.options.listen.rsplit(":", 1)
    server = Server((host, int(port)), Handler)
    print(f"http://{host}:{server.server_address[1]}/ stands in for emulsion serve", flush=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        sys.exit(0)


if __name__ == "__main__":
    main()
