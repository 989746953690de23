"""What the author sees on the phones while the files change."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.clock import ManualClock
from engine.dev.studio import Studio
from engine.errors import Refused

START = 1_780_000_020_000  # Thursday, 4:27 PM in New York
PROJECT = """\
project: acme
brand: Acme
timezone: America/New_York
public_url: https://sms.acme.example
countries: [US, CA, JM]
senders: {main: {provider: twilio, number: "+18445550100", kind: toll_free, countries: [US, CA, JM]}}
events: {list.joined: {list: text}}
links: {shop: "https://acme.example/spring"}
prices: {US: {sms: 0.015, mms: 0.045}, CA: {sms: 0.015, mms: 0.045}, JM: {sms: 0.18}}
"""
FLOW = """\
flow: hello
language: 1
category: marketing
trigger: {event: list.joined, where: {event: {list: vip}}}
steps:
  - {id: hi, sms: "Hi {{ contact.first_name | default('there') }}, look: {{ link('shop') }}"}
  - {id: think, delay: 2d}
  - {id: again, sms: Still there?}
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "flows").mkdir()
    (tmp_path / "leadoff.yaml").write_text(PROJECT)
    (tmp_path / "flows/hello.yaml").write_text(FLOW)
    return tmp_path


@pytest.fixture
def studio(root: Path) -> Iterator[Studio]:
    studio = Studio(root, ManualClock(START))
    yield studio
    studio.close()


def texts(studio: Studio, phone: int = 0) -> list[str]:
    """What our messages say on a phone."""
    assert studio.scene is not None
    return [str(m.details["text"]) for m in studio.scene.shown(phone).moments if m.kind == "message"]


def join(studio: Studio, phone: int = 0) -> None:
    studio.act(phone, "event", "list.joined", {"list": "vip"})


def rewrite(root: Path, old: str, new: str) -> None:
    file = root / "flows/hello.yaml"
    file.write_text(file.read_text().replace(old, new))


def test_an_event_brings_a_text_and_the_clock_the_next_one(studio: Studio) -> None:
    join(studio)
    assert [text[:7] for text in texts(studio)] == ["Hi Ada,"]
    studio.move("next")
    assert [text[:5] for text in texts(studio)] == ["Hi Ad", "Still"]
    with pytest.raises(Refused, match="nothing is due"):
        studio.move("next")


def test_a_save_plays_the_same_story_with_the_new_text(studio: Studio, root: Path) -> None:
    join(studio)
    studio.move("1d")
    rewrite(root, "look:", "see:")
    studio.load()
    assert "see:" in texts(studio)[0]
    assert studio.strip.words == "✓ hello · 1 text differs"
    assert studio.changed == {(0, "hello", "hi")}
    assert studio.was(0, "hello", "hi").startswith("Hi Ada, look:")


def test_a_save_that_changes_no_text_says_so(studio: Studio, root: Path) -> None:
    join(studio)
    rewrite(root, "steps:", "# a comment\nsteps:")
    studio.load()
    assert studio.strip.words == "✓ hello · the texts are the same"
    assert not studio.changed


def test_a_broken_file_is_shown_with_its_caret_and_the_phones_stay(studio: Studio, root: Path) -> None:
    join(studio)
    before = texts(studio)
    rewrite(root, "delay:", "dellay:")
    studio.load()
    assert "1 error" in studio.strip.words
    assert 'unknown step "dellay"' in studio.strip.broken
    assert "^^^^^^" in studio.strip.broken
    assert texts(studio) == before
    join_again = len(before)
    studio.act(0, "reply", "STOP", {})
    assert len(texts(studio)) == join_again
    rewrite(root, "dellay:", "delay:")
    studio.load()
    assert studio.strip.broken == ""


def test_a_project_that_is_broken_from_the_start_comes_alive_when_it_is_mended(root: Path) -> None:
    rewrite(root, "delay:", "dellay:")
    studio = Studio(root, ManualClock(START))
    assert studio.scene is None
    with pytest.raises(Refused, match="has errors"):
        join(studio)
    rewrite(root, "dellay:", "delay:")
    studio.load()
    join(studio)
    assert len(texts(studio)) == 1
    studio.close()


def test_stop_ends_it_and_a_rewind_takes_the_stop_back(studio: Studio) -> None:
    join(studio)
    first = studio.acts[0].at
    studio.move("1h")
    studio.act(0, "reply", "STOP", {})
    studio.move("1w")
    assert len(texts(studio)) == 1
    studio.rewind(first)
    studio.move("1w")
    assert len(texts(studio)) == 2


def test_a_tap_is_a_click_and_needs_a_link_that_has_left(studio: Studio) -> None:
    studio.act(0, "click", "shop", {})
    assert studio.scene is not None
    assert "no message with the link shop" in studio.scene.problems[0]
    join(studio)
    assert studio.scene.shown(0).links == ["shop"]
    studio.act(0, "click", "shop", {})
    assert any(moment.kind == "click" for moment in studio.scene.shown(0).moments)


@pytest.mark.parametrize(
    ("condition", "status"), [("landline", "failed"), ("no signal", "accepted"), ("works", "delivered")]
)
def test_a_broken_phone_gets_what_its_provider_says(studio: Studio, condition: str, status: str) -> None:
    studio.act(0, "phone", condition, {})
    join(studio)
    assert studio.scene is not None
    assert [m.details["status"] for m in studio.scene.shown(0).moments if m.kind == "message"] == [status]


def test_phones_come_and_go_with_their_acts(studio: Studio) -> None:
    join(studio)
    studio.give("+18765550119")
    join(studio, 1)
    assert [text[:9] for text in texts(studio, 1)] == ["Hi Marcia"]
    studio.take_away(0)
    assert [text[:9] for text in texts(studio)] == ["Hi Marcia"]
    with pytest.raises(Refused, match="one phone stays"):
        studio.take_away(0)


def test_a_story_becomes_a_test_that_passes(studio: Studio, root: Path) -> None:
    join(studio)
    studio.move("1h")
    studio.act(0, "reply", "STOP", {})
    studio.move("1h")
    assert studio.save(0, "hello") == "flows/hello.test.yaml"
    studio.load()
    assert studio.strip.tests == "1 test passes"
    rewrite(root, 'sms: "Hi', 'sms: "Hello')
    studio.load()
    assert "1 test of 1 failed" in studio.strip.tests and studio.strip.words.startswith("✗ hello")


def test_what_a_test_cannot_say_is_not_saved(studio: Studio) -> None:
    studio.act(0, "phone", "landline", {})
    join(studio)
    with pytest.raises(Refused, match="a test cannot say"):
        studio.save(0, "hello")


def test_a_story_has_an_end(studio: Studio) -> None:
    for _ in range(57):
        studio.move("1w")
    with pytest.raises(Refused, match="at most 400 days"):
        studio.move("1w")


def story(studio: Studio) -> list[str]:
    assert studio.scene is not None
    return [moment.what for moment in studio.scene.shown(0).moments]


def test_a_text_of_the_same_minute_stands_below_what_it_answers(studio: Studio) -> None:
    """The clock of the page stands still between two acts, so all of this has one instant."""
    join(studio)
    studio.act(0, "click", "shop", {})
    studio.act(0, "reply", "STOP", {})
    assert [what.partition(" (")[0] for what in story(studio)] == [
        "subscribed",
        "list.joined",
        "entered",
        "SMS sent",
        "delivered",
        "clicked shop",
        "wrote “STOP” → stop",
        "unsubscribed",
        "left the flow: opted out",
    ]


def test_an_event_after_a_text_brings_its_text_below(studio: Studio) -> None:
    studio.act(0, "reply", "Hello", {})
    join(studio)
    studio.act(0, "reply", "HELP", {})
    assert [m.kind for m in studio.scene.shown(0).moments if m.kind in ("text", "message")] == (  # type: ignore[union-attr]
        ["text", "message", "text", "message"]
    )


def test_a_flow_ends_below_its_last_text(studio: Studio) -> None:
    join(studio)
    studio.move("next")
    assert story(studio)[-3:] == ["SMS sent", "delivered", "left the flow: end"]
