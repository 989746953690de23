"""Makes one picture of two to six: tiles on a white page in portrait format (promise MM4).

Invariants: each picture is checked as if it were sent alone, and all errors are reported at once. Of a moving picture the first frame is
used. A tile shows the whole picture, and the rest of the tile has the colour of the picture's edge, so nothing is cut off. With `crop` the
picture fills its tile and is cropped around its centre.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from statistics import median_low
from typing import NamedTuple

from PIL import Image, ImageOps

from engine.messaging.media.boxes import BOX, Size
from engine.messaging.media.encoding import as_jpeg
from engine.messaging.media.gifs import frames_of
from engine.messaging.media.inspection import opened, probe
from engine.messaging.media.picture import FEWEST_TILES, MAX_BYTES, MOST_TILES, BadMedia, BadTiles, Fitted, Source
from engine.messaging.media.pixels import plain, shown_size

ROWS = {2: (1, 1), 3: (1, 2), 4: (2, 2), 5: (2, 3), 6: (2, 2, 2)}
MARGIN, GAP = 32, 16  # 3 % and 1.5 % of the width
LEADING = 0.58  # of the height: the one picture above two


class Tile(NamedTuple):
    left: int
    top: int
    width: int
    height: int


def collage(pictures: Sequence[bytes], limit: int = MAX_BYTES, crop: bool = False) -> Fitted:
    """The one picture, in at most `limit` bytes. Raises BadMedia, and BadTiles where single pictures are at fault.

    `crop`: each picture fills its tile.
    """
    if not FEWEST_TILES <= len(pictures) <= MOST_TILES:
        raise ValueError(f"a collage has {FEWEST_TILES} to {MOST_TILES} pictures")
    page = Image.new("RGB", BOX, "white")
    sources, stilled, bad = [], [], {}
    for index, (data, tile) in enumerate(zip(pictures, tiles(len(pictures)), strict=True)):
        try:
            picture, source, frames = _tile(data, (tile.width, tile.height), crop)
        except BadMedia as error:
            bad[index] = error
            continue
        page.paste(picture, (tile.left, tile.top))
        sources.append(source)
        stilled += [index] if frames > 1 else []
    if bad:
        raise BadTiles(bad)
    done = (f"collage of {len(pictures)}", *(["first frame kept"] if stilled else []))
    found = as_jpeg(page, limit, tuple(sources), done)
    return found._replace(info=found.info._replace(stilled=tuple(stilled)))


def tiles(count: int) -> Iterator[Tile]:
    """The tile of each picture, row by row."""
    rows = ROWS[count]
    room = BOX[1] - 2 * MARGIN - GAP * (len(rows) - 1)
    top = MARGIN
    for row, columns in enumerate(rows):
        share = 1 / len(rows) if count != 3 else (LEADING, 1 - LEADING)[row]
        height = round(room * share)
        width = (BOX[0] - 2 * MARGIN - GAP * (columns - 1)) // columns
        for column in range(columns):
            yield Tile(MARGIN + column * (width + GAP), top, width, height)
        top += height + GAP


def _tile(data: bytes, size: Size, crop: bool) -> tuple[Image.Image, Source, int]:
    seen = probe(data)
    with opened(seen, data) as image:
        frames = frames_of(seen, image)
        source = Source(*shown_size(image), len(data))
        picture = plain(image, lambda shown: _scaled(shown, size, crop)).image.convert("RGB")
        if crop:
            return ImageOps.fit(picture, size, Image.Resampling.LANCZOS), source, frames
        return _letterboxed(ImageOps.contain(picture, size, Image.Resampling.LANCZOS), size), source, frames


def _scaled(shown: Size, size: Size, crop: bool) -> Size:
    """As small as still covers the tile, or fills it one way; never larger than it is."""
    scale = min(1.0, (max if crop else min)(size[0] / shown[0], size[1] / shown[1]))
    return max(1, round(shown[0] * scale)), max(1, round(shown[1] * scale))


def _letterboxed(picture: Image.Image, size: Size) -> Image.Image:
    """In the middle of its tile; each strip beside it in the colour of the edge that it touches."""
    width, height = picture.size
    left, top = (size[0] - width) // 2, (size[1] - height) // 2
    tile = Image.new("RGB", size)
    if left:
        tile.paste(_colour(picture, (0, 0, 1, height)), (0, 0, left, size[1]))
        tile.paste(_colour(picture, (width - 1, 0, width, height)), (left, 0, *size))
    if top:
        tile.paste(_colour(picture, (0, 0, width, 1)), (0, 0, size[0], top))
        tile.paste(_colour(picture, (0, height - 1, width, height)), (0, top, *size))
    tile.paste(picture, (left, top))
    return tile


def _colour(picture: Image.Image, edge: tuple[int, int, int, int]) -> tuple[int, int, int]:
    """What is in the middle of an edge's colours, so that a few odd pixels do not change it."""
    red, green, blue = (median_low(band.tobytes()) for band in picture.crop(edge).split())
    return red, green, blue
