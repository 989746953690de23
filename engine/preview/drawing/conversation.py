"""One conversation, drawn in a phone: what the contact sees.

Invariants: nothing but Pillow and its own font; sizes are in points of the finished phone, drawn at `FINE` pixels each and scaled
down once. Texts and pictures are untrusted: a picture that does not decode is drawn as an empty frame, and of a conversation that is
too long the end is shown. The work is bounded for every input.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from io import BytesIO
from typing import NamedTuple

from PIL import Image, ImageColor, ImageDraw, ImageFilter, ImageOps

from engine.messaging.media.inspection import inspect
from engine.preview.drawing import phone_frame
from engine.preview.drawing.card_face import seen
from engine.preview.drawing.phone_frame import CHAT, SCREEN, scaled
from engine.preview.drawing.text_drawing import FINE, Line, length, pixels, plain, wrapped, write

BUBBLES = 8  # the newest ones are drawn
LINES = 14
SIZE, LEADING = 15.5, 20.0
WIDEST = 274
PADDING, ABOVE = 13, 8
EDGE = 16  # from the screen's side to a bubble
GREY, BLUE, INK, LINK, FAINT = "#E9E9EB", "#0B84FE", "#0B0B0C", "#0A6CDB", "#8A8A8F"


class Bubble(NamedTuple):
    """One message. `side` is "in" (the brand's, grey) or "out" (the person's, blue).

    `at` is a label of day and time, "Thu, Apr 1 · 10:04 AM": a separator is drawn where the part before the dot changes.
    """

    side: str
    text: str
    image: bytes | None = None
    at: str = ""
    status: str | None = None


class Piece(NamedTuple):
    """A part of a known height, drawn with its top at y. Points."""

    high: float
    draw: Callable[[Image.Image, float], None]


def conversation(bubbles: Sequence[Bubble], title: str, subtitle: str) -> Image.Image:
    """The phone with this conversation, 1080 by 2000 pixels, RGB. `title` is the brand, `subtitle` is written below."""
    shown = bubbles[-BUBBLES:]
    room = CHAT[1] - CHAT[0]
    pieces: list[Piece] = []
    pictures = [_picture(bubble.image) if bubble.image is not None else None for bubble in shown]
    for tallest in (330, 290, 250, 210, 170):  # pictures shrink before anything scrolls away
        pieces = _pieces(shown, pictures, tallest)
        if (high := sum(piece.high for piece in pieces)) <= room:
            break
    screen = Image.new("RGB", scaled(SCREEN), "white")
    y = CHAT[0] if high <= room else CHAT[1] - high
    for piece in pieces:
        if y + piece.high > 0:
            piece.draw(screen, y)
        y += piece.high
    phone_frame.bars(screen, title, subtitle, _clock(shown))
    return phone_frame.framed(screen)


def _clock(bubbles: Sequence[Bubble]) -> str:
    """The time of the newest message, for the status bar."""
    time = bubbles[-1].at.partition("·")[2].split() if bubbles else []
    return time[0] if time else "9:41"


def _pieces(bubbles: Sequence[Bubble], pictures: Sequence[Image.Image | None], tallest: float) -> list[Piece]:
    out = [Piece(8, _nothing)]
    last_day = None
    for bubble, picture in zip(bubbles, pictures, strict=True):
        right = bubble.side == "out"
        day, time = (part.strip() for part in bubble.at.partition("·")[::2])
        if bubble.at and day != last_day:
            last_day = day
            out.append(_separator(day, time))
        if bubble.image is not None:
            out.append(_framed_picture(picture, right, tallest))
        if bubble.text.strip():
            out.append(_text_bubble(bubble.text, right))
        if bubble.status:
            out.append(_status(bubble.status, right))
        out.append(Piece(6, _nothing))
    return out


def _nothing(screen: Image.Image, y: float) -> None:
    pass


def _separator(day: str, time: str) -> Piece:
    def draw(screen: Image.Image, y: float) -> None:
        pen, bold, light = ImageDraw.Draw(screen), plain(day[:40]), plain(" " + time[:40]).replace("\n", " ")
        x = SCREEN[0] / 2 - (length(bold, 11.5) + length(light, 11.5)) / 2
        x += write(pen, (x, y + 21), bold, 11.5, FAINT, weight=0.25)
        write(pen, (x, y + 21), light, 11.5, FAINT)

    return Piece(34, draw)


def _status(status: str, right: bool) -> Piece:
    words = plain(status[:60]).replace("\n", " ")
    x, anchor = (SCREEN[0] - EDGE - 6, "rs") if right else (EDGE + 8, "ls")

    def draw(screen: Image.Image, y: float) -> None:
        write(ImageDraw.Draw(screen), (x, y + 14), words, 11, FAINT, weight=0.15, anchor=anchor)

    return Piece(20, draw)


def _text_bubble(text: str, right: bool) -> Piece:
    lines = wrapped(text, SIZE, WIDEST - 2 * PADDING, LINES)
    wide = max(map(_width, lines), default=0.0) + 2 * PADDING
    high = len(lines) * LEADING + 2 * ABOVE
    left = SCREEN[0] - EDGE - wide if right else EDGE

    def draw(screen: Image.Image, y: float) -> None:
        _balloon(screen, (left, y, left + wide, y + high), BLUE if right else GREY, right)
        pen = ImageDraw.Draw(screen)
        for i, line in enumerate(lines):
            _write_line(pen, left + PADDING, y + ABOVE + i * LEADING + LEADING * 0.76, line, right)

    return Piece(high + 3, draw)


def _width(line: Line) -> float:
    space = length(" ", SIZE)
    return sum(length(w.text, SIZE) + (0 if w.glued else space) for w in line) - space


def _write_line(pen: ImageDraw.ImageDraw, x: float, y: float, line: Line, right: bool) -> None:
    for i, word in enumerate(line):
        x += 0 if word.glued or i == 0 else length(" ", SIZE)
        colour = "white" if right else LINK if word.link else INK
        wide = write(pen, (x, y), word.text, SIZE, colour)
        if word.link:
            pen.line(pixels(x, y + 2.4, x + wide, y + 2.4), fill=colour, width=round(0.8 * FINE))
        x += wide


def _balloon(screen: Image.Image, box: tuple[float, float, float, float], colour: str, right: bool) -> None:
    """A rounded bubble with its tail at the lower outer corner."""
    x0, y0, x1, y1 = box
    pen = ImageDraw.Draw(screen)
    pen.rounded_rectangle(pixels(*box), min(18, (y1 - y0) / 2) * FINE, fill=colour)
    corner, inward = (x1, -1) if right else (x0, 1)
    outline = [*_bend((0, -17), (0.5, -3), (-6.5, 0)), *_bend((-6.5, 0), (3, 1.5), (10, -4.5)), (10, -17)]
    pen.polygon([value for x, y in outline for value in pixels(corner + inward * x, y1 + y)], fill=colour)


def _bend(a: tuple[float, float], b: tuple[float, float], c: tuple[float, float]) -> list[tuple[float, float]]:
    """A quadratic curve from `a` to `c`, drawn towards `b`."""
    out = []
    for i in range(17):
        t = i / 16
        p, q, r = (1 - t) ** 2, 2 * t * (1 - t), t * t
        out.append((p * a[0] + q * b[0] + r * c[0], p * a[1] + q * b[1] + r * c[1]))
    return out


def _picture(data: bytes) -> Image.Image | None:
    """The first frame, upright, at most a screen wide; None where it is not a picture that Leadoff sends."""
    data = seen(data)
    try:
        inspect(data)  # its limits come first
        with Image.open(BytesIO(data), formats=["JPEG", "PNG", "GIF"]) as opened:
            opened.draft("RGB", scaled(SCREEN))
            upright = ImageOps.exif_transpose(opened).convert("RGBA")
    except Exception:  # damaged metadata raises errors of many kinds
        return None
    flat = Image.new("RGB", upright.size, "white")
    flat.paste(upright, mask=upright.getchannel("A"))
    return flat


def _framed_picture(picture: Image.Image | None, right: bool, tallest: float) -> Piece:
    shape = min(1.5, max(0.6, picture.height / picture.width)) if picture else 0.75
    wide = min(WIDEST - 10, tallest / shape)
    high = wide * shape
    left = SCREEN[0] - EDGE - wide if right else EDGE

    def draw(screen: Image.Image, y: float) -> None:
        size = scaled((wide, high))
        shown = ImageOps.fit(picture, size, Image.Resampling.LANCZOS) if picture else _missing(size)
        place = scaled((left, y))
        screen.paste(shown, place, phone_frame.rounded(size, 19 * FINE))
        edge = (*place, place[0] + size[0], place[1] + size[1])
        ImageDraw.Draw(screen).rounded_rectangle(edge, 19 * FINE, outline="#D9D9DE", width=round(0.5 * FINE))

    return Piece(high + 4, draw)


def _missing(size: tuple[int, int]) -> Image.Image:
    """A grey frame with hills and a sun: a picture that could not be shown."""
    tile = Image.new("RGB", size, ImageColor.getrgb("#EDEDF0"))
    pen, x, y = ImageDraw.Draw(tile), size[0] / 2 / FINE, size[1] / 2 / FINE - 8
    frame = pixels(x - 34, y - 26, x + 34, y + 26)
    pen.rounded_rectangle(frame, 8 * FINE, outline="#B4B4BC", width=round(2.5 * FINE))
    pen.polygon(pixels(x - 26, y + 17, x - 8, y - 8, x + 10, y + 17), fill="#B4B4BC")
    pen.polygon(pixels(x, y + 17, x + 13, y + 1, x + 26, y + 17), fill="#C6C6CD")
    pen.ellipse(pixels(x + 8, y - 16, x + 20, y - 4), fill="#B4B4BC")
    write(pen, (x, y + 48), "Picture unavailable", 12, "#8A8A8F", anchor="ms")
    return tile.filter(ImageFilter.SMOOTH)
