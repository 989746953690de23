"""Signatures over the raw body: computed, and compared in constant time.

Invariants: every secret is tried against every signature, whichever fits, so the time it takes says nothing. An empty secret fits nothing.
"""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Callable, Iterable, Mapping

Headers = Mapping[str, str]
"""Names in lower case."""

TOLERANCE = 300  # seconds a signed time may be from now, to both sides
ABSENT = "the signature's header is missing"
WRONG = "the signature does not fit"
NO_SECRET = "no secret is set"


def lower(headers: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Headers as the kinds take them; of one that comes twice the first."""
    found: dict[str, str] = {}
    for name, value in headers:
        found.setdefault(name.lower(), value.strip())
    return found


def mismatch(secrets: Iterable[str], given: Iterable[str], sign: Callable[[str], str]) -> str | None:
    """Why none of the signatures is what a secret makes; None where one is."""
    known = [secret for secret in secrets if secret]
    if not known:
        return NO_SECRET
    given = [each for each in given if each]
    if not given:
        return ABSENT
    made = [sign(secret) for secret in known]
    fitting = [hmac.compare_digest(one.encode(), other.encode()) for one in made for other in given]
    return None if any(fitting) else WRONG


def stale(seconds: str, now: int) -> str | None:
    """Why a signed time (Unix seconds as text) is not of now (UTC ms); None where it is."""
    if not (seconds.isascii() and seconds.isdigit() and len(seconds) <= 12):
        return "the signature has no time"
    behind = now - int(seconds) * 1000
    if abs(behind) <= TOLERANCE * 1000:
        return None
    return f"it was signed more than {TOLERANCE} seconds {'ago' if behind > 0 else 'ahead of now'}"


def hmac_hex(secret: str, signed: bytes, digest: str) -> str:
    return hmac.new(secret.encode(), signed, digest).hexdigest()


def hmac_base64(key: bytes, signed: bytes) -> str:
    """By SHA-256."""
    return base64.b64encode(hmac.digest(key, signed, "sha256")).decode()


def decoded(secret: str) -> bytes | None:
    """The bytes of a base64 secret, with or without its padding; None where it is none."""
    try:
        return base64.b64decode(secret + "=" * (-len(secret) % 4), validate=True)
    except (binascii.Error, ValueError):
        return None
