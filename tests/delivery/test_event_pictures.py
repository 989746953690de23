"""Pictures that come with events, fetched from a host on loopback that behaves as badly as hosts do."""

from __future__ import annotations

import gzip
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from zlib import crc32

import pytest
from PIL import Image

from engine import stored_media
from engine.core.event_pictures import EventPicture
from engine.core.facts import PictureFact
from engine.delivery.event_pictures import LARGEST, EventPictures
from engine.delivery.outbox import send_all_due
from engine.delivery.pool import Pool
from engine.delivery.web_call import Caller
from engine.store import pictures
from engine.upkeep import chores
from tests.delivery.crm import Answer, Crm, hangs_up, says, says_half
from tests.messaging.media.drawn import photo, read, stored
from tests.world import ADA, BEN, CY, DAY, HOUR, MINUTE, PROJECT, World

SHOP = PROJECT + (
    "  cart.left: {image: url, items: {type: list, of: {title: text, image: url}}}\n"
    "image_hosts: [127.0.0.1, cdn.acme.example]\nwebhooks: {allow_hosts: [127.0.0.1]}\n"
)
ONE = """\
flow: one
language: 1
trigger: {event: cart.left}
steps:
  - {id: look, sms: {text: Look, image: {from: event.image, fallback: media/hero.png}, otherwise: link}}
"""
CART = """\
flow: cart
language: 1
trigger: {event: cart.left}
entry: {while_active: parallel}
steps:
  - {id: think, delay: 1h}
  - id: look
    sms:
      text: "Still there: {{ event.items | names(2) | default('your things') }}"
      collage: {from: event.items, field: image, at_most: 3, fallback: media/hero.png}
      otherwise: text
"""
COAT, SHOES, BAG = (stored(Image.new("RGB", (600, 800), colour)) for colour in ("navy", "olive", "maroon"))
PNG = stored(Image.new("L", (600, 800)), "PNG")
HEAD = PNG[12:16] + (30_000).to_bytes(4) * 2 + PNG[24:29]
BOMB = PNG[:12] + HEAD + crc32(HEAD).to_bytes(4) + PNG[33:]
FILM = stored(
    photo((300, 300)), "GIF", save_all=True, append_images=[photo((300, 300)).rotate(turn) for turn in (90, 180)]
)


class Shop:
    """A world whose pictures are fetched when `fetch` is called."""

    def __init__(self, world: World, request_ms: int = 300) -> None:
        caller = Caller(world.clock.now, lambda host, port: ["127.0.0.1"])
        self.world = world
        self.fetches = EventPictures(world.app.database, world.app.deployed, caller, request_ms)

    def fetch(self) -> int:
        return send_all_due(self.fetches, self.world.clock.now, limit=10)

    def found(self, name: str) -> PictureFact | None:
        with self.world.app.database.reading() as db:
            return pictures.found(db, [name]).get(name)

    def asked(self, name: str) -> PictureFact:
        """After all attempts at it."""
        now = self.world.clock.now()
        self.world.app.database.write(lambda db: pictures.ask(db, [name], now))
        for after in (0, 3_000, 9_000):
            self.world.clock.move_to(self.world.clock.now() + after)
            self.fetch()
            found = self.found(name)
            if found is not None and not found.is_awaited:
                return found
        raise AssertionError("it is asked for after the last attempt")


def cart(host: Crm, *paths: str) -> dict[str, object]:
    return {"items": [{"title": path.title(), "image": f"{host.url}/{path}.jpg"} for path in paths]}


def hero_of(world: World) -> str:
    (program,) = world.app.deployed().programs.values()
    return program.settings.media["media/hero.png"]


def sent(world: World) -> list[str | None]:
    return [message.media for message in world.messages()]


def bad_answers(host: Crm) -> Iterator[tuple[Answer, str]]:
    page = b"<!doctype html><html><body>Not found</body></html>"
    svg = b'<svg xmlns="http://www.w3.org/2000/svg" width="600" height="800"><script>1</script></svg>'
    ok = b"HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\n\r\n"
    yield says(404, page), "answered 404"
    yield says(200, page, Content_Type="image/jpeg"), "the file is a page of HTML"
    yield says(200, svg, Content_Type="image/svg+xml"), "the file is an SVG drawing"
    yield says(200, gzip.compress(COAT), Content_Encoding="gzip"), "the file is not a JPEG, PNG or GIF picture"
    yield says(200, COAT[:-400]), "the JPEG picture is damaged"
    yield says(200, b""), "the file is empty"
    yield says(200, BOMB), "the picture has 30000×30000 pixels; of a PNG at most 16 million are decoded"
    yield says(200, stored(Image.new("RGB", (600, 120)))), "it has 600×120 pixels, less than 200 in width or height"
    yield says(200, b"\xff" * (LARGEST + 1)), f"an answer of more than {LARGEST:,} bytes"
    yield says(503, b""), "answered 503"
    yield says_half, "no whole answer"
    yield hangs_up, "no whole answer"
    yield host.never_ends(ok, b"\xff"), "no answer in time"
    yield says(302, b"", Location="/again.jpg"), "more than 3 redirects"
    yield says(302, b"", Location="http://elsewhere.example/a.jpg"), "elsewhere.example is not a host that is allowed"
    yield says(302, b"", Location="http://169.254.169.254/meta"), "169.254.169.254 is not a host that is allowed"
    yield says(302, b"", Location="file:///etc/passwd"), "redirected to something that is not a URL"
    yield (
        says(302, b"", Location=f"http://cdn.acme.example:{host.port}/"),
        "cdn.acme.example is 127.0.0.1, which is not",
    )


@pytest.mark.only("sqlite", "what a host answers has nothing to do with the database")
def test_a_host_that_misbehaves_costs_some_seconds_and_its_picture(tmp_path: Path) -> None:
    with World(tmp_path, ONE, project=SHOP) as world, Crm() as host:
        shop = Shop(world)
        for number, (answer, why) in enumerate(bad_answers(host)):
            host.answers = [answer]
            found = shop.asked(f"{host.url}/{number}.jpg?key=secret")
            assert found.ref is None and found.why is not None and why in found.why, (why, found.why)
            assert "secret" not in found.why and found.why.startswith("127.0.0.1: ")
        asked = len(host.got)
        for url, why in (
            ("http://elsewhere.example/a.jpg", "elsewhere.example is not a host"),
            (
                f"http://cdn.acme.example:{host.port}/a.jpg",
                "which is not a public address",
            ),  # a name that turned private
            ("http://[::1]/a.jpg", "::1 is not a host"),
            ("http://127.0.0.1:1/a.jpg", "no connection"),
        ):
            assert why in str(shop.asked(url).why)
        assert len(host.got) == asked
        host.answers = [
            says(503, b"", Set_Cookie="visit=1; Path=/"),
            says(200, FILM),
        ]  # the second attempt brings it; of an animation the first frame
        found = shop.asked(f"{host.url}/film.gif")
        assert found.ref is not None and found.ref.endswith("jpg")
        first = read((world.app.picture(found.ref) or tmp_path).read_bytes())
        red, green, blue = first.crop((0, 0, 50, 50)).resize((1, 1)).tobytes()
        assert red > 200 and max(green, blue) < 50, "in the others another corner is red"
        assert host.got[-1].headers["accept"].startswith("image/jpeg") and "cookie" not in host.got[-1].headers


def test_a_cart_is_fetched_when_it_comes_and_shown_an_hour_later(tmp_path: Path) -> None:
    with World(tmp_path, CART, project=SHOP) as world, Crm(says(200, COAT), says(404, b""), says(200, BAG)) as host:
        shop = Shop(world)
        world.event("cart.left", ADA, cart(host, "coat", "shoes", "bag", "hat"))
        world.tick()
        with world.app.database.reading() as db:  # a daemon that has claimed it is killed
            assert pictures.waiting(db) == 1
        assert len(shop.fetches.claim(world.clock.now(), 5).outgoing) == 1 and shop.fetch() == 0
        world.tick(pictures.LEASE_MS)
        assert shop.fetch() == 1
        assert [got.target for got in host.got] == ["/coat.jpg", "/shoes.jpg", "/bag.jpg"]
        host.answers = [says(500, b"")]  # the shop has removed them
        world.event("cart.left", BEN, cart(host, "coat", "shoes", "bag"))
        world.event("cart.left", CY, {"items": [{"title": "Coat"}]})
        world.tick(HOUR)
        assert shop.fetch() == 0
        world.tick(HOUR)
        assert world.send() == 3 and len(host.got) == 3
        (name,) = {EventPicture(("items",), "image", 3).name(cart(host, "coat", "shoes", "bag"))}
        found = shop.found(name or "")
        assert found is not None and found.why == "of 3 pictures 1 is missing: 127.0.0.1: answered 404"
        hero = hero_of(world)
        assert sorted(map(str, sent(world))) == sorted([str(found.ref), str(found.ref), hero])
        picture = read((world.app.picture(str(found.ref)) or tmp_path).read_bytes())
        assert picture.size == (1080, 1920)
        above, below = (picture.crop((0, top, 1080, top + 960)).resize((1, 1)).tobytes() for top in (0, 960))
        assert above[2] > above[0] and below[0] > below[2], "navy above, maroon below"
        assert "of 3 pictures 1 is missing: 127.0.0.1: answered 404" in " ".join(world.story(ADA))
        assert "the fallback media/hero.png: the event has no picture" in " ".join(world.story(CY))


def test_a_text_at_once_waits_for_its_picture_and_not_for_long(tmp_path: Path) -> None:
    with World(tmp_path, ONE, project=SHOP) as world, Crm(says(503, b""), says(200, COAT)) as host:
        shop = Shop(world)
        for phone, image in ((ADA, "coat"), (BEN, "never")):
            world.event("cart.left", phone, {"image": f"{host.url}/{image}.jpg"})
            world.tick()
        claimed = shop.fetches.claim(world.clock.now(), 1).outgoing  # of one the daemon is killed
        assert len(claimed) == 1
        shop.fetch()
        assert world.send() == 0 and "waits for its picture" in " ".join(world.story(ADA))
        for _ in range(12):
            world.tick(3_000)
            shop.fetch()
            world.send()
        slow = "the fallback media/hero.png: it was not there in time"
        late = BEN if slow in " ".join(world.story(BEN)) else ADA
        refs = {message.contact: message.media for message in world.messages()}
        assert slow in " ".join(world.story(late)) and len(set(refs.values())) == 2
        assert len(world.arrived()) == 2


def test_pictures_are_fetched_anew_and_deleted_when_nobody_uses_them(tmp_path: Path) -> None:
    with World(tmp_path, ONE, project=SHOP) as world, Crm(says(200, COAT), says(200, SHOES), says(404, b"")) as host:
        shop, url = Shop(world), f"{host.url}/coat.jpg"

        def look(phone: str) -> str | None:
            world.event("cart.left", phone, {"image": url})
            world.tick()
            shop.fetch()
            world.tick(3_000)
            world.send()
            return world.messages()[-1].media

        first = look(ADA)
        assert look(BEN) == first and len(host.got) == 1
        world.tick(DAY)
        assert look(CY) == first and len(host.got) == 2  # the text did not wait for the new one
        second = shop.found(url)
        assert second is not None and second.ref not in (None, first)
        world.tick(DAY)
        hero = hero_of(world)
        assert look(ADA) == second.ref
        assert str(getattr(shop.found(url), "why", None)) == "127.0.0.1: answered 404"
        assert look(BEN) == hero
        for ref in (first, second.ref):
            assert world.app.picture(str(ref)) is not None  # somebody has looked at it
        kept = {first, second.ref, hero}
        for after, left in ((10 * DAY, kept), (84 * HOUR, {second.ref, hero}), (10 * DAY, {hero})):
            world.tick(after)
            chores.forget(world.app.database, world.clock.now)
            with world.app.database.reading() as db:
                assert {name for (name,) in db.execute("SELECT name FROM blob")} == left
            stored_media.delete_forgotten(world.app.database, world.app.media_dir, time.time() + 60)
            assert {file.name for file in world.app.media_dir.iterdir()} == left
        assert shop.found(url) is None


@pytest.mark.only("sqlite", "threads, and no statement that the others do not have")
def test_hosts_that_never_end_hold_up_no_message(tmp_path: Path) -> None:
    plain = "flow: plain\nlanguage: 1\ntrigger: {event: list.joined}\nsteps: [{id: hi, sms: Hello}]\n"
    with World(tmp_path, ONE, plain, project=SHOP) as world, Crm() as host:
        asked, endless = threading.Event(), host.never_ends(b"HTTP/1.1 200 OK\r\n\r\n", b"x")

        def answer(conn: socket.socket) -> None:
            asked.set()
            endless(conn)

        host.answers = [answer]
        shop, now = Shop(world, 2_000), world.clock.now()
        world.app.database.write(lambda db: pictures.ask(db, [f"{host.url}/{n}.jpg" for n in range(9)], now))
        pool = Pool(shop.fetches, world.clock, workers=2)
        pool.start()
        try:
            assert asked.wait(30)
            world.event("list.joined", ADA)
            world.receive_text(BEN, "STOP")
            world.tick()
            world.send()
            assert world.arrived() == [(ADA, "Hello")]
            with world.app.database.reading() as db:
                assert db.execute("SELECT status FROM consent WHERE phone = ?", (BEN,)).fetchone()[0] == "unsubscribed"
                assert pictures.waiting(db) == 9, "none has ended"
        finally:
            pool.stop()


def test_more_pictures_than_can_be_fetched_are_refused_at_once(tmp_path: Path) -> None:
    with World(tmp_path, ONE, project=SHOP) as world:
        shop, now = Shop(world), world.clock.now()
        many = [f"https://cdn.acme.example/{number}.jpg" for number in range(pictures.MOST_WAITING + 2)]
        world.app.database.write(lambda db: pictures.ask(db, many, now))
        with world.app.database.reading() as db:
            found = pictures.found(db, many)
        assert [fact.why for fact in found.values() if fact.why] == [
            "more than 1,000 pictures waited to be fetched"
        ] * 2
        refused = next(name for name, fact in found.items() if fact.why)
        world.app.database.write(lambda db: pictures.ask(db, [refused], now + MINUTE))
        assert shop.found(refused) == found[refused]
