"""Contact cards: what is made of leadoff.yaml, and which files of one's own are sent."""

from __future__ import annotations

from io import BytesIO

import pytest
from PIL import Image

from engine.messaging.media import contact_card
from engine.messaging.media.contact_card import Details
from engine.messaging.media.picture import BadMedia
from engine.preview.drawing.card_face import seen
from tests.messaging.media.drawn import stored

NUMBER = "+18445550100"
LOGO = stored(Image.new("RGBA", (600, 300), "teal"), "PNG")


def lines(data: bytes) -> list[str]:
    return data.replace(b"\r\n ", b"").decode().split("\r\n")


def test_a_card_has_the_brand_the_numbers_the_support_and_the_logo() -> None:
    brand = "Ünïcode & Söhne, Mäntel; " + "é" * 60
    found = contact_card.made(Details(brand, (NUMBER, "+12025550100"), "help@acme.example", "media/logo.png"), LOGO)
    assert all(len(line) <= 75 for line in found.data.split(b"\r\n"))
    assert found.data.endswith(b"END:VCARD\r\n")
    escaped = brand.replace(",", r"\,").replace(";", r"\;")
    told = lines(found.data)
    assert told[:6] == [
        "BEGIN:VCARD", "VERSION:3.0", f"N:{escaped};;;;", f"FN:{escaped}", f"ORG:{escaped}", "X-ABShowAs:COMPANY",
    ]  # fmt: skip
    assert f"TEL;TYPE=WORK,VOICE,PREF:{NUMBER}" in told
    assert "TEL;TYPE=WORK,VOICE:+12025550100" in told
    assert "EMAIL;TYPE=INTERNET,WORK:help@acme.example" in told
    photo = contact_card.photo_of(found.data)
    assert photo is not None
    with Image.open(BytesIO(photo)) as image:
        assert (image.format, image.size, image.getpixel((0, 0))) == ("JPEG", (480, 480), (255, 255, 255))
    assert contact_card.name_of(found.data) == brand
    assert contact_card.read(found.data, 500_000).info == found.info, "what is made can be read"
    with Image.open(BytesIO(seen(found.data))) as face:
        assert face.size == (480, 480)
    assert seen(LOGO) == LOGO


@pytest.mark.parametrize(
    ("support", "line"),
    [
        ("acme.example/help", "URL:https://acme.example/help"),
        ("https://acme.example", "URL:https://acme.example"),
        ("+1 202 555 0111", "TEL;TYPE=WORK,VOICE:+1 202 555 0111"),
        ("ask in the shop", "NOTE:ask in the shop"),
        ("acme.example\r\nTEL:+19005550100", "NOTE:acme.example TEL:+19005550100"),
    ],
)
def test_support_is_an_address_a_number_or_words(support: str, line: str) -> None:
    assert line in lines(contact_card.made(Details("Acme", (NUMBER,), support, None), b"").data)


CARD = f"BEGIN:VCARD\r\nVERSION:3.0\r\nN:Acme;;;;\r\nFN:Acme\r\nTEL:{NUMBER}\r\nEND:VCARD\r\n"


@pytest.mark.parametrize(
    ("file", "fault", "reason"),
    [
        (b"\xff\xd8\xff", "card", "line 1: it is not UTF-8"),
        (b"", "card", "line 1: a vCard begins with BEGIN:VCARD"),
        (CARD.replace("3.0", "4.0").encode(), "card", "line 2: version 4.0, and phones read 3.0"),
        (CARD.replace("FN:Acme\r\n", "").encode(), "card", "it has no FN"),
        (CARD.replace("TEL:", "TEL ").encode(), "card", "line 5: this is not NAME:VALUE"),
        (CARD.replace("END:VCARD", "").encode(), "card", "line 5: a vCard ends with END:VCARD"),
        ((CARD + CARD).encode(), "card", "line 7: a second card; a message has one"),
        (CARD.replace("TEL:", "PHOTO;ENCODING=b:!").encode(), "card", "line 5: the photo is not written in base64"),
        (CARD.encode() + b" " * 1_000, "bytes", "1,076 bytes, more than the 1,000 that its senders take"),
    ],
)
def test_a_file_that_phones_cannot_read_says_where(file: bytes, fault: str, reason: str) -> None:
    with pytest.raises(BadMedia) as raised:
        contact_card.read(file, 1_000)
    assert (raised.value.fault, raised.value.reason) == (fault, reason)
