"""Flows to draw: the templates, and trees of cards that are made up."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from random import Random

from engine.deploy.read_project import read_and_check
from engine.language.check import Checked
from engine.language.diagnostics.findings import Loc
from engine.preview.graph.chart import Branch, Card, Chart, Kind, Run, Station, chart_of
from engine.registry import registry
from tests.walker import PROJECT, checked

FLOWS = Path(__file__).resolve().parents[3] / "flows"
TEMPLATES = sorted(path.stem for path in FLOWS.glob("*.yaml") if path.stem != "leadoff" and "." not in path.stem)
WAYS = """\
flow: sample
language: 1
description: A few ways.
trigger:
  - {event: list.joined, where: {event: {list: vip}}}
  - {keyword: [JOIN, DEALS]}
entry: {again_after: 30d}
exit_when: [{when: {happened: order.placed}, reason: converted}]
steps:
  - id: hero
    sms: {text: "Hi {{ contact.first_name | default('you') }}: {{ link('shop') }}", image: media/spring.jpg, otherwise: link}
  - id: think
    delay: 2d
  - id: look
    if: {clicked: {link: shop, since: hero}}
    then: [{exit: engaged}]
  - switch:
      - when: {contact: {country: CA}}
        steps: [{id: canada, sms: "Acme: for Canada"}]
      - else: [{id: others, sms: "Acme: for others"}]
  - id: last
    wait_for: {clicked: shop}
    up_to: 3d
"""


@cache
def templates() -> Checked:
    return read_and_check(FLOWS, registry())


def template(name: str) -> Chart:
    found = templates()
    assert found.project is not None
    return chart_of(found.flows[name], found.project)


def sample(flow: str = WAYS) -> Chart:
    found = checked(flow, PROJECT)
    assert found.project is not None
    (made,) = found.flows.values()
    return chart_of(made, found.project)


def made_up(seed: int) -> Chart:
    """Of up to about 60 cards, with ways in ways, empty ones, and steps that no run reaches."""
    chance = Random(seed)
    stations = _stations(chance, ("steps",), depth=chance.randint(1, 4))
    return Chart("made-up", "", "marketing", (TRIGGER,), None, (), stations)


TRIGGER = Card("trigger", ("trigger", 0), None, (Run("event list.joined"),))


def _stations(chance: Random, place: Loc, depth: int) -> tuple[Station, ...]:
    return tuple(_station(chance, (*place, at), depth) for at in range(chance.randint(0, 4)))


def _station(chance: Random, place: Loc, depth: int) -> Station:
    kinds: list[Kind] = ["message", "wait", "action", "exit", *["choice"] * depth]  # type: ignore[list-item]
    kind = chance.choice(kinds)
    words = "wait for it " * chance.randint(0, 8)
    card = Card(kind, place, chance.choice([None, "a_name"]), (Run(words),), "SMS", ("1 part",), told=words)
    ways = [
        Branch(f"way{at}", "when " * chance.randint(0, 12), _stations(chance, (*place, f"way{at}"), depth - 1))
        for at in range(chance.randint(1, 4) if kind == "choice" else 0)
    ]
    return Station(card, tuple(ways), kind == "exit")
