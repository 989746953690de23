"""/v1/contacts/{key}: put, read, forgotten; the same as the command line does it."""

from __future__ import annotations

from tests.server.web.caller import Caller
from tests.server.web.desk import is_problem
from tests.world import ADA, BEN

DEE = "+12065550111"


def test_a_new_contact_is_created_and_the_next_time_changed(caller: Caller) -> None:
    consent = {"status": "subscribed", "source": "shop", "at": "2027-01-01T00:00:00Z", "proof": "till 3"}
    made = caller.ask("PUT", "/v1/contacts/c-1", {"phone": DEE, "first_name": "Dee", "orders": 2, "consent": consent})
    assert made.status_code == 201
    assert made.json()["fields"] == {"first_name": "Dee", "orders": 2}
    assert made.json()["consent_log"] == [
        {"status": "subscribed", "source": "shop", "at": "2027-01-01T00:00:00.000Z", "expires": None, "proof": "till 3"}
    ]
    changed = caller.ask("PUT", "/v1/contacts/c-1", {"orders": None, "tier": "gold", "timezone": "America/Denver"})
    assert changed.status_code == 200
    assert changed.json()["fields"] == {"first_name": "Dee", "tier": "gold", "timezone": "America/Denver"}
    assert changed.json() == caller.get("/v1/contacts/c-1") == caller.get(f"/v1/contacts/{DEE}")
    assert changed.headers["Cache-Control"] == "no-store"
    assert caller.desk.woken == 2


def test_a_contact_is_put_under_its_number_as_well(caller: Caller) -> None:
    assert caller.ask("PUT", f"/v1/contacts/{DEE}", {}).status_code == 201
    assert caller.ask("PUT", f"/v1/contacts/%2B{DEE[1:]}", {"tier": "gold"}).status_code == 200
    assert caller.ask("PUT", f"/v1/contacts/{ADA}", {"phone": ADA, "tier": "gold"}).json()["key"] == ADA


def test_a_key_and_a_number_belong_together(caller: Caller) -> None:
    assert caller.ask("PUT", "/v1/contacts/c-1", {"phone": DEE}).status_code == 201
    assert is_problem(caller.ask("PUT", "/v1/contacts/c-1", {"phone": BEN, "tier": "x"}), 409)
    assert is_problem(caller.ask("PUT", "/v1/contacts/c-2", {"phone": DEE, "tier": "x"}), 409)
    assert is_problem(caller.ask("PUT", f"/v1/contacts/{ADA}", {"phone": BEN}), 409)
    assert caller.get("/v1/contacts/c-1")["fields"] == {}
    assert is_problem(caller.ask("GET", "/v1/contacts/c-2"), 404)


def test_what_cannot_be_stored_is_said(caller: Caller) -> None:
    for key, said in (
        ("c-1", {}),
        ("c-1", {"phone": "12"}),
        ("c-1", {"phone": DEE, "key": "c-2"}),
        ("c-1", {"phone": DEE, "teir": "gold"}),
        ("c-1", {"phone": DEE, "consent": {"status": "asked"}}),
        ("c-1", {"phone": DEE, "consent": {"status": "subscribed", "at": "yesterday"}}),
        ("+1", {}),
        ("x" * 201, {"phone": DEE}),
        ("a%00b", {"phone": DEE}),
        ("a%0Ab", {"phone": DEE}),
        ("", {"phone": DEE}),
    ):
        assert is_problem(caller.ask("PUT", f"/v1/contacts/{key}", said), 422), (key, said)
    assert is_problem(caller.ask("PUT", "/v1/contacts/c-1", [1]), 422)
    assert is_problem(caller.ask("PUT", "/v1/contacts/c-1", b"{"), 400)
    assert caller.desk.woken == 0


def test_put_never_lifts_an_opt_out_and_can_make_one(caller: Caller) -> None:
    assert caller.ask("PUT", f"/v1/contacts/{ADA}", {"consent": "unsubscribed"}).json()["consent"] == "unsubscribed"
    again = caller.ask("PUT", f"/v1/contacts/{ADA}", {"consent": {"status": "subscribed"}})
    assert (again.status_code, again.json()["consent"]) == (200, "unsubscribed")


def test_a_contact_gets_another_number(caller: Caller) -> None:
    changed = caller.ask("POST", f"/v1/contacts/{ADA}/renumber", {"phone": DEE})
    assert changed.status_code == 200 and changed.json() == caller.get(f"/v1/contacts/{DEE}")
    assert (changed.json()["key"], changed.json()["consent"], changed.json()["fields"]) == (
        DEE,
        None,
        {"first_name": "Ada"},
    )
    assert caller.ask("POST", f"/v1/contacts/{DEE}/renumber", {"phone": DEE}).json() == changed.json(), "it has that"
    for key, said, status in (
        (ADA, {"phone": DEE}, 404), (DEE, {"phone": BEN}, 409), (DEE, {"phone": "12"}, 422), (DEE, {}, 422), (DEE, {"to": ADA}, 422),
    ):  # fmt: skip
        assert is_problem(caller.ask("POST", f"/v1/contacts/{key}/renumber", said), status), (key, said)


def test_a_contact_is_forgotten_for_good(caller: Caller) -> None:
    caller.world.consent(ADA, "unsubscribed")
    assert caller.ask("DELETE", f"/v1/contacts/{ADA}").json() == {"opt_out_kept": True}
    assert is_problem(caller.ask("GET", f"/v1/contacts/{ADA}"), 404)
    assert caller.ask("DELETE", f"/v1/contacts/{ADA}").json() == {"opt_out_kept": False}, "and again changes nothing"
    assert caller.ask("PUT", f"/v1/contacts/{ADA}", {"consent": "subscribed"}).json()["consent"] == "unsubscribed"
    assert is_problem(caller.ask("DELETE", "/v1/contacts/nobody"), 404)
    assert is_problem(caller.ask("DELETE", "/v1/contacts/+12"), 409)


def test_who_is_being_texted_is_not_forgotten_just_now(caller: Caller) -> None:
    caller.world.event("list.joined", ADA, {"list": "vip"})
    caller.world.tick()
    caller.world.app.database.write(lambda db: db.execute("UPDATE message SET status = 2 WHERE text LIKE 'Hello%'"))
    assert is_problem(caller.ask("DELETE", f"/v1/contacts/{ADA}"), 409)
    assert caller.get(f"/v1/contacts/{ADA}")["fields"] == {"first_name": "Ada"}


def test_a_key_may_hold_what_a_path_is_made_of(caller: Caller) -> None:
    assert caller.ask("PUT", "/v1/contacts/shop%2F7%3Fx%20y", {"phone": DEE}).json()["key"] == "shop/7?x y"
    assert caller.get("/v1/contacts/shop/7%3Fx%20y")["phone"] == DEE
