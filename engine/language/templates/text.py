"""Texts: `Hi {{ contact.first_name | default("there") }}`, read once, rendered many times.

Rules kept here: Jinja2 only parses. A few nodes of its tree become closures of ours; nothing is ever compiled, folded or run by it, and
whatever else an author writes is an error at its place. A rendered text is trimmed and NFC.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from typing import Any, Literal, NamedTuple, cast
from unicodedata import normalize

from jinja2 import Environment, TemplateSyntaxError
from pydantic_core import InitErrorDetails, PydanticCustomError, core_schema

from engine.core.context import Context
from engine.language.diagnostics.wording import raised, wrong_kind
from engine.language.templates.expressions import Expression, LinkUsed, Shown, TextMistake, Token, read_expression
from engine.language.templates.getters import Getter, MissingValue

__all__ = ["LinkUsed", "MissingValue", "Shown", "Text", "TextWarning"]

LONGEST_SOURCE = 10_000
_UNSENDABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_TOO_MUCH = "a text has {{ values }} only: decide with an `if` step, explain in a YAML comment"


class TextWarning(NamedTuple):
    """A warning about a place inside a text."""

    code: str
    message: str
    help: str | None
    offset: int


class Text:
    """A text of the language. `render(ctx)` gives what is sent, or raises MissingValue."""

    __slots__ = ("links", "paths", "pieces", "render", "source", "warnings")

    render: Callable[[Context], str]

    def __init__(self, source: str, for_people: bool = True) -> None:
        """Raises a ValidationError whose errors carry `offset`, in code points of the source.

        `for_people`: a contact's values become no links; where a machine reads them they stay what they are.
        """
        self.source = source
        reading = _Reading(source, for_people)
        if reading.mistakes:
            raise raised([InitErrorDetails(type=_error(each), loc=(), input=source) for each in reading.mistakes])
        self.pieces: tuple[str | Expression, ...] = tuple(reading.pieces)
        read = [piece for piece in reading.pieces if not isinstance(piece, str)]
        self.paths: tuple[Shown, ...] = tuple(piece.shows for piece in read if piece.shows)
        self.links: tuple[LinkUsed, ...] = tuple(piece.link for piece in read if piece.link)
        self.warnings: tuple[TextWarning, ...] = tuple(reading.warnings)
        self.render = _renderer(reading.pieces)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Text) and self.source == other.source

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
            raise wrong_kind("a text", value)
        return cls(value)


def _error(mistake: TextMistake) -> PydanticCustomError:
    context: dict[str, Any] = {"help": mistake.help, "at": "value", "offset": mistake.offset, "length": mistake.length}
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
            self._wrong("this text is longer than 10,000 characters", "a message holds at most 1,600", 0)
        elif unsendable := _UNSENDABLE.search(source):
            self._wrong(f"the character U+{ord(unsendable[0]):04X} cannot be sent", "take it out", unsendable.start())
        elif not source.strip():
            self._wrong("this text is empty", "write what is to be sent", 0)
        else:
            self._read(source.replace("\r\n", "\n"))

    def _wrong(self, message: str, help: str | None, offset: int, length: int = 1) -> None:
        self.mistakes.append(TextMistake("LO401", message, help, offset, length))

    def _read(self, source: str) -> None:
        at = 0
        try:
            for _, kind, value in _jinja().lex(source):
                # `{{-` makes the lexer drop the space before it: look where the token really stands.
                at = source.index(value, at)
                if not self._take(kind, value, at):
                    return
                at += len(value)
        except TemplateSyntaxError:
            found = source[at : at + 1]
            quote = found in ("'", '"')
            self._wrong("this quote is never closed" if quote else f'"{found}" does not belong here', _USUAL, at)
            return
        if self._inside is not None:
            self._wrong('"{{" is never closed', 'close it with "}}"', self._opened, 2)

    def _take(self, kind: str, value: str, at: int) -> bool:
        """One token. False: nothing behind it can be read."""
        if kind == "data":
            self._text(value, at)
        elif kind == "variable_begin":
            self._inside, self._opened = [], at
            if value != "{{":
                self._wrong(f'"{value}" is not known here', 'write "{{" and "}}" without signs', at, 3)
        elif kind == "variable_end":
            if value != "}}":
                self._wrong('"-}}" is not known here', 'write "{{" and "}}" without signs', at, 3)
            self._expression(self._inside or [], at)
            self._inside = None
        elif self._inside is not None:
            if kind != "whitespace":
                self._inside.append(Token(kind, value, at))
        else:
            self._wrong(f'"{value.strip()[:2]}" has no place in a text', _TOO_MUCH, at, 2)
            return False
        return True

    def _text(self, value: str, at: int) -> None:
        self.pieces.append(value)
        for stray in re.finditer("}}", value):
            help = 'if a value was meant, open it with "{{"'
            self.warnings.append(
                TextWarning("LO404", 'this "}}" closes nothing: it is sent as it stands', help, at + stray.start())
            )

    def _expression(self, tokens: list[Token], end: int) -> None:
        read = read_expression(_jinja(), tokens, end, self._for_people)
        if isinstance(read, TextMistake):
            self.mistakes.append(read)
        else:
            self.pieces.append(read)


_USUAL = 'a value is written {{ contact.first_name | default("there") }}'


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
