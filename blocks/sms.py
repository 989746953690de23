"""SMS block; an image or a collage makes it an MMS.

Invariants: the run waits at this step until its message may be written (quiet hours, caps), unless the step says `skip`; a gate that
never opens, a country without a sender, a text with a missing value and an empty pool of coupons skip the step with a reason, and the run
continues. An MMS goes only where the number's region and the sender can take it (MM3); elsewhere `otherwise` says what is sent. A contact's
first marketing text says who writes and how to opt out (C3).

Example:

    - id: hero
      sms:
        text: "Hi {{ contact.first_name | default('there') }}, it is spring: {{ link('shop') }}"
        image: media/spring.jpg
        otherwise: text
    - id: several
      sms: {text: New in, collage: [media/spring.jpg, media/sneakers.jpg], crop: true, otherwise: skip}
    - id: short
      sms: "Two words: good morning"
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Literal

from engine.block_api import (
    HOLD,
    MMS_REGIONS,
    Block,
    Candidate,
    Category,
    Collage,
    Context,
    Decided,
    DurationText,
    FlowHead,
    Hold,
    LinkUse,
    MediaPath,
    Message,
    MissingValue,
    Needs,
    Never,
    Next,
    NoCoupon,
    Noted,
    Outcome,
    SenderName,
    SenderProfile,
    SendMessage,
    Skip,
    Text,
    Wait,
    are_counted,
    count,
    decided_alike,
    first_verdict,
    introduced,
    local_rules,
    moment_words,
    name_of,
    opens_at,
    price,
    smart,
    with_utm,
)

MARKETING_EXPIRES_MS = 12 * 3_600_000  # T4
PUNCTUAL_MS = 60_000  # a wake-up this soon after its time is not late
LONGEST = 1_600  # characters, for SMS and MMS alike (MM1)
_GATES = {"quiet": "quiet hours", "cap": "a cap"}
PICTURE_LINK = "@picture"  # the name of the link to a picture's page; no link of an author's begins so


class Sms(Block):
    """`sms: TEXT`, or `{text, image or collage, crop, alt, otherwise, sender, category, expires_after, on_quiet, on_cap}`."""

    verb = "sms"
    shorthand = "text"
    needs_id = True
    sends = True

    text: Text
    """The text of the message, at most 1,600 characters. If a value is missing and has no `default`, the message is
    skipped with a reason."""
    image: MediaPath | None = None
    """Makes it an MMS: a JPEG, PNG, GIF or WebP, resized to fit. MMS goes to US and Canadian numbers. Portrait is best on phones:
    640×1138 or 1080×1920."""
    collage: Collage | None = None
    """Instead of `image`: two to six pictures, combined into one."""
    crop: bool = False
    """For a collage: each picture fills its tile, cropped around its centre. Otherwise each is shown whole."""
    alt: Text | None = None
    """The picture in words."""
    otherwise: Literal["link", "text", "skip"] | None = None
    """Where an MMS cannot be sent: the text with a link to a page with the picture, the text alone, or nothing. Required with an image."""
    sender: SenderName | None = None
    """The sender of this message. By default the flow's sender, or the first one that serves the contact's country."""
    category: Category | None = None
    """The category of this message, if it is not the flow's."""
    expires_after: DurationText | None = None
    """Drop the message if it would be sent later than this; 12 h by default for marketing. Time on hold does not count."""
    on_quiet: Literal["hold", "skip"] = "hold"
    """In quiet hours: wait until they end, or skip the message."""
    on_cap: Literal["hold", "skip"] = "hold"
    """When a frequency cap is reached: wait until it allows the message, or skip it."""

    @cached_property
    def lasts(self) -> int | None:
        """`expires_after` in ms."""
        return self.expires_after.nominal if self.expires_after else None

    @cached_property
    def skips(self) -> frozenset[str]:
        """The gates that it does not wait for."""
        return frozenset(by for by, choice in (("quiet", self.on_quiet), ("cap", self.on_cap)) if choice == "skip")

    def longest_wait(self) -> int | None:
        return 0

    def needs(self) -> Needs:
        return Needs(texted=self.category != "transactional", coupons=self.text.coupon_names)

    @cached_property
    def picture(self) -> str | None:
        """The name that its picture has among the project's media."""
        return self.image if self.collage is None else name_of(self.collage, self.crop)

    def decide(self, ctx: Context) -> Outcome:
        candidate, answer = self._decided(ctx)
        if type(answer) is Hold:
            if answer.by in self.skips:
                return _skipped(ctx, answer.why, f"on_{answer.by}")
            said = f"held until {moment_words(answer.until, ctx.facts.person.zone)}: {answer.why}"
            return Wait(answer.until, origin=HOLD, effects=(Noted(ctx.step, said),))
        if type(answer) is Never:
            return _skipped(ctx, answer.reason)
        return self.write_message(ctx, candidate)

    def message(self) -> Message:
        return self

    def write_message(self, ctx: Context, candidate: Candidate) -> Outcome:
        settings, region = ctx.program.settings, candidate.region
        name = self.sender or ctx.program.sender
        sender = settings.sender_for(region, name)
        if sender is None:
            return _skipped(ctx, f"the sender {name} does not serve {region}" if name else f"no sender for {region}")
        media, no_mms = None, False
        if self.picture is not None:
            possible = sender.mms and region in MMS_REGIONS
            no_mms = possible and ctx.facts.person.no_mms and candidate.category != "test"  # a test tries it again
            if possible and not no_mms:
                media = settings.media[self.picture]
            elif self.otherwise == "skip":
                why = f"MMS not possible in {region}" if sender.mms else f"{sender.name} sends no MMS"
                return _skipped(ctx, "the phone cannot receive MMS" if no_mms else why, "otherwise")
        written = self._written(ctx, sender, candidate, media)
        return _as_text(ctx, written) if no_mms else written

    def _decided(self, ctx: Context) -> Decided:
        program, person = ctx.program, ctx.facts.person
        settings, category = program.settings, self.category or program.category
        since, lasts = _since(ctx), self.lasts
        asked = (ctx.now, category, person.consent, person.region, settings.countries)
        if category != "marketing":
            return decided_alike(*asked, None if lasts is None else since + lasts, person.unreachable, None)
        lasts = lasts or MARKETING_EXPIRES_MS
        own_zone, state = person.own_zone, person.fields.get("state")
        local = local_rules(person.phone, person.region, own_zone, state, settings.timezone, program.quiet)
        rest = (since + lasts, person.unreachable, local)
        sent = ctx.facts.texted.recent
        if since == ctx.now and not (sent and are_counted(settings.caps, local)):
            return decided_alike(*asked, *rest)
        candidate = Candidate(*asked, *rest, settings.caps, sent, ctx.run.id)
        if since < ctx.now:
            # Lateness counts from the first instant at which the gates allowed it, had somebody been there to ask (T4).
            opened = min(ctx.now, opens_at(candidate._replace(now=since)))
            candidate = candidate._replace(expires_at=opened + lasts)
        return Decided(candidate, first_verdict(candidate))

    def _written(self, ctx: Context, sender: SenderProfile, candidate: Candidate, media: str | None) -> Next:
        settings = ctx.program.settings
        ctx.begin_message()
        try:
            text = self.text.render(ctx)
        except (MissingValue, NoCoupon) as missing:
            return _skipped(ctx, str(missing))
        finally:
            ctx.end_message()
        if media is None and self.picture is not None and self.otherwise == "link":
            page = f"{settings.public_url}/p/{settings.media[self.picture]}"
            text = f"{text} {ctx.tracked(PICTURE_LINK, page)}"
        if candidate.category == "marketing" and not ctx.facts.texted.ever:
            text = introduced(text, settings.brand, settings.texts.first)
        if sender.smart and media is None:
            text = smart(text)
        if len(text) > LONGEST:
            return _skipped(ctx, f"the text has {len(text):,} characters, more than {LONGEST:,}")
        parts = 1 if media else count(text).parts
        cost = price(settings.prices, candidate.region, "mms" if media else "sms", parts)
        step, links, expires_at = ctx.step or "", _counted(ctx, media), candidate.expires_at
        return Next(
            (
                *_beyond(ctx, parts),
                *ctx.coupons,
                SendMessage(
                    step, text, sender.name, candidate.category, media, links, parts, cost, expires_at, self.skips
                ),
            ),
            "otherwise" if media is None and self.picture is not None else None,
        )

    def outcomes(self, flow: FlowHead) -> Mapping[str, str]:
        found = {}
        if self.picture is not None and self._may_go_without_picture(flow):
            found["otherwise"] = "never went to a number that gets no MMS (otherwise)"
        if (self.category or flow.category) == "marketing":
            found |= {f"on_{by}": f"was never skipped for {_GATES[by]} (on_{by})" for by in sorted(self.skips)}
        return found

    def _may_go_without_picture(self, flow: FlowHead) -> bool:
        """Whether it may go to a country that gets no MMS, or from a sender that sends none."""
        settings, name = flow.settings, self.sender or flow.sender
        served = [(region, settings.sender_for(region, name)) for region in settings.countries]
        return any(sender is not None and not (sender.mms and region in MMS_REGIONS) for region, sender in served)

    def describe(self) -> str:
        return f"{'MMS' if self.picture else 'SMS'}: {' '.join(self.text.source.split())}"


def _since(ctx: Context) -> int:
    """When the run should have arrived here: a daemon that was off wakes it late (T4)."""
    due = ctx.run.due
    return ctx.now if due is None or due > ctx.now - PUNCTUAL_MS else due


def _counted(ctx: Context, media: str | None) -> tuple[LinkUse, ...]:
    """The message's links, with the parameters of the shop's web statistics; Leadoff's own pages need none."""
    settings = ctx.program.settings
    if not settings.utm:
        return tuple(ctx.links)
    fields = (settings.project, "mms" if media else "sms", ctx.program.flow, ctx.step or "")
    return tuple(
        link if link.name.startswith("@") else link._replace(url=with_utm(link.url, *fields)) for link in ctx.links
    )


def _as_text(ctx: Context, written: Next) -> Next:
    """For a phone that takes no pictures, with a note that says so."""
    marked = (each._replace(no_mms=True) if isinstance(each, SendMessage) else each for each in written.effects)
    note = Noted(ctx.step, "the phone cannot receive MMS: `otherwise` goes out")
    return Next((note, *marked), written.chosen_by)


def _beyond(ctx: Context, parts: int) -> Sequence[Noted]:
    """Notes on what was done otherwise, and on a text of more parts than `check` counted."""
    counted = ctx.program.counted.get(ctx.step or "", parts)
    if parts <= counted and not ctx.notes:
        return ()
    more = [f"the text takes {parts} parts, more than the {counted} that `check` counted"] if parts > counted else []
    return [Noted(ctx.step, note) for note in (*ctx.notes, *more)]


def _skipped(ctx: Context, reason: str, chosen_by: str | None = None) -> Next:
    return Next((Skip(ctx.step or "", reason),), chosen_by)
