#!/usr/bin/env python3
"""Draws what benches/scale.py measured: time, CPU and memory by the number of accounts.

    python3 benches/scale_plot.py scale.json docs/scale.svg

One latency is drawn, the highest that was measured unless --latency says another. Needs nothing but Python.
"""

import argparse
import json
import math
import pathlib
import sys

import scale

COLOURS = {"apply": "#d1495b", "unchanged": "#2e86ab", "verify": "#4a9d5b"}
DASHES = {"rolecall": "", "floor": "7 4", "boto3": "1.5 4"}
NAMES = {"rolecall": "rolecall", "floor": "the floor", "boto3": "boto3, 20 threads"}
PANELS = [
    ("wall time", "s", True, lambda accounts, it: it["wall_s"]),
    ("CPU time an account", "ms", True, lambda accounts, it: it["cpu_s"] * 1000 / accounts),
    ("peak memory", "MB", False, lambda accounts, it: it["peak_rss_mb"]),
]
WIDTH, HEIGHT = 960, 400
# Of one panel's plot: its place in the panel, and its size.
LEFT, TOP, WIDE, HIGH = 52, 62, 240, 240
STYLE = """
  text { font: 12px system-ui, sans-serif; fill: #333 }
  .title { font-weight: 600; font-size: 13px }
  .end { text-anchor: end } .middle { text-anchor: middle }
  .grid { stroke: #999; stroke-opacity: 0.3; stroke-width: 1 }
  .frame { stroke: #777; stroke-width: 1; fill: none }
  .key { stroke: #777 }
  polyline, .key { fill: none; stroke-width: 2 }
  @media (prefers-color-scheme: dark) { text { fill: #ddd } .frame, .key { stroke: #aaa } }
"""


def ticks(low, high, logarithmic):
    """Round numbers from `low` to `high`, the ends among them."""
    if logarithmic:
        return [10.0**n for n in range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)]
    step = 10 ** math.floor(math.log10(high / 2))
    step = next(step * n for n in (1, 2, 5, 10) if high / (step * n) <= 5)
    return [step * n for n in range(math.ceil(high / step) + 1)]


def place(value, marks, length, logarithmic):
    """How far along an axis of `length` a value is."""
    turn = math.log10 if logarithmic else float
    low, high = turn(marks[0]), turn(marks[-1])
    return length * (turn(value) - low) / ((high - low) or 1)


def panel(n, title, unit, logarithmic, series):
    """One plot; `series` has the points of each program and command."""
    x, y = n * WIDTH / len(PANELS) + LEFT, TOP
    points = [point for line in series.values() for point in line]
    across = ticks(min(a for a, _ in points), max(a for a, _ in points), True)
    up = ticks(min(v for _, v in points), max(v for _, v in points), logarithmic)
    yield f'<text class="title" x="{x}" y="{y - 14}">{title}, {unit}</text>'
    for mark in across:
        at = x + place(mark, across, WIDE, True)
        yield f'<path class="grid" d="M{at:.1f} {y}v{HIGH}"/>'
        yield f'<text class="middle" x="{at:.1f}" y="{y + HIGH + 18}">{mark:,.0f}</text>'
    for mark in up:
        at = y + HIGH - place(mark, up, HIGH, logarithmic)
        yield f'<path class="grid" d="M{x} {at:.1f}h{WIDE}"/>'
        yield f'<text class="end" x="{x - 6}" y="{at + 4:.1f}">{mark:,g}</text>'
    yield f'<rect class="frame" x="{x}" y="{y}" width="{WIDE}" height="{HIGH}"/>'
    yield f'<text class="middle" x="{x + WIDE / 2}" y="{y + HIGH + 36}">accounts</text>'
    for (who, mode), line in series.items():
        spots = [
            (x + place(a, across, WIDE, True), y + HIGH - place(v, up, HIGH, logarithmic)) for a, v in sorted(line)
        ]
        path = " ".join(f"{a:.1f},{b:.1f}" for a, b in spots)
        yield f'<polyline points="{path}" stroke="{COLOURS[mode]}" stroke-dasharray="{DASHES[who]}"/>'
        yield from (f'<circle cx="{a:.1f}" cy="{b:.1f}" r="2.5" fill="{COLOURS[mode]}"/>' for a, b in spots)


def legend(series):
    """Colours are commands, dashes are programs."""
    x, y = LEFT, HEIGHT - 18
    lines = [(f'stroke="{COLOURS[mode]}"', mode) for mode in COLOURS]
    drawn = [who for who in DASHES if (who, "apply") in series]
    lines += [(f'class="key" stroke-dasharray="{DASHES[who]}"', NAMES[who]) for who in drawn]
    for look, name in lines:
        yield f'<path stroke-width="2" {look} d="M{x} {y - 4}h28"/><text x="{x + 34}" y="{y}">{name}</text>'
        x += 60 + 7 * len(name)


def draw(found, latency):
    """The whole picture."""
    plots = []
    for n, (title, unit, logarithmic, figure) in enumerate(PANELS):
        series = {}
        for (accounts, _, _, _, who, mode), it in found.items():
            series.setdefault((who, mode), []).append((accounts, figure(accounts, it)))
        plots += panel(n, title, unit, logarithmic, series)
    title = f"A run by the number of accounts, at {latency} ms a call"
    yield f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img">'
    yield f"<title>{title}</title><style>{STYLE}</style>"
    yield f'<text class="title" x="{LEFT}" y="22">{title}</text>'
    yield from [*plots, *legend(series), "</svg>"]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("measured", type=pathlib.Path)
    parser.add_argument("picture", type=pathlib.Path)
    parser.add_argument("--latency", type=int, help="milliseconds")
    args = parser.parse_args()
    found = scale.medians(json.loads(args.measured.read_text()))
    found = {key: it for key, it in found.items() if key[3] == "csv"}
    latency = args.latency if args.latency is not None else max((key[1] for key in found), default=None)
    found = {key: it for key, it in found.items() if key[1] == latency}
    if not found:
        sys.exit(f"{args.measured} has nothing to draw")
    args.picture.write_text("\n".join(draw(found, latency)) + "\n")


if __name__ == "__main__":
    main()
