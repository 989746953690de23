"""What those inside get over the next days: as deployed, and with the files; each played on a copy of the live database in memory.

Invariants: the live database is only read. The switch, the engine and its gates are the real ones, so that a plan promises what `apply`
does. Only messages of runs that are there now count. The same database and files make the same figures: a sample is drawn by the plan's id.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

from engine.clock import ManualClock
from engine.core.calendar import DAY, MINUTE
from engine.core.interpreter import Sprint
from engine.deploy.apply import Switch, load
from engine.deploy.deployed import Deployed
from engine.deploy.git import Revision
from engine.deploy.live_edits.carrying_over import finish
from engine.deploy.plan.plan import Expected, Forecast, Plan, Texts
from engine.deploy.read_project import Registry, content_of
from engine.preview.sample import sample
from engine.preview.simulation.reactions import EverybodyReacts
from engine.preview.worlds.world import World
from engine.store import interned_names, runs
from engine.store.database import Database
from engine.store.queries import forecast as queries
from engine.store.sql import Connection
from engine.store.sqlite.memory import MemoryDatabase, copy_of

DAYS = 7
MOST = 2_000  # contacts that are played: their figures are within two percent, and there in seconds
GROUP = 1_000  # of them in one world: time grows with their number, and no faster
_LINK = re.compile(r"/l/\w+")


class Sent(NamedTuple):
    text: str  # its tracked links left out: they differ between versions, and lead to the same place
    is_mms: bool
    at: int


class Played:
    """One version, played once: run -> what left of it, in order; and the prices of all, in millionths of the currency."""

    def __init__(self) -> None:
        self.texts: dict[int, list[Sent]] = {}
        self.price = 0

    def count(self, mms: bool) -> int:
        return sum(sent.is_mms is mms for texts in self.texts.values() for sent in texts)


def forecast(
    database: Database,
    plan: Plan,
    registry: Registry,
    now: int,
    again: Collection[str] = (),
    most: int = MOST,
    played: Callable[[int], None] = lambda count: None,
) -> Forecast | None:
    """None where there is nothing to play: nobody is inside, nothing changes for them, or the plan is refused.

    `again`: flows whose campaign may fire a second time. `most`: of more contacts a sample of so many is played; `played` is called with
    the number of contacts of each group.
    """
    if plan.refused or plan.before is None or not plan.there:
        return None
    with database.reading() as db:
        who, inside = sample(queries.contacts_inside(db, _flows(db, plan)), most, plan.id)
        last = queries.newest_run(db)
    if not who:
        return None
    with _sides(database, plan, registry, who, now, tuple(again)) as (before, after, waiting):
        plays = {(side, react): Played() for side in (False, True) for react in (False, True)}
        for start in range(0, len(who), GROUP):
            group = who[start : start + GROUP]
            for (switched, react), found in plays.items():
                _play(after if switched else before, group, react, now, last, found)
            played(len(group))
    factor = inside / len(who)
    deployed, planned = (_expected(plays[side, False], plays[side, True], factor) for side in (False, True))
    texts = _compared(plays[False, False].texts, plays[True, False].texts, waiting, factor)
    return Forecast(DAYS, len(who), inside, deployed, planned, texts)


def _flows(db: Connection, plan: Plan) -> list[int]:
    """Those that change; where settings or segments change, all."""
    names = interned_names.load(db)
    changed = {flow.flow for flow in plan.changed}
    shared = bool(plan.settings or plan.segments)
    return [id for name, id in names.flow_ids.items() if shared or name in changed]


class _Side(NamedTuple):
    """A copy of the live database, with what is deployed there."""

    database: MemoryDatabase
    deployed: Deployed


@contextmanager
def _sides(
    database: Database, plan: Plan, registry: Registry, who: list[int], now: int, again: tuple[str, ...]
) -> Iterator[tuple[_Side, _Side, list[int]]]:
    """As it is deployed, with the files deployed by the real switch, and the runs that wait."""
    base = copy_of(database, who)
    switched = MemoryDatabase(base.image())
    new = plan.changes.new
    switched.write(Switch(new, content_of(new), Revision(None, True), now, registry, again, take_back=True).make)
    finish(switched, lambda: now)
    try:
        with base.reading() as db:
            waiting = queries.runs_inside(db, _flows(db, plan))
        yield _side(base, registry), _side(switched, registry), waiting
    finally:
        base.close()
        switched.close()


def _side(database: MemoryDatabase, registry: Registry) -> _Side:
    with database.reading() as db:
        deployed = load(db, registry)
    assert deployed is not None
    return _Side(database, deployed)


def _play(side: _Side, group: list[int], everybody_reacts: bool, now: int, last: int, found: Played) -> None:
    """`last`: the newest run there is; later ones are of those who come."""
    database, deployed = copy_of(side.database, group), side.deployed
    reacts = EverybodyReacts(deployed.project) if everybody_reacts else None
    world = World(database, deployed, ManualClock(now), reacts)
    if reacts is not None:
        reacts.world = world
        with database.reading() as db:
            waiting = runs.waiting_of(db, group, deployed.names)
        for each in waiting:
            program = deployed.programs.get(each.run.flow)
            if program is not None and each.run.step in program.places:
                reacts.sprint(program, Sprint(each.run, (), ()), now)
    world.play(now + DAYS * DAY)
    with database.reading() as db:
        _gather(db, now, last, found)
    world.close()


def _gather(db: Connection, since: int, last: int, found: Played) -> None:
    for run, text, is_mms, at, price in queries.left_since(db, since, last):
        found.texts.setdefault(run, []).append(Sent(_LINK.sub("/l/…", text), bool(is_mms), at))
        found.price += price


def _expected(nobody: Played, everybody: Played, factor: float) -> Expected:
    def between(one: int, two: int) -> tuple[int, int]:
        return round(min(one, two) * factor), round(max(one, two) * factor)

    sms, mms = (between(nobody.count(kind), everybody.count(kind)) for kind in (False, True))
    return Expected(sms, mms, between(nobody.price, everybody.price))


def _compared(
    before: dict[int, list[Sent]], after: dict[int, list[Sent]], waiting: Iterable[int], factor: float
) -> Texts:
    """Run by run."""
    counts = Counter[str]()
    for run in waiting:
        one, two = before.get(run, []), after.get(run, [])
        counts["waiting"] += 1
        counts[_kind(one, two)] += 1
        counts["twice"] += _doubled(two) > _doubled(one)
    kinds = ("waiting", "same", "later", "other", "nothing", "twice")
    return Texts(*(round(counts[kind] * factor) for kind in kinds))


def _kind(one: list[Sent], two: list[Sent]) -> str:
    if [each[:2] for each in one] != [each[:2] for each in two]:
        return "other" if two else "nothing"
    moved = any(abs(a.at - b.at) >= MINUTE for a, b in zip(one, two, strict=True))
    return "later" if moved else "same"


def _doubled(texts: list[Sent]) -> int:
    return len(texts) - len({each[:2] for each in texts})
