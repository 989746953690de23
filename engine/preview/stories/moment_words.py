"""A moment of a contact's story in one line, as storyboards and failed flow tests tell it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from engine.language.diagnostics.findings import counted, visible
from engine.language.values.humanize import data_words
from engine.messaging.media.contact_card import is_card
from engine.messaging.media.picture import parts_of
from engine.preview.stories.stories import Picture, has_left, held_by, price_of
from engine.store.queries.timeline import TimelineEntry
from engine.store.states import OURS
from engine.views.moments import clock, day, mark_of, money

MOST_ROWS = 2  # of a list in an event, that are told
NO_PICTURES: Mapping[str, Picture] = {}
_HELD = re.compile(r"held until (\w+, \w+ \d+), (\d\d:\d\d): (.*)")


def mark(moment: TimelineEntry) -> tuple[str, str]:
    """Its mark, and the style of it: that of `explain`, and ⧗ where a gate holds a message."""
    return ("⧗", "yellow") if held_by(moment) else mark_of(moment)


def words(moment: TimelineEntry, zone: ZoneInfo, currency: str, pictures: Mapping[str, Picture] = NO_PICTURES) -> str:
    """`pictures`: by the `media` of a message's details."""
    details, step = moment.details, moment.step or ""
    if moment.kind == "message" and has_left(moment):
        return visible(_sent(moment, step, currency, pictures))
    if moment.kind in ("message", "queued"):
        return visible(f"{step} {details['status']}: {details['reason'] or 'not sent yet'}")
    if moment.kind == "event" and details.get("data"):
        return visible(f"{moment.what}  {data_words(details['data'], MOST_ROWS)}")
    if moment.kind == "exited":
        return visible(str(details["reason"]))
    if moment.kind == "waits":
        until = details.get("until")
        return visible(f"still at {step}" + (f", until {day(until, zone)}, {clock(until, zone)}" if until else ""))
    if moment.kind == "noted":
        return visible(_noted(step, moment, zone))
    return visible(moment.what)


def _sent(moment: TimelineEntry, step: str, currency: str, pictures: Mapping[str, Picture]) -> str:
    details = moment.details
    kind = "our answer:" if moment.flow in OURS else str(details["kind"]).upper()
    parts = [] if details["kind"] == "mms" else [counted(details["parts"], "part")]
    said = " · ".join([f"{kind} {step}", *parts, money(price_of(moment), currency)])
    failed = f" {details['status']}: {details['reason'] or 'no reason given'}" if details["status"] == "failed" else ""
    picture = pictures.get(details["media"] or "")
    return said + failed + (f" · {_picture(picture)}" if picture else "")


def _noted(step: str, moment: TimelineEntry, zone: ZoneInfo) -> str:
    found = _HELD.fullmatch(moment.what)
    if found is None:
        return f"{step}: {moment.what}" if step else moment.what
    date, time, why = found.groups()
    said = f"{datetime.strptime(time, '%H:%M'):%I:%M %p}".removeprefix("0")
    return f"{step} held until {'' if date == day(moment.at, zone) else date + ', '}{said}: {why}"


def _picture(picture: Picture) -> str:
    name = " + ".join(path.rpartition("/")[2] for path in parts_of(picture.name))
    if is_card(picture.name):
        return f"{name} {max(1, picture.size // 1000)} KB"
    return f"{name} {picture.width}×{picture.height} {max(1, picture.size // 1000)} KB"
