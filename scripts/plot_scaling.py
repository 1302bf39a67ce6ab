#!/usr/bin/env python3
"""Draws a scaling experiment: speedup with the ideal line, and efficiency.

    /usr/bin/python3 scripts/plot_scaling.py FILE.csv [-o PREFIX]

Reads what scripts/scaling.sh wrote (one row a run; columns it does not know are ignored) and writes
PREFIX.svg and PREFIX.png (default: the CSV's name without its ending). The same rows always give the
same SVG, byte for byte.
"""
import argparse
import csv
import math
import sys

SCHEMA = "pelton.scaling/1"
# Okabe & Ito 2008: told apart by readers with any kind of colour vision.
BLUE, VERMILION, BLACK, GRAY = "#0072B2", "#D55E00", "#000000", "#999999"


class BadFile(Exception):
    pass


def read_runs(path):
    """The rows as dicts of what is drawn: threads, wall_s, round, effective_cpus, ..."""
    with open(path, newline="", encoding="utf-8", errors="replace") as stream:
        # A NUL cannot be in a CSV, and some versions of the csv module stop at it without saying where.
        reader = csv.DictReader(line.replace("\0", "?") for line in stream)
        wanted = ("schema", "threads", "wall_s", "round")
        missing = [name for name in wanted if name not in (reader.fieldnames or [])]
        if missing:
            raise BadFile(f"{path}, line 1: no column {', '.join(missing)}; is this a scaling experiment?")
        runs = [read_run(path, reader.line_num, row) for row in reader]
        if not runs:
            raise BadFile(f"{path}, line 2: there are no runs below the header")
        return runs


def read_run(path, line, row):
    if row["schema"] != SCHEMA:
        raise BadFile(f"{path}, line {line}: schema is {row['schema']!r}, not {SCHEMA!r}")
    try:
        run = dict(row, threads=int(row["threads"]), wall_s=float(row["wall_s"]), round=int(row["round"]))
    except (TypeError, ValueError) as reason:
        raise BadFile(f"{path}, line {line}: {reason}") from None
    if run["threads"] < 1 or not (math.isfinite(run["wall_s"]) and run["wall_s"] > 0):
        raise BadFile(f"{path}, line {line}: threads {run['threads']}, wall_s {run['wall_s']}: both must be positive")
    return run


def median(values):
    ordered = sorted(values)
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2


def speedups(runs):
    """{threads: [speedup of each round against the fewest threads of the same round]}.

    Within a round the machine has drifted least: the ratio is taken there, and the median after."""
    fewest = min(run["threads"] for run in runs)
    by_round = {}
    for run in runs:
        # Rounds of experiments that were added to the same file are kept apart by the id's first part.
        key = (str(run.get("run_id", "")).split("-")[0], run["round"])
        by_round.setdefault(key, []).append(run)
    result = {}
    for members in by_round.values():
        bases = [run["wall_s"] for run in members if run["threads"] == fewest]
        for run in members if bases else []:
            result.setdefault(run["threads"], []).append(fewest * median(bases) / run["wall_s"])
    return dict(sorted(result.items()))


def draw_runs(axes, threads, values, label=None):
    """The runs in their order, side by side rather than on top of one another."""
    across = [threads * (1 + 0.05 * (i / max(1, len(values) - 1) - 0.5)) for i in range(len(values))]
    axes.plot(across, values, "o", color=GRAY, markersize=3, label=label)


def draw_speedup(axes, curves, cpus):
    highest = max(max(curves), max(max(values) for values in curves.values())) * 1.08
    axes.plot([0, highest], [0, highest], color=BLACK, linestyle="--", linewidth=1, label="ideal")
    for threads, values in curves.items():
        draw_runs(axes, threads, values, "one run" if threads == min(curves) else None)
    axes.plot(list(curves), [median(v) for v in curves.values()], "-o", color=BLUE, markersize=5, fillstyle="none", label="median")
    if cpus and cpus < highest:
        axes.axvline(cpus, color=VERMILION, linestyle=":", label=f"{cpus} processors")
    axes.set(xlim=(0, highest), ylim=(0, highest), xlabel="threads", ylabel="speedup", aspect="equal",
             title="Speedup")
    axes.legend(loc="upper left")


def draw_efficiency(axes, curves, cpus):
    axes.axhline(1, color=BLACK, linestyle="--", linewidth=1)
    for threads, values in curves.items():
        draw_runs(axes, threads, [v / threads for v in values])
    axes.plot(list(curves), [median(v) / t for t, v in curves.items()], "-s", color=BLUE, markersize=5,
              fillstyle="none")
    axes.set_xscale("log", base=2)
    axes.set_xticks(list(curves), [str(threads) for threads in curves])
    axes.minorticks_off()
    if cpus and cpus < max(curves):
        axes.axvline(cpus, color=VERMILION, linestyle=":")
    axes.set(ylim=(0, 1.1 * max(1, *(v / t for t, vs in curves.items() for v in vs))), xlabel="threads",
             ylabel="efficiency", title="Efficiency: speedup / threads")


def footer(runs, curves):
    base = min(curves)
    base_s = median([run["wall_s"] for run in runs if run["threads"] == base])
    least = min(len(values) for values in curves.values())
    what = [f"base: the same program with {base} thread{'s' * (base > 1)}, median {base_s:.3g} s",
            f"at least {least} runs a point, ratios taken within rounds"]
    for name in ("cpu_model", "version", "compiler"):
        if runs[0].get(name):
            what.append(runs[0][name])
    return "; ".join(what)


def draw(runs, prefix, matplotlib, pyplot):
    matplotlib.rcParams.update({"svg.hashsalt": "pelton", "svg.fonttype": "none", "axes.grid": True,
                                "grid.alpha": 0.3, "font.family": "sans-serif"})
    curves = speedups(runs)
    if not curves:
        raise BadFile("no round has a run with the fewest threads: nothing to compare with")
    text = runs[0].get("effective_cpus") or runs[0].get("cpus_online") or ""
    cpus = int(text) if text.isdigit() else None
    figure, (left, right) = pyplot.subplots(1, 2, figsize=(10, 4.8))
    draw_speedup(left, curves, cpus)
    draw_efficiency(right, curves, cpus)
    figure.text(0.01, 0.01, footer(runs, curves), fontsize=6.5, color="#444444")
    figure.tight_layout(rect=(0, 0.03, 1, 1))
    figure.savefig(prefix + ".svg", metadata={"Date": None, "Creator": None})
    figure.savefig(prefix + ".png", dpi=150, metadata={"Software": None})
    pyplot.close(figure)
    return curves


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("csv")
    parser.add_argument("-o", "--output", metavar="PREFIX", help="write PREFIX.svg and PREFIX.png")
    arguments = parser.parse_args()
    prefix = arguments.output or arguments.csv.removesuffix(".csv")
    try:
        runs = read_runs(arguments.csv)
        try:
            import matplotlib
            matplotlib.use("Agg")
            from matplotlib import pyplot
        except ImportError as reason:
            print(f"plot_scaling: {reason}.\nInstall it with: apt-get install python3-numpy python3-matplotlib\n"
                  "and use the distribution's Python: /usr/bin/python3 scripts/plot_scaling.py ...", file=sys.stderr)
            return 2
        curves = draw(runs, prefix, matplotlib, pyplot)
    except (BadFile, OSError) as reason:
        print(f"plot_scaling: {reason}", file=sys.stderr)
        return 2
    for threads, values in curves.items():
        print(f"{threads} threads: speedup {median(values):.2f}, efficiency {median(values) / threads:.0%}, {len(values)} runs")
    print(f"{prefix}.svg, {prefix}.png")
    return 0


if __name__ == "__main__":
    sys.exit(main())
