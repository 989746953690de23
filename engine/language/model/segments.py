"""Segments: the model of a file in segments/, and what is needed to detect contacts who enter one, including the segments it references."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import Field

from engine.language.conditions.condition import Condition
from engine.language.model.canonical import digest
from engine.language.values.scalars import SegmentName, StrictText
from engine.language.values.strict import Strict

Segments = Mapping[str, Condition]
MOVING = ("within", "time")  # keys whose answer changes while nothing happens


class SegmentFile(Strict):
    """One file of segments/."""

    segment: SegmentName
    """The segment's name; the same as the file name without `.yaml`."""
    description: StrictText = Field(default="", examples=["Contacts with the tag who have ordered."])
    """For people to read."""
    when: Condition
    """The condition: every contact for whom it holds is in the segment."""


def with_referenced(segments: Segments, name: str) -> dict[str, Condition]:
    """The segment and every segment that it references, at any depth."""
    found: dict[str, Condition] = {}
    ahead = [name]
    while ahead:
        each = ahead.pop()
        if each in found or each not in segments:
            continue
        found[each] = segments[each]
        ahead += [reference.name for reference in segments[each].references if reference.kind == "segment"]
    return found


def definition(segments: Segments, name: str) -> str:
    """A digest of the segment's definition."""
    return digest(with_referenced(segments, name))[:16]


def events_of(segments: Segments, name: str) -> frozenset[str]:
    """The events that can change who is in the segment."""
    return frozenset(
        event for condition in with_referenced(segments, name).values() for event in condition.needs.events
    )


def moves_with_time(segments: Segments, name: str) -> bool:
    """Whether a contact can enter or leave without an event."""
    conditions = with_referenced(segments, name).values()
    return any(key in MOVING for condition in conditions for key in _keys(condition.source))


def _keys(value: Any) -> Iterator[str]:
    children: list[Any] = []
    if isinstance(value, dict):
        yield from value
        children = list(value.values())
    elif isinstance(value, list):
        children = value
    for child in children:
        yield from _keys(child)
