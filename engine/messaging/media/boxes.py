"""The maximum sizes of a picture, how a picture is scaled into them, and which aspect ratios a phone shows well.

A picture gets the width of a message bubble, so portrait is largest.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

Size = tuple[int, int]

BOX = (1080, 1920)
SMALLER = ((720, 1280), (640, 1138), (480, 854))
RECOMMENDED = "640×1138 or 1080×1920"
SMALLEST_SIDE = 32  # pixels of the shorter side as it is sent
WIDEST, TALLEST = 1.25, 2.2  # the one side by the other; 1080×1920 has 1.78 in height


def contained(size: Size, box: Size = BOX) -> Size:
    """As large as fits into the box; never larger than it is."""
    scale = min(1.0, box[0] / size[0], box[1] / size[1])
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


class BadShape(NamedTuple):
    how: Literal["unseen", "small"]
    reason: str
    way_out: str


def bad_shape(width: int, height: int) -> BadShape | None:
    """What is wrong with the aspect ratio of an upright picture of this size; None if it shows well."""
    sent = contained((width, height))
    size = f"{sent[0]}×{sent[1]}"
    if min(sent) < SMALLEST_SIDE:
        return BadShape("unseen", f"a phone shows {size} pixels of it, too small to see", f"take one of {RECOMMENDED}")
    if width > height * WIDEST:
        reason = f"it is not portrait: it becomes {size}, and phones show it small"
    elif height > width * TALLEST:
        reason = f"it is very tall: it becomes {size}, and phones show it narrow"
    else:
        return None
    return BadShape("small", reason, f"{RECOMMENDED} fills the screen: crop it to 9:16")
