"""Findings for machines: GitHub's workflow commands and SARIF 2.1.0."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from engine.language.diagnostics.findings import Finding, Severity, Span
from engine.language.diagnostics.rendering import render

SCHEMA = json.loads((Path(__file__).with_name("sarif-2.1.0.json")).read_bytes())


def finding(severity: Severity = "error", **changes: Any) -> Finding:
    span = Span(34, 5, 34, 10)
    told = Finding("LO202", severity, 'unknown step "delya"', 'did you mean "delay"?', "flows/a.yaml", span)
    return told._replace(**changes)


def sarif(*findings: Finding) -> Any:
    log = json.loads(render(findings, {}, "sarif"))
    jsonschema.Draft202012Validator(SCHEMA).validate(log)
    return log["runs"][0]


def test_a_finding_is_one_command_for_github() -> None:
    assert render([finding()], {}, "github") == (
        "::error file=flows/a.yaml,line=34,endLine=34,col=5,endColumn=10,title=LO202"
        '::unknown step "delya"%0Ahelp: did you mean "delay"?'
    )


@pytest.mark.parametrize(("severity", "command"), [("error", "error"), ("warning", "warning"), ("note", "notice")])
def test_github_calls_a_note_a_notice(severity: Severity, command: str) -> None:
    assert render([finding(severity)], {}, "github").startswith(f"::{command} ")


def test_nothing_that_a_file_holds_begins_another_command() -> None:
    hostile = finding(message="50% off\n::set-output name=a::b\r", file="flows/a,line=1:\n.yaml", help=None)
    shown = render([hostile], {}, "github")
    assert "\n" not in shown
    assert "\r" not in shown
    assert "file=flows/a%2Cline=1%3A%0A.yaml,line=34" in shown
    assert r"::50%25 off\x0a::set-output name=a::b\x0d" in shown


@pytest.mark.parametrize("format", ["github", "sarif", "json"])
def test_of_no_findings_there_is_a_report_too(format: Any) -> None:
    shown = render([], {}, format)
    assert shown == "" if format == "github" else json.loads(shown)


def test_sarif_points_at_code_points_and_knows_the_rule() -> None:
    run = sarif(finding(), finding("note", code="LO414", file="flows/b.yaml"), finding("warning", code="LO504"))
    assert run["columnKind"] == "unicodeCodePoints"
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == ["LO202", "LO414", "LO504"]
    first = run["results"][0]
    assert (first["ruleId"], first["ruleIndex"], first["level"]) == ("LO202", 0, "error")
    assert [result["level"] for result in run["results"]] == ["error", "warning", "note"]
    assert first["locations"][0]["physicalLocation"] == {
        "artifactLocation": {"uri": "flows/a.yaml"},
        "region": {"startLine": 34, "startColumn": 5, "endLine": 34, "endColumn": 10},
    }
    assert "delay" in run["tool"]["driver"]["rules"][0]["help"]["text"]


@pytest.mark.parametrize(
    ("file", "uri"),
    [("flows/günther rabatt.yaml", "flows/g%C3%BCnther%20rabatt.yaml"), ("/tmp/a:b.yaml", "file:///tmp/a%3Ab.yaml")],
)
def test_sarif_names_files_by_uri(file: str, uri: str) -> None:
    run = sarif(finding(file=file))
    assert run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == uri


def test_sarif_of_a_code_without_a_text_is_whole() -> None:
    assert sarif(finding(code="LO999"))["tool"]["driver"]["rules"] == [{"id": "LO999"}]


def test_the_schema_refuses_what_is_no_sarif() -> None:
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(SCHEMA).validate({"version": "2.1.0", "runs": [{"results": []}]})
