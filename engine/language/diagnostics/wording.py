"""Leadoff's own messages for every error; pydantic's messages never reach an author.

Invariants: an error of Leadoff's types has its code (LO…) already and is not changed; every other is translated by its type, and an unknown
one gets a general message.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, cast

from pydantic import ValidationError
from pydantic_core import ErrorDetails, InitErrorDetails, PydanticCustomError

from engine.language.diagnostics.findings import key_meant, near_hint, nearest

_WANTED = {
    "string": "text",
    "int": "a whole number",
    "bool": "true or false",
    **dict.fromkeys(("float", "decimal", "finite"), "a number"),
    **dict.fromkeys(("dict", "mapping", "model"), "a mapping"),
    **dict.fromkeys(("list", "tuple", "set", "frozen", "iterable"), "a list"),
}
_BOUNDS = {
    "greater_than": ("gt", "more than"),
    "greater_than_equal": ("ge", "at least"),
    "less_than": ("lt", "less than"),
    "less_than_equal": ("le", "at most"),
}


def problem(
    code: str, message: str, help: str | None = None, *, at: str = "value", instead: str | None = None
) -> PydanticCustomError:
    """A mistake as pydantic carries it. `at`: the `value` or the `key` of the place it is reported for.

    `instead`: the certain fix, as written in a file (`{}`: the current text), for `check --fix`.
    """
    context: dict[str, Any] = {"help": help, "at": at, "instead": instead}
    return PydanticCustomError(cast(Any, code), cast(Any, message), context)


def kind_of(value: object) -> str:
    """The type of a value, in an author's words."""
    if isinstance(value, bool):
        return "true" if value else "false"
    for kind, name in ((str, "text"), (Mapping, "a mapping"), (list, "a list"), (type(None), "null")):
        if isinstance(value, kind):
            return name
    return "a number"


def wrong_kind(wanted: str, value: object) -> PydanticCustomError:
    """LO206: a number where text is expected, and the like."""
    quotes = wanted == "text" and isinstance(value, int | float)
    help = f'put it in quotes: "{str(value).lower()}"' if quotes else None
    return problem("LO206", f"expected {wanted}, got {kind_of(value)}", help, instead='"{}"' if quotes else None)


def unknown_key(key: object, choices: Iterable[str]) -> PydanticCustomError:
    """LO201, with the nearest name and the known keys."""
    choices = list(choices)
    if str(key).lower().replace("_", "") in ("elif", "elseif") and "else" in choices:
        help = "for more than two branches use a `switch`, or put an `if` step under `else`"
        return problem("LO201", f'there is no "{key}"', help, at="key")
    help = f"{near_hint(key_meant(str(key), choices))}Allowed here: {', '.join(choices)}"
    return problem("LO201", f'unknown key "{key}"', help, at="key")


def translated(error: ErrorDetails) -> PydanticCustomError:
    """The same mistake in our words."""
    kind, value, context = error["type"], error["input"], error.get("ctx", {})
    if kind.startswith("LO"):
        return PydanticCustomError(cast(Any, kind), cast(Any, error["msg"]), context)
    if kind == "missing":
        return problem("LO205", f'"{error["loc"][-1]}" is missing', at="parent")
    if kind == "extra_forbidden":
        return problem("LO201", f'unknown key "{error["loc"][-1]}"', at="key")
    if kind in ("literal_error", "enum"):
        choices = re.findall(r"'([^']*)'", str(context.get("expected"))) or [str(context.get("expected"))]
        return one_of(value, choices)
    if kind in _BOUNDS:
        name, words = _BOUNDS[kind]
        return problem("LO208", f"this must be {words} {context[name]}")
    if kind in ("string_too_long", "string_too_short", "too_long", "too_short"):
        bound = f"at most {context['max_length']}" if kind.endswith("long") else f"at least {context['min_length']}"
        unit = "characters" if kind.startswith("string") else "items"
        return problem("LO208", f"this must have {bound} {unit}")
    wanted = _WANTED.get(kind.split("_")[0])
    if wanted and not (wanted == "text" and isinstance(value, str)):
        return wrong_kind(wanted, value)
    return problem("LO209", "this value is not accepted here")


def one_of(value: object, choices: Iterable[str]) -> PydanticCustomError:
    """LO207: none of the allowed words."""
    choices = list(choices)
    near = nearest(str(value), choices)
    shown = f'"{value}"' if isinstance(value, str) else kind_of(value)
    return problem("LO207", f"{shown} is not one of: {', '.join(choices)}", f'did you mean "{near}"?' if near else None)


def raised(errors: list[InitErrorDetails]) -> ValidationError:
    """Several mistakes as one exception; pydantic puts the outer places in front of theirs."""
    return ValidationError.from_exception_data("leadoff", errors)
