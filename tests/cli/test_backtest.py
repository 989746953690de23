"""backtest: people who are recorded, under the files and under a commit; told as kinds of stories that differ."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from engine.cli import run
from engine.intake import inbound
from engine.senders.sender import InboundText, StatusReport
from tests import databases
from tests.cli.conftest import Terminal, set_environment
from tests.world import ADA, BEN, CY, DAY, HOUR, PROJECT, World

FLOW = """\
flow: hello
language: 1
category: transactional
trigger: {event: list.joined}
exit_when: [{when: {happened: order.placed}, reason: bought}]
steps:
  - {id: hero, sms: "Hi {{ contact.first_name | default('you') }}: {{ link('shop') }}"}
  - {id: think, delay: 2d}
  - id: looked
    if: {clicked: {link: shop, since: hero}}
    then: [{exit: engaged}]
  - {id: reminder, sms: "Still thinking?"}
  - id: asked
    wait_for: {replied: {matches: "yes"}}
    up_to: 3d
    then: [{exit: said_yes}]
"""
AGAINST = ("backtest", "--against", "HEAD", "--events", "people.ndjson")


def git(folder: Path, *words: str) -> None:
    named = ("-c", "user.name=A", "-c", "user.email=a@acme.example")
    subprocess.run(["git", *named, *words], cwd=folder, check=True, capture_output=True)


def commit(folder: Path) -> None:
    git(folder, "add", "leadoff.yaml", "flows", "media")
    git(folder, "commit", "-qm", "the flow")


def recorded(folder: Path) -> None:
    """Ada clicks after an hour, Ben says yes an hour after his reminder, Cy does nothing; committed and exported."""
    with World(folder, FLOW) as world:
        for phone in (ADA, BEN, CY):
            world.event("list.joined", phone, {"list": "vip"})
        world.tick()
        world.send()
        code = world.messages()[-3].text.rsplit("/", 1)[1]
        world.tick(after=HOUR)
        inbound.record_click(world.app.database, code, world.clock.now())
        world.tick(after=2 * DAY)
        world.send()
        world.tick(after=HOUR)
        said = InboundText("in-1", BEN, "+18445550100", "Yes!", (), world.clock.now())
        inbound.receive_texts(world.app.database, [said], world.clock.now())
        world.tick(after=4 * DAY)
        assert world.ends() == ["engaged", "said_yes", "end"]
    git(folder, "init", "-q", "--template=")
    commit(folder)
    assert run(("--project", str(folder), "events", "export", "-o", str(folder / "people.ndjson"))) == 0


@pytest.fixture(scope="module")
def recorded_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("recorded")
    with pytest.MonkeyPatch.context() as monkeypatch:
        set_environment(monkeypatch)
        monkeypatch.delenv(databases.URL, raising=False)
        recorded(folder)
    return folder


@pytest.fixture
def told(recorded_once: Path, terminal_without_database: Terminal) -> Terminal:
    """In a copy of it: what is played is read from files alone."""
    shutil.copytree(recorded_once, terminal_without_database.folder, dirs_exist_ok=True)
    return terminal_without_database


def edit(terminal: Terminal, old: str, new: str) -> None:
    path = terminal.folder / "flows/hello.yaml"
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))


def test_the_same_files_give_the_same(terminal: Terminal) -> None:
    told = terminal
    recorded(told.folder)
    said = told.well(*AGAINST)
    first, second, third = said.out.splitlines()
    assert first == "It assumes that people do as they did: they answer a text as long after it as they did then."
    assert second.startswith("3 people, 5 things that they did · HEAD (")
    assert third == "all get the same: $0.075"
    edit(told, "flow: hello", "flow: hello  # a comment")
    assert told(*AGAINST).code == 0


def test_kinds_of_stories_that_differ_are_told_with_their_counts(told: Terminal) -> None:
    edit(told, "delay: 2d", "delay: 3d")
    edit(told, "Still thinking?", "Still thinking? Shipping is free")
    said = told(*AGAINST)
    assert said.code == 1
    assert "1 kind of story differs, 2 people · 1 person gets the same · $0.075 → $0.075" in said.out
    assert (
        "A  2 people, like Ben +1312•••0123 (Chicago): `reminder` a day later; another text of `reminder`" in said.out
    )
    shown = [line.strip() for line in said.out.splitlines() if line.startswith("   ")]
    assert shown[:2] == [
        "- Sat, Apr  3   9:00 AM  ✓ SMS reminder · $0.015  Still thinking?",
        "+ Sun, Apr  4   9:00 AM  ✓ SMS reminder · $0.015  Still thinking? Shipping is free",
    ]


def test_an_answer_moves_along_and_is_counted_where_there_is_nothing_to_answer(told: Terminal) -> None:
    edit(told, "Hi {{ contact.first_name | default('you') }}: {{ link('shop') }}", "Hi, no link")
    edit(told, "if: {clicked: {link: shop, since: hero}}", "if: {contact: {tier: gold}}")
    found = told(*AGAINST, "--format", "json")
    assert (found.code, found.json["after"]["lost"], found.json["before"]["lost"]) == (1, {"clicked": 1}, {})
    assert "your files: 1 click had nothing to click" in told(*AGAINST).out
    kinds = {tuple(kind["differences"]): kind["people"] for kind in found.json["kinds"]}
    assert kinds == {
        ("another text of `hero`", "`reminder` as well", "leaves `hello` by end, not by engaged"): 1,
        ("another text of `hero`",): 2,
    }
    assert "555" not in json.dumps(found.json).replace("5550100", ""), "numbers are masked"


def test_a_step_that_was_renamed_is_the_same_step(told: Terminal) -> None:
    edit(told, "id: hero", "id: first")
    edit(told, "since: hero", "since: first")
    edit(told, "language: 1\n", "language: 1\nmoved: {hero: first}\n")
    assert told(*AGAINST).code == 0


def test_who_does_not_enter_and_one_flow_alone(told: Terminal) -> None:
    edit(told, "trigger: {event: list.joined}", "trigger: {event: list.joined, where: {event: {list: gold}}}")
    (told.folder / "flows/other.yaml").write_text(FLOW.replace("flow: hello", "flow: other"))
    said = told(*AGAINST, "hello").out
    assert "1 person, like Ada +1202•••0143 (New York): not in `hello`, 1 text fewer" in said  # she clicked
    assert "2 people, like Ben" in said and "not in `hello`, 2 texts fewer" in said
    assert "other" not in said
    assert "in `other`" in told(*AGAINST).out
    assert told(*AGAINST, "hallo").code == 2


def test_without_numbers_people_are_played_just_as_well(terminal: Terminal) -> None:
    told = terminal
    recorded(told.folder)
    told.well("events", "export", "--without-numbers", "-o", "people.ndjson")
    edit(told, "delay: 2d", "delay: 3d")
    assert "like Ben +1217•••0143 (Chicago)" in told(*AGAINST).out


def test_a_revision_that_is_not_there_or_does_not_compile(told: Terminal) -> None:
    none = told("backtest", "--against", "v9", "--events", "people.ndjson")
    assert (none.code, none.out) == (2, "")
    assert 'there is no revision "v9"' in none.err
    edit(told, "delay: 2d", "delya: 2d")
    commit(told.folder)
    broken = told(*AGAINST)
    assert (broken.code, broken.out) == (2, "")
    assert 'the revision "HEAD" does not compile' in broken.err and "LO202" in broken.err
    edit(told, "delya: 2d", "delay: 2d")
    commit(told.folder)
    edit(told, "delay: 2d", "delya: 2d")
    own = told(*AGAINST)
    assert (own.code, "your files do not compile" in own.err) == (2, True)


def test_a_mistake_in_a_flow_test_keeps_nobody_from_being_played(told: Terminal) -> None:
    (told.folder / "flows/hello.test.yaml").write_text("flow: hello\ntests: [{name: a, expect: [{sms: gone}]}]\n")
    commit(told.folder)
    edit(told, "delay: 2d", "delay: 3d")
    assert "`reminder` a day later" in told(*AGAINST).out


WRONG_LINES = [
    ("{", "this line is not JSON"),
    ("[]", "an object with a `contact`"),
    ('{"event": "list.joined"}', "an object with a `contact`"),
    ('{"contact": {}}', "a contact has a `key` or a `phone`"),
    ('{"contact": {"key": "a"}, "event": 1}', "`event` is a text"),
    ('{"contact": {"key": "a"}, "event": "list.joined"}', "`occurred_at` is an instant"),
    ('{"contact": {"key": "a"}, "event": "list.joined", "occurred_at": "2027-04-01"}', "`occurred_at` is an instant"),
    ('{"contact": {"key": "a"}, "clicked": "x", "occurred_at": "2027-04-01T09:00:00Z", "since": {"flow": "a"}}', "`since` has"),
    ('{"contact": {"key": "a"}, "bought": "x"}', "this line says neither event, start"),
]  # fmt: skip


def test_a_line_that_cannot_be_read_is_named(told: Terminal) -> None:
    file = told.folder / "people.ndjson"
    before = file.read_text()
    for line, wrong in WRONG_LINES:
        file.write_text(before + line + "\n")
        said = told(*AGAINST)
        assert (said.code, said.out) == (2, ""), line
        assert f"people.ndjson:{len(file.read_text().splitlines())}: " in said.err and wrong in said.err, line


def test_a_file_without_people_or_none_at_all(told: Terminal) -> None:
    (told.folder / "people.ndjson").write_text("\n")
    assert "nobody in people.ndjson did anything" in told(*AGAINST).err
    assert told("backtest", "--against", "HEAD", "--events", "none.ndjson").code == 2
    assert told(*AGAINST, "--until", "soon").code == 2


def test_lines_that_events_import_takes_are_people_too(told: Terminal) -> None:
    line = {
        "event": "list.joined",
        "contact": {"phone": ADA},
        "occurred_at": "2027-04-01T14:00:00Z",
        "data": {"list": "a"},
    }
    unknown = {**line, "event": "no.such", "contact": {"phone": BEN}}
    unfit = {**line, "contact": {"phone": "+1202555"}}
    (told.folder / "people.ndjson").write_text("\n".join(json.dumps(each) for each in (line, unknown, unfit)))
    said = told.well(*AGAINST).out
    assert "your files: 1 event it does not accept" in said
    assert "1 person could not be played: " in said


SEGMENT = """\
flow: gold
language: 1
category: transactional
trigger: {segment: golden}
steps: [{id: dear, sms: "You are gold"}]
"""


def test_a_second_round_a_failed_report_and_an_entry_by_a_segment_are_played_again(terminal: Terminal) -> None:
    """Ada joins twice and clicks only the second time; Ben's text failed; Cy came into a segment."""
    project = PROJECT + "segments: {golden: {contact: {tier: gold}}}\n"
    with World(terminal.folder, FLOW, SEGMENT, project=project) as world:
        world.tick()
        for phone in (ADA, BEN):
            world.event("list.joined", phone, {"list": "vip"})
        world.tick()
        world.send()
        _, failed = world.simulator.ledger.messages()
        report = StatusReport(failed.id, failed.tag, "failed", None, "no such phone", world.clock.now())
        inbound.receive_statuses(world.app.database, "main", [report], world.clock.now())
        world.contact(CY, tier="gold")
        world.tick(after=2 * DAY)
        world.send()
        world.tick(after=4 * DAY)
        world.event("list.joined", ADA, {"list": "vip"})
        world.tick()
        world.send()
        code = next(each.text for each in world.messages()[::-1] if each.step == "hero").rsplit("/", 1)[1]
        world.tick(after=HOUR)
        inbound.record_click(world.app.database, code, world.clock.now())
        world.tick(after=6 * DAY)
    git(terminal.folder, "init", "-q", "--template=")
    commit(terminal.folder)
    terminal.well("events", "export", "-o", "people.ndjson")
    lines = [json.loads(line) for line in (terminal.folder / "people.ndjson").read_text().splitlines()]
    assert [line["since"]["nth"] for line in lines if "clicked" in line] == [2]
    assert [line["failed"] for line in lines if "failed" in line] == ["hero"]
    assert [line["segment"] for line in lines if "entered" in line] == ["golden"]
    assert "all get the same" in terminal.well(*AGAINST).out
    edit(terminal, "then: [{exit: engaged}]", "then: [{exit: clicked}]")
    gold = terminal.folder / "flows/gold.yaml"
    gold.write_text(gold.read_text().replace("You are gold", "You are golden"))
    found = terminal(*AGAINST, "--format", "json").json
    assert {tuple(kind["differences"]): kind["people"] for kind in found["kinds"]} == {
        ("leaves `hello` by clicked, not by engaged",): 1,
        ("another text of `dear`",): 1,
    }
    assert found["before"]["lost"] == found["after"]["lost"] == {}
