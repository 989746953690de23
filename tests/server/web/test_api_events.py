"""POST /v1/events and /v1/flows/{flow}/start: taken once, all of it or said why not, and on disk before it is answered."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from engine.store import contacts
from engine.store.sqlite.database import SqliteDatabase
from tests.databases import file_of
from tests.server.web.caller import Caller, joined, stored
from tests.server.web.desk import Desk, is_problem
from tests.world import ADA, BEN, DAY, World

SHOP = Path(__file__).resolve().parents[3] / "examples" / "shop"


def fields(world: World, phone: str = ADA) -> Any:
    with world.app.database.reading() as db:
        found = contacts.one(db, phone)
    assert found is not None
    return found.fields


def status_of(world: World, phone: str) -> str | None:
    with world.app.database.reading() as db:
        found = contacts.consents(db, [phone]).get(phone)
    return found[0] if found else None


def test_an_event_is_stored_before_it_is_answered_and_starts_its_flow(caller: Caller) -> None:
    answer = caller.post(joined("1"))
    assert (answer.status_code, answer.json()) == (202, {"status": "accepted"})
    assert (stored(caller.world), caller.desk.woken) == (1, 1)
    caller.world.tick()
    assert [message.status for message in caller.world.messages()] == ["queued"]


def test_a_list_has_a_result_for_each_in_order(caller: Caller) -> None:
    answer = caller.post([joined("1"), {"event": "list.joined"}, joined("1"), joined("1", data={"list": "other"})])
    assert answer.status_code == 202
    assert answer.json()["results"] == [
        {"status": "accepted"},
        {"status": "rejected", "reason": "contact: is missing"},
        {"status": "duplicate"},
        {"status": "conflict", "reason": "this id was used for another event"},
    ]
    assert (stored(caller.world), caller.desk.woken) == (1, 1)


def test_the_shop_s_events_are_what_the_api_takes(caller: Caller) -> None:
    items = json.loads((SHOP / "events.json").read_text("utf-8"))
    caller.world.write(project=(SHOP / "leadoff.yaml").read_text("utf-8"))
    caller.world.apply()
    assert caller.results(items) == ["accepted"] * len(items)
    assert caller.results(items) == ["duplicate"] * len(items)


def test_what_curl_says_of_any_body_is_taken_for_json(caller: Caller) -> None:
    assert caller.post(joined(), {"Content-Type": "application/x-www-form-urlencoded"}).status_code == 202
    assert caller.post(joined(), {"Content-Type": "application/json; charset=utf-8"}).status_code == 202
    assert caller.post(joined(), {"Content-Type": "application/cloudevents+json"}).status_code == 202


def test_an_id_is_taken_once_also_in_another_batch(caller: Caller) -> None:
    assert caller.post(joined("1")).json() == {"status": "accepted"}
    assert caller.post(joined("1")).json() == {"status": "duplicate"}
    assert is_problem(caller.post(joined("1", data={"list": "other"})), 409)
    assert is_problem(caller.post(joined("1", occurred_at="2027-03-01T00:00:00Z")), 409)
    assert caller.results([joined("1"), joined("1", phone=BEN)]) == ["duplicate", "accepted"]
    assert stored(caller.world) == 2


def test_the_same_future_instant_again_is_a_duplicate(caller: Caller) -> None:
    """It counts as now, which is another now the second time."""
    late = joined("1", occurred_at="2027-04-01T14:02:00Z")
    assert caller.post(late).json() == {"status": "accepted"}
    caller.world.tick(after=DAY)
    assert caller.post(late).json() == {"status": "duplicate"}


def test_what_comes_again_changes_no_field(caller: Caller) -> None:
    def event(id: str, orders: int) -> dict[str, Any]:
        return {"id": id, "event": "list.joined", "contact": {"phone": ADA, "orders": orders}}

    assert caller.results([event("1", 1), event("2", 2), event("1", 1), event("2", 9)]) == [
        "accepted", "accepted", "duplicate", "conflict",
    ]  # fmt: skip
    assert fields(caller.world)["orders"] == 2
    assert caller.results([event("1", 1)]) == ["duplicate"]
    assert fields(caller.world)["orders"] == 2


def test_an_id_whose_event_was_refused_is_free(caller: Caller) -> None:
    nobody = {"id": "1", "event": "list.joined", "contact": {"key": "c-1"}}
    whole = {**nobody, "contact": {"key": "c-1", "phone": "+12065550111"}}
    assert caller.results([nobody, nobody, whole, whole]) == ["rejected", "rejected", "accepted", "duplicate"]


def test_a_contact_comes_with_its_fields_and_its_consent(caller: Caller) -> None:
    consent = {"status": "subscribed", "source": "checkout", "at": "2027-01-02T03:04:05+01:00", "proof": "form 7"}
    contact = {"phone": "+12065550111", "key": "c-1", "first_name": "Dee", "tier": "gold", "consent": consent}
    assert caller.post({"event": "list.joined", "contact": contact}).status_code == 202
    found = caller.get("/v1/contacts/c-1")
    assert found["fields"] == {"first_name": "Dee", "tier": "gold"}
    assert (found["consent"], found["consent_source"], found["consent_at"]) == (
        "subscribed", "checkout", "2027-01-02T02:04:05.000Z",
    )  # fmt: skip
    assert [each["proof"] for each in found["consent_log"]] == ["form 7"]
    assert caller.post({"event": "list.joined", "contact": {"key": "c-1", "tier": None}}).status_code == 202
    assert fields(caller.world, "c-1") == {"first_name": "Dee"}


def test_consent_in_an_event_never_lifts_an_opt_out(caller: Caller) -> None:
    caller.world.consent(ADA, "unsubscribed")
    assert caller.post(joined(contact={"phone": ADA, "consent": {"status": "subscribed"}})).status_code == 202
    assert status_of(caller.world, ADA) == "unsubscribed"


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"contcat": {"phone": ADA}}, 'contcat: there is no such key; did you mean "contact"?'),
    ({"event": "list.joind"}, 'event: event "list.joind" is not declared; did you mean "list.joined"?'),
    ({"event": ""}, "event: must not be empty"),
    ({"event": 3}, "event: expected text"),
    ({"id": "x" * 201}, "id: is too long"),
    ({"id": 7}, "id: expected text"),
    ({"id": "a\u0000b"}, "id: it contains invisible characters"),
    ({"id": "a\u202eb"}, "id: it contains invisible characters"),
    ({"contact": {}}, "contact needs a phone or a key"),
    ({"contact": []}, "contact: expected an object"),
    ({"contact": {"phone": 12025550143}}, "contact.phone: expected text"),
    ({"contact": {"phone": "911"}}, "a short code cannot be texted"),
    ({"contact": {"phone": ADA, "firstname": "A"}}, 'firstname: a contact has no such field; did you mean "first_name"?'),
    ({"contact": {"phone": ADA, "consent": {"status": "maybe"}}},
     "contact.consent.status: input should be 'subscribed' or 'unsubscribed'"),
    ({"contact": {"phone": ADA, "consent": {"status": "subscribed", "sauce": "x"}}},
     'contact.consent.sauce: there is no such key; did you mean "source"?'),
    ({"contact": {"phone": ADA, "orders": 10**30}}, "orders: a whole number of more than 18 digits"),
    ({"occurred_at": "2027-04-01T10:00:00"}, "occurred_at: expected a timestamp with a UTC offset, like 2026-11-27T09:00:00Z"),
    ({"occurred_at": "2027-W13-4T10:00:00Z"}, "occurred_at: expected a timestamp with a UTC offset, like 2026-11-27T09:00:00Z"),
    ({"occurred_at": "0001-01-01T00:00:00+14:00"}, "occurred_at: expected a timestamp with a UTC offset, like 2026-11-27T09:00:00Z"),
    ({"occurred_at": 1806588000}, "occurred_at: expected a timestamp with a UTC offset, like 2026-11-27T09:00:00Z"),
    ({"data": []}, "data: expected an object"),
    ({"data": {"lst": "vip"}}, 'lst: event "list.joined" has no such field; did you mean "list"?'),
    ({"data": {"list": "x" * 2_001}}, "list: a text of 2001 characters is longer than 2000"),
    ({"data": {"list": {"a": [1]}}}, "list: expected text, got {'a': [1]}"),
]  # fmt: skip


@pytest.mark.only("sqlite", "what is refused has nothing to do with the database")
def test_what_is_wrong_with_an_event_is_said(caller: Caller) -> None:
    for wrong, reason in WRONG:
        answer = caller.post({**joined(), **wrong})
        assert is_problem(answer, 422), wrong
        assert answer.json()["detail"] == reason
    assert (stored(caller.world), caller.desk.woken) == (0, 0)


@pytest.mark.only("sqlite", "what is refused has nothing to do with the database")
def test_what_is_no_event_is_refused(caller: Caller) -> None:
    for said in (3, None, "x", True):
        assert is_problem(caller.post(json.dumps(said).encode()), 422), said
    assert caller.results([[], None]) == ["rejected", "rejected"]


NO_JSON = {
    "nothing": b"",
    "half": b"{",
    "a comma": b"[1,",
    "no UTF-8": b"\xff\xfe",
    "half a pair": b'{"id": "\\ud800"}',
    "NaN": b'{"data": NaN}',
    "infinite": b"[1e999]",
    "deep lists": b"[" * 5_000,
    "deep objects": b'{"a":' * 5_000,
}


@pytest.mark.only("sqlite", "what is refused has nothing to do with the database")
def test_what_is_not_json_is_refused(caller: Caller) -> None:
    for what, body in NO_JSON.items():
        answer = caller.post(body)
        assert is_problem(answer, 400), what
        assert answer.json()["detail"].startswith("the body is not JSON: "), what


def test_of_a_key_twice_the_last_counts(caller: Caller) -> None:
    answer = caller.post(b'{"event": "nope", "event": "list.joined", "contact": {"phone": "%s"}}' % ADA.encode())
    assert answer.status_code == 202


def test_invisible_characters_of_a_text_are_left_out(caller: Caller) -> None:
    assert caller.post({**joined(), "contact": {"phone": ADA, "tier": "go\u0000ld\u202e"}}).status_code == 202
    assert fields(caller.world)["tier"] == "gold"


def test_a_thousand_events_are_a_list_and_one_more_is_not(caller: Caller) -> None:
    assert caller.results([joined(str(n)) for n in range(1_000)]) == ["accepted"] * 1_000
    answer = caller.post([joined(str(n)) for n in range(2_000, 3_001)])
    assert is_problem(answer, 422)
    assert "at most 1,000" in answer.json()["detail"]
    assert stored(caller.world) == 1_000
    assert caller.results([]) == []


@pytest.mark.only("sqlite", "another writer keeps all of it locked")
def test_a_locked_database_is_503_and_stores_nothing(caller: Caller) -> None:
    world = caller.world
    world.app.database = SqliteDatabase(file_of(world.app.database), busy_seconds=0.05)
    caller.desk = Desk(world)
    with closing(sqlite3.connect(file_of(world.app.database), isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        for path, said in (
            ("/v1/events", joined("1")),
            ("/v1/events", [joined("1")]),
            ("/v1/flows/by-hand/start", {"contact": {"phone": ADA}}),
        ):
            answer = caller.ask("POST", path, said)
            assert is_problem(answer, 503)
            assert answer.headers["Retry-After"]
        assert is_problem(caller.ask("PUT", f"/v1/contacts/{ADA}", {"tier": "x"}), 503)
        assert is_problem(caller.ask("DELETE", f"/v1/contacts/{ADA}"), 503)
        assert caller.get(f"/v1/contacts/{ADA}")["fields"] == {"first_name": "Ada"}
        other.execute("ROLLBACK")
    assert (stored(world), caller.desk.woken) == (0, 0)
    assert caller.post(joined("1")).json() == {"status": "accepted"}


def test_a_contact_is_started_by_hand(caller: Caller) -> None:
    said = {"id": "s-1", "contact": {"phone": ADA, "tier": "gold"}, "data": {"why": "asked"}}
    path = "/v1/flows/by-hand/start"
    assert caller.ask("POST", path, said).json() == {"status": "accepted"}
    assert caller.ask("POST", path, said).json() == {"status": "duplicate"}
    assert is_problem(caller.ask("POST", path, {**said, "data": {}}), 409)
    assert caller.desk.woken == 1
    caller.world.tick()
    (run,) = caller.get("/v1/runs?flow=by-hand")["runs"]
    assert (run["contact"], run["step"]) == (ADA, "pause")


def test_a_start_of_what_cannot_be_started_is_refused(caller: Caller) -> None:
    ada = {"contact": {"phone": ADA}}
    answer = caller.ask("POST", "/v1/flows/by-hnd/start", ada)
    assert is_problem(answer, 404)
    assert 'did you mean "by-hand"?' in answer.json()["detail"]
    assert is_problem(caller.ask("POST", "/v1/flows/hello/start", ada), 409)
    assert is_problem(caller.ask("POST", "/v1/flows/by-hand/start", {**ada, "datum": {}}), 422)
    assert is_problem(caller.ask("POST", "/v1/flows/by-hand/start", [ada]), 422)
    assert is_problem(caller.ask("POST", "/v1/flows/by-hand/start", {"contact": {"key": "nobody"}}), 422)
    assert stored(caller.world) == 0
