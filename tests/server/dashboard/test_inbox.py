"""Who wrote and waits for a person: the inbox, answers by people, and what is no answer of theirs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from zlib import crc32

import pytest

from engine.contacts import consent
from engine.store import contacts, forgetting
from engine.store.queries import listings, signs
from engine.store.queries.timeline import timeline_of
from tests.server.dashboard.browser import Browser, forms_of, words
from tests.server.dashboard.test_pages import MARKUP, id_of, newest, played
from tests.server.web.desk import Desk
from tests.world import ADA, BEN, DAY, HOUR, MINUTE, PROJECT, World

KEYWORD = """\
flow: party
language: 1
category: transactional
trigger: {keyword: PARTY}
steps:
  - id: hi
    sms: Welcome.
"""
NIGHT = PROJECT.replace("quiet_hours: off", 'quiet_hours: {between: ["20:00", "09:00"]}')


@pytest.fixture
def late(tmp_path: Path) -> Iterator[Desk]:
    """A project with quiet hours, at 10 p.m. in New York."""
    with World(tmp_path, KEYWORD, project=NIGHT) as world:
        world.clock.move_to(world.clock.now() + 12 * HOUR)
        yield Desk(world)


@pytest.fixture
def party(tmp_path: Path) -> Iterator[Desk]:
    with World(tmp_path, KEYWORD) as world:
        yield Desk(world)


def said(desk: Desk, text: str, phone: str = ADA) -> str:
    """A person texts, and the tick takes that; the address of the conversation."""
    assert desk.text(text, f"in-{crc32(f'{phone} {text}'.encode())}", phone).status_code < 300
    desk.world.tick()
    return f"/inbox/{id_of(desk.world, phone)}"


def looked(browser: Browser, thread: str, text: str) -> str:
    """The page that shows an answer before it is sent."""
    answer = browser.press(browser.page(thread), thread, text=text)
    assert answer.status_code == 200
    return answer.text


def answered(browser: Browser, thread: str, text: str) -> None:
    assert browser.press(looked(browser, thread, text), f"{thread}/answer").status_code == 303


def waiting(browser: Browser) -> list[str]:
    """Who waits, in the order of the page."""
    return re.findall(r'<a href="(/inbox/\d+)">', browser.page("/inbox"))


def by_people(world: World) -> list[tuple[str, str | None]]:
    return [(each.status, each.reason) for each in world.messages() if each.flow == "@people"]


def test_an_empty_inbox_says_what_comes_there(desk: Desk) -> None:
    browser = Browser(desk)
    assert "Nobody waits for you" in words(browser.page("/inbox"))
    assert "Nobody was answered yet" in words(browser.page("/inbox?done=1"))


def test_a_text_waits_for_a_person_until_it_is_answered(desk: Desk) -> None:
    world, browser = desk.world, Browser(desk, "operator", "ben")
    played(world)
    thread = said(desk, "Is the blue one back?")
    assert waiting(browser) == [thread]
    assert "Inbox 1 wait" in words(browser.page("/"))
    assert "1 person waits" in words(browser.page("/"))
    asked = looked(browser, thread, "Yes, since Monday.")
    assert "1 part · $0.015 · by main" in words(asked)
    assert by_people(world) == [], "a look sends nothing"
    assert browser.press(asked, f"{thread}/answer").status_code == 303
    assert world.send() == 1
    assert world.arrived()[-1] == (ADA, "Yes, since Monday.")
    assert waiting(browser) == []
    assert "an answer by ben" in words(browser.page(thread))
    assert "an answer by ben" in words(browser.page("/messages"))
    assert "an answer by ben" in words(browser.page(f"/messages/{newest(world)}"))
    assert [thread] == re.findall(r'<a href="(/inbox/\d+)">', browser.page("/inbox?done=1"))


@pytest.mark.parametrize("text", ["Do you ship to Canada?", "cancel my order"])
def test_who_was_no_contact_waits_too_masked_and_is_answered_without_a_consent(desk: Desk, text: str) -> None:
    world, browser, phone = desk.world, Browser(desk), "+12025550188"
    thread = said(desk, text, phone)
    assert waiting(browser) == [thread]
    page = browser.page(thread)
    assert "+1202•••0188" in page and phone not in page
    assert ("May be a STOP" in page) == (text == "cancel my order")
    answered(browser, thread, "Yes, we do.")
    assert world.send() == 1 and world.arrived()[-1] == (phone, "Yes, we do.")
    id = id_of(world, phone)
    with world.app.database.reading() as db:
        (who,) = listings.contacts(db, contact=id)
    assert who["consent"] is None


def test_a_stop_of_a_number_that_is_no_contact_makes_none_and_waits_for_nobody(desk: Desk) -> None:
    assert desk.text("STOP", "in-1", "+12025550188").status_code < 300
    desk.world.tick()
    with desk.world.app.database.reading() as db:
        assert contacts.one(db, "+12025550188") is None
    assert waiting(Browser(desk)) == []


def test_what_answers_itself_waits_for_nobody(party: Desk) -> None:
    browser = Browser(party)
    for text in ("START", "HELP", "party", "STOP"):
        said(party, text)
        assert waiting(browser) == [], text


def test_where_no_flow_is_left_a_person_still_answers(desk: Desk) -> None:
    desk.world.retire_all()
    thread, browser = said(desk, "Are you open?"), Browser(desk)
    answered(browser, thread, "Until six.")
    desk.world.send()
    assert desk.world.arrived() == [(ADA, "Until six.")]


def test_a_text_that_comes_while_another_is_answered_still_waits(desk: Desk) -> None:
    browser, thread = Browser(desk), said(desk, "Hello?")
    asked = looked(browser, thread, "Hi!")
    said(desk, "One more question")
    browser.press(asked, f"{thread}/answer")
    assert waiting(browser) == [thread]
    browser.press(browser.page(thread), f"{thread}/done", reason="asked by phone")
    assert waiting(browser) == []
    assert "set as done by operator: asked by phone" in " ".join(desk.world.story(ADA))


def test_a_form_that_is_sent_twice_writes_one_message(desk: Desk) -> None:
    browser, thread = Browser(desk), said(desk, "Hello?")
    asked = looked(browser, thread, "Hi!")
    for _ in range(3):
        assert browser.press(asked, f"{thread}/answer").status_code == 303
    assert len(by_people(desk.world)) == 1


def test_of_two_who_answer_at_once_the_second_is_shown_what_the_first_has_written(desk: Desk) -> None:
    ada, ben = Browser(desk, "operator", "ada"), Browser(desk, "operator", "ben")
    thread = said(desk, "Hello?")
    first, second = looked(ada, thread, "Hi from Ada"), looked(ben, thread, "Hi from Ben")
    assert ada.press(first, f"{thread}/answer").status_code == 303
    again = ben.press(second, f"{thread}/answer")
    assert "Somebody has answered since you looked" in words(again.text)
    assert "an answer by ada" in words(again.text)
    assert len(by_people(desk.world)) == 1
    assert ben.press(again.text, f"{thread}/answer").status_code == 303
    assert len(by_people(desk.world)) == 2


def test_who_opts_out_between_the_page_and_the_answer_gets_none(desk: Desk) -> None:
    browser, thread = Browser(desk), said(desk, "Hello?")
    asked = looked(browser, thread, "Hi!")
    desk.text("STOP", "in-stop")
    answer = browser.press(asked, f"{thread}/answer")
    assert "nothing was sent: opted out" in words(answer.text)
    assert by_people(desk.world) == []
    desk.world.tick()
    assert "This person gets no answer: opted out" in words(browser.page(thread))
    assert 'name="text"' not in browser.page(thread)


def test_a_stop_cancels_an_answer_that_has_not_left(desk: Desk) -> None:
    browser, thread = Browser(desk), said(desk, "Hello?")
    answered(browser, thread, "Hi!")
    said(desk, "STOP")
    desk.world.send()
    assert by_people(desk.world) == [("cancelled", "opted out")]


def test_a_conversation_whose_person_is_forgotten_meanwhile_is_gone(desk: Desk) -> None:
    browser, thread = Browser(desk), said(desk, "Hello?")
    asked = looked(browser, thread, "Hi!")
    forgetting.forget(desk.world.app.database, ADA, desk.world.clock.now())
    assert browser.press(asked, f"{thread}/answer").status_code == 404
    assert browser.press(asked, f"{thread}/done").status_code == 404
    assert browser.get(thread).status_code == 404
    assert waiting(browser) == []
    assert by_people(desk.world) == []


def test_a_page_that_is_open_over_a_forget_is_about_nobody_else(desk: Desk) -> None:
    """Ann wrote last of all, and is forgotten; then a stranger writes."""
    browser, world = Browser(desk), desk.world
    thread = said(desk, "cancel order 4711, Ann", "+12125550111")
    person = thread.replace("inbox", "people")
    asked, stop, today = (
        looked(browser, thread, "Ann, your code is 9932"),
        browser.page(f"{person}/stop"),
        browser.page("/"),
    )
    forgetting.forget(world.app.database, "+12125550111", world.clock.now())
    stranger = said(desk, "cancel these messages", "+13125550177")
    for page, act in ((asked, f"{thread}/answer"), (asked, f"{thread}/no-stop"), (stop, f"{person}/stop")):
        assert browser.press(page, act).status_code == 404
    (done,) = (act for act, _ in forms_of(today) if act.startswith("/notices/"))
    browser.press(today, done)
    assert waiting(browser) == [stranger] and by_people(world) == []
    with world.app.database.reading() as db:
        assert contacts.consents(db, ["+13125550177"]) == {}
        assert db.execute("SELECT COUNT(*) FROM notice WHERE done_at IS NULL").fetchone()[0] == 1


def test_what_may_be_a_stop_stands_on_top_and_is_opted_out(desk: Desk) -> None:
    browser, world = Browser(desk), desk.world
    doubt = said(desk, "cancel my order")
    world.clock.move_to(world.clock.now() + HOUR)
    other = said(desk, "Hello?", BEN)
    assert waiting(browser) == [doubt, other]
    assert "may be a STOP" in words(browser.page("/inbox"))
    assert browser.press(browser.page(doubt), f"{doubt}/no-stop").status_code == 303
    assert waiting(browser) == [other]
    assert "found to be no STOP by operator" in " ".join(world.story(ADA))
    with world.app.database.reading() as db:
        assert db.execute("SELECT COUNT(*) FROM notice WHERE done_at IS NULL").fetchone()[0] == 0
    said(desk, "cancel everything")
    said(desk, "and one more thing")
    assert "may be a STOP" in words(browser.page(doubt))
    page = browser.page(doubt)
    assert f'formaction="{doubt}/stop"' in page
    fields = {"key": re.findall(r'name="key" value="([^"]+)"', page)[0], "up_to": str(2**40), "reason": "she says so"}
    assert browser.send(f"{doubt}/stop", fields).status_code == 303
    with world.app.database.reading() as db:
        found = db.execute("SELECT status, source, proof FROM consent WHERE phone = ?", (ADA,)).fetchone()
    assert tuple(found) == ("unsubscribed", "dashboard: operator", "“cancel everything”; she says so")
    assert waiting(browser) == [other]


def test_who_may_only_read_sees_no_button_and_writes_nothing(desk: Desk) -> None:
    thread, browser = said(desk, "Hello? Call +12025550199"), Browser(desk, "read")
    page = browser.page(thread)
    assert "<textarea" not in page
    assert f"{thread}/done" not in page
    assert "+12025550199" not in browser.page("/inbox")
    key = re.findall(r'name="key" value="([^"]+)"', page)[0]
    for deed in ("", "/answer", "/done", "/stop", "/no-stop"):
        sent = {"key": key, "text": "Hi", "up_to": "9", "form": "x", "after": ""}
        assert browser.send(thread + deed, sent).status_code == 403


def test_markup_in_texts_is_shown_and_does_nothing(desk: Desk) -> None:
    browser, thread = Browser(desk), said(desk, MARKUP)
    asked = looked(browser, thread, MARKUP + '"><script>alert(1)</script>')
    for page in (asked, browser.page(thread), browser.page("/inbox")):
        assert "<img src=x" not in page
        assert "<script>alert" not in page
    browser.press(asked, f"{thread}/answer")
    assert "<img src=x" not in browser.page(thread)


def test_an_answer_that_cannot_be_sent_says_why(desk: Desk) -> None:
    browser, thread = Browser(desk), said(desk, "Hello?")
    for text in ("", " \n ", "x" * 1_601):
        assert "an answer has 1 to 1,600 characters" in words(looked(browser, thread, text)), text


def test_control_characters_of_an_answer_are_not_sent(desk: Desk) -> None:
    browser, thread = Browser(desk), said(desk, "Hello?")
    answered(browser, thread, "one\x07\x1b\r\ntwo")
    desk.world.send()
    assert desk.world.arrived()[-1][1] == "one\ntwo"


def test_what_is_not_there_is_told_on_a_page(desk: Desk) -> None:
    browser = Browser(desk)
    for path in ("/inbox/999", "/inbox/0", "/inbox/x", "/inbox?before=x", "/inbox?before=1", "/inbox?before=1.-2"):
        answer = browser.get(path)
        assert answer.status_code in (404, 422), path
        assert answer.headers["Content-Type"].startswith("text/html"), path


def test_a_form_without_its_values_is_refused(desk: Desk) -> None:
    browser, thread = Browser(desk), said(desk, "Hello?")
    key = re.findall(r'name="key" value="([^"]+)"', browser.page(thread))[0]
    assert browser.send(f"{thread}/answer", {"key": key, "text": "Hi"}).status_code == 422
    assert browser.send(f"{thread}/answer", {"key": key, "text": "Hi", "up_to": "1"}).status_code == 422
    assert browser.send(f"{thread}/done", {"key": key, "up_to": "x"}).status_code == 422
    assert by_people(desk.world) == []


def test_at_night_an_answer_leaves_at_once_to_who_wrote_within_a_day(late: Desk) -> None:
    browser, thread = Browser(late), said(late, "Are you there?")
    assert "It is quiet hours there. An answer leaves at once" in words(browser.page(thread))
    answered(browser, thread, "Yes!")
    assert late.world.send() == 1


def test_at_night_an_answer_to_an_older_text_waits_for_the_morning(late: Desk) -> None:
    browser, world = Browser(late), late.world
    thread = said(late, "Are you there?")
    world.clock.move_to(world.clock.now() + DAY + MINUTE)
    asked = looked(browser, thread, "Yes!")
    assert "Send when quiet hours end" in words(asked)
    browser.press(asked, f"{thread}/answer")
    assert world.send() == 0
    assert [status for status, _ in by_people(world)] == ["held"]
    world.clock.move_to(world.clock.now() + 11 * HOUR)
    assert world.send() == 1


def test_an_answer_waits_behind_no_held_message_and_holds_back_none_that_was_asked_for(late: Desk) -> None:
    world, browser = late.world, Browser(late)
    world.write(
        KEYWORD.replace("transactional", "marketing").replace("party", "sale").replace("PARTY", "SALE"), project=NIGHT
    )
    world.apply()
    said(late, "SALE")
    assert world.send() == 0
    thread = said(late, "Are you there?")
    answered(browser, thread, "Yes!")
    assert world.send() == 1
    assert world.arrived()[-1] == (ADA, "Yes!")


def test_the_list_goes_on_behind_its_last_row(desk: Desk) -> None:
    world, browser = desk.world, Browser(desk)
    phones = [f"+1202555{n:04}" for n in range(100, 153)]
    for phone in phones:
        world.contact(phone)
        desk.text("Hello?" if phone != phones[3] else "cancel my order", f"in-{phone}", phone)
    world.tick()
    first = waiting(browser)
    assert first[0] == f"/inbox/{id_of(world, phones[3])}"
    older = re.findall(r'rel="next" href="([^"]+)"', browser.page("/inbox"))[0].replace("&amp;", "&")
    rest = re.findall(r'<a href="(/inbox/\d+)">', browser.page(older))
    assert len(set(first + rest)) == len(phones)


def test_an_opt_out_from_elsewhere_is_nobodys_text(desk: Desk) -> None:
    consent.unsubscribe(desk.world.app.database, ADA, "cli", desk.world.clock.now())
    desk.world.tick()
    assert waiting(Browser(desk)) == []


def test_open_pages_are_told_of_a_new_text_and_of_what_another_person_has_done(desk: Desk) -> None:
    def sign() -> int:
        with desk.world.app.database.reading() as db:
            return signs.of_topics(db)["inbox"]

    browser = Browser(desk)
    seen = [sign()]
    desk.text("Hello?")
    seen.append(sign())
    desk.world.tick()
    seen.append(sign())
    thread = f"/inbox/{id_of(desk.world)}"
    browser.press(browser.page(thread), f"{thread}/done")
    seen.append(sign())
    assert len(set(seen)) == 4


def test_staging_says_whom_it_does_not_text(tmp_path: Path) -> None:
    with World(tmp_path, KEYWORD, environ={"LEADOFF_ONLY_TO": BEN}) as world:
        desk = Desk(world)
        assert "LEADOFF_ONLY_TO does not name this number" in words(Browser(desk).page(said(desk, "Hello?")))


def test_explain_and_messages_name_who_answered(desk: Desk) -> None:
    thread = said(desk, "Hello?")
    answered(Browser(desk, "operator", "maria"), thread, "Hi!")
    with desk.world.app.database.reading() as db:
        (row,) = listings.messages(db)
        who = contacts.one(db, ADA)
        assert who is not None
        moment = next(each for each in timeline_of(db, who) if each.flow == "@people")
    assert row["by_person"] == moment.details["by_person"] == "an answer by maria"
