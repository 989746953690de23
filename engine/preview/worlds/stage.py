"""A checked project, compiled once, for any number of worlds."""

from __future__ import annotations

from copy import copy

from engine.clock import ManualClock
from engine.core.lots import OWN, Lots
from engine.deploy.deployed import Deployed
from engine.language.check import Checked
from engine.language.compiler import compile_project
from engine.preview.worlds.world import World
from engine.runtime.trace import Trace
from engine.store import deployments, interned_names
from engine.store.sqlite.memory import MemoryDatabase, Shelf

SECRET = b"the key of the links of a preview"  # they lead nowhere


class Stage:
    """`checked` has no error. Each world is a copy of one database, in which the project is deployed."""

    def __init__(self, checked: Checked) -> None:
        assert checked.project is not None
        self.checked = checked
        self.project = checked.project
        self.programs = compile_project(checked, SECRET)
        self.settings = checked.project.settings(SECRET, {})
        database = MemoryDatabase()
        steps = {name: list(program.places) for name, program in self.programs.items()}
        database.write(lambda db: interned_names.intern(db, steps))
        self._deployment = database.write(lambda db: deployments.insert(db, "", None, False, 0, "{}"))
        self._names = database.write(interned_names.load)
        self._shelf = Shelf(database.image())
        self._deployments: dict[tuple[object, ...], Deployed] = {}
        database.close()

    def alone(self, *flows: str) -> Stage:
        """The same with these flows only: no other flow enters their contacts, or uses up their caps."""
        stage = copy(self)
        stage.programs = {flow: self.programs[flow] for flow in flows}
        stage._deployments = {}
        return stage

    def world(self, start: int, lots: Lots = OWN, trace: Trace | None = None) -> World:
        """A world at `start` (UTC ms)."""
        return World(self._shelf.take(), self.deployed(lots), ManualClock(start), trace)

    def deployed(self, lots: Lots = OWN) -> Deployed:
        """The same for all worlds with these lots: what a deployment works out of its programs, it works out once."""
        key = (*sorted(lots.draws.items()), *lots[1:])
        if key not in self._deployments:
            programs = self.programs
            if lots != OWN:
                settings = {name: program.settings._replace(lots=lots) for name, program in programs.items()}
                programs = {name: program._replace(settings=settings[name]) for name, program in programs.items()}
            self._deployments[key] = Deployed(self._deployment, self.project, programs, self._names, self.settings)
        return self._deployments[key]
