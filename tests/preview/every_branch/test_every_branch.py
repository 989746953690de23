"""Every way of a flow, found by playing it; and the tests that are written of it, which pass and reach everything."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import partial
from pathlib import Path

import pytest

from engine.deploy.project_files import open_regular
from engine.deploy.read_project import read_project
from engine.errors import UsageError
from engine.language.check import ProjectFiles, check, flow_file, is_flow_file
from engine.language.source import strict_yaml
from engine.language.values.moments import parse_moment
from engine.preview.every_branch.every_branch import EveryBranch, every_branch
from engine.preview.every_branch.saved_tests import Saved, name_of, with_tests
from engine.preview.flow_tests.coverage import Tally, coverage, report
from engine.preview.flow_tests.runner import Runner
from engine.preview.worlds.stage import Stage
from engine.registry import registry

ROOT = Path(__file__).resolve().parents[3]
PROJECTS = {"flows": ROOT / "flows", "shop": ROOT / "examples/shop"}
FLOWS = [
    (name, path.stem)
    for name, folder in PROJECTS.items()
    for path in sorted(folder.glob("**/*.yaml"))
    if re.search(r"^flow:", path.read_text("utf-8"), re.MULTILINE) and not path.name.endswith(".test.yaml")
]
START = parse_moment("2027-04-01 10:00")
COMMENT = "leadoff simulate --every-way --save-test"
HARD = """\
flow: hard
language: 1
trigger: [{event: list.joined, where: {event: {list: vip}}}, {keyword: JOIN}, manual]
entry: {require: {not: {contact: {tags: {has: staff}}}}}
exit_when:
  - {when: {happened: {event: order.placed, where: {event: {total: {at_least: 100}}}}}, reason: big order}
  - {when: {happened: order.placed}, reason: bought}
steps:
  - id: hero
    sms: {text: "Acme: hello {{ link('shop') }} Reply STOP to opt out", image: media/spring.jpg, otherwise: skip, on_quiet: skip}
  - id: tier
    switch:
      - when: {contact: {loyalty_tier: gold, orders: {at_least: 5}}}
        steps: [{id: a, sms: "Acme: gold"}]
      - when: {any: [{contact: {loyalty_tier: silver}}, {segment: fans}]}
        steps: [{id: b, sms: "Acme: silver"}]
      - else: [{id: c, sms: "Acme: no tier"}]
  - id: think
    delay: 2d
  - id: looked
    if: {all: [{clicked: {link: shop, since: hero}}, {not: {replied: {since: hero}}}]}
    then:
      - id: sure
        wait_for: {replied: {matches: "*sure*", since: hero}}
        up_to: 3h
        then: [{exit: sure}]
        on_timeout: [{exit: unsure}]
  - id: at_work
    if: {time: {between: ["09:00", "17:00"], days: [mon, tue, wed, thu, fri]}}
    then: [{id: d, sms: "Acme: at work"}]
  - id: half
    split:
      left: {weight: 1, steps: [{id: e, sms: "Acme: left"}]}
      right: {weight: 1, steps: [{id: f, sms: "Acme: right"}]}
"""


def saved(found: EveryBranch) -> list[Saved]:
    return [
        Saved(
            name_of(each.plot.said, each.ending), each.plot.fields, each.plot.consent, each.plot.start, each.plot.happens,
            each.ending, each.plot.draws, each.plot.beside, each.plot.days,
        )
        for each in found.stories
    ]  # fmt: skip


def read(project: str, flow: str) -> ProjectFiles:
    """A template stands alone, and what the other sixteen say is no matter; the flows of the shop know one another."""
    whole = read_project(PROJECTS[project])
    own = flow_file(whole.files, flow)
    kept = {path: text for path, text in whole.files.items() if path == own or not is_flow_file(path)}
    return whole._replace(files=kept) if project == "flows" else whole


def passes(project: str, files: Mapping[str, str], flow: str) -> str:
    """That the file of tests has no finding and all its tests pass; the table of coverage."""
    folder, there = PROJECTS[project], read(project, flow)
    checked = check(
        there._replace(files={**there.files, **{path: text.encode() for path, text in files.items()}}), registry()
    )
    assert [each for each in checked.findings if each.severity == "error" or each.file.endswith(".test.yaml")] == []
    tally, stage = Tally(), Stage(checked)
    (draft,) = [each for each in checked.tests if each.path in (f"flows/{flow}.test.yaml", f"{flow}.test.yaml")]
    for result in Runner(stage, partial(open_regular, folder), tally).run(draft):
        assert result.passed, (result.name, [each.message for each in result.differences])
    return "\n".join(report(coverage(stage, tally, [flow])))


@pytest.mark.parametrize(("project", "flow"), FLOWS)
def test_the_tests_of_a_template_are_written_by_the_machine_pass_and_reach_everything(project: str, flow: str) -> None:
    found = every_branch(Stage(check(read(project, flow), registry())), flow, START)
    text = with_tests(flow, saved(found), COMMENT, None)
    path = f"{'' if project == 'flows' else 'flows/'}{flow}.test.yaml"
    assert "= 100 %" in passes(project, {path: text}, flow)


def test_there_are_flows_to_try() -> None:
    assert len(FLOWS) >= 17


@pytest.fixture(scope="module")
def hard() -> Stage:
    """The shop with a flow that asks everything."""
    there = read_project(PROJECTS["shop"])
    project = there.files["leadoff.yaml"].decode() + "segments: {fans: {contact: {tags: {has: fan}}}}\n"
    files = {**there.files, "leadoff.yaml": project.encode(), "flows/hard.yaml": HARD.encode()}
    checked = check(there._replace(files=files), registry())
    assert checked.ok, [each for each in checked.findings if each.severity == "error"]
    return Stage(checked)


@pytest.fixture(scope="module")
def found(hard: Stage) -> EveryBranch:
    return every_branch(hard, "hard", START)


def test_fields_data_clicks_replies_clocks_and_draws_are_chosen_so_that_they_fit(
    hard: Stage, found: EveryBranch
) -> None:
    assert found.coverage.missing == (), [target.words for target in found.coverage.missing]
    again = every_branch(hard, "hard", START)
    assert [each.plot for each in again.stories] == [each.plot for each in found.stories]
    project = PROJECTS["shop"] / "leadoff.yaml"
    text = with_tests("hard", saved(found), COMMENT, None)
    files = {
        "leadoff.yaml": project.read_text("utf-8") + "segments: {fans: {contact: {tags: {has: fan}}}}\n",
        "flows/hard.yaml": HARD,
        "flows/hard.test.yaml": text,
    }
    assert "= 100 %" in passes("shop", files, "hard")


def test_what_no_story_reaches_is_said(hard: Stage) -> None:
    impossible = HARD.replace(
        "if: {all: [{clicked", "if: {all: [{contact: {orders: {above: 5, below: 3}}}, {clicked"
    ).replace("flow: hard", "flow: hard")
    there = read_project(PROJECTS["shop"])
    project = there.files["leadoff.yaml"].decode() + "segments: {fans: {contact: {tags: {has: fan}}}}\n"
    checked = check(
        there._replace(files={**there.files, "leadoff.yaml": project.encode(), "flows/hard.yaml": impossible.encode()}),
        registry(),
    )
    found = every_branch(Stage(checked._replace(findings=())), "hard", START)
    assert [target.words for target in found.coverage.missing if target.words.startswith("looked")] == [
        "looked was never true (then)"
    ]


# --- files --------------------------------------------------------------------------------------------------------


def test_tests_are_appended_and_what_was_there_stays(found: EveryBranch) -> None:
    tests = saved(found)[:2]
    first = with_tests("hard", tests, COMMENT, None)
    mine = first.replace("tests:\n", "tests:                   # mine\n")
    both = with_tests("hard", tests, COMMENT, strict_yaml.read("flows/hard.test.yaml", mine.encode()))
    assert both.startswith(mine)
    document = strict_yaml.read("flows/hard.test.yaml", both.encode())
    assert not document.findings
    names = [test["name"] for test in document.data["tests"]]
    assert len(names) == 4 and len(set(names)) == 4 and names[2] == f"{names[0]} (2)"


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("flow: other\ntests:\n  - name: a\n", "has no tests of hard"),
        ("tests:\n  - name: a\n", "has no tests of hard"),
        ("flow: hard\ntests: [{name: a}]\n", "cannot be appended"),
        ("tests:\n  - name: a\nflow: hard\n", "cannot be appended"),
        ("flow: hard\n", "cannot be appended"),
        ("- 1\n", "has no tests of hard"),
    ],
)
def test_a_file_that_cannot_be_appended_to_is_refused(found: EveryBranch, text: str, wrong: str) -> None:
    tests = saved(found)[:1]
    with pytest.raises(UsageError, match=wrong):
        with_tests("hard", tests, COMMENT, strict_yaml.read("flows/hard.test.yaml", text.encode()))


CARTS = """\
flow: carts
language: 1
trigger: {event: cart.left}
exit_when: [{when: {happened: order.placed}, reason: bought}]
steps:
  - {id: cart, sms: "Acme: your cart: {{ short(event.cart_url) }} Reply STOP to opt out"}
  - {id: think, delay: 1d}
  - id: looked
    if: {clicked: {since: cart}}
    then: [{id: thanks, sms: "Acme: still there: {{ short(event.cart_url) }}"}]
"""


def test_a_link_to_a_value_leads_to_a_made_up_address_that_is_allowed_and_is_clicked() -> None:
    there = read_project(PROJECTS["shop"])
    project = (
        there.files["leadoff.yaml"]
        .decode()
        .replace("{list: text}", "{list: text}\n  cart.left: {cart_url: {type: url, required: true}}")
    )
    files = {"leadoff.yaml": project, "flows/carts.yaml": CARTS}
    checked = check(there._replace(files={path: text.encode() for path, text in files.items()}), registry())
    assert checked.ok, [each for each in checked.findings if each.severity == "error"]
    found = every_branch(Stage(checked), "carts", START)
    text = with_tests("carts", saved(found), COMMENT, None)
    assert "https://acme.example/item" in text
    assert "clicked: event.cart_url" in text
    assert "{{ short(event.cart_url) }}" in text
    assert "= 100 %" in passes("shop", {**files, "flows/carts.test.yaml": text}, "carts")
