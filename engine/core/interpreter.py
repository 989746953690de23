"""`advance`: from where a run stands to its next rest or its end. Pure (promise R2).

Invariants: every step is left at most once (flows have no loops), so a sprint ends. `exit_when` is tested before the
sprint's first step, and again after a step that has changed facts: within a sprint no time passes and no facts arrive from outside,
so its answer holds until then. What a step's own effects change of the facts, the rest of the sprint reads; the shell stores the same
changes in the sprint's transaction, so the next sprint finds what this one has seen. A run that an edit has put at another step arrives
there at its due time: a fact that comes before may end it by `exit_when`, and moves it no further.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from engine.core.block import Branch, Exit, Next, Wait
from engine.core.context import Context, Run
from engine.core.due_origins import arrives
from engine.core.effects import Effect, EmitEvent, Left, SendMessage, UpdateContact
from engine.core.facts import EventFact, Facts, Person
from engine.core.program import END, Program
from engine.messaging.zones import zone_of

RAN_OFF_ITS_END = "end"
NEXT, EXIT = "next", "exit"
"""Ways to leave a node, beside its branches."""
NOT_STORED = 0
"""The id of an event that is made in this sprint: no stored one has it."""


class Sprint(NamedTuple):
    """What one `advance` did."""

    run: Run
    effects: tuple[Effect, ...]
    path: tuple[tuple[int, str | None], ...]
    """Each node visited and how the run left it: NEXT, a branch's name, EXIT, or None where it rests, which is the last."""
    rule: int | None = None  # index of the rule of exit_when that ended it: its unsent messages are to be cancelled
    choices: tuple[
        tuple[int, str], ...
    ] = ()  # nodes with the key of their step by which its author chose what was done


class LostStep(LookupError):
    """The run waits at a step that the program does not have."""


def advance(program: Program, run: Run, facts: Facts, now: int) -> Sprint:
    """One sprint of `run`, from the facts that its node's `needs` name, at the instant `now` (UTC ms).

    Raises LostStep, and whatever a block raises: the caller parks that one run.
    """
    ctx = Context(program, run, facts, now)
    index, waking = _place(program, run)
    arriving = waking and arrives(run.origin)
    if waking and not arriving:
        ctx.due = run.due
    if program.exits and (rule := _rule_that_holds(program, ctx)) is not None:
        return Sprint(_ended(run, run.step, program.exits[rule].reason), (), (), rule)
    if arriving and run.due is not None and now < run.due:
        return Sprint(run, (), ((index, None),))
    effects: list[Effect] = []
    path: list[tuple[int, str | None]] = []
    choices: tuple[tuple[int, str], ...] = ()
    last = run.step
    while index != END:
        node = program.nodes[index]
        ctx.step = node.step
        if node.step is not None:
            last = node.step
        outcome = node.block.decide(ctx)
        if type(outcome) is Wait:
            path.append((index, None))
            return Sprint(_resting(run, last, outcome, ctx), (*effects, *outcome.effects), tuple(path), None, choices)
        if type(outcome) is Exit:
            path.append((index, EXIT))
            if outcome.chosen_by is not None:
                choices = (*choices, (index, outcome.chosen_by))
            return Sprint(_ended(run, last, outcome.reason), tuple(effects), tuple(path), None, choices)
        if type(outcome) is Next:
            effects.extend(outcome.effects)
            path.append((index, NEXT))
            if outcome.chosen_by is not None:
                choices = (*choices, (index, outcome.chosen_by))
            index = node.next
            if node.block.sends:
                _count_sent(ctx, outcome.effects)
        else:
            assert type(outcome) is Branch
            path.append((index, outcome.name))
            index = node.branches[outcome.name]
        if node.remembered and node.step is not None:
            effects.append(Left(node.step))
        ctx.due = None
        ctx.until = now
        if node.block.changes_facts:
            _apply_effects(ctx, outcome.effects if type(outcome) is Next else ())
            rule = _rule_that_holds(program, ctx)
            if rule is not None:
                ended = _ended(run, last, program.exits[rule].reason)
                return Sprint(ended, tuple(effects), tuple(path), rule, choices)
    return Sprint(_ended(run, last, RAN_OFF_ITS_END), tuple(effects), tuple(path), None, choices)


def _rule_that_holds(program: Program, ctx: Context) -> int | None:
    """The index of the first rule of `exit_when` that does."""
    for index, rule in enumerate(program.exits):
        if rule.when(ctx):
            return index
    return None


def _place(program: Program, run: Run) -> tuple[int, bool]:
    if run.step is None:
        return (0 if program.nodes else END), False
    index = program.places.get(run.step)
    if index is None:
        raise LostStep(f"the flow {run.flow} has no step {run.step!r}")
    return index, True


def _resting(run: Run, step: str | None, wait: Wait, ctx: Context) -> Run:
    # Built whole: `_replace` would cost four times as much, for every contact.
    return Run(
        run.id,
        run.contact,
        run.flow,
        run.lane,
        step,
        "waiting",
        None,
        wait.until,
        wait.wall,
        run.entered,
        ctx.arrived,
        run.event,
        wait.origin,
    )


def _ended(run: Run, step: str | None, reason: str) -> Run:
    return Run(
        run.id, run.contact, run.flow, run.lane, step, "exited", reason, None, None, run.entered, run.arrived, run.event
    )


def _apply_effects(ctx: Context, effects: Iterable[Effect]) -> None:
    """Apply to `ctx` what these effects change."""
    for effect in effects:
        if type(effect) is UpdateContact:
            ctx.facts.person = updated(ctx.facts.person, effect, ctx.program.settings.timezone)
        elif type(effect) is EmitEvent:
            ctx.facts.add_event(effect.event, EventFact(ctx.now, effect.data, NOT_STORED))


def _count_sent(ctx: Context, effects: Iterable[Effect]) -> None:
    """Add the messages that this step has written to the facts of the steps after it: they count for a cap."""
    for effect in effects:
        if type(effect) is SendMessage and effect.category == "marketing":
            ctx.facts.add_texted(ctx.now, ctx.run.id)


def updated(person: Person, update: UpdateContact, default_zone: str) -> Person:
    """The contact after an update."""
    fields = update.fields(person.fields)
    own = update.set.get("timezone", person.own_zone)
    zone = fields["timezone"] = zone_of(person.phone, person.region, own, default_zone)
    after = person._replace(zone=zone, fields=fields, own_zone=own)
    return after if update.consent is None else after._replace(consent=update.consent, consent_ends=None)
