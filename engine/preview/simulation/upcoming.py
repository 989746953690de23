"""What will leave from the live database and when, if nobody reacts: its contacts are played on, on a copy in memory.

Invariants: the database is only read. Of more than `MOST` contacts a seeded sample is played, and the counts are scaled and said to be so.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from engine.core.calendar import DAY, wall_of
from engine.deploy.deployed import Deployed
from engine.preview.sample import Sample, sample
from engine.preview.simulation.groups import SIZE, LivePeople
from engine.preview.stories.stories import has_left, is_delivery, price_of
from engine.store import holds
from engine.store.contacts import StoredContact
from engine.store.database import Database
from engine.store.queries import to_come
from engine.store.queries.timeline import TimelineEntry, timeline_of
from engine.store.states import OURS

MOST = 10_000
SEED = 1


class Departure(NamedTuple):
    """Messages of one step on one day of the project's clock. `price`: all of them, in millionths."""

    day: int  # days since 1970
    flow: str
    step: str
    kind: str  # sms | mms
    messages: int
    first_at: int
    last_at: int
    price: int


class Withheld(NamedTuple):
    """Messages that will not leave."""

    flow: str
    step: str
    reason: str
    messages: int


class Upcoming(NamedTuple):
    """`played` of `contacts` were played; where it is fewer, the numbers are scaled up."""

    now: int
    until: int
    contacts: int
    played: int
    departures: tuple[Departure, ...]
    withheld: tuple[Withheld, ...]
    held: bool  # all sending is on hold
    paused: tuple[str, ...]  # flows of those asked about


def people(database: Database, deployed: Deployed, flow: str | None) -> Sample:
    """Of those for whom something may leave: everybody where a clock or a segment may start the flow."""
    clocked = any(flow in (None, program.flow) for program, _ in deployed.recurring.values())
    of = None if flow is None else deployed.names.flow_ids[flow]
    with database.reading() as db:
        return sample(to_come.everybody(db) if clocked else to_come.contacts(db, of), MOST, SEED)


def upcoming(
    database: Database,
    deployed: Deployed,
    who: Sample,
    flow: str | None,
    now: int,
    until: int,
    played: Callable[[int], None] = lambda count: None,
) -> Upcoming:
    """Of these contacts, and by them of those that they are drawn from; `played` is called with the number of each group."""
    leaving: dict[tuple[int, str, str, str], list[tuple[int, int]]] = {}
    withheld: Counter[tuple[str, str, str]] = Counter()
    for at in range(0, len(who.ids), SIZE):
        group = LivePeople(database, deployed, who.ids[at : at + SIZE])
        for _, moments in played_on(group, now, until):
            for moment in moments:
                if moment.kind != "message" or moment.flow in OURS or flow not in (None, moment.flow):
                    continue
                of, step = str(moment.flow), str(moment.step)
                if has_left(moment):
                    day = wall_of(moment.at, deployed.project.timezone) // DAY
                    leaving.setdefault((day, of, step, moment.details["kind"]), []).append(
                        (moment.at, price_of(moment))
                    )
                else:
                    withheld[of, step, str(moment.details["reason"] or moment.details["status"])] += 1
        played(len(group.ids))
    share = who.of / len(who.ids) if who.ids else 1.0
    departures = sorted(
        (_departure(key, found, share) for key, found in leaving.items()),
        key=lambda each: (each.day, each.first_at, each.flow, each.step, each.kind),
    )
    kept = (Withheld(*key, round(count * share)) for key, count in withheld.most_common())
    with database.reading() as db:
        held, paused = holds.held_since(db) is not None, [deployed.names.flows[id] for id in holds.paused(db)]
    asked = tuple(sorted(name for name in paused if flow in (None, name)))
    return Upcoming(now, until, who.of, len(who.ids), tuple(departures), tuple(kept), held, asked)


def _departure(key: tuple[int, str, str, str], found: Sequence[tuple[int, int]], share: float) -> Departure:
    """`found`: the instant and the price of each that was played."""
    instants, prices = zip(*found, strict=True)
    return Departure(*key, round(len(found) * share), min(instants), max(instants), round(sum(prices) * share))


def played_on(group: LivePeople, now: int, until: int) -> Iterator[tuple[StoredContact, list[TimelineEntry]]]:
    """Each contact with what is still to come for it, if nobody reacts; that a message was delivered is no news."""
    world, found = group.opened(now)
    doing = world.deployed().summary.doing
    try:
        with world.database.reading() as db:
            before = {who.id: set(_keys(timeline_of(db, who, doing))) for who in found}
        world.play(until)
        with world.database.reading() as db:
            for who in found:
                moments = timeline_of(db, who, doing)
                yield who, [moment for moment in moments if _is_news(moment, before[who.id])]
    finally:
        world.close()


def _is_news(moment: TimelineEntry, before: set[tuple[object, ...]]) -> bool:
    return _key(moment) not in before and not is_delivery(moment)


def _keys(moments: Iterable[TimelineEntry]) -> Iterator[tuple[object, ...]]:
    return map(_key, moments)


def _key(moment: TimelineEntry) -> tuple[object, ...]:
    """The same for what is the same before and after."""
    state = moment.details.get("status"), moment.details.get("reason")
    return moment.at, moment.kind, moment.flow, moment.run, moment.step, moment.what, state
