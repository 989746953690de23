"""What happens to contacts in a world, as the files of flow tests write it: at a local time, after the start, or since a step was left.

Invariants: nothing fails silently: a happening that could not happen says why. Days are those of the contact's calendar.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import orjson

from engine.core.calendar import resolve
from engine.core.due_origins import after
from engine.delivery.web_call import CallAnswer, CallRefused
from engine.language.model.flow_test import ZERO, Happening
from engine.language.values.fields import BadValue
from engine.preview.worlds.world import DELIVERED, Report, World
from engine.store.contacts import StoredContact
from engine.store.queries import outcomes


@dataclass
class Played:
    """One happening of one contact. `at`: when it happens (UTC ms), None where that is not known yet; `problem`: why it could not."""

    happening: Happening
    at: int | None = None
    done: bool = False
    problem: str | None = None

    def why_not(self, until: int) -> str | None:
        """Why it did not happen up to `until`, in words; None where it did."""
        if self.problem is None and not self.done:
            if self.at is None:
                return f"{_since(self.happening)} never left, so {_deed(self.happening)}"
            return "this would be after the end of the test" if self.at > until else "this did not happen"
        return self.problem


class Happenings:
    """The same happenings for any number of contacts of one world. `since` names steps of `flow`."""

    def __init__(self, world: World, flow: str, happenings: Sequence[Happening]) -> None:
        self._world, self._flow, self._happenings = world, flow, happenings
        self._waiting: dict[tuple[int, str], list[Callable[[int], None]]] = defaultdict(list)
        self._of_calls: dict[str, list[Played]] = defaultdict(list)  # by step
        reported = {each.delivered or each.failed for each in happenings} - {None}
        if reported:
            world.reports = lambda of, step: None if of == flow and step in reported else DELIVERED
        self._answer_calls()
        if any(_since(each) for each in happenings):
            world.on_left.append(self._on_left)

    def plan(self, who: StoredContact, start: int) -> list[Played]:
        """All of them for one contact, from `start` (UTC ms) on; in the order given."""
        return [self._planned(Played(happening), who, start) for happening in self._happenings]

    def _planned(self, one: Played, who: StoredContact, start: int) -> Played:
        happening, since = one.happening, _since(one.happening)
        if self._is_of_a_call(happening):
            step = happening.answered or happening.failed or ""
            one.at, one.problem = start, f"no web call of {step} was made, so nothing answered it"
            self._of_calls[step].append(one)
        elif happening.at is not None:
            self._plan(one, who, resolve(happening.at, who.zone))
        elif since is None:
            self._plan(one, who, after(start, happening.after or ZERO, who.zone).at)
        else:
            begins = partial(self._begin, one, who)
            self._waiting[who.id, since].append(begins)
        return one

    def _begin(self, one: Played, who: StoredContact, left: int) -> None:
        self._plan(one, who, after(left, one.happening.after or ZERO, who.zone).at)

    def _plan(self, one: Played, who: StoredContact, at: int) -> None:
        one.at = at
        self._world.at(at, partial(self._happen, one, who))

    def _on_left(self, contact: int, flow: str, step: str, now: int) -> None:
        if flow == self._flow:
            for begin in self._waiting.pop((contact, step), ()):
                begin(now)

    def _happen(self, one: Played, who: StoredContact) -> None:
        one.done = True
        try:
            one.problem = self._do(one.happening, who)
        except BadValue as error:
            one.problem = str(error)

    def _do(self, happening: Happening, who: StoredContact) -> str | None:
        """Let it happen; what kept it from happening."""
        world = self._world
        if happening.event is not None:
            taken = world.event(who, happening.event, happening.data)
            return None if taken.status == "accepted" else taken.reason
        if happening.started is not None:
            taken = world.start(who, happening.started)
            return None if taken.status == "accepted" else taken.reason
        if happening.clicked is not None:
            link = happening.clicked
            return (
                None if world.click(who, link) else f'no message with the link "{link}" has left, so nobody could click'
            )
        if happening.replied is not None:
            world.reply(who, happening.replied)
        elif happening.consent is not None:
            world.consent(who, happening.consent)
        elif happening.values is not None:
            world.set(who, happening.values)
        else:
            return self._report(happening, who)
        return None

    def _report(self, happening: Happening, who: StoredContact) -> str | None:
        step = happening.delivered or happening.failed or ""
        with self._world.database.reading() as db:
            found = outcomes.accepted(db, who.id, self._flow, step)
        if found is None:
            return f"no message of {step} has left, so {_deed(happening)}"
        status = "delivered" if happening.delivered else "failed"
        self._world.report(found.provider_id, found.tag, found.sender, Report(status))
        return None

    def _is_of_a_call(self, happening: Happening) -> bool:
        return happening.answered is not None or (happening.failed is not None and not self._sends(happening.failed))

    def _sends(self, step: str) -> bool:
        program = self._world.deployed().programs[self._flow]
        place = program.places.get(step)
        return place is None or program.nodes[place].block.sends

    def _answer_calls(self) -> None:
        calls = [each for each in self._happenings if self._is_of_a_call(each)]
        answers: Mapping[str, bytes] = {each.answered: orjson.dumps(each.data or {}) for each in calls if each.answered}
        failing = {each.failed for each in calls}
        if not calls:
            return

        def answer(flow: str, step: str) -> CallAnswer:
            for one in self._of_calls[step] if flow == self._flow else ():
                one.done, one.problem = True, None
            if flow == self._flow and step in failing:
                raise CallRefused("the flow test lets it fail")
            return CallAnswer(200, {}, answers.get(step, b"{}") if flow == self._flow else b"{}")

        self._world.answers = answer


def _since(happening: Happening) -> str | None:
    """The step from which it counts. A report counts from its own."""
    if happening.since is not None or happening.at is not None:
        return happening.since
    return happening.delivered or happening.failed


def _is_report(happening: Happening) -> bool:
    return happening.delivered is not None or happening.failed is not None


def _deed(happening: Happening) -> str:
    """What then could not be."""
    if happening.clicked is not None:
        return "nobody could click"
    if happening.replied is not None:
        return "nobody could reply"
    return "nothing could be reported" if _is_report(happening) else "this did not happen"
