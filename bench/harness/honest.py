"""Honest clients: what they do, and how they fare."""

import http.client
import json
import signal
import threading
import time
from collections import Counter
from dataclasses import dataclass

from .programs import PASSWORD

CLIENTS = 10
EMAILS = [f"honest{number}@example.org" for number in range(CLIENTS)]
# Between two requests of a client, in seconds: about four requests a second of each, below what production allows.
PAUSE = 0.2
# Requests on one connection.
KEPT = 25
# What a client waits for an answer, in seconds.
PATIENCE = 60
# The attackers come first.
HEAD_START = 3


class Client:
    """Somebody with an address and an account, who does one thing after the other."""

    def __init__(self, number, target, end):
        self.address = f"127.0.1.{number + 1}"
        self.email = EMAILS[number]
        self.target, self.end = target, end
        self.begin = HEAD_START + number / CLIENTS
        self.found = []
        self.token = self.connection = None
        self.sent = 0

    def play(self):
        time.sleep(self.begin)
        while time.time() < self.end and not self.log_in():
            time.sleep(1)
        round_ = 0
        while time.time() < self.end:
            round_ += 1
            self.work(round_)

    def log_in(self):
        answer = self.ask("log in", "POST", "/api/auth/login", {"email": self.email, "password": PASSWORD})
        self.token = answer and answer["data"]["token"]
        return answer

    def work(self, round_):
        page = self.ask("list", "GET", "/api/posts?limit=10")
        if page:
            self.ask("read", "GET", f"/api/posts/{page['data'][round_ % len(page['data'])]['id']}")
        words = f"What {self.email} has to say for the {round_}th time. " * 20
        post = self.ask("create", "POST", "/api/posts", {"title": f"Honest words {round_}", "content": words})
        if post:
            path = f"/api/posts/{post['data']['id']}"
            self.ask("update", "PATCH", path, {"content": f"{words} That is all.", "status": "published"})
            self.ask("read one's own", "GET", path)
        self.ask("own tokens", "GET", "/api/auth/tokens")

    def ask(self, name, method, path, body=None):
        """The answer to a request, where it is a success."""
        if time.time() >= self.end:
            return None
        time.sleep(PAUSE)
        begun = time.monotonic()
        try:
            status, answer = self.exchange(method, path, body)
        except (OSError, ValueError, http.client.HTTPException) as error:
            self.close()
            self.found.append((name, None, time.monotonic() - begun, repr(error)))
            return None
        words = None if status < 400 else answer.get("error", {}).get("message")
        self.found.append((name, status, time.monotonic() - begun, words))
        return answer if status < 400 else None

    def exchange(self, method, path, body):
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        if body is not None:
            headers["Content-Type"] = "application/json"
            body = json.dumps(body).encode()
        if self.sent >= KEPT:
            self.close()
        while True:
            is_reused = self.connection is not None
            if not is_reused:
                source = (self.address, 0)
                self.connection = http.client.HTTPConnection(*self.target, timeout=PATIENCE, source_address=source)
            try:
                self.sent += 1
                self.connection.request(method, path, body, headers)
                response = self.connection.getresponse()
                answer = json.loads(response.read())
                if response.will_close:
                    self.close()
                return response.status, answer
            except (http.client.RemoteDisconnected, BrokenPipeError, ConnectionResetError):
                # The server may close a connection while nothing is asked on it. Who reads then asks again; who writes
                # cannot know.
                self.close()
                if not is_reused or method != "GET":
                    raise

    def close(self):
        if self.connection:
            self.connection.close()
        self.connection, self.sent = None, 0


def play(target, pipe):
    """Says that all are there, is told when the end is, plays them, and sends what they have found: names, statuses,
    seconds and errors."""
    # Ctrl-C is for whoever has started this.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    pipe.send("ready")
    end = pipe.recv()
    clients = [Client(number, target, end) for number in range(CLIENTS)]
    threads = [threading.Thread(target=client.play, daemon=True) for client in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    pipe.send([one for client in clients for one in client.found])


@dataclass
class Row:
    """Times in milliseconds."""

    count: int
    p50: float
    p99: float
    longest: float

    @classmethod
    def of(cls, seconds):
        times = sorted(second * 1000 for second in seconds) or [0]
        # The nearest rank.
        at = [times[max(0, -(-len(times) * share // 100) - 1)] for share in (50, 99)]
        return cls(len(seconds), *at, times[-1])


class Summary:
    """What honest clients have found, in numbers."""

    def __init__(self, found):
        answered = [one for one in found if one[1] is not None]
        self.by_name = {}
        for name, _, seconds, _ in answered:
            self.by_name.setdefault(name, []).append(seconds)
        self.every = Row.of([seconds for _, _, seconds, _ in answered])
        self.unanswered = len(found) - len(answered)
        self.server_errors = sum(status >= 500 for _, status, _, _ in answered)
        self.refused = sum(400 <= status < 500 for _, status, _, _ in answered)
        self.failures = Counter(
            f"{name}: {status or 'no answer'} {words}" for name, status, _, words in found if words is not None
        )

    def rows(self):
        yield from ((name, Row.of(seconds)) for name, seconds in self.by_name.items())
