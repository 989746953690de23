"""Consent from the command line: notices, suppression lists, forgetting, export, and how our own answers are told."""

from __future__ import annotations

from engine.app import App
from engine.intake import inbound
from engine.senders.sender import InboundText
from engine.store import contacts
from tests.cli.conftest import Terminal

ADA, BEN, ZED = "+12025550143", "+12125550107", "+12025550178"
VIP = '{"list": "vip"}'


def hears(terminal: Terminal, words: str, phone: str = ADA) -> None:
    with App(terminal.folder) as app:
        now = app.clock.now()
        text = InboundText(f"in-{now}-{words[:9]}", phone, "+18445550100", words, (), now)
        inbound.receive_texts(app.database, [text], now, app.deployed)


def test_notices_are_listed_until_they_are_done(open_shop: Terminal) -> None:
    assert open_shop.well("notices").err == "no notices\n"
    assert open_shop.well("notices", "--format", "json").json == {"notices": []}
    hears(open_shop, "cancel my order \x1b[31m123")
    hears(open_shop, "please stop texting me", BEN)
    first, second = open_shop.well("notices", "--format", "json").json["notices"]
    assert (first["kind"], first["contact"], first["done_at"]) == ("opt-out?", ADA, None)
    assert second["note"] == "+1212•••0107 opted out in other words: “please stop texting me”"
    shown = open_shop.well("notices").out
    assert "may want to opt out" in shown and "\x1b" not in shown
    said = open_shop("doctor")
    assert said.code == 1 and "problem: 2 notices to be looked at: `leadoff notices`" in said.out
    assert open_shop.well("notices", "done", str(first["id"])).out == f"notice {first['id']} is done\n"
    assert open_shop.well("notices", "done", str(first["id"])).out == f"notice {first['id']} was done already\n"
    assert [each["id"] for each in open_shop.well("notices", "--format", "json").json["notices"]] == [second["id"]]
    assert len(open_shop.well("notices", "--all", "--format", "json").json["notices"]) == 2
    assert open_shop("notices", "done", "99").code == 1


def test_a_suppression_list_makes_no_contacts(open_shop: Terminal) -> None:
    shop = open_shop
    (shop.folder / "stops.csv").write_text(f"who,phone\nAda,{ADA}\nZed,{ZED}\nBad,12\n")
    words = ("contacts", "import", "stops.csv", "--suppress", "--source", "old provider")
    said = shop(*words)
    assert (said.code, said.out) == (1, "2 suppressed (2 new, 0 already), 1 rejected → stops.errors.csv\n")
    assert shop(*words).out.startswith("2 suppressed (0 new, 2 already)")
    assert shop("contacts", "show", ZED).code == 1
    shown = shop.well("contacts", "show", ADA).out
    assert "old provider" in shown and "unsubscribed" in shown


def test_suppress_and_source_go_together(open_shop: Terminal) -> None:
    for words in (("--suppress",), ("--source", "list"), ("--suppress", "--source", " ")):
        said = open_shop("contacts", "import", "contacts.csv", *words)
        assert said.code == 2 and "--source" in said.err, words


def test_a_suppression_list_needs_its_one_column(open_shop: Terminal) -> None:
    (open_shop.folder / "stops.csv").write_text(f"number\n{ADA}\n")
    said = open_shop("contacts", "import", "stops.csv", "--suppress", "--source", "list")
    assert said.code == 2 and 'no column "phone"' in said.err


def test_a_number_is_changed_and_a_consent_ends(open_shop: Terminal) -> None:
    said = open_shop.well("contacts", "renumber", ADA, "--to", ZED)
    assert said.out == f"{ADA}: has the number {ZED} now\n"
    assert said.err == "its consent: never asked; no marketing goes to it\n"
    words = ("contacts", "subscribe", ZED, "--source", "till", "--expires")
    assert open_shop.well(*words, "2099-01-01").out == f"{ZED}: subscribed\n"
    assert "subscribed until 2099-01-01T00:00:00.000Z" in open_shop.well("contacts", "show", ZED).out
    assert open_shop.well("contacts", "renumber", ZED, "--to", ZED).out == f"{ZED}: has that number already\n"
    assert "number changed: from +1202•••0143 to +1202•••0178 (command line)" in open_shop.well("explain", ZED).out
    for wrong in ((*words, "2001-01-01"), (*words, "soon"), ("contacts", "renumber", ZED, "--to", "12")):
        said = open_shop(*wrong)
        assert said.code == 2 and "help: " in said.err, said.err
    said = open_shop("contacts", "renumber", ZED, "--to", BEN)
    assert said.code == 1 and "this number belongs to another contact" in said.err and "contacts forget" in said.err


def test_forget_says_what_it_keeps(open_shop: Terminal) -> None:
    open_shop.well("event", "list.joined", "--contact", ADA, "--data", VIP)
    open_shop.tick()
    open_shop.well("contacts", "unsubscribe", ADA, "--source", "phone call")
    assert open_shop.well("contacts", "forget", ADA).out == f"{ADA}: forgotten; its opt-out is kept as a keyed hash\n"
    assert open_shop("contacts", "show", ADA).code == 1
    assert open_shop("explain", ADA).code == 1
    assert open_shop("contacts", "forget", "nobody").code == 1
    assert open_shop.well("contacts", "forget", BEN).out == f"{BEN}: forgotten\n"
    assert open_shop.well("db", "check").out.startswith("sound")
    open_shop.well("contacts", "import", "contacts.csv")
    assert open_shop.well("contacts", "show", ADA, "--format", "json").json["contact"]["consent"] == "unsubscribed"


def test_an_export_is_what_an_import_reads(open_shop: Terminal) -> None:
    open_shop.well("contacts", "unsubscribe", BEN, "--source", "=cmd()")
    whole = open_shop.well("contacts", "export").out
    open_shop.well("contacts", "export", "-o", "people.csv")
    assert (open_shop.folder / "people.csv").read_bytes().decode() == whole.replace("\r\n", "\n").replace("\n", "\r\n")
    assert "'=cmd()" in whole and whole.startswith("phone,key,first_name,last_name,")
    assert open_shop.well("contacts", "import", "people.csv").out == "69 imported (0 new, 0 changed, 69 unchanged)\n"
    assert open_shop("contacts", "export", "-o", "nowhere/people.csv").code == 2


def test_a_landline_is_shown_and_a_person_clears_it(open_shop: Terminal) -> None:
    with App(open_shop.folder) as app:
        app.database.write(lambda db: contacts.set_unreachable(db, ADA, "a landline", app.clock.now()))
    assert "unreachable     a landline" in open_shop.well("contacts", "show", ADA).out
    assert "cannot be texted: a landline" in open_shop.well("explain", ADA).out
    open_shop.well("contacts", "subscribe", ADA, "--source", "it is a mobile")
    row = open_shop.well("contacts", "show", ADA, "--format", "json").json["contact"]
    assert row["unreachable"] is None


def test_our_answers_are_told_as_such(open_shop: Terminal) -> None:
    hears(open_shop, "HELP")
    open_shop.tick()
    story = open_shop.well("explain", ADA).out
    assert "our answer: help" in story and "@answers" not in story and "left the flow" not in story
    assert "entered" not in story
    assert "our answer" in open_shop.well("messages").out
    (message,) = open_shop.well("messages", "--format", "json").json["messages"]
    assert (message["flow"], message["step"], message["kind"]) == ("@answers", "help", "sms")
    assert open_shop.well("runs", "--format", "json").json == {"runs": []}
    assert len(open_shop.well("runs", "--flow", "@answers", "--format", "json").json["runs"]) == 1


def test_a_text_that_a_person_should_look_at_says_so_in_the_story(open_shop: Terminal) -> None:
    hears(open_shop, "stop it now")
    open_shop.tick()
    assert "wrote “stop it now” → stop (see `leadoff notices`)" in open_shop.well("explain", ADA).out
