"""A few of very many contacts, drawn while they are read."""

from __future__ import annotations

import random
from collections.abc import Iterable
from typing import NamedTuple


class Sample(NamedTuple):
    """`ids` in order; `of`: how many there are."""

    ids: list[int]
    of: int


def sample(ids: Iterable[int], most: int, seed: int | str) -> Sample:
    """All of them, or so many of which each is as likely as any other; never more are held. The same seed draws the same ones."""
    draw, kept, count = random.Random(seed), list[int](), 0
    for count, id in enumerate(ids, 1):
        if count <= most:
            kept.append(id)
        elif (place := int(draw.random() * count)) < most:
            kept[place] = id
    return Sample(sorted(kept), count)
