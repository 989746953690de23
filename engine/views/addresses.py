"""Web addresses as people see them.

Invariants: the query is not shown, because that of a cart is a key to it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

_QUERY = re.compile(r"(https?://[^\s?#]*)[?#]\S*")
_CAMPAIGN = re.compile(r"[?&](utm_[a-z]+=[^\s&#]*)")


def without_queries(value: Any) -> Any:
    """A value, of its addresses without the queries."""
    return with_texts(value, lambda text: _QUERY.sub(r"\1?…", text))


def with_texts(value: Any, change: Callable[[str], str]) -> Any:
    """A value, each text in it changed."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, list):
        return [with_texts(each, change) for each in value]
    return {name: with_texts(each, change) for name, each in value.items()} if isinstance(value, dict) else value


def with_campaign(url: str) -> str:
    """An address without its query, but for the `utm_…` that say which campaign a visit is of."""
    said = _CAMPAIGN.findall(url)
    if not said:
        return str(without_queries(url))
    hidden = "…&" if len(said) < len(re.findall(r"[?&][^?&#]", url)) else ""
    return f"{url.partition('?')[0]}?{hidden}{'&'.join(said)}"
