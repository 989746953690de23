"""/v1/coupons/{name}: codes come in; what a pool cannot take is said, and no code is shown."""

from __future__ import annotations

import pytest

from tests.server.web.caller import Caller
from tests.server.web.desk import is_problem

PATH = "/v1/coupons/spring10"


def test_codes_come_in_once(caller: Caller) -> None:
    said = {"codes": ["ONE", "TWO", "one", "TWO WORDS", "x" * 13, ""]}
    first = caller.ask("POST", PATH, said)
    assert first.status_code == 200
    assert first.json() == {
        "new": 2,
        "already": 1,
        "elsewhere": 0,
        "rejected": [
            {"index": 3, "reason": "a blank in it"},
            {"index": 4, "reason": "13 characters, more than the `length` of 12"},
            {"index": 5, "reason": "there is no code"},
        ],
    }
    assert caller.ask("POST", PATH, said).json()["new"] == 0


@pytest.mark.only("sqlite", "what is refused has nothing to do with the database")
def test_what_is_no_list_of_codes_is_a_problem(caller: Caller) -> None:
    for path, said, status in (
        ("/v1/coupons/sprng10", {"codes": ["ONE"]}, 404),
        (PATH, {"codes": []}, 422),
        (PATH, {"codes": [1]}, 422),
        (PATH, {"codes": "ONE"}, 422),
        (PATH, {"code": ["ONE"]}, 422),
        (PATH, ["ONE"], 422),
        (PATH, {"codes": ["x"] * 10_001}, 422),
        (PATH, b"{", 400),
        (PATH, b'{"codes": ["' + b"x" * 1_100_000 + b'"]}', 413),
    ):
        assert is_problem(caller.ask("POST", path, said), status), (path, str(said)[:40])


def test_a_misspelt_coupon_is_told_the_right_name(caller: Caller) -> None:
    assert "spring10" in caller.ask("POST", "/v1/coupons/sprng10", {"codes": ["ONE"]}).json()["detail"]
