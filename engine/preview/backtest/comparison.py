"""Everyone of a file under two versions of a project: how many would get the same, and the kinds of those who would not.

Invariants: the same file and versions make the same kinds in the same order; what is kept is one person for each kind.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from engine.preview.backtest.differences import Outcomes, cost, differences, outcomes_of
from engine.preview.backtest.recorded_people import Person
from engine.preview.backtest.replay import Names, replay
from engine.preview.worlds.stage import Stage
from engine.store.contacts import StoredContact


class Kind(NamedTuple):
    """So many people get something else in the same way; `sample` is one of them."""

    people: int
    words: tuple[str, ...]
    sample: StoredContact
    before: Outcomes
    after: Outcomes


class Comparison(NamedTuple):
    people: int
    acts: int
    kinds: tuple[Kind, ...]  # the commonest first
    lost_before: Mapping[str, int]  # acts that found nothing to answer, by kind
    lost_after: Mapping[str, int]
    cost_before: int  # millionths of the currency
    cost_after: int
    problems: Mapping[str, int]  # why people could not be played: how many
    currency: str

    @property
    def differ(self) -> int:
        return sum(kind.people for kind in self.kinds)


def compare(
    before: Stage,
    after: Stage,
    people: Iterable[Person],
    flow: str | None,
    longer: int,
    progress: Callable[[int], None] = lambda count: None,
) -> Comparison:
    """`flow`: it alone; `longer`: so many ms behind the last thing that each did; `progress`: called with how many were played."""
    renamed = renamed_steps(after)
    kinds: dict[tuple[str, ...], Kind] = {}
    count = acts = paid_before = paid_after = 0
    lost_before: Counter[str] = Counter()
    lost_after: Counter[str] = Counter()
    problems: Counter[str] = Counter()
    for person in people:
        if not person.acts:
            continue
        old, new = replay(before, person, longer), replay(after, person, longer, renamed)
        progress(1)
        count, acts = count + 1, acts + len(person.acts)
        if old.who is None or new.who is None:
            problems[old.problem or new.problem or ""] += 1
            continue
        lost_before.update(old.lost)
        lost_after.update(new.lost)
        paid_before, paid_after = paid_before + cost(old, flow).price, paid_after + cost(new, flow).price
        was, comes = outcomes_of(old.moments, flow, renamed), outcomes_of(new.moments, flow)
        words = differences(was, comes)
        if words:
            known = kinds.get(words) or Kind(0, words, new.who, was, comes)
            kinds[words] = known._replace(people=known.people + 1)
    found = tuple(sorted(kinds.values(), key=lambda kind: -kind.people))
    currency = after.project.currency
    return Comparison(count, acts, found, lost_before, lost_after, paid_before, paid_after, problems, currency)


def renamed_steps(stage: Stage) -> Names:
    """What `moved:` of the new version says."""
    return {(name, old): new for name, flow in stage.checked.flows.items() for old, new in flow.moved.items()}
