"""URLs: their validation, and the UTM parameters of tracked links.

Invariants: a URL is absolute, http or https. A URL with UTM parameters of its own is not changed.
"""

from __future__ import annotations

from functools import lru_cache
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

LONGEST_URL = 2_000


def is_web_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
        good = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        return False
    return good and text.isprintable() and " " not in text and len(text) <= LONGEST_URL


@lru_cache(maxsize=4_096)  # a step sends the same few URLs to all contacts
def with_utm(url: str, source: str, medium: str, campaign: str, content: str) -> str:
    """The URL with UTM parameters; its own query is not changed."""
    parts = urlsplit(url)
    if any(name.lower().startswith("utm_") for name, _ in parse_qsl(parts.query, keep_blank_values=True)):
        return url
    fields = {"utm_source": source, "utm_medium": medium, "utm_campaign": campaign, "utm_content": content}
    return urlunsplit(parts._replace(query="&".join(filter(None, (parts.query, urlencode(fields))))))
