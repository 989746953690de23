"""`test`: the flow tests of a project, on a virtual clock."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Annotated, NamedTuple

import typer

from engine.cli.shared.common import ProjectOption, one_of, root_of
from engine.cli.shared.files import write_file
from engine.cli.shared.output import remark, styled
from engine.cli.shared.paths import by_project, prefix_of
from engine.deploy.project_files import open_regular, write
from engine.deploy.read_project import read_and_check
from engine.errors import Refused, UsageError
from engine.language.check import Checked
from engine.language.diagnostics.findings import counted
from engine.language.diagnostics.rendering import render
from engine.language.lint.context import TEST_ENDING, FlowTestDraft
from engine.language.source import strict_yaml
from engine.preview.flow_tests.accept import accepted, can_be_accepted, changes
from engine.preview.flow_tests.coverage import Coverage, Tally, coverage, percent
from engine.preview.flow_tests.coverage import report as coverage_report
from engine.preview.flow_tests.failure_text import Where, told
from engine.preview.flow_tests.people import UnreadableTest
from engine.preview.flow_tests.reports import REPORTS
from engine.preview.flow_tests.runner import Result, Runner
from engine.preview.worlds.stage import Stage
from engine.registry import foreign_rules, registry

FORMATS = ["text", *REPORTS]
FAILED, UNREADABLE = 1, 2
ALL = 100  # percent


class Wanted(NamedTuple):
    """What is asked for: `words` in the names, or the one test of that name."""

    words: str | None
    exactly: str | None

    def fits(self, flow: str, name: str) -> bool:
        if self.exactly is not None:
            return self.exactly == name
        return self.words is None or self.words.casefold() in f"{flow} › {name}".casefold()


class Ready(NamedTuple):
    """A project that can be tested."""

    root: Path
    runner: Runner
    drafts: Sequence[FlowTestDraft]
    where: Where
    flows: Sequence[str]  # that are asked for, with tests or without
    tally: Tally | None
    in_text: bool  # standard output is for people; else it is a report, and findings go to stderr


def run_tests(
    ctx: typer.Context,
    paths: Annotated[
        list[Path] | None, typer.Argument(metavar="[PATH]…", help="A project, flows, or files of tests.")
    ] = None,
    words: Annotated[
        str | None, typer.Option("-k", metavar="WORDS", help="Only tests whose name has these words.")
    ] = None,
    first: Annotated[bool, typer.Option("-x", help="Stop at the first failure.")] = False,
    accept: Annotated[
        str | None, typer.Option("--accept", metavar="NAME", help="Write into one test what came of it.")
    ] = None,
    format: Annotated[
        str, typer.Option("--format", metavar="|".join(FORMATS), help="For people, or a report.")
    ] = "text",
    covered: Annotated[bool, typer.Option("--coverage", help="Say what of the flows no test reaches.")] = False,
    least: Annotated[
        float | None,
        typer.Option("--fail-under", metavar="PERCENT", help="Exit 1 if the tests reach less than this."),
    ] = None,
    harder: Annotated[
        bool,
        typer.Option("--hard", help="Play each test again: STOP at any instant, other zones, changes of the clocks."),
    ] = False,
    output: Annotated[
        Path | None, typer.Option("-o", metavar="FILE", help="Write the report to a file; text goes to the terminal.")
    ] = None,
    project: ProjectOption = None,
) -> int:
    """Run flow tests: offline, on a virtual clock; nobody is texted."""
    _check_options(format, output, accept, least)
    began = time.monotonic()
    counted_too = covered or least is not None
    in_text = format in ("text", "github") or output is not None
    ready = [
        _ready(root, some, Tally() if counted_too else None, harder and accept is None, in_text)
        for root, some in by_project(paths, lambda: root_of(ctx, project)).items()
    ]
    results = list(_run(ready, Wanted(words, accept), first))
    if not results:
        raise UsageError(*_none(words or accept))
    if accept is not None:
        return _accept(accept, results)
    reached = [found for each in ready for found in _coverage(each)] if counted_too else None
    short = reached is not None and least is not None and percent(reached) < least
    if format != "text":
        _report(REPORTS[format]([(result, each.where) for each, result in results], reached), output)
    if in_text:
        for line in coverage_report(reached, least) if reached is not None else ():
            typer.echo(line)
        typer.echo(f"{_summary(ready, results)}, {time.monotonic() - began:.1f} s")
    elif short:
        remark(f"the tests reach {int(percent(reached or []))} % of what the flows can do, less than {least:g} %")
    return FAILED if short or any(not result.passed for _, result in results) else 0


def _check_options(format: str, output: Path | None, accept: str | None, least: float | None) -> None:
    one_of(format, FORMATS, "format")
    if output is not None and format == "text":
        raise UsageError("-o needs a format of a report", f"one of: {', '.join(REPORTS)}")
    if accept is not None and os.environ.get("CI"):
        raise Refused("--accept changes files, and CI is set", "accept on your machine, look at it, and commit it")
    if least is not None and not 0 <= least <= ALL:
        raise UsageError(f"--fail-under {least:g} is no percentage", "write a number from 0 to 100")


def _summary(ready: list[Ready], results: list[tuple[Ready, Result]]) -> str:
    """`95 passed, 0 failed, 15 files`."""
    failed = sum(not result.passed for _, result in results)
    files = counted(len({each.where.prefix + result.draft.path for each, result in results}), "file")
    more = sum(each.runner.played_harder for each in ready)
    again = f" ({more:,} stories more)" if more else ""
    return f"{len(results) - failed:,} passed, {failed:,} failed, {files}{again}"


def _ready(root: Path, paths: list[Path], tally: Tally | None, harder: bool, in_text: bool) -> Ready:
    """Raises Exit with code 2 where there are errors."""
    checked = read_and_check(root, registry(), rules=foreign_rules())
    drafts = list(_drafts(checked, root, paths))
    prefix = prefix_of(root)
    _refuse_errors(checked, root, paths, prefix, in_text)
    stage = Stage(checked)
    where = Where(prefix, _places(stage), stage.project.currency)
    runner = Runner(stage, partial(open_regular, root), tally, harder)
    return Ready(root, runner, drafts, where, list(_flows(checked, root, paths)), tally, in_text)


def _drafts(checked: Checked, root: Path, paths: list[Path]) -> Iterator[FlowTestDraft]:
    """Files of tests that are named, below a folder that is named, or of a flow that is named."""
    for draft in checked.tests:
        if _is_wanted(draft.path, root, paths):
            yield draft


def _is_wanted(tests: str, root: Path, paths: list[Path]) -> bool:
    files = [(root / file).resolve() for file in (tests, f"{tests.removesuffix(TEST_ENDING)}.yaml")]
    return any(file.is_relative_to(path) for file in files for path in paths)


def _flows(checked: Checked, root: Path, paths: list[Path]) -> Iterator[str]:
    """Flows whose file, or whose tests, are named or below a folder that is named."""
    for path in checked.sources:
        name = path.rpartition("/")[2].removesuffix(".yaml")
        files = [(root / path).resolve(), (root / f"{path.removesuffix('.yaml')}{TEST_ENDING}").resolve()]
        if name in checked.flows and any(file.is_relative_to(each) for file in files for each in paths):
            yield name


def _coverage(ready: Ready) -> list[Coverage]:
    assert ready.tally is not None
    return coverage(ready.runner.stage, ready.tally, ready.flows)


def _refuse_errors(checked: Checked, root: Path, paths: list[Path], prefix: str, in_text: bool) -> None:
    """Show what keeps the tests from running: errors of the project, and of the files that are wanted, also of one that holds no test."""
    tests = [path for path in checked.sources if path.endswith(TEST_ENDING)]
    own = {path for path in tests if _is_wanted(path, root, paths)}
    found = [
        each._replace(file=prefix + each.file)
        for each in checked.findings
        if each.severity == "error" and (each.file in own or not each.file.endswith(TEST_ENDING))
    ]
    if found:
        sources = {prefix + name: source for name, source in checked.sources.items()}
        typer.echo(render(found, sources), err=not in_text)
        remark("no test was run: these errors come first")
        raise typer.Exit(UNREADABLE)


def _run(ready: list[Ready], wanted: Wanted, first: bool) -> Iterator[tuple[Ready, Result]]:
    """Failures are shown as they come, but of the one that is to be accepted. Raises Exit with code 2 where a test cannot be read."""
    for each in ready:
        for draft in each.drafts:
            try:
                for result in each.runner.run(draft, partial(wanted.fits, draft.tests.flow)):
                    if each.in_text and wanted.exactly is None and not result.passed:
                        _show(result, each.where)
                    yield each, result
                    if first and not result.passed:
                        return
            except UnreadableTest as error:
                found = draft.finding("LO209", error.message, error.loc, error.help)
                source = {each.where.prefix + draft.path: draft.document.source}
                typer.echo(render([found._replace(file=each.where.prefix + draft.path)], source), err=not each.in_text)
                raise typer.Exit(UNREADABLE) from None


def _places(stage: Stage) -> dict[tuple[str, str], str]:
    """(flow, step) -> file and line."""
    found: dict[tuple[str, str], str] = {}
    for flow, program in stage.programs.items():
        path = next(path for path in stage.checked.sources if path.rpartition("/")[2] == f"{flow}.yaml")
        marks = strict_yaml.read(path, stage.checked.sources[path].encode()).marks
        found |= {(flow, id): f"{path}:{marks.key(program.nodes[at].path).line}" for id, at in program.places.items()}
    return found


def _show(result: Result, where: Where) -> None:
    for line in told(result, where, lambda text, code: styled(text, code, sys.stdout)):
        typer.echo(line)
    typer.echo()


def _report(text: str, output: Path | None) -> None:
    if output is None:
        typer.echo(text)
    else:
        write_file(output, f"{text}\n".encode())


def _accept(name: str, results: list[tuple[Ready, Result]]) -> int:
    """Write what came of the one test of that name, after showing what changes."""
    if len(results) > 1:
        places = ", ".join(each.where.prefix + result.draft.path for each, result in results)
        raise UsageError(f'{len(results)} tests are called "{name}": {places}', "name the file as well")
    ((each, result),) = results
    file = each.where.prefix + result.draft.path
    if result.passed:
        remark("this test passes: there is nothing to accept")
        return 0
    new = accepted(result.draft.document, result.differences)
    for line in changes(result.draft.document, new, file):
        typer.echo(line)
    if new != result.draft.document.source:
        write(each.root, result.draft.path, new.encode())
    left = [found.message for found in result.differences if not can_be_accepted(result.draft.document, found)]
    for message in left:
        remark(f"not accepted: {message}")
    if left:
        remark("an `after`, and what is missing or too much, you change yourself")
    return FAILED if left else 0


def _none(name: str | None) -> tuple[str, str]:
    if name is not None:
        return (
            f'no test has "{name}" in its name',
            "a name is `flow › name [row]`; --accept takes the whole name of one test",
        )
    return "there are no flow tests here", f"a flow's tests are beside it: flows/welcome{TEST_ENDING}"
