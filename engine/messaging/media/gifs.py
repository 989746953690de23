"""Fits a moving picture: it stays moving and keeps its duration.

Invariants: frames are composed as they are played and written with one palette for all, without dithering, which would make the file many
times larger. A dropped frame gives its duration to the frame before. The work is limited by pixels, not by seconds, and each attempt is
derived from the last: bytes grow with pixels × frames. The result has no transparency and the same number of loops.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import ceil, sqrt
from typing import NamedTuple

from PIL import Image, ImageFile

from engine.messaging.media.boxes import Size, contained
from engine.messaging.media.containers import FRAME, bare, gif_pieces
from engine.messaging.media.encoding import fitted, too_large, written
from engine.messaging.media.inspection import Probe, check_moving
from engine.messaging.media.picture import Fitted, Source
from engine.messaging.media.pixels import check_visible, on_white

WORKING = 16_000_000  # pixels of all frames that are kept in memory, of four bytes each
TRIED = 80_000_000  # pixels that are written before we give up
TRIES = 7
SMALLEST = 160  # pixels of the longer side: a smaller animation cannot be recognised
SLOW, SLOWEST = (
    200,
    500,
)  # the longest average duration of a frame in ms when others are dropped; the second if much must be saved
LONGEST = 655_350  # the longest duration of a frame in a GIF, in ms
FULL = 0.75  # of the limit: enough, no further attempt
AIM = 0.94
SETTLED = 50  # one pixel of so many may still change its colour when the palette is done
# From this share of the bytes on: so many colours, and what they are expected to save.
_COLOURS = ((0.7, 256, 1.0), (0.35, 128, 0.85), (0.12, 64, 0.7), (0.0, 32, 0.55))


class Reel(NamedTuple):
    frames: list[Image.Image]
    durations: list[int]
    loop: int | None
    transparent: bool


class Plan(NamedTuple):
    size: Size
    step: int  # of so many frames one is kept
    colours: int


class Tried(NamedTuple):
    share: float
    plan: Plan
    data: bytes


def frames_of(seen: Probe, image: ImageFile.ImageFile) -> int:
    """How many; of a WebP only its reader knows. Raises BadMedia where they are too many."""
    if seen.kind != "webp":
        return seen.frames
    frames = int(getattr(image, "n_frames", 1))
    check_moving(frames, *image.size)
    return frames


def fit_moving(kind: str, image: ImageFile.ImageFile, frames: int, data: bytes, limit: int, source: Source) -> Fitted:
    """Raises BadMedia."""
    stripped = bare(kind, data) if kind == "gif" else None
    within = contained(image.size) == image.size
    if stripped is not None and len(stripped) <= limit and within and _all_opaque(image, frames):
        removed = () if stripped == data else ("metadata removed",)
        return fitted(kind, stripped, image.size, (source,), removed, frames=frames)
    reel = _reel(image, frames)
    found = _search(reel, limit, limit / len(data))
    return _told(found, reel, source, image.size, kind, stripped not in (None, data))


def _all_opaque(image: ImageFile.ImageFile, frames: int) -> bool:
    return not any(_shows_through(frame) for frame, _ in _played(image, frames))


def _shows_through(frame: Image.Image) -> bool:
    return frame.has_transparency_data and frame.convert("RGBA").getchannel("A").getextrema() != (255, 255)


def _played(image: ImageFile.ImageFile, frames: int) -> Iterator[tuple[Image.Image, int]]:
    """Each frame as people see it, and for how long in ms."""
    for index in range(frames):
        image.seek(index)
        image.load()
        yield image, int(image.info.get("duration", 0))


def _reel(image: ImageFile.ImageFile, frames: int) -> Reel:
    width, height = contained(image.size)
    scale = min(1.0, sqrt(WORKING / (width * height * frames)))
    size = (max(1, int(width * scale)), max(1, int(height * scale)))
    kept, durations, transparent = [], [], False
    for frame, duration in _played(image, frames):
        if frame.has_transparency_data:
            transparent = transparent or _shows_through(frame)
            flat = on_white(frame.convert("RGBA"))
        else:
            flat = frame.convert("RGB")
        kept.append(_resized(flat, size))
        durations.append(duration)
    if transparent:
        check_visible(kept)
    loop = image.info.get("loop")
    return Reel(kept, durations, loop if isinstance(loop, int) else None, transparent)


def _search(reel: Reel, limit: int, share: float) -> Tried:
    """The best that fits among a few tries. `share`: of the bytes that may stay, guessed from the file."""
    tried: Tried | None = None
    below, above, spent = None, 1.0, 0
    share = 1.0 if share > 0.3 else share
    for _ in range(TRIES):
        plan = _plan(reel, share)
        spent += plan.size[0] * plan.size[1] * ceil(len(reel.frames) / plan.step)
        if spent > TRIED:
            break
        data = tried.data if tried is not None and tried.plan == plan else _encoded(reel, plan)
        tried = Tried(share, plan, data)
        guess = share * AIM * limit / len(tried.data)
        if len(tried.data) <= limit:
            below = tried
            if share >= above * 0.95 or len(tried.data) >= FULL * limit:
                break
            share = min(guess, sqrt(share * above) if above < 1.0 else 1.0)
        else:
            if plan == _plan(reel, 0.0):
                break
            above = share
            share = min(guess, share * 0.9) if below is None else max(guess, sqrt(below.share * share))
    if below is None:
        raise too_large("even with fewer frames and colours and made smaller", limit)
    return below


def _plan(reel: Reel, share: float) -> Plan:
    """Saves bytes by colours first, then half by frames and half by size."""
    colours, saved = next((colours, saved) for least, colours, saved in _COLOURS if share >= least)
    left = share / saved
    count = len(reel.frames)
    pace = max(10, sum(reel.durations) // count) if any(reel.durations) else 100
    most = max(1, min((SLOW if share > 0.15 else SLOWEST) // pace, count // 2))
    step = most if left <= 0 else max(1, min(most, round(left**-0.5)))
    scale = sqrt(min(1.0, left * step))
    width, height = reel.frames[0].size
    scale = min(1.0, max(scale, SMALLEST / max(width, height)))
    return Plan((max(1, round(width * scale)), max(1, round(height * scale))), step, colours)


def _encoded(reel: Reel, plan: Plan) -> bytes:
    frames = [_resized(frame, plan.size) for frame in reel.frames[:: plan.step]]
    palette = _palette(frames, plan.colours)
    drawn = [frame.quantize(palette=palette, dither=Image.Dither.NONE) for frame in frames]
    durations = [
        min(LONGEST, sum(reel.durations[start : start + plan.step]))
        for start in range(0, len(reel.durations), plan.step)
    ]
    loop = {} if reel.loop is None else {"loop": reel.loop}
    return written(drawn[0], "GIF", save_all=True, append_images=drawn[1:], duration=durations, optimize=False, **loop)


def _palette(frames: Sequence[Image.Image], colours: int) -> Image.Image:
    """The colours of all frames, from sixteen of them beside one another.

    Median cut alone gives small things (lips, a blue button) the colour of what is around them; k-means moves each colour to the middle of
    the pixels that will take it, until few of them change over.
    """
    chosen = frames[:: ceil(len(frames) / 16)]
    size = contained(chosen[0].size, (100, 100))
    montage = Image.new("RGB", (size[0] * len(chosen), size[1]))
    for index, frame in enumerate(chosen):
        montage.paste(frame.resize(size, Image.Resampling.NEAREST), (index * size[0], 0))
    return montage.quantize(colours, Image.Quantize.MEDIANCUT, kmeans=1 + montage.width * montage.height // SETTLED)


def _resized(frame: Image.Image, size: Size) -> Image.Image:
    return frame if frame.size == size else frame.resize(size, Image.Resampling.LANCZOS)


def _told(found: Tried, reel: Reel, source: Source, before: Size, kind: str, removed: bool) -> Fitted:
    frames = sum(piece.name == FRAME for piece in gif_pieces(found.data))
    done = [
        "transparency filled with white" if reel.transparent else "",
        "converted to GIF" if kind != "gif" else "",
        "made smaller" if found.plan.size != before else "",
        f"{found.plan.colours} colours",
        f"every {_nth(found.plan.step)} frame kept" if found.plan.step > 1 else "",
        "metadata removed" if removed else "",
    ]
    actions = tuple(each for each in done if each)
    return fitted("gif", found.data, found.plan.size, (source,), actions, frames=frames)


def _nth(step: int) -> str:
    return {2: "2nd", 3: "3rd"}.get(step, f"{step}th")
