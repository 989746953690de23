"""`test`: the flow tests of a project, on a virtual clock."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from engine.cli.shared.common import ProjectOption, root_of
from engine.cli.shared.output import remark, styled
from engine.cli.shared.paths import by_project, prefix_of
from engine.deploy.project_files import open_regular
from engine.deploy.read_project import read_and_check
from engine.errors import UsageError
from engine.language.check import Checked
from engine.language.diagnostics.findings import counted
from engine.language.diagnostics.rendering import render
from engine.language.lint.context import TEST_ENDING, FlowTestDraft
from engine.language.source import strict_yaml
from engine.preview.flow_tests.failure_text import Where, told
from engine.preview.flow_tests.people import UnreadableTest
from engine.preview.flow_tests.runner import Result, Runner
from engine.preview.stage import Stage
from engine.registry import foreign_rules, registry

UNREADABLE = 2


def run_tests(
    ctx: typer.Context,
    paths: Annotated[
        list[Path] | None, typer.Argument(metavar="[PATH]…", help="A project, flows, or files of tests.")
    ] = None,
    words: Annotated[
        str | None, typer.Option("-k", metavar="WORDS", help="Only tests whose name has these words.")
    ] = None,
    first: Annotated[bool, typer.Option("-x", help="Stop at the first failure.")] = False,
    project: ProjectOption = None,
) -> int:
    """Run flow tests: offline, on a virtual clock; nobody is texted."""
    began = time.monotonic()
    passed, failed, files = 0, 0, set[str]()
    for root, wanted in by_project(paths, lambda: root_of(ctx, project)).items():
        checked = read_and_check(root, registry(), rules=foreign_rules())
        drafts = list(_wanted(checked, root, wanted))
        if _show_errors(checked, drafts, prefix_of(root)):
            return UNREADABLE
        stage = Stage(checked)
        where = Where(prefix_of(root), _places(stage), stage.project.currency)
        for result in _run(Runner(stage, partial(open_regular, root)), drafts, words, where.prefix):
            files.add(result.draft.path)
            passed, failed = passed + result.passed, failed + (not result.passed)
            if not result.passed:
                _show(result, where)
                if first:
                    break
        if first and failed:
            break
    if not files:
        raise UsageError(*_none(words))
    took = f"{time.monotonic() - began:.1f} s"
    typer.echo(f"{passed} passed, {failed} failed, {counted(len(files), 'file')}, {took}")
    return 1 if failed else 0


def _wanted(checked: Checked, root: Path, wanted: list[Path]) -> Iterator[FlowTestDraft]:
    """Files of tests that are named, below a folder that is named, or of a flow that is named."""
    for draft in checked.tests:
        named = [(root / draft.path).resolve(), (root / draft.tested).resolve()]
        if any(file.is_relative_to(path) for file in named for path in wanted):
            yield draft


def _show_errors(checked: Checked, drafts: list[FlowTestDraft], prefix: str) -> bool:
    """What keeps the tests from running: errors of the project, and of the files that are wanted."""
    own = {draft.path for draft in drafts}
    found = [
        each._replace(file=prefix + each.file)
        for each in checked.findings
        if each.severity == "error" and (each.file in own or not each.file.endswith(TEST_ENDING))
    ]
    if found:
        typer.echo(render(found, {prefix + name: source for name, source in checked.sources.items()}))
        remark("these errors keep the tests from running")
    return bool(found)


def _run(runner: Runner, drafts: list[FlowTestDraft], words: str | None, prefix: str) -> Iterator[Result]:
    """Raises Exit with code 2 where a test cannot be read."""
    for draft in drafts:
        try:
            yield from runner.run(draft, partial(_is_named, draft.tests.flow, words))
        except UnreadableTest as error:
            found = draft.finding("LO209", error.message, error.loc, error.help)
            source = {prefix + draft.path: draft.document.source}
            typer.echo(render([found._replace(file=prefix + draft.path)], source))
            raise typer.Exit(UNREADABLE) from None


def _is_named(flow: str, words: str | None, name: str) -> bool:
    return words is None or words.casefold() in f"{flow} › {name}".casefold()


def _places(stage: Stage) -> dict[tuple[str, str], str]:
    """(flow, step) -> file and line."""
    found: dict[tuple[str, str], str] = {}
    for flow, program in stage.programs.items():
        path = next(path for path in stage.checked.sources if path.endswith(f"{flow}.yaml"))
        marks = strict_yaml.read(path, stage.checked.sources[path].encode()).marks
        found |= {(flow, id): f"{path}:{marks.key(program.nodes[at].path).line}" for id, at in program.places.items()}
    return found


def _show(result: Result, where: Where) -> None:
    for line in told(result, where, lambda text, code: styled(text, code, sys.stdout)):
        typer.echo(line)
    typer.echo()


def _none(words: str | None) -> tuple[str, str]:
    if words is not None:
        return f'no test has "{words}" in its name', "-k is a part of `flow › name`, in any case"
    return "there are no flow tests here", f"a flow's tests are beside it: flows/welcome{TEST_ENDING}"
