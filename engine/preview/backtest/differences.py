"""What a person would get otherwise: the outcomes of two plays compared, in words; people for whom the same words hold are of one kind.

Invariants: only what people get and where they go is compared: entries, messages, ends. Spans are rounded, so that a kind is told once: to
minutes, from an hour on to hours, from a day on to days.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from engine.core.calendar import DAY, HOUR, MINUTE
from engine.language.diagnostics.findings import counted
from engine.preview.backtest.replay import NO_NAMES, Names, Played
from engine.preview.stories.stories import Cost, cost_of, has_left
from engine.store.queries.timeline import TimelineEntry
from engine.store.states import OURS

Key = tuple[str, str, int]  # flow, step or "", which one of them
_LINK = re.compile(r"(https?://\S+/l/)\w+")


class Outcomes(NamedTuple):
    """By flow, step and number; an entry and an end by flow and number."""

    entries: Mapping[Key, TimelineEntry]
    messages: Mapping[Key, TimelineEntry]
    ends: Mapping[Key, TimelineEntry]
    refusals: Mapping[Key, TimelineEntry]


def outcomes_of(moments: Sequence[TimelineEntry], flow: str | None, renamed: Names = NO_NAMES) -> Outcomes:
    """Of one flow, or of all; our own answers aside."""
    found = Outcomes({}, {}, {}, {})
    kinds = {"entered": found.entries, "message": found.messages, "queued": found.messages, "exited": found.ends}
    kinds |= {"refused": found.refusals, "parked": found.ends}
    seen: Counter[tuple[str, str, str]] = Counter()
    for moment in moments:
        if moment.kind not in kinds or moment.flow in OURS or flow not in (None, moment.flow) or moment.flow is None:
            continue
        step = moment.step or "" if kinds[moment.kind] is found.messages else ""
        step = renamed.get((moment.flow, step), step)
        group = "message" if step else moment.kind
        seen[group, moment.flow, step] += 1
        kinds[moment.kind][moment.flow, step, seen[group, moment.flow, step]] = moment  # type: ignore[index]
    return found


def differences(old: Outcomes, new: Outcomes) -> tuple[str, ...]:
    """In words, what the new version does otherwise; () where people notice nothing."""
    return tuple(dict.fromkeys([*_entries(old, new), *_messages(old, new), *_ends(old, new)]))


def cost(played: Played, flow: str | None) -> Cost:
    return cost_of(moment for moment in played.moments if flow in (None, moment.flow))


def _entries(old: Outcomes, new: Outcomes) -> Iterator[str]:
    for key in _both(old.entries, new.entries):
        flow, again = key[0], "again " if key[2] > 1 else ""
        if key not in new.entries:
            why = next((str(each.details["reason"]) for (name, *_), each in new.refusals.items() if name == flow), None)
            yield f"{again}not in `{flow}`{_texts(old, new, flow)}" + (f": {why}" if why else "")
        elif key not in old.entries:
            yield f"{again}in `{flow}`{_texts(old, new, flow)}"
        elif (moved := _moved(old.entries[key].at, new.entries[key].at)) is not None:
            yield f"in `{flow}` {moved}"


def _texts(old: Outcomes, new: Outcomes, flow: str) -> str:
    """`, 2 texts more`: people who enter and get none are of another kind than those who get some."""
    was, comes = (
        sum(has_left(each) for (name, *_), each in side.messages.items() if name == flow) for side in (old, new)
    )
    if was == comes:
        return ""
    return f", {counted(abs(comes - was), 'text')} {'more' if comes > was else 'fewer'}"


def _messages(old: Outcomes, new: Outcomes) -> Iterator[str]:
    elsewhere = {key[0] for key in set(old.entries) ^ set(new.entries)}  # the entry says it
    for key in _both(old.messages, new.messages):
        if key[0] in elsewhere and (key not in old.messages or key not in new.messages):
            continue
        before, after = old.messages.get(key), new.messages.get(key)
        had = before is not None and has_left(before)
        has = after is not None and has_left(after)
        name = f"`{key[1]}`" + (f" ({key[2]}.)" if key[2] > 1 else "")
        if had and has and before is not None and after is not None:
            yield from _changed(name, before, after)
        elif had:
            why = f": {after.details['reason'] or after.details['status']}" if after is not None else ""
            yield f"no {name}{why}"
        elif has:
            yield f"{name} as well"
        elif before is not None and after is not None and before.details["reason"] != after.details["reason"]:
            yield f"no {name} for another reason: {after.details['reason']}"


def _changed(name: str, before: TimelineEntry, after: TimelineEntry) -> Iterator[str]:
    moved = _moved(before.at, after.at)
    if moved is not None:
        yield f"{name} {moved}"
    if _said(before) != _said(after):
        yield f"another text of {name}"
    if before.details["kind"] != after.details["kind"]:
        yield f"{name} as {after.details['kind'].upper()}"
    elif before.details["media"] != after.details["media"]:
        yield f"another picture of {name}"


def _ends(old: Outcomes, new: Outcomes) -> Iterator[str]:
    for key in _both(old.ends, new.ends):
        before, after = old.ends.get(key), new.ends.get(key)
        entry = key in old.entries and key in new.entries  # else the entry says it
        if not entry or (before and after and before.details["reason"] == after.details["reason"]):
            continue
        if after is None:
            yield f"still in `{key[0]}`"
        else:
            yield f"leaves `{key[0]}` by {after.details['reason']}" + (
                f", not by {before.details['reason']}" if before else ""
            )


def _both(old: Mapping[Key, TimelineEntry], new: Mapping[Key, TimelineEntry]) -> list[Key]:
    return list(dict.fromkeys([*old, *new]))


def _said(moment: TimelineEntry) -> str:
    """Its text; links have codes of their own in each play."""
    return _LINK.sub(r"\1…", str(moment.details["text"]))


def _moved(before: int, after: int) -> str | None:
    """`a day later`; None where nobody notices."""
    span = abs(after - before)
    for unit, word in ((DAY, "day"), (HOUR, "hour"), (MINUTE, "minute")):
        count = (span + unit // 2) // unit
        if span >= unit:
            told = counted(count, word) if count > 1 else f"an {word}" if word == "hour" else f"a {word}"
            return f"{told} {'later' if after > before else 'earlier'}"
    return None
