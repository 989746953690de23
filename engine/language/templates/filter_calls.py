"""Reads a filter and its arguments: `default("there")`, `truncate(12)`, `date("%B %e")`.

Invariants: an argument is a quoted text or a number, never a field.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from jinja2 import nodes

from engine.language.diagnostics.findings import near_hint, nearest
from engine.language.templates import dates, filters

FILTERS = ("default", "upper", "lower", "title", "money", "date", "truncate", "count", "names")
OF_LISTS = ("count", "names")
"""Filters that make a value of a list, so they stand first."""


class Refused(Exception):
    """What an expression must not be, with the line of its token."""

    def __init__(self, code: str, message: str, help: str | None, line: int) -> None:
        super().__init__(message)
        self.code, self.message, self.help, self.line = code, message, help, line


def constants(node: nodes.Call | nodes.Filter) -> list[Any]:
    """The arguments, which must all be constants."""
    name = node.name if isinstance(node, nodes.Filter) else "link"
    if node.kwargs or node.dyn_args or node.dyn_kwargs:
        raise Refused("LO402", f"{name} takes no named arguments", "write only the value, in parentheses", node.lineno)
    for argument in node.args:
        if not isinstance(argument, nodes.Const):
            help = 'put it in quotes: default("there")' if name == "default" else "write a text in quotes or a number"
            raise Refused("LO402", f"{name} takes a fixed value, not a field", help, first_line(argument))
    return [argument.value for argument in node.args if isinstance(argument, nodes.Const)]


def first_line(node: nodes.Node) -> int:
    """The line of the token that a chain of fields begins with."""
    while isinstance(node, nodes.Getattr | nodes.Getitem | nodes.Call):
        node = node.node
    return node.lineno


def read_filter(node: nodes.Filter) -> filters.Filter:
    """Raises Refused."""
    name, line, given = node.name, node.lineno, constants(node)
    if name in ("upper", "lower", "title", "money"):
        if given:
            raise Refused("LO402", f"{name} takes no arguments", f"write | {name}", line)
        return filters.money if name == "money" else filters.on_text(_CHANGES[name])
    if name == "default":
        if len(given) != 1 or type(given[0]) not in (str, int, float):
            raise Refused("LO402", "default needs one value", 'write | default("there")', line)
        return filters.default(filters.plain(given[0]))
    if name == "truncate":
        if len(given) != 1 or type(given[0]) is not int or not 1 <= given[0] <= filters.LONGEST_CUT:
            raise Refused("LO402", "truncate needs a number from 1 to 1600", "write | truncate(20)", line)
        return filters.truncate(given[0])
    if name == "date":
        return _date(given, line)
    if name in OF_LISTS:
        raise Refused(
            "LO402", f"{name} stands behind the list itself", f"write {{{{ event.items | {name} }}}} first", line
        )
    help = f"{near_hint(nearest(name, FILTERS))}A filter is one of: {', '.join(FILTERS)}"
    raise Refused("LO402", f'there is no filter "{name}"', help, line)


def _date(given: Sequence[Any], line: int) -> filters.Filter:
    if len(given) > 1 or not all(isinstance(each, str) for each in given):
        raise Refused("LO402", "date takes a format in quotes, or nothing", 'write | date("%B %e")', line)
    format = given[0] if given else None
    unknown = dates.unknown_date_part(format or "")
    if unknown:
        known = " ".join(dates.DATE_PARTS)
        raise Refused("LO402", f'"{unknown}" is not a part of a date format', f"the parts are {known}", line)
    return dates.dated(format)


_CHANGES: Mapping[str, Callable[[str], str]] = {"upper": str.upper, "lower": str.lower, "title": filters.titled}
