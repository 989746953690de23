"""Draws the pictures of the example shop and of the ready-made templates: `python examples/make_media.py [WORD]`.

Rules kept here: every picture is ours (curves and colours in drawings/, no photograph, no font file), comes out the
same each time, and stays well under the 500,000 bytes that an MMS may carry; but for one, which is as large as phones make them.
"""

from __future__ import annotations

import sys
from pathlib import Path

from drawings.bag import bag
from drawings.cake import cake
from drawings.coat import coat
from drawings.gift import gift
from drawings.photo import photo
from drawings.sneakers import sneakers
from drawings.tag import tag

PICTURES = {
    "shop/media/spring.jpg": coat,
    "shop/media/sneakers.jpg": sneakers,
    "shop/media/bag.jpg": bag,
    "shop/media/big-photo.jpg": photo,
    "../flows/media/lead.jpg": gift,
    "../flows/media/back.jpg": lambda path: sneakers(path, "BACK IN STOCK", "YOU ASKED FOR IT"),
    "../flows/media/bag.jpg": bag,
    "../flows/media/cake.jpg": cake,
    "../flows/media/tag.jpg": tag,
}


def main() -> None:
    """All of them, or those whose path holds every word of the command line."""
    here = Path(__file__).parent
    for name, draw in PICTURES.items():
        if all(word in name for word in sys.argv[1:]):
            path = (here / name).resolve()
            draw(path)
            print(f"{path.name}: {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
