"""What makes a condition hold, or not hold, in a story that is played: fields, data of the event, and things that happen.

Invariants: what is proposed is a guess; the engine that plays it decides. One proposal for each way in which an `any` can hold.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice, product
from typing import Any, NamedTuple

from engine.core.calendar import MINUTE
from engine.language.conditions.tree import (
    All,
    AnyOf,
    Clicked,
    Field,
    Happened,
    InSegment,
    Message,
    Not,
    Replied,
    Time,
    Tree,
)
from engine.language.model.project import Project
from engine.preview.simulation.fulfilment import FIXED, Fulfilment

MOST = 12
"""Proposals for one condition."""
ANY_WORDS = "Thanks"
OTHER_WORDS = "Not now"
Deed = Mapping[str, Any]
"""A happening of a flow test without its time: {"clicked": "shop"}."""
Leaf = Field | Happened | Clicked | Replied | Message | InSegment | Time


class Proposal(NamedTuple):
    """What to change of a story. `since` names the step that a deed answers, where the condition does."""

    fields: Mapping[str, Any] = {}
    data: Mapping[str, Any] = {}  # of the event that starts the flow
    deeds: tuple[tuple[Deed, str | None], ...] = ()
    country: tuple[Field, bool] | None = None  # what the number's country has to pass
    clock: tuple[Time, bool] | None = None  # the time of day at which it is asked
    consent: str | None = None


def proposals(
    tree: Tree,
    holds: bool,
    project: Project,
    contact: Mapping[str, Any],
    opening: str | None,
    data: Mapping[str, Any],
    link: str = "",
) -> Iterator[Proposal]:
    """At most MOST. `contact`: its fields so far; `opening`: the event that starts the flow, with its `data`; `link`: for any click."""
    for leaves in islice(_alternatives(tree, holds, project), MOST):
        made = _proposal(leaves, project, contact, opening, data, link)
        if made is not None:
            yield made


def _alternatives(tree: Tree, holds: bool, project: Project) -> Iterator[tuple[tuple[Leaf, bool], ...]]:
    """Each a set of leaves that together make the tree hold, or not."""
    if isinstance(tree, Not):
        yield from _alternatives(tree.part, not holds, project)
    elif isinstance(tree, InSegment):
        yield from _alternatives(project.segments[tree.name].tree, holds, project)
    elif isinstance(tree, All | AnyOf) and (isinstance(tree, All) is holds):
        parts = [list(islice(_alternatives(part, holds, project), MOST)) for part in tree.parts]
        yield from (tuple(leaf for part in chosen for leaf in part) for chosen in product(*parts))
    elif isinstance(tree, All | AnyOf):
        for part in tree.parts:
            yield from _alternatives(part, holds, project)
    else:
        yield ((tree, holds),)


def _proposal(
    leaves: tuple[tuple[Leaf, bool], ...],
    project: Project,
    contact: Mapping[str, Any],
    opening: str | None,
    data: Mapping[str, Any],
    link: str,
) -> Proposal | None:
    wanted, found = Fulfilment(project), Proposal()
    for leaf, holds in leaves:
        if isinstance(leaf, Field):
            if leaf.root == "contact" and leaf.name in FIXED:
                found = found._replace(country=(leaf, holds))
            elif not wanted.require(leaf, holds, of=opening):
                return None
        elif isinstance(leaf, Time):
            found = found._replace(clock=(leaf, holds))
        elif isinstance(leaf, Message):
            found = _of_message(found, leaf, holds)
        elif not isinstance(leaf, InSegment):
            found = _of_deed(found, leaf, holds, project, data, link)
    event = {} if opening is None else wanted.data_of(opening)
    mentioned = {leaf.name for leaf, _ in leaves if isinstance(leaf, Field) and leaf.root == "event"}
    return found._replace(
        fields=wanted.fields_for(contact), data={name: event.get(name) for name in mentioned if "." not in name}
    )


def _of_deed(
    found: Proposal,
    leaf: Happened | Clicked | Replied,
    holds: bool,
    project: Project,
    data: Mapping[str, Any],
    link: str,
) -> Proposal:
    if not holds:  # who does nothing has not done it; of a reply another one counts, too
        if isinstance(leaf, Replied) and leaf.matches is not None:
            return found._replace(deeds=(*found.deeds, ({"replied": OTHER_WORDS}, leaf.since)))
        return found
    deed: dict[str, Any]
    if isinstance(leaf, Clicked):
        deed = {"clicked": leaf.link or link}
    elif isinstance(leaf, Replied):
        words = (leaf.matches or ANY_WORDS).replace("*", "").strip()
        deed = {"replied": words or ANY_WORDS}
    else:
        deed = {"event": leaf.event} | _data(leaf, project, data)
    count = leaf.at_least if isinstance(leaf, Happened) else 1
    since = leaf.since if leaf.since not in ("entry", "ever") else None
    return found._replace(deeds=(*found.deeds, *[(deed, since)] * count))


def _data(leaf: Happened, project: Project, data: Mapping[str, Any]) -> dict[str, Any]:
    inner = Fulfilment(project)
    if leaf.where is not None:
        inner.require(leaf.where, of=leaf.event)
    made = inner.data_of(leaf.event)
    if leaf.same is not None and leaf.same in data:
        made[leaf.same] = data[leaf.same]
    return {"data": made} if made else {}


def _of_message(found: Proposal, leaf: Message, holds: bool) -> Proposal:
    """A message leaves and is delivered by itself."""
    if leaf.state in ("failed", "undelivered") and holds:
        return found._replace(deeds=(*found.deeds, ({"failed": leaf.step}, None)))
    return found if holds else found._replace(consent="unsubscribed")


def minutes(ms: int) -> int:
    """Rounded down to whole minutes, at least one."""
    return max(ms // MINUTE, 1) * MINUTE
