"""What is measured: each function fills in figures, and what they are held against."""

import time
import urllib.request

from .load import Beside, load
from .programs import free_port, run, say, serving

BENCH_EMAIL = "bench@example.org"
CONTENT = "All work and no play. " * 70
POST = {"title": "Bench %n", "content": CONTENT, "status": "published"}
# A word whose trigrams no other text holds.
RARE = "zyxwvq"
# What the layers around every request are, from the inside out (crates/web/src/router.rs).
LAYERS = (
    "nothing around it", "panics caught", "a limit on its time", "readable by pages of other origins",
    "with its id, headers and metrics", "compressed where it is asked for",
)
OFF = {"CACHE_MAX_BYTES": "0"}


class Store:
    """A database with so many posts, ready to be served. One that was filled before gets what is new alone."""

    def __init__(self, program, url, posts, is_filled=False):
        self.program, self.url, self.posts = program, url, posts
        run(program, url, "migrate", "up")
        titles = ["One to be read"]
        if not is_filled:
            self.fill()
            titles.append(f"One with {RARE}")
        with self.serving() as server:
            token = server.log_in(BENCH_EMAIL)
            for title in titles:
                post = {**POST, "title": title}
                self.post = server.call("POST", "/api/posts", post, token)["data"]
            product = {"name": "Engine", "priceCents": 250, "currency": "EUR", "stock": 1_000_000_000}
            self.product = server.call("POST", "/api/products", product, token)["data"]["id"]

    def fill(self):
        program, url, posts = self.program, self.url, self.posts
        say(f"Filling {url.split(':')[0]} with {posts:,} posts")
        run(program, url, "seed", "--yes", "--users", str(max(100, posts // 1000)), "--posts", str(posts),
            "--products", "100", "--orders", "300")
        run(program, url, "user", "create", "--email", BENCH_EMAIL, "--first-name", "Bench", "--last-name", "Mark",
            "--role", "admin")

    def serving(self, **settings):
        return serving(self.program, self.url, **settings)

    def slug(self):
        return f"/api/posts/slug/{self.post['slug']}"

    def id(self):
        return f"/api/posts/{self.post['id']}"


def length(server, path):
    with urllib.request.urlopen(server.base + path) as response:
        return len(response.read())


def probe(server, path):
    return f"/probe/{length(server, path)}"


def reads(report, kind, store, seconds):
    """Reads from memory, against a constant answer of their size."""
    page = "/api/posts?limit=10"
    with store.serving() as server:
        token = server.log_in(BENCH_EMAIL)
        constant = load(server, [probe(server, store.slug())], seconds)
        report.add(f"{kind}: constant answer as long as a post", constant)
        for name, path in (("slug", store.slug()), ("id", store.id())):
            found = load(server, [path], seconds)
            report.add(f"{kind}: post by {name}, cached", found, constant, goal=0.8)
        found = load(server, [store.slug()], seconds, token=token)
        report.add(f"{kind}: post by slug, cached, with a token", found, constant, goal=0.5)
        constant = load(server, [probe(server, page)], seconds)
        report.add(f"{kind}: constant answer as long as a page", constant)
        found = load(server, [page], seconds)
        report.add(f"{kind}: first page of 10, cached", found, constant, goal=0.7)


def protection(report, store, seconds):
    """What the log, metrics and limits on clients each leave of the quickest reads, those from memory."""

    def reading(name, against=None, **settings):
        with store.serving(**settings) as server:
            server.get(store.slug())
            found = load(server, [store.slug()], seconds)
        report.add(f"SQLite: post by slug, cached, {name}", found, against)
        return found

    with store.serving(LOG_LEVEL="off") as server:
        bytes = length(server, store.slug())
        inside = None
        for count, layer in enumerate(LAYERS):
            through = load(server, [f"/layers/{count}/{bytes}"], seconds)
            report.add(f"Constant answer, {layer}", through, inside)
            inside = through
    silent = reading("nothing logged", LOG_LEVEL="off")
    logged = reading("a line logged for each", silent)
    reading("metrics asked for as well", logged, METRICS_ADDR=f"127.0.0.1:{free_port()}")
    reading("clients limited as well", logged, RATE_LIMIT_PER_MINUTE="1000000")


def uncached_reads(report, postgres, database, stores, seconds):
    connections = 20
    pgbench = postgres.bench(database, "read.sql", seconds, connections, {"slug": stores["postgres"].post["slug"]})
    report.add("PostgreSQL: post by slug, pgbench", pgbench)
    with stores["postgres"].serving(**OFF, DB_POOL_MAX=str(connections)) as server:
        found = load(server, [stores["postgres"].slug()], seconds)
    report.add("PostgreSQL: post by slug, not cached", found, pgbench, goal=0.6)
    with stores["sqlite"].serving(**OFF) as server:
        sqlite = load(server, [stores["sqlite"].slug()], seconds)
    report.add("SQLite: post by slug, not cached, against PostgreSQL", sqlite, found, goal=2.0)


def writes(report, postgres, database, stores, seconds):
    connections = 20
    store = stores["postgres"]
    author = postgres.sql(database, f"SELECT id FROM users WHERE email = '{BENCH_EMAIL}'")
    values = {"author": author, "product": store.product}
    cart = {"items": [{"productId": store.product, "quantity": 1}]}
    for name, script, path, body, goal in (
        ("a post is created", "create.sql", "/api/posts", POST, 0.6),
        ("an order of the one hot product", "order.sql", "/api/orders", cart, 0.8),
    ):
        pgbench = postgres.bench(database, script, seconds, connections, values)
        report.add(f"PostgreSQL: {name}, pgbench", pgbench)
        with store.serving(DB_POOL_MAX=str(connections)) as server:
            found = load(server, [path], seconds, method="POST", token=server.log_in(BENCH_EMAIL), body=body)
        report.add(f"PostgreSQL: {name}", found, pgbench, goal=goal)
    with stores["sqlite"].serving() as server:
        token = server.log_in(BENCH_EMAIL)
        one = load(server, ["/api/posts"], seconds, connections=1, method="POST", token=token, body=POST)
        report.add("SQLite: a post is created, one writer", one)
        many = load(server, ["/api/posts"], seconds, connections=64, method="POST", token=token, body=POST)
        report.add("SQLite: a post is created, 64 writers", many, one, goal=5.0)


def beside_logins(report, kind, store, seconds):
    """How late reads come while passwords are hashed."""
    with store.serving() as server:
        alone = load(server, [store.slug()], seconds)
        report.add_p99(f"{kind}: post by slug, p99 alone", alone)
        logins = {"email": BENCH_EMAIL, "password": "a wrong guess"}
        with Beside(server, ["/api/auth/login"], 64, "POST", logins):
            time.sleep(1)
            busy = load(server, [store.slug()], seconds)
        report.add_p99(f"{kind}: post by slug, p99 while 64 log in", busy, alone, at_most=3.0)


def memory(report, kind, store, seconds):
    """Resident memory after full load on many different posts."""
    with store.serving() as server:
        listed = [server.get(f"/api/posts?limit=100&page={page}")["data"] for page in range(1, 51)]
        paths = [f"/api/posts/slug/{post['slug']}" for page in listed for post in page]
        load(server, [*paths, "/api/posts", "/api/products"], seconds)
        report.add_value(f"{kind}: memory after full load, {store.posts:,} posts", server.memory_mib(), "MiB", at_most=96)


def start(report, store):
    with store.serving() as server:
        report.add_value("SQLite: start to the first answer", server.start_ms, "ms", at_most=100)


def pages(server, deep):
    """Paths that read a part of a list each, by what they are called."""
    first = server.get("/api/posts?limit=10")
    # One of many: the newest posts are all of the author who writes what is measured.
    author = server.get("/api/posts?sortBy=createdAt&order=asc&limit=1")["data"][0]["author"]["id"]
    cursor = first["pagination"]["nextCursor"]
    post = first["data"][-1]
    orders = ("createdAt", "updatedAt", "publishedAt", "title", "viewCount")
    return {
        "by id": f"/api/posts/{post['id']}",
        "by slug": f"/api/posts/slug/{post['slug']}",
        **{f"first page by {order}": f"/api/posts?sortBy={order}" for order in orders},
        "second page by cursor": f"/api/posts?cursor={cursor}",
        "of one status": "/api/posts?status=published",
        "of one author": f"/api/posts?authorId={author}",
        "page 100": "/api/posts?page=100",
        "first page, no total": "/api/posts?count=none&limit=10",
        "deep page by cursor": f"/api/posts?cursor={deep}&count=none&limit=10",
        "search for a rare word": f"/api/posts?search={RARE}",
    }


def deep_cursor(server, pages):
    """The cursor behind so many pages of 10, reached by pages of 100."""
    cursor = server.get("/api/posts?limit=100&count=none")["pagination"]["nextCursor"]
    for _ in range(pages // 10 - 1):
        path = f"/api/posts?limit=100&count=none&cursor={cursor}"
        following = server.get(path)["pagination"]["nextCursor"]
        if following is None:
            break
        cursor = following
    return cursor


def sizes(report, kind, stores, seconds):
    """Median latency of one client without a cache, for each size of the database."""
    for store in stores:
        with store.serving(**OFF) as server:
            deep = deep_cursor(server, 10_000)
            for name, path in pages(server, deep).items():
                path_load = load(server, [path], seconds, connections=1)
                report.add_size(kind, name, store.posts, path_load.p50_us)


