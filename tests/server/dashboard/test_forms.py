"""What changes something: only from our own pages, of this session, by somebody who may."""

from __future__ import annotations

import pytest

from engine.store import holds
from tests.server.dashboard.browser import Browser, forms_of, words
from tests.server.web.desk import Desk


def held(desk: Desk) -> bool:
    with desk.world.app.database.reading() as db:
        return holds.held_since(db) is not None


def test_a_person_holds_all_sending_with_one_click_and_lets_it_go_on_after_a_look(desk: Desk) -> None:
    browser = Browser(desk)
    assert browser.press(browser.page("/"), "/hold").status_code == 303
    assert held(desk)
    assert "All sending is on hold" in words(browser.page("/"))
    asked = browser.page("/release")
    assert "0 messages leave at once" in words(asked)
    browser.press(asked, "/release", reason="the price list was right")
    assert not held(desk)
    with desk.world.app.database.reading() as db:
        done = db.execute("SELECT who, deed, note FROM person_action ORDER BY id").fetchall()
    assert [tuple(row) for row in done] == [
        ("operator", "hold", None),
        ("operator", "release", "the price list was right"),
    ]


@pytest.mark.only("sqlite", "what a browser says has nothing to do with the database")
def test_a_form_of_another_site_is_refused(desk: Desk) -> None:
    browser = Browser(desk)
    (fields,) = (fields for action, fields in forms_of(browser.page("/")) if action == "/hold")
    for origin in (
        "https://evil.example",
        "null",
        "http://127.0.0.1:9999",
        "http://127.0.0.1:8025.evil.example",
        "",
    ):
        assert browser.send("/hold", fields, {"Origin": origin}).status_code == 403, origin
        assert not held(desk), origin


def test_the_public_address_is_our_own_origin_behind_a_proxy_that_changes_the_host(public: Desk) -> None:
    browser = Browser(public)
    (fields,) = (fields for action, fields in forms_of(browser.page("/")) if action == "/hold")
    assert browser.send("/hold", fields, {"Origin": "https://sms.acme.example"}).status_code == 303


def test_a_form_without_its_key_or_with_that_of_another_session_is_refused(desk: Desk) -> None:
    browser, other = Browser(desk, "operator", "ada"), Browser(desk, "operator", "ben")
    (fields,) = (fields for action, fields in forms_of(other.page("/")) if action == "/hold")
    assert browser.send("/hold", fields).status_code == 403
    assert browser.send("/hold", {}).status_code == 403
    assert not held(desk)


def test_who_may_only_read_sees_no_button_and_is_refused(desk: Desk) -> None:
    browser = Browser(desk, "read")
    page = browser.page("/")
    assert {action for action, _ in forms_of(page)} == {"/sign-out"}
    key = forms_of(page)[0][1]["key"]
    assert browser.send("/hold", {"key": key}).status_code == 403
    assert browser.get("/release").status_code == 403
    assert not held(desk)


@pytest.mark.only("sqlite", "what a browser says has nothing to do with the database")
def test_what_is_no_form_is_refused(desk: Desk) -> None:
    browser = Browser(desk)
    cookie = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
    for kind, body, status in (
        ("application/json", b"{}", 415),
        ("multipart/form-data; boundary=x", b"--x--", 415),
        ("application/x-www-form-urlencoded", b"a=" + b"x" * 70_000, 413),
        ("application/x-www-form-urlencoded", b"&".join(b"a%d=1" % each for each in range(200)), 400),
        ("application/x-www-form-urlencoded", "ä=1".encode("latin-1"), 400),
    ):
        headers = {"Content-Type": kind, "Origin": "http://127.0.0.1:8025", "Cookie": cookie}
        assert desk.ask("POST", "/hold", body, headers).status_code == status, (kind, body[:20])
        assert not held(desk), (kind, body[:20])


def test_a_signed_out_form_leads_to_the_sign_in(desk: Desk) -> None:
    browser = Browser(desk)
    (fields,) = (fields for action, fields in forms_of(browser.page("/")) if action == "/hold")
    browser.press(browser.page("/"), "/sign-out")
    answer = browser.send("/hold", fields, {"Referer": "http://127.0.0.1:8025/system"})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/sign-in?back=%2Fsystem")


def test_a_page_that_a_form_has_led_to_is_renewed_and_read_again(desk: Desk) -> None:
    desk.text("Are you open?", "in-1")
    desk.world.tick()
    browser = Browser(desk, "admin")
    for path in ("/people/1/number", "/inbox/1/answer"):
        for headers in ({}, {"X-Part": "1"}):
            answer = browser.get(path, headers)
            assert (answer.status_code, answer.headers["Location"]) == (303, path.rpartition("/")[0])
        browser.page(path.rpartition("/")[0])
