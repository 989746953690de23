"""Texts such as `Hi {{ contact.first_name | default("there") }}`: parsed once, rendered many times.

Invariants: Jinja2 only parses. A few nodes of its tree become closures; Jinja2 never compiles, folds or runs anything, and every other node
is an error with its place. A rendered text is trimmed and NFC.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from copy import copy
from functools import cache
from typing import Any, Literal, NamedTuple, cast
from unicodedata import normalize

from jinja2 import Environment, TemplateSyntaxError
from pydantic_core import InitErrorDetails, PydanticCustomError, core_schema

from engine.core.context import Context
from engine.language.diagnostics.wording import raised, wrong_kind
from engine.language.templates.expressions import (
    CouponUsed,
    Expression,
    LinkUsed,
    Shown,
    TextMistake,
    Token,
    read_expression,
)
from engine.language.templates.getters import Getter, MissingValue
from engine.language.templates.placeholders_of_others import foreign_placeholders

__all__ = ["CouponUsed", "LinkUsed", "MissingValue", "Shown", "Text", "TextWarning"]

LONGEST_SOURCE = 10_000
MOST_MISTAKES = 50  # of one text
_UNSENDABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_BEHIND_A_LINK = re.compile(
    r"[\w/\-&=#%+~@]"
)  # what phones take for a part of the address; the end of a sentence they leave out
_TOO_MUCH = "a text can contain only {{ values }}: for conditions use an `if` step, for remarks a YAML comment"


class TextWarning(NamedTuple):
    """A warning about a place inside a text."""

    code: str
    message: str
    help: str | None
    offset: int
    length: int = 1


class Text:
    """A text of the language. `render(ctx)` gives what is sent, or raises MissingValue."""

    __slots__ = ("coupons", "language", "links", "paths", "pieces", "render", "source", "warnings")

    render: Callable[[Context], str]
    language: str | None
    """Of one that stands beside others, as a BCP 47 tag; None: it is for everybody."""

    def __init__(self, source: str, for_people: bool = True) -> None:
        """Raises a ValidationError whose errors carry `offset`, in code points of the source.

        `for_people`: a contact's values become no links; where a machine reads them they stay what they are.
        """
        self.source = source
        self.language = None
        reading = _Reading(source, for_people)
        self.pieces: tuple[str | Expression, ...] = tuple(reading.pieces)
        read = [piece for piece in reading.pieces if not isinstance(piece, str)]
        self.paths: tuple[Shown, ...] = tuple(piece.shows for piece in read if piece.shows)
        self.links: tuple[LinkUsed, ...] = tuple(piece.link for piece in read if piece.link)
        self.coupons: tuple[CouponUsed, ...] = tuple(piece.coupon for piece in read if piece.coupon)
        self.warnings: tuple[TextWarning, ...] = tuple(reading.warnings)
        if reading.mistakes:
            mistakes = sorted(set(reading.mistakes), key=lambda each: each.offset)[:MOST_MISTAKES]
            raise raised([InitErrorDetails(type=_error(each, self), loc=(), input=source) for each in mistakes])
        self.render = _renderer(reading.pieces)

    @property
    def coupon_names(self) -> frozenset[str]:
        """The pools of which it shows a code."""
        return frozenset(coupon.name for coupon in self.coupons)

    @property
    def default(self) -> Text:
        return self

    @property
    def each(self) -> tuple[Text, ...]:
        """Of a text in several languages all of them."""
        return (self,)

    def of(self, language: object) -> Text:
        """What a contact of that language gets."""
        return self

    def in_language(self, language: str) -> Text:
        made = copy(self)
        made.language = language
        return made

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Text) and (self.source, self.language) == (other.source, other.language)

    def __hash__(self) -> int:
        return hash(self.source)

    def __repr__(self) -> str:
        return f"Text({self.source!r})"

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> core_schema.CoreSchema:
        return core_schema.no_info_plain_validator_function(
            cls._validated,
            json_schema_input_schema=core_schema.str_schema(),
            serialization=core_schema.plain_serializer_function_ser_schema(lambda text: _tidy(text.source)),
        )

    @classmethod
    def _validated(cls, value: object) -> Text:
        if isinstance(value, Text):
            return value
        if not isinstance(value, str):
            raise wrong_kind("text", value)
        return cls(value)


def _error(mistake: TextMistake, half_read: Text) -> PydanticCustomError:
    """`half_read`: the text as far as it could be read; it has no `render`."""
    place = {"at": "value", "offset": mistake.offset, "length": mistake.length}
    context: dict[str, Any] = {"help": mistake.help, "half_read": half_read, **place}
    return PydanticCustomError(cast(Literal["LO401"], mistake.code), cast(Any, mistake.message), context)


@cache
def _jinja() -> Environment:
    return Environment(keep_trailing_newline=True)


class _Reading:
    """One pass over the source: texts and expressions in order, and everything that is wrong with them."""

    def __init__(self, source: str, for_people: bool) -> None:
        self._for_people = for_people
        self.pieces: list[str | Expression] = []
        self.mistakes: list[TextMistake] = []
        self.warnings: list[TextWarning] = []
        self._inside: list[Token] | None = None  # the tokens of the expression that is open
        self._opened = 0
        if len(source) > LONGEST_SOURCE:
            self._wrong("this text is longer than 10,000 characters", "a message has at most 1,600", 0)
        elif not source.strip():
            self._wrong("this text is empty", "write the message", 0)
        else:
            for found in _UNSENDABLE.finditer(source):
                self._wrong(f"the character U+{ord(found[0]):04X} cannot be sent", "remove it", found.start())
            source = self._of_others(_UNSENDABLE.sub(" ", source).replace("\r\n", "\n"))
            at: int | None = 0
            while at is not None and len(self.mistakes) < MOST_MISTAKES:
                at = self._read(source, at)

    def _wrong(self, message: str, help: str | None, offset: int, length: int = 1) -> None:
        self.mistakes.append(TextMistake("LO401", message, help, offset, length))

    def _of_others(self, source: str) -> str:
        """The text without placeholders of other systems; the rest keeps its place."""
        for start, end, writer, ours in foreign_placeholders(source):
            message, help = f"{writer} placeholders like this; Leadoff does not fill them in", f"write {ours}"
            if source.startswith("[", start):  # only a warning, because a deployed text may contain it
                self.warnings.append(TextWarning("LO406", message, help, start, end - start))
            else:
                self.mistakes.append(TextMistake("LO406", message, help, start, end - start))
                source = source[:start] + " " * (end - start) + source[end:]
        return source

    def _read(self, source: str, at: int) -> int | None:
        """Reads from that index. Returns where to continue after an error, None at the end."""
        try:
            for _, kind, value in _jinja().lex(source[at:]):
                # `{{-` makes the lexer drop the space before it: find the token's real place.
                at = source.index(value, at)
                if not self._take(kind, value, at):
                    return _behind(source, ("%}", "#}"), at)
                at += len(value)
        except TemplateSyntaxError:
            found = source[at : at + 1]
            quote = found in ("'", '"')
            self._wrong("this quote is never closed" if quote else f'"{found}" is not allowed here', _USUAL, at)
            self._inside = None
            return _behind(source, ("}}",), at)
        if self._inside is not None:
            self._wrong('"{{" is never closed', 'close it with "}}"', self._opened, 2)
        return None

    def _take(self, kind: str, value: str, at: int) -> bool:
        """One token. False: it begins something that cannot be read."""
        if kind == "data":
            self._text(value, at)
        elif kind == "variable_begin":
            self._inside, self._opened = [], at
            if value != "{{":
                self._wrong(f'"{value}" is not supported', 'write "{{" and "}}" without `-` or `+`', at, 3)
        elif kind == "variable_end":
            if value != "}}":
                self._wrong('"-}}" is not supported', 'write "{{" and "}}" without `-` or `+`', at, 3)
            self._expression(self._inside or [], at)
            self._inside = None
        elif self._inside is not None:
            if kind != "whitespace":
                self._inside.append(Token(kind, value, at))
        else:
            self._wrong(f'"{value.strip()[:2]}" is not allowed in a text', _TOO_MUCH, at, 2)
            return False
        return True

    def _text(self, value: str, at: int) -> None:
        if self._for_people and self.pieces and _is_link(self.pieces[-1]) and _BEHIND_A_LINK.match(value):
            self._glued(at)
        self.pieces.append(value)
        for stray in re.finditer("}}", value):
            help = 'for a value, start it with "{{"'
            self.warnings.append(
                TextWarning("LO404", 'this "}}" has no "{{": it is sent as it is', help, at + stray.start())
            )

    def _expression(self, tokens: list[Token], end: int) -> None:
        read, mistakes = read_expression(_jinja(), tokens, end, self._for_people)
        self.mistakes += mistakes
        if read is None:
            return
        if self._for_people and self.pieces and self._touches(self.pieces[-1], read):
            self._glued(self._opened)
        self.pieces.append(read)

    def _touches(self, before: str | Expression, now: Expression) -> bool:
        """Whether a link has no blank beside it: a word before it, or a value on either side."""
        if isinstance(before, str):
            return _is_link(now) and before[-1:].isalnum()
        return _is_link(now) or _is_link(before)

    def _glued(self, at: int) -> None:
        message = "there is no space next to this link: a phone reads it as part of the URL, or does not see a link"
        self.warnings.append(TextWarning("LO417", message, "put a space between them", at))


def _is_link(piece: str | Expression) -> bool:
    return not isinstance(piece, str) and piece.link is not None


def _behind(source: str, ends: tuple[str, ...], at: int) -> int | None:
    """Behind the first of these; None where there is none."""
    found = [place + 2 for end in ends if (place := source.find(end, at)) >= 0]
    return min(found, default=None)


_USUAL = 'write a value like {{ contact.first_name | default("there") }}'


def _tidy(text: str) -> str:
    return text.strip() if text.isascii() else normalize("NFC", text.strip())


def _renderer(pieces: list[str | Expression]) -> Callable[[Context], str]:
    """A constant, or a format string and what fills it."""
    getters: list[Getter] = [piece.get for piece in pieces if not isinstance(piece, str)]
    template = "".join(
        normalize("NFC", piece).replace("%", "%%") if isinstance(piece, str) else "%s" for piece in pieces
    )
    if not getters:
        constant = (template % ()).strip()
        return lambda ctx: constant
    if len(getters) == 1:
        only = getters[0]
        return lambda ctx: _tidy(template % only(ctx))
    if len(getters) == 2:
        first, second = getters
        return lambda ctx: _tidy(template % (first(ctx), second(ctx)))
    return lambda ctx: _tidy(template % tuple([get(ctx) for get in getters]))
