"""Draws the cost against the size of the database. Run by the Python that bench/run installs matplotlib for."""

import json
import statistics
import sys

import matplotlib

matplotlib.use("svg")
matplotlib.rcParams["svg.hashsalt"] = "hexpress"
import matplotlib.pyplot as plot  # noqa: E402


def main(source, target):
    by_size = json.load(open(source))["by_size"]
    figure, axes = plot.subplots(1, len(by_size), figsize=(12, 5), sharey=True, squeeze=False)
    for axis, (kind, names) in zip(axes[0], by_size.items()):
        for name, sizes in names.items():
            counts = sorted(sizes, key=int)
            medians = [statistics.median(sizes[count]) for count in counts]
            axis.plot([int(count) for count in counts], medians, marker="o", label=name)
        axis.set(title=kind, xlabel="posts", xscale="log", yscale="log", ylabel="p50 of one client, no cache, in µs")
        axis.grid(True, which="both", alpha=0.2)
    axes[0][-1].legend(loc="center left", bbox_to_anchor=(1, 0.5))
    figure.savefig(target, bbox_inches="tight", metadata={"Date": None})


main(*sys.argv[1:])
