# Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
"""The client that loads a server, on a server whose answers and pauses are known."""

import http.server
import json
import os
import sys
import threading
import time
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "bench"))
import serving_client  # noqa: E402

PAUSE = 0.05


class Answers(http.server.BaseHTTPRequestHandler):
    """Scores a photo by its length, after a pause; one photo at a time."""
    protocol_version = "HTTP/1.1"
    one_at_a_time = threading.Lock()
    asked = 0

    def do_POST(self):
        photo = self.rfile.read(int(self.headers["Content-Length"]))
        with self.one_at_a_time:
            time.sleep(PAUSE)
            Answers.asked += 1
            score = Answers.asked if photo == b"moody" else len(photo)
        body = json.dumps({"photos": [{"score": score}]}).encode()
        self.send_response(422 if photo == b"broken" else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Address:
    def __init__(self, port):
        self.host, self.port = "127.0.0.1", port


class ServingClient(unittest.TestCase):
    def setUp(self):
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answers)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.address = Address(self.server.server_address[1])
        Answers.asked = 0

    def tearDown(self):
        self.server.shutdown()
        self.server.server_close()

    def test_saturation_asks_each_request_once_and_keeps_the_scores(self):
        seconds, scores = serving_client.saturate(self.address, [b"a", b"bb", b"ccc"], 10, 4)
        self.assertEqual(Answers.asked, 10)
        self.assertEqual(scores, {0: 1, 1: 2, 2: 3})
        self.assertGreaterEqual(seconds, 10 * PAUSE)

    def test_latency_counts_from_when_a_request_was_due(self):
        # All due at once and served one by one: the last waits for all others, on however few connections.
        for connections in (1, 8):
            latencies = sorted(serving_client.trickle(self.address, [b"a"], 1e9, 8, connections))
            self.assertEqual(len(latencies), 8)
            self.assertGreaterEqual(latencies[0], PAUSE)
            self.assertGreaterEqual(latencies[-1], 8 * PAUSE)

    def test_a_refusal_or_another_score_ends_the_measurement(self):
        for photo in (b"broken", b"moody"):
            with self.assertRaises(serving_client.Broken):
                serving_client.saturate(self.address, [photo], 4, 2)


if __name__ == "__main__":
    unittest.main()
