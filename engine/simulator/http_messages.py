"""What the HTTP server, the provider and its dialects exchange: a request, its response, and a callback."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple


class Request(NamedTuple):
    """As it came; of its headers, those that a dialect reads."""

    method: str
    path: str
    query: Mapping[str, Sequence[str]]
    authorization: str
    content_type: str  # in lower case, without parameters
    body: bytes


class Reply(NamedTuple):
    """A response, and how it is sent."""

    status: int
    body: bytes
    retry_after: str | None = None
    manner: str = "whole"  # whole | half | drop | reset
    wait: float = 0.0  # seconds before it
    then: Callable[[], None] | None = None  # called once it was sent


class Post(NamedTuple):
    """A callback. `write(attempt)`, from 1, gives its body and headers, signed again."""

    url: str
    write: Callable[[int], tuple[bytes, dict[str, str]]]


def reply(status: int, value: Any) -> Reply:
    return Reply(status, json.dumps(value).encode())
