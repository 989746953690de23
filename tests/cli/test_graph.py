"""`graph`: a flow as a drawing."""

from __future__ import annotations

import re

import pytest

from engine.store.sqlite.database import SqliteDatabase
from engine.store.states import PARKED
from tests.cli.conftest import Terminal
from tests.world import ADA, BEN, World

FLOW = """\
flow: welcome
language: 1
trigger: {event: list.joined, where: {event: {list: vip}}}
steps:
  - id: hero
    sms: {text: "Acme: Hi {{ contact.first_name | default('you') }}. Reply STOP to opt out", image: media/hero.png, otherwise: text}
  - id: think
    delay: 2d
  - id: reminder
    sms: "Acme: Still there?"
"""


def test_svg_is_the_default_and_goes_to_standard_output(closed_shop: Terminal) -> None:
    said = closed_shop.well("graph", "spring-drop")
    assert said.out.startswith("<svg ") and said.out.endswith("</svg>\n") and said.err == ""
    assert "data:image/jpeg;base64," in said.out


@pytest.mark.parametrize(
    ("name", "begins"), [("g.svg", b"<svg "), ("g.png", b"\x89PNG"), ("g.mmd", b"flowchart TD"), ("g", b"<svg ")]
)
def test_a_file_is_written_as_its_name_ends(closed_shop: Terminal, name: str, begins: bytes) -> None:
    said = closed_shop.well("graph", "spring-drop", "-o", name)
    assert (closed_shop.folder / name).read_bytes().startswith(begins)
    assert (said.out, said.err) == ("", f"spring-drop → {name}\n")


def test_the_format_goes_before_the_name_of_the_file(closed_shop: Terminal) -> None:
    closed_shop.well("graph", "spring-drop", "--format", "mermaid", "-o", "g.md")
    assert (closed_shop.folder / "g.md").read_text().startswith("flowchart TD")
    dark = closed_shop.well("graph", "spring-drop", "--theme", "dark").out
    assert "prefers-color-scheme" not in dark


def test_the_same_files_make_the_same_bytes(closed_shop: Terminal) -> None:
    for format in ("svg", "mermaid"):
        assert closed_shop.well("graph", "spring-drop", "--format", format) == closed_shop.well(
            "graph", "spring-drop", "--format", format
        )


def test_another_flow_may_have_mistakes_and_the_flow_itself_may_not(closed_shop: Terminal) -> None:
    (closed_shop.folder / "flows/broken.yaml").write_text(
        "flow: broken\nlanguage: 1\ntrigger: manual\nsteps: [{emial: x}]\n"
    )
    assert closed_shop.well("graph", "spring-drop").out.startswith("<svg ")
    said = closed_shop("graph", "broken")
    assert (said.code, said.out) == (1, "")
    assert said.err == "error: flows/broken.yaml has errors\nhelp: `leadoff check` shows them\n"


def test_a_flow_that_is_not_there_gets_the_nearest(closed_shop: Terminal) -> None:
    for words in (("graph", "spring-drip"), ("graph", "spring-drip", "--format", "mermaid")):
        said = closed_shop(*words)
        assert said.code == 2 and 'did you mean "spring-drop"?' in said.err


def test_a_file_that_cannot_be_written_is_said(closed_shop: Terminal) -> None:
    said = closed_shop("graph", "spring-drop", "-o", "nowhere/g.svg")
    assert said.code == 2 and "cannot write nowhere/g.svg" in said.err
    said = closed_shop("graph", "spring-drop", "-o", "flows")
    assert said.code == 2 and "flows is not a file" in said.err


def test_live_says_how_many_wait_at_each_step_of_what_is_deployed(terminal: Terminal) -> None:
    with World(terminal.folder, FLOW, strangers=True) as world:
        for phone in (ADA, BEN):
            world.event("list.joined", phone, {"list": "vip"})
        world.tick()
        world.app.database.write(
            lambda db: db.execute("UPDATE run SET status = ? WHERE contact = 2", (PARKED,)).rowcount
        )
    flow = terminal.folder / "flows/welcome.yaml"
    flow.write_text(flow.read_text().replace("delay: 2d", "delay: 9d"))
    said = terminal.well("graph", "welcome", "--live", "--format", "mermaid")
    assert "`**think** wait 2d\n1 waiting · 1 parked`" in said.out
    assert "ahead of deployment 1" in said.err
    drawn = terminal.well("graph", "welcome", "--live").out
    assert "1 waiting · 1 parked" in drawn and "2 inside, " in drawn and "deployment 1<" in drawn
    assert "data:image/jpeg;base64," in drawn


@pytest.mark.only("sqlite", "a server's database is there before its tables are")
def test_live_without_a_database_or_a_deployment_says_so(shop: Terminal) -> None:
    said = shop("graph", "spring-drop", "--live")
    assert said.code != 0 and "`leadoff apply`" in said.err
    SqliteDatabase(shop.folder / ".leadoff/leadoff.db").close()
    said = shop("graph", "spring-drop", "--live")
    assert said.code == 1 and "nothing is deployed yet" in said.err


TESTS = """\
flow: spring-drop
start: "2027-04-01 10:04"
contact: {first_name: Ada, phone: "+12025550143"}
happens: [{event: list.joined, data: {list: vip}}]
tests:
  - name: who does nothing gets one text more
    expect: [{mms: hero}, {sms: reminder}, {exit: no_purchase}]
"""


def test_coverage_dashes_what_no_test_reaches(closed_shop: Terminal) -> None:
    assert "untested" not in closed_shop.well("graph", "spring-drop", "--coverage", "--format", "mermaid").out
    (closed_shop.folder / "flows/spring-drop.test.yaml").write_text(TESTS)
    said = closed_shop.well("graph", "spring-drop", "--coverage")
    dashed = set(re.findall(r'class="[^"]*untested"([^>]*)', said.out))
    assert {re.sub(r' d=".*', "", each) for each in dashed} == {
        ' data-place="exit_when[0]"',
        ' data-step="did_they_look" data-place="steps[2]" data-branch="then"',
        ' data-place="steps[2].then[0]"',
        ' data-step="last_chance" data-place="steps[2].else[1]" data-branch="then"',
        ' data-place="steps[2].else[1].then[0]"',
    }
    assert "no test: otherwise" in said.out and "no test: where" in said.out
    assert re.search(r"tests reach \d of \d+, \d\d %; what is dashed no test reaches", said.out)
    assert said.err == ""


def test_coverage_says_where_tests_fail_or_are_not_there(closed_shop: Terminal) -> None:
    path = closed_shop.folder / "flows/spring-drop.test.yaml"
    path.write_text(TESTS.replace("{sms: reminder}, ", ""))
    assert closed_shop.well("graph", "spring-drop", "--coverage").err == "1 test failed: `leadoff test` shows them\n"
    path.unlink()
    said = closed_shop.well("graph", "spring-drop", "--coverage")
    assert said.err == "this flow has no tests\n" and "0 %" in said.out
    path.write_text(TESTS.replace("mms: hero", "mms: heron"))
    said = closed_shop("graph", "spring-drop", "--coverage")
    assert said.code == 1 and "flows/spring-drop.test.yaml has errors, so no test is run" in said.err
    said = closed_shop("graph", "spring-drop", "--coverage", "--live")
    assert said.code == 2 and "--live and --coverage exclude each other" in said.err
