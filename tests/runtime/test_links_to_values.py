"""Links to what an event says: they lead to allowed hosts alone, count like any other, and are over 90 days after their message."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from engine.intake import inbound
from engine.store import forgetting, links
from engine.upkeep import chores
from tests.world import ADA, BEN, DAY, PROJECT, World

SHOP = PROJECT + "  cart.left: {url: {type: text, required: true}}\nlink_hosts: [acme.example]\nutm: false\n"
CART = "https://acme.example/carts/c-17?key=s3cret"
FLOW = """\
flow: cart
language: 1
trigger: {event: cart.left}
entry: {again_after: 1m}
steps:
  - {id: hello, sms: "Your cart: {{ short(event.url) }}"}
  - {id: pause, delay: 1d}
  - if: {clicked: event.url}
    then: [{id: thanks, sms: "Thanks for looking."}]
"""
WITH_DEFAULT = FLOW.replace("short(event.url)", "short(event.url | default('https://acme.example/all'))")


def left(world: World, phone: str, url: str | None) -> None:
    world.event("cart.left", phone, {} if url is None else {"url": url})
    world.tick()


def code_in(text: str) -> str:
    return text.partition("/l/")[2]


def target(world: World, code: str) -> links.LinkTarget | None:
    return inbound.link_target(world.app.database, code, world.clock.now())


def urls(world: World) -> list[str]:
    with world.app.database.reading() as db:
        return [url for (url,) in db.execute("SELECT url FROM link ORDER BY contact")]


@pytest.mark.usefixtures("each_database")
def test_a_link_to_a_cart_from_its_text_to_its_end(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with World(tmp_path, FLOW, project=SHOP) as world:
        left(world, ADA, CART)
        left(world, BEN, CART.replace("17", "18"))
        world.send()
        ada, ben = (code_in(message.text) for message in world.messages())
        assert ada != ben
        found = target(world, ada)
        assert found is not None
        assert (found.url, found.is_over) == (CART, False)
        assert inbound.record_click(world.app.database, ada, world.clock.now()) == CART
        world.tick(DAY)
        assert [message.step for message in world.messages() if message.status == "queued"] == ["thanks"]
        assert any("event.url" in line for line in world.story(ADA)), "known by its path, not by where it leads"
        assert not any("s3cret" in line for line in world.story(ADA))

        world.tick(89 * DAY - 1)
        assert target(world, ada) == found
        world.tick(1)
        over = target(world, ada)
        assert over is not None
        assert over.is_over
        assert inbound.record_click(world.app.database, ada, world.clock.now()) is None, "a click on it is none"
        forgetting.forget(world.app.database, BEN, world.clock.now())
        assert (target(world, ben), urls(world)) == (None, [CART])
        chores.forget(world.app.database, world.clock.now)
        over = target(world, ada)
        assert urls(world) == [""], "its address is deleted"
        assert over is not None
        assert over.is_over
    assert "s3cret" not in caplog.text


def test_a_link_is_not_over_before_its_message_has_left(tmp_path: Path) -> None:
    transactional = FLOW.replace("trigger", "category: transactional\ntrigger")
    with World(tmp_path, transactional, project=SHOP) as world:
        left(world, ADA, CART)
        code = code_in(world.messages()[0].text)
        world.clock.move_to(world.clock.now() + 100 * DAY)
        chores.forget(world.app.database, world.clock.now)
        assert target(world, code) == links.LinkTarget(CART, None, False), "it was held all that time"
        world.send()
        world.clock.move_to(world.clock.now() + 90 * DAY)
        found = target(world, code)
        assert found is not None
        assert found.is_over


BAD = {
    "soon": "is not a URL",
    "http://acme.example/c": "is not an https URL",
    "https://www.acme.example/c": "leads to www.acme.example, which is not one of `link_hosts`",
    "https://evil.example/acme.example": "leads to evil.example, which is not one of `link_hosts`",
    r"https://evil.example\@acme.example": "is a URL with a user name or a backslash",
    "https://me:pw@acme.example/": "is a URL with a user name or a backslash",
}


def test_what_leads_elsewhere_is_not_sent(tmp_path: Path) -> None:
    with World(tmp_path, FLOW, project=SHOP) as world:
        for url in BAD:
            left(world, ADA, url)
            world.tick(2 * DAY)
        told = world.told()
        assert told == [("hello", "skipped", f"event.url {why}") for why in BAD.values()]
        assert urls(world) == []
        assert world.ends() == ["end"] * len(BAD), "the run goes on"


def test_its_default_goes_out_instead_and_the_story_says_why(tmp_path: Path) -> None:
    with World(tmp_path, WITH_DEFAULT, project=SHOP.replace(", required: true", "")) as world:
        left(world, ADA, "https://evil.example/c")
        left(world, BEN, None)
        assert [status for _, status, _ in world.told()] == ["queued"] * 2
        assert urls(world) == ["https://acme.example/all"] * 2
        why = "event.url leads to evil.example, which is not one of `link_hosts`: its default goes out"
        assert [why in " ".join(world.story(phone)) for phone in (ADA, BEN)] == [True, False]
