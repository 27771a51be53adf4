"""Figures, the medians of all rounds, and what they are held against."""

import datetime
import json
import platform
import statistics
from collections import defaultdict
from dataclasses import dataclass, field

from .programs import ROOT

RESULTS = ROOT / "bench" / "results"


@dataclass
class Row:
    unit: str
    at_least: float | None = None
    at_most: float | None = None
    values: list = field(default_factory=list)
    ratios: list = field(default_factory=list)
    loads: list = field(default_factory=list)

    def reached(self):
        held = self.ratios or self.values
        if self.at_least is not None:
            return statistics.median(held) >= self.at_least
        if self.at_most is not None:
            return statistics.median(held) <= self.at_most
        return None


class Report:
    def __init__(self, settings):
        self.settings = settings
        self.rows = {}
        self.by_size = defaultdict(lambda: defaultdict(lambda: defaultdict(list)))

    def add(self, name, found, against=None, goal=None):
        """A throughput. Ratios are made within a round, from what ran one after the other."""
        row = self.rows.setdefault(name, Row("req/s", at_least=goal))
        row.values.append(rate(found))
        if against is not None:
            row.ratios.append(rate(found) / rate(against))
        if not isinstance(found, float):
            row.loads.append(found)
        print(f"   {name}: {rate(found):,.0f}/s", flush=True)

    def add_p99(self, name, found, against=None, at_most=None):
        row = self.rows.setdefault(name, Row("µs", at_most=at_most))
        row.values.append(found.p99_us)
        if against is not None:
            row.ratios.append(found.p99_us / against.p99_us)
        print(f"   {name}: {found.p99_us:,.0f} µs", flush=True)

    def add_value(self, name, value, unit, at_most):
        self.rows.setdefault(name, Row(unit, at_most=at_most)).values.append(value)
        print(f"   {name}: {value:,.1f} {unit}", flush=True)

    def add_size(self, kind, name, posts, p50_us):
        self.by_size[kind][name][posts].append(p50_us)
        print(f"   {kind}, {posts:,} posts, {name}: {p50_us:,.0f} µs", flush=True)

    def lines(self):
        yield "| what | median | p50 | p99 | processor each | ratio | goal | reached |"
        yield "| --- | ---: | ---: | ---: | ---: | ---: | ---: | --- |"
        for name, row in self.rows.items():
            cells = [name, f"{statistics.median(row.values):,.0f} {row.unit}"]
            for value in ("p50_us", "p99_us", "processor_us"):
                found = [getattr(load, value) for load in row.loads]
                cells.append(f"{statistics.median(found):,.0f} µs" if found else "")
            cells.append(f"{statistics.median(row.ratios):.2f}" if row.ratios else "")
            cells.append(goal(row))
            cells.append({True: "yes", False: "**no**", None: ""}[row.reached()])
            yield "| " + " | ".join(cells) + " |"
        for kind, names in self.by_size.items():
            yield ""
            counts = sorted({posts for sizes in names.values() for posts in sizes})
            yield f"| {kind}, p50 of one client | " + " | ".join(f"{posts:,} posts" for posts in counts) + " | ratio |"
            yield "| --- |" + " ---: |" * (len(counts) + 1)
            for name, found in names.items():
                medians = [statistics.median(found[posts]) for posts in counts if posts in found]
                cells = [f"{median:,.0f} µs" for median in medians] + [f"{medians[-1] / medians[0]:.2f}"]
                yield f"| {name} | " + " | ".join(cells) + " |"

    def save(self):
        """Keeps the figures by their date."""
        today = datetime.date.today().isoformat()
        file = RESULTS / f"{today}{'-quick' if self.settings['quick'] else ''}.json"
        rows = {
            name: {
                "unit": row.unit, "values": row.values, "ratios": row.ratios, "at_least": row.at_least,
                "at_most": row.at_most, "loads": [vars(load) for load in row.loads],
            }
            for name, row in self.rows.items()
        }
        found = {
            "date": today, "machine": f"{platform.machine()}, {processor()}", "settings": self.settings, "rows": rows,
            "by_size": self.by_size,
        }
        RESULTS.mkdir(exist_ok=True)
        file.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n")
        return file


def rate(found):
    return found if isinstance(found, float) else found.per_second


def goal(row):
    if row.at_least is not None:
        return f"≥ {row.at_least:g}"
    if row.at_most is not None:
        return f"≤ {row.at_most:g}" + ("" if row.ratios else f" {row.unit}")
    return ""


def processor():
    with open("/proc/cpuinfo") as file:
        names = [line.split(":")[1].strip() for line in file if line.startswith("model name")]
    return f"{len(names)} × {names[0]}" if names else "unknown"
