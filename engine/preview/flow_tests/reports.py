"""Results of flow tests for machines: JSON, JUnit, GitHub's workflow commands.

Invariants: the place of a failure is in its message too, because readers of JUnit drop it; what cannot be in XML is left out. GitHub shows
ten errors of a step, so at most ten are written, and the last says how many more there are.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from engine.clock import instant
from engine.language.diagnostics import reports
from engine.language.diagnostics.findings import Finding, dotted, visible
from engine.preview.flow_tests.coverage import Coverage, percent
from engine.preview.flow_tests.failure_text import Where, span_of, story
from engine.preview.flow_tests.judge import Difference
from engine.preview.flow_tests.runner import Result

MOST_ON_GITHUB = 10
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def as_json(results: Sequence[tuple[Result, Where]], covered: Sequence[Coverage] | None = None) -> str:
    rows = [_row(result, where) for result, where in results]
    failed = sum(not result.passed for result, _ in results)
    about: dict[str, Any] = {"format_version": 1, "passed": len(rows) - failed, "failed": failed, "tests": rows}
    if covered is not None:
        about["coverage"] = {"percent": int(percent(covered)), "flows": [_covered(each) for each in covered]}
    return json.dumps(about, indent=2, ensure_ascii=False)


def _row(result: Result, where: Where) -> dict[str, Any]:
    row: dict[str, Any] = {
        "file": where.prefix + result.draft.path,
        "line": result.draft.document.marks.key(result.case.loc).line,
        "flow": result.draft.tests.flow,
        "name": result.title,
        "passed": result.passed,
        "failures": [_difference(result, found) for found in result.differences],
    }
    if result.ending is not None:
        moments = result.ending.story.moments
        row["timezone"] = result.ending.story.zone
        row["story"] = [
            {"at": instant(each.at), "kind": each.kind, "what": each.what, "flow": each.flow, "step": each.step}
            for each in moments
        ]
    return row


def _covered(flow: Coverage) -> dict[str, Any]:
    missing = [{"file": each.file, "line": each.line, "what": each.words} for each in flow.missing]
    return {"flow": flow.flow, "reached": flow.hits, "of": len(flow.targets), "missing": missing}


def _difference(result: Result, found: Difference) -> dict[str, Any]:
    span = span_of(result, found)
    return {
        "message": found.message,
        "path": dotted(found.loc),
        "line": span.line,
        "column": span.column,
        "expected": found.expected,
        "actual": found.actual,
        "moment": found.entry,
    }


def as_github(results: Sequence[tuple[Result, Where]], covered: Sequence[Coverage] | None = None) -> str:
    failed = [(result, where) for result, where in results if not result.passed]
    shown = failed if len(failed) <= MOST_ON_GITHUB else failed[: MOST_ON_GITHUB - 1]
    commands = [_command(result, where) for result, where in shown]
    if len(shown) < len(failed):
        result, where = failed[len(shown)]
        more = f"{len(failed) - len(shown)} more tests failed: the log of this step shows them"
        commands.append(reports.github_command(_finding(result, where), [more]))
    return "\n".join(commands)


def _command(result: Result, where: Where) -> str:
    said = visible(f"{result.title}: {result.differences[0].message}")
    return reports.github_command(_finding(result, where), [said, *story(result, where)])


def _finding(result: Result, where: Where) -> Finding:
    first = result.differences[0]
    file = where.prefix + result.draft.path
    return Finding("flow test", "error", first.message, None, file, span_of(result, first))


def as_junit(results: Sequence[tuple[Result, Where]], covered: Sequence[Coverage] | None = None) -> str:
    """A suite a file."""
    suites = groupby(results, lambda each: each[1].prefix + each[0].draft.path)
    failed = sum(not result.passed for result, _ in results)
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', f'<testsuites tests="{len(results)}" failures="{failed}">']
    for file, some in suites:
        lines += _suite(file, list(some))
    return "\n".join([*lines, "</testsuites>"])


def _suite(file: str, results: Sequence[tuple[Result, Where]]) -> Iterator[str]:
    failed = sum(not result.passed for result, _ in results)
    yield f'  <testsuite name={_attribute(file)} tests="{len(results)}" failures="{failed}">'
    for result, where in results:
        line = result.draft.document.marks.key(result.case.loc).line
        about = {"classname": result.draft.tests.flow, "name": result.title, "file": file, "line": str(line)}
        head = f"    <testcase {' '.join(f'{name}={_attribute(value)}' for name, value in about.items())}"
        if result.passed:
            yield f"{head}/>"
        else:
            yield f"{head}>"
            yield from _failure(result, where, file)
            yield "    </testcase>"
    yield "  </testsuite>"


def _failure(result: Result, where: Where, file: str) -> Iterator[str]:
    first = result.differences[0]
    span = span_of(result, first)
    body = [found.message for found in result.differences] + list(story(result, where))
    yield f"      <failure message={_attribute(f'{file}:{span.line}: {first.message}')}>"
    yield escape(_xml("\n".join(body)))
    yield "      </failure>"


def _attribute(text: str) -> str:
    return quoteattr(_xml(text), {"\n": "&#10;", "\t": "&#9;"})


def _xml(text: str) -> str:
    return _NOT_XML.sub("\ufffd", text)


REPORTS = {"json": as_json, "junit": as_junit, "github": as_github}
