"""What somebody who means harm, or a broken client, sends to the pages."""

from __future__ import annotations

import re

import pytest

from engine.server.dashboard.throttle import MOST_KEPT, Throttle
from engine.store import tokens
from tests.server.dashboard.browser import HOME, Browser, forms_of, words
from tests.server.dashboard.test_pages import id_of
from tests.server.web.desk import Desk
from tests.world import ADA, BEN

LARGE = 10**30


ADDRESSES = [
    f"/people?before={LARGE}",
    f"/people/{LARGE}",
    f"/messages?before={LARGE}",
    f"/messages/{LARGE}",
    f"/deployments?before={LARGE}",
    f"/flows/hello/rollback?to={LARGE}",
    f"/messages?flow={'x' * 10_000}",
    f"/people?find={'x' * 10_000}",
    "/people?find=%00",
    "/people?find=%F0%28%8C%BC",
    "/flows/%00",
    "/flows/%00/drawing.svg",
    "/flows/%2e%2e%2f%2e%2e",
    "/static/x/..%2f..%2fdesk.py",
    "/static/../desk.py",
    "/m/..%2f..%2fleadoff.yaml",
]


def test_no_address_breaks_a_page_or_leaves_the_folder(desk: Desk) -> None:
    browser = Browser(desk, "admin")
    for path in ADDRESSES:
        assert browser.get(path).status_code in (200, 400, 404, 422), path


def test_no_form_breaks_with_an_id_that_no_database_has(desk: Desk) -> None:
    browser = Browser(desk, "admin")
    key = forms_of(browser.page("/"))[0][1]["key"]
    for path in (f"/notices/{LARGE}/done", f"/messages/{LARGE}/settle", f"/people/{LARGE}/number"):
        assert browser.send(path, {"key": key, "as": "lost"}).status_code in (404, 422), path


@pytest.mark.parametrize("reason", ["\0", "a" * 20_000, "\u202e\x1b[31m"])
def test_any_reason_is_kept_or_refused(desk: Desk, reason: str) -> None:
    browser = Browser(desk, "operator")
    answer = browser.press(browser.page("/"), "/hold", reason=reason)
    assert answer.status_code == (400 if "\0" in reason else 303)
    browser.page("/deployments")


@pytest.mark.only("sqlite", "what a browser says has nothing to do with the database")
@pytest.mark.parametrize("header", ["Origin", "Referer", "Host"])
def test_a_header_that_cannot_be_read_is_no_bug_of_ours(desk: Desk, header: str) -> None:
    token = desk.world.app.database.write(lambda db: tokens.create(db, "ada", "operator", 0))
    for value in ("http://[", "http://[::1", "[", "http://a b", "\\\\", "http://"):
        browser = Browser(desk, None)
        assert browser.get("/system", {header: value}).status_code == 303, value
        assert browser.send("/hold", {"key": "x"}, {header: value}).status_code in (303, 403), value
        assert browser.sign_in(token, headers={header: value}).status_code in (303, 403), value


def test_another_sites_page_that_reaches_us_under_its_own_name_has_no_session(desk: Desk) -> None:
    """DNS rebinding: its browser sends our cookie to our name alone, so a page shows it the sign-in."""
    stranger = {"Host": "rebound.example:8025", "Origin": "http://rebound.example:8025"}
    browser = Browser(desk, None)
    assert browser.get("/", stranger).headers["Location"] == "/sign-in"
    assert browser.send("/hold", {"key": "guessed"}, stranger).status_code == 303


def test_a_session_that_was_there_before_the_sign_in_is_not_the_one_after_it(desk: Desk) -> None:
    """Session fixation."""
    mallory, ada = Browser(desk, "operator", "mallory"), Browser(desk, None)
    ada.cookies = dict(mallory.cookies)
    token = desk.world.app.database.write(lambda db: tokens.create(db, "ada", "operator", 0))
    ada.sign_in(token)
    assert ada.cookies != mallory.cookies
    assert mallory.get("/").status_code == 303


def test_where_there_is_https_a_cookie_of_a_neighbour_is_not_ours(public: Desk) -> None:
    """Another site of the same domain can set `leadoff_session` for all of it, but nothing that begins with `__Host-`."""
    here = {"Host": "sms.acme.example", "Origin": "https://sms.acme.example"}
    mallory, ada = Browser(public, "operator", "mallory"), Browser(public, None)
    ada.cookies = dict(mallory.cookies)
    assert ada.get("/", here).status_code == 303
    token = public.world.app.database.write(lambda db: tokens.create(db, "ada", "operator", 0))
    ada.sign_in(token, headers=here)
    assert [name for name in ada.cookies if name.startswith("__Host-")]
    assert ada.get("/", here).status_code == 200


def test_a_new_token_of_a_name_that_was_revoked_does_not_open_old_sessions(desk: Desk) -> None:
    browser, database = Browser(desk, "operator", "ada"), desk.world.app.database
    database.write(lambda db: tokens.revoke(db, "ada", 1))
    database.write(lambda db: tokens.create(db, "ada", "admin", 2))
    assert browser.get("/").status_code == 303


def test_pages_are_not_framed_not_kept_and_answer_head_as_get(desk: Desk) -> None:
    browser = Browser(desk)
    for path in ("/", "/sign-in", "/people/999", "/flows"):
        answer = browser.get(path)
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["X-Frame-Options"] == "DENY"
        assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
    cookie = {"Cookie": "; ".join(f"{name}={value}" for name, value in browser.cookies.items())}
    assert desk.ask("HEAD", "/", headers=cookie).status_code == 200
    assert desk.ask("HEAD", "/sign-in").status_code == 200
    assert desk.ask("HEAD", "/live", headers=cookie).status_code == 405
    for method in ("OPTIONS", "PUT", "DELETE", "TRACE"):
        answer = desk.ask(method, "/", headers=cookie)
        assert answer.status_code == 405
        assert "Access-Control-Allow-Origin" not in answer.headers


def test_ten_thousand_sign_ins_a_minute_keep_nobody_out_and_little_in_memory(desk: Desk) -> None:
    throttle = Throttle(10, lambda: 0.0)
    for each in range(3 * MOST_KEPT):
        throttle.take(f"2001:db8::{each:x}")
    assert len(throttle._left) <= MOST_KEPT
    browser = Browser(desk, None)
    token = desk.world.app.database.write(lambda db: tokens.create(db, "ops", "operator", 0))
    wrong = {browser.sign_in(f"leadoff_{each}").status_code for each in range(100)}
    assert wrong == {403, 429}
    assert browser.sign_in(token).status_code == 303


def test_a_form_that_is_sent_twice_does_its_deed_once(desk: Desk) -> None:
    browser = Browser(desk)
    page = browser.page("/")
    assert [browser.press(page, "/hold").status_code for _ in range(2)] == [303, 303]
    with desk.world.app.database.reading() as db:
        assert db.execute("SELECT COUNT(*) FROM person_action").fetchone()[0] == 1


def test_a_form_on_the_same_machine_but_of_another_port_is_foreign(desk: Desk) -> None:
    browser = Browser(desk)
    (fields,) = (fields for action, fields in forms_of(browser.page("/")) if action == "/hold")
    for origin in (HOME.replace("8025", "8026"), "http://[::1]:8025", "http://localhost:8025"):
        assert browser.send("/hold", fields, {"Origin": origin}).status_code == 403
    named = {"Host": "[::1]:8025", "Origin": "http://[::1]:8025"}
    assert browser.send("/hold", fields, named).status_code == 303


@pytest.mark.parametrize("scope", ["read", "operator"])
def test_a_masked_number_is_not_found_part_by_part(desk: Desk, scope: str) -> None:
    browser = Browser(desk, scope)
    desk.world.contact(BEN, last_name="202-555-0199")
    for part in ("12025", "0143", "202555014", "202-5", "-0199"):
        assert "0 fit" in words(browser.page(f"/people?find={part}")), part
    assert "1 fit" in words(browser.page("/people?find=(202) 555-0143"))
    assert "1 fit" in words(browser.page("/people?find=Ad"))
    assert "1 fit" in words(Browser(desk, "admin").page("/people?find=0143"))


def test_who_may_only_read_sees_no_whole_number_in_names_and_texts(desk: Desk) -> None:
    desk.world.contact(ADA, first_name="+1 (202) 555-0199", last_name="2025550199")
    desk.text("my new number is +1 202 555 0177 or 2025550177", "in-1", ADA)
    desk.world.tick()
    reader, id = Browser(desk, "read"), id_of(desk.world, ADA)
    for page in ("/people", "/people?find=%2B1 (202) 555-0199 2025550199", f"/people/{id}", "/inbox", f"/inbox/{id}"):
        told = words(reader.page(page))
        assert not re.search(r"(?:\d[ .()-]*){10}", told), page
    assert "2025550177" in Browser(desk).page(f"/inbox/{id}"), "who answers needs what was written"
