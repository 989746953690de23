"""runs, messages, explain, db, doctor: what stands, told to people and scripts."""

from __future__ import annotations

import pytest

from engine.store.states import PARKED
from tests import morning
from tests.cli.conftest import Terminal
from tests.world import ADA, BEN, HOUR, PROJECT, World

FLOW = """\
flow: welcome
language: 1
trigger: {event: list.joined, where: {event: {list: vip}}}
exit_when:
  - when: {happened: order.placed}
    reason: converted
steps:
  - id: hero
    sms: {text: "Acme: Hi {{ contact.first_name | default('you') }}. Reply STOP to opt out", image: media/hero.png, otherwise: text}
  - id: think
    delay: 2d
  - id: reminder
    sms: "Acme: Still there?"
"""
RUN_KEYS = ["id", "flow", "deployment", "contact", "step", "status", "due_at", "waiting_for", "entered_at"]
MESSAGE_KEYS = [
    "id", "run", "flow", "deployment", "commit", "step", "contact", "kind", "status", "reason", "parts", "price", "provider",
    "provider_id", "attempts", "queued_at", "sent_at", "text",
]  # fmt: skip


@pytest.fixture
def told(terminal: Terminal) -> Terminal:
    """Ada got her picture and waits, Ben bought before it went, both a day ago; nobody else did anything."""
    with World(terminal.folder, FLOW, strangers=True) as world:
        for phone in (ADA, BEN):
            world.event("list.joined", phone, {"list": "vip"})
        world.tick()
        world.event("order.placed", BEN, {"order_id": "7"})
        world.tick(after=HOUR)
        world.send()
        world.callbacks()
        world.tick(after=HOUR)
        world.event("list.joined", ADA, {"list": "newsletter"})
        world.tick()
    return terminal


def test_runs_are_a_table_for_people_ended_ones_too(told: Terminal) -> None:
    _, waiting, ended = told.well("runs").out.splitlines()
    assert ADA in waiting and " waiting " in waiting
    assert BEN in ended and " exited " in ended


def test_runs_in_json_have_the_documented_keys(told: Terminal) -> None:
    waiting, ended = told.well("runs", "--format", "json").json["runs"]
    assert list(waiting) == RUN_KEYS
    assert (waiting["contact"], waiting["flow"], waiting["step"], waiting["status"]) == (
        ADA,
        "welcome",
        "think",
        "waiting",
    )
    assert waiting["waiting_for"] == ["order.placed"]
    assert (waiting["entered_at"], waiting["due_at"]) == ("2027-04-01T14:00:00.000Z", "2027-04-03T14:00:00.000Z")
    assert (ended["contact"], ended["status"], ended["due_at"], ended["waiting_for"]) == (BEN, "exited", None, [])


def test_messages_in_json_have_the_documented_keys(told: Terminal) -> None:
    sent, cancelled = told.well("messages", "--format", "json").json["messages"]
    assert list(sent) == MESSAGE_KEYS
    assert (sent["kind"], sent["status"], sent["provider"], sent["attempts"]) == ("mms", "delivered", "simulator", 1)
    assert (sent["price"], sent["parts"], sent["deployment"]) == (0.045, 1, 1)
    assert sent["text"] == "Acme: Hi Ada. Reply STOP to opt out"
    assert (cancelled["contact"], cancelled["status"], cancelled["sent_at"]) == (BEN, "cancelled", None)


def test_listings_are_filtered_and_cut(told: Terminal) -> None:
    def count(*words: str) -> int:
        return len(told.well(*words, "--format", "json").json[words[0]])

    assert count("runs", "--contact", ADA) == count("runs", "--status", "waiting") == count("runs", "--limit", "1") == 1
    assert count("runs", "--flow", "welcome") == 2
    assert (
        count("messages", "--status", "delivered") == count("messages", "--contact", BEN, "--status", "cancelled") == 1
    )
    assert count("messages", "--status", "failed") == 0


def test_a_filter_that_names_nothing_is_told(told: Terminal) -> None:
    asked = {"--contact nobody": 1, "--flow welcom": 2, "--status wating": 2, "--format xml": 2}
    for words, code in asked.items():
        said = told("runs", *words.split())
        assert (said.code, said.out) == (code, ""), words
        assert "error: " in said.err, words


def test_a_run_is_ended_once_with_what_it_has_not_sent(told: Terminal) -> None:
    (run,) = told.well("runs", "--contact", ADA, "--format", "json").json["runs"]
    told.well("runs", "exit", str(run["id"]))
    (ended,) = told.well("runs", "--contact", ADA, "--format", "json").json["runs"]
    assert ended["status"] == "exited"
    again = told("runs", "exit", str(run["id"]))
    assert (again.code, again.out) == (1, "")
    assert "ended by hand" in again.err
    assert told("runs", "exit", "999").code == 1
    assert told("runs", "exit", "x").code == 2


def test_only_a_parked_run_is_tried_again(terminal: Terminal) -> None:
    with World(terminal.folder, FLOW, strangers=True) as world:
        world.event("list.joined", ADA, {"list": "vip"})
        world.tick()
        assert terminal("runs", "retry", "1").code == 1
        world.app.database.write(
            lambda db: db.execute("UPDATE run SET status = ?, reason = 'broken'", (PARKED,)).rowcount
        )
        terminal.well("runs", "retry", "1")
        assert world.ends() == ["waiting:think"]
        assert "tried again" in terminal.well("explain", ADA).out


def test_the_story_of_a_contact_is_told_in_order(told: Terminal) -> None:
    story = told.well("explain", ADA, "--format", "json").json["story"]
    assert [moment["kind"] for moment in story] == [
        "consent", "event", "entered", "message", "status", "event", "refused", "waits",
    ]  # fmt: skip
    entered, message, refused, waits = (story[i] for i in (2, 3, 6, 7))
    assert entered["details"]["event"] == "list.joined"
    assert entered["details"]["deployment"] == 1
    assert (message["what"], message["step"], message["details"]["price"]) == ("MMS sent", "hero", 0.045)
    assert refused["what"] == "did not enter: the event does not pass the trigger's `where`"
    assert waits["details"]["until"] == "2027-04-03T14:00:00.000Z"


def test_the_story_says_why_nothing_was_sent(told: Terminal) -> None:
    text = told.well("explain", BEN).out
    assert "MMS cancelled: exit_when" in text
    assert "left the flow: converted" in text
    assert "\x1b" not in text


def test_the_story_is_told_on_the_contacts_clock_and_in_utc(told: Terminal) -> None:
    text = told.well("explain", ADA).out
    assert "Thursday, April 1, 2027" in text
    assert "10:00 AM" in text
    assert "until Sat, Apr 3, 10:00 AM EDT (2027-04-03 14:00 UTC)" in text
    assert told("explain", "nobody").code == 1
    assert told("explain", ADA, "--flow", "other").code == 2


def test_what_a_person_wrote_reaches_no_terminal_raw(told: Terminal) -> None:
    with World(told.folder, FLOW, strangers=True) as world:
        world.contact(ADA, first_name="\x1b[31mAda\u202e")
    for words in (("explain", ADA), ("contacts", "list"), ("contacts", "show", ADA)):
        text = told.well(*words).out
        assert "\x1b" not in text
        assert "\u202e" not in text


def test_a_sound_database_is_said_to_be(told: Terminal) -> None:
    assert "is at schema" in told.well("db", "upgrade").out
    assert told.well("db", "check").out.startswith("sound: ")


@pytest.mark.only("sqlite", "a server's database is there before its tables are")
def test_a_new_database_is_brought_up_by_upgrade(shop: Terminal) -> None:
    said = shop("db", "check")
    assert said.code == 2
    assert "there is no database" in said.err
    assert "brought up to schema" in shop.well("db", "upgrade").out
    shop.well("db", "check")


def test_messages_that_belong_to_nothing_are_found(told: Terminal) -> None:
    with World(told.folder, FLOW, strangers=True) as world:
        world.is_counted = False  # rows are changed by hand
        world.app.database.write(lambda db: db.execute("DELETE FROM run WHERE id = 1").rowcount)
    said = told("db", "check")
    assert said.code == 1
    assert "1 messages without a run" in said.out


@pytest.mark.only("sqlite", "it is about files")
def test_a_file_that_is_no_database_is_configuration(shop: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEADOFF_DATABASE_URL", "sqlite:///contacts.csv")
    before = (shop.folder / "contacts.csv").read_bytes()
    assert shop("db", "check").code == 2
    assert (shop.folder / "contacts.csv").read_bytes() == before


def test_what_holds_a_run_is_told(terminal: Terminal) -> None:
    quiet = PROJECT.replace("quiet_hours: off", 'quiet_hours: {between: ["21:00", "09:00"]}')
    with World(terminal.folder, FLOW, project=quiet, strangers=True) as world:
        world.tick(after=14 * HOUR)  # past midnight
        world.event("list.joined", ADA, {"list": "vip"})
        world.tick()
    (line,) = [row for row in terminal.well("runs").out.splitlines() if "welcome" in row]
    assert "held until" in terminal.well("runs").out and "quiet hours" in terminal.well("runs").out, line
    said = terminal.well("messages")
    assert "1 run is held before a message: `leadoff runs`" in said.err


def test_apply_refuses_a_step_that_is_gone_before_it_asks(told: Terminal) -> None:
    flow = told.folder / "flows/welcome.yaml"
    flow.write_text(flow.read_text("utf-8").replace("id: think", "id: ponder"), "utf-8")
    said = told("apply")
    assert (said.code, said.out) == (1, "")
    assert 'waits at the step "think", which is gone; nothing was changed' in said.err


def test_the_doctor_says_what_is_amiss_and_no_secret(
    shop: Terminal, monkeypatch: pytest.MonkeyPatch, each_database: str
) -> None:
    monkeypatch.setenv("LEADOFF_SENDER_MAIN_TOKEN", "very-secret-token")
    sick = shop("doctor", "--format", "json")
    assert sick.code == 1
    assert sick.json["amiss"] == ["nothing is deployed yet: `leadoff apply`"]
    shop.well("apply", "--yes")
    well = shop.well("doctor", "--format", "json")
    several = {"daemons"} if each_database == "postgres" else set()
    assert set(well.json) == several | {
        "versions", "project", "database", "deployment", "daemon", "clock", "senders", "sending", "sources", "retention", "tally", "amiss",
    }  # fmt: skip
    assert well.json["daemon"] == {"alive": False}
    assert well.json["database"].get("journal_mode") == ("wal" if each_database == "sqlite" else None)
    assert "very-secret-token" not in well.out + shop.well("doctor").out


def test_the_doctor_names_the_credentials_that_a_real_provider_lacks(
    shop: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in morning.clock():  # a real provider goes with the machine's own clock alone
        monkeypatch.delenv(name)
    settings = shop.folder / "leadoff.yaml"
    settings.write_text(settings.read_text().replace("provider: simulator", "provider: telnyx"))
    shop.well("apply", "--yes")
    said = shop("doctor", "--format", "json")
    assert (said.code, said.json["amiss"]) == (
        1,
        [
            "the sender main cannot send without LEADOFF_SENDER_MAIN_API_KEY",
            "every callback to the sender main is refused without LEADOFF_SENDER_MAIN_PUBLIC_KEY",
        ],
    )
    monkeypatch.setenv("LEADOFF_SENDER_MAIN_API_KEY", "very-secret-key")
    monkeypatch.setenv("LEADOFF_SENDER_MAIN_PUBLIC_KEY", "very-public-key")
    well = shop.well("doctor", "--format", "json")
    assert well.json["senders"]["main"].endswith("credentials: all set")
    assert "very-" not in well.out


def test_what_lies_in_the_future_stands_last(told: Terminal) -> None:
    text = told.well("explain", ADA).out
    assert text.index("to come") > text.index("did not enter")
