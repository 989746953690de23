"""LO701: no file has a secret: credentials come from the environment."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from engine.language.rule_api import Document, Finding, LintContext, Loc, finding

MOST = 20  # findings a file
KEYS = re.compile(
    r"(?:.*[_-])?(?:token|secret|password|passwd|api[_-]?key|private[_-]?key|authorization)", re.IGNORECASE
)
NAMES_OF_OTHERS = ("fields", "events", "event", "contact", "where")
"""Under these a key is the name of a field, not a setting."""
SHAPES = (
    ("an AWS key", r"\bAKIA[0-9A-Z]{16}\b"),
    ("a GitHub token", r"\bgh[pousr]_[A-Za-z0-9]{36}\b"),
    ("a Google key", r"\bAIza[0-9A-Za-z_-]{35}\b"),
    ("a Slack token", r"\bxox[abprs]-[A-Za-z0-9-]{10,100}"),
    ("a Slack webhook", r"\bhooks\.slack\.com/services/T[A-Z0-9]{6,20}/B[A-Z0-9]{6,20}/[A-Za-z0-9]{16,64}\b"),
    ("a Stripe key", r"\b[rs]k_live_[0-9A-Za-z]{16,100}"),
    ("a SendGrid key", r"\bSG\.[\w-]{22}\.[\w-]{43}"),
    ("a Telnyx key", r"\bKEY[0-9A-F]{32}_[A-Za-z0-9]{22}\b"),
    ("a Twilio key", r"\bSK[0-9a-f]{32}\b"),
    ("a private key", r"-----BEGIN [A-Z ]{0,20}PRIVATE KEY-----"),
    (
        "a credential in a URL",
        r"(?<=[?&])(?i:api_?-?key|access_?token|auth_?token|token|secret|password|signature)=(?!\{\{)[^\s&\"'{}]{6,200}",
    ),
    ("a password in a URL", r"(?<=://)[^\s/:@\"']{1,64}:[^\s/@\"']{1,128}(?=@)"),
)
SHAPE = re.compile("|".join(f"({pattern})" for _, pattern in SHAPES))
WAY_OUT = "put credentials in environment variables (LEADOFF_SENDER_…); replace a credential that was committed to git"


def secret_in_file(world: LintContext) -> Iterator[Finding]:
    for document in world.documents.values():
        found = [*_by_shape(document), *_by_key(document)]
        seen: set[int] = set()
        for each in found[:MOST]:
            if each.span.line not in seen:
                seen.add(each.span.line)
                yield each


def _by_shape(document: Document) -> Iterator[Finding]:
    for start, end, what in _shapes(document.source):
        span = document.marks.lines.span(start, end)
        yield Finding("LO701", "error", f"this looks like {what}", WAY_OUT, document.path, span)


@lru_cache(maxsize=256)
def _shapes(source: str) -> tuple[tuple[int, int, str], ...]:
    """The search is long: a file that is the same is searched once."""
    return tuple((*found.span(), SHAPES[(found.lastindex or 1) - 1][0]) for found in SHAPE.finditer(source))


def _by_key(document: Document) -> Iterator[Finding]:
    for loc, text in document.marks.texts.items():
        key = loc[-1] if loc else None
        if not isinstance(key, str) or not KEYS.fullmatch(key) or not text.strip() or _is_no_setting(loc):
            continue
        if "{{" not in text:
            message = f'the value of "{key}" is written in the file'
            yield finding(document, "LO701", message, loc, WAY_OUT, severity="warning")


def _is_no_setting(loc: Loc) -> bool:
    return any(part in NAMES_OF_OTHERS for part in loc[:-1])
