"""A drawing as PNG, with Pillow and its own font alone: no machine needs fonts or tools for it.

Invariants: it is drawn band by band at `FINE` pixels a point and scaled down, so memory is bounded by the picture itself; a picture that
would be too large gets fewer pixels a point, and one that would still be is refused.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from io import BytesIO

from PIL import Image, ImageDraw, ImageOps

from engine.errors import Refused
from engine.language.diagnostics.findings import Loc
from engine.preview.drawing.text_drawing import FINE, length, pixels, plain, write
from engine.preview.graph.curves import dashes, smooth, tip
from engine.preview.graph.marks import UNMARKED, Marks, is_untested
from engine.preview.graph.overlay import badge, caption, pill
from engine.preview.graph.shapes import ICONS, PALETTE, Box, Drawing, Icon, Line, Picture, Point, Rect, Shape, Words
from engine.preview.graph.thumbnails import Thumbnail

BAND = 256  # points
MOST_PIXELS = 60_000_000
BOLD = 0.35
STROKE, ICON_STROKE = 1.6, 1.5


def png(drawing: Drawing, pictures: Mapping[str, Thumbnail], marks: Marks = UNMARKED, dark: bool = False) -> bytes:
    """Two pixels a point, or one of a large drawing. Raises Refused where even that is too many."""
    wide, high = round(drawing.wide), round(drawing.high)
    sharp = next((each for each in (2, 1) if wide * high * each * each <= MOST_PIXELS), None)
    if sharp is None:
        raise Refused(f"a PNG of this flow would be {wide:,} by {high:,} pixels", "draw it as SVG: --format svg")
    picture = Image.new("RGB", (wide * sharp, high * sharp))
    painter = _Painter(drawing, pictures, marks, PALETTE.dark if dark else PALETTE.light)
    for top in range(0, high, BAND):
        band = painter.band(top, min(BAND, high - top))
        picture.paste(band.reduce(FINE // sharp), (0, top * sharp))
    out = BytesIO()
    picture.save(out, "PNG", optimize=True)
    return out.getvalue()


class _Painter:
    def __init__(
        self, drawing: Drawing, pictures: Mapping[str, Thumbnail], marks: Marks, colours: Mapping[str, str]
    ) -> None:
        self._drawing, self._marks, self._colours = drawing, marks, colours
        self._pictures = {name: _opened(each) for name, each in pictures.items()}
        self._top = 0.0

    def band(self, top: int, high: int) -> Image.Image:
        """That part of the drawing, at `FINE` pixels a point."""
        self._top, drawing = top, self._drawing
        image = Image.new("RGB", (round(drawing.wide) * FINE, high * FINE), self._colours["ground"])
        pen = ImageDraw.Draw(image)
        for line in drawing.lines:
            ys = [y for _, y in line.points]
            if min(ys) < top + high and max(ys) > top:
                self._line(pen, line)
        for shape in drawing.head:
            self._shape(image, pen, shape)
        for label in drawing.labels:
            for shape in (*label.shapes, *pill(label, self._marks)):
                self._shape(image, pen, shape)
        for box in drawing.boxes:
            if box.y - 20 < top + high and box.y + box.high > top:
                self._box(image, pen, box)
        for shape in caption(drawing, self._marks):
            self._shape(image, pen, shape)
        return image

    def _at(self, *points: Point) -> list[float]:
        return [value for x, y in points for value in pixels(x, y - self._top)]

    def _untested(self, place: Loc, way: str | None) -> bool:
        return is_untested(self._marks, place, way)

    def _line(self, pen: ImageDraw.ImageDraw, line: Line) -> None:
        self._stroke(pen, smooth(line.points), "line", self._untested(line.place, line.branch))
        if line.arrow:
            pen.polygon(self._at(*tip(line.points[-1])), fill=self._colours["line"])

    def _stroke(self, pen: ImageDraw.ImageDraw, points: Sequence[Point], role: str, dashed: bool = False) -> None:
        for piece in dashes(points) if dashed else (points,):
            pen.line(self._at(*piece), fill=self._colours[role], width=round(STROKE * FINE), joint="curve")

    def _box(self, image: Image.Image, pen: ImageDraw.ImageDraw, box: Box) -> None:
        outline, *inside = box.shapes
        if isinstance(outline, Rect) and self._untested(box.card.place, None):
            self._shape(image, pen, outline._replace(edge=None))
            self._stroke(pen, _around(outline), outline.edge or "edge", dashed=True)
        else:
            self._shape(image, pen, outline)
        for shape in (*inside, *badge(box, self._marks)):
            self._shape(image, pen, shape)

    def _shape(self, image: Image.Image, pen: ImageDraw.ImageDraw, shape: Shape) -> None:
        if isinstance(shape, Rect):
            self._rect(pen, shape)
        elif isinstance(shape, Words):
            self._words(pen, shape)
        elif isinstance(shape, Icon):
            self._icon(pen, shape)
        else:
            self._picture(image, pen, shape)

    def _rect(self, pen: ImageDraw.ImageDraw, shape: Rect) -> None:
        corners = self._at((shape.x, shape.y), (shape.x + shape.wide, shape.y + shape.high))
        fill = self._colours[shape.fill] if shape.fill else None
        edge = self._colours[shape.edge] if shape.edge else None
        pen.rounded_rectangle(corners, shape.radius * FINE, fill=fill, outline=edge, width=FINE if edge else 0)

    def _words(self, pen: ImageDraw.ImageDraw, shape: Words) -> None:
        runs = [(plain(run.text), self._colours[run.role]) for run in shape.runs]
        wide = sum(length(text, shape.size) for text, _ in runs)
        x = shape.x - {"start": 0.0, "middle": wide / 2, "end": wide}[shape.anchor]
        for text, colour in runs:
            x += write(pen, (x, shape.y - self._top), text, shape.size, colour, weight=BOLD if shape.bold else 0)

    def _icon(self, pen: ImageDraw.ImageDraw, shape: Icon) -> None:
        sketch, x, y = ICONS[shape.name], shape.x - 8, shape.y - 8
        colour, wide = self._colours[shape.colour], round(ICON_STROKE * FINE)
        for points in sketch.lines:
            pen.line(self._at(*((x + px, y + py) for px, py in points)), fill=colour, width=wide, joint="curve")
        for points in sketch.areas:
            pen.polygon(self._at(*((x + px, y + py) for px, py in points)), fill=colour)
        for cx, cy, radius in sketch.circles:
            r = radius + ICON_STROKE / 2
            pen.ellipse(self._at((x + cx - r, y + cy - r), (x + cx + r, y + cy + r)), outline=colour, width=wide)

    def _picture(self, image: Image.Image, pen: ImageDraw.ImageDraw, shape: Picture) -> None:
        found = self._pictures.get(shape.name)
        if found is None:
            self._rect(pen, Rect(shape.x, shape.y, shape.wide, shape.high, 9, "bubble"))
            return
        size = round(shape.wide * FINE), round(shape.high * FINE)
        mask = Image.new("L", size)
        ImageDraw.Draw(mask).rounded_rectangle((0, 0, size[0] - 1, size[1] - 1), 9 * FINE, fill=255)
        x, y = self._at((shape.x, shape.y))
        image.paste(ImageOps.fit(found, size, Image.Resampling.BICUBIC), (round(x), round(y)), mask)


def _opened(each: Thumbnail) -> Image.Image:
    with Image.open(BytesIO(each.data)) as opened:
        return opened.convert("RGB")


def _around(shape: Rect) -> list[Point]:
    """The outline of a box, as a line."""
    x, y, right, bottom = shape.x, shape.y, shape.x + shape.wide, shape.y + shape.high
    middle = (x + right) / 2
    return smooth([(middle, y), (right, y), (right, bottom), (x, bottom), (x, y), (middle, y)])
