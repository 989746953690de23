"""The result of fitting a picture, and how a still picture is compressed to a byte limit.

Invariants: the same picture and limit give the same bytes (with the same version of Pillow). Quality is reduced before size, and neither
below what looks good on a phone.
"""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO

from PIL import Image

from engine.messaging.media.boxes import BOX, SMALLER, Size, contained
from engine.messaging.media.inspection import described
from engine.messaging.media.picture import BadMedia, Fitted, Source

BEST, WORST = 90, 60


def fitted(
    kind: str,
    data: bytes,
    size: Size,
    sources: tuple[Source, ...],
    actions: tuple[str, ...],
    *,
    frames: int = 1,
    quality: int | None = None,
) -> Fitted:
    return Fitted(described(kind, data, size), data, frames, quality, actions, sources)


def as_jpeg(picture: Image.Image, limit: int, sources: tuple[Source, ...], done: tuple[str, ...]) -> Fitted:
    """As large and as good as the limit allows. Raises BadMedia."""
    for shown in _sizes(picture, (BOX, *SMALLER)):
        found = _best(shown, limit)
        if found is not None:
            quality, data = found
            smaller = shown.size != picture.size and "made smaller" not in done
            return fitted(
                "jpeg", data, shown.size, sources, (*done, "made smaller") if smaller else done, quality=quality
            )
    raise too_large(f"even at {shown.width}×{shown.height} and quality {WORST}", limit)


def too_large(how: str, limit: int) -> BadMedia:
    return BadMedia("bytes", f"{how} it has more than the {limit:,} bytes that can be sent")


def written(picture: Image.Image, kind: str, **options: object) -> bytes:
    file = BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()


def _sizes(picture: Image.Image, boxes: tuple[Size, ...]) -> Iterator[Image.Image]:
    """The picture in each of the boxes; none twice."""
    last: Size | None = None
    for box in boxes:
        size = contained(picture.size, box)
        if size != last:
            yield picture if size == picture.size else picture.resize(size, Image.Resampling.LANCZOS)
        last = size


def jpeg(picture: Image.Image, quality: int) -> bytes:
    return written(picture, "JPEG", quality=quality, optimize=True, progressive=True)


def _best(picture: Image.Image, limit: int) -> tuple[int, bytes] | None:
    """The best quality within the limit, by halves: seven tries at the most."""
    if len(data := jpeg(picture, BEST)) <= limit:
        return BEST, data
    if len(data := jpeg(picture, WORST)) > limit:
        return None
    low, high = WORST, BEST
    while high - low > 1:
        middle = (low + high) // 2
        if len(tried := jpeg(picture, middle)) <= limit:
            low, data = middle, tried
        else:
            high = middle
    return low, data
