"""The parts of a web call: URL, headers, body, and what is saved of the response.

Invariants: the file fixes the host and path; a template may fill only the query, each value URL-encoded. Leadoff sets the headers that
frame a request, and no value can add a header line.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Annotated, Any
from urllib.parse import quote, urlsplit

from pydantic import TypeAdapter, ValidationError
from pydantic_core import InitErrorDetails

from engine.core.calendar import MINUTE, Duration
from engine.core.context import Context
from engine.language.diagnostics.findings import Loc
from engine.language.diagnostics.wording import problem, raised, translated, wrong_kind
from engine.language.model.project import read_url
from engine.language.templates.payloads import DataText, Payload, filled
from engine.language.templates.text import Text
from engine.language.values.scalars import parse_duration, parse_text, validated

Body = Payload | Mapping[str, Any] | tuple[Any, ...]

OURS = frozenset(
    (
        "host", "content-length", "transfer-encoding", "connection", "idempotency-key", "expect", "te", "trailer", "upgrade",
        "accept-encoding",
    )
)  # fmt: skip
LONGEST_TIMEOUT_MS = MINUTE
DEEPEST = 32
_HEADER = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}")
_PATH = re.compile(r"[A-Za-z0-9_$-]+(\.[A-Za-z0-9_$-]+)*")
_payload: TypeAdapter[Payload] = TypeAdapter(DataText)


def _url(value: object) -> Text:
    source = parse_text(value).strip()
    fixed, _, query = source.partition("?")
    if "{{" in fixed:
        help = "put values into the query, a header or the body"
        raise problem("LO236", "the URL must be fixed up to the `?`: no {{ }} before it", help)
    read_url(fixed)
    if urlsplit(fixed).username is not None:
        raise problem("LO236", "no user name or password in the URL", "use an Authorization header")
    if "#" in source or not query.isprintable():
        raise problem("LO236", "this is not a URL", "remove the part after the `#`")
    text = _payload.validate_python(source)
    assert isinstance(text, Text)
    return text


def _header_name(value: object) -> str:
    name = parse_text(value)
    if not _HEADER.fullmatch(name):
        raise problem("LO208", f'"{name[:40]}" is not a header name', "write it like X-Api-Key", at="key")
    if name.lower() in OURS:
        raise problem("LO208", f'Leadoff sets the header "{name}"', "leave it out", at="key")
    return name


def _header(value: object) -> Text:
    text = _payload.validate_python(value)
    if not isinstance(text, Text):
        raise wrong_kind("text", value)
    return text


def _body(value: object) -> Body:
    errors: list[InitErrorDetails] = []
    made = _read(value, (), errors)
    if errors:
        raise raised(errors)
    return made


def _read(value: object, loc: Loc, errors: list[InitErrorDetails]) -> Body:
    if len(loc) > DEEPEST:
        errors.append(InitErrorDetails(type=problem("LO208", "this body is nested too deeply"), loc=loc, input=value))
        return None
    if isinstance(value, Mapping):
        return {str(key): _read(inner, (*loc, key), errors) for key, inner in value.items()}
    if isinstance(value, list):
        return tuple(_read(inner, (*loc, index), errors) for index, inner in enumerate(value))
    try:
        return _payload.validate_python(value)
    except ValidationError as error:
        for each in error.errors(include_url=False):
            errors.append(InitErrorDetails(type=translated(each), loc=(*loc, *each["loc"]), input=value))
        return None


def _answer_path(value: object) -> str:
    path = parse_text(value)
    if not _PATH.fullmatch(path):
        help = "name a key of the JSON response: total, or customer.points"
        raise problem("LO208", f'"{path[:40]}" is not a path in the response', help)
    return path


def _timeout(value: object) -> Duration:
    timeout = parse_duration(value)
    if timeout.nominal > LONGEST_TIMEOUT_MS:
        raise problem(
            "LO208",
            "the timeout is at most 60s",
            "a slower service must respond at once and send its result as an event",
        )
    return timeout


_PLAIN = ["string", "number", "boolean", "null", "object", "array"]
CallUrl = Annotated[Text, validated(_url, type="string", pattern="^https?://", examples=["https://crm.example/points"])]
HeaderName = Annotated[str, validated(_header_name, type="string", pattern="^[^ :]+$")]
HeaderText = Annotated[Text, validated(_header, type="string", minLength=1)]
CallBody = Annotated[Body, validated(_body, type=_PLAIN, examples=[{"phone": "{{ contact.phone }}"}])]
AnswerPath = Annotated[str, validated(_answer_path, type="string", examples=["total", "customer.points"])]
Timeout = Annotated[Duration, validated(_timeout, type="string", pattern="^([0-9]+[ms])+$", examples=["10s"])]


def filled_url(url: Text, ctx: Context) -> str:
    """The address, every value encoded for the query. Raises MissingValue."""
    return "".join(
        piece.strip() if isinstance(piece, str) else quote(piece.get(ctx).strip(), safe="") for piece in url.pieces
    )


def filled_header(value: Text, ctx: Context) -> str:
    """One line, with any values. Raises MissingValue."""
    return " ".join("".join(mark if mark.isprintable() else " " for mark in value.render(ctx)).split())


def filled_body(body: Body, ctx: Context) -> str:
    """A text as it is, all else as JSON. Raises MissingValue."""
    return str(filled(body, ctx)) if isinstance(body, Text) else json.dumps(_filled(body, ctx), ensure_ascii=False)


def _filled(body: Body, ctx: Context) -> Any:
    if isinstance(body, Mapping):
        return {key: _filled(inner, ctx) for key, inner in body.items()}
    if isinstance(body, tuple):
        return [_filled(inner, ctx) for inner in body]
    return filled(body, ctx)
