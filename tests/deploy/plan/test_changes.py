"""The semantic diff of two versions of a project: what its author changed, in the author's words, and nothing else."""

from __future__ import annotations

import pytest

from engine.deploy.plan.changes import Changes, FlowChange, changes_of
from engine.deploy.plan.field_changes import FieldChange
from engine.language.compiler import canonical_hash
from tests.deploy.versions import FLOW, version
from tests.world import PROJECT


def of_flow(*edits: tuple[str, str]) -> FlowChange:
    """What is told of FLOW with these replacements."""
    text = FLOW
    for before, after in edits:
        assert before in text
        text = text.replace(before, after)
    (found,) = changes_of(version(FLOW), version(text)).flows
    return found


def told(change: FlowChange) -> list[tuple[str, str | None]]:
    return [(step.change, step.step) for step in change.steps]


def test_formatting_comments_and_order_of_keys_are_no_change() -> None:
    other = FLOW.replace("  - id: think\n    delay: 2d", "  # why\n  - delay: {for:   2d}\n    id: think")
    assert other != FLOW
    found = changes_of(version(FLOW), version(other))
    assert not found.there
    assert [flow.change for flow in found.flows] == ["same"]


def test_a_field_is_told_as_its_author_wrote_it() -> None:
    found = of_flow(("delay: 2d", "delay: 3d"))
    (think,) = found.steps
    assert (think.change, think.step, think.verb) == ("changed", "think", "delay")
    assert think.fields == (FieldChange("delay", "2d", "3d"),)
    assert think.old_place == ("steps", 1)


def test_a_text_is_told_with_its_parts_and_price() -> None:
    found = of_flow(("10% off today", f"15% off until Sunday{', and so on' * 12}"))
    (reminder,) = found.steps
    assert [field.kind for field in reminder.fields] == ["text"]
    costs = found.costs["reminder"]
    assert costs.before and costs.after
    assert (costs.before.parts[1], costs.after.parts[1]) == (1, 2)


THANKS = """\
flow: thanks
language: 1
category: transactional
trigger: {event: order.placed}
steps:
  - {id: one, sms: TEXT}
"""


def in_languages(before: str, after: str) -> tuple[FieldChange, ...]:
    (found,) = changes_of(*(version(THANKS.replace("TEXT", text)) for text in (before, after))).flows
    return tuple(field for step in found.steps for field in step.fields)


def test_of_a_text_in_several_languages_each_is_told_for_itself() -> None:
    both = "{text: {en: Thank you, es: Gracias}}"
    assert in_languages(both, "{text: {en: Thank you, es: Mil gracias, fr: Merci}}") == (
        FieldChange("text.es", "Gracias", "Mil gracias", "text"),
        FieldChange("text.fr", None, "Merci", "text"),
    )
    assert in_languages("Thank you", both) == (FieldChange("text.es", None, "Gracias", "text"),)
    assert in_languages(both, "Thanks") == (
        FieldChange("text.en", "Thank you", "Thanks", "text"),
        FieldChange("text.es", "Gracias", None, "text"),
    )
    assert in_languages(both, "{text: {es: Gracias, en: Thank you}}") == (
        FieldChange("text, the first language", "en", "es"),
    )


def test_a_condition_is_told_in_words() -> None:
    found = of_flow(
        ("- if: {clicked: {link: shop, since: hero}}", "- if: {clicked: {link: shop, since: hero}, replied: true}")
    )
    ((change,),) = [step.fields for step in found.steps]
    assert change == FieldChange("if", "clicked shop since hero", "clicked shop since hero and replied", "condition")


def test_a_default_that_is_written_now_is_told_with_what_it_was() -> None:
    found = of_flow(("otherwise: text}", "otherwise: text, on_quiet: skip}"))
    assert found.steps[0].fields == (FieldChange("on_quiet", "hold", "skip"),)


def test_steps_come_and_go_where_they_are() -> None:
    more = ("  - id: think", '  - id: promo\n    sms: "Acme: more"\n  - update: {add_tags: [seen]}\n  - id: think')
    assert told(of_flow(more)) == [("added", "promo"), ("added", None)]
    (gone,) = changes_of(version(FLOW.replace(*more)), version(FLOW)).flows
    assert told(gone) == [("removed", "promo"), ("removed", None)]
    assert all(step.reads_like is None for step in gone.steps)


def test_what_is_in_a_step_that_goes_is_not_told_again() -> None:
    found = of_flow(("last_chance", "last_wait"))
    assert told(found) == [("removed", "last_chance"), ("added", "last_wait")]
    assert found.steps[0].reads_like == "last_wait"


def test_a_guess_needs_more_than_the_same_verb() -> None:
    other = FLOW.replace(
        "      - id: reminder\n        sms: \"Acme: Still thinking? 10% off today: {{ link('shop') }}\"\n", ""
    )
    other = other.replace("since: reminder", "since: hero").replace(
        "  - id: think", '  - id: hello\n    sms: "Something else entirely"\n  - id: think'
    )
    (found,) = changes_of(version(FLOW), version(other)).flows
    gone = next(step for step in found.steps if step.step == "reminder")
    assert (gone.change, gone.reads_like) == ("removed", None)


def test_a_step_that_stands_elsewhere_is_the_same_step() -> None:
    think = "  - id: think\n    delay: 2d\n"
    (found,) = changes_of(
        version(FLOW), version(FLOW.replace(think, "").replace("  - id: hero", f"{think}  - id: hero"))
    ).flows
    ((place,),) = [step.fields for step in found.steps]
    assert place.kind == "place"
    assert {place.before, place.after} <= {"behind hero", "behind think", "first"}


def test_steps_that_move_together_are_told_once() -> None:
    head, tail = FLOW.split("  - id: hero")
    body = "\n".join(f"      {line}" if line else line for line in f"  - id: hero{tail}".split("\n"))
    inside = f"{head}  - if: {{contact: {{tier: gold}}}}\n    then:\n{body}"
    (found,) = changes_of(version(FLOW), version(inside)).flows
    assert [(step.change, step.step) for step in found.steps] == [("added", None), ("changed", "hero")]
    assert found.steps[1].fields[0].after == "first in `then` of `if`, with 2 steps behind it"


def test_another_verb_under_the_same_id_is_told() -> None:
    found = of_flow(("delay: 2d", "wait_for: {replied: true}\n    up_to: 2d"))
    ((change,),) = [step.fields for step in found.steps]
    assert change == FieldChange("verb", "delay: wait 2d", "wait_for: wait up to 2d for replied")


SPLIT = """\
flow: spring
language: 1
trigger: {event: list.joined}
steps:
  - id: subject
    split:
      short: {weight: 50, steps: [{id: few, sms: "Acme: here. Reply STOP to opt out"}]}
      long: {weight: 50, steps: [{id: many, sms: "Acme: it is here. Reply STOP to opt out"}]}
"""


def test_the_weights_of_a_split() -> None:
    after = SPLIT.replace("short: {weight: 50", "short: {weight: 70")
    (found,) = changes_of(version(SPLIT), version(after)).flows
    ((change,),) = [step.fields for step in found.steps]
    assert change == FieldChange("split.short.weight", "50", "70")


def test_a_branch_of_a_split_that_is_new() -> None:
    (found,) = changes_of(version(SPLIT), version(f"{SPLIT}      none: {{weight: 10, steps: []}}\n")).flows
    ((change,),) = [step.fields for step in found.steps]
    assert change == FieldChange("split.none", None, "{weight: 10}")


def test_a_flow_of_its_own_fields() -> None:
    found = of_flow(
        ("where: {event: {list: vip}}", "where: {event: {list: [vip, gold]}}"), ("reason: con", "reason: uncon")
    )
    assert found.fields == (
        FieldChange("trigger.where", "list vip", "list vip or gold", "condition"),
        FieldChange("exit_when.reason", "converted", "unconverted"),
    )


def test_one_more_exit_condition() -> None:
    found = of_flow(("reason: converted}", "reason: converted}\n  - {when: {replied: true}, reason: talks}"))
    assert found.fields == (FieldChange('exit_when "talks"', None, "talks, when replied"),)


def test_the_picture_behind_the_same_name() -> None:
    found = changes_of(version(FLOW), version(FLOW, picture="b"))
    ((hero,),) = [flow.steps for flow in found.flows]
    assert (hero.step, hero.fields[0].kind) == ("hero", "picture")
    assert found.there


def test_settings_and_segments() -> None:
    project = PROJECT.replace("quiet_hours: off", 'quiet_hours: {between: ["21:00", "09:00"]}').replace(
        "rate: 1000", "rate: 3"
    )
    found = changes_of(
        version(FLOW, gold="{contact: {tier: gold}}"),
        version(FLOW, project=project, gold="{contact: {orders: {above: 3}}}"),
    )
    assert found.settings == (
        FieldChange("senders.main.rate", "1000", "3"),
        FieldChange("quiet_hours", "off", "{between: [21:00, 09:00]}"),
    )
    assert found.segments == (FieldChange("gold", "contact tier gold", "contact orders above 3", "condition"),)


def test_the_order_of_senders_means_something() -> None:
    one = '  main: {provider: simulator, number: "+18445550100", rate: 1000, countries: [US, CA, JM]}\n'
    two = '  spare: {provider: simulator, number: "+18445550101", countries: [US]}\n'
    found = changes_of(
        version(FLOW, project=PROJECT.replace(one, one + two)), version(FLOW, project=PROJECT.replace(one, two + one))
    )
    assert found.settings == (FieldChange("senders, the order", "main, spare", "spare, main"),)


def test_flows_come_and_go() -> None:
    found = changes_of(version(FLOW), version(SPLIT.replace("spring", "autumn")))
    assert [(flow.flow, flow.change) for flow in found.flows] == [("autumn", "added"), ("spring", "removed")]
    assert [flow.change for flow in changes_of(None, version(FLOW)).flows] == ["added"]


EDITS = [
    ("2d", "2h"), ("3d", "4d"), ("hero", "heroine"), ("[{exit: engaged}]", "[]"), ("reminder", "nudge"), ("converted", "bought"),
    ("then: [{exit: engaged}]\n    else", "then: [{exit: looked}]\n    else"), ("vip", "VIP"), ("Acme: Still", "Acme, still"),
    ("language: 1", "language: 1\ndescription: of spring"), ("language: 1", "language: 1\ncategory: transactional"),
    ("  - id: think\n    delay: 2d\n", ""), ("otherwise: text", "otherwise: skip"), (", image: media/hero.png, otherwise: text", ""),
    ("language: 1", "language: 1\nentry: {again_after: 3d}"), ("exit: no_purchase", "exit: nothing"), ("2d", "48h"),
]  # fmt: skip


@pytest.mark.parametrize("edit", EDITS, ids=[after.strip()[:20] or "nothing" for _, after in EDITS])
def test_whatever_is_another_project_is_told_and_whatever_is_told_is_another_one(edit: tuple[str, str]) -> None:
    one, two = version(FLOW), version(FLOW.replace(*edit))

    def there(found: Changes) -> bool:
        return found.there

    assert canonical_hash(one) != canonical_hash(two)
    assert there(changes_of(one, two)) and there(changes_of(two, one))
