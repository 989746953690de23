"""Which addresses a web call may reach: public ones, and hosts that the project names.

Invariants: the address that is checked is the one that is connected to, after the name has been resolved, so neither a name nor a way of
writing a number hides it. A name with several addresses is refused if one of them is not public. Nothing resolves the name a second time
between the check and the connection.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Collection, Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Any

import httpcore

from engine.senders.deadlines import EndingBackend

Resolve = Callable[[str, int], list[str]]

_INSIDE_4 = [
    IPv4Network(net)
    for net in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24",
        "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/3",
        "168.63.129.16/32",  # Azure's own services, metadata among them, behind a public number
    )
]  # fmt: skip
_GLOBAL_6 = IPv6Network(
    "2000::/3"
)  # all that is given out; loopback, link-local, unique local and multicast are not in it
_INSIDE_6 = [IPv6Network(net) for net in ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")]
_NAT64 = IPv6Network("64:ff9b::/96")


class Forbidden(Exception):
    """The host leads to an address that is not public."""


def is_public(address: str) -> bool:
    """Whether a web call may go there. False for what is no address."""
    try:
        found = ip_address(address)
    except ValueError:
        return False
    if isinstance(found, IPv6Address):
        inner = found.ipv4_mapped or (IPv4Address(int(found) & 0xFFFF_FFFF) if found in _NAT64 else None)
        if inner is None:
            return found in _GLOBAL_6 and not any(found in net for net in _INSIDE_6) and found.scope_id is None
        found = inner
    return not any(found in net for net in _INSIDE_4)


def resolved(host: str, port: int) -> list[str]:
    """All addresses of a host, in the order in which they are to be tried. Raises OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def reachable(host: str, port: int, allowed: Collection[str], resolve: Resolve = resolved) -> list[str]:
    """The addresses to connect to. Raises Forbidden, and OSError where there is no such host."""
    addresses = resolve(host, port)
    if plain_host(host) not in allowed:
        inside = next((address for address in addresses if not is_public(address)), None)
        if inside is not None:
            raise Forbidden(f"{host} is {inside}, which is not a public address")
    return addresses


def plain_host(host: str) -> str:
    """As hosts are compared."""
    return host.strip("[]").rstrip(".").lower()


class GuardedBackend(httpcore.NetworkBackend):
    """Connects to permitted addresses only, and ends what is still running after `deadline` (monotonic seconds).

    The name stays what it was for the Host header and for TLS: only the connection goes to the address.
    """

    def __init__(self, allowed: Collection[str], resolve: Resolve = resolved) -> None:
        self._allowed = allowed
        self._resolve = resolve
        self._backend = EndingBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        try:
            addresses = reachable(host, port, self._allowed, self._resolve)
        except (OSError, UnicodeError) as error:
            raise httpcore.ConnectError(f"{host} cannot be found") from error
        failed: Exception = httpcore.ConnectError(f"{host} has no address")
        for address in addresses:
            try:
                return self._backend.connect_tcp(address, port, timeout)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failed = error
        raise failed
