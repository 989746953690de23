"""What a provider's refusal means for a message: by its own error codes (data), else by its HTTP status.

    a listed code          its meaning in data/<provider>_errors.json
    429                    SendDeferred, whole sender, with its Retry-After
    400, 413, 422          SendRejected; 413 as `too_large`
    408, 409, 3xx, 5xx     SendUnknown, whatever the code: it may have gone out
    any other 4xx          SendDeferred, account: the set-up is wrong, and no message is lost for it

    final        another attempt would be refused too         opted_out    final, and the person has said STOP
    retry        not now                                      unreachable  final, and the number gets no texts (a landline, none at all)
    set_up       refused for the account or its number:       too_large    final: message or picture (MM7)
                 money, registration; nothing is lost         no_mms       final, and the phone cannot receive MMS
    unknown      it may have gone out

Invariants: a code counts only with a 4xx: after a 5xx the message may have gone out (M4).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

from engine.senders.http_exchange import HttpAnswer, for_people, read_retry_after
from engine.senders.sender import SendDeferred, SendRejected, SendUnknown, StatusReport

MEANINGS = frozenset({"final", "retry", "set_up", "unknown", "opted_out", "unreachable", "too_large", "no_mms"})
_DATA = Path(__file__).parent / "data"
_OPEN = frozenset({408, 409})
_REFUSALS = frozenset({400, 413, 422})


class ErrorMeaning(NamedTuple):
    means: str
    words: str  # the provider's, for people


class ErrorCodes:
    """One provider's codes, as meaning -> code -> its name at the provider; a code that is not listed means nothing."""

    def __init__(self, by_meaning: Mapping[str, Mapping[str, str]]) -> None:
        """Raises ValueError for a meaning that there is not."""
        if unknown := by_meaning.keys() - MEANINGS:
            raise ValueError(f"{', '.join(sorted(unknown))} is none of {', '.join(sorted(MEANINGS))}")
        self.listed = MappingProxyType(
            {code: ErrorMeaning(means, words) for means, codes in by_meaning.items() for code, words in codes.items()}
        )

    def code_of(self, said: str | None) -> str | None:
        """The code with this name at the provider; else `said` itself."""
        return next((code for code, each in self.listed.items() if each.words == said), said)

    def means(self, code: str | None) -> str | None:
        found = self.listed.get(code or "")
        return found.means if found else None

    def words(self, code: str | None) -> str | None:
        means, words = self.listed.get(code or "", ("", ""))
        return (
            f"too large for the provider or the carrier: {words}" if words and means == "too_large" else words or None
        )


@cache
def facts_of(provider: str) -> dict[str, Any]:
    """data/<provider>_errors.json: `codes` by meaning, and what the `simulator` reports."""
    found: dict[str, Any] = json.loads((_DATA / f"{provider}_errors.json").read_text("utf-8"))
    return found


@cache
def codes_of(provider: str) -> ErrorCodes:
    return ErrorCodes(facts_of(provider)["codes"])


def code_of_number(value: object) -> str | None:
    """A code that the provider sends as a number."""
    return str(value) if type(value) is int and 0 < value < 1_000_000 else None


def learned(means: str | None) -> dict[str, bool]:
    """What a meaning says about the number or the message, as flags of SendRejected and StatusReport."""
    return {each: True for each in ("opted_out", "unreachable", "too_large", "no_mms") if each == means}


def error_of(
    answer: HttpAnswer, code: str | None, reason: str | None, codes: ErrorCodes, now: int
) -> SendRejected | SendDeferred | SendUnknown:
    """What a response that is no success means for the message."""
    status = answer.status
    means = codes.means(code) if 400 <= status < 500 else None
    said = code or f"http-{status}"
    why = reason or codes.words(code) or f"the provider answered {status}"
    if means == "unknown" or not 400 <= status < 500 or (means is None and status in _OPEN):
        return SendUnknown(said, why)
    if status == 429 or means in ("retry", "set_up"):
        asked = read_retry_after(answer.headers, now)
        return SendDeferred(said, why, asked, whole_sender=status == 429, account=means == "set_up" and status != 429)
    if means is None and status not in _REFUSALS:
        return SendDeferred(said, why, account=True)
    return SendRejected(said, why, **learned("too_large" if status == 413 else means))


def report(
    codes: ErrorCodes, provider_id: str, key: str | None, status: str, code: str | None, said: object, at: int
) -> StatusReport:
    """A callback's status with what its code says about number and message; `said`: the provider's words, where the code has none."""
    means = codes.means(code) if status in ("undelivered", "failed") else None
    reason = codes.words(code) or for_people(said, "")
    return StatusReport(provider_id, key, status, code, reason, at, account=means == "set_up", **learned(means))
