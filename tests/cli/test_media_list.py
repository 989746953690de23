"""`media list`: what is there, what becomes of it, and who uses it."""

from __future__ import annotations

import json

from tests.cli.conftest import Terminal
from tests.cli.conftest import terminal_without_database as terminal
from tests.messaging.media.drawn import ball, gif, photo, stored

__all__ = ["terminal"]

FLOW = """flow: extra
language: 1
trigger: {event: list.joined}
steps:
  - {id: one, sms: {text: "Acme: new. Reply STOP to opt out", image: media/spring.jpg, otherwise: skip}}
  - {id: two, sms: {text: New, collage: [media/spring.jpg, media/sneakers.jpg], crop: true, otherwise: skip}}
  - {id: three, sms: {text: New, image: media/gone.jpg, otherwise: skip}}
"""


def test_each_picture_with_what_it_becomes_and_where_it_is_used(shop: Terminal) -> None:
    (shop.folder / "flows" / "extra.yaml").write_text(FLOW)
    (shop.folder / "media" / "old").mkdir()
    (shop.folder / "media" / "old" / "film.gif").write_bytes(gif([ball(0), ball(3)]))
    (shop.folder / "media" / "half.jpg").write_bytes(stored(photo((64, 48)))[:900])
    told = json.loads(shop.well("media", "list", "--format", "json").out)["pictures"]
    rows = {(*row["files"], row["crop"]): row for row in told}
    spring = rows["media/spring.jpg", False]
    assert "extra.one" in spring["used"] and "becomes" in spring
    assert spring["bytes"] == (shop.folder / "media/spring.jpg").stat().st_size
    both = rows["media/spring.jpg", "media/sneakers.jpg", True]
    assert (both["used"], both["width"], both["height"], both["kind"]) == (["extra.two"], 1080, 1920, "jpeg")
    assert rows["media/gone.jpg", False]["becomes"] == "cannot be sent: there is no such file"
    film = rows["media/old/film.gif", False]
    assert (film["used"], film["frames"], film["kind"]) == ([], 2, "gif")
    assert "damaged" in rows["media/half.jpg", False]["becomes"] and rows["media/half.jpg", False]["bytes"] is None
    assert [bool(row["used"]) for row in told] == sorted((bool(row["used"]) for row in told), reverse=True)

    lines = shop.well("media", "list").out.splitlines()
    assert lines[0].split() == ["picture", "becomes", "used", "in"]
    cropped = next(line for line in lines if line.startswith("media/spring.jpg + media/sneakers.jpg (cropped) "))
    assert "2 pictures" in cropped and cropped.endswith("extra.two")
    assert [line.endswith("nowhere") for line in lines if "film.gif" in line] == [True]


def test_a_project_without_pictures_says_so(terminal: Terminal) -> None:
    (terminal.folder / "leadoff.yaml").write_text("project: p\nbrand: P\ntimezone: UTC\n")
    said = terminal.well("media", "list")
    assert (said.out, "no pictures" in said.err) == ("", True)
