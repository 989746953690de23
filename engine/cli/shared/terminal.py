"""A terminal with rich: for stories, questions and progress."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TypeVar

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from engine.cli.shared.output import complain

T = TypeVar("T")
WIDTH_OF_A_FILE = 140


def console(stderr: bool = False) -> Console:
    """For people. A pipe or a file is no terminal: there the width is ours."""
    stream = sys.stderr if stderr else sys.stdout
    return Console(file=stream, width=None if stream.isatty() else WIDTH_OF_A_FILE, highlight=False, soft_wrap=False)


def with_progress(work: Callable[[Callable[[int], None]], T], what: str = "rows", doing: str = "importing") -> T:
    """Long work with a bar on stderr where that is a terminal; `work` is handed what to call with the number done."""
    done = TextColumn("{task.completed:,.0f} " + what)
    err = console(stderr=True)
    columns = (TextColumn(doing), BarColumn(), done, TimeElapsedColumn())
    with Progress(*columns, console=err, transient=True, disable=not err.is_terminal) as bar:
        task = bar.add_task(doing, total=None)
        try:
            return work(lambda count: bar.advance(task, count))
        except KeyboardInterrupt:
            so_far = f"{bar.tasks[task].completed:,.0f} {what}"
            stay = "they stay; the same command continues, and does nothing twice" if doing == "importing" else None
            complain(f"stopped after {so_far}", stay)
            raise
