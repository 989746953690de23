"""Every registered block against its case file, tests/blocks/<verb>.yaml.

A case says a step as it is written, optionally what stands before it, who the contact is and what is known (`texted: []` is nobody
we have texted before), and then what the block answers, how it is described, or with which codes it is refused.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from blocks.registry import BUILT_IN
from engine.core.block import Block, Branch, Exit, Next, Outcome, Wait
from engine.core.context import Context, Run
from engine.core.effects import (
    CallWebhook,
    Effect,
    EmitEvent,
    FetchPicture,
    Noted,
    SendMessage,
    ShowPicture,
    Skip,
    UpdateContact,
)
from engine.core.facts import (
    ClickFact,
    EventFact,
    Facts,
    MarketingHistory,
    MessageFact,
    PictureFact,
    ReplyFact,
    WebhookFact,
)
from engine.core.gates.caps import SentMarketing
from engine.core.program import Node, Program
from engine.language.diagnostics.rendering import render
from tests.walker import PROJECT, checked, compiled, person

HERE = Path(__file__).parent
KNOWN = {
    "name", "step", "flow", "contact", "now", "due", "entered", "arrived", "events", "clicks", "messages", "left", "replies",
    "webhooks", "texted", "pictures", "event", "project", "outcome", "describe", "refused",
}  # fmt: skip


@cache
def cases(verb: str) -> list[dict[str, Any]]:
    path = HERE / f"{verb}.yaml"
    return list(YAML(typ="safe", pure=True).load(path.read_text("utf-8"))) if path.exists() else []


def names(verb: str) -> list[str]:
    """Of its cases: to read the whole file takes long, and each worker needs only some of them."""
    path = HERE / f"{verb}.yaml"
    return re.findall(r"^- name: (.*)$", path.read_text("utf-8"), re.MULTILINE) if path.exists() else []


ALL = [
    pytest.param(block.verb, number, id=f"{block.verb}: {name}")
    for block in BUILT_IN
    for number, name in enumerate(names(block.verb))
]


@pytest.mark.parametrize("block", BUILT_IN, ids=lambda block: block.verb)
def test_a_registered_block_has_cases(block: type[Block]) -> None:
    found = cases(block.verb)
    assert [case["name"] for case in found] == names(block.verb)
    for kind in ("outcome", "describe", "refused"):
        assert any(kind in case for case in found), f"tests/blocks/{block.verb}.yaml needs a case with `{kind}`"


@pytest.mark.parametrize(("verb", "number"), ALL)
def test_case(verb: str, number: int) -> None:
    hold(verb, cases(verb)[number])


def hold(verb: str, case: dict[str, Any]) -> None:
    """The block does what the case says."""
    assert case.keys() <= KNOWN, f"unknown keys {case.keys() - KNOWN}"
    flow = written(case)
    if "refused" in case:
        result = checked(flow, project(case))
        found = [f"{each.code} {each.path}" for each in result.findings if each.severity == "error"]
        assert found == case["refused"], render(result.findings, result.sources)
        return
    program = compiled(flow, project(case))
    node = program.nodes[0] if "id" not in case["step"] else program.nodes[program.places[case["step"]["id"]]]
    assert node.block.verb == verb
    if "describe" in case:
        assert node.block.describe() == case["describe"]
    if "outcome" in case:
        assert shown(node.block.decide(context(program, node, case))) == case["outcome"]


def project(case: Mapping[str, Any]) -> str:
    """The walks' project with what the case says of it."""
    said: dict[str, Any] = {"quiet_hours": "off"} | case.get("project", {})
    kept = [line for line in PROJECT.splitlines() if line.partition(":")[0] not in said]
    return "\n".join([*kept, *(f"{key}: {json.dumps(value)}" for key, value in said.items())]) + "\n"


def written(case: Mapping[str, Any]) -> str:
    """A flow whose last step is the case's. JSON is YAML."""
    flow = {"flow": "case", "language": 1, "trigger": "manual"} | case.get("flow", {})
    flow["steps"] = [*flow.get("steps", []), case["step"]]
    lines = [f"{key}: {json.dumps(value, ensure_ascii=False)}" for key, value in flow.items()]
    return "\n".join(lines) + "\n"


def context(program: Program, node: Node, case: Mapping[str, Any]) -> Context:
    now, due = instant(case.get("now", "2027-04-01 12:00")), case.get("due")
    entered = instant(case.get("entered", "2027-04-01 10:00"))
    run = Run(7, 1, "case", 0, node.step if due else None, "waiting", None, None, None, entered, entered, 1)
    if due:
        run = run._replace(due=instant(due), arrived=instant(case.get("arrived", "2027-04-01 10:00")))
    ctx = Context(program, run, facts(case), now)
    ctx.step, ctx.due = node.step, run.due
    return ctx


def facts(case: Mapping[str, Any]) -> Facts:
    events = {
        name: tuple(
            EventFact(instant(one["at"]), one.get("data", {}), number) for number, one in enumerate(listed, 100)
        )
        for name, listed in case.get("events", {}).items()
    }
    messages = {step: MessageFact(state, 0) for step, state in case.get("messages", {}).items()}
    clicks = tuple(
        ClickFact(instant(one["at"]), one["link"], one.get("step", "hero")) for one in case.get("clicks", [])
    )
    left = {step: instant(when) for step, when in case.get("left", {}).items()}
    replies = tuple(ReplyFact(instant(one["at"]), one["text"], 900) for one in case.get("replies", []))
    webhooks = {step: WebhookFact(*said) for step, said in case.get("webhooks", {}).items()}
    sent = tuple(SentMarketing(instant(one["at"]), one.get("run", 3)) for one in case.get("texted", []))
    texted = MarketingHistory(sent, bool(sent) or "texted" not in case)
    pictures = {
        name: PictureFact(instant(one["asked"]), one.get("ref"), one.get("why"))
        for name, one in case.get("pictures", {}).items()
    }
    who, event = person(**case.get("contact", {})), case.get("event", {})
    return Facts(who, event, events, clicks, messages, left, replies, webhooks, texted, pictures)


def instant(text: str) -> int:
    """Cases speak UTC."""
    return round(datetime.fromisoformat(f"{text}Z").timestamp() * 1000)


def utc(at: int) -> str:
    return datetime.fromtimestamp(at / 1000, tz=UTC).strftime("%Y-%m-%d %H:%M")


def shown(outcome: Outcome) -> dict[str, Any]:
    """An answer as case files write it."""
    if isinstance(outcome, Wait):
        wall = {} if outcome.wall is None else {"wall": utc(outcome.wall)}
        return (
            {"wait": utc(outcome.until)}
            | wall
            | ({"meanwhile": [effect(e) for e in outcome.effects]} if outcome.effects else {})
        )
    if isinstance(outcome, Branch):
        return {"branch": outcome.name}
    if isinstance(outcome, Exit):
        return {"exit": outcome.reason}
    assert isinstance(outcome, Next)
    return {"next": [effect(each) for each in outcome.effects]}


def effect(each: Effect) -> dict[str, Any]:
    if isinstance(each, Skip):
        return {"skip": each.reason}
    if isinstance(each, Noted):
        return {"note": each.note}
    if isinstance(each, FetchPicture):
        return {"fetch": each.name}
    if isinstance(each, ShowPicture):
        return {"show": each.ref}
    if isinstance(each, UpdateContact):
        given = {"set": each.set, "add": list(each.add_tags), "remove": list(each.remove_tags), "consent": each.consent}
        return {"update": {key: value for key, value in given.items() if value}}
    if isinstance(each, EmitEvent):
        return {"emit": each.event, "data": dict(each.data)}
    if isinstance(each, CallWebhook):
        call = {key: value for key, value in each._asdict().items() if key not in ("step", "key") and value}
        return {"call": call | ({"save": list(each.save)} if each.save else {})}
    assert isinstance(each, SendMessage)
    text = each.text
    for link in each.links:
        text = text.replace(link.code, "CODE")
    said = {
        "text": text,
        "sender": each.sender,
        "category": each.category,
        "media": each.media and f"{each.media[:4]}….{each.media.rsplit('.')[-1]}",
        "links": [link.name for link in each.links],
        "parts": each.parts,
        "price": each.price,
        "expires": each.expires_at and utc(each.expires_at),
    }
    return {"send": {key: value for key, value in said.items() if value not in (None, [])}}
