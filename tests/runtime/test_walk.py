"""The walk of one event to its picture message, counted: the files it goes through, and how often one room calls another.

`python -m tests.runtime.test_walk` prints the files in the order in which they are first called.
"""

from __future__ import annotations

import sys
import tempfile
import threading
from collections.abc import Callable
from functools import partial
from itertools import pairwise
from pathlib import Path
from types import CodeType, FrameType

import pytest

from tests.world import ADA, BEN, PROJECT, World

ROOT = Path(__file__).resolve().parents[2]
STATEMENTS = "engine/store/sqlite/connection.py"
THREADS = ("MainThread", "leadoff-writer")
FLOW = """\
flow: welcome
language: 1
trigger: {event: list.joined}
exit_when: [{when: {happened: order.placed}, reason: converted}]
steps:
  - id: hero
    sms: {text: 'Hi {{ contact.first_name | default("there") }}', image: media/hero.png, otherwise: text}
  - id: think
    delay: 2d
  - id: reminder
    sms: Still thinking?
"""


class Walk:
    """The calls of our own code in the order in which they begin, while `on`, in this thread and in the one that writes.

    What the simulator does is the provider's side and does not count, nor do the statements themselves.
    """

    def __init__(self) -> None:
        self.on = False
        self.calls: list[tuple[str, str]] = []  # file, function
        self._places: dict[CodeType, tuple[str, str] | None] = {}

    def __call__(self, frame: FrameType, event: str, argument: object) -> None:
        if self.on and event == "call" and threading.current_thread().name in THREADS:
            if frame.f_code not in self._places:
                self._places[frame.f_code] = _place(frame.f_code)
            place = self._places[frame.f_code]
            if place is not None:
                self.calls.append(place)

    @property
    def files(self) -> list[str]:
        return list(dict.fromkeys(file for file, _ in self.calls))

    @property
    def changes(self) -> int:
        """How often a call is in another room than the one before it."""
        rooms = [file.rpartition("/")[0] for file, _ in self.calls]
        return sum(room != before for before, room in pairwise(rooms))

    def count(self, function: str) -> int:
        return sum(name == function for _, name in self.calls)

    def __str__(self) -> str:
        functions = len({*self.calls})
        asked = self.count("DeployedWorkspace.deployed")
        return f"{len(self.files)} files, {functions} functions, {self.changes} changes of room, deployed() called {asked} times"


def _place(code: CodeType) -> tuple[str, str] | None:
    path = Path(code.co_filename)
    if not path.is_relative_to(ROOT) or code.co_name.startswith("<"):
        return None
    file = path.relative_to(ROOT).as_posix()
    ours = file.startswith(("engine/", "blocks/")) and not file.startswith(("engine/simulator/", STATEMENTS))
    return (file, code.co_qualname) if ours else None


def walk_of_one_event(folder: Path) -> dict[str, Walk]:
    """By its part: intake, tick, delivery, and "all". What is loaded and compiled only once was called before."""
    walks = {name: Walk() for name in ("intake", "tick", "delivery", "all")}

    def profile(frame: FrameType, event: str, argument: object) -> None:
        for walk in walks.values():
            walk(frame, event, argument)

    threading.setprofile(profile)
    try:
        with World(folder, FLOW, project=PROJECT.replace("quiet_hours: off\n", "")) as world:
            for phone in (BEN, ADA):
                parts: dict[str, Callable[[], object]] = {
                    "intake": partial(world.event, "list.joined", phone, {"list": "spring"}),
                    "tick": world.tick,
                    "delivery": world.send,
                }
                for name, part in parts.items():
                    walks[name].on = walks["all"].on = phone == ADA
                    sys.setprofile(profile)
                    part()
                    sys.setprofile(None)
                    walks[name].on = False
            walks["all"].on = False
            assert [message.status for message in world.messages()] == ["accepted", "accepted"]
            assert all(message.media for message in world.messages())
    finally:
        sys.setprofile(None)
        threading.setprofile(None)
    return walks


@pytest.mark.only("sqlite", "its ceilings are those of SQLite")
def test_one_event_comes_to_its_picture_message_without_detours(tmp_path: Path) -> None:
    """A ceiling: raise it only for a file that the work itself needs."""
    walk = walk_of_one_event(tmp_path)
    assert [walk[part].count("DeployedWorkspace.deployed") for part in ("intake", "tick", "delivery")] == [1, 1, 2], (
        "asked once a batch"
    )
    assert walk["tick"].count("Writer.do") == 1
    assert len(walk["all"].files) <= 71, sorted(walk["all"].files)
    assert walk["all"].changes <= 184


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        walks = walk_of_one_event(Path(folder))
    for name, walk in walks.items():
        print(f"{name}: {walk}")
    print(*walks["all"].files, sep="\n")
