"""Limits of a project: quiet hours, frequency caps, a budget, how long things are kept, and the texts that Leadoff sends itself.

Invariants: quiet hours are on by default; a project turns them off explicitly.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import PlainValidator, TypeAdapter, ValidationInfo

from engine.core.calendar import DAY, HOUR, MINUTE
from engine.core.gates.caps import Cap, Caps
from engine.core.gates.local_rules import OFF
from engine.core.stop_limits import NO_STOP, WINDOW, StopLimits
from engine.language.diagnostics.wording import problem
from engine.language.model.unreadable import UNREADABLE
from engine.language.values.by_language import ByLanguage, Language, languages_in, none_empty
from engine.language.values.moments import ClockText
from engine.language.values.scalars import (
    BudgetText,
    Flag,
    is_number,
    parse_duration,
    parse_text,
    parse_whole,
    validated,
)
from engine.language.values.strict import Strict
from engine.messaging.compliance_texts import Texts, defaults, frequency
from engine.messaging.quiet_hours import Quiet

LONGEST_ANSWER = 1_600


_times = TypeAdapter(tuple[ClockText, ClockText])


def _between(value: Any) -> tuple[int, int]:
    if not isinstance(value, list) or len(value) != 2:
        help = 'from and until: between: ["20:00", "09:00"]'
        raise problem("LO206", "expected a list of two times", help, at="key")
    return _times.validate_python(value)


ClockWindow = Annotated[tuple[int, int], PlainValidator(_between, json_schema_input_type=tuple[ClockText, ClockText])]


class QuietSettings(Strict):
    between: ClockWindow = (20 * HOUR, 9 * HOUR)
    """From and until, in the contact's local time; may cross midnight. The same time twice means the whole day."""
    state_rules: Flag = True
    """Also apply the legal hours and daily limits of the number's state and country."""


def _quiet(value: Any, info: ValidationInfo) -> Quiet:
    if value == "off":
        return OFF
    if isinstance(value, bool):
        raise problem(
            "LO206", "expected off or a mapping", "write `quiet_hours: off` to send at any hour", instead="off"
        )
    if isinstance(value, str):
        raise problem(
            "LO207", f'"{value[:20]}" is not one of: off', 'or {between: ["20:00", "09:00"], state_rules: true}'
        )
    made = QuietSettings.model_validate(value, context=info.context)
    start, end = made.between
    return Quiet((start // MINUTE, end // MINUTE), made.state_rules)


QuietText = Annotated[Quiet, PlainValidator(_quiet, json_schema_input_type=Literal["off"] | QuietSettings)]


def _thousandths(value: Any, of: str) -> int:
    """Of a percent: `3%` is 3,000."""
    match = re.fullmatch(r"([0-9]{1,3})(?:\.([0-9]{1,3}))?%", value) if isinstance(value, str) else None
    if match is None:
        help = f"write it as a share: {value}%" if is_number(value) and 0 < value <= 100 else 'write it like "3%"'
        raise problem("LO208", f"expected a share of {of}", help)
    return int(match[1]) * 1_000 + int((match[2] or "").ljust(3, "0"))


def _share(value: Any) -> int:
    """`3%` as a number of messages of WINDOW, rounded up."""
    thousandths = _thousandths(value, "messages")
    if not 0 < thousandths <= 100_000:
        raise problem("LO208", "a share must be more than 0% and at most 100%")
    return -(-thousandths * WINDOW // 100_000)


def _holdout(value: Any) -> int:
    """In hundredths of a percent."""
    thousandths = _thousandths(value, "contacts")
    if not 10 <= thousandths <= 50_000 or thousandths % 10:
        raise problem("LO208", "a holdout must be from 0.01% to 50%", 'write it like "10%"')
    return thousandths // 10


HoldoutText = Annotated[
    int, validated(_holdout, type="string", pattern=r"^[0-9]{1,2}(\.[0-9]{1,2})?%$", examples=["10%", "2.5%"])
]


Share = Annotated[
    int, validated(_share, type="string", pattern=r"^[0-9]{1,3}(\.[0-9]{1,3})?%$", examples=["3%", "0.5%"])
]


class StopSettings(Strict):
    opted_out: Share | None = None
    """This share of 500 successive messages was the last one before its contact's STOP."""
    failed: Share | None = None
    """This share of them failed: the provider refused them, or reported them as failed or undelivered."""


def _stop_if(value: Any, info: ValidationInfo) -> StopLimits:
    if value == "off":
        return NO_STOP
    made = StopSettings.model_validate(value, context=info.context)
    if made.opted_out is None and made.failed is None:
        raise problem("LO208", "this stops nothing", 'write {opted_out: 3%, failed: 20%}, or leave "stop_if" out')
    return StopLimits(made.opted_out, made.failed)


StopText = Annotated[StopLimits, PlainValidator(_stop_if, json_schema_input_type=Literal["off"] | StopSettings)]


def _most(value: object) -> int:
    most = parse_whole(value)
    if not 1 <= most <= 1_000:
        raise problem("LO208", "a cap must be from 1 to 1000 messages", "to send nothing, remove the flow")
    return most


Most = Annotated[int, validated(_most, type="integer", minimum=1, maximum=1000)]


class MarketingCaps(Strict):
    """How many marketing messages one contact gets at most, over rolling windows and across all flows."""

    per_day: Most | None = None
    """Within 24 hours."""
    per_week: Most | None = None
    """Within 7 days."""
    per_month: Most | None = None
    """Within 30 days."""
    except_within_flow: Flag = False
    """Earlier messages of the same run do not count, so an MMS and its follow-up SMS count as one."""

    def compiled(self) -> Caps:
        windows = ((self.per_day, 1, "day"), (self.per_week, 7, "week"), (self.per_month, 30, "month"))
        found = tuple(Cap(most, days * DAY, period) for most, days, period in windows if most is not None)
        return Caps(found, self.except_within_flow)


class CapSettings(Strict):
    marketing: MarketingCaps = MarketingCaps()
    """Transactional messages are not capped and do not count."""


class Budget(Strict):
    per_day: BudgetText | None = None
    """The limit for one day in the project's time zone; then sending stops until the next day, with a notice."""


SHORTEST_KEPT = 30 * DAY  # the longest window of a cap, and as long as the ids of events are remembered (E1)


def _kept(value: object) -> int:
    kept = parse_duration(value).nominal
    if kept < SHORTEST_KEPT:
        raise problem("LO208", "this must be at least 30d", "caps and the ids of events look back 30 days")
    return kept


Kept = Annotated[int, validated(_kept, type="string", examples=["400d"])]


class Retention(Strict):
    """How long the past is kept. Consent, its log and what `again_after` needs stay for ever."""

    events: Kept | None = None
    """Events, clicks and texts that came in, counted from when they came in; for ever by default."""
    messages: Kept | None = None
    """Messages with their links and attempts, counted from when they left; for ever by default."""
    runs: Kept | None = None
    """Runs that have ended, with their journal; for ever by default. A run stays as long as a message of it."""


def _answer(value: object) -> str:
    text = parse_text(value).strip()
    if not text or len(text) > LONGEST_ANSWER:
        raise problem("LO208", "a reply must have 1 to 1600 characters")
    return text


AnswerText = Annotated[str, validated(_answer, type="string", minLength=1, examples=["Reply STOP to opt out"])]
_in_languages: TypeAdapter[dict[str, str]] = TypeAdapter(dict[Language, AnswerText])


def _answers(value: object) -> str | ByLanguage[str]:
    if isinstance(value, Mapping):
        return ByLanguage(_in_languages.validate_python(none_empty(value)))
    return _answer(value)


AnswerTextOrMore = Annotated[
    str | ByLanguage[str],
    PlainValidator(_answers, json_schema_input_type=AnswerText | Mapping[Language, AnswerText]),
]


class AnswerTexts(Strict):
    """The texts that Leadoff sends itself. The defaults contain the brand, the caps and `support`, in English, Spanish and French.

    Each is one text for everybody, or one for each language: `{en: …, es: …}`, of which the first is the default.
    """

    help: AnswerTextOrMore | None = None
    """The reply to HELP."""
    opt_in: AnswerTextOrMore | None = None
    """The reply to START."""
    opt_out: AnswerTextOrMore | None = None
    """The reply to STOP; on toll-free numbers the network replies instead."""
    picture: AnswerTextOrMore | None = None
    """The text below the picture on the page of `otherwise: link`."""
    first: AnswerTextOrMore | None = None
    """Added to a contact's first marketing text where it does not say how to opt out."""
    away: AnswerTextOrMore | None = None
    """The reply to a text that waits for a person, at most once in 24 hours a contact; none by default."""
    later: ClassVar[frozenset[str]] = frozenset(("away",))

    @property
    def written(self) -> dict[str, str | ByLanguage[str]]:
        """Those that the project words itself."""
        found = ((name, getattr(self, name)) for name in type(self).model_fields)
        return {name: text for name, text in found if text is not None}

    @property
    def languages(self) -> tuple[str, ...]:
        """Those of its texts, in their order."""
        return languages_in(self.written.values())

    def filled(self, brand: str, caps: MarketingCaps, support: str | None, language: str | None = None) -> Texts:
        """For a person who reads that language; None: for anybody."""
        often = frequency(caps.per_day, caps.per_week, caps.per_month, language)
        given = {
            name: text if text is UNREADABLE or isinstance(text, str) else text.of(language)
            for name, text in self.written.items()
        }
        return defaults(brand, often, support, language)._replace(**given)
