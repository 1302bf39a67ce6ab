#!/usr/bin/env python3
"""Draws a trace of `pelton image --trace` as a picture: who waited, who computed, and when.

    /usr/bin/python3 scripts/plot_trace.py TRACE.json [-o PREFIX] [--from MS] [--to MS]

Writes PREFIX.svg and PREFIX.png (default: the trace's name without its ending). One row a thread and
one for the store lane; the I/O lane has a row for each file in flight at the same time. Below, the
number of files in flight and of threads at work.
"""
import argparse
import json
import sys

# Okabe & Ito 2008: told apart by readers with any kind of colour vision; the hatches help in print.
STYLES = {
    "load": ("#56B4E9", ""),
    "wait": ("#FFFFFF", "////"),
    "decode": ("#E69F00", ""),
    "compute": ("#D55E00", ""),
    "encode": ("#F0E442", ""),
    "store": ("#009E73", ""),
}
AT_WORK = ("decode", "compute", "encode")


def read_trace(path):
    """(lane names by id, [(lane, what, start ms, end ms)])."""
    with open(path, encoding="utf-8") as stream:
        events = json.load(stream)["traceEvents"]
    names, spans, open_loads = {}, [], {}
    for event in events:
        if event["ph"] == "M":
            names[event["tid"]] = event["args"]["name"]
        elif event["ph"] == "X":
            spans.append((event["tid"], event["name"], event["ts"] / 1e3, (event["ts"] + event["dur"]) / 1e3))
        elif event["ph"] == "b":
            open_loads[event["id"]] = event["ts"]
        elif event["ph"] == "e":
            spans.append((event["tid"], event["name"], open_loads.pop(event["id"]) / 1e3, event["ts"] / 1e3))
    if not spans:
        raise ValueError("no spans")
    return names, spans


def stack(spans):
    """Spreads spans that overlap over as few rows as it takes: [(row, span)], number of rows.

    Times are rounded to a microsecond: neighbours may seem to overlap by that much."""
    rows, placed = [], []
    for span in sorted(spans, key=lambda s: s[2]):
        row = next((i for i, end in enumerate(rows) if end <= span[2] + 0.002), len(rows))
        if row == len(rows):
            rows.append(0)
        rows[row] = span[3]
        placed.append((row, span))
    return placed, len(rows)


def counts(spans, kinds):
    """Steps of how many spans of these kinds are open: times, values."""
    # To 2 us, and ends first: neighbouring spans, whose times are rounded, must not count twice.
    spans = [s for s in spans if s[1] in kinds]
    changes = sorted([(round(s[2] * 500), 1) for s in spans] + [(round(s[3] * 500), -1) for s in spans])
    times, values, now = [0.0], [0], 0
    for time, change in changes:
        now += change
        times.append(time / 500)
        values.append(now)
    return times, values


def draw(names, spans, window, prefix):
    import matplotlib

    matplotlib.use("Agg")
    matplotlib.rcParams["svg.hashsalt"] = "pelton"
    import matplotlib.pyplot as plt
    from matplotlib.patches import Patch

    figure, (lanes, load) = plt.subplots(
        2, 1, figsize=(10, 5.5), sharex=True, height_ratios=(3, 1), layout="constrained"
    )
    top, ticks = 0, []
    for lane in sorted(names):
        placed, nrows = stack([s for s in spans if s[0] == lane])
        for row, (_, what, start, end) in placed:
            colour, hatch = STYLES[what]
            lanes.broken_barh(
                [(start, max(end - start, 0.01))], (top + row + 0.1, 0.8), facecolor=colour, hatch=hatch,
                edgecolor="#888888" if hatch else colour, linewidth=0 if not hatch else 0.3,
            )
        ticks.append((top + max(nrows, 1) / 2, names[lane]))
        top += max(nrows, 1) + 0.5
    lanes.set_yticks([t for t, _ in ticks], [name for _, name in ticks])
    lanes.invert_yaxis()
    lanes.legend(
        handles=[Patch(facecolor=c, hatch=h, edgecolor="#888888", label=w) for w, (c, h) in STYLES.items()],
        ncols=len(STYLES), loc="lower center", bbox_to_anchor=(0.5, 1.0), frameon=False,
    )
    for kinds, label, colour, dashes in ((("load",), "files in flight", "#56B4E9", "--"),
                                         (AT_WORK, "threads at work", "#D55E00", "-")):
        load.step(*counts(spans, kinds), where="post", label=label, color=colour, linestyle=dashes)
    load.set_xlabel("milliseconds")
    load.set_ylim(bottom=0)
    load.legend(loc="upper center", ncols=2, bbox_to_anchor=(0.5, 1.0))
    load.set_ylim(top=1.35 * load.get_ylim()[1])
    load.set_xlim(window[0], window[1] if window[1] is not None else max(s[3] for s in spans))
    for ending, metadata in (("svg", {"Date": None}), ("png", {})):
        figure.savefig(f"{prefix}.{ending}", dpi=130, metadata=metadata)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("trace")
    parser.add_argument("-o", dest="prefix")
    parser.add_argument("--from", dest="start", type=float, default=0.0, metavar="MS")
    parser.add_argument("--to", dest="end", type=float, metavar="MS")
    options = parser.parse_args()
    try:
        names, spans = read_trace(options.trace)
    except (OSError, ValueError, KeyError, TypeError) as reason:
        sys.exit(f"plot_trace.py: {options.trace} is not a trace of pelton: {reason}")
    try:
        draw(names, spans, (options.start, options.end), options.prefix or options.trace.rsplit(".", 1)[0])
    except ImportError as reason:
        sys.exit(f"plot_trace.py: {reason}; install python3-matplotlib and run it with /usr/bin/python3")


if __name__ == "__main__":
    main()
