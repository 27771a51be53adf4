"""Load on a server, by wrk."""

import json
import subprocess
from dataclasses import dataclass

from .programs import ROOT, WORK

CONNECTIONS = 32


@dataclass
class Load:
    """What one run of wrk has found."""

    per_second: float
    p50_us: float
    p99_us: float
    # Of the server alone, for each request: on shared machines far steadier than the throughput.
    processor_us: float


def command(server, paths, seconds, connections, method, token, body):
    file = WORK / f"paths-{abs(hash(tuple(paths)))}"
    file.write_text("\n".join(paths) + "\n")
    extra = [method, str(file), token or ""] + ([json.dumps(body)] if body else [])
    threads = min(2, connections)
    return [
        "wrk", f"--threads={threads}", f"--connections={connections}", f"--duration={seconds}s", "--latency",
        "--script", str(ROOT / "bench" / "requests.lua"), server.base, "--", *extra,
    ]


def result(output):
    line = next(line for line in output.splitlines() if line.startswith("RESULT "))
    found = json.loads(line.removeprefix("RESULT "))
    if found["refused"] or found["broken"]:
        raise RuntimeError(f"requests failed: {found}")
    return found


def load(server, paths, seconds, connections=CONNECTIONS, method="GET", token=None, body=None):
    before = server.processor_us()
    wrk = command(server, paths, seconds, connections, method, token, body)
    done = subprocess.run(wrk, check=True, capture_output=True, text=True)
    used = server.processor_us() - before
    found = result(done.stdout)
    return Load(
        per_second=found["requests"] / found["seconds"],
        p50_us=found["p50_us"],
        p99_us=found["p99_us"],
        processor_us=used / max(found["requests"], 1),
    )


class Beside:
    """Load that goes on while something else is measured; what it is answered does not matter."""

    def __init__(self, server, paths, connections, method, body):
        wrk = command(server, paths, 600, connections, method, None, body)
        self.process = subprocess.Popen(wrk, stdout=subprocess.DEVNULL)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()
