"""What a block may ask for. An effect is a value: the shell carries it out in the transaction that stores the run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

Millis = int  # an instant: UTC milliseconds since 1970


class LinkUse(NamedTuple):
    """A tracked link in a rendered text."""

    code: str  # the part of the URL after /l/
    name: str  # its name in leadoff.yaml; of short("https://…") the address, of short(event.cart_url) the path
    url: str  # where it leads
    ends: bool = False  # the address is one person's, and is deleted after a time


class SendMessage(NamedTuple):
    """One text or picture message, rendered."""

    step: str
    text: str
    sender: str
    category: str  # marketing | transactional | answer
    media: str | None  # content hash and ending of the image ("ab12….jpg"); makes it an MMS
    links: tuple[LinkUse, ...]
    parts: int
    price: int  # millionths of the project's currency
    expires_at: Millis | None
    skips: frozenset[str] = frozenset()  # what it does not wait for when it is to leave: quiet | cap
    no_mms: bool = False  # a picture's `otherwise` because the phone cannot receive MMS


class TakeCoupon(NamedTuple):
    """The contact gets this code of the pool: its message shows it."""

    pool: str
    code: int  # its id


class FetchPicture(NamedTuple):
    """A picture that comes with an event is to be fetched."""

    name: str  # its addresses, as of EventPicture


class ShowPicture(NamedTuple):
    """A message shows a picture that came with an event, so it is kept for a while."""

    ref: str  # as of SendMessage.media


class Skip(NamedTuple):
    """A step that was passed without its effect, and why."""

    step: str
    reason: str


class Left(NamedTuple):
    """The instant a run left a step that some `since:` points at."""

    step: str


class Noted(NamedTuple):
    """What a step did not do, and why: a line of the contact's story."""

    step: str | None
    note: str


class UpdateContact(NamedTuple):
    """`set`: values of the declared types, None takes a field away. `consent`: subscribed, or None where it is left alone."""

    step: str | None
    set: Mapping[str, Any]
    add_tags: tuple[str, ...]
    remove_tags: tuple[str, ...]
    consent: str | None

    def fields(self, before: Mapping[str, Any]) -> dict[str, Any]:
        """The contact's fields after it."""
        after = {**before, **self.set}
        if self.add_tags or self.remove_tags:
            tags = {*before.get("tags", ()), *self.add_tags}.difference(self.remove_tags)
            after["tags"] = sorted(tags) or None
        return {name: value for name, value in after.items() if value is not None}


class EmitEvent(NamedTuple):
    """An event of the same contact, as if it had come from outside; `data` is of the declared types."""

    step: str | None
    event: str
    data: Mapping[str, Any]


class CallWebhook(NamedTuple):
    """A request that is to be made at least once, until it is answered or has failed for good."""

    step: str
    key: str  # its Idempotency-Key
    method: str
    url: str
    headers: Mapping[str, str]
    body: str | None
    timeout: Millis  # of one attempt
    save: tuple[str, ...]  # places in the JSON answer
    wrong: str | None = None  # why it cannot be made at all


Effect = (
    SendMessage
    | TakeCoupon
    | FetchPicture
    | ShowPicture
    | Skip
    | Left
    | Noted
    | UpdateContact
    | EmitEvent
    | CallWebhook
)
