"""How a request says who made it, for the senders and the simulator alike: Basic credentials, an HMAC, a fresh timestamp."""

from __future__ import annotations

import binascii
import hashlib
import hmac
from base64 import b64decode, b64encode

from engine.senders.sender import BadSignature

FRESH_MS = 300_000


def basic(user: str, password: str) -> str:
    """The Authorization header of Basic credentials."""
    return "Basic " + b64encode(f"{user}:{password}".encode()).decode()


def basic_given(header: str) -> bytes:
    """User, colon and password of a Basic header; empty where it is anything else."""
    scheme, _, value = header.partition(" ")
    try:
        return b64decode(value.strip().encode("ascii"), validate=True) if scheme.lower() == "basic" else b""
    except (binascii.Error, UnicodeEncodeError):
        return b""


def same(given: str | bytes, expected: str | bytes) -> bool:
    """Compared in constant time."""
    return hmac.compare_digest(_raw(given), _raw(expected))


def _raw(text: str | bytes) -> bytes:
    return text if isinstance(text, bytes) else text.encode("utf-8", "replace")


def hmac_of_stamp(token: str, stamp: str, body: bytes) -> str:
    """Hex HMAC-SHA256 over the timestamp, a dot and the body."""
    return hmac.new(token.encode(), stamp.encode() + b"." + body, hashlib.sha256).hexdigest()


def require_fresh(stamp_ms: int, now: int) -> None:
    """Raises BadSignature where it was signed more than five minutes from `now`, either way."""
    if abs(now - stamp_ms) > FRESH_MS:
        raise BadSignature("the callback was not signed just now")
