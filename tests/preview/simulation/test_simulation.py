"""Contacts are played through a flow: every template by its own trigger, files and databases in groups, people who react by chance."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from engine.core.calendar import DAY, HOUR, Duration
from engine.deploy.read_project import read_and_check
from engine.errors import UsageError
from engine.preview.simulation import groups, requests
from engine.preview.simulation.groups import FileOfContacts, Person
from engine.preview.simulation.reactions import Rate
from engine.preview.simulation.requests import Asked
from engine.preview.simulation.simulation import Planned, Simulation
from engine.preview.stories.stories import Storyboard
from engine.preview.stories.storyboard_text import WIDE, lines
from engine.preview.worlds.stage import Stage
from engine.registry import registry
from tests.world import PROJECT

ROOT = Path(__file__).resolve().parents[3]
MORNING = round(datetime(2027, 4, 1, 14, 4, tzinfo=UTC).timestamp() * 1000)
TEMPLATES = sorted(
    path.stem for path in (ROOT / "flows").glob("*.yaml") if "." not in path.stem and path.stem != "leadoff"
)
ANSWERED = {"browse-abandonment", "back-in-stock"}  # flows that text only those who do something
SILENT = {
    "consent-write-back",
    "post-purchase-by-item",
}  # one that never texts, and one that has no words for a made-up item
HEADER = "phone,first_name,consent\n"


@cache
def stage(folder: str) -> Stage:
    return Stage(read_and_check(ROOT / folder, registry()))


def played(folder: str, asked: Asked, people: list[Person] | None = None) -> Storyboard:
    found = requests.prepared(stage(folder), asked)
    cast = people or ([found.person] if found.person else [])
    parts = groups.in_groups(stage(folder), cast, found.joins)
    return Simulation(stage(folder), found.request).storyboard(parts, found.remarks)


def shop(**said: Any) -> Asked:
    return Asked("spring-drop", MORNING, "new", MORNING)._replace(**said)


def people(*areas: str, consent: str | None = "subscribed") -> list[Person]:
    return [Person(f"+1{area}5550{100 + n}", None, {}, consent) for n, area in enumerate(areas)]


@pytest.mark.parametrize("flow", TEMPLATES)
def test_each_template_plays_by_its_own_trigger_with_made_up_data(flow: str) -> None:
    board = played("flows", Asked(flow, MORNING, "made up"))
    (story,) = board.stories
    assert any(moment.kind == "entered" for moment in story.moments)
    assert bool(story.texts) is (flow not in ANSWERED | SILENT)
    assert any(line.startswith("started by") for line in board.remarks)
    assert all(len(line.text) <= WIDE for line in lines(board))


def test_a_flow_in_two_languages_is_played_in_each_and_tells_them_apart(tmp_path: Path) -> None:
    (tmp_path / "flows").mkdir()
    (tmp_path / "leadoff.yaml").write_text(PROJECT)
    (tmp_path / "flows/hello.yaml").write_text(
        "flow: hello\nlanguage: 1\ntrigger: {event: list.joined}\n"
        "steps: [{id: hi, sms: {text: {en: Acme hello. Reply STOP, es: Acme hola. Responde STOP}}}]\n"
    )
    folder = Stage(read_and_check(tmp_path, registry()))
    found = requests.prepared(folder, Asked("hello", MORNING, "made up", MORNING))
    some = [
        Person(f"+1202555010{n}", None, {"language": each}, "subscribed")
        for n, each in enumerate(("es-MX", "es", "pt"))
    ]
    shown = []
    for cast in (found.people, some):
        parts = groups.in_groups(folder, cast, found.joins)
        board = Simulation(folder, found.request).storyboard(parts, found.remarks)
        shown.append([(each.contacts, each.texts[0].details["text"]) for each in board.stories])
        assert any("(New York, es" in line.text for line in lines(board))
    assert shown == [
        [(1, "Acme hello. Reply STOP"), (1, "Acme hola. Responde STOP")],
        [(2, "Acme hola. Responde STOP"), (1, "Acme hello. Reply STOP")],
    ]


def test_contacts_with_the_same_story_are_told_once_and_the_cost_is_of_all() -> None:
    board = played("examples/shop", shop(), people("202", "212", "213"))
    assert [(story.contacts, len(story.texts)) for story in board.stories] == [(2, 2), (1, 2)]
    assert board.cost.price == 3 * (45_000 + 15_000)
    assert (board.cost.mms, board.cost.sms) == (3, 3)
    held = [moment.what for moment in board.stories[1].moments if moment.kind == "noted"]
    assert len(held) == 1
    assert held[0].endswith("quiet hours 20:00–09:00")


def test_who_has_no_consent_or_has_opted_out_is_not_texted() -> None:
    who = [*people("202", consent=None), *people("212", "213", consent="unsubscribed")[1:]]
    board = played("examples/shop", shop(), who)
    assert board.not_texted == (("no consent", 1), ("opted out", 1))
    assert board.cost.price == 0


def test_the_range_is_between_nobody_and_everybody_reacts() -> None:
    board = played("examples/shop", shop(), people("202"))
    assert board.range == (45_000, 60_000)
    assert played("examples/shop", shop(rates=(Rate(1.0),)), people("202")).range is None


def test_the_same_seed_gives_the_same_story_whoever_is_played_beside() -> None:
    asked = shop(rates=(Rate(0.5), Rate(0.2, words="STOP")), each=True)
    alone = played("examples/shop", asked, people("202"))
    beside = played("examples/shop", asked, people("202", "303"))
    again = played("examples/shop", asked, people("202", "303"))
    assert beside == again
    assert [moment.what for moment in alone.stories[0].moments] == [moment.what for moment in beside.stories[0].moments]


def test_people_react_by_chance_as_often_as_asked() -> None:
    crowd = [Person(f"+1212555{n:04d}", None, {}, "subscribed") for n in range(2000, 2100)]
    board = played("examples/shop", shop(rates=(Rate(0.3),), seed=7), crowd)
    reasons = [
        (story.contacts, moment.what) for story in board.stories for moment in story.moments if moment.kind == "exited"
    ]
    engaged = sum(count for count, what in reasons if what.endswith("engaged"))
    assert 30 < engaged < 75  # of each of two texts about a third
    assert board.seed == 7


def test_an_event_is_played_at_its_offset_and_the_trigger_as_well() -> None:
    bought = Planned("order.placed", {"order_id": "7"}, Duration(1, 0))
    (story,) = played("examples/shop", shop(events=(bought,)), people("202")).stories
    (exited,) = (moment for moment in story.moments if moment.kind == "exited")
    assert exited.at - MORNING == DAY
    assert exited.details["reason"] == "converted"


def test_an_event_that_starts_the_flow_is_played_in_place_of_the_made_up_one() -> None:
    joined = Planned("list.joined", {"list": "newsletter"}, Duration(0, HOUR))
    board = played("examples/shop", shop(events=(joined,)), people("202"))
    assert board.not_texted == (("not entered: the event does not pass the trigger's `where`", 1),)
    assert not any("made up" in line for line in board.remarks)


def test_a_refused_event_is_an_error() -> None:
    wrong = Planned("order.placed", {"total": "much"}, Duration(0, 0))
    with pytest.raises(UsageError, match=r"the event order.placed is refused"):
        played("examples/shop", shop(events=(wrong,)), people("202"))


def test_a_birthday_comes_once_a_year_for_contacts_of_ones_own(tmp_path: Path) -> None:
    for name in ("leadoff.yaml", "birthday.yaml"):
        shutil.copy(ROOT / "flows" / name, tmp_path)
    shutil.copytree(ROOT / "flows/media", tmp_path / "media")
    alone = Stage(read_and_check(tmp_path, registry()))
    found = requests.prepared(alone, Asked("birthday", MORNING, "new", MORNING))
    born = [Person("+12025550143", None, {"birthday": day}, "subscribed") for day in ("1990-02-03", "1990-11-30")]
    both = [born[0], born[1]._replace(phone="+12125550107")]
    board = Simulation(alone, found.request).storyboard(groups.in_groups(alone, both, found.joins))
    assert [story.contacts for story in board.stories] == [2]


def test_rows_that_do_not_fit_are_left_out_and_named(tmp_path: Path) -> None:
    file = tmp_path / "people.csv"
    rows = ["+12025550143,Ada,yes", "12345,Bo,yes", "+12125550107,Cy,yes", "+12025550143,Ada again,yes"]
    file.write_text(HEADER + "\n".join(rows) + "\n", encoding="utf-8")
    source = FileOfContacts(stage("examples/shop"), file)
    (group,) = source.groups()
    assert [person.phone for person in group.people] == ["+12025550143", "+12125550107"]
    assert source.left_out == 2
    assert [reason.partition(":")[0] for reason in source.reasons] == ["line 3", "line 5"]


def test_a_large_file_is_played_in_groups(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(groups, "SIZE", 3)
    file = tmp_path / "people.csv"
    file.write_text(HEADER + "".join(f"+1212555{n:04d},Al,yes\n" for n in range(2000, 2008)), encoding="utf-8")
    source = FileOfContacts(stage("examples/shop"), file)
    done: list[int] = []
    board = Simulation(stage("examples/shop"), requests.prepared(stage("examples/shop"), shop()).request).storyboard(
        source.groups(), played=done.append
    )
    assert done == [3, 3, 2]
    assert [story.contacts for story in board.stories] == [8]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("2027-03-14 02:30", "clocks in America/New_York skip that time"),
        ("2027-13-01 10:00", "does not exist"),
        ("tomorrow", "not a local date and time"),
    ],
)
def test_a_start_that_is_no_time_is_refused(text: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        requests.start_of(text, "America/New_York")


def test_the_help_for_a_skipped_start_names_the_next_time() -> None:
    with pytest.raises(UsageError) as caught:
        requests.start_of("2027-03-14 02:30", "America/New_York")
    assert caught.value.help == 'the next one is --start "2027-03-14 03:00"'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("order.palced", 'the event "order.palced" is not declared'),
        ("order.placed={", "no JSON object"),
        ("order.placed=[1]", "no JSON object"),
        ('order.placed={"total": "much"}', "total"),
        ("order.placed@tomorrow", "cannot be read"),
        ("", "cannot be read"),
    ],
)
def test_an_event_that_cannot_be_played_is_refused(text: str, said: str) -> None:
    found = stage("examples/shop")
    with pytest.raises(UsageError, match=said):
        requests.event_of(text, found.project, found.checked.flows)


@pytest.mark.parametrize("text", ["clicked", "clicked=200%", "clicked=x%", "clicked:shopp=1%", "order.palced=4%"])
def test_a_rate_that_cannot_be_read_is_refused(text: str) -> None:
    found = stage("examples/shop")
    with pytest.raises(UsageError):
        requests.rates_of(text, found.project, found.checked.flows)


def test_rates_are_read_as_written() -> None:
    found = stage("examples/shop")
    read = requests.rates_of("clicked=20%,replied:STOP=1%, order.placed=4%", found.project, found.checked.flows)
    assert read == (Rate(0.2), Rate(0.01, words="STOP"), Rate(0.04, event="order.placed"))


def test_a_used_up_budget_is_said_in_the_head_and_not_logged(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    shutil.copytree(ROOT / "examples/shop", tmp_path / "shop", ignore=shutil.ignore_patterns(".leadoff", "*.png"))
    file = tmp_path / "shop/leadoff.yaml"
    file.write_text(file.read_text("utf-8").replace("per_day: 250.00", "per_day: 0.05"), encoding="utf-8")
    poor = Stage(read_and_check(tmp_path / "shop", registry())).alone("spring-drop")
    request = requests.prepared(poor, shop()).request
    board = Simulation(poor, request).storyboard(groups.in_groups(poor, people("202", "212"), joins=False))
    assert "the budget of a day is used up on 2027-04-01: messages wait until midnight" in board.remarks[-1]
    assert {story.moments[-1].kind for story in board.stories} == {"exited"}
    assert caplog.records == []
