"""Where a request came from: the address at the other end, or, behind proxies that the operator trusts, the one that they name.

Invariants: a header is believed only from an address in LEADOFF_TRUSTED_PROXIES. A request that a proxy passed on, and no trusted one
did, is refused: on this machine every visitor of such a proxy would look like somebody who sits at it.
"""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

from starlette.exceptions import HTTPException
from starlette.requests import Request

from engine.errors import UsageError

VARIABLE = "LEADOFF_TRUSTED_PROXIES"
_PASSED_ON = ("Forwarded", "X-Forwarded-For", "X-Real-IP", "Via")


class Proxies:
    """Addresses and networks. Raises UsageError for what is neither."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._trusted = [_network(each.strip()) for each in environ.get(VARIABLE, "").split(",") if each.strip()]

    def address(self, request: Request) -> str:
        """Raises HTTPException (403) for what came through a proxy that is not trusted."""
        peer = request.client.host if request.client is not None else ""
        if not any(name in request.headers for name in _PASSED_ON):
            return peer
        if not self._trusts(peer):
            raise HTTPException(403, f"this came through a proxy that {VARIABLE} does not name")
        lines = request.headers.getlist("X-Forwarded-For")  # a proxy may add a line to one that a visitor made up
        named = [each.strip() for line in lines for each in line.split(",")]
        return next((each for each in reversed(named) if each and not self._trusts(each)), peer)

    def _trusts(self, address: str) -> bool:
        try:
            found = ip_address(address)
        except ValueError:
            return False
        return any(found in network for network in self._trusted)


def _network(text: str) -> IPv4Network | IPv6Network:
    try:
        return ip_network(text, strict=False)
    except ValueError as error:
        raise UsageError(f"{VARIABLE}: {text!r} is no IP address", "list addresses or networks, with commas") from error
