"""SMS block; an image or a collage makes it an MMS.

Invariants: the run waits at this step until its message may be written (quiet hours, caps), unless the step says `skip`; a gate that
never opens, a country without a sender, a text with a missing value and an empty pool of coupons skip the step with a reason, and the run
continues. An MMS goes only where the number's region and the sender can take it (MM3); elsewhere `otherwise` says what is sent. A contact's
first marketing text says who writes and how to opt out (C3). A picture that comes with the event is waited for half a minute at most; where
it is not to be had, the fallback goes out, and a note says why. A contact gets one contact card, whatever steps have one.

Example:

    - id: hero
      sms:
        text: "Hi {{ contact.first_name | default('there') }}, it is spring: {{ link('shop') }}"
        image: media/spring.jpg
        otherwise: text
    - id: several
      sms: {text: New in, collage: [media/spring.jpg, media/sneakers.jpg], crop: true, otherwise: skip}
    - id: bought
      sms: {text: On its way, image: {from: event.image, fallback: media/bag.jpg}, otherwise: text}
    - id: cart
      sms: {text: Still there, collage: {from: event.items, field: image, at_most: 3, fallback: media/bag.jpg}, otherwise: text}
    - id: short
      sms: "Two words: good morning"
    - id: both
      sms:
        text:
          en: Two words, good morning
          es: Dos palabras, buenos días
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import ClassVar, Literal

from engine.block_api import (
    HOLD,
    OWN_CARD,
    ACollage,
    AnImage,
    Block,
    Candidate,
    Category,
    Context,
    Decided,
    DurationText,
    EventPicture,
    FetchPicture,
    Flag,
    FlowHead,
    Hold,
    LinkUse,
    Message,
    MessageText,
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
    ShowPicture,
    Skip,
    Wait,
    are_counted,
    count,
    decided_alike,
    first_verdict,
    introduced,
    is_card,
    moment_words,
    opens_at,
    picture_name,
    picture_of_event,
    price,
    smart,
    with_utm,
)

MARKETING_EXPIRES_MS = 12 * 3_600_000  # T4
PUNCTUAL_MS = 60_000  # a wake-up this soon after its time is not late
LONGEST = 1_600  # characters, for SMS and MMS alike (MM1)
_GATES = {"quiet": "quiet hours", "cap": "a cap"}
PICTURE_MS = 30_000  # a picture that comes with the event is there by then, or its fallback goes out
LOOK_MS = 3_000  # between two looks for it
PICTURE_LINK = "@picture"  # the name of the link to a picture's page; no link of an author's begins so


class Sms(Block):
    """`sms: TEXT`, or `{text, image, collage or card, crop, alt, otherwise, sender, category, expires_after, on_quiet, on_cap}`."""

    verb = "sms"
    shorthand = "text"
    needs_id = True
    sends = True

    text: MessageText
    """The text of the message, at most 1,600 characters: one for everybody, or one for each language, `{en: …, es: …}`, of which a
    contact gets the one of their `language`, else the first. If a value is missing and has no `default`, the message is skipped with a
    reason."""
    image: AnImage | None = None
    """Makes it an MMS: a JPEG, PNG, GIF or WebP, resized to fit. MMS goes to US and Canadian numbers. Portrait is best on phones:
    640×1138 or 1080×1920. With `from`, a picture whose address comes with the event."""
    card: Flag = False
    """Makes it an MMS with your contact card, which phones save: the brand, the senders' numbers, `support` and `logo` of leadoff.yaml. A
    card of your own is `image: media/brand.vcf`. A contact gets one card: a later message with one goes out as the text alone, or not at
    all with `otherwise: skip`."""
    collage: ACollage | None = None
    """Instead of `image`: two to six pictures, combined into one. With `from`, those of a list of the event."""
    crop: bool = False
    """For a collage: each picture fills its tile, cropped around its centre. Otherwise each is shown whole."""
    alt: MessageText | None = None
    """The picture in words; also one for each language."""
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
    later: ClassVar[frozenset[str]] = frozenset(("card",))

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
        pictures = frozenset((self.of_event,) if self.of_event else ())
        asks = self.category != "transactional"
        return Needs(texted=asks, coupons=self.text.coupon_names, pictures=pictures, card=is_card(self.picture))

    @cached_property
    def picture(self) -> str | None:
        """The name that its picture has among the project's media; of one that comes with the event, its fallback's; or its card's."""
        return OWN_CARD if self.card is True else picture_name(self.image, self.collage, self.crop)

    @cached_property
    def of_event(self) -> EventPicture | None:
        """Where its picture is in the event; None where it does not come with one."""
        return picture_of_event(self.image, self.collage, self.crop)

    def decide(self, ctx: Context) -> Outcome:
        candidate, answer = self._decided(ctx)
        if type(answer) is Hold:
            if answer.by in self.skips:
                return _skipped(ctx, answer.why, f"on_{answer.by}")
            said = f"held until {moment_words(answer.until, ctx.facts.person.zone)}: {answer.why}"
            return Wait(answer.until, origin=HOLD, effects=(Noted(ctx.step, said),))
        if type(answer) is Never:
            return _skipped(ctx, answer.reason)
        return self._awaited(ctx, candidate.region) or self.write_message(ctx, candidate)

    def message(self) -> Message:
        return self

    def write_message(self, ctx: Context, candidate: Candidate) -> Outcome:
        settings, region = ctx.program.settings, candidate.region
        name = self.sender or ctx.program.sender
        sender = settings.sender_for(region, name)
        if sender is None:
            return _skipped(ctx, f"the sender {name} does not serve {region}" if name else f"no sender for {region}")
        as_mms, no_mms, has_card = False, False, False
        if self.picture is not None:
            possible = sender.sends_mms_to(region)
            has_card = is_card(self.picture) and candidate.category != "test" and ctx.facts.has_card
            no_mms = possible and ctx.facts.person.no_mms and candidate.category != "test"  # a test tries it again
            as_mms = possible and not no_mms and not has_card
            if not as_mms and self.otherwise == "skip":
                why = f"MMS not possible in {region}" if sender.mms else f"{sender.name} sends no MMS"
                why = "the contact has the card" if has_card else "the phone cannot receive MMS" if no_mms else why
                return _skipped(ctx, why, "otherwise")
        written = self._written(ctx, sender, candidate, as_mms, has_card)
        return _as_text(ctx, written) if no_mms else written

    def _awaited(self, ctx: Context, region: str) -> Wait | None:
        """While a picture that comes with the event is on its way; None where the message may be written."""
        settings = ctx.program.settings
        if self.of_event is None or not settings.fetches:
            return None
        sender = settings.sender_for(region, self.sender or ctx.program.sender)
        gets_mms = sender and sender.sends_mms_to(region) and not ctx.facts.person.no_mms
        name = self.of_event.name(ctx.event)
        if name is None or not (gets_mms or self.otherwise == "link"):
            return None
        found, note = ctx.facts.picture(name), Noted(ctx.step, "waits for its picture")
        if found is None or found.is_asked_again(ctx.now):
            return Wait(ctx.now + LOOK_MS, origin=HOLD, effects=(FetchPicture(name), note))
        # Asked for long after now: in time that a restore has lost, of which this message was perhaps a part. It is not waited for.
        if found.is_awaited and abs(ctx.now - found.asked_at) < PICTURE_MS:
            return Wait(ctx.now + LOOK_MS, origin=HOLD, effects=() if ctx.due else (note,))
        return None

    def _stored_picture(self, ctx: Context, candidate: Candidate) -> tuple[str, bool]:
        """What goes out as it is stored, and whether it came with the event; where it did not come, there is a note why."""
        fallback = ctx.program.settings.media[self.picture or ""]
        if self.of_event is None:
            return fallback, False
        name = self.of_event.name(ctx.event)
        if not ctx.program.settings.fetches or candidate.category == "test":
            why = "no picture is fetched for a preview or a test"
        elif name is None:
            why = "the event has no picture"
        else:
            found = ctx.facts.picture(name)
            if found is not None and found.ref is not None:
                ctx.notes.extend([found.why] if found.why else [])
                return found.ref, True
            why = (found and found.why) or "it was not there in time"
        ctx.notes.append(f"the picture is the fallback {self.picture}: {why}")
        return fallback, False

    def _decided(self, ctx: Context) -> Decided:
        program, person = ctx.program, ctx.facts.person
        settings, category = program.settings, self.category or program.category
        since, lasts = _since(ctx), self.lasts
        asked = (ctx.now, category, person.consent_at(ctx.now), person.region, settings.countries)
        if category != "marketing":
            return decided_alike(*asked, None if lasts is None else since + lasts, person.unreachable, None)
        lasts = lasts or MARKETING_EXPIRES_MS
        local = person.local_rules(settings.timezone, program.quiet)
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

    def _written(self, ctx: Context, sender: SenderProfile, candidate: Candidate, as_mms: bool, has_card: bool) -> Next:
        settings = ctx.program.settings
        written = self.text.of(ctx.facts.person.fields.get("language"))
        ctx.begin_message(written.language)
        as_link = self.picture is not None and not as_mms and self.otherwise == "link" and not has_card
        if has_card:
            ctx.notes.append("the contact has the card: the text goes alone")
        stored, came = self._stored_picture(ctx, candidate) if as_mms or as_link else (None, False)
        media = stored if as_mms else None
        try:
            text = written.render(ctx)
        except (MissingValue, NoCoupon) as missing:
            return _skipped(ctx, str(missing))
        finally:
            ctx.end_message()
        if as_link:
            language = f"?lang={written.language}" if written.language else ""
            page = f"{settings.public_url}/" + (f"m/{stored}" if is_card(stored) else f"p/{stored}{language}")
            text = f"{text} {ctx.tracked(PICTURE_LINK, page)}"
        if candidate.category == "marketing" and not ctx.facts.texted.ever:
            text = introduced(text, settings.brand, settings.texts_in(written.language).first)
        if sender.smart and media is None:
            text = smart(text)
        if len(text) > LONGEST:
            return _skipped(ctx, f"the text has {len(text):,} characters, more than {LONGEST:,}")
        if is_card(media):
            ctx.facts.note_card()
        parts = 1 if media else count(text).parts
        cost = price(settings.prices, candidate.region, "mms" if media else "sms", parts)
        step, links, expires_at = ctx.step or "", _counted(ctx, media), candidate.expires_at
        return Next(
            (
                *_beyond(ctx, parts),
                *ctx.coupons,
                *((ShowPicture(stored),) if came and stored else ()),
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
        return any(sender is not None and not sender.sends_mms_to(region) for region, sender in served)

    def describe(self) -> str:
        others = (
            f" (also in {', '.join(text.language or '' for text in self.text.each[1:])})" if self.text.each[1:] else ""
        )
        return f"{'MMS' if self.picture else 'SMS'}: {' '.join(self.text.default.source.split())}{others}"


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
