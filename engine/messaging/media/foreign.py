"""File types that people take for sendable pictures: their names, and how to convert them.

Invariants: the type is recognised by the first bytes, never by the file's name; nothing is decoded.
"""

from __future__ import annotations

from typing import NamedTuple


class Foreign(NamedTuple):
    name: str  # with its article
    way_out: str


_EXPORT = "export it as JPEG or PNG"
_HEIC = Foreign(
    "a HEIC picture",
    "save it as JPEG: on a Mac, Preview > Export; on an iPhone, Settings > Camera > Formats > Most Compatible takes JPEGs from then on",
)
_AVIF = Foreign("an AVIF picture", "save it as JPEG or PNG: open it in a browser or an image editor and export it")
_MOVIE = Foreign("a film", "send a GIF of a few seconds, or one frame of it as JPEG")
_BRANDS = {b"avif": _AVIF, b"avis": _AVIF} | dict.fromkeys(
    (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"), _HEIC
)
_STARTS = (
    (b"BM", Foreign("a BMP picture", _EXPORT)),
    (b"II*\0", Foreign("a TIFF picture", _EXPORT)),
    (b"MM\0*", Foreign("a TIFF picture", _EXPORT)),
    (b"8BPS", Foreign("a Photoshop file", _EXPORT)),
    (b"%PDF", Foreign("a PDF", "export its page as JPEG or PNG")),
    (b"%!PS", Foreign("a PostScript drawing", _EXPORT)),
    (b"\0\0\0\x0cJXL ", Foreign("a JPEG XL picture", _EXPORT)),
    (b"\xff\x0a", Foreign("a JPEG XL picture", _EXPORT)),
    (b"\0\0\0\x0cjP  ", Foreign("a JPEG 2000 picture", _EXPORT)),
    (b"\x1aE\xdf\xa3", _MOVIE),
)
_MARKUP = (
    (b"<svg", Foreign("an SVG drawing", "export it as PNG, 1080 pixels wide")),
    (b"<html", Foreign("a page of HTML", "save the picture itself, not the page that shows it")),
)


def foreign(data: bytes) -> Foreign | None:
    """What the file is, of what is known by name."""
    if data[4:8] == b"ftyp":
        brands = [data[at : at + 4] for at in (8, *range(16, min(len(data), 64, int.from_bytes(data[:4])), 4))]
        # An AVIF names mif1 too, and some name it first.
        found = [_BRANDS[brand] for brand in brands if brand in _BRANDS]
        return _AVIF if _AVIF in found else found[0] if found else _MOVIE
    named = next((name for start, name in _STARTS if data.startswith(start)), None)
    head = data[:1_000].lower()
    return named or next((name for tag, name in _MARKUP if tag in head), None)
