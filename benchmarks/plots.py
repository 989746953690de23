"""The plots of docs/performance.md: small SVGs, one a question, that read on a light and on a dark page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("svg")
from matplotlib import pyplot as plt

Results = Mapping[str, Mapping[str, Any]]
INK, GRID, OURS, LIMIT, OTHER = "#6e7781", "#c8ccd1", "#1f6feb", "#bf8700", "#8b949e"
SIZE = (6.4, 2.9)
STYLE = {
    "svg.fonttype": "none", "svg.hashsalt": "leadoff", "font.size": 9, "text.color": INK, "axes.labelcolor": INK, "xtick.color": INK,
    "ytick.color": INK, "axes.edgecolor": GRID, "axes.spines.top": False, "axes.spines.right": False, "legend.frameon": False,
    "font.family": "sans-serif", "figure.dpi": 100,
}  # fmt: skip


def draw(results: Results, folder: Path) -> None:
    """What there are results for."""
    with plt.rc_context(STYLE):
        if "promo" in results:
            _promo(results["promo"]["rows"], "SQLite", "plain sqlite3", folder / "promo.svg")
            _bars(_beside(results), "contact-steps per second (log)", folder / "peers.svg", log=True)
            _bars(_bytes(results), "bytes per waiting contact (log)", folder / "bytes.svg", log=True)
        if "promo-postgres" in results:
            _promo(results["promo-postgres"]["rows"], "PostgreSQL", "plain psycopg", folder / "promo-postgres.svg")
        _lines_over_n(results, ("claims", "claims-postgres"), "ms for 1,000 due runs", folder / "claims.svg")
        _lines_over_n(
            results, ("delay", "delay-postgres"), "ms from due to request", folder / "delay.svg", only="due to request"
        )
        if "daemons" in results:
            rows = results["daemons"]["rows"]
            _bars(
                [(row["name"].replace("1 daemons", "1 daemon"), row["value"], True) for row in rows],
                "runs per second",
                folder / "daemons.svg",
            )
        if "intake" in results:
            bars = [
                (f"{row['name']}: {who}", value, ours)
                for row in results["intake"]["rows"]
                for who, value, ours in (("Leadoff", row["value"], True), ("plain", row["limit"], False))
            ]
            _bars(bars, "events per second (log)", folder / "intake.svg", log=True)
        memory = _memory(results)
        if memory:
            _bars(memory, "MB resident", folder / "memory.svg")


def _promo(rows: Sequence[Mapping[str, Any]], where: str, limit: str, path: Path) -> None:
    figure, axes = plt.subplots(figsize=SIZE)
    same = [row for row in rows if row["name"] == "promo/same writes"]
    bare = [row for row in rows if row["name"] == "promo/bare"]
    axes.plot([r["n"] for r in same], [r["value"] for r in same], "o-", color=OURS, label=f"Leadoff on {where}")
    axes.plot([r["n"] for r in same], [r["limit"] for r in same], "s--", color=LIMIT, label=f"{limit}, the same writes")
    axes.plot([r["n"] for r in bare], [r["limit"] for r in bare], "^:", color=OTHER, label=f"{limit}, the state alone")
    axes.set(xscale="log", yscale="log", xlabel="contacts", ylabel="contact-steps per second")
    _finish(figure, axes, path)


def _beside(results: Results) -> list[tuple[str, float, bool]]:
    ours = [
        (
            f"Leadoff ({where})",
            max(row["value"] for row in results[name]["rows"] if row["name"] == "promo/same writes"),
            True,
        )
        for name, where in (("promo", "SQLite"), ("promo-postgres", "PostgreSQL"))
        if name in results
    ]
    others = [
        (row["name"], row["steps"], False)
        for name in results
        if name.startswith("peer-")
        for row in results[name]["rows"]
    ]
    return sorted([*ours, *others], key=lambda each: each[1])


def _bytes(results: Results) -> list[tuple[str, float, bool]]:
    ours = [
        (
            f"Leadoff ({where})",
            [row["value"] for row in results[name]["rows"] if row["name"] == "waiting contact"][-1],
            True,
        )
        for name, where in (("promo", "SQLite"), ("promo-postgres", "PostgreSQL"))
        if name in results
    ]
    others = [
        (row["name"], row["waiting"], False)
        for name in results
        if name.startswith("peer-")
        for row in results[name]["rows"]
        if row["waiting"]
    ]
    return sorted([*ours, *others], key=lambda each: -each[1])


def _memory(results: Results) -> list[tuple[str, float, bool]]:
    rows = [row for name in ("delay", "delay-postgres") if name in results for row in results[name]["rows"]]
    return [
        (f"{row['name'].split(', ')[1]}, {row['n']:,} waiting", row["value"], True)
        for row in rows
        if "memory" in row["name"]
    ]


def _bars(bars: Sequence[tuple[str, float, bool]], label: str, path: Path, log: bool = False) -> None:
    """(name, value, whether it is Leadoff) from the bottom up."""
    figure, axes = plt.subplots(figsize=(SIZE[0], 0.6 + 0.3 * len(bars)))
    drawn = axes.barh(
        [name for name, _, _ in bars],
        [value for _, value, _ in bars],
        color=[OURS if ours else OTHER for _, _, ours in bars],
        height=0.6,
    )
    axes.bar_label(drawn, labels=[f"{value:,.0f}" for _, value, _ in bars], padding=3, color=INK)
    axes.set(xlabel=label, xscale="log" if log else "linear")
    axes.margins(x=0.15)
    _finish(figure, axes, path, legend=False)


def _lines_over_n(results: Results, names: Sequence[str], label: str, path: Path, only: str = "") -> None:
    rows = [
        row
        for name in names
        if name in results
        for row in results[name]["rows"]
        if row["unit"].startswith("ms") and only in row["name"]
    ]
    if not rows:
        return
    figure, axes = plt.subplots(figsize=SIZE)
    for name in dict.fromkeys(row["name"] for row in rows):
        these = [row for row in rows if row["name"] == name]
        axes.plot([row["n"] for row in these], [row["value"] for row in these], "o-", label=name)
    axes.set(xscale="log", xlabel="contacts waiting", ylabel=label, ylim=(0, 1.15 * max(row["value"] for row in rows)))
    _finish(figure, axes, path)


def _finish(figure: Any, axes: Any, path: Path, legend: bool = True) -> None:
    axes.grid(True, axis="both" if legend else "x", color=GRID, linewidth=0.5, alpha=0.6)
    axes.set_axisbelow(True)
    if legend:
        axes.legend(fontsize=8, loc="lower left", bbox_to_anchor=(0, 1), ncols=3)  # above: it covers no line
    figure.savefig(path, transparent=True, bbox_inches="tight", metadata={"Date": None, "Creator": None})
    plt.close(figure)
