"""`rule`: what a finding means."""

from __future__ import annotations

from typing import Annotated

import typer

from engine.cli.shared.common import one_of
from engine.cli.shared.output import say
from engine.language.diagnostics.explanations import explanations
from engine.registry import foreign_explanations


def rule(
    code: Annotated[str | None, typer.Argument(metavar="[CODE]", help="LO202. Default: list them.")] = None,
) -> None:
    """Say what a finding means, with a bad and a good example."""
    known = {**explanations(), **{each.code: each for each in foreign_explanations()}}
    if code is None:
        for each in known.values():
            say(f"{each.code}  {each.title}")
        return
    told = known[one_of(code.upper(), list(known), "finding")]
    for line in (f"{told.code}: {told.title}", "", *told.text.splitlines()):
        say(line)
