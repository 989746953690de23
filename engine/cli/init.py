"""`init`: what an author needs before anything runs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from engine.cli.shared import bundled
from engine.cli.shared.output import remark, say


def init(
    folder: Annotated[Path, typer.Argument(metavar="[DIR]", help="Default: here.")] = Path(),
    template: Annotated[str, typer.Option("--template", metavar="NAME", help="A ready-made flow.")] = "mms-first",
    list_them: Annotated[bool, typer.Option("--list", help="List the templates.")] = False,
) -> None:
    """Make a project that runs without changes."""
    if list_them:
        about = bundled.described()
        for name in about:
            say(f"{name:<{max(map(len, about))}}  {about[name]}")
        return
    # Only what is made needs the schemas, and with them the blocks.
    from engine.cli.shared import scaffold

    made = scaffold.make(folder, template)
    for path in made:
        remark(f"  + {path}")
    into = "" if folder.resolve() == Path.cwd().resolve() else f"cd {folder} && "
    remark("")
    remark("Next:")
    for command, why in (
        (f"{into}leadoff dev", "phones, a clock and the flow, while you write it; nobody is texted"),
        ("leadoff check", "every mistake, before anybody gets a text"),
        (f"leadoff simulate {template}", "who gets what and when; nothing is sent"),
        ("leadoff test", "the tests of the flow, days in seconds"),
    ):
        remark(f"  {command:<32}  {why}")
