"""What fitting did to a picture, in one line."""

from __future__ import annotations

from engine.messaging.media.picture import Fitted


def fit_summary(found: Fitted) -> str:
    """`4032×3024 6.1 MB → 1080×810 312 KB (quality 90, metadata removed)`."""
    moving = f", {found.frames} frames" if found.frames > 1 else ""
    after = f"{found.info.width}×{found.info.height} {_size(found.info.bytes)}{moving}"
    if not found.actions:
        return f"{after}, sent as it is"
    if len(found.sources) == 1:
        before = f"{found.sources[0].width}×{found.sources[0].height}"
    else:
        before = f"{len(found.sources)} pictures"
    quality = [f"quality {found.quality}"] if found.quality is not None else []
    size = _size(sum(each.bytes for each in found.sources))
    return f"{before} {size} → {after} ({', '.join([*quality, *found.actions])})"


def _size(count: int) -> str:
    if count < 1_000:
        return f"{count} bytes"
    return f"{count / 1_000_000:.1f} MB" if count >= 999_500 else f"{round(count / 1_000)} KB"
