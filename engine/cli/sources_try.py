"""What `sources try` shows of a body.

Invariants: numbers are masked; of a web address the query is not shown, because that of a cart is a key to it. No signature is checked.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from engine.deploy.project_files import LARGEST_TEXT, PROJECT_FILE, read_regular
from engine.errors import UsageError
from engine.intake.mapping import Became, became
from engine.intake.recorded import Recorded, recorded
from engine.language.check import ProjectFiles, check
from engine.language.model.project import Project
from engine.language.model.sources import SourceModel
from engine.messaging.numbers import mask_numbers, masked
from engine.sources.bodies import LARGEST, Unreadable
from engine.views.addresses import with_texts, without_queries


def project_at(root: Path) -> Project:
    """leadoff.yaml alone. Raises UsageError where something is wrong with it."""
    raw = read_regular(root, PROJECT_FILE, LARGEST_TEXT)
    if raw is None:
        raise UsageError(f"cannot read {root / PROJECT_FILE}")
    found = check(ProjectFiles({PROJECT_FILE: raw}, lambda path: None), {}).project
    if found is None:
        raise UsageError(
            f"{root / PROJECT_FILE} has errors: what a body becomes is not known", "`leadoff check` shows them"
        )
    return found


def tried(project: Project, source: SourceModel, file: Path, topic: str | None) -> list[Became]:
    """What each message of the body becomes; none of a ping. Raises UsageError."""
    kind, taken = source.bodies, _read(file)
    headers = dict(taken.headers)
    if topic is not None:
        if not kind.topic_header:
            raise UsageError(f"{kind.title} names the topic in the body, not in a header", "leave out --topic")
        headers[kind.topic_header] = topic
    if kind.is_ping(headers, taken.body):
        return []
    try:
        messages = kind.messages(headers, taken.body)
    except Unreadable as error:
        raise UsageError(f"{file}: {error.reason}", "the body as it came, JSON") from None
    if kind.topic_header and not messages[0].topic:
        raise UsageError(f"{file} does not say its topic: {kind.title} names it in a header", "--topic names it")
    return [became(project, source, message) for message in messages]


def _read(file: Path) -> Recorded:
    try:
        with file.open("rb") as opened:
            return recorded(opened.read(2 * LARGEST))
    except OSError as error:
        raise UsageError(f"cannot read {file}: {error.strerror}") from None
    except ValueError as error:
        raise UsageError(f"{file}: {error}", "headers, an empty line and the body, or the body alone") from None


def as_json(made: Became) -> dict[str, Any]:
    message, person = made.message, made.person
    return {
        "topic": message.topic,
        "delivery": message.delivery or None,
        "key": message.key or None,
        "version": _when(message.version),
        "event": made.event,
        "contact": {
            "phone": masked(person.phone) if person.phone else None,
            "key": person.key,
            **{name: shown(value) for name, value in person.fields.items()},
        },
        "person_of": _owner(made),
        "consent": person.consent,
        "consent_at": _when(person.consent_at),
        "consent_expires": _when(person.consent_expires),
        "data": {name: shown(value) for name, value in made.data.items()},
        "pictures": {name: shown(url) for name, url in made.pictures.items()},
        "left_out": [each._asdict() for each in made.left_out],
        "nothing": made.nothing,
    }


def as_lines(name: str, source: SourceModel, made: list[Became]) -> Iterator[str]:
    yield f"{name}: {source.bodies.title}; the signature is not checked here"
    if not made:
        yield "a ping: answered with 200, and nothing else happens"
    for each in made:
        yield ""
        yield from lines_of(each)


def lines_of(made: Became) -> Iterator[str]:
    """One message."""
    yield from _row("topic", made.message.topic or "none")
    yield from _row("about", made.message.key, f" as of {at}" if (at := _when(made.message.version)) else "")
    if made.privacy is not None:
        yield from _row("asks", made.privacy.says)
        return
    yield from _row("event", made.event or f"none: {made.nothing}")
    owner, phone = _owner(made), masked(made.person.phone) if made.person.phone else ""
    yield from _row("contact", f"that of {owner}, if it is known" if owner else "")
    yield from _row("else" if owner else "contact", phone, f" at {made.places.get('phone')}")
    yield from _row("key", made.person.key or "")
    for field, value in made.person.fields.items():
        yield f"  {field:<12} {shown(value)}"
    yield from _row("consent", made.person.consent or _NO_CONSENT, f" at {made.places.get('consent')}")
    if made.data:
        yield "data"
    for field, value in made.data.items():
        yield from _value(field, shown(value))
    if made.pictures:
        yield "pictures"
    for name, url in made.pictures.items():
        yield f"  {name:<20} {shown(url) or 'none'}"
    if made.left_out:
        yield "left out"
    for left in made.left_out:
        yield f"  {left.what:<12} {mask_numbers(left.why)}"


def _owner(made: Became) -> str | None:
    """The key of what the person is looked up by, where the body names nobody, or may name somebody else."""
    message = made.message
    keys = message.whose or (message.follows if made.nameless else ())
    if not keys or made.event is None:
        return None
    return keys[0] if len(keys) == 1 else keys[0].rpartition(":")[0]


_NO_CONSENT = "says nothing"


def _row(name: str, value: str, rest: str = "") -> Iterator[str]:
    if value:
        yield f"{name:<9} {value}{'' if value == _NO_CONSENT or 'None' in rest else rest}"


def _value(field: str, value: Any) -> Iterator[str]:
    if not isinstance(value, list):
        yield f"  {field:<12} {value}"
        return
    for index, row in enumerate(value):
        said = ", ".join(f"{name} {each}" for name, each in row.items()) if isinstance(row, dict) else row
        yield f"  {f'{field}[{index}]':<12} {said}"


def shown(value: Any) -> Any:
    """A value with its numbers masked, and without the queries of its addresses."""
    return with_texts(value, lambda text: mask_numbers(without_queries(text)))


def _when(instant: int | None) -> str | None:
    return None if instant is None else datetime.fromtimestamp(instant / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
