"""What passes between the wire, the provider and its dialects: a request, the answer to it, and a callback."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple


class Request(NamedTuple):
    """As it came; of its headers only those that a dialect looks at."""

    method: str
    path: str
    query: Mapping[str, Sequence[str]]
    authorization: str
    content_type: str  # in lower case, without parameters
    body: bytes


class Reply(NamedTuple):
    """An answer, and how it is to be given."""

    status: int
    body: bytes
    retry_after: str | None = None
    manner: str = "whole"  # whole | half | drop | reset
    wait: float = 0.0  # seconds before it
    then: Callable[[], None] | None = None  # called once it was given


class Post(NamedTuple):
    """A callback. `write(attempt)`, from 1, gives its body and headers, signed anew."""

    url: str
    write: Callable[[int], tuple[bytes, dict[str, str]]]


def reply(status: int, value: Any) -> Reply:
    return Reply(status, json.dumps(value).encode())
