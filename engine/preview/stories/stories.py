"""What contacts get, as stories: moments in order of time; and kinds of stories, each with a count and one contact of it.

Two contacts are of one kind where the same happens to them at the same time after the first of it, with the same reasons, parts and prices,
in texts of one language that differ by their own fields alone. Invariants: the first contact of a kind is its sample, so the same contacts
in the same order make the same kinds; what is kept is a story for each kind, however many contacts there are.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from typing import Any, NamedTuple

from engine.store.queries.listings import MILLION
from engine.store.queries.timeline import TAKEN, TimelineEntry
from engine.store.states import OURS

LEFT = (*TAKEN, "failed", "unknown")
HELD = "held until "
MOST = 10_000
NOT_ENTERED, NOTHING_STARTS = "not entered", "nothing starts the flow for them"


class Sample(NamedTuple):
    """The contact whose story is told. `zone` is IANA, `country` ISO 3166, `consent` is from before the story."""

    id: int
    key: str
    phone: str
    zone: str
    country: str
    fields: Mapping[str, Any]
    consent: str | None = None

    @property
    def language(self) -> str:
        """Empty where it is unknown."""
        return str(self.fields.get("language") or "")


class Story(NamedTuple):
    """What `contacts` contacts get, told by one of them. A moment is one of `explain`: kinds and details as in timeline.py."""

    contacts: int
    sample: Sample
    moments: tuple[TimelineEntry, ...]

    @property
    def texts(self) -> tuple[TimelineEntry, ...]:
        """The messages of flows that left, delivered or not; not our own answers."""
        return tuple(moment for moment in self.moments if has_left(moment) and moment.flow not in OURS)

    @property
    def price(self) -> int:
        """What one contact of it costs, our answers included; millionths of the project's currency."""
        return sum(price_of(moment) for moment in self.moments)

    @property
    def silence(self) -> str | None:
        """Why no message left, the first reason that is known; None where one did."""
        if self.texts:
            return None
        return next(filter(None, map(_why_not, self.moments)), "no message" if self.moments else NOTHING_STARTS)


class Cost(NamedTuple):
    """Messages that left, and their prices in millionths of the project's currency. An answer of ours is an SMS."""

    mms: int = 0
    mms_price: int = 0
    sms: int = 0
    sms_price: int = 0
    parts: int = 0  # of all, an MMS is one: what a sender's rate counts

    @property
    def price(self) -> int:
        return self.mms_price + self.sms_price

    def plus(self, other: Cost) -> Cost:
        return Cost(*map(sum, zip(self, other, strict=True)))

    def times(self, count: int) -> Cost:
        return Cost(*(count * each for each in self))


class Picture(NamedTuple):
    """A picture as it is sent."""

    name: str  # as the flow names it: a path, or the paths of a collage
    width: int
    height: int
    size: int  # bytes
    alt: str | None  # in words, where those are the same for everybody


class Storyboard(NamedTuple):
    """The kinds of stories of one simulation, the commonest first; those without a text come last."""

    flow: str
    start: int  # UTC ms
    until: int
    zone: str  # of the project
    brand: str
    currency: str
    seed: int | None  # of the reactions; None where nothing was drawn
    stories: tuple[Story, ...]
    cost: Cost
    range: tuple[int, int] | None = None  # millionths: nobody reacts, everybody reacts; None where reactions are given
    remarks: tuple[str, ...] = ()  # what was made up or left out, for the head
    places: Mapping[tuple[str, str], str] = {}  # (flow, step) -> flows/spring-drop.yaml:34
    commit: str | None = None
    dirty: bool = False  # the files differ from the commit
    tests: Mapping[tuple[str, str], int] | None = None  # (flow, step) -> how many flow tests reach it; None: not known
    pictures: Mapping[str, Picture] = {}  # by the `media` of a message's details

    @property
    def contacts(self) -> int:
        return sum(story.contacts for story in self.stories)

    @property
    def texted(self) -> tuple[Story, ...]:
        return tuple(story for story in self.stories if story.silence is None)

    @property
    def media(self) -> tuple[str, ...]:
        """The pictures of its messages, as their details name them."""
        named = (moment.details.get("media") for story in self.stories for moment in story.moments)
        return tuple(dict.fromkeys(media for media in named if media))

    @property
    def not_texted(self) -> tuple[tuple[str, int], ...]:
        """(why, how many contacts), the commonest first."""
        found: Counter[str] = Counter()
        for story in self.stories:
            if story.silence is not None:
                found[story.silence] += story.contacts
        return tuple(found.most_common())


class Kinds:
    """Stories by kind, as they come. With `each` every contact is a kind of its own. Of more than `MOST` kinds the rest is `untold`."""

    def __init__(
        self, each: bool = False, language_for: Callable[[object], str | None] = lambda language: None
    ) -> None:
        """`language_for`: the language of the texts that a contact of some language gets."""
        self.untold = 0
        self._each, self._language_for = each, language_for
        self._found: dict[Hashable, Story] = {}

    def add(self, story: Story) -> None:
        key = len(self._found) if self._each else self._kind(story)
        known = self._found.get(key)
        if known is None and len(self._found) == MOST:
            self.untold += story.contacts
            return
        self._found[key] = story if known is None else known._replace(contacts=known.contacts + story.contacts)

    def _kind(self, story: Story) -> Hashable:
        return self._language_for(story.sample.fields.get("language")), kind_of(story.moments)

    def stories(self) -> tuple[Story, ...]:
        """With texts before without, then the commonest first; equal ones as they came. With `each` as they came."""
        found = self._found.values()
        if self._each:
            return tuple(found)
        return tuple(sorted(found, key=lambda story: (story.silence is not None, -story.contacts)))


def kind_of(moments: Sequence[TimelineEntry]) -> Hashable:
    """Equal for stories of one kind."""
    return tuple((moment.at - moments[0].at, *alike(moment)) for moment in moments)


def alike(moment: TimelineEntry) -> tuple[Any, ...]:
    """What a moment says, its time and the contact's own fields aside."""
    details = moment.details
    if moment.kind in ("message", "queued"):
        seen = (
            details["status"],
            details["reason"],
            details["kind"],
            details["media"],
            details["parts"],
            details["price"],
        )
        return moment.kind, moment.flow, moment.step, *seen
    said = "" if moment.kind == "entered" else held_by(moment) or moment.what  # a firing names its own date
    return moment.kind, moment.flow, moment.step, said


def has_left(moment: TimelineEntry) -> bool:
    """Whether it is a message that went out, delivered or not."""
    return moment.kind == "message" and moment.details["status"] in LEFT


def is_delivery(moment: TimelineEntry) -> bool:
    """Whether it says that a message was delivered, which is no news in a preview."""
    return moment.kind == "status" and moment.details["status"] == "delivered"


def held_by(moment: TimelineEntry) -> str | None:
    """What holds a message that is not written yet; None where the moment says nothing of that."""
    reason = str(moment.details.get("reason") or "")
    return reason.partition(": ")[2] if moment.kind == "noted" and reason.startswith(HELD) else None


def price_of(moment: TimelineEntry) -> int:
    """Millionths; 0 of what its provider did not take."""
    charged = moment.kind == "message" and moment.details["provider_id"] is not None
    return round(moment.details["price"] * MILLION) if charged else 0


def cost_of(moments: Iterable[TimelineEntry]) -> Cost:
    total = Cost()
    for moment in moments:
        if has_left(moment):
            price, parts = price_of(moment), moment.details["parts"]
            is_mms = moment.details["kind"] == "mms"
            total = total.plus(Cost(1, price, 0, 0, parts) if is_mms else Cost(0, 0, 1, price, parts))
    return total


def letters(count: int) -> Iterator[str]:
    """Names of kinds: A, B, … Z, AA, AB, …"""
    for number in range(1, count + 1):
        name, left = "", number
        while left:
            left, rest = divmod(left - 1, 26)
            name = chr(ord("A") + rest) + name
        yield name


class Difference(NamedTuple):
    """What a story has and another one has not, and the reverse."""

    more: tuple[TimelineEntry, ...]
    less: tuple[TimelineEntry, ...]


def difference(story: Story, other: Story) -> Difference:
    """Moment by moment; the time of a moment counts from the one before it, so what only comes later as a whole is the same.

    Events with other data are other moments here: they may be why the rest differs."""
    mine, theirs = _steps(story.moments), _steps(other.moments)
    more: list[TimelineEntry] = []
    less: list[TimelineEntry] = []
    for tag, a, b, c, d in SequenceMatcher(None, theirs, mine, autojunk=False).get_opcodes():
        if tag != "equal":
            less += other.moments[a:b]
            more += story.moments[c:d]
    return Difference(tuple(more), tuple(less))


def _steps(moments: Sequence[TimelineEntry]) -> list[Hashable]:
    before = [moments[0].at if moments else 0, *(moment.at for moment in moments)]
    return [(moment.at - at, *alike(moment), _data(moment)) for at, moment in zip(before, moments, strict=False)]


def _data(moment: TimelineEntry) -> str:
    return repr(moment.details.get("data")) if moment.kind == "event" else ""


def _why_not(moment: TimelineEntry) -> str | None:
    if moment.kind == "refused":
        return f"{NOT_ENTERED}: {moment.details['reason']}"
    if moment.kind in ("message", "queued") and not has_left(moment):
        return str(moment.details["reason"] or moment.details["status"])
    return f"parked: {moment.details['reason']}" if moment.kind == "parked" else None
