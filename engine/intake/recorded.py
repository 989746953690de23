"""A webhook in a file: its body alone, or its headers, an empty line and the body, as it came over the wire."""

from __future__ import annotations

import re
from typing import NamedTuple

from engine.sources.signatures import Headers, lower

_HEADER = re.compile(r"([A-Za-z0-9-]+):(.*)")


class Recorded(NamedTuple):
    headers: Headers
    body: bytes


def recorded(raw: bytes) -> Recorded:
    """What the file holds; a first line with method and path counts for nothing. Raises ValueError with the line that is no header."""
    if raw.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] in (b"{", b"["):
        return Recorded({}, raw)
    head, body = (*re.split(rb"\r?\n\r?\n", raw, maxsplit=1), b"")[:2]
    lines = head.decode("utf-8", "replace").splitlines()
    if lines and re.fullmatch(r"[A-Z]+ \S+( HTTP/[0-9.]+)?", lines[0]):
        lines = lines[1:]
    found = [_HEADER.fullmatch(line) for line in lines]
    for number, header in enumerate(found):
        if header is None:
            raise ValueError(f"line {number + 1} of its head is no header")
    return Recorded(lower((header[1], header[2]) for header in found if header), body)
