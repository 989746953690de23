"""`graph`: a flow as a drawing."""

from __future__ import annotations

import sys
from collections.abc import Callable
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Annotated, NamedTuple

import orjson
import typer

from engine.cli.shared.common import ProjectOption, one_of, opened, remark_drift, root_of
from engine.cli.shared.files import write_file
from engine.cli.shared.output import remark, say_piece
from engine.deploy.project_files import deployed_files, open_regular
from engine.deploy.read_project import checked_again, not_readable, pictures_of, read_and_check
from engine.errors import Refused, UsageError
from engine.language.check import Checked, is_flow_file
from engine.language.diagnostics.findings import counted
from engine.language.values.humanize import moment_words
from engine.messaging.media.picture import Fitted
from engine.preview.graph.chart import Chart, chart_of
from engine.preview.graph.marks import UNMARKED, Marks, live_marks
from engine.registry import registry
from engine.store import deployments
from engine.store.queries import newest, places, totals


class Drawn(StrEnum):
    svg = "svg"
    png = "png"
    mermaid = "mermaid"


class Theme(StrEnum):
    auto = "auto"
    light = "light"
    dark = "dark"


ENDINGS = {".svg": Drawn.svg, ".png": Drawn.png, ".mmd": Drawn.mermaid, ".mermaid": Drawn.mermaid}


class _Subject(NamedTuple):
    """What is drawn."""

    chart: Chart
    picture: Callable[[str], bytes | None]  # as it is sent, by name
    marks: Marks


def graph(
    ctx: typer.Context,
    flow: Annotated[str, typer.Argument(metavar="FLOW")],
    format: Annotated[
        Drawn | None, typer.Option("--format", help="Default: as the file's name ends, else svg.")
    ] = None,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="FILE", help="Default: standard output.")
    ] = None,
    live: Annotated[
        bool, typer.Option("--live", help="The deployed flow, with how many contacts wait at each step.")
    ] = False,
    coverage: Annotated[
        bool, typer.Option("--coverage", help="Dashed: what no flow test reaches; the tests are run for it.")
    ] = False,
    theme: Annotated[Theme, typer.Option("--theme", help="auto: an SVG follows the reader's screen.")] = Theme.auto,
    project: ProjectOption = None,
) -> None:
    """Draw a flow, with the pictures and prices of its messages; offline, no database but for --live."""
    wanted = format or (ENDINGS.get(output.suffix.lower(), Drawn.svg) if output is not None else Drawn.svg)
    if wanted is Drawn.png and output is None and sys.stdout.isatty():
        raise UsageError("a PNG cannot be shown in a terminal", f"write it to a file: -o {flow}.png")
    if live and coverage:
        raise UsageError(
            "--live and --coverage exclude each other", "tests are of the files, --live of what is deployed"
        )
    subject = _deployed(ctx, project, flow) if live else _from_files(root_of(ctx, project), flow, coverage)
    drawn = _drawn(subject, wanted, theme)
    if output is not None:
        write_file(output, drawn)
        remark(f"{flow} → {output}")
    elif wanted is Drawn.png:
        sys.stdout.buffer.write(drawn)
    else:
        say_piece(drawn.decode())


def _from_files(root: Path, flow: str, coverage: bool) -> _Subject:
    checked = read_and_check(root, registry())
    _refuse_mistakes(checked, flow)
    assert checked.project is not None
    pictures = pictures_of(root, lambda: checked.project)

    def picture(name: str) -> bytes | None:
        found = pictures.fitted(name)
        return found.data if isinstance(found, Fitted) else None

    chart = chart_of(checked.flows[flow], checked.project)
    return _Subject(chart, picture, _covered(root, checked, chart) if coverage else UNMARKED)


def _covered(root: Path, checked: Checked, chart: Chart) -> Marks:
    """What the flow's own tests reach; they are run."""
    from engine.preview.flow_tests.coverage import Tally, coverage
    from engine.preview.flow_tests.people import UnreadableTest
    from engine.preview.flow_tests.runner import Runner
    from engine.preview.graph.coverage_marks import coverage_marks
    from engine.preview.worlds.stage import Stage

    wrong = sorted({each.file for each in checked.findings if each.severity == "error"})
    if wrong:
        raise Refused(f"{wrong[0]} has errors, so no test is run", "`leadoff check` shows them")
    stage, tally = Stage(checked), Tally()
    runner = Runner(stage, partial(open_regular, root), tally)
    try:
        results = [result for draft in checked.tests if draft.tests.flow == chart.flow for result in runner.run(draft)]
    except UnreadableTest as error:
        raise Refused(f"a test cannot be run: {error.message}", "`leadoff test` shows it") from error
    failed = sum(not result.passed for result in results)
    if failed or not results:
        remark(f"{counted(failed, 'test')} failed: `leadoff test` shows them" if failed else "this flow has no tests")
    (found,) = coverage(stage, tally, [chart.flow])
    return coverage_marks(chart, stage.programs[chart.flow], found)


def _refuse_mistakes(checked: Checked, flow: str) -> None:
    """Those of leadoff.yaml and of the flow itself: other flows may have some."""
    flows = filter(is_flow_file, deployed_files(checked.sources))
    names = {path.rpartition("/")[2].removesuffix(".yaml"): path for path in flows}
    own = (
        names[one_of(flow, sorted({*names, *checked.flows}), "flow")] if flow not in checked.flows else names.get(flow)
    )
    wrong = sorted({each.file for each in checked.findings if each.severity == "error"} & {own, "leadoff.yaml"})
    if wrong or checked.project is None or flow not in checked.flows:
        raise Refused(f"{wrong[0] if wrong else 'leadoff.yaml'} has errors", "`leadoff check` shows them")


def _deployed(ctx: typer.Context, project: Path | None, flow: str) -> _Subject:
    with opened(ctx, project) as workspace:
        with workspace.database.reading() as db:
            stored = deployments.newest(db)
            id = newest.flows_of_authors(db).get(flow, 0)
            found = totals.of_flow(db, id)
            counts, passed = places.of_flow(db, id, found), places.passed(db, id, found)
        if stored is None:
            raise Refused("nothing is deployed yet", "run `leadoff apply` first")
        checked = checked_again(orjson.loads(stored.content), registry())
        if not checked.ok:
            raise not_readable()
        one_of(flow, sorted(checked.flows), "flow")
        remark_drift(workspace)
        assert checked.project is not None
        chart = chart_of(checked.flows[flow], checked.project)
        zone = checked.project.timezone
        at = f"{moment_words(workspace.clock.now(), zone)} {zone}, deployment {stored.id}"
        files = {name: workspace.picture(info.ref) for name, info in checked.media.items()}

    def picture(name: str) -> bytes | None:
        file = files.get(name)
        return None if file is None else file.read_bytes()

    return _Subject(chart, picture, live_marks(chart, counts, at, passed))


def _drawn(subject: _Subject, format: Drawn, theme: Theme) -> bytes:
    # Each writer is loaded where it is asked for: Mermaid needs neither fonts nor pictures.
    chart, marks = subject.chart, subject.marks
    if format is Drawn.mermaid:
        from engine.preview.graph.mermaid import mermaid

        return mermaid(chart, marks).encode()
    from engine.preview.graph.layout import drawing_of
    from engine.preview.graph.outline import outline
    from engine.preview.graph.thumbnails import thumbnails

    drawing = drawing_of(chart)
    pictures = thumbnails((card.picture for card in chart.cards() if card.picture is not None), subject.picture)
    if format is Drawn.png:
        from engine.preview.graph.png import png

        return png(drawing, pictures, marks, dark=theme is Theme.dark)
    from engine.preview.graph.svg import svg

    return svg(drawing, chart.flow, outline(chart), pictures, marks, theme.value).encode()
