"""`sources try`: what a recorded body becomes, by the files of the project; no database, and nothing is sent or stored."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from engine.cli.shared.common import FormatOption, ProjectOption, one_of, root_of
from engine.cli.shared.output import Format, say, say_json

app = typer.Typer(add_completion=False, rich_markup_mode=None)
FileArgument = Annotated[
    Path, typer.Argument(metavar="FILE", help="A body; its headers may be above it, with an empty line between.")
]
TopicOption = Annotated[
    str | None, typer.Option("--topic", metavar="TOPIC", help="Where a header names the topic, and the file has none.")
]


@app.callback()
def sources() -> None:
    """What a shop's webhooks become."""


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
