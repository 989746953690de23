"""What the cards of a drawing say."""

from __future__ import annotations

from engine.preview.graph.chart import Card, Chart, walk
from engine.preview.graph.outline import outline
from tests.preview.graph.drawn import WAYS, sample, template


def card(chart: Chart, step: str) -> Card:
    (found,) = (card for card in chart.cards() if card.step == step)
    return found


def words(card: Card) -> str:
    return "".join(run.text for run in card.body)


def test_a_message_shows_its_text_with_the_names_of_what_is_filled_in() -> None:
    hero = card(sample(), "hero")
    assert [(run.text, run.role) for run in hero.body] == [
        ("Hi ", "ink"), ("first_name", "value"), (": ", "ink"), ("shop", "link"),
    ]  # fmt: skip
    assert (hero.tag, hero.picture) == ("MMS", "media/spring.jpg")


def test_of_a_text_in_several_languages_it_shows_the_first_and_tells_the_others() -> None:
    both = "{text: {en: 'Acme: for Canada', fr: 'Acme: pour le Canada'}}"
    found = card(sample(WAYS.replace('"Acme: for Canada"', both)), "canada")
    assert words(found) == "Acme: for Canada"
    assert found.foot[1] == "also in fr" and found.told.endswith("fr: Acme: pour le Canada")


def test_it_says_what_it_costs_with_and_without_the_picture() -> None:
    assert card(sample(), "hero").foot == ("$0.045", "elsewhere: text and link, 1 part · up to $0.015")
    assert card(sample(), "canada").foot == ("1 part · $0.015",)
    nothing = sample(WAYS.replace("otherwise: link", "otherwise: skip"))
    assert card(nothing, "hero").foot == ("$0.045", "elsewhere: nothing")


def test_it_says_where_a_message_is_skipped() -> None:
    quiet = sample(
        WAYS.replace(
            '{id: canada, sms: "Acme: for Canada"}', "{id: canada, sms: {text: Acme, on_quiet: skip, on_cap: skip}}"
        )
    )
    assert card(quiet, "canada").foot[1:] == ("skipped in quiet hours and over the cap",)


def test_conditions_are_words_at_the_step_or_at_its_ways() -> None:
    chart = sample()
    assert words(card(chart, "look")) == "if clicked shop since hero"
    assert words(card(chart, "last")) == "wait up to 3d for clicked shop"
    ways = {station.card.place: [way.label for way in station.branches] for station in walk(chart.stations)}
    assert ways["steps", 2] == ["then", "else"]
    assert ways["steps", 3] == ["contact country CA", "else"]
    assert ways["steps", 4] == ["then", "on timeout"]
    assert words(next(card for card in chart.cards() if card.place == ("steps", 3))) == "switch"


def test_the_shares_of_a_split_stand_at_its_ways() -> None:
    (split,) = (each for each in walk(template("flash-sale-campaign").stations) if words(each.card) == "split")
    assert [way.label for way in split.branches] == ["plain 50%", "urgent 50%"]


def test_triggers_the_entry_and_what_ends_a_run_are_cards() -> None:
    chart = sample()
    assert [(words(each), each.foot) for each in chart.triggers] == [
        ("event list.joined", ("where list vip",)), ("texts JOIN or DEALS", ()),
    ]  # fmt: skip
    assert chart.entry is not None and words(chart.entry) == "may enter again after 30d"
    assert [(words(each), each.foot) for each in chart.rules] == [
        ("converted", ("at any time: happened order.placed",))
    ]


def test_a_flow_that_anybody_enters_has_no_card_for_it_and_one_that_runs_off_its_end_says_so() -> None:
    chart = sample("flow: sample\nlanguage: 1\ntrigger: manual\nsteps:\n  - id: think\n    delay: 2d\n")
    assert chart.entry is None
    assert [words(each) for each in chart.cards()] == ["started by hand", "wait 2d", "end"]
    assert "end" not in [words(each) for each in template("mms-first").cards()]


def test_the_outline_says_all_of_it_in_reading_order() -> None:
    assert outline(sample()).splitlines() == [
        "A few ways.",
        "marketing · $0.045–0.060 a contact",
        "Ends with converted, at any time: happened order.placed",
        "Starts: event list.joined, where list vip; or texts JOIN or DEALS",
        "Enters: may enter again after 30d",
        "- hero: MMS Hi first_name: shop $0.045 elsewhere: text and link, 1 part · up to $0.015",
        "- think: wait 2d",
        "- look: if clicked shop since hero",
        "  then:",
        "    - exit: engaged",
        "  else: goes on",
        "- switch",
        "  contact country CA:",
        "    - canada: SMS Acme: for Canada 1 part · $0.015",
        "  else:",
        "    - others: SMS Acme: for others 1 part · $0.015",
        "- last: wait up to 3d for clicked shop",
        "  then: goes on",
        "  on timeout: goes on",
        "- end",
    ]


def test_each_card_has_the_sign_of_what_it_does() -> None:
    steps = """\
  - id: call
    webhook: {url: "https://crm.example/x"}
    on_error: [{exit: crm is down}]
  - update: {add_tags: [a]}
  - id: think
    delay: 2d
  - if: {contact: {country: US}}
    then: [{id: hi, sms: "Acme: hi"}]
"""
    chart = sample(f"flow: sample\nlanguage: 1\ntrigger: manual\nsteps:\n{steps}")
    kinds = ["trigger", "action", "exit", "action", "wait", "choice", "message", "exit"]
    assert [each.kind for each in chart.cards()] == kinds
    call = next(iter(chart.stations))
    assert [(branch.name, branch.label) for branch in call.branches] == [("on_error", "on error"), ("next", "")]
