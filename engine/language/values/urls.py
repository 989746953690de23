"""URLs: their validation, where links to values may lead, and the UTM parameters of tracked links.

Invariants: a URL is absolute, http or https. A URL with UTM parameters of its own is not changed. What is said of a URL names its host at
most: the rest may be a secret of the person whose cart it is.
"""

from __future__ import annotations

from collections.abc import Container
from functools import lru_cache
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

LONGEST_URL = 2_000
LONGEST_HOST = 80  # as far as a reason shows it


def is_web_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
        good = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        return False
    return good and text.isprintable() and " " not in text and len(text) <= LONGEST_URL


def why_not_a_target(value: object, hosts: Container[str]) -> str | None:
    """Why a link to this value cannot be sent, behind the name of its field; None where it can: https, to one of these hosts."""
    if not isinstance(value, str) or not is_web_address(value):
        return "is not a URL"
    parts = urlsplit(value)
    if parts.scheme != "https":
        return "is not an https URL"
    if "@" in parts.netloc or "\\" in value:  # browsers find another host in it
        return "is a URL with a user name or a backslash"
    host = parts.hostname or ""
    if host in hosts:
        return None
    return (
        f"leads to {host.encode('ascii', 'backslashreplace').decode()[:LONGEST_HOST]}, which is not one of `link_hosts`"
    )


@lru_cache(maxsize=4_096)  # a step sends the same few URLs to all contacts
def with_utm(url: str, source: str, medium: str, campaign: str, content: str) -> str:
    """The URL with UTM parameters; its own query is not changed."""
    parts = urlsplit(url)
    if any(name.lower().startswith("utm_") for name, _ in parse_qsl(parts.query, keep_blank_values=True)):
        return url
    fields = {"utm_source": source, "utm_medium": medium, "utm_campaign": campaign, "utm_content": content}
    return urlunsplit(parts._replace(query="&".join(filter(None, (parts.query, urlencode(fields))))))
