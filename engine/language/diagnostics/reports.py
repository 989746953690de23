"""Findings for machines: JSON, GitHub's workflow commands, SARIF 2.1.0.

Invariants: the content of a file can neither end a workflow command nor begin another. A report without findings is complete.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from engine import __version__
from engine.language.diagnostics.explanations import explanation
from engine.language.diagnostics.findings import Finding, Severity, visible

SARIF_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
GITHUB_COMMANDS: dict[Severity, str] = {"error": "error", "warning": "warning", "note": "notice"}


def as_json(findings: Sequence[Finding]) -> str:
    rows = [
        {
            "code": found.code,
            "severity": found.severity,
            "message": found.message,
            "help": found.help,
            "file": found.file,
            **found.span._asdict(),
            "path": found.path,
        }
        for found in findings
    ]
    return json.dumps({"format_version": 1, "findings": rows}, indent=2)


def as_github(findings: Sequence[Finding]) -> str:
    """One workflow command a finding: GitHub shows each beside its line of the pull request."""
    return "\n".join(_command(found) for found in findings)


def _command(found: Finding) -> str:
    return github_command(found, _told(found).split("\n"))


def github_command(found: Finding, lines: Sequence[str]) -> str:
    """It shows these lines beside the finding's place; they are visible already."""
    span = found.span
    properties = {
        "file": found.file,
        "line": span.line,
        "endLine": span.end_line,
        "col": span.column,
        "endColumn": span.end_column,
        "title": found.code,
    }
    words = ",".join(f"{name}={_property(str(value))}" for name, value in properties.items())
    said = "\n".join(lines)
    return f"::{GITHUB_COMMANDS[found.severity]} {words}::{_data(said)}"


def _told(found: Finding) -> str:
    lines = (found.message, f"help: {found.help}" if found.help else None)
    return "\n".join(visible(line) for line in lines if line)


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def as_sarif(findings: Sequence[Finding]) -> str:
    codes = sorted({found.code for found in findings})
    driver = {"name": "leadoff", "version": __version__, "rules": [_rule(code) for code in codes]}
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [_result(found, codes.index(found.code)) for found in findings],
    }
    return json.dumps({"$schema": SARIF_SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2)


def _rule(code: str) -> dict[str, Any]:
    told = explanation(code)
    if told is None:
        return {"id": code}
    return {
        "id": code,
        "shortDescription": {"text": told.title},
        "fullDescription": {"text": told.why},
        "help": {"text": told.text, "markdown": told.markdown},
    }


def _result(found: Finding, rule: int) -> dict[str, Any]:
    span = found.span
    region = {
        "startLine": span.line,
        "startColumn": span.column,
        "endLine": span.end_line,
        "endColumn": span.end_column,
    }
    place = {"artifactLocation": {"uri": _uri(found.file)}, "region": region}
    return {
        "ruleId": found.code,
        "ruleIndex": rule,
        "level": found.severity,
        "message": {"text": _told(found)},
        "locations": [{"physicalLocation": place}],
    }


def _uri(file: str) -> str:
    """Relative to the working directory, as code scanning expects; absolute for a file outside of it."""
    return ("file://" if file.startswith("/") else "") + quote(file.encode("utf-8", "surrogateescape"))
