"""What fitting is timed with: a photograph of twelve million pixels, and a film that is noise all over.

    from benchmarks.pictures import noisy_film, photograph
    fit(photograph()), fit(noisy_film())

Rules kept here: drawn anew each time and always the same; drawing them is not what is timed.
"""

from __future__ import annotations

import random
from io import BytesIO
from pathlib import Path

from PIL import Image

PHOTOGRAPH = Path(__file__).resolve().parents[1] / "examples/shop/media/big-photo.jpg"


def photograph() -> bytes:
    """4032×3024, on its side, with all that a phone writes into it."""
    return PHOTOGRAPH.read_bytes()


def noisy_film(frames: int = 24, side: int = 480) -> bytes:
    """Each pixel of each frame is another one: nothing is heavier for a GIF."""
    soft = Image.frombytes("RGB", (12, 12), random.Random(0).randbytes(432)).resize((side, side))
    film = [
        Image.blend(soft, Image.frombytes("RGB", (side, side), random.Random(n).randbytes(side * side * 3)), 0.4)
        for n in range(1, frames + 1)
    ]
    file = BytesIO()
    film[0].save(file, "GIF", save_all=True, append_images=film[1:], duration=80, loop=0)
    return file.getvalue()
