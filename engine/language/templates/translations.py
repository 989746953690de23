"""The text of a message in several languages: `text: {en: Hello, es: Hola}`.

Invariants: a text without languages and one in several have the same attributes, so what reads a message need not ask which it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import PlainValidator, TypeAdapter

from engine.language.diagnostics.wording import wrong_kind
from engine.language.templates.expressions import LinkUsed, Shown
from engine.language.templates.text import Text
from engine.language.values.by_language import ByLanguage, Language, none_empty


class Translations(ByLanguage[Text]):
    """The texts by language. What it shows, and its links and coupons, are those of all of them."""

    def __init__(self, texts: Mapping[str, Text]) -> None:
        super().__init__({language: text.in_language(language) for language, text in texts.items()})
        self.source = self.default.source
        self.paths: tuple[Shown, ...] = tuple(shown for text in self.values() for shown in text.paths)
        self.links: tuple[LinkUsed, ...] = tuple(link for text in self.values() for link in text.links)
        self.coupon_names = frozenset[str]().union(*(text.coupon_names for text in self.values()))

    @property
    def each(self) -> tuple[Text, ...]:
        return tuple(self.values())


_texts: TypeAdapter[dict[str, Text]] = TypeAdapter(dict[Language, Text])


def _message_text(value: object) -> Text | Translations:
    if isinstance(value, Text | Translations):
        return value
    if isinstance(value, Mapping):
        return Translations(_texts.validate_python(none_empty(value)))
    if not isinstance(value, str):
        raise wrong_kind("text", value)
    return Text(value)


MessageText = Annotated[
    Text | Translations, PlainValidator(_message_text, json_schema_input_type=Text | Mapping[Language, Text])
]
"""A text that people read: one for everybody, or one for each language."""
