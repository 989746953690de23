"""A storyboard as one HTML file: phones as columns, days as rows, so that the same day stands at the same height on all phones.

Invariants: the file holds everything it shows, each picture once, and no script; its policy allows its own style and its pictures alone,
so it may be mailed and opened. What came from outside is escaped by the template and shown visibly; numbers are masked.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup

from engine.language.diagnostics.findings import counted, visible
from engine.messaging.numbers import masked
from engine.preview.graph.thumbnails import Thumbnail
from engine.preview.stories.moment_words import words
from engine.preview.stories.stories import Story, Storyboard, has_left, held_by, letters, price_of
from engine.preview.stories.storyboard_text import span
from engine.store.queries.timeline import LATE, TimelineEntry
from engine.store.states import OURS
from engine.views.moments import BAD, clock, day, look_of, mark_of, money, place_of

MOST_PHONES = 60
"""More kinds are counted and not shown: a browser is slow with them, and nobody reads them."""
_LINK = re.compile(r"(https?://\S+)")


class Piece(NamedTuple):
    text: str
    link: bool


class Shown(NamedTuple):
    """One picture of a bubble. `id`: of its symbol; None where the file does not have it."""

    id: str | None
    wide: int
    high: int
    alt: str


class Item(NamedTuple):
    """What happens at one moment. `look`: the classes of its style."""

    look: str
    time: str
    mark: str
    words: str  # one line: what it is
    text: tuple[tuple[Piece, ...], ...] = ()  # of a bubble, line by line
    picture: Shown | None = None
    why: str = ""
    details: tuple[tuple[str, str], ...] = ()


class Phone(NamedTuple):
    """A kind of story, and the contact who tells it."""

    letter: str
    people: str
    who: str
    where: str
    cost: str


class Row(NamedTuple):
    """A day of the project; a cell for each phone."""

    day: str
    weekday: str
    before: str  # what lies between it and the row above: "2 days later"
    cells: tuple[tuple[Item, ...], ...]


def storyboard_html(board: Storyboard, pictures: Mapping[str, Thumbnail] = {}) -> str:
    """`pictures`: by the `media` of a message's details; a frame with its words stands for one that is not there."""
    stories = board.stories[:MOST_PHONES]
    ids = {media: f"p{at}" for at, media in enumerate(pictures)}
    rows = list(_rows(stories, board, ids))
    style = _style(len(stories), len(rows))
    return _template().render(
        board=board,
        style=Markup(style),
        policy=_policy(style),
        symbols=[(ids[media], each.wide, each.high, _embedded(each)) for media, each in pictures.items()],
        head=list(_head(board)),
        remarks=[visible(each) for each in board.remarks],
        phones=[_phone(letter, story, board) for letter, story in zip(letters(len(stories)), stories, strict=True)],
        rows=rows,
        more=_more(board.stories[MOST_PHONES:]),
    )


@cache
def _template() -> Template:
    loader = FileSystemLoader(Path(__file__).parent)
    return Environment(
        loader=loader, autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=StrictUndefined
    ).get_template("storyboard.html")


def _style(phones: int, rows: int) -> str:
    """In one block, as the policy names its hash: no element may have a style of its own, so the places in the grid are in it."""
    css = (Path(__file__).parent / "storyboard.css").read_text("utf-8")
    counts = f":root {{ --phones: {max(1, phones)}; --rows: {max(1, rows)}; }}\n"
    columns = "".join(f".c{at} {{ grid-column: {at + 1}; }}\n" for at in range(1, phones + 1))
    return f"\n{css}{counts}{columns}{''.join(f'.r{at} {{ grid-row: {at + 1}; }}' for at in range(1, rows + 1))}\n"


def _policy(style: str) -> str:
    digest = b64encode(sha256(style.encode()).digest()).decode()
    return f"default-src 'none'; img-src data:; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"


def _embedded(picture: Thumbnail) -> str:
    return f"data:image/jpeg;base64,{b64encode(picture.data).decode()}"


def _head(board: Storyboard) -> Iterator[tuple[str, str]]:
    """What stands above the phones, as term and value."""
    zone = ZoneInfo(board.zone)
    texted = sum(story.contacts for story in board.texted)
    cost = board.cost
    yield (
        "Start",
        f"{day(board.start, zone)} {_year(board.start, zone)}, {clock(board.start, zone)}, {place_of(board.zone)}",
    )
    yield "Played", span(board.until - board.start)
    yield "Contacts", f"{texted:,} of {board.contacts:,} are texted"
    if cost.mms:
        yield "MMS", f"{cost.mms:,} · {money(cost.mms_price, board.currency)}"
    if cost.sms:
        yield "SMS", f"{cost.sms:,} · {money(cost.sms_price, board.currency)}"
    yield "Cost", money(cost.price, board.currency)
    if board.range is not None and board.range[0] != board.range[1]:
        low, high = (money(amount, board.currency) for amount in board.range)
        yield "If people react", f"{low}–{high}"
    if board.seed is not None:
        yield "Seed", str(board.seed)


def _year(at: int, zone: ZoneInfo) -> int:
    return datetime.fromtimestamp(at / 1000, zone).year


def _more(stories: Sequence[Story]) -> str:
    """Those that are not shown."""
    if not stories:
        return ""
    people = sum(story.contacts for story in stories)
    return f"{counted(len(stories), 'kind')} more with {counted(people, 'contact')} are in the counts alone"


def _phone(letter: str, story: Story, board: Storyboard) -> Phone:
    who = story.sample
    name = visible(str(who.fields.get("first_name") or ""))
    like = "like " if story.contacts > 1 else ""
    told = story.silence if story.silence is not None else counted(len(story.texts), "text")
    return Phone(
        letter,
        counted(story.contacts, "contact"),
        f"{like}{name} {masked(who.phone)}".replace("  ", " ").strip(),
        f"{place_of(who.zone)}{f', {visible(who.language)}' if who.language else ''}",
        f"{visible(told)} · {money(story.price, board.currency)}",
    )


def _rows(stories: Sequence[Story], board: Storyboard, ids: Mapping[str, str]) -> Iterator[Row]:
    """A row for each day of the project on which something happens; below them what has not happened yet."""
    zone = ZoneInfo(board.zone)
    days: dict[date | None, list[list[Item]]] = {}
    for at, story in enumerate(stories):
        for moment in _told(story.moments):
            when = None if moment.kind in LATE else datetime.fromtimestamp(moment.at / 1000, zone).date()
            cells = days.setdefault(when, [[] for _ in stories])
            cells[at].append(_item(moment, story, board, ids, zone))
    last: date | None = None
    for when in sorted(each for each in days if each is not None):
        gap = (when - last).days if last is not None else 1
        between = f"{gap} days later" if gap > 1 else ""
        yield Row(f"{when:%b} {when.day}", f"{when:%A}", between, tuple(map(tuple, days[when])))
        last = when
    if None in days:
        yield Row("Then", "not yet", "", tuple(map(tuple, days[None])))


def _told(moments: Iterable[TimelineEntry]) -> Iterator[TimelineEntry]:
    """Without entries that only repeat the event above them."""
    return (moment for moment in moments if moment.kind != "entered" or moment.what.removeprefix("entered"))


def _item(moment: TimelineEntry, story: Story, board: Storyboard, ids: Mapping[str, str], project: ZoneInfo) -> Item:
    zone = ZoneInfo(story.sample.zone)
    own, theirs = (datetime.fromtimestamp(moment.at / 1000, each).date() for each in (zone, project))
    time = "" if moment.kind in LATE else clock(moment.at, zone)
    if time and own != theirs:
        time = f"{day(moment.at, zone)}, {time}"  # on the contact's clock it is another day
    mark = "⧗" if held_by(moment) else mark_of(moment)[0]
    item = Item(_look(moment), time, mark, words(moment, zone, board.currency, board.pictures))
    if moment.kind == "text":
        return item._replace(text=_lines(str(moment.details.get("text") or "")), words=_verdict(moment))
    if moment.kind not in ("message", "queued"):
        return item
    details = moment.details
    shown = details["status"] != "skipped"  # its text was never written
    arrived = has_left(moment) and details["status"] not in BAD  # else the reason stands below it
    return item._replace(
        words=item.words if arrived else f"{str(details['kind']).upper()} {moment.step or ''}",
        text=_lines(str(details["text"] or "")) if shown else (),
        picture=_picture(moment, board, ids) if shown else None,
        why=_why(moment, story, zone),
        details=tuple(_details(moment, board, zone, project)),
    )


def _look(moment: TimelineEntry) -> str:
    status = moment.details.get("status")
    if moment.kind == "text":
        return "bubble out"
    if moment.kind in ("message", "queued"):
        return f"bubble in {look_of(str(moment.details['status']))}"
    if held_by(moment):
        return "chip held"
    return f"chip {'bad' if status in BAD or moment.kind in ('parked', 'refused') else moment.kind}"


def _lines(text: str) -> tuple[tuple[Piece, ...], ...]:
    return tuple(
        tuple(Piece(visible(part), at % 2 == 1) for at, part in enumerate(_LINK.split(line)) if part)
        for line in text.strip().splitlines()
    )


def _verdict(moment: TimelineEntry) -> str:
    verdict = moment.details.get("verdict")
    return f"read as {visible(str(verdict))}" if verdict else "reply"


def _picture(moment: TimelineEntry, board: Storyboard, ids: Mapping[str, str]) -> Shown | None:
    media = moment.details["media"]
    if not media:
        return None
    found = board.pictures.get(media)
    wide, high = (found.width, found.height) if found else (3, 4)
    return Shown(ids.get(media), wide, high, visible((found.alt if found else None) or "A picture"))


def _why(moment: TimelineEntry, story: Story, zone: ZoneInfo) -> str:
    """Why it left later than the run came to it, or did not leave."""
    details = moment.details
    if not has_left(moment) or details["status"] in BAD:
        return visible(f"{details['status']}: {details['reason']}" if details["reason"] else str(details["status"]))
    holds = [each for each in story.moments if held_by(each) and (each.run, each.step) == (moment.run, moment.step)]
    if not holds:
        return ""
    return visible(f"held since {_moment(holds[0].at, zone)}: {held_by(holds[0])}")


def _moment(at: int, zone: ZoneInfo) -> str:
    return f"{day(at, zone)}, {clock(at, zone)}"


def _details(moment: TimelineEntry, board: Storyboard, zone: ZoneInfo, project: ZoneInfo) -> Iterator[tuple[str, str]]:
    details = moment.details
    flow, step = moment.flow or "", moment.step or ""
    yield "step", "our answer" if flow in OURS else f"{flow} › {step}"
    place = board.places.get((flow, step))
    if place:
        changed = " + uncommitted changes" if board.dirty else ""
        yield "written in", f"{place} @ {board.commit[:7]}{changed}" if board.commit else place
        if board.tests is not None:
            tests = board.tests.get((flow, step), 0)
            yield "tests", f"covered by {counted(tests, 'test')}" if tests else "no test reaches this"
    yield "status", str(details["status"])
    if has_left(moment):
        yield "parts", "MMS" if details["kind"] == "mms" else counted(details["parts"], "part")
        yield "price", money(price_of(moment), board.currency)
        for each in details.get("attempts") or ():
            if each["outcome"] != "accepted":
                yield "attempt", visible(f"{clock(each['at'], zone)}: {each['outcome']} {each['detail'] or ''}".strip())
    if zone != project:
        yield place_of(board.zone), _moment(moment.at, project)
    yield "UTC", f"{datetime.fromtimestamp(moment.at / 1000, UTC):%Y-%m-%d %H:%M:%S}"
