# Copyright 2026 The Emulsion authors. SPDX-License-Identifier: Apache-2.0
"""Servers that hang, are gone, are busy, or want a token."""

import re

from playwright.sync_api import expect

import harness
from page_case import PageCase, plain

FACTS = {"name": "m", "fingerprint": "f" * 64}


class Server(PageCase):
    def told(self, **limits):
        """Opens the page anew, with a server that tells these limits."""
        self.page.route("**/v1/model", lambda route: route.fulfill(json={**FACTS, "limits": limits}))
        self.page.reload()
        expect(self.page.locator("#model")).to_contain_text("Judged by m, ffffffffffff.")

    def stopped(self, why):
        expect(self.page.locator("#count")).to_have_text(f"Stopped. 0 of 6 judged. {why}")
        expect(self.page.locator("#failures")).to_be_hidden()

    def test_one_that_hangs_stops_all(self):
        self.told(deadline_ms=-29_000)  # the page waits 30 seconds more
        gate = self.hold()
        self.choose_plain(6)
        self.stopped("The server does not answer.")
        expect(self.page.locator("#announcer")).to_have_text(re.compile(r"^Stopped\..* The server does not answer\.$"))
        gate.open_for_others()
        self.forget()
        self.page.evaluate("window.pretend = async () => Response.json({ photos: [{ score: 1 }] })")
        self.page.click("#stop")
        self.finish()
        expect(self.slides).to_have_count(6)

    def test_one_that_is_gone_behind_a_proxy_stops_all(self):
        for status in (502, 504):
            self.answer(status=status, body="<html>Bad gateway</html>", content_type="text/html")
            self.choose_plain(6)
            self.stopped("The server cannot be reached. Is it running?")
            self.page.click("#clear" if self.page.locator("#clear").is_visible() else "#stop")
            self.forget()
            self.page.reload()

    def test_one_that_had_no_time_fails_that_photograph_alone(self):
        self.answer(status=504, json={"error": "there was not enough time"})
        self.judge(harness.payload("a.jpg", plain("red")))
        expect(self.page.locator("#failures li")).to_contain_text("The server did not get to it in time.")

    def test_the_reason_of_a_wait_and_its_seconds(self):
        self.answer()
        self.choose_plain(1)
        count = self.page.locator("#count")
        expect(count).to_contain_text("; the server cannot be reached, on in ")
        self.forget()
        self.answer(status=503, json={}, headers={"Retry-After": "30"})
        expect(count).to_contain_text("; the server is busy, on in ")
        first = int(count.text_content().split()[-2])
        self.until(lambda: int(count.text_content().split()[-2]) <= first - 2)
        self.page.click("#stop")

    def test_lost_connections_and_busy_answers_are_counted_apart(self):
        answers = ["busy"] * 5 + ["lost"] * 3 + ["busy", "good"]

        def reply(route):
            answer = answers.pop(0)
            if answer == "lost":
                return route.abort()
            if answer == "busy":
                return route.fulfill(status=429, json={}, headers={"Retry-After": "0"})
            route.fulfill(json={"photos": [{"score": 5}]})

        self.page.route("**/v1/score", reply)
        self.choose_plain(1)
        self.finish()
        expect(self.slides.locator(".score")).to_have_text("5.0")
        self.assertEqual(answers, [])

    def explain_while_busy(self, seconds):
        """The sentence under the loupe, and the requests that a server which is always busy gets."""
        self.judge(harness.payload("a.jpg", plain("red")))
        asked = []

        def busy(route):
            asked.append(route)
            route.fulfill(status=503, json={"error": "full"}, headers={"Retry-After": str(seconds)})

        self.page.route("**/v1/explain", busy)
        self.slides.locator(".view").click()
        self.page.click("#loupe .what")
        return self.page.locator("#loupe .sentence"), asked

    def test_a_photograph_that_breaks_every_connection_fails_alone(self):
        # Each time some others are judged meanwhile.
        self.page.evaluate("""() => (window.pretend = async ({ name }) => {
            const broken = name === '0.jpg';
            await new Promise((resolve) => setTimeout(resolve, broken ? 300 : 200));
            if (broken) throw new TypeError('connection reset');
            return Response.json({ photos: [{ score: 5 }] });
        })""")
        self.choose_plain(100)
        self.finish()
        expect(self.slides).to_have_count(99)
        row = self.page.locator("#failures li")
        expect(row).to_contain_text("0.jpg The connection broke at this photograph, again and again.")

    def test_what_mattered_says_that_it_waits(self):
        sentence, _ = self.explain_while_busy(50)
        expect(sentence).to_have_text(re.compile(r"Waiting: the server is busy, on in [1-5]\d? s\."))
        first = int(sentence.text_content().split()[-2])
        self.until(lambda: int(sentence.text_content().split()[-2]) < first)

    def test_what_mattered_gives_up(self):
        sentence, asked = self.explain_while_busy(0)
        expect(sentence).to_have_text("The server was too busy, again and again. full")
        self.assertEqual(len(asked), 4)

    def test_how_many_were_judged_and_how_many_not(self):
        gate = self.hold(1)
        self.choose_plain(3)
        self.until(lambda: len(gate.held) == 2)
        bad, good = gate.held
        bad.fulfill(status=422, json={"error": "no photo"})
        expect(self.page.locator("#count")).to_have_text("1 of 3 judged, 1 not")
        good.continue_()
        self.finish()
        link = self.page.get_by_role("link", name="1 not judged")
        link.click()
        self.expect_focus("failures")


class Tokens(PageCase):
    def setUp(self):
        super().setUp()
        self.page.route("**/v1/*", self.guarded)
        self.page.reload()
        self.dialog = self.page.locator("#token")

    def guarded(self, route):
        if route.request.headers.get("authorization") != "Bearer sesame":
            return route.fulfill(status=401, json={"error": "a token is wanted"})
        route.fulfill(json=FACTS if route.request.method == "GET" else {"photos": [{"score": 12.5}]})

    def give(self, token):
        self.dialog.get_by_label("Token").fill(token)
        self.page.keyboard.press("Enter")

    def test_a_wrong_one_is_told_and_the_right_one_tells_the_model(self):
        self.choose_plain(2)
        alert = self.dialog.locator("[role=alert]")
        expect(self.dialog).to_be_visible()
        expect(alert).to_have_text("")
        self.give("simsim")
        expect(alert).to_have_text("That token was not accepted.")
        expect(self.page.locator("#model")).not_to_contain_text("Judged by")
        self.give(" sesame ")
        self.finish()
        expect(self.slides).to_have_count(2)
        expect(self.page.locator("#model")).to_contain_text("Judged by m")

    def test_one_that_no_header_can_carry_is_not_taken(self):
        self.choose_plain(1)
        expect(self.dialog).to_be_visible()
        self.give("žluťoučký")
        expect(self.dialog).to_be_visible()
        self.assertFalse(self.page.evaluate("document.getElementById('token-text').validity.valid"))
        self.give("sesame")
        self.finish()
        expect(self.slides).to_have_count(1)
