"""The sender of a preview: in this process, it accepts everything and keeps what it was given."""

from __future__ import annotations

from typing import NamedTuple

from engine.senders.sender import (
    BadCallback,
    CallbackReply,
    CallbackRequest,
    InboundText,
    Outgoing,
    Receipt,
    StatusReport,
)


class Accepted(NamedTuple):
    """A message that the sender has taken."""

    key: tuple[int, int, int]  # contact, run, number of the step
    tag: str
    provider_id: str


class PreviewSender:
    """No callback reaches it: the world hands its reports to the engine."""

    inbound_reply = CallbackReply()

    def __init__(self, name: str) -> None:
        self.name = name
        self._accepted: list[Accepted] = []

    def send(self, message: Outgoing) -> Receipt:
        contact, run, step = (int(part) for part in message.key.split("-"))
        provider_id = f"{self.name}-{message.message}"
        self._accepted.append(Accepted((contact, run, step), message.key, provider_id))
        return Receipt(provider_id)

    def take_accepted(self) -> list[Accepted]:
        """Those since the last call."""
        taken, self._accepted = self._accepted, []
        return taken

    def parse_status(self, call: CallbackRequest, now: int) -> list[StatusReport]:
        raise BadCallback("a preview has no callbacks")

    def parse_inbound(self, call: CallbackRequest, now: int) -> list[InboundText]:
        raise BadCallback("a preview has no callbacks")

    def close(self) -> None:
        """Nothing is open."""
