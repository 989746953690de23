"""What each page says, and what can be done there."""

from __future__ import annotations

import pytest

from engine.contacts import consent
from engine.store import contacts, holds, states
from engine.store.sql import Connection
from tests.server.dashboard.browser import Browser, words
from tests.server.web.desk import Desk
from tests.world import ADA, BEN, World

PAGES = [
    "/",
    "/flows",
    "/flows/hello",
    "/flows/hello?list=1",
    "/messages",
    "/people",
    "/deployments",
    "/pictures",
    "/system",
]
MARKUP = '<img src=x onerror="alert(1)">'


def played(world: World, phone: str = ADA) -> None:
    """One contact has got its message."""
    world.event("list.joined", phone)
    world.tick()
    world.send()
    world.callbacks()
    world.tick()


def id_of(world: World, phone: str = ADA) -> int:
    with world.app.database.reading() as db:
        found = contacts.one(db, phone)
    assert found is not None
    return found.id


def newest(world: World) -> int:
    """The id of the message that was written last."""
    with world.app.database.reading() as db:
        return int(db.execute("SELECT MAX(id) FROM message").fetchone()[0])


@pytest.mark.parametrize("scope", ["read", "admin"])
def test_every_page_opens_before_and_after_something_has_happened(desk: Desk, scope: str) -> None:
    browser = Browser(desk, scope)
    for page in PAGES:
        browser.page(page)
    played(desk.world)
    for page in PAGES:
        answer = browser.get(page)
        assert answer.status_code == 200, page
        assert ADA not in answer.text, f"{page}: a number is shown masked"
        assert "unsafe" not in answer.headers["Content-Security-Policy"], page


NOT_THERE = (
    "/flows/nope",
    "/people/999",
    "/people/0",
    "/messages/999999",
    "/messages?status=nope",
    "/messages?flow=nope",
)
NO_ADDRESS = "/people/x", "/people?before=x", "/messages?before=0", "/people/99999999999999999999"


def test_what_is_not_there_or_cannot_be_read_is_told_on_a_page(desk: Desk) -> None:
    browser = Browser(desk)
    for page in NOT_THERE + NO_ADDRESS:
        answer = browser.get(page)
        assert answer.status_code == 404 or (answer.status_code == 422 and page in NO_ADDRESS), page
        assert answer.headers["Content-Type"].startswith("text/html"), page


def test_who_types_an_address_that_there_is_not_gets_a_page_and_a_program_a_problem(desk: Desk) -> None:
    for browser in (Browser(desk, None), Browser(desk, "read")):
        typed = browser.get("/nope", {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"})
        assert (typed.status_code, "there is no page with this address" in typed.text) == (404, True)
        assert "default-src 'none'" in typed.headers["Content-Security-Policy"]
        for path, accepted in (("/nope", "*/*"), ("/v1/nope", "text/html")):
            assert browser.get(path, {"Accept": accepted}).headers["Content-Type"] == "application/problem+json"


def test_messages_are_listed_and_filtered(desk: Desk) -> None:
    played(desk.world)
    browser = Browser(desk)
    assert "delivered" in words(browser.page("/messages?flow=hello"))
    assert "No message fits" in words(browser.page("/messages?status=failed"))
    assert "Hello!" in words(browser.page("/messages/" + str(newest(desk.world))))


def test_markup_in_what_people_bring_is_shown_and_does_nothing(desk: Desk) -> None:
    world = desk.world
    world.contact(ADA, first_name=MARKUP)
    desk.text(MARKUP)
    played(world)
    browser = Browser(desk)
    for page in (*PAGES, f"/people/{id_of(world)}", f"/people?find={MARKUP}"):
        text = browser.page(page)
        assert "<img src=x" not in text, page
    assert "&lt;img src=x" in browser.page(f"/people/{id_of(world)}")


def test_a_person_has_a_conversation_a_story_and_what_comes_next(desk: Desk) -> None:
    played(desk.world)
    desk.text("thank you")
    desk.world.tick()
    told = words(Browser(desk).page(f"/people/{id_of(desk.world)}"))
    assert "Hello!" in told
    assert "thank you" in told
    assert "entered hello" in told


def test_a_person_is_found_by_number_by_name_and_by_a_message(desk: Desk) -> None:
    played(desk.world)
    browser = Browser(desk)
    assert browser.get("/people?find=%2B12025550143").headers["Location"] == f"/people/{id_of(desk.world)}"
    assert "1 fit" in words(browser.page("/people?find=Ada"))
    message = newest(desk.world)
    assert browser.get(f"/people?find={message}").headers["Location"] == f"/messages/{message}"


def test_an_operator_opts_a_person_out_and_the_source_says_who_did(desk: Desk) -> None:
    browser, person = Browser(desk), id_of(desk.world)
    asked = browser.page(f"/people/{person}/stop")
    browser.press(asked, f"/people/{person}/stop", reason="she called us")
    with desk.world.app.database.reading() as db:
        found = db.execute("SELECT status, source FROM consent WHERE phone = ?", (ADA,)).fetchone()
    assert tuple(found) == ("unsubscribed", "dashboard: operator")
    assert "she called us" in words(browser.page(f"/people/{person}"))


def test_only_an_admin_sees_a_number_and_that_is_written_down(desk: Desk) -> None:
    person = id_of(desk.world)
    operator, admin = Browser(desk, "operator"), Browser(desk, "admin")
    assert f"/people/{person}/number" not in operator.page(f"/people/{person}")
    assert ADA in admin.press(admin.page(f"/people/{person}"), f"/people/{person}/number").text
    assert "show number" in words(admin.page("/deployments"))


def test_forget_wants_the_number_and_leaves_nothing_of_the_person(desk: Desk) -> None:
    played(desk.world)
    admin, person = Browser(desk, "admin"), id_of(desk.world)
    asked = admin.page(f"/people/{person}/forget")
    again = admin.press(asked, f"/people/{person}/forget", typed=BEN)
    assert "Nothing was done" in words(again.text)
    assert admin.press(again.text, f"/people/{person}/forget", typed=ADA).status_code == 303
    assert admin.get(f"/people/{person}").status_code == 404
    assert admin.page("/messages")


def test_a_flow_is_stopped_with_its_counts_and_a_reason(desk: Desk) -> None:
    browser, world = Browser(desk), desk.world
    for phone in (ADA, BEN):
        world.event("list.joined", phone)
    world.tick()
    asked = browser.page("/flows/hello/stop")
    told = "0 messages have gone; what has not: 2 messages written"
    assert "Stop hello?" in words(asked) and told in words(asked) and "Cancel 2 messages" in words(asked)
    browser.press(asked, "/flows/hello/stop", reason="wrong price")
    world.tick()
    assert world.send() == 0 and world.told()[-1][1:] == ("cancelled", "stopped")
    said = words(browser.page("/flows/hello"))
    assert f"operator: stop wrong price; {told}" in said and "Paused since" not in said
    again = browser.get("/flows/hello/stop")
    assert again.status_code == 409 and "pause it to keep it from starting" in words(again.text), (
        "nothing is left to stop"
    )


def test_a_flow_is_paused_and_resumed_by_name_and_with_a_reason(desk: Desk) -> None:
    browser, world = Browser(desk), desk.world
    browser.press(browser.page("/flows/hello"), "/flows/hello/pause", reason="the link is dead")
    assert "operator: pause the link is dead" in words(browser.page("/flows/hello"))
    world.event("list.joined", ADA)
    world.tick()
    asked = browser.page("/flows/hello/resume")
    assert "Let 1 run go on" in words(asked)
    browser.press(asked, "/flows/hello/resume", reason="the link works again")
    with world.app.database.reading() as db:
        assert holds.paused(db) == {}
    told = words(browser.page("/flows/hello"))
    assert "operator: resume the link works again" in told
    world.tick()
    assert world.send() == 1


def test_a_confirmation_whose_count_has_grown_asks_again(desk: Desk) -> None:
    browser, world = Browser(desk), desk.world
    browser.press(browser.page("/flows/hello"), "/flows/hello/pause")
    world.event("list.joined", ADA)
    world.tick()
    asked = browser.page("/flows/hello/resume")
    world.event("list.joined", BEN)
    world.tick()
    again = browser.press(asked, "/flows/hello/resume")
    assert "More has come since you looked" in words(again.text)
    assert "Let 2 runs go on" in words(again.text)
    with world.app.database.reading() as db:
        assert holds.paused(db) != {}
    assert browser.press(again.text, "/flows/hello/resume").status_code == 303


def test_a_rollback_shows_its_plan_and_is_an_admins(desk: Desk) -> None:
    world = desk.world
    flow = (world.folder / "flows/hello.yaml").read_text()
    world.write(flow.replace("Hello!", "Good day!"))
    world.apply()
    assert Browser(desk, "operator").get("/flows/hello/rollback").status_code == 403
    admin = Browser(desk, "admin")
    plan = admin.page("/flows/hello/rollback")
    assert "Good day!" in words(plan)
    printed = plan.partition('aria-label="The plan">')[2].partition("</pre>")[0]
    assert any(line.startswith("    ") and "Good day!" in line for line in printed.splitlines()), (
        "as the terminal has it"
    )
    admin.press(plan, "/flows/hello/rollback", reason="the old words sold more")
    played(world)
    assert world.arrived()[-1][1].startswith("Hello!")
    assert "rollback to deployment 1: the old words sold more" in words(admin.page("/flows/hello"))


def test_an_unknown_message_is_settled_and_the_story_says_by_whom(desk: Desk) -> None:
    world = desk.world
    world.event("list.joined", ADA)
    world.tick()
    message = newest(world)
    world.is_counted = False  # rows are changed by hand
    world.app.database.write(lambda db: make_unknown(db, message, world.clock.now()))
    browser = Browser(desk)
    assert "1 message unknown" in words(browser.page("/"))
    assert 'class="bubble in doubt"' in browser.page(f"/people/{id_of(world)}")  # it is not struck out
    page = browser.page(f"/messages/{message}")
    answer = browser.press(page, f"/messages/{message}/settle", **{"as": "lost", "reason": "not in the provider's log"})
    assert answer.status_code == 303
    assert "settled as lost by operator: not in the provider's log" in " ".join(world.story(ADA))
    again = browser.press(page, f"/messages/{message}/settle", **{"as": "lost"})
    assert again.status_code == 409


def make_unknown(db: Connection, message: int, now: int) -> None:
    db.execute("UPDATE message SET status = ?, sent_at = ? WHERE id = ?", (states.UNKNOWN, now, message))


def test_a_flow_of_nobodys_project_says_what_to_do(desk: Desk) -> None:
    consent.unsubscribe(desk.world.app.database, ADA, "test", desk.world.clock.now())
    assert "Nobody has paused" in words(Browser(desk).page("/deployments"))
    assert "No step of it has written a message yet." in words(Browser(desk, "admin").page("/flows/hello"))
