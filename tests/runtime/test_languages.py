"""A shop that writes in English, Spanish and French: who gets what in which language."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.world import ADA, BEN, CY, HOUR, PROJECT, World

FLOW = """\
flow: hello
language: 1
trigger: {event: list.joined}
steps:
  - id: hero
    sms:
      text:
        en: It is spring
        es: "Ya es primavera, {{ contact.first_name | default('amiga') }}"
        fr: C'est le printemps
"""
OWN = (
    PROJECT
    + """\
support: help@acme.example
texts: {opt_out: {en: "Acme: bye.", es: "Acme: adiós."}}
"""
)
STRANGER = "+12125550199"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with World(tmp_path, FLOW, project=OWN, strangers=True) as world:
        world.contact(ADA, language="es_MX", first_name="Ada")
        world.contact(BEN, language="FR-ca")
        world.contact(CY, language="pt")
        yield world


def answered(world: World, phone: str, text: str) -> str:
    world.clock.move_to(world.clock.now() + 2 * HOUR)
    world.receive_text(phone, text, number="+18445550100")
    world.tick()
    before = len(world.arrived())
    world.send()
    return "".join(said for _, said in world.arrived()[before:])


def test_each_gets_a_first_text_in_their_language_with_what_the_law_asks_for(world: World) -> None:
    for phone in (ADA, BEN, CY):
        world.event("list.joined", phone)
    world.tick()
    world.send()
    assert dict(world.arrived()) == {
        ADA: "Acme: Ya es primavera, Ada\nResponde STOP para cancelar",
        BEN: "Acme: C'est le printemps\nRépondez STOP pour vous désabonner",
        CY: "Acme: It is spring\nReply STOP to opt out",
    }


def test_a_keyword_is_answered_in_the_language_of_who_asks_else_in_its_own(world: World) -> None:
    assert answered(world, ADA, "HELP").startswith("Acme: ¿Preguntas? help@acme.example.")
    assert answered(world, BEN, "AYUDA").startswith("Acme: Des questions?")
    assert answered(world, CY, "Aide").startswith("Acme: Des questions?")
    assert answered(world, STRANGER, "ayuda").startswith("Acme: ¿Preguntas?")
    assert answered(world, CY, "INFO").startswith("Acme: Questions?")
