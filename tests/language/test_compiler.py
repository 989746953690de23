"""From nested steps to a flat program: the ways on, what is fetched, and what counts as the same."""

from __future__ import annotations

import pytest

from engine.core.calendar import Duration
from engine.core.facts import Needs
from engine.core.program import END, Program
from engine.language.compiler import canonical_hash, compile_project
from engine.messaging.prices import DEFAULTS
from tests.walker import IMAGE, PROJECT, checked, compiled

HEAD = "flow: sample\nlanguage: 1\ntrigger: manual\n"


def ways(program: Program) -> list[tuple[str | None, str, int, dict[str, int]]]:
    return [(node.step, node.block.verb, node.next, dict(node.branches)) for node in program.nodes]


def steps(text: str, head: str = HEAD) -> Program:
    return compiled(f"{head}steps:\n{text}")


def test_nested_branches_lie_flat_in_the_order_in_which_they_are_written() -> None:
    program = steps("""\
  - if: {contact: {city: a}}
    then:
      - {id: one, delay: 1d}
      - if: {contact: {city: b}}
        then: [{exit: b}]
    else:
      - {id: two, delay: 1d}
  - id: wait
    wait_for: {happened: x}
    up_to: 1d
  - exit: done
""")
    assert ways(program) == [
        (None, "if", 5, {"then": 1, "else": 4}),
        ("one", "delay", 2, {}),
        (None, "if", 5, {"then": 3, "else": 5}),
        (None, "exit", 5, {}),
        ("two", "delay", 5, {}),
        ("wait", "wait_for", 6, {"then": 6, "on_timeout": 6}),
        (None, "exit", END, {}),
    ]
    assert program.places == {"one": 1, "two": 4, "wait": 5}


def test_a_flow_without_steps_is_a_program_without_nodes() -> None:
    program = compiled(HEAD + "steps: []\n")
    assert (program.nodes, program.first_needs) == ((), Needs())


def test_needs_reach_to_the_next_certain_rest_and_no_further() -> None:
    program = steps(
        """\
  - if: {happened: a}
    then: [{id: hero, sms: Hello}]
  - if: {happened: {event: b, since: ever}}
  - {id: rest, delay: 1d}
  - if: {clicked: {link: shop, since: rest}}
  - id: paid
    wait_for: {happened: c}
    up_to: 1d
    then:
      - if: {delivered: hello}
  - {id: hello, sms: Hello}
""".replace("{delivered: hello}", "{contact: {city: x}}")
    )
    assert program.first_needs == Needs(events=frozenset("ab"), ever=frozenset("b"), texted=True)
    hero, rest, paid = (program.nodes[program.places[name]] for name in ("hero", "rest", "paid"))
    assert hero.needs == Needs(events=frozenset("b"), ever=frozenset("b"), texted=True), (
        "woken there, it reads what comes behind"
    )
    assert rest.needs == Needs(events=frozenset("c"), clicks=True, left=True, texted=True), (
        "a wait may be passed at once: what it asks is fetched"
    )
    assert paid.needs == Needs(events=frozenset("c"), texted=True)


def test_exit_when_is_needed_and_listened_to_everywhere() -> None:
    program = steps(
        "  - {id: hero, sms: Hello}\n  - {id: rest, delay: 1d}\n",
        HEAD
        + "exit_when:\n  - {when: {happened: bought}, reason: a}\n  - {when: {any: [{clicked: shop}, {failed: hero}]}, reason: b}\n",
    )
    everything = Needs(events=frozenset(["bought"]), clicks=True, messages=True)
    hero, rest = program.nodes
    assert program.exit_needs == rest.needs == everything
    assert program.first_needs == hero.needs == everything._replace(texted=True), "a message is counted with the others"
    assert all(node.listens == {"bought", "@clicked", "@status"} for node in program.nodes)
    assert [rule.reason for rule in program.exits] == ["a", "b"]


def test_a_delay_listens_to_nothing_of_its_own_and_a_wait_to_what_it_waits_for() -> None:
    program = steps("  - {id: rest, delay: 1d}\n  - {id: wait, wait_for: {clicked: shop}, up_to: 1d}\n")
    assert [node.listens for node in program.nodes] == [frozenset(), frozenset(["@clicked"])]


def test_steps_that_some_since_points_at_are_remembered() -> None:
    program = steps(
        "  - {id: a, sms: Hello}\n  - {id: b, sms: Hello}\n  - {id: c, sms: Hello}\n  - if: {clicked: {since: b}}\n",
        HEAD + "exit_when:\n  - {when: {happened: {event: x, since: c}}, reason: r}\n",
    )
    assert [node.remembered for node in program.nodes] == [False, True, True, False]


@pytest.mark.parametrize(
    ("entry", "again_after", "never"),
    [
        ("{}", None, False),
        ("{again_after: always}", None, False),
        ("{again_after: never}", None, True),
        ("{again_after: 90d}", Duration(90, 0), False),
    ],
)
def test_entry(entry: str, again_after: Duration | None, never: bool) -> None:
    program = compiled(HEAD + f"entry: {entry}\nsteps: []\n")
    assert (program.entry.again_after, program.entry.never_again) == (again_after, never)
    assert program.entry.while_active == "ignore"


def test_triggers_and_what_they_need() -> None:
    program = compiled("""\
flow: sample
language: 1
trigger: [manual, {event: joined, where: {event: {list: vip}}}]
entry: {require: {happened: {event: bought, since: ever}}}
steps: []
""")
    assert [(trigger.kind, trigger.event, trigger.where is None) for trigger in program.triggers] == [
        ("manual", None, True),
        ("event", "joined", False),
    ]
    assert program.trigger_needs == Needs(events=frozenset(["bought"]), ever=frozenset(["bought"]))


def test_settings_come_from_the_project() -> None:
    result = checked(
        HEAD + "steps: []\n",
        PROJECT.replace("prices: {JM: {sms: 0.015}, GB: {sms: 0.015}}", "prices: {US: {sms: 0.02}, GB: {sms: 0.05}}"),
    )
    (program,) = compile_project(result, b"key", "https://elsewhere.example/x/").values()
    settings = program.settings
    assert settings.public_url == "https://elsewhere.example/x"
    assert (settings.project, settings.brand, settings.timezone, settings.secret) == (
        "test-shop",
        "Acme",
        "America/New_York",
        b"key",
    )
    assert settings.prices == {**DEFAULTS, ("US", "sms"): 20_000, ("GB", "sms"): 50_000}
    assert [(sender.name, sender.mms) for sender in settings.senders] == [("main", True)]
    sender = settings.sender_for("JM")
    assert sender is not None
    assert sender.name == "main"
    assert settings.sender_for("FR") is None


def test_media_are_known_by_their_content() -> None:
    program = steps("  - {id: hero, sms: {text: Look, image: media/spring.jpg, otherwise: skip}}\n")
    assert program.settings.media == {"media/spring.jpg": IMAGE.ref}


ONE = (
    HEAD
    + """\
steps:
  - id: hero
    sms: {text: "Hello {{ contact.city }}"}
  - {id: rest, delay: 24h}
  - if: {contact: {country: [US, CA]}}
"""
)
SAME = """\
# The same, written otherwise.
language: 1
flow: "sample"
category: marketing
entry: {while_active: ignore}
trigger: [manual]
steps:
- sms: |
    Hello {{ contact.city }}
  id: hero
- delay: {for: 24h}   # a day
  id: rest
- if:
    contact:
      country:
      - US
      - CA
  then: []
"""


def hashes(flow: str, project: str = PROJECT) -> tuple[str, str]:
    result = checked(flow, project)
    return canonical_hash(result), compiled(flow, project).revision


def test_formatting_is_no_change() -> None:
    assert hashes(ONE) == hashes(SAME)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("Hello", "Hullo"),
        ("24h", "1d"),
        ("[US, CA]", "[CA, US, JM]"),
        ("id: hero", "id: first"),
        ("manual", "{event: x}"),
        ("country", "state"),
    ],
)
def test_a_change_of_meaning_is_a_change(old: str, new: str) -> None:
    changed = ONE.replace(old, new)
    assert changed != ONE
    whole, revision = hashes(changed)
    assert whole != hashes(ONE)[0]
    assert revision != hashes(ONE)[1]


def test_what_was_deployed_before_a_key_was_new_is_no_other_version() -> None:
    """Pinned as they were before `card`, `holdout`, `stop_if`, `texts.away` and lists of rows were in the language."""
    project = """\
project: old
brand: Acme
timezone: America/New_York
public_url: https://sms.acme.example
senders: {main: {provider: simulator, number: "+18445550100", countries: [US, CA]}}
countries: [US, CA]
texts: {help: Call us}
events: {order.placed: {total: money, note: text}}
fields: {city: {type: text, required: true}}
"""
    flow = """\
flow: old
language: 1
trigger: {event: order.placed}
steps:
  - {id: hero, sms: "Hello {{ contact.city }}"}
  - if: {contact: {country: CA}}
    then: [{id: second, sms: {text: Again, on_quiet: skip}}]
"""
    assert hashes(flow, project) == (
        "ec6ac1e087b0edd46b6c15d8c47044a8925a68d2e1f686ac08645031cb06ec6b",
        "152c1e1d1decdc62ed93884b8281c5e5fd8918e7db287e362443e23501b011e1",
    )


def test_a_change_of_the_project_is_a_change_of_the_whole_but_not_of_the_flow() -> None:
    whole, revision = hashes(ONE, PROJECT.replace("Acme", "Acne"))
    assert whole != hashes(ONE)[0]
    assert revision == hashes(ONE)[1]


def test_the_order_of_the_senders_is_a_change() -> None:
    """The first one whose countries fit sends."""
    first, main = (
        "first: {provider: simulator, number: '+18445550101'}",
        PROJECT.split("senders: {")[1].split("}}")[0] + "}",
    )
    assert main in PROJECT
    two, swapped = PROJECT.replace(main, f"{first}, {main}"), PROJECT.replace(main, f"{main}, {first}")
    assert hashes(ONE, two)[0] != hashes(ONE, swapped)[0]
