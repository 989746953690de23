"""What a flow may cost one contact: every message at its cheapest and at its dearest, along every way through the flow (MM5).

Rules kept here: the text's own lengths are counted, links, opt-out words and picture links included; of the ways through the flow the one
that costs least and the one that costs most count. What holds a message back altogether (no consent, an exit by rule) costs nothing and
is not guessed; prices are those of the country that is asked for.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from engine.core.block import Step
from engine.language.drafts import walk
from engine.language.flow import Flow
from engine.language.lengths import CODE, Specs, lengths
from engine.language.paths import takes_an_arm
from engine.language.project import Project
from engine.language.text import Text
from engine.messaging.answers import introduced
from engine.messaging.parts import count
from engine.messaging.prices import price
from engine.messaging.smart import smart

MMS_REGIONS = ("US", "CA")


class Range(NamedTuple):
    """Millionths of the project's currency."""

    best: int
    worst: int

    def plus(self, other: Range) -> Range:
        return Range(self.best + other.best, self.worst + other.worst)


NOTHING = Range(0, 0)


class Cost(NamedTuple):
    kind: str  # sms | mms
    parts: tuple[int, int]  # at the least, at the most
    price: Range


class FlowCost(NamedTuple):
    steps: Mapping[str, Cost]  # by id
    contact: Range  # of one way through the flow


def flow_cost(flow: Flow, project: Project, specs: Specs, region: str = "US") -> FlowCost:
    """Of a contact in that country, where the first text may be the contact's first."""
    steps = {
        step.id or "": step_cost(step.block, flow, project, specs, region)
        for step in walk(flow.steps)
        if step.block.sends and isinstance(getattr(step.block, "text", None), Text)
    }
    through, ended = _ways(flow.steps, steps)
    return FlowCost(steps, _either([through, *ended]) or NOTHING)


def step_cost(block: Any, flow: Flow, project: Project, specs: Specs, region: str) -> Cost:
    """Of one SMS block."""
    shortest, longest = texts(block, flow, project, specs, region)
    kind = "mms" if _is_mms(block, flow, project, region) else "sms"
    least, most = (1, 1) if kind == "mms" else (count(shortest).parts, count(longest).parts)
    prices = project.price_table
    return Cost(kind, (least, most), Range(*(price(prices, region, kind, parts) for parts in (least, most))))  # type: ignore[arg-type]


def texts(block: Any, flow: Flow, project: Project, specs: Specs, region: str = "US") -> tuple[str, str]:
    """The text with every value at its shortest and at its longest, as it is sent: what the engine adds is in it."""
    found = lengths(block.text, specs, project.public_url)
    shortest, longest = found.shortest, found.longest
    if getattr(block, "otherwise", None) == "link" and not _is_mms(block, flow, project, region):
        link = f" {project.public_url}/l/{'M' * CODE}"
        shortest, longest = shortest + link, longest + link
    if (getattr(block, "category", None) or flow.category) == "marketing":
        longest = introduced(longest, project.brand, project.own_texts.first)
    sender = project.sender_of(getattr(block, "sender", None) or flow.sender, region)
    return (smart(shortest), smart(longest)) if sender is not None and sender.smart_encoding else (shortest, longest)


def _is_mms(block: Any, flow: Flow, project: Project, region: str) -> bool:
    sender = project.sender_of(getattr(block, "sender", None) or flow.sender, region)
    has_picture = getattr(block, "picture", None) is not None
    return has_picture and region in MMS_REGIONS and (sender is None or sender.mms)


def _ways(steps: tuple[Step, ...], costs: Mapping[str, Cost]) -> tuple[Range | None, list[Range]]:
    """Of the runs that go on behind these steps (None: nobody does), and of those that have ended among them."""
    through = NOTHING
    ended: list[Range] = []
    for step in steps:
        if step.id is not None and step.id in costs:
            through = through.plus(costs[step.id].price)
        if step.block.verb == "exit":
            return None, [*ended, through]
        arms = [_ways(arm, costs) for arm in step.block.arms().values()]
        ended += [through.plus(end) for _, ends in arms for end in ends]
        if arms:
            past = _either([each for each, _ in arms] + ([] if takes_an_arm(step.block) else [NOTHING]))
            if past is None:
                return None, ended
            through = through.plus(past)
    return through, ended


def _either(ranges: list[Range | None]) -> Range | None:
    known = [each for each in ranges if each is not None]
    return Range(min(each.best for each in known), max(each.worst for each in known)) if known else None
