# Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
"""A client that loads `emulsion serve`: photos over connections that stay open. Standard library only."""

import http.client
import json
import random
import re
import subprocess
import threading
import time


class Broken(Exception):
    """The server is not there, or answers what it should not; the message is one line."""


class Server:
    """`emulsion serve` of a model on a free port, ready."""

    def __init__(self, program, model, threads):
        self.process = subprocess.Popen(
            [program, "serve", "--listen", "127.0.0.1:0", "--model", model, "--threads", str(threads),
             "--photos-a-minute", "1e9", "--max-client-connections", "256"],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        address = re.match(r"http://([\d.]+):(\d+)/", self.process.stdout.readline())
        if address is None:
            raise Broken("the server did not start")
        self.host, self.port = address[1], int(address[2])
        while self.get("/readyz").status != 200:
            time.sleep(0.01)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(timeout=30)

    def get(self, path):
        connection = http.client.HTTPConnection(self.host, self.port, timeout=60)
        connection.request("GET", path)
        response = connection.getresponse()
        response.read()
        connection.close()
        return response

    def resident_bytes(self):
        """Memory that the server holds now."""
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as status:
            return 1024 * int(re.search(r"VmRSS:\s+(\d+)", status.read())[1])


class Line:
    """One connection that stays open."""

    def __init__(self, server):
        self.connection = http.client.HTTPConnection(server.host, server.port, timeout=60)

    def score(self, photo):
        self.connection.request("POST", "/v1/score", body=photo, headers={"Content-Type": "image/jpeg"})
        response = self.connection.getresponse()
        body = response.read()
        if response.status != 200:
            raise Broken(f"status {response.status}: {body[:200]!r}")
        return json.loads(body)["photos"][0]["score"]


def saturate(server, photos, requests, connections):
    """Each connection asks again as soon as it is answered; the photos in turns. Returns the seconds for all requests, and
    the score of each photo. The same photo must score the same each time."""
    scores = {}

    def ask(line, number):
        which = number % len(photos)
        score = line.score(photos[which])
        if scores.setdefault(which, score) != score:
            raise Broken(f"photo {which} scored {scores[which]}, then {score}")

    return share(server, connections, requests, ask), scores


def trickle(server, photos, rate, requests, connections):
    """Requests that come by chance, `rate` a second, whether or not others have been answered. Returns the seconds from
    when each was due to its answer: one that had to wait for a free connection has waited too."""
    chance = random.Random(1)
    due, at = [], 0.0
    for _ in range(requests):
        at += chance.expovariate(rate)
        due.append(at)
    latencies = [0.0] * requests
    begin = time.perf_counter() + 0.1

    def ask(line, number):
        time.sleep(max(0.0, begin + due[number] - time.perf_counter()))
        line.score(photos[number % len(photos)])
        latencies[number] = time.perf_counter() - begin - due[number]

    share(server, connections, requests, ask)
    return latencies


def share(server, connections, requests, ask):
    """Opens connections, each of which calls ask(line, number) with the next number below `requests` until there is none.
    Returns the seconds. The first exception is raised here."""
    numbers, lock, failures = iter(range(requests)), threading.Lock(), []

    def work(line):
        try:
            while True:
                with lock:
                    number = next(numbers, None)
                if number is None:
                    return
                ask(line, number)
        except (Broken, OSError, http.client.HTTPException) as error:
            failures.append(error)

    lines = [Line(server) for _ in range(connections)]
    threads = [threading.Thread(target=work, args=(line,)) for line in lines]
    begin = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seconds = time.perf_counter() - begin
    for line in lines:
        line.connection.close()
    if failures:
        raise Broken(f"a request failed: {failures[0]}")
    return seconds
