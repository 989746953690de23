"""What is known of one contact and run at one instant, as far as the step's needs name it.

Invariants: facts are data, never looked up; reading a fact that no need names raises `Unfetched`, so a forgotten need fails the first
test instead of making a wrong decision (promise R2).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from engine.core.calendar import MINUTE
from engine.core.event_pictures import EventPicture
from engine.core.gates.caps import SentMarketing
from engine.core.gates.local_rules import LocalRules, local_rules
from engine.messaging.quiet_hours import Quiet

ASKED_AGAIN_MS = 10 * MINUTE  # between two times that a picture is asked for, where it could not be had


class Unfetched(LookupError):
    """A fact was read that `needs` did not name."""


class EventFact(NamedTuple):
    """One event of the contact."""

    at: int  # occurred_at
    data: Mapping[str, Any]
    id: int


class MessageFact(NamedTuple):
    """The newest state of this run's message from one step."""

    state: str  # a name of M2
    queued_at: int


class ClickFact(NamedTuple):
    at: int
    link: str
    step: str


class ReplyFact(NamedTuple):
    """One text from the contact."""

    at: int
    text: str
    id: int  # of its event


class WebhookFact(NamedTuple):
    """A web call of this run."""

    state: str  # queued | calling | done | failed | cancelled
    values: Mapping[str, Any]  # of a done one: what was found at the places to be saved


class CouponFact(NamedTuple):
    """The code that the contact has of a pool, or gets if it is used."""

    code: str
    free: int | None = None  # the id of a code that nobody has yet; None: it is the contact's already, or made up


class PictureFact(NamedTuple):
    """A picture that comes with an event: it is there, it could not be had, or neither yet."""

    asked_at: int
    ref: str | None = None  # as of SendMessage.media
    why: str | None = None  # why it could not be had; of a collage that is there: what is missing in it

    @property
    def is_awaited(self) -> bool:
        return self.ref is None and self.why is None

    def is_asked_again(self, now: int) -> bool:
        """Whether it could not be had, so long ago that it is tried anew."""
        return self.ref is None and self.why is not None and now - self.asked_at >= ASKED_AGAIN_MS


class MarketingHistory(NamedTuple):
    """The contact's marketing messages, in whatever flow: what a frequency cap counts."""

    recent: tuple[SentMarketing, ...]  # of the last 30 days, oldest first; those that may still leave are among them
    ever: bool  # one has left at some time, or may still


class Needs(NamedTuple):
    """Which facts a step reads. `events` by name; `ever` those of them that count from before the run's entry.

    `segments` by name: what those read in turn. In a compiled program they are resolved, and none is named.
    """

    events: frozenset[str] = frozenset()
    ever: frozenset[str] = frozenset()
    clicks: bool = False
    messages: bool = False
    left: bool = False
    replies: bool = False
    webhooks: bool = False
    segments: frozenset[str] = frozenset()
    texted: bool = False
    coupons: frozenset[str] = frozenset()  # names of pools
    pictures: frozenset[EventPicture] = frozenset()
    card: bool = False

    def plus(self, other: Needs) -> Needs:
        return Needs(
            self.events | other.events,
            self.ever | other.ever,
            self.clicks or other.clicks,
            self.messages or other.messages,
            self.left or other.left,
            self.replies or other.replies,
            self.webhooks or other.webhooks,
            self.segments | other.segments,
            self.texted or other.texted,
            self.coupons | other.coupons,
            self.pictures | other.pictures,
            self.card or other.card,
        )


NOTHING = Needs()


ENDED = "ended"
"""What a consent is from the instant at which it ends: none."""


def consent_at(status: str | None, ends: int | None, now: int) -> str | None:
    """A consent at that instant (UTC ms). An opt-out does not end."""
    return ENDED if status == "subscribed" and ends is not None and now >= ends else status


class Person(NamedTuple):
    """A contact as the core sees it."""

    id: int
    phone: str  # E.164
    region: str  # by the number, never by +1: US, CA, JM …
    zone: str  # IANA
    fields: Mapping[str, Any]  # every contact.* a text or condition may read, built-in ones included
    consent: str | None  # subscribed | unsubscribed | None (no answer recorded)
    own_zone: str | None = None  # its own field; `zone` is what follows where there is none (T2)
    unreachable: str | None = None  # why no text reaches the number, as a provider said: a landline
    no_mms: bool = False  # its phone takes no pictures, said a provider
    consent_ends: int | None = None  # UTC ms

    def consent_at(self, now: int) -> str | None:
        """subscribed | unsubscribed | ended | None."""
        return consent_at(self.consent, self.consent_ends, now)

    def local_rules(self, default_zone: str, quiet: Quiet) -> LocalRules | None:
        """When and how often the number may be texted; None where the author has turned quiet hours off."""
        return local_rules(self.phone, self.region, self.own_zone, self.fields.get("state"), default_zone, quiet)


class Facts:
    """The facts of one run. `event` is the data of the event that started it."""

    __slots__ = (
        "_cards", "_clicks", "_coupons", "_events", "_left", "_messages", "_pictures", "_replies", "_texted", "_webhooks", "_written",
        "event", "person",
    )  # fmt: skip

    def __init__(
        self,
        person: Person,
        event: Mapping[str, Any],
        events: Mapping[str, tuple[EventFact, ...]] | None = None,
        clicks: tuple[ClickFact, ...] | None = None,
        messages: Mapping[str, MessageFact] | None = None,
        left: Mapping[str, int] | None = None,
        replies: tuple[ReplyFact, ...] | None = None,
        webhooks: Mapping[str, WebhookFact] | None = None,
        texted: MarketingHistory | None = None,
        pictures: Mapping[str, PictureFact] | None = None,
        cards: set[int] | None = None,
    ) -> None:
        """`pictures`: by name, those that were asked for; `cards`: who has the contact card, for all runs of a batch."""
        self.person = person
        self.event = event
        self._events = events
        self._clicks = clicks
        self._messages = messages
        self._left = left
        self._replies = replies
        self._webhooks = webhooks
        self._texted = texted
        self._pictures = pictures
        self._cards = cards
        self._coupons: Mapping[str, CouponFact | None] | None = None
        self._written: tuple[tuple[int, int], ...] = ()  # instant and run of what is not in `_texted` yet

    def events(self, name: str) -> tuple[EventFact, ...]:
        """All fetched happenings of that name, oldest first."""
        if self._events is None or name not in self._events:
            raise Unfetched(f"event {name}")
        return self._events[name]

    def add_event(self, name: str, happening: EventFact) -> None:
        """One that the run itself has just made: the newest."""
        if self._events is not None and name in self._events:
            self._events = {**self._events, name: (*self._events[name], happening)}

    @property
    def clicks(self) -> tuple[ClickFact, ...]:
        """Clicks on this run's links, oldest first."""
        if self._clicks is None:
            raise Unfetched("clicks")
        return self._clicks

    @property
    def replies(self) -> tuple[ReplyFact, ...]:
        """What the contact texted, oldest first."""
        if self._replies is None:
            raise Unfetched("replies")
        return self._replies

    @property
    def webhooks(self) -> Mapping[str, WebhookFact]:
        """This run's web calls by step id."""
        if self._webhooks is None:
            raise Unfetched("webhooks")
        return self._webhooks

    def offer(self, coupons: Mapping[str, CouponFact | None]) -> None:
        """What each pool has for the contact."""
        self._coupons = coupons

    def coupon(self, pool: str) -> CouponFact | None:
        """The contact's code of that pool; None where the pool is empty."""
        if self._coupons is None or pool not in self._coupons:
            raise Unfetched(f"coupon {pool}")
        return self._coupons[pool]

    def picture(self, name: str) -> PictureFact | None:
        """What became of a picture that comes with the event; None where nobody has asked for it."""
        if self._pictures is None:
            raise Unfetched(f"picture {name}")
        return self._pictures.get(name)

    @property
    def has_card(self) -> bool:
        """Whether the contact was given a contact card."""
        if self._cards is None:
            raise Unfetched("card")
        return self.person.id in self._cards

    def note_card(self) -> None:
        """It gets one now."""
        if self._cards is not None:
            self._cards.add(self.person.id)

    @property
    def texted(self) -> MarketingHistory:
        """The contact's marketing messages of all flows."""
        if self._texted is None:
            raise Unfetched("texted")
        if self._written:
            written = [SentMarketing(*each) for each in self._written]
            self._texted, self._written = MarketingHistory((*self._texted.recent, *written), True), ()
        return self._texted

    def add_texted(self, at: int, run: int) -> None:
        """One that the run itself has just written, at `at`."""
        self._written = (*self._written, (at, run))

    @property
    def messages(self) -> Mapping[str, MessageFact]:
        """This run's messages by step id."""
        if self._messages is None:
            raise Unfetched("messages")
        return self._messages

    @property
    def left(self) -> Mapping[str, int]:
        """When this run left each step that a `since:` points at."""
        if self._left is None:
            raise Unfetched("left")
        return self._left
