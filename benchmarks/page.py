"""docs/performance.md and a part of README.md from the results that are kept: what stands between marks is replaced.

    <!-- begin: NAME --> … <!-- end: NAME -->

Plots are docs/performance/NAME.svg.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs/performance.md"
README = ROOT / "README.md"
PLOTS = ROOT / "docs/performance"
Result = Mapping[str, Any]
Results = Mapping[str, Result]
PEERS = ("peer-huey", "peer-apscheduler", "peer-spiff", "peer-dbos", "peer-dbos-postgres", "peer-procrastinate")
TARGETS = {"peer-huey": 50, "peer-apscheduler": 50, "peer-dbos": 250}
LEAST = {"peer-huey": 15, "peer-apscheduler": 20, "peer-dbos": 100}
PROMO_TARGETS = {"promo/same writes": 0.2, "promo/bare": 0.04}  # of SQLite: docs/decisions/0036
POSTGRES_TARGET = 0.25  # docs/decisions/0047
FIRST_BYTE, DONE, MEMORY = 100, 300, 160
"""Of a page of the dashboard, in milliseconds; of the daemon with viewers, in MB."""


def read(folder: Path) -> Results:
    return {path.stem: json.loads(path.read_text("utf-8")) for path in sorted(folder.glob("*.json"))}


def render(folder: Path) -> None:
    """Write the page, what README.md says of it, and the plots."""
    results = read(folder)
    _write(PAGE, PARTS, results)
    _write(README, {"speed": speed}, results)
    from benchmarks import plots  # matplotlib is loaded for these alone

    PLOTS.mkdir(exist_ok=True)
    plots.draw(results, PLOTS)


def _write(file: Path, parts: Mapping[str, Callable[[Results], Iterator[str]]], results: Results) -> None:
    text = file.read_text("utf-8")
    for name, part in parts.items():
        made = "\n".join(part(results)) or "Not measured yet."
        marked = re.compile(rf"(?<=<!-- begin: {name} -->\n).*?(?=<!-- end: {name} -->)", re.DOTALL)
        pieces = marked.split(text)
        assert len(pieces) == 2, f"{file.name} has no marks for {name}"
        text = f"{pieces[0]}\n{made}\n\n{pieces[1]}"
    file.write_text(text, "utf-8")


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    if rows:
        yield f"| {' | '.join(head)} |"
        yield f"|{' --- |' * len(head)}"
        yield from (f"| {' | '.join(row)} |" for row in rows)


def _rows(results: Results, name: str) -> list[dict[str, Any]]:
    return results[name]["rows"] if name in results else []


def _met(value: float, target: float, at_most: bool = False) -> str:
    well = value <= target if at_most else value >= target
    return f"{target:g}" if well else f"{target:g}, **missed**"


def rate_of(results: Results, n: int | None = None) -> Mapping[str, Any] | None:
    """The promo flow on SQLite, at that size or the largest."""
    found = [row for row in _rows(results, "promo") if row["name"] == "promo/same writes" and n in (None, row["n"])]
    return max(found, key=lambda row: row["n"], default=None)


def _is_small(results: Results) -> bool:
    return not any(row["n"] >= 100_000 for row in _rows(results, "promo"))


def speed(results: Results) -> Iterator[str]:
    """The sentence beside the plot of README.md."""
    ours = rate_of(results)
    beside = [row for name in PEERS for row in _rows(results, name)]
    if ours is None or not beside:
        return
    if _is_small(results):
        yield f"**Measured with {ours['n']:,} contacts on a busy machine: the ratios are rough, and the figures are low.**"
    times = sorted((ours["value"] / row["steps"], row["name"]) for row in beside)
    (least, nearest), (most, farthest) = times[0], times[-1]
    yield f"Leadoff on SQLite did {least:,.0f} times the contact-steps of {nearest}, and {most:,.0f} times those of {farthest}."


def ratios(results: Results) -> Iterator[str]:
    """The first table: what counts on any machine."""
    if _is_small(results):
        yield "**These are small sizes on a busy machine: they show that the pieces work, and say nothing of speed.**"
        yield ""
    found: list[tuple[str, ...]] = []
    for name, where in (("promo", "SQLite"), ("promo-postgres", "PostgreSQL")):
        for row in _rows(results, name):
            if row["name"] in PROMO_TARGETS:
                beside = "the same writes by hand" if row["name"].endswith("writes") else "the bare limit"
                target = (
                    PROMO_TARGETS[row["name"]]
                    if name == "promo"
                    else POSTGRES_TARGET
                    if beside[0:8] == "the same"
                    else None
                )
                found.append(
                    (
                        f"{where}, {row['n']:,} contacts, beside {beside}",
                        f"{row['ratio']:.2f}",
                        _met(row["ratio"], target) if target else "",
                    )
                )
    ours = rate_of(results, 10_000) or rate_of(results)
    for name in PEERS:
        for row in _rows(results, name):
            if ours is not None:
                ratio = ours["value"] / row["steps"]
                least = f"{_met(ratio, LEAST[name])} (aim {TARGETS[name]})" if name in LEAST else ""
                found.append(
                    (
                        f"Leadoff on SQLite ({ours['n']:,} contacts) beside {row['name']} ({row['n']:,})",
                        f"{ratio:.0f}×",
                        least,
                    )
                )
    yield from table(("what", "ratio", "target"), found)


def promo(results: Results) -> Iterator[str]:
    found = []
    for name, where in (("promo", "SQLite"), ("promo-postgres", "PostgreSQL")):
        rows = _rows(results, name)
        for n in sorted({row["n"] for row in rows}):
            of = {row["name"]: row for row in rows if row["n"] == n}
            same, bare = of["promo/same writes"], of["promo/bare"]
            memory, waiting = of["resident memory"], of["waiting contact"]
            rates = (same["value"], same["limit"], bare["limit"], waiting["value"], memory["value"])
            found.append((where, f"{n:,}", *(f"{rate:,.0f}" for rate in rates)))
    head = "database, contacts, Leadoff (steps/s), same writes (steps/s), bare limit (steps/s), bytes a waiting contact, memory (MB)"
    yield from table(head.split(", "), found)


def peers(results: Results) -> Iterator[str]:
    keys = ("n", "steps", "waiting", "memory")
    rows = [row for name in PEERS for row in _rows(results, name)]
    found = [
        (f"{row['name']} {row['version']}", *(f"{row[key]:,.0f}" if row[key] else "" for key in keys)) for row in rows
    ]
    yield from table(("peer", "contacts", "contact-steps/s", "bytes a waiting contact", "memory, MB"), found)


def _plain(*names: str, at_most: bool = True) -> Callable[[Results], Iterator[str]]:
    def part(results: Results) -> Iterator[str]:
        rows = [row for name in names for row in _rows(results, name)]
        found = [
            (row["name"], f"{row['n']:,}", f"{row['value']:,.1f} {row['unit']}", _judged(row, at_most)) for row in rows
        ]
        yield from table(("what", "n", "measured", "at most" if at_most else "ratio"), found)

    return part


def _judged(row: Mapping[str, Any], at_most: bool) -> str:
    if not row["limit"]:
        return ""
    return _met(row["value"], row["limit"], True) if at_most else f"{row['ratio']:.2f}"


def commands(results: Results) -> Iterator[str]:
    costs = results["commands"]["commands"] if "commands" in results else []
    rows = [(f"`leadoff {each['command']}`", f"{each['cpu']:.2f}", f"{each['memory']:.0f}") for each in costs]
    yield from table(("command", "CPU, s", "memory, MB"), rows)


def dashboard(results: Results) -> Iterator[str]:
    """Each page, then those who look while messages leave."""
    for name, where in (("dashboard", "SQLite"), ("dashboard-postgres", "PostgreSQL")):
        if name not in results:
            continue
        found, rows = results[name], []
        for each in found["pages"]:
            first = DONE if "/rollback" in each["page"] else FIRST_BYTE  # docs/decisions/0037-pages.md
            times = (("first", first), ("first_worst", None), ("done", DONE), ("done_worst", None), ("cpu", first))
            rows.append((f"`{each['page']}`", *(_time(each[key], most) for key, most in times)))
        yield f"{where}, {found['runs']:,} runs, load {found['load']:.0f} on two cores, {found['at'][:16]} UTC:"
        yield ""
        yield from table(("page", "first byte, ms", "worst", "done, ms", "worst", "CPU, ms"), rows)
        yield ""
        least, pages, most = (f"{each:.0f}" for each in found["memory"])
        share = found["watched"] / found["alone"]
        yield (
            f"Messages left at {found['alone']:.0f} a second with nobody looking, and at {found['watched']:.0f} with {found['viewers']}"
            f" viewers ({share:.2f}; at least {_met(share, 0.9)}). The daemon had {least} MB at first, {pages} MB after all pages,"
            f" {most} MB with the viewers (at most {_met(found['memory'][-1], MEMORY, True)})."
            f" `leadoff stats` of a flow took {found['stats']:.1f} s, with the start of its process."
        )
        yield ""


def _time(milliseconds: float, most: int | None) -> str:
    """Bold where it is too long."""
    return f"**{milliseconds:,.0f}**" if most is not None and milliseconds > most else f"{milliseconds:,.0f}"


def measured_on(results: Results) -> Iterator[str]:
    """When and where each piece ran."""
    found = []
    for name, result in results.items():
        busy = f"{result['load']:.1f}"
        found.append((name, result["at"].replace("+00:00", "Z"), f"{result['seconds']:,} s", busy))
    newest = max(results.values(), key=lambda each: each["at"], default=None)
    if newest is not None:
        yield f"Machine: {newest['machine']}. Versions: {', '.join(f'{name} {at}' for name, at in newest['versions'].items())}."
        yield ""
    yield from table(("piece", "ran at", "took", "load before"), found)


PARTS: Mapping[str, Callable[[Results], Iterator[str]]] = {
    "ratios": ratios,
    "promo": promo,
    "peers": peers,
    "claims": _plain("claims", "claims-postgres"),
    "delay": _plain("delay", "delay-postgres"),
    "intake": _plain("intake", at_most=False),
    "commands": commands,
    "daemons": _plain("daemons", at_most=False),
    "dashboard": dashboard,
    "measured-on": measured_on,
}
