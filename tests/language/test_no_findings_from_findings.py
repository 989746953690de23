"""One mistake breeds no other: whatever is spoiled in a project, nothing is found but at that place."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from blocks.registry import REGISTRY
from engine.language.check import ProjectFiles, check
from engine.language.diagnostics.findings import Finding, Loc, dotted
from engine.language.source import strict_yaml
from tests.walker import IMAGE

SHOP = """\
project: acme
brand: Acme
timezone: America/New_York
senders:
  main: {provider: simulator, number: "+18445550100", kind: toll_free, countries: [US, CA], mms: true, rate: 3}
links: {shop: "https://acme.example/spring"}
fields: {tier: {type: text, max: 10}, orders: integer, renewal: date}
events:
  list.joined: {list: text}
  order.placed: {order_id: {type: text, required: true}, total: money}
segments: {vip: {contact: {tags: {has: vip}}}}
caps: {marketing: {per_day: 2, per_week: 4}}
quiet_hours: {between: ["20:00", "09:00"], state_rules: true}
prices: {US: {sms: 0.015, mms: 0.045}}
countries: [US, CA]
"""

FLOW = """\
flow: sample
language: 1
description: Everything that a flow can have.
category: marketing
trigger:
  - event: order.placed
    where: {event: {total: {above: 50}}}
  - schedule: {cron: "0 9 * * MON", timezone: contact, audience: vip}
  - date: {field: contact.renewal, offset: -3d, time: "09:00"}
entry:
  require: {contact: {orders: {at_least: 3}}}
  while_active: ignore
  again_after: 90d
exit_when:
  - when: {happened: {event: order.placed, since: entry, at_least: 2}}
    reason: converted
quiet_hours: {between: ["21:00", "09:00"]}
steps:
  - id: hero
    sms:
      text: 'Acme: hi {{ contact.first_name | default("there") }}, {{ link("shop") }} Reply STOP to opt out'
      image: media/spring.png
      alt: A coat
      otherwise: link
      sender: main
      on_quiet: hold
  - id: think
    delay: 2d
  - id: day
    delay: {until: {field: contact.renewal, offset: -1d, time: "10:00"}}
  - id: look
    if: {clicked: {link: shop, since: hero}}
    then:
      - exit: engaged
    else:
      - id: reminder
        sms: "Acme: still thinking? {{ link('shop') }}"
      - id: last_chance
        wait_for: {replied: {since: reminder, matches: "yes*"}}
        up_to: 3d
        then: [{update: {set: {tier: gold}, add_tags: [vip], consent: subscribed}}]
        on_timeout: [{exit: silent}]
  - switch:
      - when: {time: {between: ["09:00", "17:00"], days: [mon, tue]}}
        steps: [{emit: {event: list.joined, data: {list: vip}}}]
      - else: [{exit: other}]
  - id: cut
    split:
      short: {weight: 50, steps: [{exit: short}]}
      long: {weight: 50, steps: [{exit: long}]}
"""

FILES = {"leadoff.yaml": SHOP, "flows/sample.yaml": FLOW}
NAMES = (
    "fields",
    "events",
    "list.joined",
    "order.placed",
    "links",
    "senders",
    "segments",
    "split",
    "contact",
    "event",
    "set",
    "data",
)
"""Under these a key is an author's own name: misspelling it is another mistake."""
DOCUMENTS = {path: strict_yaml.read(path, text.encode()) for path, text in FILES.items()}


def found(files: dict[str, str]) -> set[Finding]:
    raw = {path: text.encode() for path, text in files.items()}
    return set(check(ProjectFiles(raw, lambda path: IMAGE), REGISTRY).findings)


def spoiled(kind: str) -> Iterator[tuple[str, Loc, str]]:
    """(file, place, the file's text with that one place spoiled): for every value or key of the project."""
    for path, document in DOCUMENTS.items():
        marks, source = document.marks, FILES[path]
        for loc in marks.values if kind == "wrong" else marks.keys:
            if not loc or (kind != "wrong" and not isinstance(loc[-1], str)):
                continue
            start, end = marks.values[loc]
            rest = ("\n" if source[end - 1] == "\n" else "") + source[end:]
            if kind == "wrong":
                yield path, loc, source[:start] + '[["?"]]' + rest
            elif kind == "empty":
                yield path, loc, source[:start] + rest
            elif len(loc) < 2 or loc[-2] not in NAMES:
                end = marks.keys[loc][1]
                yield path, loc, source[:end] + "x" + source[end:]


def test_as_it_stands_there_is_no_error() -> None:
    assert [each for each in found(FILES) if each.severity == "error"] == []


@pytest.mark.parametrize("kind", ["wrong", "empty", "misspelt"])
def test_a_spoiled_place_has_one_finding_and_no_other_place_has_any(kind: str) -> None:
    before = {(each.code, each.path) for each in found(FILES)}
    for path, loc, text in spoiled(kind):
        new = [each for each in found({**FILES, path: text}) if (each.code, each.path) not in before]
        assert len(new) == 1, (loc, new)
        assert new[0].file == path
        assert new[0].path.startswith(dotted(loc)), (loc, new)


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ("if: {time: {days: [Friday]}}", "LO207"),
        ('if: {time: {between: ["20:00"]}}', "LO206"),
        ("if: {contact: {orders: {at_least: 0123}}}", "LO206"),
        ("if: {contact: {tier: }}", "LO205"),
        ("if: {happened: {evnt: order.placed}}", "LO201"),
    ],
)
def test_a_wrong_condition_is_not_taken_for_another_one(wrong: str, code: str) -> None:
    flow = FLOW.replace("if: {clicked: {link: shop, since: hero}}", wrong)
    before = {each.code for each in found(FILES)}
    assert {each.code for each in found({**FILES, "flows/sample.yaml": flow})} - before == {code}


def test_a_wrong_category_is_not_taken_for_marketing() -> None:
    flow = (
        "flow: sample\nlanguage: 1\ntrigger: manual\ncategory: transactonal\nsteps: [{id: code, sms: Your code is 7}]\n"
    )
    assert [each.code for each in found({**FILES, "flows/sample.yaml": flow})] == ["LO207"]


def test_what_a_rule_has_to_say_of_other_files_stands() -> None:
    """`exit_when` of one flow cannot be read, so nothing is said of it; of another one it is."""
    two = "flow: {}\nlanguage: 1\ntrigger: manual\n{}steps: [{{id: a, sms: x}}, {{id: b, delay: 2d}}, {{id: c, sms: y}}]\n"
    flows = {"flows/sample.yaml": two.format("sample", "exit_when: 5\n"), "flows/two.yaml": two.format("two", "")}
    assert [each.file for each in found({**FILES, **flows}) if each.code == "LO505"] == ["flows/two.yaml"]


@pytest.mark.parametrize("spoilt", ["image: [media/a.png]", "collage: 5", "collage: [media/a.png, 5]"])
def test_a_picture_that_cannot_be_read_keeps_no_rule_from_the_rest_of_its_file(spoilt: str) -> None:
    flow = (
        "flow: sample\nlanguage: 1\ntrigger: manual\ncategory: transactional\nsteps:\n"
        f"  - {{id: a, sms: {{text: x, {spoilt}, otherwise: text}}}}\n"
        "  - {id: b, sms: {text: y, otherwise: text}}\n"
        "  - {id: c, sms: {text: z, image: ../a.png}}\n"
        "  - {id: d, sms: {text: z, image: media/b.png, card: true, otherwise: text}}\n"
    )
    new = {(each.code, each.path) for each in found({**FILES, "flows/sample.yaml": flow})}
    assert new >= {
        ("LO604", "steps[1].sms.otherwise"),
        ("LO603", "steps[2].sms.image"),
        ("LO604", "steps[2].sms.image"),
        ("LO609", "steps[3].sms.card"),
        ("LO618", "steps[3].sms.card"),
    }


GOAL = "{event: order.placed, id: order_id, value: total, refund: {event: order.placed, id: order_id, value: total}}"
SPOILT_GOAL = GOAL.replace("event: order.placed", "event: 5", 1)
SPOILT_REFUND = GOAL.replace("refund: {event: order.placed", "refund: {event: 5")
SOURCE = "{kind: shopify, events: {carts/update: {event: 5}, orders/create: {event: NAME, data: {}}}}"


@pytest.mark.parametrize(
    ("written", "said"),
    [
        (f"goals: {{first: {SPOILT_GOAL}, then: {GOAL}}}", ("LO323", "goals.then.refund.event")),
        (f"goals: {{first: {SPOILT_REFUND}, then: {GOAL}}}", ("LO323", "goals.then.refund.event")),
        (
            f"goals: {{first: {SPOILT_GOAL}, then: {GOAL}}}\nsources: {{one: {SOURCE}, two: {SOURCE}}}".replace(
                "NAME", "order.placed"
            ),
            ("LO325", "goals.then.event"),
        ),
        (
            f"sources: {{one: {SOURCE}}}".replace("NAME", "text.received"),
            ("LO324", "sources.one.events.orders/create.event"),
        ),
        ("texts: {help: 5, first: {en: Hello, es: Hola}, away: We are away}", ("LO419", "texts.away")),
        ("texts: {help: 5}", ("LO414", "steps[0].sms")),
    ],
)
def test_a_value_of_leadoff_yaml_that_cannot_be_read_keeps_no_rule_from_the_others(
    written: str, said: tuple[str, str]
) -> None:
    flow = "flow: sample\nlanguage: 1\ntrigger: manual\nsteps: [{id: a, sms: hi}]\n"
    new = found({"leadoff.yaml": f"{SHOP}{written}\n", "flows/sample.yaml": flow})
    assert said in {(each.code, each.path) for each in new}
