"""Fetches the image of an MMS as a provider does: HEAD, then GET, and checks it.

The codes of a callback `failed` for an image:
    media-host         not an http address on loopback (this provider fetches nothing else)
    media-unreachable  no answer, or not within 5 s
    media-redirect     redirects are not followed
    media-status       an answer other than 200
    media-too-large    more than 500,000 bytes, said or sent
    media-type         neither JPEG, PNG, GIF nor a vCard by its Content-Type
    media-mismatch     its bytes are of another type than its Content-Type, or HEAD and GET differ
"""

from __future__ import annotations

import hashlib
import time
from typing import NamedTuple

import httpx

from engine.simulator.validation import is_loopback

MOST_BYTES = 500_000
SECONDS = 5.0
_BEGINNINGS = {
    "image/jpeg": (b"\xff\xd8\xff",),
    "image/png": (b"\x89PNG\r\n\x1a\n",),
    "image/gif": (b"GIF87a", b"GIF89a"),
    **dict.fromkeys(("text/vcard", "text/x-vcard"), (b"BEGIN:VCARD",)),
}


class Picture(NamedTuple):
    sha256: str
    bytes: int


class BadPicture(Exception):
    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def fetch(client: httpx.Client, url: str) -> Picture:
    """Raises BadPicture."""
    if not is_loopback(url):
        raise BadPicture("media-host")
    deadline = time.monotonic() + SECONDS
    try:
        with client.stream("HEAD", url, timeout=SECONDS) as head:
            kind, length = _look(head)
        with client.stream("GET", url, timeout=SECONDS) as response:
            if _look(response) != (kind, length):
                raise BadPicture("media-mismatch")
            data = bytearray()
            for chunk in response.iter_raw():
                data += chunk
                if len(data) > MOST_BYTES:
                    raise BadPicture("media-too-large")
                if time.monotonic() > deadline:
                    raise BadPicture("media-unreachable")
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise BadPicture("media-unreachable") from error
    if not bytes(data[:16]).startswith(_BEGINNINGS[kind]):
        raise BadPicture("media-mismatch")
    return Picture(hashlib.sha256(data).hexdigest(), len(data))


def _look(response: httpx.Response) -> tuple[str, str | None]:
    """Content-Type and Content-Length of a picture's answer."""
    if response.is_redirect:
        raise BadPicture("media-redirect")
    if response.status_code != 200:
        raise BadPicture("media-status")
    length = response.headers.get("Content-Length")
    if length is not None and int(length) > MOST_BYTES:
        raise BadPicture("media-too-large")
    kind = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if kind not in _BEGINNINGS:
        raise BadPicture("media-type")
    return kind, length
