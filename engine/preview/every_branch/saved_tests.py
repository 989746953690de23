"""Stories written down as flow tests: what was played, and what came of it as the expectation.

Invariants: a file is appended to, never overwritten: what was in it stays, byte for byte. The tests are in the layout of `leadoff fmt`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

import orjson

from engine.errors import UsageError
from engine.language.source.strict_yaml import Document
from engine.preview.flow_tests.outcomes import (
    CANCELLED,
    EXIT,
    MMS,
    NOT_ENTERED,
    PARKED,
    SKIPPED,
    SMS,
    UNSENT,
    WAITS,
    Outcome,
)
from engine.preview.flow_tests.play import Ending
from engine.preview.flow_tests.words import as_written
from engine.store.queries.listings import MILLION

STANDARD_DAYS = 14
INDENT = "  "
OWN_LINK = "{{ link('@"
_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_./-]*(?: [A-Za-z0-9_./-]+)*|(?:\d+[wdhms])+")
_NO_TEXTS = {"true", "false", "null", "yes", "no", "on", "off", "y", "n"}
_TESTS = re.compile(r"^tests:[ \t]*(?:#[^\n]*)?\n(?:[ \t]*(?:#[^\n]*)?\n)*(?P<indent>[ ]*)- ", re.MULTILINE)


class Saved(NamedTuple):
    """A story to save. `start` is a wall time; `happens` as a flow test has them."""

    name: str
    fields: Mapping[str, Any]
    consent: str | None
    start: int
    happens: Sequence[Mapping[str, Any]]
    ending: Ending
    draws: Mapping[str, str] = {}
    beside: Sequence[str] = ()
    days: int = STANDARD_DAYS

    @property
    def cannot_be_expected(self) -> str | None:
        """Why there is no such test."""
        for outcome in self.ending.story.outcomes:
            if outcome.kind == PARKED:
                return f"its run is parked: {outcome.reason}"
            if outcome.kind == UNSENT:
                return f"{outcome.step} has not left at the end"
        return None


def name_of(said: Iterable[str], ending: Ending) -> str:
    """`clicks shop: engaged`: what makes the story another one, and how it ends."""
    ends = [outcome for outcome in ending.story.outcomes if outcome.kind in (EXIT, WAITS, NOT_ENTERED)]
    last = next((each for each in ends if each.kind != NOT_ENTERED), ends[-1] if ends else None)
    if last is None:
        end = "nothing comes"
    else:
        end = {EXIT: last.reason or "", WAITS: f"waits at {last.step}"}.get(last.kind, "does not enter")
    return f"{', '.join(dict.fromkeys(said)) or 'no reaction'}: {end}"


def with_tests(flow: str, tests: Sequence[Saved], comment: str, existing: Document | None, head: str = "") -> str:
    """The whole file: as it was, and these tests behind. `head`: first lines of a new one. Raises UsageError."""
    if existing is None:
        body = "\n".join("\n".join(_lines(test, INDENT)) for test in _named(tests, set()))
        return f"{head}flow: {flow}\n\ntests:\n{INDENT}# {comment}\n{body}\n"
    names = {str(test.get("name")) for test in _tests_of(existing, flow)}
    found = _TESTS.search(existing.source)
    if found is None or list(existing.data)[-1] != "tests":
        raise UsageError(
            f"tests cannot be appended to {existing.path}",
            "`tests:` has to be its last key, with each test on lines of its own; or name another file",
        )
    indent = found["indent"]
    body = "\n".join("\n".join(_lines(test, indent)) for test in _named(tests, names))
    source = existing.source if existing.source.endswith("\n") else existing.source + "\n"
    return f"{source}\n{indent}# {comment}\n{body}\n"


def _tests_of(existing: Document, flow: str) -> Iterator[Mapping[str, Any]]:
    if not isinstance(existing.data, dict) or existing.data.get("flow") != flow:
        raise UsageError(f"{existing.path} has no tests of {flow}", "name a file of its own")
    tests = existing.data.get("tests")
    yield from (test for test in (tests if isinstance(tests, list) else ()) if isinstance(test, dict))


def _named(tests: Sequence[Saved], taken: set[str]) -> Iterator[Saved]:
    """Each with a name of its own."""
    for test in tests:
        name, number = test.name, 1
        while name in taken:
            number += 1
            name = f"{test.name} ({number})"
        taken.add(name)
        yield test._replace(name=name)


def _lines(test: Saved, indent: str) -> Iterator[str]:
    inner = indent + INDENT
    zone = test.ending.story.zone
    fields = {name: value for name, value in test.fields.items() if value is not None}
    if test.consent != "subscribed":
        fields["consent"] = test.consent or "unknown"
    yield f"{indent}- name: {_scalar(test.name)}"
    yield f"{inner}start: {_scalar(_moment(test.start))}"
    yield f"{inner}contact: {_flow_style(fields)}"
    yield from _list("happens", test.happens, inner)
    if test.draws:
        yield f"{inner}draws: {_flow_style(test.draws)}"
    if test.beside:
        yield f"{inner}beside: {_flow_style(list(test.beside))}"
    if test.days != STANDARD_DAYS:
        yield f"{inner}until: {test.days}d"
    expected = [_expected(each, zone) for each in test.ending.story.outcomes if not each.goes_without_saying]
    yield from _list("expect", expected, inner)
    if test.ending.story.price:
        yield f"{inner}cost_at_most: {test.ending.story.price / MILLION:g}"


def _list(key: str, items: Sequence[Mapping[str, Any]], indent: str) -> Iterator[str]:
    if not items:
        yield f"{indent}{key}: []"
        return
    yield f"{indent}{key}:"
    yield from (f"{indent}{INDENT}- {_flow_style(item)}" for item in items)


def _expected(outcome: Outcome, zone: str) -> dict[str, Any]:
    at = {} if outcome.kind == WAITS else {"at": as_written(outcome.at, zone)}
    if outcome.kind in (SMS, MMS):
        said, own, _ = outcome.text.partition(OWN_LINK)  # a link to the picture has no name that an author writes
        text = {"text_has": said.rstrip()} if own else {"text": outcome.text}
        return {outcome.kind: outcome.step, **at, **text}
    if outcome.kind in (SKIPPED, CANCELLED):
        return {outcome.kind: outcome.step, **at, **({"reason": outcome.reason} if outcome.reason else {})}
    return {outcome.kind: outcome.reason if outcome.kind in (EXIT, NOT_ENTERED) else outcome.step, **at}


def _moment(wall: int) -> str:
    return f"{datetime.fromtimestamp(wall / 1000, UTC):%Y-%m-%d %H:%M}"


def _flow_style(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{name}: {_flow_style(each)}" for name, each in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_flow_style, value)) + "]"
    return _scalar(value)


def _scalar(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return f"{value:g}" if isinstance(value, float) and abs(value) < 1e5 else str(value)
    text = str(value)
    if _PLAIN.fullmatch(text) and text.lower() not in _NO_TEXTS:
        return text
    return orjson.dumps(text).decode()
