"""Languages of people, as BCP 47 tags: `es`, `es-MX`, `zh-Hant`.

Invariants: a tag is compared in its usual spelling: the language small, a script capitalised, a region in capitals.
"""

from __future__ import annotations

import re
from collections.abc import Collection

_TAG = re.compile(r"([A-Za-z]{2,3})(?:[-_]([A-Za-z]{4}))?(?:[-_]([A-Za-z]{2}|[0-9]{3}))?")
PATTERN = "^[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|[0-9]{3}))?$"
"""A tag in its usual spelling."""


def normal(tag: str) -> str | None:
    """`es_mx` as `es-MX`; None where it is no tag of a language with at most a script and a region."""
    found = _TAG.fullmatch(tag.strip())
    if found is None:
        return None
    language, script, region = found.groups(default="")
    return "-".join(filter(None, (language.lower(), script.title(), region.upper())))


def chosen(wanted: object, among: Collection[str]) -> str | None:
    """Which of these tags somebody reads whose language is `wanted`; None where that is unknown or none of them.

    The tag itself, else the same with less behind it (RFC 4647, lookup), else the first of the same language.
    """
    if not isinstance(wanted, str):
        return None
    if wanted in among:
        return wanted
    tag = normal(wanted) or ""
    while tag:
        if tag in among:
            return tag
        shorter = tag.rpartition("-")[0]
        if not shorter:
            break
        tag = shorter
    return next((each for each in among if tag and each.startswith(f"{tag}-")), None)
