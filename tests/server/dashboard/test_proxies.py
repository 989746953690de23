"""Behind a proxy the dashboard opens only where the operator trusts that proxy."""

from __future__ import annotations

import pytest
from starlette.requests import Request

from engine.errors import UsageError
from engine.server.dashboard.proxies import Proxies
from tests.server.dashboard.browser import Browser
from tests.server.web.desk import Desk


def request(peer: str, **headers: str) -> Request:
    sent = [(name.replace("_", "-").lower().encode(), value.encode()) for name, value in headers.items()]
    return Request({"type": "http", "client": (peer, 1), "headers": sent, "method": "GET", "path": "/"})


def test_a_page_through_a_proxy_that_is_not_trusted_is_refused(desk: Desk) -> None:
    for header in ("X-Forwarded-For", "Forwarded", "X-Real-IP", "Via"):
        assert Browser(desk, None).get("/sign-in", {header: "203.0.113.7"}).status_code == 403


def test_a_trusted_proxy_names_the_visitor() -> None:
    proxies = Proxies({"LEADOFF_TRUSTED_PROXIES": "10.0.0.0/8, ::1"})
    assert proxies.address(request("10.0.0.1", X_Forwarded_For="203.0.113.7")) == "203.0.113.7"
    assert proxies.address(request("10.0.0.1", X_Forwarded_For="198.51.100.1, 203.0.113.7, 10.0.0.2")) == "203.0.113.7"
    assert proxies.address(request("10.0.0.1", X_Forwarded_For="")) == "10.0.0.1"
    assert proxies.address(request("203.0.113.9")) == "203.0.113.9"
    made_up = [(b"x-forwarded-for", b"198.51.100.1"), (b"x-forwarded-for", b"203.0.113.7")]
    two_lines = Request({"type": "http", "client": ("10.0.0.1", 1), "headers": made_up, "method": "GET", "path": "/"})
    assert proxies.address(two_lines) == "203.0.113.7", "what its proxy added, not what the visitor wrote"


@pytest.mark.parametrize("written", ["localhost", "10.0.0.0/33", "10.0.0.1;10.0.0.2"])
def test_what_is_no_address_is_refused_at_the_start(written: str) -> None:
    with pytest.raises(UsageError, match="LEADOFF_TRUSTED_PROXIES"):
        Proxies({"LEADOFF_TRUSTED_PROXIES": written})
