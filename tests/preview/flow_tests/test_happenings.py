"""What flow tests let happen in a world: at local times, after the start, since a step."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pytest

from engine.language.check import ProjectFiles, check
from engine.language.diagnostics.rendering import render
from engine.language.model.flow_test import Happening
from engine.preview.flow_tests.happenings import Happenings, Played
from engine.preview.worlds.stage import Stage
from engine.preview.worlds.world import World
from engine.registry import registry
from engine.store.contacts import StoredContact
from engine.store.queries import outcomes
from tests.walker import PROJECT, at

FLOW = """\
flow: drop
language: 1
trigger: [{event: list.joined}, manual]
exit_when:
  - {when: {happened: order.placed}, reason: bought}
  - {when: {contact: {tier: gold}}, reason: gold}
steps:
  - {id: hello, sms: "Acme: Hi: {{ link('shop') }} Reply STOP to opt out"}
  - {id: think, delay: 2d}
  - if: {clicked: shop}
    then: [{exit: engaged}]
  - if: {failed: hello}
    then: [{exit: lost}]
  - if: {replied: {matches: "yes"}}
    then: [{exit: agreed}]
  - id: asks
    webhook: {url: "https://crm.example/x", save: {city: place.city}}
    on_error: [{exit: unanswered}]
  - if: {contact: {city: Rome}}
    then: [{exit: roman}]
"""
JOINED: Mapping[str, object] = {"event": "list.joined"}


@pytest.fixture
def world() -> Iterator[World]:
    files = {"leadoff.yaml": (PROJECT + "quiet_hours: off\n").encode(), "flows/drop.yaml": FLOW.encode()}
    checked = check(ProjectFiles(files, lambda path: None), registry())
    assert checked.ok, render(checked.findings, checked.sources)
    world = Stage(checked).world(at("2027-04-01 10:00"))
    yield world
    world.close()


def played(
    world: World, *happenings: Mapping[str, object], phone: str = "+12025550143"
) -> tuple[StoredContact, list[Played]]:
    who = world.add({"phone": phone})
    listed = [Happening.model_validate(each) for each in happenings]
    made = Happenings(world, "drop", listed).plan(who, world.clock.now())
    world.open()
    world.play(world.clock.now() + 14 * 86_400_000)
    return who, made


def end(world: World) -> str | None:
    with world.database.reading() as db:
        return next((run.reason for run in outcomes.runs(db)), None)


@pytest.mark.parametrize(
    ("happens", "reason"),
    [
        ({}, "end"),
        ({"after": "1d", "since": "hello", "clicked": "shop"}, "engaged"),
        ({"after": "3d", "since": "hello", "clicked": "shop"}, "end"),
        ({"since": "hello", "clicked": "shop"}, "engaged"),
        ({"after": "1d", "event": "order.placed"}, "bought"),
        ({"at": "2027-04-02 09:00", "event": "order.placed"}, "bought"),
        ({"after": "1h", "set": {"tier": "gold"}}, "gold"),
        ({"after": "1h", "replied": "Yes!"}, "agreed"),
        ({"after": "1h", "replied": "STOP"}, "opted out"),
        ({"failed": "hello"}, "lost"),
        ({"after": "1d", "failed": "hello"}, "lost"),
        ({"after": "3d", "failed": "hello"}, "end"),
        ({"failed": "asks"}, "unanswered"),
        ({"answered": "asks", "data": {"place": {"city": "Rome"}}}, "roman"),
    ],
)
def test_what_happens_leads_to_an_end(world: World, happens: Mapping[str, object], reason: str) -> None:
    _, made = played(world, JOINED, *([happens] if happens else []))
    assert [one.why_not(world.clock.now()) for one in made] == [None] * len(made)
    assert end(world) == reason


def test_a_flow_is_started_by_hand(world: World) -> None:
    played(world, {"started": "drop"})
    assert end(world) == "end"


def test_times_are_the_contacts_own(world: World) -> None:
    there = {"at": "2027-04-01 12:00", "event": "list.joined"}
    _, (there_played,) = played(world, there, phone="+15035550177")  # Portland
    assert there_played.at == at("2027-04-01 12:00", "America/Los_Angeles")


def test_days_are_those_of_the_calendar_over_a_change_of_the_clock(world: World) -> None:
    _, (one,) = played(world, {"after": "240d", "event": "list.joined"})
    assert one.at == at("2027-11-27 10:00")


@pytest.mark.parametrize(
    ("happens", "problem"),
    [
        ({"since": "asks", "clicked": "shop"}, "asks never left, so nobody could click"),
        ({"since": "asks", "replied": "yes"}, "asks never left, so nobody could reply"),
        ({"clicked": "cart"}, 'no message with the link "cart" has left, so nobody could click'),
        ({"at": "2027-04-01 10:00", "failed": "hello"}, "no message of hello has left, so nothing could be reported"),
        ({"answered": "hello"}, "no web call of hello was made, so nothing answered it"),
        ({"after": "100d", "event": "order.placed"}, "this would be after the end of the test"),
        ({"set": {"orders": "many"}}, "orders: expected a whole number, got 'many'"),
    ],
)
def test_what_cannot_happen_says_why(world: World, happens: Mapping[str, object], problem: str) -> None:
    _, (one,) = played(world, happens)
    assert one.why_not(world.clock.now() + 14 * 86_400_000) == problem


def test_of_one_instant_things_happen_in_the_order_in_which_they_are_written(world: World) -> None:
    played(world, {"set": {"tier": "gold"}}, JOINED)
    assert end(world) == "gold"
