"""`leadoff check` and `leadoff rule` as they are called."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from engine.cli import run

SHOP = Path(__file__).parents[2] / "examples/shop"
FLOW = "flow: a\nlanguage: 1\ncategory: transactional\ntrigger: manual\nsteps:\n"


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    folder = tmp_path / "shop"
    shutil.copytree(SHOP, folder, ignore=shutil.ignore_patterns(".leadoff"))
    return folder


def test_the_example_has_no_problem(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["check", str(shop), "--strict"]) == 0
    assert capsys.readouterr() == ("", "no problems\n")


def test_formats_go_to_stdout_and_the_summary_does_not(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (shop / "flows/a.yaml").write_text(FLOW + "  - {id: think, delya: 2d}\n", "utf-8")
    for format, begins in (("github", "::error file="), ("sarif", "{"), ("json", "{"), ("concise", str(shop))):
        assert run(["check", str(shop), "--format", format]) == 1
        out, err = capsys.readouterr()
        assert out.startswith(begins)
        assert err == "1 error in 1 file\n"
    assert run(["check", str(shop), "--format", "xml"]) == 2


def test_strict_counts_warnings_and_not_notes(shop: Path) -> None:
    (shop / "flows/a.yaml").write_text(FLOW + "  - if: {clicked: shop}\n", "utf-8")
    assert run(["check", str(shop)]) == 0
    assert run(["check", str(shop), "--strict"]) == 1
    marketing = FLOW.replace("transactional", "marketing") + "  - {id: hero, sms: Hello}\n"
    (shop / "flows/a.yaml").write_text(marketing, "utf-8")
    assert run(["check", str(shop), "--strict"]) == 0


def test_fix_writes_what_is_sure_and_shows_the_rest(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = shop / "flows/a.yaml"
    steps = "  - {id: think, delay: 2 days}  # quiet\n  - {id: think, delay: 3d}\n"
    path.write_bytes(b"\xef\xbb\xbf" + (FLOW + steps).replace("\n", "\r\n").encode())
    assert run(["check", str(shop), "--fix", "--format", "json"]) == 1
    out, err = capsys.readouterr()
    assert [found["code"] for found in json.loads(out)["findings"]] == ["LO301"]
    assert err == "  flows/a.yaml: 1 fixed\n1 error in 1 file\n"
    fixed = (FLOW + steps.replace("2 days", "2d")).replace("\n", "\r\n").encode()
    assert path.read_bytes() == b"\xef\xbb\xbf" + fixed


def test_fix_leaves_alone_what_was_not_asked_about(shop: Path) -> None:
    path = shop / "flows/a.yaml"
    path.write_text(FLOW + "  - {id: think, delay: 2 days}\n", "utf-8")
    assert run(["check", str(shop / "flows/spring-drop.yaml"), "--fix"]) == 0
    assert "2 days" in path.read_text("utf-8")


def test_contacts_are_looked_at_too(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with (shop / "contacts.csv").open("a") as file:
        file.write("+1202555,Eve\n")
    assert run(["check", str(shop), "--format", "concise"]) == 1
    assert "contacts.csv:" in capsys.readouterr().out
    assert run(["check", str(shop / "contacts.csv"), "--format", "concise"]) == 1
    assert run(["check", str(shop / "flows")]) == 0


def test_rule_explains_with_examples(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["rule", "lo202"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("LO202: Unknown step\n\n")
    assert "\nBad:\n\n    steps:\n" in out
    assert "\nGood:\n\n    steps:\n" in out


def test_rule_alone_lists_them(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["rule"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines == sorted(lines)
    assert "LO202  Unknown step" in lines


def test_a_code_that_there_is_not(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["rule", "LO2002"]) == 2
    assert 'there is no finding "LO2002"' in capsys.readouterr().err


def test_a_schema_of_another_version_is_named_until_it_is_renewed(
    shop: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["schema", "--write", "--project", str(shop)]) == 0
    schema = shop / "schemas/flow.schema.json"
    schema.write_bytes(schema.read_bytes().replace(b"sms", b"smz"))
    capsys.readouterr()
    assert run(["check", str(shop), "--strict", "--format", "concise"]) == 1
    assert capsys.readouterr().out == f"{schema}:1:1: warning[LO707]: this schema was written by another version\n"
    assert run(["schema", "--write", "--project", str(shop)]) == 0
    assert run(["check", str(shop), "--strict"]) == 0
