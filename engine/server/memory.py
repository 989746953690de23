"""What the daemon does so that its memory stays bounded, however many threads it has."""

from __future__ import annotations

import ctypes

MOST_HEAPS = 2
_M_ARENA_MAX = -8  # malloc.h of glibc


def limit_heaps() -> None:
    """Of the C library, for threads that begin after this. Where it is another one than glibc, nothing happens.

    glibc gives each thread a heap of its own, up to eight a core, and each keeps what it once needed. Threads that wait for one
    interpreter lock gain nothing by that: measured with 20 pages at a time, it is 16 MB.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_ARENA_MAX, MOST_HEAPS)
