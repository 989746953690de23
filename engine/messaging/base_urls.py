"""Base URLs: scheme, host, port and a prefix; https, or http to this machine alone."""

from __future__ import annotations

from urllib.parse import urlsplit

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


def is_local(url: str) -> bool:
    """Whether its host is this machine."""
    return urlsplit(url).hostname in LOOPBACK


def is_local_host(host: str) -> bool:
    """Whether a request's Host names this machine; not where it cannot be read."""
    try:
        return is_local(f"//{host}")
    except ValueError:
        return False


def problem_of_base(url: str) -> str | None:
    """Why a web address cannot be a base URL; None where it can."""
    parts = urlsplit(url)
    if parts.scheme == "http" and not is_local(url):
        return "http is allowed only for this machine (127.0.0.1, localhost); use https"
    if parts.query or parts.fragment or parts.username or parts.password:
        return "only scheme, host, port and path are allowed here"
    return None
