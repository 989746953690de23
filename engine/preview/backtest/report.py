"""A comparison as people read it, and as one object."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Literal
from zoneinfo import ZoneInfo

from engine.clock import instant
from engine.language.diagnostics.findings import counted
from engine.messaging.numbers import masked
from engine.preview.backtest.comparison import Comparison, Kind
from engine.preview.stories.stories import has_left, letters
from engine.store.queries.listings import MILLION
from engine.store.queries.timeline import TimelineEntry
from engine.views.moments import money, place_of

ASSUMPTION = "It assumes that people do as they did: they answer a text as long after it as they did then."
_NOTHING = {
    "clicked": ("click", "had nothing to click"),
    "replied": ("reply", "had nothing to answer"),
    "event": ("event", "it does not accept"),
    "start": ("start", "by hand it does not accept"),
}
Marked = tuple[Literal["-", "+"], TimelineEntry]


def lines(found: Comparison, versions: tuple[str, str]) -> Iterator[str]:
    """The assumption first."""
    yield ASSUMPTION
    what = f"{found.people} person" if found.people == 1 else f"{found.people:,} people"
    yield f"{what}, {counted(found.acts, 'thing')} that they did · {versions[0]} → {versions[1]}"
    yield _totals(found)
    for name, kind in zip(letters(len(found.kinds)), found.kinds, strict=True):
        yield ""
        yield f"{name}  {_people(kind.people)}, like {_name(kind)}: {'; '.join(kind.words)}"
        yield from (f"   {mark} {_told(moment, kind.sample.zone, found.currency)}" for mark, moment in marked(kind))
    notes = [*_lost(found.lost_before, versions[0]), *_lost(found.lost_after, versions[1])]
    notes += [f"{_people(count)} could not be played: {why}" for why, count in found.problems.items()]
    if notes:
        yield ""
        yield from notes


def document(found: Comparison, versions: tuple[str, str]) -> dict[str, Any]:
    return {
        "format_version": 1,
        "assumes": ASSUMPTION,
        "before": {"version": versions[0], "cost": found.cost_before / MILLION, "lost": dict(found.lost_before)},
        "after": {"version": versions[1], "cost": found.cost_after / MILLION, "lost": dict(found.lost_after)},
        "people": found.people,
        "differ": found.differ,
        "kinds": [_kind(kind) for kind in found.kinds],
        "not_played": dict(found.problems),
        "currency": found.currency,
    }


def marked(kind: Kind) -> list[Marked]:
    """What the sample gets no more, and gets instead, in order of time."""
    found: list[Marked] = []
    for old, new in zip(kind.before, kind.after, strict=True):
        for key in dict.fromkeys([*old, *new]):
            before, after = old.get(key), new.get(key)
            if before is None or after is None or _shown(before) != _shown(after):
                found += [("-", before)] if before is not None else []
                found += [("+", after)] if after is not None else []
    return sorted(found, key=lambda each: (each[1].at, each[0] == "+"))


def _shown(moment: TimelineEntry) -> tuple[Any, ...]:
    details = moment.details
    at = None if moment.kind == "exited" else moment.at // 60_000  # when it ends nobody notices
    return at, moment.what, details.get("parts"), details.get("media"), _words(moment)


def _totals(found: Comparison) -> str:
    same = found.people - found.differ - sum(found.problems.values())
    if not found.kinds:
        return f"all get the same: {money(found.cost_after, found.currency)}"
    kinds = "1 kind of story differs" if len(found.kinds) == 1 else f"{len(found.kinds)} kinds of stories differ"
    paid = f"{money(found.cost_before, found.currency)} → {money(found.cost_after, found.currency)}"
    return f"{kinds}, {_people(found.differ)} · {_people(same)} {'gets' if same == 1 else 'get'} the same · {paid}"


def _people(count: int) -> str:
    return "1 person" if count == 1 else f"{count:,} people"


def _name(kind: Kind) -> str:
    name = kind.sample.fields.get("first_name")
    return " ".join(filter(None, (str(name or ""), masked(kind.sample.phone), f"({place_of(kind.sample.zone)})")))


def _told(moment: TimelineEntry, zone: str, currency: str) -> str:
    at = datetime.fromtimestamp(moment.at / 1000, ZoneInfo(zone))
    when = f"{at:%a, %b} {at.day:>2}  {at:%I:%M %p}".replace("  0", "   ")
    if moment.kind in ("message", "queued") and has_left(moment):
        price = money(round(moment.details["price"] * MILLION), currency)
        return f"{when}  ✓ {moment.details['kind'].upper()} {moment.step} · {price}  {_words(moment)}"
    sign = {"entered": "▶", "exited": "■", "refused": "–", "parked": "!"}.get(moment.kind, "–")
    return f"{when}  {sign} {moment.step or moment.flow if sign == '–' else moment.flow}: {moment.what}"


def _words(moment: TimelineEntry) -> str:
    text = " ".join(str(moment.details.get("text") or "").split())
    return text if len(text) <= 60 else f"{text[:59]}…"


def _lost(lost: Mapping[str, int], version: str) -> Iterator[str]:
    for kind, (word, what) in _NOTHING.items():
        if lost.get(kind):
            count = lost[kind]
            named = f"{count:,} {'replies' if word == 'reply' else f'{word}s'}" if count != 1 else f"1 {word}"
            yield f"{version}: {named} {what}"


def _kind(kind: Kind) -> dict[str, Any]:
    sample = {"contact": kind.sample.key if not kind.sample.key.startswith("+") else masked(kind.sample.key)}
    about = {**sample, "phone": masked(kind.sample.phone), "timezone": kind.sample.zone}
    moments = [
        {"mark": mark, "at": instant(m.at), "kind": m.kind, "what": m.what, "flow": m.flow, "step": m.step,
         "text": m.details.get("text")}
        for mark, m in marked(kind)
    ]  # fmt: skip
    return {"people": kind.people, "differences": list(kind.words), "sample": about, "moments": moments}
