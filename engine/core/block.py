"""The contract of a block: a block answers, it does not act.

A run arrives at a step, the interpreter calls `decide(ctx)` of its block, and the answer is one of four values:

    Next(effects)   done; carry out the effects and continue
    Wait(until)     wait until that instant, or until a fact comes that `needs()` names; then `decide` is called again
    Branch(name)    continue in that branch; after it the run continues behind the block
    Exit(reason)    the run ends

Invariants: a block decides from `ctx` only. It reads no clock, no database, no network, and keeps nothing between calls.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import ClassVar, NamedTuple

from pydantic import BaseModel, ConfigDict

from engine.core.context import Context, FlowHead
from engine.core.effects import Effect
from engine.core.facts import NOTHING, Needs
from engine.core.gates.verdict import Candidate


class Next(NamedTuple):
    effects: tuple[Effect, ...] = ()
    chosen_by: str | None = None  # the key of the step that decided this, one of `outcomes`: `otherwise`, `on_quiet`


class Wait(NamedTuple):
    until: int  # UTC ms
    wall: int | None = None  # the wall time it came from, where a calendar day was meant (T1)
    effects: tuple[Effect, ...] = ()  # carried out when the wait begins
    origin: str | None = None  # what else it came from: `due_origins`


class Branch(NamedTuple):
    name: str


class Exit(NamedTuple):
    reason: str
    chosen_by: str | None = None  # as of Next


Outcome = Next | Wait | Branch | Exit


class Step(NamedTuple):
    """One step as written: its id, or None, and its block."""

    id: str | None
    block: Block
    path: tuple[str | int, ...]  # its place in the file


class Block(BaseModel):
    """A block's fields are what an author may write; its class attributes say how they are written."""

    # Built when it is first used: most commands read few of the mappings.
    model_config = ConfigDict(
        frozen=True, extra="forbid", arbitrary_types_allowed=True, populate_by_name=True, defer_build=True
    )

    verb: ClassVar[str]
    shorthand: ClassVar[str | None] = None
    """The field that the verb's value fills when it is not a mapping of fields: `delay: 2d` is `delay: {for: 2d}`."""
    shorthand_only: ClassVar[bool] = False
    """The verb's value always fills `shorthand`, a mapping too."""
    sibling_keys: ClassVar[tuple[str, ...]] = ()
    """Fields (by their written name) that are keys of the step, next to the verb, instead of keys of the verb's value."""
    needs_id: ClassVar[bool] = False
    """A run can wait here, or a condition can refer to the step: it needs an id."""
    sends: ClassVar[bool] = False
    """It writes a message, see `message`: conditions can ask for its delivery and for clicks on its links."""
    changes_facts: ClassVar[bool] = False
    """Its effects change what later steps and `exit_when` read."""
    ends: ClassVar[bool] = False
    """Every run ends here: no run reaches the step after it."""
    waits_for_facts: ClassVar[bool] = False
    """A fact can end the wait before its time is up: its conditions ask what happens, not what has happened."""
    keeps_time: ClassVar[bool] = False
    """It waits until a time: for a run that an edit puts here the wait is over at the time that it has. Else the run arrives then."""
    waits_for_an_answer: ClassVar[bool] = False
    """It asks another program once, and waits for the answer: nobody lets that wait begin anew."""
    draws_lots: ClassVar[bool] = False
    """It chooses a contact's branch at random: a flow test may fix which one."""
    needs_branch: ClassVar[bool] = False
    """It does nothing but choose a branch, so one of them must have steps."""

    def decide(self, ctx: Context) -> Outcome:
        """Called on arrival (`ctx.due` is None) and at every wake."""
        raise NotImplementedError

    def always_waits(self) -> bool:
        """A run that arrives certainly waits here: facts of later steps are not fetched yet."""
        return False

    def lets_time_pass(self) -> bool:
        """Its author means time to pass between the step before it and the step after it."""
        return self.always_waits()

    def longest_wait(self) -> int | None:
        """How long a run waits here at most, in ms; None: unknown. What a gate holds is not counted."""
        return None if self.needs_id or self.always_waits() else 0

    def needs(self) -> Needs:
        """The facts that `decide` reads."""
        return NOTHING

    def branches(self) -> Mapping[str, tuple[Step, ...]]:
        """The branches by name, in the order in which they are shown."""
        return {}

    def branch_condition(self, branch: str) -> object | None:
        """The Condition that holds where a run takes that branch; None where there is none."""
        return None

    def describe_branch(self, branch: str) -> str:
        """A few words for people: when a run takes that branch."""
        return branch.replace("_", " ")

    def takes_one_branch(self) -> bool:
        """A run always goes through one of the branches; else it may also pass by all of them."""
        return "else" in self.branches()

    def outcomes(self, flow: FlowHead) -> Mapping[str, str]:
        """What its author wrote that a test can reach: a branch's name, or the key that an answer is `chosen_by` -> what is said
        behind the step's id where no test reaches it. `next`: a run goes on behind the step."""
        found = {name: f"never took {name}" for name in self.branches()}
        return found if not found or self.takes_one_branch() else found | {"next": "never passed by its branches"}

    def redrawn(self, before: Block) -> float | None:
        """Of a draw: the part of the contacts (0 … 1) who take another branch than under `before`, the same step of older files."""
        return None

    def sets_fields(self) -> Mapping[str, object]:
        """Contact fields that it sets, with their values as written."""
        return {}

    def saves_fields(self) -> Collection[str]:
        """Contact fields that it sets, under its key `save`, to values that no one knows before the run."""
        return ()

    def emits_events(self) -> Mapping[str, Mapping[str, object]]:
        """Events that it makes, with their data as written."""
        return {}

    def consent_field(self) -> str | None:
        """The key under which it records the contact's consent; None: it records none."""
        return None

    def since_steps(self) -> tuple[str, ...]:
        """Ids of the steps that its conditions' `since:` point at."""
        return ()

    def date_field(self) -> str | None:
        """The contact's date that it waits for, once; None: it waits for none."""
        return None

    def message(self) -> object | None:
        """The message it writes, a `Message` of the language; None: it writes none."""
        return None

    def write_message(self, ctx: Context, candidate: Candidate) -> Outcome:
        """That message, rendered for one number, whatever the gates say: for `send-test`, and when a provider wants it otherwise.

        A Next with a SendMessage, or with a Skip that says why there is none.
        """
        raise NotImplementedError

    def describe(self) -> str:
        """One line for people: what this step does."""
        return self.verb
