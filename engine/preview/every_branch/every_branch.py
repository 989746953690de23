"""Stories that take every branch of a flow: each is played by the engine, and the next one changes what would make another branch taken.

Flows have no loops, so as many stories as branches suffice. Invariants: a story is kept because it reached what none before it did; the
same flow gives the same stories in the same order. What no story reaches is said, not hidden.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from engine.core.calendar import DAY, HOUR, MINUTE, Duration, resolve, wall_of
from engine.core.interpreter import Sprint
from engine.core.program import Program
from engine.language.conditions.condition import Condition
from engine.language.conditions.operators import value_test
from engine.language.conditions.tree import All, Happened, Not, Tree
from engine.language.model.flow_test import Happening
from engine.language.model.triggers import DateTrigger, ScheduleTrigger, SegmentTrigger, Trigger
from engine.language.values.fields import BadValue
from engine.language.values.humanize import clock_words
from engine.preview.every_branch.forcing import Deed, Proposal, proposals
from engine.preview.every_branch.plots import (
    EXAMPLES,
    Played,
    Plot,
    arrival,
    deed_words,
    example_phone,
    person_of,
    tidy,
    timed,
    told,
    with_phone,
    zone_of,
)
from engine.preview.flow_tests.coverage import Coverage, Point, Reached, Target, targets_of
from engine.preview.flow_tests.outcomes import NOT_ENTERED, WAITS
from engine.preview.flow_tests.play import Play, play
from engine.preview.simulation import made_up
from engine.preview.simulation.fulfilment import Fulfilment
from engine.preview.simulation.reactions import any_link
from engine.preview.worlds.stage import Stage

MOST_PLAYS = 600
LENGTHS = (14, 45, 130, 400)  # days, tried in turn while a run still waits
NIGHT = 23 * HOUR


class EveryBranch(NamedTuple):
    stories: tuple[Played, ...]
    coverage: Coverage


class _Watch(Reached):
    def __init__(self) -> None:
        super().__init__()
        self.visits: list[tuple[int, str | None, int]] = []

    def sprint(self, program: Program, sprint: Sprint, now: int) -> None:
        super().sprint(program, sprint, now)
        self.visits += [(index, taken, now) for index, taken in sprint.path]


def every_branch(stage: Stage, flow: str, start: int) -> EveryBranch:
    """`start`: a wall time in the project's zone."""
    return _Search(stage, flow, start).run()


class _Search:
    def __init__(self, stage: Stage, flow: str, start: int) -> None:
        self._stage, self._flow, self._start = stage, flow, start
        self._project, self._model = stage.project, stage.checked.flows[flow]
        self._program = stage.programs[flow]
        self._any_link = any_link(self._program)
        self._targets = tuple(targets_of(stage, flow))
        self._reached: set[Point] = set()
        self._tried: set[str] = set()

    def run(self) -> EveryBranch:
        kept: list[Played] = []
        queue = list(self._beginnings())
        plays = 0
        while queue and plays < MOST_PLAYS and self._missing():
            plot = queue.pop(0)
            key = repr(plot._replace(said=()))
            if key in self._tried:
                continue
            self._tried.add(key)
            plays += 1
            found = self._play(plot)
            if found is None:
                continue
            played, points = found
            new = points & {target.point for target in self._missing()}
            if not new:
                continue
            kept.append(played)
            self._reached |= points
            for old in kept:
                queue += [each for target in self._missing() for each in self._towards(old, target)]
        coverage = Coverage(self._flow, self._targets, dict.fromkeys(self._reached, 1))
        return EveryBranch(tuple(kept), coverage)

    def _missing(self) -> list[Target]:
        return [target for target in self._targets if target.point not in self._reached]

    def _play(self, plot: Plot) -> tuple[Played, set[Point]] | None:
        """With a length at which nothing waits any more, as far as there is one."""
        found = None
        for days in (length for length in LENGTHS if length >= plot.days):
            plot = plot._replace(days=days)
            watch = _Watch()
            try:
                happens = [Happening.model_validate(dict(deed)) for deed in plot.happens]
                person = person_of(plot, self._project.timezone)
                asked = Play(self._flow, plot.start, happens, Duration(days, 0), plot.draws, plot.beside)
                (ending,) = play(self._stage, asked, [person], watch)
            except (BadValue, ValueError):
                return found
            if any(each.why_not(ending.end) for each in ending.happened):
                return found
            found = Played(plot, ending, tuple(watch.visits)), watch.points[self._flow]
            if any(outcome.kind == NOT_ENTERED for outcome in ending.story.outcomes):
                return found
            if not any(outcome.kind == WAITS for outcome in ending.story.outcomes) and watch.visits:
                return found
            if not watch.visits and not isinstance(self._model.trigger[0], SegmentTrigger | ScheduleTrigger):
                return found
        return found

    # Where stories begin.

    def _beginnings(self) -> Iterator[Plot]:
        for trigger in self._model.trigger:
            yield from self._of_trigger(trigger)
            where = made_up.condition_of(trigger)
            base = next(iter(self._of_trigger(trigger)))
            if where is not None and not isinstance(trigger, SegmentTrigger):
                yield from self._proposed(base, where.tree, False, None)
            if self._model.entry.require is not None:
                yield from self._proposed(base, self._model.entry.require.tree, False, None)

    def _of_trigger(self, trigger: Trigger) -> Iterator[Plot]:
        wanted = made_up.required(self._project, self._model, trigger, self._start)
        opening = made_up.opening(trigger, wanted)
        fields = made_up.contact(self._project, wanted, {})
        said = {"event": opening.event, "data": dict(opening.data)} if opening.event else {}
        said = {"replied": opening.words} if opening.words else {"started": self._flow} if opening.by_hand else said
        before = tuple(
            {"event": past.event, **({"data": dict(past.data)} if past.data else {})} for past in wanted.past
        )
        first = trigger is self._model.trigger[0]
        named = () if first or not said else (deed_words(said),)
        base = Plot(fields, self._start, tidy(said) or None, before, said=named)
        if isinstance(trigger, SegmentTrigger):
            base = base._replace(fields=made_up.contact(self._project, Fulfilment(self._project), {}), before=())
            yield from self._into(base, trigger.segment)
            return
        if isinstance(trigger, ScheduleTrigger):
            zone = self._project.timezone
            rule = trigger.compiled(zone).recurrence
            at = made_up.firing_after(trigger, self._project, zone_of(base, zone), self._instant())
            at = at or made_up.firing_after(trigger, self._project, zone_of(base, zone), 0)
            if at is not None and rule is not None:
                base = base._replace(start=(wall_of(at, zone_of(base, zone)) - 2 * HOUR) // MINUTE * MINUTE)
        if isinstance(trigger, DateTrigger):
            base = base._replace(start=self._start)
        yield base

    def _into(self, base: Plot, segment: Condition) -> Iterator[Plot]:
        """Ways to come into a segment after the start."""
        for made in proposals(segment.tree, True, self._project, base.fields, None, {}):
            acts = tuple(deed for deed, _ in made.deeds)
            changed = ({"after": "1h", "set": dict(made.fields)},) if made.fields else ()
            yield base._replace(before=(), acts=(*acts, *changed))
            if _was_once(segment.tree, self._project):  # something has to lie back: it happens now, and time passes
                deeds = _past_deeds(segment.tree, self._project)
                yield base._replace(acts=(*deeds, *changed), days=LENGTHS[2])
        yield base

    # From a story towards what it has not reached.

    def _towards(self, old: Played, target: Target) -> Iterator[Plot]:
        kind, number, name = target.point
        if kind == "exit_when":
            tree = self._model.exit_when[number].when.tree
            for index, taken, _ in old.visits:
                if taken is None:
                    yield from self._proposed(old.plot, tree, True, (old, index))
        elif kind == "require" and self._model.entry.require is not None:
            yield from self._proposed(old.plot, self._model.entry.require.tree, False, None)
        elif kind == "step" and any(index == number for index, _, _ in old.visits):
            yield from self._of_step(old, number, name)

    def _of_step(self, old: Played, number: int, name: str) -> Iterator[Plot]:
        node = self._program.nodes[number]
        conditions = {
            branch: each
            for branch in node.branches
            if isinstance(each := node.block.branch_condition(branch), Condition)
        }
        if name in conditions:
            others = [conditions[branch].tree for branch in conditions if branch < name]
            yield from self._together(old, [(conditions[name].tree, True), *((each, False) for each in others)], number)
            yield from self._proposed(old.plot, conditions[name].tree, True, (old, number))
        elif conditions and name in node.branches:
            yield from self._together(old, [(each.tree, False) for each in conditions.values()], number)
        elif name == "otherwise":
            yield from self._elsewhere(old.plot)
        elif name == "on_quiet":
            yield self._shifted(old, number, NIGHT, "at night")
        elif name == "on_cap":
            yield from self._capped(old.plot)
        elif name == "on_error" and node.step is not None:
            deed = {"failed": node.step}
            yield old.plot._replace(acts=(*old.plot.acts, deed), said=(*old.plot.said, f"{node.step} fails"))
        elif name in node.branches and node.step is not None:
            yield old.plot._replace(draws={**old.plot.draws, node.step: name}, said=(*old.plot.said, name))

    def _together(self, old: Played, wanted: Sequence[tuple[Tree, bool]], number: int) -> Iterator[Plot]:
        tree = All(tuple(each if holds else Not(each) for each, holds in wanted))
        yield from self._proposed(old.plot, tree, True, (old, number))

    def _proposed(self, plot: Plot, tree: Tree, holds: bool, at: tuple[Played, int] | None) -> Iterator[Plot]:
        opening = plot.opening or {}
        event = opening.get("event")
        data = opening.get("data") or {}
        for made in proposals(tree, holds, self._project, plot.fields, event, data, self._any_link):
            yield from self._changed(plot, made, at)

    def _changed(self, plot: Plot, made: Proposal, at: tuple[Played, int] | None) -> Iterator[Plot]:
        said = list(plot.said)
        fields = {name: value for name, value in {**plot.fields, **made.fields}.items() if value is not None}
        said += [f"{name} is {value}" for name, value in told(made.fields)]
        opening = plot.opening
        if made.data and opening is not None:
            data = {**opening.get("data", {}), **made.data}
            opening = tidy({**opening, "data": {name: value for name, value in data.items() if value is not None}})
            said += [f"{name} is {value}" for name, value in told(made.data)]
        if made.consent is not None:
            said.append("no consent")
        base = plot._replace(fields=fields, opening=opening, consent=made.consent or plot.consent, said=tuple(said))
        for found in self._in_country(base, made):
            placed = found if made.clock is None or at is None else self._at_clock(found, made, at)
            if not made.deeds:
                yield placed
                continue
            words = tuple(dict.fromkeys(deed_words(deed) for deed, _ in made.deeds))
            if at is not None:
                for acts in timed(made.deeds, *at):
                    yield placed._replace(acts=(*placed.acts, *acts), said=(*placed.said, *words))
            before = tuple(deed for deed, _ in made.deeds if "event" in deed)
            if before:
                yield placed._replace(
                    before=(*placed.before, *before), said=(*placed.said, *(f"{w} before" for w in words))
                )

    def _in_country(self, plot: Plot, made: Proposal) -> Iterator[Plot]:
        if made.country is None:
            yield plot
            return
        leaf, holds = made.country
        for country, phone in self._phones():
            value = {"country": country, "phone": phone, "key": phone}[leaf.name]
            if value_test(leaf.checks)(value) is holds:
                yield with_phone(plot, country, phone)

    def _elsewhere(self, plot: Plot) -> Iterator[Plot]:
        yield from (
            with_phone(plot, country, phone) for country, phone in self._phones() if country not in ("US", "CA")
        )

    def _phones(self) -> Iterator[tuple[str, str]]:
        for country in self._project.countries:
            phone = EXAMPLES.get(country) or example_phone(country)
            if phone is not None:
                yield country, phone

    def _at_clock(self, plot: Plot, made: Proposal, at: tuple[Played, int]) -> Plot:
        assert made.clock is not None
        leaf, holds = made.clock
        begin, end = leaf.between or (12 * HOUR, 13 * HOUR)
        wanted = (begin if holds else end) + HOUR if leaf.between else 12 * HOUR
        shifted = self._shifted(at[0], at[1], wanted % DAY, f"at {clock_words(wanted % DAY)}")
        start = shifted.start
        if leaf.days is not None:
            came = arrival(*at)
            weekday = (wall_of(came, at[0].ending.story.zone) // DAY + 3) % 7
            start += next(n for n in range(8) if ((weekday + n) % 7 in leaf.days) is holds or n == 7) * DAY
        return plot._replace(start=start, said=(*plot.said, shifted.said[-1]))

    def _shifted(self, old: Played, number: int, clock: int, said: str) -> Plot:
        """The story begins so that the step is reached at that time of the day."""
        came = wall_of(arrival(old, number), old.ending.story.zone) % DAY
        start = old.plot.start + (clock - came)
        return old.plot._replace(start=start // MINUTE * MINUTE, said=(*old.plot.said, said))

    def _capped(self, plot: Plot) -> Iterator[Plot]:
        """Other flows have texted before."""
        for name, flow in self._stage.checked.flows.items():
            event = next((each for each in flow.trigger if getattr(each, "event", None)), None)
            if name == self._flow or event is None or flow.category != "marketing":
                continue
            wanted = made_up.required(self._project, flow, event, self._start)
            opening = made_up.opening(event, wanted)
            deed = tidy({"event": opening.event, "data": dict(opening.data)})
            fields = {**wanted.fields_for(plot.fields), **plot.fields}
            yield plot._replace(
                fields=fields, before=(*plot.before, deed), beside=(name,), said=(*plot.said, f"after a text of {name}")
            )

    def _instant(self) -> int:
        return resolve(self._start, self._project.timezone)


def _was_once(tree: Tree, project: Any) -> bool:
    return bool(_past_deeds(tree, project))


def _past_deeds(tree: Tree, project: Any) -> tuple[Deed, ...]:
    """Events that have to have happened, of a segment."""
    found: list[Deed] = []
    for leaf in _leaves(tree):
        if isinstance(leaf, Happened):
            made = Fulfilment(project)
            if leaf.where is not None:
                made.require(leaf.where, of=leaf.event)
            deed = tidy({"event": leaf.event, "data": made.data_of(leaf.event)})
            if deed not in found:
                found.append(deed)
    return tuple(found)


def _leaves(tree: Tree) -> Iterator[Tree]:
    parts = getattr(tree, "parts", None)
    if parts is not None:
        for part in parts:
            yield from _leaves(part)
    elif isinstance(tree, Not):
        yield from _leaves(tree.part)
    else:
        yield tree
