"""The drawings of the deployed flows, with who waits where.

Invariants: what is drawn is what is deployed; the layout is made once for a deployment, and only the counts are laid over it anew. The
drawing is an image of its own with a policy of its own, so the page needs no style inside. What draws, with its fonts and pictures, is
loaded when the first page asks: a daemon that nobody looks at needs none of it.
"""

from __future__ import annotations

import threading
from base64 import b64encode
from collections import defaultdict
from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import TYPE_CHECKING, NamedTuple

import orjson
from fastapi import Response

from engine.app import App
from engine.deploy.read_project import checked_again
from engine.language.check import Checked
from engine.messaging.media.picture import MediaInfo
from engine.store import deployments
from engine.store.queries.places import NOTHING_PASSED, AtStep, Passed
from engine.store.queries.statistics import Step
from engine.views.figures import NOTHING, Earned, together

if TYPE_CHECKING:
    from engine.preview.graph.chart import Chart, Station
    from engine.preview.graph.drawn import Drawn

MOST_KEPT = 50


class Row(NamedTuple):
    """A step in the list that stands for the drawing."""

    depth: int
    step: str | None
    words: str
    at: AtStep
    branch: str  # the way that leads here, where there are several, with how many took it
    sent: int


class BranchTaken(NamedTuple):
    """What came of those who took one way of a choice, by the steps on it. `took`: how many, and their share."""

    label: str
    took: str
    sent: int
    delivered: int
    clicked: int
    replied: int
    cost: int  # millionths
    earned: Earned = NOTHING


class Choice(NamedTuple):
    """A split, or a condition, with its ways to compare."""

    step: str
    words: str
    ways: Sequence[BranchTaken]


class Drawings:
    """Used by many threads."""

    def __init__(self, app: App) -> None:
        self._app, self._guard = app, threading.Lock()
        self._deployment: int | None = None
        self._checked: Checked | None = None
        self._made: dict[str, Drawn] = {}

    def of(self, flow: str) -> Drawn | None:
        """None where nothing of that name is deployed, or this version cannot read it."""
        from engine.preview.graph.drawn import drawn

        with self._guard:
            checked = self._read()
            if checked is None or checked.project is None or flow not in checked.flows:
                return None
            if flow not in self._made:
                if len(self._made) >= MOST_KEPT:
                    self._made.pop(next(iter(self._made)))
                self._made[flow] = drawn(checked.flows[flow], checked.project, self._picture)
            return self._made[flow]

    def media(self) -> Mapping[str, MediaInfo]:
        """By name in the project, all that are deployed."""
        with self._guard:
            checked = self._read()
            return checked.media if checked is not None else {}

    def senders_of_pictures(self) -> Mapping[str, Sequence[tuple[str, str]]]:
        """By name in the project: the steps that send it, as (flow, step)."""
        from engine.preview.graph.chart import chart_of

        with self._guard:
            checked = self._read()
        found = defaultdict[str, list[tuple[str, str]]](list)
        if checked is not None and checked.project is not None:
            for name, flow in checked.flows.items():
                for card in chart_of(flow, checked.project).cards():
                    if card.picture is not None and card.step is not None:
                        found[card.picture].append((name, card.step))
        return found

    def _read(self) -> Checked | None:
        with self._app.database.reading() as db:
            newest = deployments.newest_id(db)
            if newest == self._deployment:
                return self._checked
            stored = deployments.newest(db)
        checked = checked_again(orjson.loads(stored.content), self._app.registry) if stored is not None else None
        self._checked = checked if checked is not None and checked.ok else None
        self._deployment, self._made = newest, {}
        return self._checked

    def _picture(self, name: str) -> bytes | None:
        info = self._checked.media.get(name) if self._checked is not None else None
        path = self._app.picture(info.ref) if info is not None else None
        return path.read_bytes() if path is not None else None


def image(drawn: Drawn, counts: Mapping[str | None, AtStep], caption: str, passed: Passed = NOTHING_PASSED) -> Response:
    """The drawing as a browser gets it, with the policy that it needs."""
    from engine.preview.graph.marks import live_marks

    digest = b64encode(sha256(drawn.style.encode()).digest()).decode()
    policy = f"default-src 'none'; img-src data:; style-src 'sha256-{digest}'"
    headers = {"Content-Security-Policy": policy, "Cache-Control": "no-store"}
    return Response(
        drawn.svg(live_marks(drawn.chart, counts, caption, passed)), media_type="image/svg+xml", headers=headers
    )


def as_list(chart: Chart, counts: Mapping[str | None, AtStep], passed: Passed) -> list[Row]:
    """The steps in reading order, with who waits there and how many took each way."""
    from engine.preview.graph.marks import shares
    from engine.preview.graph.outline import said

    rows: list[Row] = []

    def add(stations: tuple[Station, ...], depth: int, branch: str) -> None:
        for station in stations:
            card = station.card
            at = counts.get(card.step, AtStep()) if card.step is not None else AtStep()
            words = said(card).removeprefix(f"{card.step}: ")
            rows.append(Row(depth, card.step, words, at, branch, passed.sent.get(card.step or "", 0)))
            branch, took = "", shares(station, passed)
            for way in station.branches:
                add(way.stations, depth + 1, f"{way.label} ({took[way.name]})" if way.name in took else way.label)

    add(chart.stations, 0, "")
    return rows


def choices(chart: Chart, passed: Passed, steps: Sequence[Step], earned: Mapping[str, Earned]) -> list[Choice]:
    """Those that somebody has come to, and that lead to messages. A message of a way counts for the choices around it, too."""
    from engine.preview.graph.chart import walk
    from engine.preview.graph.marks import shares
    from engine.preview.graph.outline import said

    found = []
    for station in walk(chart.stations):
        took, step = shares(station, passed), station.card.step
        if not took or step is None:
            continue
        inside = {way.name: {each.card.step for each in walk(way.stations)} for way in station.branches}
        ways = [
            _taken(
                way.label or "none of them",
                took[way.name],
                [each for each in steps if each.step in inside[way.name]],
                earned,
            )
            for way in station.branches
        ]
        if any(way.sent for way in ways):
            found.append(Choice(step, said(station.card).removeprefix(f"{step}: "), ways))
    return found


def _taken(label: str, took: str, steps: Sequence[Step], earned: Mapping[str, Earned]) -> BranchTaken:
    return BranchTaken(
        label,
        took,
        sum(each.taken for each in steps),
        sum(each.states.get("delivered", 0) for each in steps),
        sum(each.clicked for each in steps),
        sum(each.replied for each in steps),
        sum(each.cost for each in steps),
        together([earned[each.step] for each in steps if each.step in earned]),
    )
