"""The maximum sizes of a picture, and how a picture is scaled into them."""

from __future__ import annotations

Size = tuple[int, int]

BOX = (1080, 1920)
SMALLER = ((720, 1280), (640, 1138), (480, 854))


def contained(size: Size, box: Size = BOX) -> Size:
    """As large as fits into the box; never larger than it is."""
    scale = min(1.0, box[0] / size[0], box[1] / size[1])
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))
