"""The model of leadoff.yaml: the senders, and the names that flows may use.

Invariants: only keys that have an effect are accepted. The file holds no secret: credentials come from the environment.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from functools import partial
from typing import Annotated, Any, ClassVar, Literal
from urllib.parse import urlsplit

from pydantic import Field as KeyField
from pydantic import PlainValidator

from engine.core.context import Segment, SenderProfile, Settings
from engine.core.facts import Needs
from engine.core.gates.local_rules import DEFAULT_QUIET
from engine.core.goals import Goal
from engine.core.stop_limits import NO_STOP
from engine.language.conditions.condition import Condition
from engine.language.diagnostics.findings import or_nearest
from engine.language.diagnostics.wording import problem
from engine.language.model.coupons import CouponModel
from engine.language.model.declared_fields import EventField, Field
from engine.language.model.flow import FilledText
from engine.language.model.goals import GoalModel
from engine.language.model.media_path import MediaPath
from engine.language.model.own_events import CANNOT_BE_SENT, OWN_EVENTS
from engine.language.model.safeguards import AnswerTexts, Budget, CapSettings, QuietText, Retention, StopText
from engine.language.model.segments import events_of
from engine.language.model.sources import Sources
from engine.language.model.validation_context import lenient
from engine.language.values import scalars
from engine.language.values.fields import (
    BUILT_IN_FIELDS,
    BadValue,
    FieldSpec,
    convert,
    convert_all,
    none_missing,
    plain,
)
from engine.language.values.strict import Strict
from engine.language.values.urls import is_web_address
from engine.messaging.base_urls import is_local, problem_of_base
from engine.messaging.compliance_texts import WORDINGS, Texts
from engine.messaging.prices import DEFAULTS
from engine.messaging.providers import SIMULATOR

DEFAULT_PUBLIC_URL = "http://127.0.0.1:8025"


def read_url(value: object) -> str:
    """An absolute http or https URL. Raises LO236."""
    text = scalars.parse_text(value).strip()
    help = 'write the whole URL: "https://acme.example/spring"'
    if not is_web_address(text):
        raise problem("LO236", "this is not a URL", help)
    return text


def read_base(value: object) -> str:
    """Scheme, host, port and a prefix: https, or http on this machine alone. Raises LO236."""
    text = read_url(value)
    if wrong := problem_of_base(text):
        raise problem("LO236", wrong)
    return text.rstrip("/")


def _capitals(value: object, count: int, what: str, example: str) -> str:
    text = scalars.parse_text(value)
    if not re.fullmatch(f"[A-Z]{{{count}}}", text):
        raise problem("LO237", f'"{text[:20]}" is not a {what}', example)
    return text


def _country(value: object) -> str:
    return _capitals(value, 2, "country", "two capital letters: US, CA, GB")


def _currency(value: object) -> str:
    return _capitals(value, 3, "currency", "three capital letters: USD, CAD, EUR")


Country = Annotated[str, scalars.validated(_country, type="string", pattern="^[A-Z]{2}$", examples=["US"])]
Currency = Annotated[str, scalars.validated(_currency, type="string", pattern="^[A-Z]{3}$", examples=["USD"])]
_URL = {"type": "string", "pattern": "^https?://"}
Url = Annotated[str, scalars.validated(read_url, **_URL, examples=["https://acme.example/spring"])]
BaseUrl = Annotated[str, scalars.validated(read_base, **_URL, examples=["https://sms.acme.example"])]
NORTH_AMERICA = ("US", "CA")


def _rate(value: object) -> float:
    rate = float(scalars.parse_number(value))
    if not 0.01 <= rate <= 10_000:
        raise problem("LO208", "a rate must be from 0.01 to 10000 parts per second")
    return rate


class SenderModel(Strict):
    """A phone number that sends messages, and its provider."""

    provider: scalars.ProviderName
    """The provider that sends the messages."""
    number: scalars.PhoneText
    """The phone number that contacts see and reply to."""
    kind: Literal["toll_free", "long_code", "short_code"] = "toll_free"
    """The kind of number. It decides how large an MMS may be, and who answers STOP: on toll-free numbers the network does."""
    rate: Annotated[float, PlainValidator(_rate)] | None = None
    """Parts per second, shared by all workers and kept across restarts. The default is what such a number has at first."""
    countries: tuple[Country, ...] = NORTH_AMERICA
    """The countries it sends to."""
    base_url: BaseUrl | None = None
    """The API's address, if it is not the provider's usual one. Without it, `leadoff run` starts a simulator itself."""
    on_unknown: Literal["settle", "resend"] = "settle"
    """After a response that leaves open whether the message went out: wait for the callback, or send again (a duplicate is possible)."""
    mms: scalars.Flag = True
    """Whether it can send MMS."""
    smart_encoding: scalars.Flag = False
    """Replace curly quotes, dashes and similar characters with plain ones, so that a text stays GSM-7."""

    @property
    def has_own_simulator(self) -> bool:
        """Whether `leadoff run` itself is its provider."""
        return self.provider == SIMULATOR and self.base_url is None

    @property
    def stays_here(self) -> bool:
        """Whether its messages cannot reach a real phone: a simulator, or a provider that is played on this machine."""
        return self.provider == SIMULATOR or (self.base_url is not None and is_local(self.base_url))

    def profile(self, name: str) -> SenderProfile:
        """What the core must know of it."""
        return SenderProfile(name, frozenset(self.countries), self.mms, self.number, self.kind, self.smart_encoding)


class RegionPrices(Strict):
    sms: scalars.Price | None = None
    """Per part."""
    mms: scalars.Price | None = None
    """Per message."""


def _host(value: object) -> str:
    text = scalars.parse_text(value).strip().rstrip(".").lower()
    if not re.fullmatch(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?|[0-9a-f:]*:[0-9a-f:.]*", text):
        raise problem("LO236", "this is not a host name", "the host name alone, as in the URL: crm.internal")
    return text


Host = Annotated[str, scalars.validated(_host, type="string", examples=["crm.internal"])]


def _parts_note(value: object) -> int:
    most = scalars.parse_whole(value)
    if not 1 <= most <= 10:
        raise problem("LO208", "this must be from 1 to 10 parts")
    return most


class WebhookSettings(Strict):
    allow_hosts: tuple[Host, ...] = ()
    """Hosts that a `webhook` may call, and pictures of `image_hosts` come from, although they have a private IP address."""


def read_address(value: object) -> str:
    """A URL without a name, a password or a fragment. Raises LO236."""
    text = read_url(value)
    if urlsplit(text).username is not None or "#" in text:
        raise problem("LO236", "no user name, password or # in this URL", "an address that takes a POST with JSON")
    return text


class NotifySettings(Strict):
    webhook: (
        Annotated[str, scalars.validated(read_address, **_URL, examples=["https://alarms.acme.example/leadoff"])] | None
    ) = None
    """Gets a POST with JSON for each new notice, and when `/readyz` turns; `text` in it is a sentence. It is repeated until it is answered
    with 2xx. `LEADOFF_NOTIFY_WEBHOOK` overrides it, for an address that is a secret."""


class Project(Strict):
    """leadoff.yaml."""

    project: scalars.FlowId
    """The project's id."""
    brand: FilledText = KeyField(examples=["Acme"])
    """Your name, as contacts know it."""
    timezone: scalars.ZoneName
    """For contacts whose own time zone is unknown and cannot be derived from the number."""
    public_url: BaseUrl = DEFAULT_PUBLIC_URL
    """Where phones and providers reach Leadoff: media, links and callbacks. `LEADOFF_PUBLIC_URL` overrides it."""
    senders: Mapping[scalars.SenderName, Annotated[SenderModel, lenient(SenderModel)]] = {}
    """By name; a message uses the first sender that serves the contact's country."""
    countries: tuple[Country, ...] = NORTH_AMERICA
    """Only contacts in these countries are texted. The number's region counts, not its country code (+1)."""
    links: Mapping[scalars.LinkName, Url] = {}
    """By name: `link("shop")` in a text becomes a tracked short link."""
    link_hosts: tuple[Host, ...] = KeyField(default=(), examples=[["acme.example"]])
    """Hosts to which `short(event.cart_url)` may lead, each exactly: `www.acme.example` is another one than `acme.example`."""
    coupons: Mapping[scalars.CouponName, Annotated[CouponModel, lenient(CouponModel)]] = {}
    """By name: `coupon("spring10")` in a text becomes a code of that pool, one for each contact."""
    image_hosts: tuple[Annotated[str, scalars.validated(_host, type="string", examples=["cdn.shopify.com"])], ...] = ()
    """The hosts from which pictures that come with an event are fetched (`image: {from: event.image, …}`), and no others."""
    utm: scalars.Flag = True
    """Adds UTM parameters to the target of tracked links: `utm_source` is the project, `utm_medium` sms or mms, `utm_campaign` the flow,
    `utm_content` the step. A target that already has UTM parameters keeps them and gets no others."""
    fields: Mapping[scalars.FieldName, Field] = {}
    """Contact fields beyond the built-in ones, with their types."""
    events: Mapping[scalars.EventName, Mapping[scalars.FieldName, EventField]] = {}
    """By name, with their fields. If any event is declared, an undeclared event or field is a finding."""
    goals: Mapping[scalars.GoalName, Annotated[GoalModel, lenient(GoalModel)]] = {}
    """By name: what messages are for, an order. Each is credited to at most one message, as `leadoff stats` and the dashboard show."""
    segments: Mapping[scalars.SegmentName, Condition] = {}
    """By name: the condition for who is in it. A segment can also have a file of its own, segments/NAME.yaml."""
    currency: Currency = "USD"
    """The currency of all prices."""
    prices: Mapping[Country, RegionPrices] = {}
    """By country. A country without a price uses the US price, and `check` says so."""
    parts_note: Annotated[int, scalars.validated(_parts_note, type="integer", minimum=1)] = 2
    """`check` notes an SMS of more parts than this, and always warns about more than 4."""
    quiet_hours: QuietText = DEFAULT_QUIET
    """When marketing waits, in the contact's local time, or `off`."""
    caps: Annotated[CapSettings, lenient(CapSettings)] = CapSettings()
    """How often a contact may be texted."""
    budget: Annotated[Budget, lenient(Budget)] = Budget()
    """What may be spent."""
    retention: Annotated[Retention, lenient(Retention)] = Retention()
    """How long events, messages and ended runs are kept. Nothing is deleted where nothing is written."""
    stop_if: StopText = NO_STOP
    """Pauses a flow, with a notice, when so many of any 500 successive messages of it fail or are answered with STOP."""
    notify: Annotated[NotifySettings, lenient(NotifySettings)] = NotifySettings()
    """Which address hears of what a person should look at."""
    support: FilledText | None = KeyField(default=None, examples=["help@acme.example"])
    """Where people get help: an e-mail address, a phone number or a link. The reply to HELP contains it."""
    logo: MediaPath | None = KeyField(default=None, examples=["media/logo.png"])
    """Your logo: the photo of the contact card (`card: true`), whole and in a square."""
    texts: Annotated[AnswerTexts, lenient(AnswerTexts)] = AnswerTexts()
    """Your wording of the texts that Leadoff sends by itself."""
    webhooks: Annotated[WebhookSettings, lenient(WebhookSettings)] = WebhookSettings()
    """Which hosts a `webhook` may call besides public ones."""
    sources: Sources = KeyField(default={})
    """By name: shops whose webhooks become events. `leadoff sources try` shows what a body becomes."""
    retired: Mapping[scalars.FlowId, Literal["drain", "exit"]] = KeyField(default={}, examples=[{"old-flow": "drain"}])
    """Flows without a file any more: contacts who are in one finish it as it was last deployed (`drain`), or end now (`exit`)."""
    edits: ClassVar[frozenset[str]] = frozenset(("retired",))
    later: ClassVar[frozenset[str]] = frozenset(
        ("stop_if", "notify", "sources", "coupons", "goals", "image_hosts", "link_hosts", "logo")
    )

    @property
    def contact_fields(self) -> dict[str, FieldSpec]:
        """Built-in and declared ones; a name that is declared without a `max` keeps its own."""
        found = {**BUILT_IN_FIELDS, **self.fields}
        for name in ("first_name", "last_name"):
            if found[name].type == "text" and found[name].limit is None:
                found[name] = found[name]._replace(limit=BUILT_IN_FIELDS[name].limit)
        return found

    @property
    def compiled_goals(self) -> tuple[Goal, ...]:
        return tuple(goal.compiled(name) for name, goal in self.goals.items())

    def ended(self, numbers: Mapping[str, int], flows: Collection[str]) -> frozenset[int]:
        """The numbers of those that are retired with `exit`: nothing of them leaves any more. `flows`: those with a file."""
        retired = (flow for flow, how in self.retired.items() if how == "exit" and flow not in flows)
        return frozenset(numbers[flow] for flow in retired if flow in numbers)

    def sender_of(self, name: str | None, region: str) -> SenderModel | None:
        """The one of that name, else the first whose countries fit."""
        fitting = (sender for key, sender in self.senders.items() if region in sender.countries and name in (None, key))
        return next(fitting, None)

    def own_texts_in(self, language: str | None) -> Texts:
        """The texts that Leadoff sends itself: the project's, or the defaults. `language`: of who reads them; None: of anybody."""
        return self.texts.filled(self.brand, self.caps.marketing, self.support, language)

    def settings(self, secret: bytes, media: Mapping[str, str], public_url: str | None = None) -> Settings:
        """What the core needs. `media`: path as written -> "<hash>.<ending>"; `public_url` goes before the file's."""
        return Settings(
            project=self.project,
            brand=self.brand,
            timezone=self.timezone,
            public_url=(public_url or self.public_url).rstrip("/"),
            secret=secret,
            links=dict(self.links),
            link_hosts=frozenset(self.link_hosts),
            coupons={name: coupon.compiled() for name, coupon in self.coupons.items()},
            utm=self.utm,
            media=dict(media),
            senders=tuple(sender.profile(name) for name, sender in self.senders.items()),
            countries=frozenset(self.countries),
            prices=self.price_table,
            fields={name: partial(convert, spec) for name, spec in self.contact_fields.items()},
            event_data=partial(convert_event, self),
            segments={name: self._segment(name) for name in self.segments},
            quiet=self.quiet_hours,
            caps=self.caps.marketing.compiled(),
            budget=self.budget.per_day,
            texts=self.own_texts_in(None),
            texts_by_language={each: self.own_texts_in(each) for each in (*WORDINGS, *self.texts.languages)},
            stop_if=self.stop_if,
        )

    def fields_of_event(self, name: str | None) -> Mapping[str, FieldSpec]:
        """What is declared of that event, or known of one of Leadoff's own; nothing of another."""
        return OWN_EVENTS.get(name or "") or self.events.get(name or "", {})

    def _segment(self, name: str) -> Segment:
        events = events_of(self.segments, name)
        return Segment(self.segments[name].test("ever"), Needs(events=events, ever=events))

    @property
    def price_table(self) -> dict[tuple[str, str], int]:
        """(region, "sms" | "mms") -> millionths per part or per MMS."""
        found = dict(DEFAULTS)
        for region, prices in self.prices.items():
            for kind, price in (("sms", prices.sms), ("mms", prices.mms)):
                if price is not None:
                    found[region, kind] = price
        return found


def convert_event(project: Project, name: str, data: Mapping[str, object]) -> dict[str, Any]:
    """An event's data with every value of its declared type. Raises BadValue with the path of what does not fit.

    Where the project declares no events, any name goes and plain values are kept as they are.
    """
    if name in OWN_EVENTS:
        raise BadValue(f'"{name}": {CANNOT_BE_SENT}', "event")
    if not project.events:
        return {key: plain(value, key) for key, value in data.items()}
    if name not in project.events:
        raise BadValue(f'event "{name}" is not declared{or_nearest(name, project.events)}', "event")
    specs = project.events[name]
    made = convert_all(specs, data, f'event "{name}"')
    none_missing(specs, made)
    return made


def convert_contact(project: Project, data: Mapping[str, object]) -> dict[str, Any]:
    """A contact's fields with every value of its declared type. Raises BadValue with the path of what does not fit."""
    return convert_all(project.contact_fields, data, "a contact")
