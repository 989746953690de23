"""One walk over all paths of a flow: what each step sees, where runs end, and what rules say because of it."""

from __future__ import annotations

import re

from engine.core.block import Step
from engine.language.lint.paths import Walked, walk_paths
from tests.walker import checked

HEAD = "flow: test\nlanguage: 1\ntrigger: manual\nsteps:\n"
MMS = "sms: {text: Look, image: media/a.jpg, otherwise: text}"


def walked(steps: str) -> Walked[frozenset[str]]:
    """States are the ids of the steps that some path has passed."""
    (flow,) = checked(HEAD + steps).flows.values()

    def passing(passed: frozenset[str], step: Step) -> frozenset[str]:
        return passed | {step.id} if step.id else passed

    return walk_paths(flow.steps, frozenset[str](), passing, frozenset.union)


def codes(steps: str) -> list[str]:
    """The findings of the rules that look at paths, with their lines in `steps`."""
    found = checked(HEAD + steps).findings
    return [f"{each.code} {each.span.line - 4}" for each in found if re.match("LO(302|501|530|531|613)", each.code)]


def test_a_branch_that_may_be_passed_by_is_joined_with_the_path_past_it() -> None:
    found = walked("""\
  - {id: call, webhook: {url: "https://crm.example/x"}, on_error: [{id: sorry, sms: Sorry}, exit: failed]}
  - {id: think, delay: 1d}
""")
    assert [(visit.step.id, sorted(visit.state), visit.reached) for visit in found.visits] == [
        ("call", [], True),
        ("sorry", ["call"], True),
        (None, ["call", "sorry"], True),
        ("think", ["call"], True),
    ]
    assert [sorted(end) for end in found.ends] == [["call", "sorry"], ["call", "think"]]


def test_what_no_path_reaches_is_visited_and_counts_nowhere() -> None:
    found = walked("""\
  - if: {contact: {tags: {has: vip}}}
    then: [exit: bought, {id: dead, sms: Hi}]
    else: [{id: alive, sms: Hi}]
  - {id: last, sms: Bye}
""")
    states = {visit.step.id: (sorted(visit.state), visit.reached) for visit in found.visits}
    assert states["dead"] == ([], False)
    assert states["last"] == (["alive"], True)


def test_behind_the_end_of_every_path_the_first_step_names_it() -> None:
    found = walked("  - exit: bought\n  - {id: one, sms: Hi}\n  - {id: two, sms: Hi}\n")
    assert [(visit.step.id, visit.ended is not None, visit.reached) for visit in found.visits] == [
        (None, False, True),
        ("one", True, False),
        ("two", False, False),
    ]
    assert found.ends == [frozenset()]


def test_a_step_behind_a_web_call_whose_failures_exit_has_that_call_behind_it() -> None:
    call = '  - {id: call, webhook: {url: "https://crm.example/x"}, on_error: [exit: failed]}\n'
    wait = "  - {id: buy, wait_for: {happened: {event: order.placed, since: call}}, up_to: 1d}\n"
    assert codes(call + wait) == []


def test_a_step_in_a_branch_that_may_be_passed_by_is_no_target() -> None:
    call = '  - {id: call, webhook: {url: "https://crm.example/x"}, on_error: [{id: pause, delay: 1d}]}\n'
    wait = "  - {id: buy, wait_for: {happened: {event: order.placed, since: pause}}, up_to: 1d}\n"
    assert codes(call + wait) == ["LO302 2"]


def test_a_second_picture_is_second_only_on_its_own_path() -> None:
    first = f"  - if: {{contact: {{tags: {{has: vip}}}}}}\n    then: [{{id: a, {MMS}}}%s]\n"
    second = f"  - {{id: b, {MMS}}}\n"
    assert codes(first % "" + second) == ["LO613 3"]
    assert codes(first % ", exit: shown" + second) == []
