"""What is measured and what it stands on: builds, PostgreSQL, the server."""

import contextlib
import glob
import json
import os
import pwd
import shutil
import socket
import subprocess
import time
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
WORK = ROOT / "target" / "bench"
TICKS = os.sysconf("SC_CLK_TCK")
PASSWORD = "correct horse"


def say(words):
    print(f"== {words}", flush=True)


def require(program, package):
    """Installs a program where it is missing, as scripts/test does."""
    if shutil.which(program):
        return
    say(f"Installing {package}")
    root = [] if os.geteuid() == 0 else ["sudo"]
    subprocess.run([*root, "apt-get", "update"], check=True, stdout=subprocess.DEVNULL)
    install = ["apt-get", "install", "--yes", "--no-install-recommends", package]
    subprocess.run([*root, *install], check=True, stdout=subprocess.DEVNULL)


def build():
    say("Building for release")
    subprocess.run(
        ["cargo", "build", "--locked", "--release", "--package", "hexpress", "--features", "probe"],
        check=True, cwd=ROOT,
    )
    return ROOT / "target" / "release" / "hexpress"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Postgres:
    """A server of its own, with everything that makes commits last as it is by default."""

    def __init__(self, folder=WORK / "postgres"):
        found = sorted(glob.glob("/usr/lib/postgresql/*/bin/initdb"), key=lambda path: int(path.split("/")[4]))
        self.programs = Path(found[-1] if found else shutil.which("initdb")).parent
        self.folder = folder
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        # It refuses to run as root.
        self.account = pwd.getpwnam("postgres").pw_name if os.geteuid() == 0 else None
        if self.account:
            shutil.chown(self.folder, self.account)
        self.port = free_port()
        self.run("initdb", "--username=bench", "--auth=trust", "--encoding=UTF8", "--locale=C", "--lc-ctype=C.UTF-8")
        with open(self.folder / "data" / "postgresql.conf", "a") as settings:
            settings.write(
                f"listen_addresses = '127.0.0.1'\nport = {self.port}\nunix_socket_directories = ''\n"
                "max_connections = 200\nshared_buffers = '512MB'\nmax_wal_size = '8GB'\n"
            )
        try:
            self.run("pg_ctl", "start", "--wait", "--silent", "--log", str(self.folder / "log"))
        except BaseException:
            with contextlib.suppress(subprocess.CalledProcessError):
                self.stop()
            raise

    def run(self, program, *arguments):
        command = [str(self.programs / program), "--pgdata", str(self.folder / "data"), *arguments]
        subprocess.run(command, check=True, user=self.account, cwd="/", stdout=subprocess.DEVNULL)

    def stop(self):
        self.run("pg_ctl", "stop", "--wait", "--silent", "--mode=fast")

    def url(self, name):
        return f"postgres://bench@127.0.0.1:{self.port}/{name}?sslmode=disable"

    def sql(self, name, text):
        command = ["psql", self.url(name), "--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "--command", text]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        return done.stdout.strip()

    def create(self, name):
        self.sql("postgres", f"CREATE DATABASE {name}")
        return self.url(name)

    def bench(self, name, script, seconds, connections, variables):
        """Transactions a second of a script in bench/sql, and their median latency in µs."""
        log = WORK / "pgbench"
        shutil.rmtree(log, ignore_errors=True)
        log.mkdir(parents=True)
        values = [part for key, value in variables.items() for part in ("--define", f"{key}={value}")]
        command = [
            str(self.programs / "pgbench"), "--no-vacuum", "--protocol=prepared", f"--client={connections}", "--jobs=2",
            f"--time={seconds}", *values, "--file", str(ROOT / "bench" / "sql" / script), self.url(name),
        ]
        done = subprocess.run(command, check=True, capture_output=True, text=True, cwd=log)
        for line in done.stdout.splitlines():
            if line.startswith("tps = "):
                return float(line.split()[2])
        raise RuntimeError(done.stdout + done.stderr)


def environment(url, settings):
    """What the server is run with: as in production, but for the limits on clients."""
    return {
        "PATH": os.environ["PATH"], "APP_ENV": "production", "DATABASE_URL": url, "AUTO_MIGRATE": "true",
        "HOST": "127.0.0.1", "PORT": "0", "RATE_LIMIT_PER_MINUTE": "0", "SIGNUP_LIMIT_PER_HOUR": "0",
        "LOGIN_LIMIT_PER_MINUTE": "0", "SHUTDOWN_DELAY_MS": "0", "HEXPRESS_PASSWORD": PASSWORD, **settings,
    }


def run(program, url, *arguments):
    """Runs a command of the program, with time for what is done once in a million rows."""
    command = [str(program), *arguments]
    patient = environment(url, {"DB_STATEMENT_TIMEOUT_MS": "600000", "REQUEST_TIMEOUT_MS": "900000"})
    subprocess.run(command, check=True, env=patient, cwd=WORK, capture_output=True)


class Server:
    """The program, and how much of the machine it has used."""

    def __init__(self, program, url, stderr=subprocess.DEVNULL, **settings):
        begun = time.monotonic()
        # Its log is written, and thrown away: a line for each request, as in production.
        self.process = subprocess.Popen(
            [str(program)], env=environment(url, settings), cwd=WORK, text=True,
            stdout=subprocess.PIPE, stderr=stderr,
        )
        try:
            for line in self.process.stdout:
                if "http://" in line:
                    self.base = "http://" + line.split("http://")[1].split()[0].rstrip("/")
                    break
            else:
                raise RuntimeError("the server does not start")
            self.get("/api/health/ready")
        except BaseException:
            self.stop()
            raise
        self.start_ms = (time.monotonic() - begun) * 1000

    def stop(self, seconds=None):
        """Ends it: in order, or at once where that takes longer."""
        self.process.terminate()
        try:
            self.process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.communicate()

    def address(self):
        host, port = self.base.removeprefix("http://").split(":")
        return host, int(port)

    def processor_us(self):
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(") ", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) * 1_000_000 / TICKS

    def memory_mib(self, which="VmRSS"):
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return next(int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith(which))

    def call(self, method, path, body=None, token=None):
        request = urllib.request.Request(self.base + path, method=method)
        if token:
            request.add_header("Authorization", f"Bearer {token}")
        if body is not None:
            request.add_header("Content-Type", "application/json")
            request.data = json.dumps(body).encode()
        with urllib.request.urlopen(request) as response:
            return json.load(response)

    def get(self, path, token=None):
        return self.call("GET", path, token=token)

    def sign_up(self, email, name):
        self.call("POST", "/api/users", {"email": email, "password": PASSWORD, "firstName": name, "lastName": "Siege"})

    def log_in(self, email):
        answer = self.call("POST", "/api/auth/login", {"email": email, "password": PASSWORD})
        return answer["data"]["token"]


@contextlib.contextmanager
def serving(program, url, **settings):
    server = Server(program, url, **settings)
    try:
        yield server
    finally:
        server.stop()
