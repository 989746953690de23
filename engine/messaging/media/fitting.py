"""Makes a picture fit to be sent as MMS: upright, without metadata, within the phones' size and the provider's bytes (promise MM2).

Invariants: no disk and no clock; the same input bytes give the same output bytes. A picture that fits already is passed through unchanged;
one that only has metadata (location, comment, preview) loses just that. Any other is encoded again: first at the largest size, then at
lower quality, then smaller. A picture that cannot be made to fit raises BadMedia. A moving GIF stays moving (gifs.py).
"""

from __future__ import annotations

from PIL import Image, ImageChops, ImageFile, ImageStat

from engine.messaging.media import gifs
from engine.messaging.media.boxes import contained
from engine.messaging.media.containers import bare
from engine.messaging.media.encoding import BEST, as_jpeg, fitted, jpeg, written
from engine.messaging.media.inspection import Probe, opened, probe
from engine.messaging.media.picture import MAX_BYTES, SENT, Fitted, Source
from engine.messaging.media.pixels import is_plain, plain, shown_size

LIGHT = 2  # a PNG may have so many times the bytes of a JPEG: text and drawings do, photographs have four times as many
UNSEEN = 0.5  # of 255, on the average of all pixels


def fit(data: bytes, limit: int = MAX_BYTES, as_photo: bool = False) -> Fitted:
    """The picture to send, in at most `limit` bytes. Raises BadMedia.

    `as_photo`: of a moving one its first frame, and a JPEG where it is encoded again: a tenth of the work for a file of others.
    """
    seen = probe(data)
    with opened(seen, data) as image:
        source = Source(*shown_size(image), len(data))
        frames = gifs.frames_of(seen, image)
        if frames > 1 and not as_photo:
            return gifs.fit_moving(seen.kind, image, frames, data, limit, source)
        stripped = bare(seen.kind, data) if seen.kind in SENT and frames == 1 else None
        removed = _removed(data, stripped, image)
        if stripped is not None and len(stripped) <= limit and _fits_as_it_is(seen, data, image):
            image.load()
            return fitted(seen.kind, stripped, image.size, (source,), removed)
        stripped = None  # may be as large as the file
        return _anew(seen, image, limit, source, removed, as_photo)


def _fits_as_it_is(seen: Probe, data: bytes, image: ImageFile.ImageFile) -> bool:
    deep = seen.kind == "png" and data[24] > 8  # 16 bits for each colour; phones show eight
    return not deep and contained(image.size) == image.size and is_plain(image)


def _removed(data: bytes, stripped: bytes | None, image: ImageFile.ImageFile) -> tuple[str, ...]:
    """What is left out in any case. A PNG that moves is seen as such by few phones."""
    said = {"first frame kept": getattr(image, "n_frames", 1) > 1, "metadata removed": stripped not in (None, data)}
    return tuple(what for what, is_so in said.items() if is_so)


def _anew(
    seen: Probe, image: ImageFile.ImageFile, limit: int, source: Source, removed: tuple[str, ...], as_photo: bool
) -> Fitted:
    picture, done = plain(image, contained)
    done = (*done, *removed)
    if seen.kind != "jpeg":
        drawn = None if as_photo else _as_png(picture, limit)
        if drawn is not None:
            more = () if seen.kind == "png" else ("converted to PNG",)
            return _said(fitted("png", drawn, picture.size, (source,), (*done, *more)))
        done = (*done, "converted to JPEG")
    return _said(as_jpeg(picture, limit, (source,), done))


def _said(found: Fitted) -> Fitted:
    """If nothing else changed, it was compressed again."""
    return found if found.actions else found._replace(actions=("compressed anew",))


def _as_png(picture: Image.Image, limit: int) -> bytes | None:
    """Where that is the better way: no loss that one sees, and not many more bytes."""
    data = written(_of_few_colours(picture), "PNG", optimize=True)
    return data if len(data) <= limit and len(data) <= LIGHT * len(jpeg(picture, BEST)) else None


def _of_few_colours(picture: Image.Image) -> Image.Image:
    """With a palette where that changes nothing that one sees, as with text and drawings: a third of the bytes."""
    if picture.mode != "RGB":
        return picture
    drawn = picture.quantize(256, dither=Image.Dither.NONE)
    off = ImageStat.Stat(ImageChops.difference(picture, drawn.convert("RGB"))).rms
    return drawn if max(off) <= UNSEEN else picture
