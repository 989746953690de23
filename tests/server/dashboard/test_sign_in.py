"""Who may see the dashboard, and how a browser proves it."""

from __future__ import annotations

import pytest

from engine.store import sessions, tokens
from tests.server.dashboard.browser import Browser, forms_of, words
from tests.server.web.desk import Desk


def test_who_is_not_signed_in_is_led_to_the_sign_in_and_back(desk: Desk) -> None:
    browser = Browser(desk, None)
    answer = browser.get("/system?x=1")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/sign-in?back=%2Fsystem%3Fx%3D1")
    assert 'value="/system?x=1"' in browser.page(answer.headers["Location"])


@pytest.mark.parametrize("scope", ["read", "operator", "admin"])
def test_a_token_that_may_read_opens_the_pages(desk: Desk, scope: str) -> None:
    browser = Browser(desk, scope)
    assert "What needs you" in browser.page("/")
    assert f"scope {scope}" in words(browser.page("/"))


def test_a_token_for_events_does_not(desk: Desk) -> None:
    browser = Browser(desk, None)
    app = desk.world.app
    token = app.database.write(lambda db: tokens.create(db, "shop", "events", 0))
    assert browser.sign_in(token).status_code == 403
    assert browser.get("/").status_code == 303


def test_the_cookie_is_for_this_site_and_no_script(public: Desk) -> None:
    browser = Browser(public, None)
    token = public.world.app.database.write(lambda db: tokens.create(db, "ops", "operator", 0))
    cookie = browser.sign_in(token).headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert "secure" not in cookie  # on loopback there is no https
    secure = browser.sign_in(token, headers={"Host": "sms.acme.example", "Origin": "https://sms.acme.example"})
    assert "secure" in secure.headers["set-cookie"].lower()


def test_who_is_signed_in_stays_so_when_the_last_flow_is_retired(public: Desk) -> None:
    at = {"Host": "sms.acme.example", "Origin": "https://sms.acme.example"}
    browser = Browser(public, None)
    token = public.world.app.database.write(lambda db: tokens.create(db, "ops", "operator", 0))
    browser.sign_in(token, headers=at)
    public.world.retire_all()
    assert browser.get("/", at).status_code == 200
    again = browser.sign_in(token, headers=at)
    assert again.headers["set-cookie"].startswith("__Host-")
    assert "secure" in again.headers["set-cookie"].lower()


@pytest.mark.only("sqlite", "what a browser says has nothing to do with the database")
def test_nobody_is_led_to_another_site(desk: Desk) -> None:
    browser = Browser(desk)
    for back in ("//evil.example/x", "https://evil.example", "/\\evil.example", "evil", "/a\nb", ""):
        assert browser.sign_in(browser.token, back).headers["Location"] == "/", back


def test_a_revoked_token_ends_its_sessions_at_once(desk: Desk) -> None:
    browser = Browser(desk)
    desk.world.app.database.write(lambda db: tokens.revoke(db, "operator", 1))
    assert browser.get("/").status_code == 303


def test_a_session_ends_after_two_weeks(desk: Desk) -> None:
    browser = Browser(desk)
    desk.world.clock.move_to(desk.world.clock.now() + sessions.LASTS_MS)
    assert browser.get("/").status_code == 303


def test_sign_out_ends_this_session_and_everywhere_all_of_the_token(desk: Desk) -> None:
    one = Browser(desk, "operator", "ada")
    two, other = Browser(desk, None), Browser(desk, "operator", "ben")
    two.sign_in(one.token)
    stolen = dict(one.cookies)
    assert one.press(one.page("/"), "/sign-out").headers["Location"] == "/sign-in"
    one.cookies = stolen
    assert one.get("/").status_code == 303
    two.page("/")
    one.sign_in(one.token)
    page = one.page("/")
    everywhere = next(fields for action, fields in forms_of(page) if fields.get("everywhere"))
    one.send("/sign-out", everywhere)
    assert two.get("/").status_code == 303
    other.page("/")


def test_a_session_is_not_in_the_database_as_it_is_in_the_cookie(desk: Desk) -> None:
    browser = Browser(desk)
    (secret,) = browser.cookies.values()
    with desk.world.app.database.reading() as db:
        rows = [value for row in db.execute("SELECT * FROM session") for value in row]
    assert rows
    assert secret not in rows


def test_a_forged_cookie_opens_nothing(desk: Desk) -> None:
    for cookie in ("", "x", "a" * 100_000, "' OR 1=1 --", "%00"):
        browser = Browser(desk, None)
        browser.cookies["leadoff_session"] = cookie
        assert browser.get("/").status_code == 303, cookie


def test_wrong_tokens_are_told_to_wait_and_the_right_one_still_opens(desk: Desk) -> None:
    browser = Browser(desk, None)
    token = desk.world.app.database.write(lambda db: tokens.create(db, "ops", "operator", 0))
    answers = [browser.sign_in(f"leadoff_{each}").status_code for each in range(40)]
    assert answers[0] == 403
    assert answers[-1] == 429
    assert browser.sign_in(token).status_code == 303


def test_one_token_keeps_a_bounded_number_of_sessions(desk: Desk) -> None:
    browser, database = Browser(desk), desk.world.app.database
    first = dict(browser.cookies)
    for at in range(30):
        database.write(lambda db, at=at: sessions.begin(db, 1, at + desk.world.clock.now() + 1))  # type: ignore[misc]
    with database.reading() as db:
        assert db.execute("SELECT COUNT(*) FROM session").fetchone()[0] == sessions.MOST_OF_A_TOKEN
    browser.cookies = first
    assert browser.get("/").status_code == 303
