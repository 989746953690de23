"""One recorded person played in a world: events at their times, answers at their offset since the message that they answer.

Invariants: what a person answered happens only where that message left, however much later or earlier; what then did not happen is counted.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from functools import partial
from typing import Any, NamedTuple

from engine.core.calendar import DAY
from engine.core.lots import Lots
from engine.language.values.fields import BadValue
from engine.preview.backtest.recorded_people import Act, Person
from engine.preview.worlds.stage import Stage
from engine.preview.worlds.world import DELIVERED, Report, World
from engine.store.contacts import StoredContact
from engine.store.queries import outcomes
from engine.store.queries.timeline import TimelineEntry, timeline_of

Names = Mapping[tuple[str, str], str]
"""(flow, step) as it was recorded -> what it is called."""
NO_NAMES: Names = {}
REPORTS = ("delivered", "undelivered", "failed")


class Played(NamedTuple):
    """What came of it. `lost`: acts that had nothing to answer, or that this version does not know, by kind."""

    moments: tuple[TimelineEntry, ...]
    lost: Mapping[str, int]
    who: StoredContact | None
    problem: str | None = None  # why the person could not be played


def replay(stage: Stage, person: Person, after: int, renamed: Names = NO_NAMES) -> Played:
    """Up to `after` ms behind the last thing that the person did. `renamed`: what steps that were answered are called here."""
    first, last = person.acts[0], person.acts[-1]
    start = first.at - DAY if first.kind == "entered" else first.at
    world = stage.world(start, Lots(held_out=False))
    try:
        return _Replay(world, person, renamed).play(last.at + after)
    except BadValue as error:
        return Played((), {}, None, str(error))
    finally:
        world.close()


class _Replay:
    def __init__(self, world: World, person: Person, renamed: Names) -> None:
        self._world, self._person = world, person
        self._acts = [_renamed(act, renamed) for act in person.acts]
        self._lost: Counter[str] = Counter()
        self._times: Counter[tuple[str, str]] = Counter()  # how often each step was left
        self._waiting: dict[tuple[str, str, int], list[Act]] = defaultdict(list)
        self._reports: dict[tuple[str, str], list[Report]] = defaultdict(list)
        fields = dict(person.fields)
        # Who came into a segment did so by a change: the fields that made it come then.
        self._late = fields if person.acts[0].kind == "entered" and "segment" in person.acts[0].data else {}
        known: Mapping[str, Any] = {
            name: fields[name] for name in ("phone", "key", "timezone", "country") if name in fields
        }
        self._who = world.add(known if self._late else fields, person.consent, person.consent_ends)

    def play(self, until: int) -> Played:
        world = self._world
        world.open()
        world.reports = self._report
        world.on_left.append(self._on_left)
        for act in self._acts:
            self._plan(act)
        world.play(until)
        for waiting in self._waiting.values():
            self._lost.update(act.kind for act in waiting)
        with world.database.reading() as db:
            moments = timeline_of(db, self._who)
        return Played(tuple(moments), self._lost, self._who)

    def _plan(self, act: Act) -> None:
        if act.kind in REPORTS:
            if act.since is not None and "no_mms" not in act.data:
                said = Report(act.kind, max(act.since.ms, 0), act.data.get("reason"))
                self._reports[act.since.flow, act.since.step].append(said)
        elif act.kind == "entered":
            if self._late:
                late, self._late = self._late, {}
                changed = {name: value for name, value in late.items() if name not in ("phone", "key")}
                self._world.at(act.at, partial(self._world.set, self._who, changed))
        elif act.since is None:
            self._world.at(act.at, partial(self._do, act))
        else:
            self._waiting[act.since.flow, act.since.step, act.since.nth].append(act)

    def _on_left(self, contact: int, flow: str, step: str, now: int) -> None:
        self._times[flow, step] += 1
        for act in self._waiting.pop((flow, step, self._times[flow, step]), ()):
            assert act.since is not None
            self._world.at(now + act.since.ms, partial(self._do, act))

    def _report(self, flow: str, step: str) -> Report:
        recorded = self._reports.get((flow, step))
        return recorded.pop(0) if recorded else DELIVERED

    def _do(self, act: Act) -> None:
        if not self._happens(act):
            self._lost[act.kind] += 1

    def _happens(self, act: Act) -> bool:
        world, since = self._world, act.since
        if act.kind == "event":
            return world.event(self._who, act.name, _known(act.data)).status == "accepted"
        if act.kind == "start":
            return act.name in world.deployed().programs and world.start(self._who, act.name).status == "accepted"
        if act.kind == "consent":
            world.consent(self._who, act.name, act.data.get("expires"))
            return True
        if act.kind == "clicked":
            return world.click(self._who, act.name, since.step if since else None)
        if since is not None and not self._got(since.flow, since.step):
            return False
        world.reply(self._who, act.name)
        return True

    def _got(self, flow: str, step: str) -> bool:
        with self._world.database.reading() as db:
            return outcomes.accepted(db, self._who.id, flow, step) is not None


def _renamed(act: Act, renamed: Names) -> Act:
    since = act.since
    if since is None or (since.flow, since.step) not in renamed:
        return act
    return act._replace(since=since._replace(step=renamed[since.flow, since.step]))


def _known(data: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in data.items() if value is not None}
