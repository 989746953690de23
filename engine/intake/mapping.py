"""A message of a source -> the event it becomes: who, what they said of texts, and the data, by the source's mapping.

Invariants: nothing is stored and nobody is looked up here. A value that is missing, undeclared or of another type is left out and told of;
an event without a field that it requires is none. A test order makes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, Literal, NamedTuple

from engine.language.model.project import Project
from engine.language.model.sources import SourceModel
from engine.language.values.fields import MOST_ROWS, BadValue, FieldSpec, convert_named, plain
from engine.sources import bodies, products
from engine.sources.kind import Each, Message, Privacy, Topic, Total, Where, paths_of
from engine.sources.paths import first_of, value_of
from engine.sources.people import Found, Status, consent_in, number_in

Count = Literal["nothing", "no number", "not mapped", "not taken", "test"]
"""Why a message makes no event: `not taken` where one was meant, and the body has not what it takes."""
MOST_DIGITS = 18  # of an amount, before or behind its point
IMAGE = "image"  # the field of an item that the picture of its product fills
ProductPicture = Callable[[object], str | None]
"""An item as the shop writes it -> the address of its product's picture."""
NO_FIELD = ("phone", "key", "consent", "consent_at", "consent_expires", "country")  # of a mapping's contact


class LeftOut(NamedTuple):
    what: str
    why: str


class Person(NamedTuple):
    """Whom a message is about. `consent` says nothing where it is None."""

    phone: str | None = None
    key: str | None = None
    fields: Mapping[str, Any] = {}
    consent: Status | None = None
    consent_at: int | None = None  # UTC ms
    consent_expires: int | None = None  # the same; of a consent that is given


class Became(NamedTuple):
    """What a message becomes. `nothing`: why no event does; `consent` of the person may count all the same."""

    message: Message
    event: str | None = None
    person: Person = Person()
    data: Mapping[str, Any] = {}
    left_out: tuple[LeftOut, ...] = ()
    nothing: str | None = None
    counts_as: Count = "nothing"  # where it makes nothing
    nameless: str | None = None  # why it names nobody: it is about the person of what it belongs to, or follows
    privacy: Privacy | None = None
    places: Mapping[str, str] = {}  # `phone`, `consent` -> the path it was at
    pictures: Mapping[str, str] = {}  # of a product, as products.pictures_of says

    @property
    def has_effect(self) -> bool:
        return bool(self.event or self.person.consent or self.privacy or self.pictures)


def became(
    project: Project, source: SourceModel, message: Message, picture: ProductPicture = lambda item: None
) -> Became:
    """What one message becomes. Raises nothing: what cannot be read is told. `picture`: of an item that has none, that of its product."""
    privacy = source.bodies.privacy.get(message.topic)
    if privacy is not None:
        return Became(message, nothing=privacy.says, privacy=privacy)
    topic = source.topic(message.topic)
    pictures = products.pictures_of(message.body) if message.topic in source.bodies.products else {}
    if topic is None and pictures:
        return Became(message, nothing="a product: its pictures are noted", pictures=pictures)
    if topic is None:
        named = f'the topic "{message.topic}"' if message.topic else "a body without a topic"
        return Became(message, nothing=f"nothing is mapped for {named}", counts_as="not mapped")
    if message.test:
        return Became(message, nothing="it is a test: nobody is texted because of one", counts_as="test")
    return _mapped(project, source, topic, message, picture)._replace(pictures=pictures)


def _mapped(project: Project, source: SourceModel, topic: Topic, message: Message, picture: ProductPicture) -> Became:
    left_out: list[LeftOut] = []
    phones = paths_of(topic.contact.get("phone", ()))
    number = number_in(source.bodies, message, phones)
    key = first_of(message.body, paths_of(topic.contact.get("key", ())))
    known = bodies.word(key[1]) if key else ""
    nameless = None if known else _no_number(number)
    if nameless and not (message.whose or message.follows):
        return Became(message, nothing=nameless, counts_as="no number")
    places = {} if number is None else {"phone": number.path}
    person = Person(number.e164 if number else None, known or None, _fields(project, topic, message, left_out))
    consent = _consent(topic, message, phones, number)
    if consent is not None:
        places["consent"] = consent[0]
        ends = _instant_of(topic, message, "consent_expires") if consent[1] == "subscribed" else None
        at = _instant_of(topic, message, "consent_at")
        person = person._replace(consent=consent[1], consent_at=at, consent_expires=ends)
    nothing = _no_event(project, topic, message)
    data = {} if nothing or topic.event is None else _data(project, topic, topic.event, message, left_out, picture)
    incomplete = None if nothing else _incomplete(project, topic, data, left_out)
    counts_as: Count = "not taken" if incomplete else "nothing"
    nothing = nothing or incomplete
    event = None if nothing else topic.event
    return Became(message, event, person, data, tuple(left_out), nothing, counts_as, nameless, places=places)


def _no_number(number: Found | None) -> str | None:
    if number is None:
        return "the body has no number"
    return f"the number at {number.path} is no number to text: {number.wrong}" if number.e164 is None else None


def _no_event(project: Project, topic: Topic, message: Message) -> str | None:
    if topic.event is None:
        return "the topic only says what a contact agreed to"
    if topic.unless is not None and value_of(message.body, topic.unless) is not None:
        return f"{topic.unless} is set: it is over"
    if project.events and topic.event not in project.events:
        return f'the event "{topic.event}" is not declared'
    return None


def _incomplete(project: Project, topic: Topic, data: Mapping[str, Any], left_out: list[LeftOut]) -> str | None:
    specs = project.events.get(topic.event or "", {})
    missing = next((name for name, spec in specs.items() if spec.required and name not in data), None)
    if missing is None:
        return None
    why = next((f": {each.why}" for each in left_out if each.what == missing), "")
    return f'"{topic.event}" requires "{missing}", and the body has none{why}'


def _consent(
    topic: Topic, message: Message, phones: tuple[str, ...], number: Found | None
) -> tuple[str, Status] | None:
    """Where it is, and what it says; None where it says nothing of this number."""
    if number is None or number.e164 is None or number.path != phones[0]:
        return None
    for path in paths_of(topic.contact.get("consent", ())):
        if (said := consent_in(message, path)) is not None:
            return path, said
    return None


def _instant_of(topic: Topic, message: Message, name: str) -> int | None:
    found = first_of(message.body, paths_of(topic.contact.get(name, ())))
    return bodies.instant(found[1]) if found else None


def _fields(project: Project, topic: Topic, message: Message, left_out: list[LeftOut]) -> dict[str, Any]:
    """The contact's, those that have a value."""
    specs = project.contact_fields
    made = {}
    for name, paths in topic.contact.items():
        found = first_of(message.body, paths_of(paths)) if name not in NO_FIELD else None
        if found is not None and (value := _value(specs, name, found[1], left_out)) is not None:
            made[name] = value
    return made


def _data(
    project: Project, topic: Topic, event: str, message: Message, left_out: list[LeftOut], picture: ProductPicture
) -> dict[str, Any]:
    specs = project.events.get(event) if project.events else None
    made = {}
    for name, where in topic.data.items():
        raw = _raw(message, where)
        if specs is not None and name in specs and IMAGE in specs[name].of:
            raw = _with_pictures(raw, message, where, picture)
        value = _value(specs, name, raw, left_out) if raw is not None else None
        if value is not None:
            made[name] = value
        elif raw is None and (specs is None or name in specs):
            left_out.append(LeftOut(name, f"nothing is at {_written(where)}"))
    return made


def _raw(message: Message, where: Where) -> object:
    if isinstance(where, Total):
        return _total(value_of(message.body, where.path), where)
    if not isinstance(where, Each):
        found = first_of(message.body, paths_of(where))
        return found[1] if found else None
    rows = value_of(message.body, where.path)
    if not isinstance(rows, list):
        return None
    return [{name: value_of(row, path) for name, path in where.of.items()} for row in rows]


def _total(rows: object, where: Total) -> Decimal | None:
    """None where there is no amount, or one that is no number."""
    counted = [row for row in rows if value_of(row, "status") not in where.failed] if isinstance(rows, list) else []
    try:
        amounts = [Decimal(str(value_of(row, where.amount))) for row in counted]
    except InvalidOperation:
        return None
    is_known = all(each.is_finite() and abs(each.adjusted()) <= MOST_DIGITS for each in amounts)
    return sum(amounts, Decimal(0)) if amounts and is_known else None


def _with_pictures(raw: object, message: Message, where: Where, picture: ProductPicture) -> object:
    """A list whose items have the picture of their product where they have none."""
    items = value_of(message.body, where.path) if isinstance(where, Each) else raw
    if not isinstance(raw, list) or not isinstance(items, list):
        return raw
    rows = []
    for row, item in zip(raw[:MOST_ROWS], items, strict=False):
        own = isinstance(row, dict) and not row.get(IMAGE) and picture(item)
        rows.append({**row, IMAGE: own} if own else row)
    return [*rows, *raw[MOST_ROWS:]]


def _written(where: Where) -> str:
    if isinstance(where, Total):
        return f"{where.path}[].{where.amount}"
    return where.path if isinstance(where, Each) else " or ".join(paths_of(where))


def _value(specs: Mapping[str, FieldSpec] | None, name: str, raw: object, left_out: list[LeftOut]) -> Any:
    """As its type; None where it is left out. `specs` None: nothing is declared."""
    if specs is not None and name not in specs:
        left_out.append(LeftOut(name, "it is not declared"))
        return None
    try:
        if specs is None:
            return plain(_as_number(raw), name)
        return convert_named(specs, name, _fitting(specs[name], name, raw, left_out))
    except BadValue as error:
        left_out.append(LeftOut(name, error.reason))
        return None


def _fitting(spec: FieldSpec, name: str, raw: object, left_out: list[LeftOut]) -> object:
    """A number where text is declared as its digits, since shops write ids and money both ways; a list with its declared fields alone."""
    if spec.type == "list" and isinstance(raw, list):
        if len(raw) > MOST_ROWS:
            left_out.append(LeftOut(f"{name}[{MOST_ROWS}…]", f"of {len(raw):,} items the first {MOST_ROWS} are kept"))
        made = [_row(spec.of, f"{name}[{index}]", row, left_out) for index, row in enumerate(raw[:MOST_ROWS])]
        return [row for row in made if row is not None]
    if spec.type == "money" and isinstance(raw, Decimal) and raw.adjusted() < 18:
        return round(raw, 6)  # a shop that divides a total by a quantity writes 41.66666667
    if spec.type == "text" and isinstance(raw, int | Decimal) and not isinstance(raw, bool):
        return f"{raw:f}" if isinstance(raw, Decimal) else str(raw)
    return raw if spec.type in ("number", "money") else _as_number(raw)


def _row(specs: Mapping[str, FieldSpec], place: str, raw: object, left_out: list[LeftOut]) -> dict[str, Any] | None:
    """An item's declared fields; None where it lacks one that is required."""
    made = {}
    for name, spec in specs.items():
        try:
            value = convert_named(specs, name, _fitting(spec, name, value_of(raw, name), left_out))
        except BadValue as error:
            left_out.append(LeftOut(f"{place}.{name}", error.reason))
            value = None
        if value is not None:
            made[name] = value
        elif spec.required:
            left_out.append(LeftOut(place, f'an item requires "{name}", and this one has none'))
            return None
    return made or None


def _as_number(raw: object) -> object:
    """A decimal as stored data holds numbers."""
    if not isinstance(raw, Decimal):
        return raw
    return int(raw) if abs(raw) < 10**18 and raw == raw.to_integral_value() else float(raw)
