"""Tracked links: to what leadoff.yaml or a text says, with what a shop's statistics know a visitor by; only a person's visit counts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.language.values.urls import with_utm
from engine.messaging.link_previews import is_preview
from tests.server.web.desk import Desk
from tests.world import ADA, HOUR, PROJECT, World

FLOW = """\
flow: spring
language: 1
category: transactional
trigger: {event: list.joined}
steps:
  - id: hero
    sms: "Look: {{ short('https://acme.example/a?size=m#top') }} or {{ link('shop') }}"
  - id: seen
    wait_for: {clicked: shop}
    up_to: 1d
"""
PHONE = {
    "User-Agent": "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 Version/18.1 Mobile/15E148 Safari/604.1"
}
APPLE = {
    "User-Agent": "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_11_1) AppleWebKit/601.2.4 (KHTML, like Gecko) Version/9.0.1 Safari/601.2.4"
    " facebookexternalhit/1.1 Facebot Twitterbot/1.0"
}
UTM = ("shop", "sms", "spring", "hero")
TAIL = "utm_source=shop&utm_medium=sms&utm_campaign=spring&utm_content=hero"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with World(tmp_path, FLOW) as world:
        yield world


def links(world: World) -> list[tuple[str, str]]:
    with world.app.database.reading() as db:
        return db.execute("SELECT name, url FROM link ORDER BY contact, name").fetchall()


def codes(world: World) -> list[str]:
    """The paths of the links that Ada was sent."""
    (message,) = world.messages()
    return ["/l/" + word.rsplit("/", 1)[1] for word in message.text.split() if "/l/" in word]


def clicks(world: World) -> list[str]:
    with world.app.database.reading() as db:
        return [name for (name,) in db.execute("SELECT name FROM event WHERE kind = 2")]


def sent(world: World) -> None:
    world.event("list.joined", ADA)
    world.tick()
    assert world.send() == 1


def test_a_text_shortens_an_address_of_its_own(world: World) -> None:
    sent(world)
    ((_, text),) = world.arrived()
    assert "acme.example" not in text
    assert [name for name, _ in links(world)] == ["https://acme.example/a?size=m#top", "shop"]
    first, second = (url for _, url in links(world))
    assert first == (
        "https://acme.example/a?size=m&utm_source=test-shop&utm_medium=sms&utm_campaign=spring&utm_content=hero#top"
    )
    assert second.startswith("https://acme.example/spring?utm_source=test-shop&")
    assert codes(world)[0] != codes(world)[1]


def test_a_click_on_it_ends_a_wait(world: World) -> None:
    sent(world)
    desk = Desk(world)
    world.tick(after=3_000)
    answer = desk.ask("GET", codes(world)[1], headers=PHONE)
    assert (answer.status_code, answer.headers["Location"]) == (302, links(world)[1][1])
    world.tick()
    assert world.ends() == ["end"]


def test_a_project_may_do_without_utm(tmp_path: Path) -> None:
    with World(tmp_path, FLOW, project=PROJECT + "utm: false\n") as world:
        sent(world)
        assert [url for _, url in links(world)] == ["https://acme.example/a?size=m#top", "https://acme.example/spring"]


@pytest.mark.only("sqlite", "it opens no database")
@pytest.mark.parametrize(
    ("url", "led_to"),
    [
        ("https://a.example", f"https://a.example?{TAIL}"),
        ("https://a.example/x?", f"https://a.example/x?{TAIL}"),
        ("https://a.example/?q=%C3%A9+b&q=", f"https://a.example/?q=%C3%A9+b&q=&{TAIL}"),
        ("https://a.example/#frag?x=1", f"https://a.example/?{TAIL}#frag?x=1"),
        ("https://a.example/?utm_source=mine", "https://a.example/?utm_source=mine"),
        ("https://a.example/?UTM_Campaign=", "https://a.example/?UTM_Campaign="),
    ],
)
def test_what_stands_in_an_address_is_left_as_it_is(url: str, led_to: str) -> None:
    assert with_utm(url, *UTM) == led_to


@pytest.mark.only("sqlite", "what a browser says has nothing to do with the database")
def test_the_sentence_around_a_link_is_no_part_of_it(world: World) -> None:
    sent(world)
    desk = Desk(world)
    for number, behind in enumerate((".", ")", ",", "!", "?).", "”", "%E2%80%9D", "...")):
        world.clock.move_to(world.clock.now() + HOUR)
        answer = desk.ask("GET", codes(world)[1] + behind, headers=PHONE)
        assert (answer.status_code, answer.headers["Location"]) == (302, links(world)[1][1]), behind
        assert clicks(world) == ["shop"] * (number + 1), behind


@pytest.mark.only("sqlite", "what a browser says has nothing to do with the database")
def test_what_says_that_it_is_no_person_is_led_on_and_is_no_click(world: World) -> None:
    sent(world)
    desk = Desk(world)
    for said in (
        {"Purpose": "prefetch"}, {"Sec-Purpose": "prefetch;prerender"}, {"X-Moz": "prefetch"}, {"X-Purpose": "preview"},
        {"User-Agent": "SomeBot/1.0 (+https://bot.example)"},
        {"User-Agent": "Mozilla/5.0 (compatible; AhrefsBot/7.0)"}, {"User-Agent": "Acme-Crawler"}, {"User-Agent": "web spider 2"},
    ):  # fmt: skip
        world.clock.move_to(world.clock.now() + HOUR)
        answer = desk.ask("GET", codes(world)[1], headers=PHONE | said)
        assert (answer.status_code, clicks(world)) == (302, []), said


@pytest.mark.only("sqlite", "it opens no database")
@pytest.mark.parametrize("agent", ["Mozilla/5.0 (Linux; Android 14; CUBOT X70) Chrome/120 Mobile", PHONE["User-Agent"]])
def test_a_phone_whose_name_ends_like_a_robots_is_a_person(agent: str) -> None:
    assert not is_preview(agent)


def test_previews_and_heads_lead_on_and_count_for_nothing(world: World) -> None:
    sent(world)
    desk, path = Desk(world), codes(world)[1]
    early = desk.ask("GET", path, headers=PHONE)  # within the second in which it was sent
    world.tick(after=3_000)
    fetched = [desk.ask("GET", path, headers=APPLE), desk.ask("HEAD", path, headers=PHONE)]
    assert {answer.headers["Location"] for answer in (early, *fetched)} == {links(world)[1][1]}
    assert (clicks(world), desk.woken) == ([], 0)
    desk.ask("GET", path, headers=PHONE)
    assert (clicks(world), desk.woken) == (["shop"], 1)
    said = desk.get("/metrics").text
    for kind in ("early", "preview", "head", "click"):
        assert f'leadoff_link_fetches_total{{kind="{kind}"}} 1.0' in said


@pytest.mark.only("sqlite", "it opens no database")
@pytest.mark.parametrize(
    ("agent", "preview"),
    [
        (APPLE["User-Agent"], True),
        ("WhatsApp/2.23.20.0", True),
        ("TelegramBot (like TwitterBot)", True),
        ("Mozilla/5.0 (compatible; Discordbot/2.0; +https://discordapp.com)", True),
        ("Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)", True),
        (PHONE["User-Agent"], False),
        ("Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 Chrome/120.0.0.0 Mobile Safari/537.36", False),
        ("", False),
    ],
)
def test_previews_are_known_by_their_names(agent: str, preview: bool) -> None:
    assert is_preview(agent) is preview
