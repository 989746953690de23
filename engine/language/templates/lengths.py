"""The shortest and the longest form of a text, with every value at its shortest and at its longest.

Invariants: the text's own closures render, so filters count exactly. A field that is not declared counts 20 characters.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import SimpleNamespace
from typing import Any, NamedTuple, cast

from engine.core.context import Context
from engine.language.templates.expressions import Expression
from engine.language.templates.getters import MissingValue
from engine.language.templates.text import Text
from engine.language.values.fields import MOST_ROWS, FieldSpec
from engine.messaging.parts import LONGEST, all_gsm, count

CODE = 8  # characters of a tracked link's code
DIGITS = 15  # more are not shown by any number
UNKNOWN = FieldSpec()
NO_COUPONS: Mapping[str, int] = {}
LONGEST_ZONE = "America/Argentina/ComodRivadavia"
Specs = Mapping[str, FieldSpec]
"""By path: `contact.first_name`."""


class Lengths(NamedTuple):
    """The text with every value at its shortest and at its longest, and which fields make the difference."""

    shortest: str
    longest: str
    growing: Mapping[str, int]  # path -> characters at the longest


def lengths(text: Text, specs: Specs, public_url: str, coupons: Mapping[str, int] = NO_COUPONS) -> Lengths:
    """`coupons`: the length of each pool's codes."""
    link = f"{public_url}/l/{'M' * CODE}"
    shortest, longest, unlike = [], [], []
    growing: dict[str, int] = {}
    for piece in text.pieces:
        if isinstance(piece, str):
            forms = [piece]
        elif piece.coupon:
            forms = ["M" * coupons.get(piece.coupon.name, UNKNOWN.max)]
        elif piece.link:
            forms = [link]
        elif piece.shows is None:
            forms = _rendered(piece, (), link, text.language)
        else:
            forms = _forms(piece, specs.get(piece.shows.field, UNKNOWN), link, text.language)
        shortest.append(min(forms, key=len))
        longest.append(max(forms, key=len))
        unlike.append(max((form for form in forms if not all_gsm(form)), key=len, default=longest[-1]))
        if not isinstance(piece, str) and piece.shows and len(longest[-1]) > len(shortest[-1]):
            growing[piece.shows.path] = max(len(longest[-1]), growing.get(piece.shows.path, 0))
    long, odd = "".join(longest).strip(), "".join(unlike).strip()
    worst = long if long == odd else max(long, odd, key=_cost)  # mostly they are the same
    return Lengths("".join(shortest).strip(), worst, growing)


def _cost(text: str) -> tuple[bool, int, int]:
    """A shorter one costs more where it is UCS-2: of a date in August `août`."""
    return len(text) > LONGEST, count(text).parts, len(text)


def _forms(piece: Expression, spec: FieldSpec, link: str, language: str | None) -> list[str]:
    values = _extremes(spec)
    assert piece.shows is not None
    naming = {piece.shows.path: spec.naming}
    shown = (*values, None) if piece.shows.has_default else values
    return _rendered(piece, shown, link, language, naming) or ["M" * spec.max]


def _extremes(spec: FieldSpec) -> tuple[Any, ...]:
    if spec.type in ("text", "language"):
        return ("M", "M" * spec.max)
    if spec.type == "url":
        return ("https://a.co", "https://a.co/".ljust(spec.max, "m"))
    if spec.type == "list":
        shortest, longest = ({name: _extremes(each)[at] for name, each in spec.of.items()} for at in (0, -1))
        alone = ([{name: longest[name]}] * MOST_ROWS for name in spec.naming)  # a row without a title has a name
        return ([shortest], [shortest] * MOST_ROWS, [longest] * MOST_ROWS, *alone)
    if spec.type in ("integer", "number", "money"):
        return (1, int("9" * min(spec.max, DIGITS)))
    # The longest month and weekday: a Wednesday in September. A Saturday then is UCS-2 in Spanish, and so is August in French.
    days = ("2027-05-01", "2027-09-25", "2027-08-25", "2027-09-29")
    return {
        "boolean": (True, False),
        "date": days,
        "time": tuple(f"{day}T12:00:00Z" for day in days),
        "tags": (["M"], ["M" * spec.max]),
        "zone": ("UTC", LONGEST_ZONE),
    }[spec.type]


def _rendered(
    piece: Expression,
    values: tuple[Any, ...],
    link: str,
    language: str | None,
    naming: Mapping[str, Sequence[str]] = {},
) -> list[str]:
    """What the expression shows for each value; of a value that it cannot show, nothing."""
    forms = []
    for value in values or (None,):
        whatever = _Always(value)
        person = SimpleNamespace(fields=whatever, zone="UTC")
        imagined = SimpleNamespace(
            facts=SimpleNamespace(person=person), event=whatever, link=lambda name: link, limits={},
            language=language, program=SimpleNamespace(naming=naming),
        )  # fmt: skip
        try:
            forms.append(piece.get(cast(Context, imagined)))
        except MissingValue:
            continue
    return forms


class _Always(dict[str, Any]):
    """A contact or event whose fields all have the same value, nested ones too."""

    def __init__(self, value: Any) -> None:
        super().__init__()
        self.value = value

    def get(self, name: str, default: Any = None) -> Any:
        return self.value
