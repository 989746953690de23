"""A flow compiled for running: a flat list of nodes, each with its successors and the facts to fetch before it decides.

Invariants: a Program is a frozen value that any number of threads may read; a run names its place by step id, never by index,
so waiting contacts follow a newer program by name (promise V2).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from engine.core.block import Block
from engine.core.calendar import Duration
from engine.core.context import Settings, Test
from engine.core.event_pictures import EventPicture
from engine.core.facts import Needs
from engine.core.gates.local_rules import DEFAULT_QUIET
from engine.core.recurrence import Recurrence
from engine.core.stop_limits import NO_STOP, StopLimits
from engine.messaging.quiet_hours import Quiet

END = -1


class Node(NamedTuple):
    step: str | None
    block: Block
    next: int  # index of the node after it, or END
    branches: Mapping[
        str, int
    ]  # branch name -> index of its first node (of the node after the block where the branch is empty)
    needs: Needs  # everything read from here to the next certain wait, exit_when included
    listens: frozenset[str]  # names of facts that can change its answer (events; "@clicked", "@status")
    remembered: bool  # some `since:` points here
    path: tuple[str | int, ...] = ()  # its place in the flow's file


class ExitRule(NamedTuple):
    when: Test
    reason: str


class Trigger(NamedTuple):
    """`kind`: event | manual | keyword | segment | schedule | date; what else is there belongs to one kind or two."""

    kind: str
    event: str | None = None
    where: Test | None = None
    key: str = ""  # of what the clock or a segment starts: the same while the trigger says the same
    words: frozenset[str] = frozenset()  # keywords, as they are compared
    segment: str | None = None
    enroll_existing: bool = False
    recurrence: Recurrence | None = None
    audience: object | None = None  # the language's Condition: the store makes SQL of it
    spread: int = 0  # ms over which the audience enters


class Entry(NamedTuple):
    require: Test | None
    while_active: str  # ignore | restart | parallel
    again_after: Duration | None  # None: always
    never_again: bool


class Program(NamedTuple):
    flow: str
    revision: str  # hash of the canonical flow
    category: str  # marketing | transactional
    triggers: tuple[Trigger, ...]
    entry: Entry
    exits: tuple[ExitRule, ...]
    exit_needs: Needs
    trigger_needs: Needs  # of every `where` and of `require`
    nodes: tuple[Node, ...]
    places: Mapping[str, int]  # step id -> index
    first_needs: Needs  # of a run that enters
    settings: Settings
    quiet: Quiet = DEFAULT_QUIET  # the flow's own quiet hours, else the project's
    sender: str | None = None  # the flow's own
    limits: Mapping[
        str, int
    ] = {}  # path of a field (`contact.first_name`) -> the most characters of it that a message shows
    naming: Mapping[
        str, tuple[str, ...]
    ] = {}  # path of a list (`event.items`) -> the fields that its rows are called by
    counted: Mapping[str, int] = {}  # step id -> the most parts of its message that were counted beforehand
    stop_if: StopLimits = NO_STOP  # the flow's own, else the project's
    pictures: frozenset[EventPicture] = frozenset()  # those of its messages that come with the event
    holdout: int = 0  # the share of contacts who get nothing of it, in hundredths of a percent
    drawn_as: Mapping[str, str] = {}  # step id -> the name under which its `split` was drawn first, where it is another
