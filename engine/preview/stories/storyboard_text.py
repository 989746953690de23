"""A storyboard in lines of 80 columns: the head, each kind of story on its contact's own clock, and who is not texted.

A kind that differs from one told before in a few moments is told by these alone ("as A, but:"). Invariants: what came from outside is
printed visibly, numbers are masked, and a colour says nothing that the words and marks do not.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime
from textwrap import wrap
from typing import NamedTuple
from zoneinfo import ZoneInfo

from engine.core.calendar import DAY, HOUR, MINUTE
from engine.language.diagnostics.findings import counted, shortened, visible
from engine.messaging.numbers import masked
from engine.preview.stories.moment_words import mark, words
from engine.preview.stories.stories import (
    Difference,
    Story,
    Storyboard,
    alike,
    difference,
    has_left,
    letters,
)
from engine.store.queries.listings import MILLION
from engine.store.queries.timeline import LATE, TimelineEntry
from engine.views.moments import clock, day, money, place_of

WIDE = 80
_MARK, _TEXT = 25, 27  # columns
MOST_DIFFERENT = 6
LONGEST_NAME = 24


class Line(NamedTuple):
    """Pieces of text with their styles, as rich names them."""

    pieces: tuple[tuple[str, str], ...]

    @property
    def text(self) -> str:
        return "".join(text for text, _ in self.pieces)


def lines(board: Storyboard) -> Iterator[Line]:
    yield from _head(board)
    every = all(story.contacts == 1 for story in board.stories)  # then those who are not texted are told as well
    shown = board.stories if every else board.texted
    told: list[tuple[str, Story]] = []
    for name, story in zip(letters(len(shown)), shown, strict=True):
        yield Line(())
        base, differs = _nearest(story, told)
        yield from _heading(name, story, board, base)
        if differs is None:
            told.append((name, story))
            yield from _moments(story.moments, story, board)
            if not story.moments:
                yield Line(((f"   {story.silence}", "dim"),))
        else:
            yield from _moments(differs.more, story, board, [alike(moment) for moment in differs.less])
            yield from _without(differs)
    if not every:
        yield from _not_texted(board)


def _head(board: Storyboard) -> Iterator[Line]:
    zone = ZoneInfo(board.zone)
    begin = f"{day(board.start, zone)} {datetime.fromtimestamp(board.start / 1000, zone):%Y} {clock(board.start, zone)}"
    about = (
        f" · {counted(board.contacts, 'contact')} · {begin} {place_of(board.zone)}, {span(board.until - board.start)}"
    )
    if len(board.flow + about) <= WIDE:
        yield Line(((board.flow, "bold"), (about, "")))
    else:
        yield Line(((board.flow, "bold"),))
        yield from _wrapped(about.removeprefix(" · "))
    texted = sum(story.contacts for story in board.texted)
    cost = board.cost
    total = money(cost.price, board.currency)
    parts = [f"{cost.mms:,} MMS {money(cost.mms_price, board.currency)}"] if cost.mms else []
    parts += [f"{cost.sms:,} SMS {money(cost.sms_price, board.currency)}"] if cost.sms else []
    whole = " + ".join(parts) + (f" = {total}" if len(parts) > 1 else "") if parts else "no message"
    share = f" ({cost.price / MILLION / texted:,.3f} each)" if texted > 1 else ""
    silent = board.contacts - texted
    not_texted = f", {silent:,} {_are(silent)} not" if silent else ""
    yield from _wrapped(f"{texted:,} {_are(texted)} texted{not_texted} · {whole}{share}")
    if board.range is not None and board.range[0] != board.range[1]:
        low, high = (money(amount, board.currency) for amount in board.range)
        yield from _wrapped(f"{low}–{high}: the cost depends on how people react; here nobody does", "dim")
    for remark in board.remarks:
        yield from _wrapped(visible(remark), "dim")


def _are(count: int) -> str:
    return "is" if count == 1 else "are"


def span(length: int) -> str:
    """`14 days`, `3 hours`."""
    for size, name in ((DAY, "day"), (HOUR, "hour"), (MINUTE, "minute")):
        if length >= size and length % size == 0:
            return counted(length // size, name)
    return counted(round(length / 1000), "second")


def _wrapped(text: str, style: str = "", indent: int = 0) -> Iterator[Line]:
    for line in wrap(text, WIDE - indent) or [""]:
        yield Line(((" " * indent + line, style),))


def _heading(name: str, story: Story, board: Storyboard, base: str | None) -> Iterator[Line]:
    who = story.sample
    first = shortened(visible(str(who.fields.get("first_name") or "")), LONGEST_NAME)
    language = f", {visible(who.language)}" if who.language else ""
    whom = f"{first} {masked(who.phone)} ({place_of(who.zone)}{language})".strip()
    count = counted(story.contacts, "contact")
    left = f"{name:2} {count}, like {whom}" if story.contacts > 1 else f"{name:2} {whom}"
    texts = f"{counted(len(story.texts), 'text')}, {money(story.price, board.currency)}"
    right = texts if base is None else f"{texts}, as {base}, but:"
    gap = max(2, WIDE - len(left) - len(right))
    if len(left) + 2 + len(right) > WIDE:
        yield Line(((left, "bold"),))
        yield Line(((f"   {right}", ""),))
    else:
        yield Line(((left, "bold"), (" " * gap + right, "")))


def _nearest(story: Story, told: Sequence[tuple[str, Story]]) -> tuple[str | None, Difference | None]:
    """The story told before that it differs least from, and how; None where it must be told in full."""
    found = [(difference(story, other), name) for name, other in told]
    best = min(found, key=lambda each: len(each[0].more) + len(each[0].less), default=None)
    if best is None:
        return None, None
    differs, name = best
    changed = len(differs.more) + len(differs.less)
    if not 0 < changed <= min(MOST_DIFFERENT, len(story.moments)):
        return None, None
    return name, differs


def _moments(
    moments: Iterable[TimelineEntry], story: Story, board: Storyboard, known: Collection[object] = ()
) -> Iterator[Line]:
    """`known`: what was told above of another time; its text is not repeated."""
    zone = ZoneInfo(story.sample.zone)
    last = ""
    for moment in moments:
        if moment.kind == "entered" and not moment.what.removeprefix("entered"):
            continue  # the event above it says it
        date = day(moment.at, zone)
        start = f"   {'' if date == last else date:<11} {clock(moment.at, zone):>8}  "
        if moment.kind in LATE:
            start = " " * _MARK  # it has not happened yet
        else:
            last = date
        head = wrap(words(moment, zone, board.currency, board.pictures), WIDE - _TEXT) or [""]
        yield Line(((start, "dim"), mark(moment), (f" {head[0]}", "")))
        for more in head[1:]:
            yield Line(((" " * _TEXT + more, ""),))
        for text in () if alike(moment) in known else _text_of(moment):
            yield Line(((" " * _MARK + "│ ", "dim"), (text, "italic")))


def _text_of(moment: TimelineEntry) -> Iterator[str]:
    if moment.kind == "message" and has_left(moment):
        for line in str(moment.details["text"]).strip().splitlines():
            yield from wrap(visible(line), WIDE - _TEXT) or [""]


def _without(differs: Difference) -> Iterator[Line]:
    """What the other story has, and this one not at all."""
    here = {(moment.kind, moment.flow, moment.step) for moment in differs.more}
    for moment in differs.less:
        if has_left(moment) and (moment.kind, moment.flow, moment.step) not in here:
            said = f"no {str(moment.details['kind']).upper()} {moment.step}"
            yield Line(((" " * _MARK + "– ", "dim"), (said, "dim")))


def _not_texted(board: Storyboard) -> Iterator[Line]:
    if board.not_texted:
        yield Line(())
        yield Line((("Not texted", "bold"),))
        yield from _wrapped(" · ".join(f"{count:,} {visible(why)}" for why, count in board.not_texted), indent=3)
