"""A value for each language: `{en: Hello, es: Hola}`. The first is the default.

Invariants: the order of the file is kept, since it says which is the default; two with another order are not the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, Any, Generic, TypeVar

from engine.language.diagnostics.wording import kind_of, problem
from engine.language.values.scalars import validated
from engine.messaging.languages import PATTERN, chosen, normal

V = TypeVar("V")


class ByLanguage(Mapping[str, V], Generic[V]):
    """The values by language; at least one."""

    def __init__(self, values: Mapping[str, V]) -> None:
        self._values = dict(values)
        self.default: V = next(iter(self._values.values()))

    def of(self, language: object) -> V:
        """The one for a person of that language; of an unknown or another one the first."""
        found = chosen(language, self._values)
        return self.default if found is None else self._values[found]

    def __getitem__(self, language: str) -> V:
        return self._values[language]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __hash__(self) -> int:
        return hash(tuple(self._values.items()))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ByLanguage) and tuple(self._values.items()) == tuple(other._values.items())


def languages_in(values: Iterable[object]) -> tuple[str, ...]:
    """The languages of those that are by language, the first that is written first."""
    return tuple(dict.fromkeys(language for value in values if isinstance(value, ByLanguage) for language in value))


def _language(value: object) -> str:
    tag = normal(value) if isinstance(value, str) else None
    if tag is None:
        shown = f'"{value[:20]}"' if isinstance(value, str) else kind_of(value)
        raise problem("LO238", f"{shown} is not a language", "write a BCP 47 tag: en, es, fr, es-MX", at="key")
    if tag != value:
        raise problem("LO238", f'"{value}" is not the usual spelling of a language', f"write {tag}", at="key")
    return tag


Language = Annotated[str, validated(_language, type="string", pattern=PATTERN, examples=["es"])]


def none_empty(value: Mapping[Any, Any]) -> Mapping[Any, Any]:
    """Raises LO208 where there is no language in it."""
    if not value:
        raise problem("LO208", "there is no language in it", "write {en: Hello, es: Hola}", at="key")
    return value
