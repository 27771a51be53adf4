"""Strangers that take what they can get and give nothing back, all at once. They share eight addresses and five accounts.

Each is paced so that it hurts by what it makes the server keep or do, not by how much it sends: the server shares its
cores with them.
"""

import asyncio
import contextlib
import json
import random
import signal
import socket
import struct
from collections import defaultdict
from time import time

from .programs import PASSWORD

EMAILS = [f"mallory{number}@example.org" for number in range(5)]
HOSTS = [f"127.0.0.{number}" for number in range(2, 10)]
# What is waited for, in seconds, before a socket is given up.
PATIENCE = 60
# Idle connections that each address wants, and requests whose body does not come, of all together.
IDLE = 1_100
UNSENT = 1_100
# Before a socket that was closed is opened again, in seconds.
REOPENED = 30


class Siege:
    def __init__(self, target, tokens):
        self.target, self.tokens = target, tokens
        self.end = 0
        self.loop = asyncio.get_running_loop()
        self.outcomes = defaultdict(lambda: defaultdict(int))

    def head(self, method, path, *fields, token=None):
        lines = [f"{method} {path} HTTP/1.1", f"Host: {self.target[0]}", *fields]
        if token:
            lines.append(f"Authorization: Bearer {token}")
        return ("\r\n".join(lines) + "\r\n\r\n").encode()

    def post(self, path, body, token=None):
        fields = ("Content-Type: application/json", f"Content-Length: {len(body)}")
        return self.head("POST", path, *fields, token=token) + body

    async def connect(self, host, receive=None):
        sock = socket.socket()
        try:
            sock.setblocking(False)
            if receive:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive)
            # Local ports are chosen when it connects: the same one may go to several places.
            sock.setsockopt(socket.IPPROTO_IP, getattr(socket, "IP_BIND_ADDRESS_NO_PORT", 24), 1)
            sock.bind((host, 0))
            await asyncio.wait_for(self.loop.sock_connect(sock, self.target), PATIENCE)
        except BaseException:
            sock.close()
            raise
        return sock

    async def send(self, sock, data):
        await asyncio.wait_for(self.loop.sock_sendall(sock, data), PATIENCE)

    async def answer(self, sock):
        """The status of an answer, of which the rest is thrown away as it comes; closed connections have none."""
        data = await asyncio.wait_for(self.loop.sock_recv(sock, 65536), PATIENCE)
        return data[9:12].decode(errors="replace") or "closed"

    async def drain(self, sock):
        while await asyncio.wait_for(self.loop.sock_recv(sock, 1 << 20), PATIENCE):
            pass

    async def ask(self, host, request, is_read=False):
        """The status of the answer to a request on a connection of its own."""
        sock = await self.connect(host)
        try:
            # It may be answered before all of it is sent.
            with contextlib.suppress(ConnectionError):
                await self.send(sock, request)
            status = await self.answer(sock)
            if is_read:
                await self.drain(sock)
            return status
        finally:
            sock.close()

    async def repeat(self, name, act, pause, *what):
        """Does it again and again, and counts how it ends."""
        # Not all in one moment.
        await asyncio.sleep(random.random() * max(pause, 1))
        while time() < self.end:
            try:
                outcome = await act(self, *what)
            except TimeoutError:
                outcome = "no answer"
            except OSError as error:
                outcome = type(error).__name__
            self.outcomes[name][outcome] += 1
            await asyncio.sleep(pause)


CHUNKED = ("Content-Type: application/json", "Transfer-Encoding: chunked")


async def in_bytes(siege, host, path, token, length, seconds):
    """A body in chunks of one byte, which never begins to be JSON."""
    sock = await siege.connect(host)
    try:
        await siege.send(sock, siege.head("POST", path, *CHUNKED, token=token))
        parts = 20
        # As above.
        with contextlib.suppress(ConnectionError):
            for _ in range(parts):
                await siege.send(sock, b"1\r\n \r\n" * (length // parts))
                await asyncio.sleep(seconds / parts)
            await siege.send(sock, b"0\r\n\r\n")
        return await siege.answer(sock)
    finally:
        sock.close()


async def unread(siege, host):
    """A page of long posts that nobody reads, held for as long as the server may hold it."""
    sock = await siege.connect(host, receive=4096)
    try:
        await siege.send(sock, siege.head("GET", "/api/posts?include=content&limit=20&sortBy=updatedAt"))
        await asyncio.sleep(40)
        return await siege.answer(sock)
    finally:
        sock.close()


async def unsent(siege, host):
    """The head of a login, and one byte of its body."""
    sock = await siege.connect(host)
    try:
        fields = ("Content-Type: application/json", "Content-Length: 100")
        await siege.send(sock, siege.head("POST", "/api/auth/login", *fields) + b"{")
        return await siege.answer(sock)
    finally:
        sock.close()


async def idle(siege, host):
    """A connection on which one thing is asked, and then nothing."""
    sock = await siege.connect(host)
    try:
        await siege.send(sock, siege.head("GET", "/api/health"))
        if await siege.answer(sock) == "closed":
            return "refused"
        while time() < siege.end:
            try:
                await asyncio.wait_for(siege.loop.sock_recv(sock, 65536), max(0.1, siege.end - time()))
                return "closed after an answer"
            except TimeoutError:
                break
        return "kept to the end"
    finally:
        sock.close()


async def hang_up(siege, host, token):
    """A post of 300 KB, whose author is gone 4 ms later."""
    sock = await siege.connect(host)
    try:
        words = "".join(random.choice("abcdefghijklmnopqrstuvwxyz     ") for _ in range(1_000))
        body = json.dumps({"title": "Gone already", "content": words * 300}).encode()
        await siege.send(sock, siege.post("/api/posts", body, token))
        await asyncio.sleep(0.004)
        # With a reset, not in order.
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        return "hung up"
    finally:
        sock.close()


async def chinese(siege, host, token, body):
    return await siege.ask(host, siege.post("/api/posts", body, token))


async def search(siege, host):
    letters = random.choice(["e", "q", "th", "zz", "的", "永和", "%", str(random.randrange(100))])
    encoded = "".join(f"%{byte:02x}" for byte in letters.encode())
    return await siege.ask(host, siege.head("GET", f"/api/posts?search={encoded}"))


async def bundle(siege, host):
    coding = random.choice(["br", "gzip", "zstd", "gzip, br, zstd", "identity"])
    fields = (f"Accept-Encoding: {coding}", "Connection: close")
    return await siege.ask(host, siege.head("GET", "/docs/swagger-ui-bundle.js", *fields), is_read=True)


async def log_in(siege, host):
    body = json.dumps({"email": EMAILS[-1], "password": PASSWORD}).encode()
    return await siege.ask(host, siege.post("/api/auth/login", body))


async def method(siege, host):
    return await siege.ask(host, siege.head("A" * 300_000, "/api/posts"))


def long_post():
    # Any three in a row are hardly ever the same: as many trigrams as there are characters.
    text = "".join(chr(random.randrange(0x4E00, 0x9FA5)) for _ in range(1_000_000))
    return json.dumps({"title": "一百万字", "content": text}, ensure_ascii=False).encode()


# For each attacker how many of it are at work at once, what each of them does, and its pause in seconds. What depends
# on its number is made when it begins.
ATTACKS = {
    "login_in_bytes": (
        120, lambda siege, n: (in_bytes, 1, HOSTS[n % 2], "/api/auth/login", None, 60_000, 15),
    ),
    "post_in_bytes": (
        2, lambda siege, n: (in_bytes, 1, HOSTS[2 + n], "/api/posts", siege.tokens[0], 1_000_000, 15),
    ),
    "unread_lists": (20, lambda siege, n: (unread, 1, HOSTS[4 + n % 2])),
    "unsent_bodies": (UNSENT, lambda siege, n: (unsent, REOPENED, HOSTS[2 + n % 2])),
    "idle_connections": (len(HOSTS) * IDLE, lambda siege, n: (idle, REOPENED, HOSTS[n % len(HOSTS)])),
    "hang_ups": (10, lambda siege, n: (hang_up, 0.5, HOSTS[6 + n % 2], siege.tokens[1 + n % 2])),
    "chinese_posts": (8, lambda siege, n: (chinese, 2, HOSTS[4], siege.tokens[3], long_post())),
    "short_searches": (10, lambda siege, n: (search, 1, HOSTS[n % 2])),
    "docs_bundle": (4, lambda siege, n: (bundle, 0.5, HOSTS[6 + n % 2])),
    # 1,500 in two minutes.
    "logins": (5, lambda siege, n: (log_in, 0.4, HOSTS[3 + n])),
    "long_methods": (2, lambda siege, n: (method, 1, HOSTS[n])),
}


async def lay(target, names, tokens, pipe):
    siege = Siege(target, tokens)
    attackers = []
    for name in names:
        count, make = ATTACKS[name]
        attackers += [(name, *make(siege, number)) for number in range(count)]
    pipe.send("ready")
    siege.end = pipe.recv()
    tasks = [asyncio.create_task(siege.repeat(*attacker)) for attacker in attackers]
    if not tasks:
        return {}
    _, late = await asyncio.wait(tasks, timeout=max(0.1, siege.end - time()))
    for task in late:
        task.cancel()
    for outcome in await asyncio.gather(*tasks, return_exceptions=True):
        if isinstance(outcome, Exception):
            raise outcome
    return {name: dict(outcomes) for name, outcomes in siege.outcomes.items()}


def play(target, names, tokens, pipe):
    """Says that these attackers are there, is told when the end is, plays them, and sends how often each of them had
    which outcome."""
    # Ctrl-C is for whoever has started this.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    pipe.send(asyncio.run(lay(target, names, tokens, pipe)))
