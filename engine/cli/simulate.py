"""`simulate`: who would get what and when, on a virtual clock; nothing is sent and nothing is stored."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import ExitStack
from functools import partial
from io import StringIO
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer
from rich.console import Console
from rich.text import Text

from engine.app import tune_garbage_collection
from engine.cli import simulate_tests
from engine.cli.shared import common
from engine.cli.shared.files import write_file
from engine.cli.shared.output import remark, say_json, say_piece
from engine.cli.shared.terminal import console, with_progress
from engine.clock import from_environment
from engine.deploy.git import revision
from engine.deploy.project_files import open_regular
from engine.deploy.read_project import pictures_of, read_and_check
from engine.errors import Refused, UsageError
from engine.language.check import Checked
from engine.language.diagnostics.findings import counted, summary
from engine.language.diagnostics.rendering import render
from engine.messaging.media.picture import Fitted
from engine.preview.every_branch.saved_stories import of_every_branch
from engine.preview.flow_tests.covering import tests_of_messages
from engine.preview.simulation import groups, requests
from engine.preview.simulation.groups import FileOfContacts, Group
from engine.preview.simulation.requests import Asked, Prepared
from engine.preview.simulation.simulation import Simulation
from engine.preview.stories.stories import Storyboard
from engine.preview.stories.storyboard_json import as_json
from engine.preview.stories.storyboard_text import WIDE, lines
from engine.preview.worlds.stage import Stage
from engine.registry import foreign_rules, registry
from engine.store.database import Database

FORMATS = ["text", "json", "html"]
MOST_OF_EACH = 10_000
PICTURE = (640, 960)  # pixels, in a page
CONTACT_HELP = "A contact as JSON; may be repeated."
EVENT_HELP = "An event of every contact, that long after the start; may be repeated."
RATE_HELP = "How many react, by chance: clicked=20%,replied:STOP=1%,order.placed=4%."


def simulate(
    ctx: typer.Context,
    flow: Annotated[str, typer.Argument(metavar="FLOW", help="The name of a flow of this project.")],
    contacts: Annotated[Path | None, typer.Option("--contacts", metavar="FILE", help="Contacts of a CSV file.")] = None,
    from_database: Annotated[
        bool, typer.Option("--from-database", help="The contacts of the database, which is only read.")
    ] = False,
    segment: Annotated[
        str | None, typer.Option("--segment", metavar="NAME", help="With --from-database: its members alone.")
    ] = None,
    contact: Annotated[list[str] | None, typer.Option("--contact", metavar="JSON", help=CONTACT_HELP)] = None,
    event: Annotated[list[str] | None, typer.Option("--event", metavar="NAME[=JSON]@OFFSET", help=EVENT_HELP)] = None,
    start: Annotated[
        str | None, typer.Option("--start", metavar="TIME", help="On the project's clock; now by default.")
    ] = None,
    until: Annotated[str | None, typer.Option("--until", metavar="LENGTH", help="How long; 14d by default.")] = None,
    each: Annotated[bool, typer.Option("--each", help="Every contact, not one of each kind.")] = False,
    rate: Annotated[str | None, typer.Option("--rate", metavar="RATES", help=RATE_HELP)] = None,
    seed: Annotated[int, typer.Option("--seed", metavar="N", help="Another number: other people react.")] = 1,
    every_branch: Annotated[
        bool, typer.Option("--every-way", help="A story for each branch: what takes it is found by playing.")
    ] = False,
    save_test: Annotated[
        Path | None,
        typer.Option("--save-test", metavar="FILE", help="Append flow tests, one of each kind of story."),
    ] = None,
    format: Annotated[str, typer.Option("--format", metavar="|".join(FORMATS), help="How it is shown.")] = "text",
    output: Annotated[Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write it to a file.")] = None,
    project: common.ProjectOption = None,
) -> int:
    """Who would get what and when, why not, and what it costs; nothing is sent.

    Contacts with the same story are shown once, with a count. Without contacts and events the flow's own trigger is played with made-up
    data. Exit 1 where rows of the file do not fit.
    """
    common.one_of(format, FORMATS, "format")
    given = contacts is not None or bool(contact or event or rate)
    _refuse_conflicts(contacts, from_database, segment, contact, every_branch and (given or from_database), save_test)
    root = common.root_of(ctx, project)
    file_of_tests = None if save_test is None else simulate_tests.FileOfTests(root, save_test, flow)
    whole = staged(root, flow)
    if every_branch:
        return _each_branch(whole, flow, start, root, file_of_tests, format, output)
    stage = whole if from_database else whole.alone(flow)  # stored contacts are in other flows already
    people = "stored" if from_database else "new" if contacts or contact else "made up"
    asked = _asked(stage, flow, people, start, until, event or [], rate or "")._replace(seed=seed, each=each)
    prepared = requests.prepared(stage, asked)
    file = None if contacts is None else FileOfContacts(stage, contacts, prepared.joins)
    with ExitStack() as opened:
        database = opened.enter_context(common.opened(ctx, project, "refuse")).database if from_database else None
        played = _groups(stage, prepared, file, contact or [], database, segment, asked)
        board = _storyboard(stage, prepared, played, file)
    _show(board, format, output, root, whole)
    if file_of_tests is not None:
        tests = simulate_tests.tests_of(stage, prepared.request, board, prepared.joins)
        file_of_tests.append(tests, f"leadoff simulate {flow} --save-test")
    return _left_out(file)


def _asked(
    stage: Stage, flow: str, people: str, start: str | None, until: str | None, events: list[str], rate: str
) -> Asked:
    project, flows = stage.project, stage.checked.flows
    return Asked(
        flow,
        from_environment().now(),
        people,
        None if start is None else requests.start_of(start, project.timezone),
        None if until is None else requests.until_of(until),
        tuple(requests.event_of(text, project, flows) for text in events),
        requests.rates_of(rate, project, flows),
    )


def _refuse_conflicts(
    contacts: Path | None,
    from_database: bool,
    segment: str | None,
    contact: list[str] | None,
    made_up_twice: bool,
    save_test: Path | None,
) -> None:
    """Options that exclude each other."""
    if segment is not None and not from_database:
        raise UsageError("--segment needs --from-database", "a file has no segments of its own")
    if sum((contacts is not None, from_database, bool(contact))) > 1:
        raise UsageError("--contacts, --from-database and --contact exclude each other", "give one of them")
    if made_up_twice:
        help = "leave --contacts, --from-database, --contact, --event and --rate out"
        raise UsageError("--every-way makes up the contacts and what they do", help)
    if save_test is not None and from_database:
        help = "contacts of a file, --contact, or none: then one is made up"
        raise UsageError("--save-test needs contacts without a past", help)


def _each_branch(
    stage: Stage,
    flow: str,
    start: str | None,
    root: Path,
    file_of_tests: simulate_tests.FileOfTests | None,
    format: str,
    output: Path | None,
) -> int:
    found = simulate_tests.played(stage, flow, start)
    board = simulate_tests.board_of(stage, flow, found)
    _show(board, format, output, root, stage)
    if file_of_tests is not None:
        file_of_tests.append(of_every_branch(found), f"leadoff simulate {flow} --every-way --save-test")
    return 0


def _show(board: Storyboard, format: str, output: Path | None, root: Path, stage: Stage) -> None:
    """`stage`: with all flows, because a test may need others beside its own."""
    if format != "text":
        commit, dirty = revision(root)
        tests = tests_of_messages(stage, partial(open_regular, root), [board.flow])
        board = board._replace(commit=commit, dirty=dirty, tests=tests)
    if format == "html":
        _write_page(board, root, stage, output)
    else:
        _say(board, format, output)


def staged(root: Path, flow: str) -> Stage:
    """The project of a folder, ready to be played. Raises Refused where it has errors, UsageError for a flow that it does not have."""
    checked = read_and_check(root, registry(), rules=foreign_rules())
    if not checked.ok:
        errors = [found for found in checked.findings if found.severity == "error"]
        typer.echo(render(errors, checked.sources), err=True)
        remark(summary(errors))
        raise Refused("the project has errors, and is not played", "`leadoff check` shows them")
    _refuse_unplayable(checked, flow)
    tune_garbage_collection()
    return Stage(checked)


def _refuse_unplayable(checked: Checked, flow: str) -> None:
    if not checked.flows:
        raise Refused("the project has no flow to play", "`leadoff init --list` shows templates")
    common.one_of(flow, sorted(checked.flows), "flow")
    assert checked.project is not None
    if not checked.project.senders:
        raise Refused("leadoff.yaml has no sender, so nothing can be sent", "`leadoff init` shows one")


def _groups(
    stage: Stage,
    prepared: Prepared,
    file: FileOfContacts | None,
    written: list[str],
    database: Database | None,
    segment: str | None,
    asked: Asked,
) -> Iterable[Group]:
    if file is not None:
        return file.groups()
    if database is None:
        people = requests.contacts_of(written, stage.project) if prepared.person is None else prepared.people
        return groups.in_groups(stage, people, prepared.joins)
    if segment is not None:
        common.one_of(segment, sorted(stage.project.segments), "segment")
    if prepared.request.start < asked.now - asked.now % 60_000:
        raise UsageError("--start lies before now, and the database knows what came after it", "leave --start out")
    return groups.of_database(stage, database, segment, asked.now)


def _storyboard(stage: Stage, prepared: Prepared, played: Iterable[Group], file: FileOfContacts | None) -> Storyboard:
    request = prepared.request
    count = 0

    def work(progress: Any) -> Storyboard:
        def done(some: int) -> None:
            nonlocal count
            count += some
            if request.each and count > MOST_OF_EACH:
                raise UsageError(
                    f"--each tells at most {MOST_OF_EACH:,} contacts",
                    "leave it out: then each kind of story is printed once",
                )
            progress(some)

        return Simulation(stage, request).storyboard(played, prepared.remarks, done)

    board = with_progress(work, "contacts", "playing")
    if not board.stories:
        _left_out(file)
        raise Refused("there is no contact to play", "a file needs rows, a database contacts, a segment members")
    return board


def _say(board: Storyboard, format: str, output: Path | None) -> None:
    if format == "json" and output is None:
        say_json(as_json(board))
    elif output is None:
        show(board, console())
    else:
        text = StringIO()
        show(board, Console(file=text, width=WIDE))
        raw = orjson.dumps(as_json(board), option=orjson.OPT_INDENT_2) if format == "json" else text.getvalue().encode()
        write_file(output, raw)


def _write_page(board: Storyboard, root: Path, stage: Stage, output: Path | None) -> None:
    """One file with everything in it; the pictures as they are sent, made smaller."""
    # Loaded only here: nothing else needs a template.
    from engine.preview.graph.thumbnails import thumbnails
    from engine.preview.stories.storyboard_html import MOST_PHONES, storyboard_html

    pictures = pictures_of(root, lambda: stage.project)

    def sent(media: str) -> bytes | None:
        found = pictures.fitted(board.pictures[media].name) if media in board.pictures else None
        return found.data if isinstance(found, Fitted) else None

    page = storyboard_html(board, thumbnails(board.media, sent, PICTURE))
    if output is None:
        say_piece(page)
    else:
        write_file(output, page.encode())
        remark(f"{output}: {counted(min(len(board.stories), MOST_PHONES), 'phone')}")


def show(board: Storyboard, out: Console) -> None:
    """For people, 80 columns wide."""
    for line in lines(board):
        out.print(Text.assemble(*line.pieces), soft_wrap=True)


def _left_out(file: FileOfContacts | None) -> int:
    if file is None or not file.left_out:
        return 0
    remark(f"{counted(file.left_out, 'row')} of the file {'is' if file.left_out == 1 else 'are'} left out:")
    for reason in file.reasons:
        remark(f"  {reason}")
    if file.left_out > len(file.reasons):
        remark("  …; `leadoff contacts import` names them all")
    return 1
