"""What a block decides from: the run, its facts, and what its project declares."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from hashlib import blake2b
from typing import Any, NamedTuple, Protocol

from engine.core.effects import LinkUse, TakeCoupon
from engine.core.facts import Facts, Needs
from engine.core.gates.caps import NO_CAPS, Caps
from engine.core.gates.local_rules import DEFAULT_QUIET
from engine.core.lots import OWN, Lots
from engine.core.stop_limits import NO_STOP, StopLimits
from engine.messaging.compliance_texts import Texts, defaults
from engine.messaging.languages import chosen
from engine.messaging.media_limits import MMS_REGIONS
from engine.messaging.quiet_hours import Quiet


class SenderProfile(NamedTuple):
    """What the core must know of a sender."""

    name: str
    countries: frozenset[str]
    mms: bool
    number: str = ""
    kind: str = "toll_free"  # toll_free | long_code | short_code
    smart: bool = False  # typographic look-alikes are replaced before a text is counted and sent

    def sends_mms_to(self, region: str) -> bool:
        """By the number's region, never by +1 (MM3)."""
        return self.mms and region in MMS_REGIONS


class Coupon(NamedTuple):
    """What is declared of a pool of coupon codes."""

    length: int  # of its longest code
    lasts: int | None = None  # ms from when a contact got its code until it gets another; None: it keeps that
    low: int = 0  # so few codes are said to be few
    otherwise: str | None = None  # the fixed code for everybody while the pool is empty; None: the message is skipped
    made_up: bool = False  # a preview: no pool is asked

    @property
    def sample(self) -> str:
        """What a preview shows: as long as the longest, and nobody takes it for a real one."""
        return "X" * self.length


class NoCoupon(LookupError):
    """The pool is empty, and its messages are skipped then."""

    def __init__(self) -> None:
        super().__init__("no coupon")


class Settings(NamedTuple):
    """What a project declares for all of its flows."""

    project: str
    brand: str
    timezone: str
    public_url: str
    secret: bytes  # keys the codes of tracked links
    links: Mapping[str, str]
    media: Mapping[str, str]  # path as written -> "<content hash>.<ending>"
    senders: tuple[SenderProfile, ...]
    countries: frozenset[str]
    prices: Mapping[tuple[str, str], int]  # (region, "sms" | "mms") -> millionths per part or per MMS
    segments: Mapping[str, Segment] = {}
    fields: Mapping[str, Callable[[object], Any]] = {}  # contact field -> a raw value as its type; raises ValueError
    event_data: Callable[[str, Mapping[str, object]], dict[str, Any]] = lambda event, data: dict(data)  # the same
    quiet: Quiet = DEFAULT_QUIET
    caps: Caps = NO_CAPS
    budget: int | None = None  # millionths a day of the project's calendar
    texts: Texts = defaults("", "", None)
    texts_by_language: Mapping[str, Texts] = {}
    link_hosts: frozenset[str] = frozenset()  # to which `short(event.cart_url)` may lead
    utm: bool = False  # tracked links carry the parameters of web statistics
    stop_if: StopLimits = NO_STOP
    coupons: Mapping[str, Coupon] = {}
    fetches: bool = True  # pictures that come with an event; a preview shows their fallback
    lots: Lots = OWN

    def texts_in(self, language: str | None) -> Texts:
        """The texts that Leadoff sends itself, for who reads that language."""
        found = chosen(language, self.texts_by_language)
        return self.texts if found is None else self.texts_by_language[found]

    def sender_for(self, region: str, name: str | None = None) -> SenderProfile | None:
        """The first sender whose countries fit; only the one of that name where one is named."""
        for sender in self.senders:
            if region in sender.countries and name in (None, sender.name):
                return sender
        return None


Test = Callable[["Context"], bool]
NO_LIMITS: Mapping[str, int] = {}


class Segment(NamedTuple):
    """A test for membership, on any run of the contact."""

    holds: Test
    needs: Needs  # of the segments that it names as well


class Run(NamedTuple):
    """One contact's way through one flow (R1), as it is stored."""

    id: int
    contact: int
    flow: str
    lane: int  # 0, or the run's id where `while_active: parallel`
    step: str | None  # where it waits or ended; None before the first step
    status: str  # waiting | parked | exited
    reason: str | None  # of an exit or of parking
    due: int | None
    wall: int | None
    entered: int
    arrived: int  # at `step`
    event: int | None  # id of the event that started it
    origin: str | None = None  # what `due` came from, where `wall` does not say it (`due_origins`)


class FlowHead(Protocol):
    """What a block may read of its flow; a Program is one."""

    @property
    def flow(self) -> str: ...
    @property
    def category(self) -> str: ...
    @property
    def settings(self) -> Settings: ...
    @property
    def quiet(self) -> Quiet: ...
    @property
    def sender(self) -> str | None: ...
    @property
    def limits(self) -> Mapping[str, int]: ...
    @property
    def naming(self) -> Mapping[str, tuple[str, ...]]: ...
    @property
    def counted(self) -> Mapping[str, int]: ...
    @property
    def drawn_as(self) -> Mapping[str, str]: ...


class Context:
    """What a block decides from."""

    __slots__ = (
        "coupons", "due", "event", "facts", "language", "limits", "links", "notes", "now", "program", "run", "step", "until",
    )  # fmt: skip

    def __init__(self, program: FlowHead, run: Run, facts: Facts, now: int) -> None:
        self.program = program
        self.run = run
        self.facts = facts
        self.now = now
        self.event: Mapping[str, Any] = facts.event
        self.step: str | None = run.step
        self.due: int | None = None  # the wait's end, None on arrival
        self.until = now  # facts later than this do not count
        self.links: list[LinkUse] = []
        self.limits: Mapping[str, int] = NO_LIMITS
        self.language: str | None = None  # of the text being written; None: it is the same for everybody
        self.coupons: list[TakeCoupon] = []
        self.notes: list[str] = []  # what was done otherwise in the message being written: cut, a fixed code

    @property
    def arrived(self) -> int:
        """When the run came to this step."""
        return self.now if self.due is None else self.run.arrived

    def at_event(self, data: Mapping[str, Any]) -> Context:
        """The same, looking at another event (`happened.where`)."""
        other = Context(self.program, self.run, self.facts, self.now)
        other.event, other.step, other.due, other.until = data, self.step, self.due, self.until
        return other

    def left(self, step: str) -> int | None:
        """When this run last left that step; None if it never did."""
        return self.facts.left.get(step)

    def begin_message(self, language: str | None = None) -> None:
        """From here on fields are shown up to their limits, and dates in that language; links, coupons and what is cut are noted."""
        self.links, self.coupons, self.notes, self.limits = [], [], [], self.program.limits
        self.language = language

    def end_message(self) -> None:
        self.limits = NO_LIMITS

    def link(self, name: str) -> str:
        """A tracked link of the project's for the message being written."""
        return self.tracked(name, self.program.settings.links[name])

    def coupon(self, pool: str) -> str:
        """The contact's code of that pool, for the message being written. Raises NoCoupon."""
        found = self.facts.coupon(pool)
        if found is None:
            fixed = self.program.settings.coupons[pool].otherwise
            if fixed is None:
                raise NoCoupon
            self.notes.append(f"the pool {pool} is empty: its fixed code goes out")
            return fixed
        if found.free is not None:
            self.coupons.append(TakeCoupon(pool, found.free))
        return found.code

    def tracked(self, name: str, url: str, ends: bool = False) -> str:
        """A short link to `url`; its code can't be guessed. `ends`: it leads there for a time only."""
        settings = self.program.settings
        subject = f"{self.run.contact}|{self.run.id}|{self.step}|{name}".encode()
        digest = blake2b(subject, key=settings.secret, digest_size=8).digest()
        code = base62(int.from_bytes(digest), 8)
        self.links.append(LinkUse(code, name, url, ends))
        return f"{settings.public_url}/l/{code}"


_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


def base62(number: int, length: int) -> str:
    """The last `length` base-62 digits of a number."""
    digits = []
    for _ in range(length):
        number, rest = divmod(number, 62)
        digits.append(_DIGITS[rest])
    return "".join(digits)
