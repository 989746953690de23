"""A contact's conversation as a phone shows it: the moments of the timeline that a person has seen, and beside it the whole story."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from engine.language.diagnostics.findings import counted
from engine.store.queries.timeline import TimelineEntry
from engine.store.states import OURS
from engine.views.moments import look_of, mark_of

MOST = 200
"""Moments on a page: the newest."""


class Bubble(NamedTuple):
    """`look`: the classes of its style. `under`: what stands below it."""

    look: str
    at: int
    text: str
    picture: str | None
    under: str
    place: tuple[str, str]  # flow and step that it came from


class Line(NamedTuple):
    """One moment of the story. `look`: good, bad, soft or nothing."""

    at: int
    mark: str
    words: str
    place: str
    late: bool  # it has not happened yet


def bubbles(moments: Iterable[TimelineEntry]) -> Iterator[Bubble]:
    """Of the texts and the messages alone."""
    for moment in moments:
        details, place = moment.details, (str(moment.flow), str(moment.step))
        if moment.kind == "text":
            pictures = len(details.get("media") or ())
            doubt = "may be a STOP" if details.get("review") else ""
            under = [str(details.get("verdict") or doubt), counted(pictures, "picture") if pictures else ""]
            yield Bubble("out", moment.at, str(details.get("text") or ""), None, ", ".join(filter(None, under)), place)
        elif moment.kind in ("message", "queued") and details["status"] != "skipped":
            status = str(details["status"])
            why = f"{status}: {details['reason']}" if details["reason"] else status
            if details["by_person"]:
                why = f"{details['by_person']}, {why}"
            yield Bubble(
                f"in {look_of(status)}", moment.at, str(details["text"] or ""), details["media"] or None, why, place
            )


def lines(moments: Iterable[TimelineEntry]) -> Iterator[Line]:
    for moment in moments:
        place = " › ".join(part for part in (moment.flow, moment.step) if part)
        if moment.flow in OURS:
            place = moment.details.get("by_person") or f"our own: {moment.step}" if moment.step else ""
        what = moment.what
        if moment.kind == "waits" and "{{" in what:  # a template is for authors
            what = f"{what.partition(':')[0]} is not written yet"
        yield Line(moment.at, mark_of(moment)[0].replace("⧗", "…"), what, place, moment.kind in ("waits", "queued"))
