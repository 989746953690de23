"""What Leadoff says by itself: STOP, START and HELP are answered, once, by the number that was texted (C1)."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.stories.consent.stage import BOTH, FREE, LONG, PROMO, ZED, Shop
from tests.world import ADA, BEN, HOUR, MINUTE

GONE = "Acme: You are unsubscribed and will get no more messages. Reply START to rejoin."
BACK = "Acme: You're subscribed. Msg frequency varies. Msg & data rates may apply. Reply HELP for help, STOP to cancel."
INFO = "Acme: Msg frequency varies. Msg & data rates may apply. Reply STOP to cancel."


def test_stop_help_and_start_in_a_row(tmp_path: Path) -> None:
    with Shop(tmp_path) as shop:
        for words in ("STOP", "HELP", "START"):
            shop.hears(words)
            shop.goes_on(MINUTE)
        # The simulator takes one message after a STOP, as carriers do: HELP comes through when START has freed the pair.
        assert shop.arrived() == [(ADA, GONE), (ADA, BACK)]
        assert shop.answers() == [
            ("opt_out", "accepted", None),
            ("help", "failed", "the recipient has opted out of this number"),
            ("opt_in", "accepted", None),
        ]
        assert {entry.from_ for entry in shop.simulator.ledger.messages()} == {LONG}
        assert shop.consent_of() == "subscribed"


def test_they_are_answered_too_where_the_last_flow_is_retired(tmp_path: Path) -> None:
    with Shop(tmp_path) as shop:
        shop.retire_all()
        shop.hears("HELP")
        shop.hears("STOP", BEN)
        shop.goes_on(MINUTE)
        assert sorted(shop.arrived()) == [(ADA, INFO), (BEN, GONE)]


def test_an_answer_costs_what_a_text_costs_and_is_no_run_of_a_flow(tmp_path: Path) -> None:
    with Shop(tmp_path) as shop:
        shop.hears("help")
        shop.goes_on()
        (message,) = shop.messages()
        assert (message.text, message.parts, message.price) == (INFO, 1, 15_000)
        assert shop.runs() == []


@pytest.mark.parametrize("to", [FREE, LONG])
def test_help_is_answered_by_the_number_that_was_asked_also_after_an_opt_out(tmp_path: Path, to: str) -> None:
    with Shop(tmp_path) as shop:
        shop.consent(ADA, "unsubscribed")
        shop.hears("Info?", to=to)
        shop.goes_on()
        assert [(entry.from_, entry.text) for entry in shop.simulator.ledger.messages()] == [(to, INFO)]


def test_on_toll_free_the_network_answers_a_stop_and_we_a_start(tmp_path: Path) -> None:
    with Shop(tmp_path) as shop:
        shop.hears("STOP", to=FREE)
        shop.goes_on()
        assert shop.messages() == [] and shop.simulator.ledger.refusals() == ()
        shop.hears("UNSTOP", to=FREE)
        shop.goes_on()
        assert [(entry.from_, entry.text) for entry in shop.simulator.ledger.messages()] == [(FREE, BACK)]


def test_what_changes_nothing_is_not_confirmed(tmp_path: Path) -> None:
    with Shop(tmp_path) as shop:
        shop.hears("START")
        shop.goes_on()
        shop.consent(ADA, "unsubscribed")
        shop.hears("STOP")
        shop.goes_on()
        assert shop.messages() == []


def test_two_robots_do_not_talk_to_each_other(tmp_path: Path) -> None:
    with Shop(tmp_path) as shop:
        for _ in range(5):
            shop.hears("HELP")
            shop.goes_on(10 * MINUTE)
        assert len(shop.arrived()) == 1
        shop.goes_on(11 * MINUTE)
        shop.hears("HELP")
        shop.goes_on()
        assert len(shop.arrived()) == 2, "an hour later it may have been a person"


def test_a_callback_that_comes_twice_is_answered_once(tmp_path: Path) -> None:
    with Shop(tmp_path) as shop:
        for _ in range(2):
            shop.hears("HELP", id="in-1")
            shop.goes_on(2 * HOUR)
        assert len(shop.arrived()) == 1


@pytest.mark.parametrize(("words", "text", "consent"), [("HELP", INFO, None), ("START", BACK, "subscribed")])
def test_whom_we_do_not_know_is_answered_and_known_from_then_on(
    tmp_path: Path, words: str, text: str, consent: str | None
) -> None:
    with Shop(tmp_path) as shop:
        shop.hears(words, ZED)
        shop.hears(words, "+15")  # nobody can be texted there
        shop.goes_on()
        assert shop.arrived() == [(ZED, text)]
        assert shop.listed(ZED) is not None and shop.consent_of(ZED) == consent


def test_a_confirmation_leaves_within_five_minutes_or_not_at_all(tmp_path: Path) -> None:
    with Shop(tmp_path) as shop:
        shop.hears("STOP")
        shop.tick()
        shop.clock.move_to(shop.clock.now() + 5 * MINUTE)
        shop.send_all()
        assert shop.answers() == [("opt_out", "expired", "expired")] and shop.arrived() == []


def test_an_answer_goes_before_a_campaign_and_past_what_waits_for_its_contact(tmp_path: Path) -> None:
    project = BOTH.replace("rate: 1000", "rate: 4")
    with Shop(tmp_path, project=project) as shop:
        shop.simulator.add_fault(f"503@{ADA};retry_after=600")
        for number in (ADA, *(f"+1202555{index:04}" for index in range(110, 140))):
            shop.contact(number)
            shop.consent(number, "subscribed")
            shop.event("list.joined", number)
        shop.goes_on()
        shop.hears("HELP")
        before = len(shop.arrived())
        for _ in range(2):
            shop.goes_on(500)
        assert before <= 3 and shop.arrived()[before] == (ADA, INFO)


def test_a_stop_takes_back_the_confirmation_of_a_start(tmp_path: Path) -> None:
    with Shop(tmp_path) as shop:
        shop.consent(ADA, "unsubscribed")
        shop.hears("START")
        shop.tick()
        shop.hears("STOP")
        shop.send_all()  # before any tick knows of it
        shop.goes_on()
        assert shop.answers() == [("opt_in", "cancelled", "opted out"), ("opt_out", "accepted", None)]
        assert [text for _, text in shop.arrived()] == [GONE]


def test_nobody_outside_of_the_served_countries_is_answered(tmp_path: Path) -> None:
    with Shop(tmp_path) as shop:
        shop.hears("HELP", "+447700900123", to=FREE)
        shop.goes_on()
        assert shop.answers() == [("help", "skipped", "country GB is not served")]


def test_the_words_are_the_projects(tmp_path: Path) -> None:
    project = BOTH + 'support: help@acme.example\ntexts: {opt_out: "Acme: Bye. START brings you back."}\n'
    with Shop(tmp_path, PROMO, project=project) as shop:
        shop.hears("HELP")
        shop.hears("stop, please")
        shop.goes_on()
        texts = [text for _, text in shop.arrived()]
        assert texts[0].startswith("Acme: Questions? help@acme.example. ")
        assert texts[1] == "Acme: Bye. START brings you back."
