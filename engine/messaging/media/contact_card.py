"""The contact card of a brand: a vCard that phones save, made of leadoff.yaml, or a file of one's own that is read over.

Invariants: version 3.0, CRLF, lines of at most 75 bytes, none broken inside of a character: what iPhones and Androids read. Nothing here
loads Pillow but the making of the photo. A file of one's own is sent as it is, or not at all.
"""

from __future__ import annotations

import binascii
import re
from base64 import b64decode, b64encode
from hashlib import sha256
from io import BytesIO
from typing import NamedTuple

from engine.messaging.media.picture import BadMedia, Fitted, MediaInfo, Source

OWN = "contact card"
"""The name of the one that is made of leadoff.yaml among the pictures; no path of a picture is called so."""
ENDING = ".vcf"
SIDE = 480  # pixels of the photo, a square
PHOTO_BYTES = 200_000
LINE = 75  # bytes
_PROPERTY = re.compile(r"(?:[A-Za-z0-9-]+\.)?([A-Za-z][A-Za-z0-9-]*)((?:;[^:]*)?):(.*)", re.DOTALL)
_PHONE, _MAIL = re.compile(r"\+?[0-9 ().-]{5,20}"), re.compile(r"[^@\s]+@[^@\s]+")


class Details(NamedTuple):
    """What a card says. `numbers`: of the senders that send pictures, the first one first; `logo`: a path in the project."""

    brand: str
    numbers: tuple[str, ...]
    support: str | None
    logo: str | None


def is_card(name: str | None) -> bool:
    """Whether that picture, by its name in the project or as it is stored, is a contact card."""
    return name is not None and (name == OWN or name.lower().endswith(ENDING))


def made(about: Details, logo: bytes) -> Fitted:
    """`logo`: b"" for a card without a photo. Raises BadMedia."""
    photo = _photo(logo) if logo else None
    lines = [
        "BEGIN:VCARD", "VERSION:3.0", f"N:{_escaped(about.brand)};;;;", f"FN:{_escaped(about.brand)}",
        f"ORG:{_escaped(about.brand)}", "X-ABShowAs:COMPANY",
        *(f"TEL;TYPE=WORK,VOICE{',PREF' if at == 0 else ''}:{number}" for at, number in enumerate(about.numbers)),
        *_of_support(about.support, about.numbers),
    ]  # fmt: skip
    if photo is not None:
        lines.append(f"PHOTO;ENCODING=b;TYPE=JPEG:{b64encode(photo).decode()}")
    data = b"".join(_folded(line) for line in (*lines, "END:VCARD"))
    return _fitted(data, ("made of leadoff.yaml",))


def read(data: bytes, limit: int) -> Fitted:
    """A file of one's own, sent as it is. Raises BadMedia with the line of what is wrong."""
    if len(data) > limit:
        raise BadMedia("bytes", f"{len(data):,} bytes, more than the {limit:,} that its senders take")
    found = _properties(data)
    for name in ("VERSION", "FN", "N"):
        if name not in found:
            raise BadMedia("card", f"it has no {name}")
    line, _, version = found["VERSION"]
    if version.strip() != "3.0":
        raise BadMedia("card", f"line {line}: version {version.strip()[:20]}, and phones read 3.0")
    if "PHOTO" in found:
        line, options, photo = found["PHOTO"]
        if "uri" not in options.lower() and _decoded(photo) is None:
            raise BadMedia("card", f"line {line}: the photo is not written in base64")
    return _fitted(data, ())


def photo_of(card: bytes) -> bytes | None:
    """The photo of a card, as the card has it."""
    try:
        found = _properties(card).get("PHOTO")
    except BadMedia:
        return None
    return _decoded(found[2]) if found else None


def name_of(card: bytes) -> str:
    """Whose card it is."""
    try:
        said = _properties(card).get("FN", (0, "", ""))[2]
    except BadMedia:
        return ""
    return re.sub(r"\\(.)", r"\1", said)


def _fitted(data: bytes, actions: tuple[str, ...]) -> Fitted:
    ref = f"{sha256(data).hexdigest()}{ENDING}"
    info = MediaInfo(ref, "vcf", len(data), SIDE, SIDE)
    return Fitted(info, data, 1, None, actions, (Source(SIDE, SIDE, len(data)),))


def _properties(data: bytes) -> dict[str, tuple[int, str, str]]:
    """Name -> line, options and value of the first such property. Raises BadMedia."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise BadMedia("card", f"line {line}: it is not UTF-8") from error
    lines = _unfolded(text)
    if not lines or lines[0][1].strip().upper() != "BEGIN:VCARD":
        raise BadMedia("card", "line 1: a vCard begins with BEGIN:VCARD")
    last, said = lines[-1]
    if said.strip().upper() != "END:VCARD":
        raise BadMedia("card", f"line {last}: a vCard ends with END:VCARD")
    found: dict[str, tuple[int, str, str]] = {}
    for line, said in lines[1:-1]:
        read = _PROPERTY.fullmatch(said)
        if read is None:
            raise BadMedia("card", f"line {line}: this is not NAME:VALUE")
        if said.upper().startswith("BEGIN:"):
            raise BadMedia("card", f"line {line}: a second card; a message has one")
        found.setdefault(read[1].upper(), (line, read[2], read[3]))
    return found


def _unfolded(text: str) -> list[tuple[int, str]]:
    """The lines with their numbers; one that begins with a blank goes on the one before."""
    lines: list[tuple[int, list[str]]] = []
    for number, line in enumerate(text.replace("\r\n", "\n").split("\n"), 1):
        if line[:1] in (" ", "\t") and lines:
            lines[-1][1].append(line[1:])
        elif line.strip():
            lines.append((number, [line]))
    return [(number, "".join(parts)) for number, parts in lines]


def _decoded(photo: str) -> bytes | None:
    try:
        return b64decode("".join(photo.split()), validate=True) or None
    except (binascii.Error, ValueError):
        return None


def _of_support(support: str | None, numbers: tuple[str, ...]) -> list[str]:
    if not support:
        return []
    if _MAIL.fullmatch(support):
        return [f"EMAIL;TYPE=INTERNET,WORK:{_escaped(support)}"]
    if _PHONE.fullmatch(support):
        return [] if support in numbers else [f"TEL;TYPE=WORK,VOICE:{support}"]
    is_address = "." in support and re.fullmatch(r"[!-~]+", support) is not None  # a line break would begin a property
    return (
        [f"URL:{support if '://' in support else f'https://{support}'}"]
        if is_address
        else [f"NOTE:{_escaped(support)}"]
    )


def _escaped(text: str) -> str:
    return re.sub(r"([\\,;])", r"\\\1", " ".join(text.split()))


def _folded(line: str) -> bytes:
    """A line of the file; what does not fit goes on behind a blank."""
    pieces, room = [bytearray()], LINE
    for mark in line:
        coded = mark.encode()
        if len(pieces[-1]) + len(coded) > room:
            pieces.append(bytearray())
            room = LINE - 1
        pieces[-1] += coded
    return b"\r\n ".join(bytes(piece) for piece in pieces) + b"\r\n"


def _photo(logo: bytes) -> bytes:
    """The logo as a whole, on white, in a square. Raises BadMedia."""
    from PIL import Image, ImageOps

    from engine.messaging.media.fitting import fit

    with Image.open(BytesIO(fit(logo, as_photo=True).data)) as image:
        whole = image.convert("RGBA")
        square = Image.new("RGB", (SIDE, SIDE), "white")
        inside = ImageOps.contain(whole, (SIDE, SIDE))
        square.paste(inside, ((SIDE - inside.width) // 2, (SIDE - inside.height) // 2), inside)
    for quality in (90, 80, 70, 50, 30):
        out = BytesIO()
        square.save(out, "JPEG", quality=quality, optimize=True)
        if out.tell() <= PHOTO_BYTES:
            break
    return out.getvalue()
