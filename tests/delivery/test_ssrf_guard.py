"""Whom a web call may reach, by the address that is connected to."""

from __future__ import annotations

import httpcore
import pytest

from engine.delivery.ssrf_guard import Forbidden, GuardedBackend, is_public, reachable, resolved
from tests.delivery.crm import Crm

pytestmark = pytest.mark.only("sqlite", "it opens no database")

PUBLIC = [
    "93.184.215.14",
    "8.8.8.8",
    "2606:4700:4700::1111",
    "::ffff:8.8.8.8",
    "64:ff9b::808:808",
    "172.32.0.1",
    "100.128.0.1",
]
INSIDE = [
    "127.0.0.1", "127.255.255.254", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "169.254.169.254", "100.64.0.1",
    "100.100.100.200", "168.63.129.16", "192.0.0.192", "192.0.2.1", "198.18.0.1", "0.0.0.0", "224.0.0.1", "239.255.255.250",
    "255.255.255.255", "240.0.0.1",
    "::1", "::", "::127.0.0.1", "::ffff:127.0.0.1", "::ffff:7f00:1", "::ffff:169.254.169.254", "fe80::1", "fe80::1%eth0", "fc00::1",
    "fd00:ec2::254", "fec0::1", "ff02::1", "ff0e::1", "2002:7f00:1::", "2001::1", "2001:db8::1", "64:ff9b::7f00:1", "64:ff9b:1::1",
    "64:ff9b::a9fe:a9fe", "localhost", "", "1.2.3",
]  # fmt: skip


@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_address_may_be_called(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize("address", INSIDE)
def test_an_inner_address_may_not(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize(
    "host", ["2130706433", "0x7f000001", "0177.0.0.1", "0x7f.1", "127.1", "127.0.0.1", "::ffff:127.0.0.1"]
)
def test_no_way_of_writing_a_number_hides_it(host: str) -> None:
    """By the system's own resolver, which understands them all without asking anybody."""
    with pytest.raises(Forbidden, match="not a public address"):
        reachable(host, 80, ())


def test_of_mixed_answers_one_inner_address_refuses_all() -> None:
    def mixed(host: str, port: int) -> list[str]:
        return ["93.184.215.14", "10.0.0.7"]

    with pytest.raises(Forbidden, match=r"crm\.example is 10\.0\.0\.7"):
        reachable("crm.example", 443, (), mixed)


@pytest.mark.parametrize("host", ["crm.internal", "CRM.Internal", "crm.internal."])
def test_a_host_that_the_project_names_may_stand_anywhere(host: str) -> None:
    def inside(host: str, port: int) -> list[str]:
        return ["10.0.0.7"]

    assert reachable(host, 443, ("crm.internal",), inside) == ["10.0.0.7"]
    with pytest.raises(Forbidden):
        reachable(f"evil.{host}", 443, ("crm.internal",), inside)


def test_the_judged_address_is_the_one_that_is_connected_to() -> None:
    """A name that says something else the second time is not asked a second time."""
    asked = []

    def rebinding(host: str, port: int) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"] if len(asked) == 1 else ["169.254.169.254"]

    with Crm() as crm:
        backend = GuardedBackend(("crm.example",), rebinding)
        with httpcore.ConnectionPool(network_backend=backend) as pool:
            assert pool.request("GET", f"http://crm.example:{crm.port}/x").status == 200
        assert crm.got[0].headers["host"] == f"crm.example:{crm.port}"
    assert asked == ["crm.example"]


def test_the_next_address_is_tried_where_one_cannot_be_reached() -> None:
    with Crm() as crm:
        backend = GuardedBackend(("crm.example",), lambda host, port: ["::1", "127.0.0.1"])
        with httpcore.ConnectionPool(network_backend=backend) as pool:
            assert pool.request("GET", f"http://crm.example:{crm.port}/x").status == 200


def test_resolving_gives_each_address_once() -> None:
    assert resolved("127.0.0.1", 80) == ["127.0.0.1"]
