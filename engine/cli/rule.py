"""`rule`: what a finding means."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Annotated

import typer

from engine.cli.shared.common import one_of
from engine.cli.shared.output import say
from engine.language.diagnostics.explanations import Explanation, explanations, explanations_in
from engine.packages import RULES, loaded


def rule(
    code: Annotated[str | None, typer.Argument(metavar="[CODE]", help="LO202. Default: list them.")] = None,
) -> None:
    """Explain a finding, with a bad and a good example."""
    known = {**explanations(), **{each.code: each for each in _of_packages()}}
    if code is None:
        for each in known.values():
            say(f"{each.code}  {each.title}")
        return
    told = known[one_of(code.upper(), list(known), "finding")]
    for line in (f"{told.code}: {told.title}", "", *told.text.splitlines()):
        say(line)


def _of_packages() -> Iterator[Explanation]:
    """What the docstrings of their rules' modules say about their codes."""
    for _, rule in loaded(RULES):
        yield from explanations_in(sys.modules[rule.__module__].__doc__ or "")
