"""Recognises the placeholders of other systems and translates them: `{{ first_name|default:'you' }}`, `[[contact.firstName]]`,
`{{${first_name}}}`.

Invariants: only unambiguous forms are recognised: two square brackets around a name, a filter with a colon, a name after `$`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

_ARGUMENT = r"""(?:'[^']*'|"[^"]*"|[^\s|'"}\]]+)"""
_FILTERS = rf"((?:\s*\|\s*\w+(?:\s*:\s*{_ARGUMENT})?)*)\s*"
_PLACEHOLDER = re.compile(
    rf"\[\[\s*(?P<omnisend>[A-Za-z]\w*(?:\.\w+)*){_FILTERS}\]\]"
    rf"|\{{\{{\s*\$\{{(?P<braze>[A-Za-z]\w*(?:\.\w+)*)\}}{_FILTERS}\}}\}}"
    rf"|\{{\{{\s*(?P<klaviyo>[A-Za-z]\w*(?:\.\w+)*){_FILTERS}\}}\}}"
)
_FILTER = re.compile(rf"\|\s*(\w+)(?:\s*:\s*({_ARGUMENT}))?")
_WRITERS = {"omnisend": "Omnisend writes", "braze": "Braze writes", "klaviyo": "Klaviyo and Shopify write"}
_PEOPLE = ("contact", "customer", "person", "profile", "recipient", "subscriber", "user")
_CHANGES = {
    "capitalize": "title", "downcase": "lower", "lower": "lower", "title": "title", "upcase": "upper", "upper": "upper",
}  # fmt: skip


class Foreign(NamedTuple):
    start: int
    end: int
    writer: str
    ours: str


def foreign_placeholders(source: str) -> Iterator[Foreign]:
    """Their places in a text, and their translations."""
    for found in _PLACEHOLDER.finditer(source):
        kind = next(name for name, path in found.groupdict().items() if path)
        filters = next(each for each in found.groups()[1::2] if each is not None)
        if kind != "klaviyo" or ":" in filters:
            yield Foreign(found.start(), found.end(), _WRITERS[kind], _ours(found[kind], filters))


def our_path(path: str) -> str:
    """`firstName` or `person.first_name` as a path of the language: `contact.first_name`."""
    root, _, rest = path.partition(".")
    if root.lower() == "event" and rest:
        return f"event.{rest}"
    name = rest if rest and root.lower() in _PEOPLE else path
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name)
    return f"contact.{re.sub(r'[^A-Za-z0-9]+', '_', words).strip('_').lower()}"


def _ours(path: str, filters: str) -> str:
    said = ""
    for name, argument in _FILTER.findall(filters):
        value = argument.strip("'\"")
        if name == "lookup":
            path = value
        elif name == "default":
            said += f' | default("{value}")'
        elif name in _CHANGES:
            said += f" | {_CHANGES[name]}"
    return f"{{{{ {our_path(path)}{said} }}}}"
