"""A keyword starts a flow: the whole text, from anybody, without any consent (told as stories)."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.intake import inbound
from engine.senders.sender import InboundText
from engine.store import contacts
from tests.world import ADA, World

JOIN = """\
flow: join
language: 1
category: transactional
trigger: {keyword: [JOIN, "vip club"]}
steps: [{id: hero, sms: 'You wrote {{ event.text | default("nothing") }}'}]
"""
NEW = "+13035550123"


def text(world: World, words: str, phone: str = ADA, id: str = "") -> None:
    number = world.clock.now()
    world.clock.move_to(number + 1)
    item = InboundText(id or f"in-{number}", phone, "+18445550100", words, (), number)
    inbound.receive_texts(world.app.database, [item], world.clock.now(), world.app.deployed)


@pytest.mark.only("sqlite", "what is understood has nothing to do with the database")
def test_the_whole_text_is_the_keyword(tmp_path: Path) -> None:
    said = ("JOIN", " join! ", "Jo\u200bin", "ＪＯＩＮ", "“Vip  Club”", "vip-club", "Jöin 👍", "> Text JOIN\njoin")
    with World(tmp_path, JOIN) as world:
        for number, words in enumerate(said):
            text(world, words)
            world.tick()
            assert len(world.messages()) == number + 1, words
            message = world.messages()[-1]
            assert message.status == "queued" and message.text.startswith("You wrote "), words
            assert "nothing" not in message.text, words


@pytest.mark.only("sqlite", "what is understood has nothing to do with the database")
def test_any_other_text_is_none(tmp_path: Path) -> None:
    with World(tmp_path, JOIN) as world:
        for words in ("I want to join", "joining", "club vip", "", "VIP"):
            text(world, words)
            world.tick()
            assert world.runs() == [], words


def test_an_unknown_number_becomes_a_contact_without_consent(tmp_path: Path) -> None:
    marketing = JOIN.replace("category: transactional\n", "").replace("join\n", "market\n", 1)
    with World(tmp_path, JOIN, marketing) as world:
        text(world, "join", NEW, "in-1")
        text(world, "join", NEW, "in-1")  # the provider's callback comes twice
        text(world, "hello", "+13035550124")
        world.tick()
        assert world.told() == [("hero", "queued", None), ("hero", "skipped", "no consent")]
        with world.app.database.reading() as db:
            who = contacts.one(db, NEW)
            assert who is not None and (who.key, who.region, who.zone) == (NEW, "US", "America/Denver")
            assert contacts.consents(db, [NEW]) == {}
            other = contacts.one(db, "+13035550124")
            assert other is not None, "who says something else waits for a person"
            assert contacts.consents(db, ["+13035550124"]) == {}


def test_a_number_that_cannot_be_texted_is_kept_as_a_fact_alone(tmp_path: Path) -> None:
    with World(tmp_path, JOIN) as world:
        text(world, "join", "+15")
        world.tick()
        assert world.runs() == []


def test_stop_is_nobodys_keyword_and_makes_no_contact(tmp_path: Path) -> None:
    with World(tmp_path, JOIN) as world:
        text(world, "stop", NEW)
        text(world, "join", NEW)
        world.tick()
        assert [(row.step, row.status) for row in world.messages()] == [("hero", "skipped")]
        with world.app.database.reading() as db:
            assert contacts.consents(db, [NEW])[NEW][0] == "unsubscribed", "JOIN alone lifts no STOP"


def test_two_keywords_in_one_batch_are_two_texts(tmp_path: Path) -> None:
    with World(tmp_path, JOIN) as world:
        text(world, "join", NEW)
        text(world, "vip club", NEW)
        world.tick()
        assert [row.text for row in world.messages()] == ["You wrote join", "You wrote vip club"]
