"""SMS block; an image or a collage makes it an MMS.

Rules kept here: the run rests at this step until its message may be written; a gate that can never open, a country without a sender
and a text with a missing value skip the step with a reason, and the run goes on. An MMS goes only where the number's region and the
sender can take it (MM3); elsewhere `otherwise` says what becomes of it.
"""

from __future__ import annotations

from functools import cached_property
from typing import Annotated, Any, ClassVar, Literal

from pydantic import PlainValidator

from engine.core.block import Block, Next, Outcome, Wait
from engine.core.calendar import DAY
from engine.core.effects import SendMessage, Skip
from engine.core.gates import Candidate, Hold, Never, look
from engine.core.program import Context
from engine.language.flow import Category
from engine.language.media_path import Collage, MediaPath, name_of
from engine.language.text import MissingValue, Text
from engine.language.values import DurationText, SenderName
from engine.language.wording import not_built, one_of
from engine.messaging.parts import count
from engine.messaging.prices import price

MMS_REGIONS = frozenset(("US", "CA"))  # MM3: by the number's region, never by +1
MARKETING_EXPIRES_MS = 12 * 3_600_000  # T4
LONGEST = 1_600  # characters, for SMS and MMS alike (MM1)


def _otherwise(value: Any) -> str:
    if value == "link":
        raise not_built("`otherwise: link`")
    if value not in ("text", "skip"):
        raise one_of(value, ("text", "skip"))
    return str(value)


class Sms(Block):
    """`sms: TEXT`, or `{text, image or collage, alt, otherwise, sender, category, expires_after}`."""

    verb = "sms"
    lead = "text"
    rests = True
    sends = True
    later: ClassVar[frozenset[str]] = frozenset(("on_quiet", "on_cap"))

    text: Text
    """What is sent, at most 1,600 characters. A message whose value is missing and has no `default` is skipped with a reason."""
    image: MediaPath | None = None
    """Makes it an MMS: JPEG, PNG, GIF or WebP by content, made fit to be sent. Sent to US and Canadian numbers."""
    collage: Collage | None = None
    """In place of `image`: two to six pictures, made into one."""
    alt: Text | None = None
    """The picture in words."""
    otherwise: Annotated[Literal["text", "skip"] | None, PlainValidator(_otherwise)] = None
    """Where no MMS can go: the text alone as an SMS, or nothing. Required with an image."""
    sender: SenderName | None = None
    """The sender it goes by. Where it is not written: the first one whose countries fit."""
    category: Category | None = None
    """Another one than the flow's, for this message."""
    expires_after: DurationText | None = None
    """Dropped when it would leave later than this; 12 h for marketing where it is not written."""

    @cached_property
    def lasts(self) -> int | None:
        """`expires_after` in ms."""
        return self.expires_after.days * DAY + self.expires_after.ms if self.expires_after else None

    @cached_property
    def picture(self) -> str | None:
        """The name that its picture has among the project's media."""
        return name_of(self.collage) if self.collage else self.image

    def decide(self, ctx: Context) -> Outcome:
        settings, person = ctx.program.settings, ctx.facts.person
        region, category = person.region, self.category or ctx.program.category
        expires_at = self._expires_at(ctx, category)
        answer = look(Candidate(ctx.now, category, person.consent, region, settings.countries, expires_at))
        if isinstance(answer, Hold):
            return Wait(answer.until)
        if isinstance(answer, Never):
            return _skipped(ctx, answer.reason)
        sender = settings.sender_for(region, self.sender)
        if sender is None:
            return _skipped(
                ctx, f"the sender {self.sender} does not serve {region}" if self.sender else f"no sender for {region}"
            )
        media = None
        if self.picture is not None:
            if sender.mms and region in MMS_REGIONS:
                media = settings.media[self.picture]
            elif self.otherwise == "skip":
                return _skipped(ctx, f"MMS not possible in {region}")
        return self._written(ctx, sender.name, category, media, expires_at)

    def _written(self, ctx: Context, sender: str, category: str, media: str | None, expires_at: int | None) -> Outcome:
        ctx.links = []
        try:
            text = self.text.render(ctx)
        except MissingValue as missing:
            return _skipped(ctx, str(missing))
        if len(text) > LONGEST:
            return _skipped(ctx, f"the text has {len(text):,} characters, more than {LONGEST:,}")
        parts = 1 if media else count(text).parts
        cost = price(ctx.program.settings.prices, ctx.facts.person.region, "mms" if media else "sms", parts)
        links = tuple(ctx.links)
        return Next((SendMessage(ctx.step or "", text, sender, category, media, links, parts, cost, expires_at),))

    def _expires_at(self, ctx: Context, category: str) -> int | None:
        lasts = self.lasts or (MARKETING_EXPIRES_MS if category == "marketing" else None)
        if lasts is None:
            return None
        # A daemon that was off wakes a run late: lateness counts from when the run should have come here (T4).
        due = ctx.run.due
        return lasts + (ctx.now if due is None or due > ctx.now else due)

    def drawn(self) -> str:
        return f"{'MMS' if self.picture else 'SMS'}: {self.text.source.strip()}"


def _skipped(ctx: Context, reason: str) -> Outcome:
    return Next((Skip(ctx.step or "", reason),))
