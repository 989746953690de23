"""The phone around a conversation: background, body, status bar, header and input field.

Invariants: sizes are in points, drawn at `FINE` pixels each and scaled down once to `SHARP`; every icon is drawn, none is a character.
"""

from __future__ import annotations

from functools import cache

from PIL import Image, ImageChops, ImageDraw, ImageFilter

from engine.preview.drawing.text_drawing import COVERED, FINE, fitted, pixels, plain, write

SHARP = 2  # pixels a point in the end
CANVAS = (540, 1000)
SCREEN = (390, 844)
CHAT = (148, 766)  # between the header and the input field
BODY = (64, 67, 476, 933)  # left, top, right, bottom
BEZEL = 11
CORNER = 54  # of the screen
GLOWS = ((70, 170, 200, "#C9D6FB"), (500, 360, 190, "#F9D3C4"), (110, 880, 210, "#F6D9E6"), (480, 900, 180, "#D5DEFA"))


def scaled(size: tuple[float, float]) -> tuple[int, int]:
    return round(size[0] * FINE), round(size[1] * FINE)


def rounded(size: tuple[int, int], radius: float) -> Image.Image:
    """A mask with smooth round corners. Pixels."""
    big = Image.new("L", (size[0] * 2, size[1] * 2))
    ImageDraw.Draw(big).rounded_rectangle((0, 0, big.width - 1, big.height - 1), radius * 2, fill=255)
    return big.reduce(2)


def framed(screen: Image.Image) -> Image.Image:
    """The screen in the phone's body before a soft background, at its final size."""
    picture, corners = _phone()
    picture = picture.copy()
    picture.paste(screen.reduce(FINE // SHARP), ((BODY[0] + BEZEL) * SHARP, (BODY[1] + BEZEL) * SHARP), corners)
    return picture


@cache
def _phone() -> tuple[Image.Image, Image.Image]:
    """What is the same in every picture: background, shadow and body, and the mask of the screen. Most of the drawing time goes here."""
    picture = _background()
    _shadow(picture)
    left, top, right, bottom = BODY
    _buttons(picture)
    for inset, colours in ((0, ("#8E9098", "#3B3C42")), (1.6, ("#54555C", "#232428")), (3.6, ("#0A0A0B", "#050506"))):
        size = scaled((right - left - 2 * inset, bottom - top - 2 * inset))
        radius = (CORNER + BEZEL - inset) * FINE
        picture.paste(_ramp(size, *colours), scaled((left + inset, top + inset)), rounded(size, radius))
    return picture.reduce(FINE // SHARP), rounded(scaled(SCREEN), CORNER * FINE).reduce(FINE // SHARP)


def _ramp(size: tuple[int, int], first: str, second: str) -> Image.Image:
    """A gradient from the upper left to the lower right."""
    down = Image.linear_gradient("L")
    slope = ImageChops.add(down, down.rotate(90), 2).resize(size, Image.Resampling.BICUBIC)
    return Image.composite(Image.new("RGB", size, second), Image.new("RGB", size, first), slope)


def _background() -> Image.Image:
    """Painted small, as all of it is blurred."""
    small = _ramp((CANVAS[0], CANVAS[1]), "#EEF1FB", "#FBE9DF")
    for x, y, radius, colour in GLOWS:
        glow = Image.new("L", small.size)
        ImageDraw.Draw(glow).ellipse((x - radius, y - radius, x + radius, y + radius), fill=170)
        small.paste(colour, (0, 0), glow.filter(ImageFilter.GaussianBlur(90)))
    return small.resize(scaled(CANVAS), Image.Resampling.BICUBIC)


def _shadow(picture: Image.Image) -> None:
    for down, blur, dark in ((34, 34, 105), (8, 9, 80)):
        left, top, right, bottom = BODY
        mask = Image.new("L", CANVAS)
        ImageDraw.Draw(mask).rounded_rectangle((left + 6, top + down, right - 6, bottom + down - 8), 60, fill=dark)
        soft = mask.filter(ImageFilter.GaussianBlur(blur)).resize(picture.size, Image.Resampling.BICUBIC)
        picture.paste("#2A2547", (0, 0), soft)


def _buttons(picture: Image.Image) -> None:
    pen = ImageDraw.Draw(picture)
    left, _, right, _ = BODY
    for x, y, high in ((left - 2.5, 190, 26), (left - 2.5, 244, 52), (left - 2.5, 308, 52), (right - 1.5, 264, 82)):
        pen.rounded_rectangle(pixels(x, y, x + 4, y + high), 2 * FINE, fill="#4A4B52")


def bars(screen: Image.Image, title: str, subtitle: str, clock: str) -> None:
    """The bars above and below the messages."""
    wide = SCREEN[0]
    pen = ImageDraw.Draw(screen)
    pen.rectangle(pixels(0, 0, wide, CHAT[0] - 4), fill="#F8F8FA")
    pen.rectangle(pixels(0, CHAT[0] - 4.5, wide, CHAT[0] - 4), fill="#DADADE")
    _status_bar(screen, pen, clock)
    _header(screen, pen, title, subtitle)
    _input(pen)


def _status_bar(screen: Image.Image, pen: ImageDraw.ImageDraw, clock: str) -> None:
    screen.paste("#000000", scaled(((SCREEN[0] - 118) / 2, 12)), rounded(scaled((118, 34)), 17 * FINE))
    write(pen, (62, 35), fitted(clock, 16, 60), 16, "#0B0B0C", weight=0.45, anchor="ms")
    for i in range(4):
        pen.rounded_rectangle(pixels(294 + i * 5, 32 - i * 2.6, 297.4 + i * 5, 35), FINE, fill="#0B0B0C")
    for radius in (11.5, 7.6, 3.6):
        pen.pieslice(pixels(327 - radius, 35 - radius, 327 + radius, 35 + radius), 225, 315, fill="#0B0B0C")
        inner = radius - 2
        if radius > 4:
            pen.pieslice(pixels(327 - inner, 35 - inner, 327 + inner, 35 + inner), 220, 320, fill="#F8F8FA")
    pen.rounded_rectangle(pixels(342, 23.5, 366, 35.5), 3.8 * FINE, outline="#9C9CA1", width=round(1.1 * FINE))
    pen.rounded_rectangle(pixels(344, 25.5, 360, 33.5), 2.2 * FINE, fill="#0B0B0C")
    pen.pieslice(pixels(365.5, 27.3, 369.5, 31.7), 270, 90, fill="#9C9CA1")


def _header(screen: Image.Image, pen: ImageDraw.ImageDraw, title: str, subtitle: str) -> None:
    middle = SCREEN[0] / 2
    pen.line(pixels(27, 72, 18, 81.5, 27, 91), fill="#0A7AFF", width=round(2.6 * FINE), joint="curve")
    for y in (72, 91):  # the round ends of the chevron
        pen.ellipse(pixels(27 - 1.3, y - 1.3, 27 + 1.3, y + 1.3), fill="#0A7AFF")
    pen.rounded_rectangle(pixels(345, 73, 364, 90), 4.5 * FINE, outline="#0A7AFF", width=round(2.1 * FINE))
    pen.polygon(pixels(366.5, 79, 373, 74.5, 373, 88.5, 366.5, 84), fill="#0A7AFF")
    avatar = scaled((50, 50))
    screen.paste(_ramp(avatar, "#8FA2F4", "#5F6AD8"), scaled((middle - 25, 54)), rounded(avatar, 25 * FINE))
    write(pen, (middle, 86.5), initials(title), 21, "white", weight=0.5, anchor="ms")
    write(pen, (middle, 120.5), fitted(title, 13.5, 230), 13.5, "#0B0B0C", weight=0.25, anchor="ms")
    write(pen, (middle, 136), fitted(subtitle, 11, 280), 11, "#8A8A8F", anchor="ms")


def initials(title: str) -> str:
    """At most two letters for the brand's avatar."""
    words = "".join(c if c in COVERED and c.isalnum() else " " for c in plain(title[:80])).split()
    return "".join(word[0].upper() for word in words[:2]) or "#"


def _input(pen: ImageDraw.ImageDraw) -> None:
    pen.rectangle(pixels(0, CHAT[1], SCREEN[0], SCREEN[1]), fill="white")
    pen.ellipse(pixels(14, 776, 48, 810), fill="#EBEBEE")
    pen.line(pixels(24.5, 793, 37.5, 793), fill="#6E6E74", width=round(2.2 * FINE))
    pen.line(pixels(31, 786.5, 31, 799.5), fill="#6E6E74", width=round(2.2 * FINE))
    pen.rounded_rectangle(pixels(58, 775, 374, 811), 18 * FINE, outline="#D3D3D8", width=FINE)
    write(pen, (73, 798.5), "Text Message", 15.5, "#B9B9BF")
    pen.rounded_rectangle(pixels(350.5, 783.5, 357.5, 797), 3.5 * FINE, fill="#A2A2A9")
    pen.arc(pixels(347.5, 786, 360.5, 800.5), 0, 180, fill="#A2A2A9", width=round(1.5 * FINE))
    pen.line(pixels(354, 800, 354, 804), fill="#A2A2A9", width=round(1.5 * FINE))
    pen.rounded_rectangle(pixels(126, 829, 264, 834), 2.5 * FINE, fill="#0B0B0C")
