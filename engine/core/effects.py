"""What a block may ask for. An effect is a value: the shell carries it out in the transaction that stores the run."""

from __future__ import annotations

from typing import NamedTuple

Millis = int  # an instant: UTC milliseconds since 1970


class LinkUse(NamedTuple):
    """A tracked link in a rendered text."""

    code: str  # what stands behind /l/
    name: str  # the link's name in leadoff.yaml
    url: str  # where it leads


class SendMessage(NamedTuple):
    """One text or picture message, rendered."""

    step: str
    text: str
    sender: str
    category: str  # marketing | transactional
    media: str | None  # content hash and ending of the image ("ab12….jpg"); makes it an MMS
    links: tuple[LinkUse, ...]
    parts: int
    price: int  # millionths of the project's currency
    expires_at: Millis | None


class Skip(NamedTuple):
    """A step that was passed without its effect, and why."""

    step: str
    reason: str


class Left(NamedTuple):
    """The instant a run left a step that some `since:` points at."""

    step: str


Effect = SendMessage | Skip | Left
