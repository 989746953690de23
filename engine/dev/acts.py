"""What people do on the page, kept in order: it is played again from the start whenever the files change.

Invariants: an act is data, so the same acts give the same story; one that cannot happen says why and changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from engine.language.values.fields import BadValue
from engine.preview.worlds.world import Report, World
from engine.store.contacts import StoredContact

KINDS = ("event", "start", "reply", "click", "consent", "set", "phone")
CONDITIONS: Mapping[str, Report | None] = {
    "works": Report(),
    "no signal": None,
    "landline": Report("failed", reason="landline"),
    "unreachable": Report("undelivered", reason="the phone is off"),
}
"""What becomes of the messages to a phone: what its provider says, None where it says nothing."""


class Act(NamedTuple):
    """`at`: UTC ms; `phone`: which one, from 0; `name`: of the event, flow, link or condition, or the text."""

    at: int
    phone: int
    kind: str
    name: str
    data: Mapping[str, Any] = {}

    @property
    def happening(self) -> dict[str, Any] | None:
        """As a flow test has it, without its time; None for what a test cannot say."""
        more = {"data": dict(self.data)} if self.data else {}
        if self.kind == "event":
            return {"event": self.name, **more}
        if self.kind == "set":
            return {"set": dict(self.data)}
        verb = {"start": "started", "reply": "replied", "click": "clicked", "consent": "consent"}.get(self.kind)
        return {verb: self.name} if verb is not None else None


def do(act: Act, world: World, who: StoredContact) -> str | None:
    """Let it happen now; why it could not, None where it did."""
    try:
        return _do(act, world, who)
    except BadValue as error:
        return str(error)


def _do(act: Act, world: World, who: StoredContact) -> str | None:
    if act.kind in ("event", "start"):
        taken = world.event(who, act.name, act.data) if act.kind == "event" else world.start(who, act.name)
        return None if taken.status == "accepted" else taken.reason
    if act.kind == "click":
        return None if world.click(who, act.name) else f"no message with the link {act.name} has left"
    if act.kind == "reply":
        world.reply(who, act.name)
    elif act.kind == "consent":
        world.consent(who, act.name)
    elif act.kind == "phone":
        world.of_phone[who.id] = CONDITIONS[act.name]
    else:
        world.set(who, act.data)
    return None
