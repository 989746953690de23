"""`sources`: what webhooks became; `try` shows what a recorded body becomes, by the files of the project alone; `load` notes pictures."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from engine.cli.shared.common import FormatOption, LimitOption, ProjectOption, one_of, opened, opened_as, root_of
from engine.cli.shared.confirming import confirmed
from engine.cli.shared.listing import say_listing
from engine.cli.shared.output import Format, say, say_json
from engine.language.diagnostics.findings import counted
from engine.views import source_rows

app = typer.Typer(add_completion=False, rich_markup_mode=None)
FileArgument = Annotated[
    Path, typer.Argument(metavar="FILE", help="A body; its headers may be above it, with an empty line between.")
]
TopicOption = Annotated[
    str | None, typer.Option("--topic", metavar="TOPIC", help="Where a header names the topic, and the file has none.")
]


COLUMNS = {
    "id": "body",
    "source": "source",
    "received_at": "received",
    "topic": "topic",
    "became": "became",
    "reason": "why",
}


@app.callback()
def sources() -> None:
    """What a shop's webhooks become, and became."""


@app.command("list")
def list_(
    ctx: typer.Context,
    name: Annotated[str | None, typer.Argument(metavar="[NAME]", help="Of this source alone.")] = None,
    nothing: Annotated[bool, typer.Option("--nothing", help="Those alone that made nothing.")] = False,
    format: FormatOption = Format.text,
    limit: LimitOption = None,
    project: ProjectOption = None,
) -> None:
    """The webhooks of the last week, the newest first: what became of each, and why of some nothing did."""
    with opened(ctx, project, "empty") as workspace:
        with workspace.database.reading() as db:
            found = source_rows.rows(db, name, nothing, limit)
        say_listing(format, "bodies", found, COLUMNS, "no webhooks")


@app.command()
def show(
    ctx: typer.Context,
    id: Annotated[int, typer.Argument(metavar="ID", help="A body, by its number in `sources list`.")],
    format: FormatOption = Format.text,
    project: ProjectOption = None,
) -> None:
    """One kept body with its numbers and addresses masked: what became of it, and what it becomes by the mapping of now."""
    from engine.cli import sources_kept
    from engine.deployed_workspace import DeployedWorkspace

    with opened_as(DeployedWorkspace, ctx, project) as workspace:
        found = sources_kept.shown(workspace, id)
    if format is Format.json:
        say_json(found.as_json())
    else:
        for line in found.lines():
            say(line)


@app.command()
def replay(
    ctx: typer.Context,
    ids: Annotated[list[int] | None, typer.Argument(metavar="[ID]...", help="These bodies.")] = None,
    name: Annotated[
        str | None, typer.Option("--source", metavar="NAME", help="All of this source that made nothing.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    project: ProjectOption = None,
) -> None:
    """Read kept bodies once more, by the mapping of now: what made nothing makes its event; the rest stays as it is."""
    from engine.cli import sources_kept
    from engine.deployed_workspace import DeployedWorkspace
    from engine.intake import source_replay

    with opened_as(DeployedWorkspace, ctx, project) as workspace:
        bodies = sources_kept.named(workspace, ids or [], name)
        if bodies and not yes:
            confirmed(f"{counted(len(bodies), 'webhook')} read once more by the mapping of now: flows may text people")
        deployed, now = workspace.deployed().project, workspace.clock.now()
        counts = source_replay.replay(workspace.database, deployed, bodies, now)
        workspace.wake_daemon()
    say(sources_kept.replayed(counts))


@app.command("try")
def try_body(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="The source, as leadoff.yaml calls it.")],
    file: FileArgument,
    topic: TopicOption = None,
    format: FormatOption = Format.text,
    project: ProjectOption = None,
) -> int:
    """Show what a recorded body becomes: event, contact, consent, data, and what is left out and why."""
    from engine.cli import sources_try

    known = sources_try.project_at(root_of(ctx, project))
    source = known.sources[one_of(name, sorted(known.sources), "source")]
    made = sources_try.tried(known, source, file, topic)
    if format is Format.json:
        becomes = [sources_try.as_json(each) for each in made]
        say_json({"source": name, "kind": source.kind, "ping": not made, "becomes": becomes})
    else:
        for line in sources_try.as_lines(name, source, made):
            say(line)
    return 0 if not made or any(each.has_effect for each in made) else 1


@app.command()
def load(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="The source, as leadoff.yaml calls it.")],
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Products: as the API lists them, or the shop's CSV.")],
    format: FormatOption = Format.text,
    project: ProjectOption = None,
) -> None:
    """Note the pictures of a shop's products, for carts and orders that come without; the same file twice changes nothing."""
    from engine.cli import sources_load

    done = sources_load.load(ctx, project, name, file)
    if format is Format.json:
        say_json({"source": name, **done.loaded._asdict(), "hosts_to_name": done.hosts_to_name})
    else:
        for line in sources_load.as_lines(name, done):
            say(line)
