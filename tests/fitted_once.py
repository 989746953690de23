"""A project's pictures are made to fit once in a process: hundreds of tests read the same ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache

from engine.deploy import media_cache
from engine.messaging.media.picture import BadMedia, Fitted

_make = media_cache._made
Missing = tuple[tuple[int, BadMedia], ...]


@lru_cache(maxsize=64)
def _once(files: tuple[bytes, ...], limit: int, crop: bool, missing: Missing) -> Fitted | BadMedia:
    return _make(files, limit, crop, dict(missing))


def _made(files: Sequence[bytes], limit: int, crop: bool, missing: Mapping[int, BadMedia]) -> Fitted | BadMedia:
    return _once(tuple(files), limit, crop, tuple(missing.items()))


def install() -> None:
    setattr(media_cache, "_made", _made)  # noqa: B010
