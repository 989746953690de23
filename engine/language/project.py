"""leadoff.yaml: who sends, and what the flows may name.

Rules kept here: only keys that are enforced already are accepted; the rest of the language says that it is not built yet. No secret
stands here: credentials come from the environment.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal
from urllib.parse import urlsplit

from pydantic import PlainValidator, ValidationInfo

from engine.core.program import SenderProfile, Settings
from engine.language.fields import BUILT_IN_FIELDS, WRITABLE_TYPES, BadValue, FieldSpec, convert_all, plain
from engine.language.flow import FilledText
from engine.language.problems import nearest
from engine.language.reading import lenient
from engine.language.values import (
    EventName,
    FieldName,
    Flag,
    FlowId,
    LinkName,
    PhoneText,
    Price,
    SenderName,
    Whole,
    ZoneName,
    parse_number,
    parse_text,
)
from engine.language.wording import Strict, kind_of, not_built, one_of, problem
from engine.messaging.prices import DEFAULTS

LOOPBACK = ("localhost", "127.0.0.1", "::1", "[::1]")
DEFAULT_PUBLIC_URL = "http://127.0.0.1:8025"
LATER_PROVIDERS = ("bandwidth", "twilio", "telnyx")
LONGEST_URL = 2_000


def read_url(value: object) -> str:
    """An absolute http or https URL. Raises LO236."""
    text = parse_text(value).strip()
    help = 'an address is written whole: "https://acme.example/spring"'
    try:
        parts = urlsplit(text)
        good = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        good = False
    if not good or not text.isprintable() or " " in text or len(text) > LONGEST_URL:
        raise problem("LO236", "this is not a web address", help)
    return text


def read_base(value: object) -> str:
    """Scheme, host, port and a prefix: https, or http on this machine alone. Raises LO236."""
    text = read_url(value)
    parts = urlsplit(text)
    if parts.scheme == "http" and parts.hostname not in LOOPBACK:
        raise problem("LO236", "http is for this machine alone (127.0.0.1, localhost); elsewhere https")
    if parts.query or parts.fragment or parts.username or parts.password:
        raise problem("LO236", "only scheme, host, port and a path can stand here")
    return text.rstrip("/")


def _country(value: object) -> str:
    text = parse_text(value)
    if not re.fullmatch("[A-Z]{2}", text):
        raise problem("LO237", f'"{text[:20]}" is not a country', "two capital letters: US, CA, GB")
    return text


def _currency(value: object) -> str:
    text = parse_text(value)
    if not re.fullmatch("[A-Z]{3}", text):
        raise problem("LO237", f'"{text[:20]}" is not a currency', "three capital letters: USD, CAD, EUR")
    return text


def _provider(value: object) -> str:
    if value in LATER_PROVIDERS:
        raise not_built(f'the provider "{value}"')
    if value != "simulator":
        raise one_of(value, ("simulator", *LATER_PROVIDERS))
    return "simulator"


def _field_type(value: object) -> str:
    if value not in WRITABLE_TYPES:
        raise one_of(value, WRITABLE_TYPES)
    return str(value)


class _Field(Strict):
    type: Annotated[str, PlainValidator(_field_type)]
    max: Whole | None = None
    required: Flag = False


def _field(value: Any, info: ValidationInfo) -> FieldSpec:
    """`integer`, or `{type: text, max: 10, required: true}`."""
    if isinstance(value, str):
        return FieldSpec(_field_type(value))  # type: ignore[arg-type]
    if not isinstance(value, dict):
        raise problem(
            "LO206", f"a field's type is wanted here, not {kind_of(value)}", f"one of {', '.join(WRITABLE_TYPES)}"
        )
    made = _Field.model_validate(value, context=info.context)
    if made.max is not None and not 1 <= made.max <= 1_600:
        raise problem("LO208", "max must be from 1 to 1600")
    return FieldSpec(made.type, made.max or 20, made.required)  # type: ignore[arg-type]


Country = Annotated[str, PlainValidator(_country)]
Field = Annotated[FieldSpec, PlainValidator(_field)]
Url = Annotated[str, PlainValidator(read_url)]
BaseUrl = Annotated[str, PlainValidator(read_base)]
NORTH_AMERICA = ("US", "CA")


def _rate(value: object) -> float:
    rate = float(parse_number(value))
    if not 0.01 <= rate <= 10_000:
        raise problem("LO208", "a rate is from 0.01 to 10000 parts per second")
    return rate


class SenderModel(Strict):
    """A number that messages go out from, and the provider behind it."""

    provider: Annotated[str, PlainValidator(_provider)]
    number: PhoneText
    kind: Literal["toll_free", "long_code", "short_code"] = "toll_free"
    rate: Annotated[float, PlainValidator(_rate)] = 3.0
    countries: tuple[Country, ...] = NORTH_AMERICA
    base_url: BaseUrl | None = None
    on_unknown: Literal["settle", "resend"] = "settle"
    mms: Flag = True
    later: ClassVar[frozenset[str]] = frozenset(("smart_encoding",))


class RegionPrices(Strict):
    sms: Price | None = None
    mms: Price | None = None


class Project(Strict):
    """leadoff.yaml."""

    project: FlowId
    brand: FilledText
    timezone: ZoneName
    public_url: BaseUrl = DEFAULT_PUBLIC_URL
    currency: Annotated[str, PlainValidator(_currency)] = "USD"
    senders: Mapping[SenderName, Annotated[SenderModel, lenient(SenderModel)]] = {}
    links: Mapping[LinkName, Url] = {}
    fields: Mapping[FieldName, Field] = {}
    events: Mapping[EventName, Mapping[FieldName, Field]] = {}
    prices: Mapping[Country, RegionPrices] = {}
    countries: tuple[Country, ...] = NORTH_AMERICA
    later: ClassVar[frozenset[str]] = frozenset(("quiet_hours", "caps", "segments", "budget", "webhooks", "retired"))

    @property
    def contact_fields(self) -> dict[str, FieldSpec]:
        """Built-in and declared ones."""
        return {**BUILT_IN_FIELDS, **self.fields}

    def settings(self, secret: bytes, media: Mapping[str, str], public_url: str | None = None) -> Settings:
        """What the core needs. `media`: path as written -> "<hash>.<ending>"; `public_url` goes before the file's."""
        return Settings(
            project=self.project,
            brand=self.brand,
            timezone=self.timezone,
            public_url=(public_url or self.public_url).rstrip("/"),
            secret=secret,
            links=dict(self.links),
            media=dict(media),
            senders=tuple(
                SenderProfile(name, frozenset(sender.countries), sender.mms) for name, sender in self.senders.items()
            ),
            countries=frozenset(self.countries),
            prices=self._prices(),
        )

    def _prices(self) -> dict[tuple[str, str], int]:
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
    if not project.events:
        return {key: plain(value, key) for key, value in data.items()}
    if name not in project.events:
        near = nearest(name, project.events)
        raise BadValue(f'event "{name}" is not declared' + (f'; did you mean "{near}"?' if near else ""), "event")
    specs = project.events[name]
    made = convert_all(specs, data, f'event "{name}"')
    for field, spec in specs.items():
        if spec.required and field not in made:
            raise BadValue("is required and missing", field)
    return made


def convert_contact(project: Project, data: Mapping[str, object]) -> dict[str, Any]:
    """A contact's fields with every value of its declared type. Raises BadValue with the path of what does not fit."""
    return convert_all(project.contact_fields, data, "a contact")
