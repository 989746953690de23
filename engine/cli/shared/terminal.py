"""A terminal with rich: for stories, questions and progress."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import TypeVar

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.text import Text

from engine.cli.shared.output import Pace, complain

T = TypeVar("T")
WIDTH_OF_A_FILE = 140
CARRYING_OVER = "carrying over"
GOES_ON = {
    "importing": "they stay; the same command continues, and does nothing twice",
    CARRYING_OVER: "the deployment stands, and the same command continues, or a daemon",
}


def console(stderr: bool = False) -> Console:
    """For people. A pipe or a file is no terminal: there the width is ours."""
    stream = sys.stderr if stderr else sys.stdout
    return Console(file=stream, width=None if stream.isatty() else WIDTH_OF_A_FILE, highlight=False, soft_wrap=False)


class Tell:
    """What long work calls: `tell(count)`, or `tell(count, share)` where it knows what share of the whole it has done."""

    def __init__(self, bar: Progress, doing: str) -> None:
        self._bar, self._task = bar, bar.add_task(doing, total=None, done=0)
        self.done = 0
        self._began = time.monotonic()

    def __call__(self, count: int, share: float | None = None) -> None:
        self.done += count
        if share is None:
            self._bar.update(self._task, done=self.done)
        else:
            self._bar.update(self._task, done=self.done, completed=share, total=1.0)

    def pace(self) -> Pace:
        seconds = time.monotonic() - self._began
        return Pace(round(seconds, 1), round(self.done / seconds) if seconds else 0)


class _Rate(ProgressColumn):
    def render(self, task: Task) -> Text:
        elapsed = task.elapsed or 0.0
        return Text(f"{task.fields['done'] / elapsed:,.0f}/s" if elapsed >= 1 else "")


def with_progress(work: Callable[[Tell], T], what: str = "rows", doing: str = "importing") -> T:
    """Long work with a bar on stderr where that is a terminal: how many, how fast, and how long it still takes."""
    done = TextColumn("{task.fields[done]:,} " + what)
    err = console(stderr=True)
    columns = (TextColumn(doing), BarColumn(), done, _Rate(), TimeElapsedColumn(), TimeRemainingColumn())
    with Progress(*columns, console=err, transient=True, disable=not err.is_terminal) as bar:
        tell = Tell(bar, doing)
        try:
            return work(tell)
        except KeyboardInterrupt:
            so_far = f"{tell.done:,} {what}"
            complain(f"stopped after {so_far}", GOES_ON.get(doing))
            raise
