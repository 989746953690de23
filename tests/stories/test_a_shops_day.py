"""A recorded day of a shop (examples/shop/day), posted twice and in any order: what people get does not change.

The day holds what went wrong in public: the same order by two webhooks, the same delivery again, an older body late, two checkouts of one
person, an order by another number, a guest, a test order, a gift's receiver, a refund that names nobody. The orders are credited to the
text of the day before, and the picture of a product is in the carts of later.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest

from engine.core.event_pictures import EventPicture
from engine.intake.recorded import recorded
from engine.store import pictures
from tests.cli.conftest import Terminal, terminal
from tests.server.web.desk import Desk
from tests.sources import shopify
from tests.world import DAY, HOUR, MINUTE, World

__all__ = ["terminal"]

SHOP = Path(__file__).parents[2] / "examples/shop"
BODIES = sorted((SHOP / "day").glob("*.http"))
SECRET = "shpss_of_the_example"
ADA, BEN, DAVID, EVE, FAY = "+12025550143", "+12125550107", "+12145550121", "+13125550136", "+16465550151"


def flow(name: str, event: str, text: str) -> str:
    return (
        f"flow: {name}\nlanguage: 1\ncategory: transactional\ntrigger: {{event: {event}}}\n"
        f'steps: [{{id: say, sms: "{text}"}}]\n'
    )


CART = """\
flow: cart
language: 1
category: transactional
trigger: {event: checkout.started}
exit_when: [{when: {happened: order.placed}, reason: bought}]
steps:
  - {id: think, delay: 1h}
  - id: say
    sms:
      text: "Acme: your cart is waiting"
      collage: {from: event.items, field: image, at_most: 3, fallback: media/hero.png}
      otherwise: text
"""
COAT = EventPicture(("items",), "image", 3).name({"items": [{"image": "https://cdn.acme.example/spring-coat.jpg"}]})
FLOWS = (
    CART,
    flow("hello", "list.joined", "Acme: hello"),
    flow("thanks", "order.placed", "Acme: thank you for {{ event.order_id | default(0) }}"),
    flow("shipped", "order.shipped", "Acme: on its way {{ event.tracking | default(0) }}"),
    flow("refund", "order.refunded", "Acme: {{ event.total | default(0) }} go back"),
)
TEXTS = [
    (ADA, "Acme: 30 go back"),
    (ADA, "Acme: hello"),
    (ADA, "Acme: on its way 1Z0001"),
    (ADA, "Acme: thank you for 9007199254741011"),
    (BEN, "Acme: your cart is waiting"),
    (DAVID, "Acme: hello"),
    (DAVID, "Acme: thank you for 9007199254741013"),
    (EVE, "Acme: thank you for 9007199254741012"),
]


@pytest.fixture
def desk(terminal: Terminal) -> Iterator[Desk]:
    """The day before: Ada and David get a text."""
    project = (SHOP / "leadoff.yaml").read_text()
    with World(terminal.folder, *FLOWS, project=project, environ={"LEADOFF_SOURCE_STORE_SECRET": SECRET}) as world:
        for phone in (ADA, DAVID):
            world.event("list.joined", phone, {"list": "vip"})
        leaves(world)
        world.tick(after=DAY)
        yield Desk(world)


def leaves(world: World) -> None:
    """All that is due."""
    world.tick()
    while world.send():
        world.callbacks()
        world.tick(after=MINUTE)


def post(desk: Desk, file: Path, **changes: str) -> None:
    """As it was recorded, a day later."""
    text = file.read_text().replace("2027-04-01", "2027-04-02")
    for old, new in changes.items():
        text = text.replace(old, new)
    taken = recorded(text.encode())
    answer = desk.ask("POST", "/sources/store", taken.body, {**taken.headers, **shopify.signed(SECRET, taken.body)})
    assert answer.status_code == 200


@pytest.mark.parametrize("seed", [None, 1, 2, 3])
def test_the_same_texts_once_and_the_same_revenue_in_whatever_order_it_comes(
    desk: Desk, terminal: Terminal, seed: int | None
) -> None:
    world, day = desk.world, [*BODIES, *BODIES]
    if seed is not None:
        random.Random(seed).shuffle(day)
    for file in day:
        post(desk, file)
    for _ in range(3):
        world.tick(after=HOUR)
        leaves(world)
    every = "SELECT c.phone, m.text FROM message m JOIN contact c ON c.id = m.contact WHERE m.text != ''"  # of long ago
    with world.app.database.reading() as db:
        written = [tuple(row) for row in db.execute(every)]
        consent = dict(db.execute(f"SELECT phone, status FROM consent WHERE phone IN ('{EVE}', '{FAY}')").fetchall())
    assert sorted(written) == TEXTS
    assert sorted(world.arrived()) == TEXTS
    assert consent == {EVE: "subscribed", FAY: "unsubscribed"}
    told = terminal.well("stats", "--format", "json").json
    assert {each["flow"]: (each["orders"], each["revenue"]) for each in told["flows"] if each["orders"]} == {
        "hello": (2, {"USD": "219.00"})  # Ada's 189 less the 30 that went back, and David's 60
    }
    assert told["credited_to_none"] == {"orders": 1, "revenue": {"USD": "129.00"}}, "nothing was sent to Eve before"
    (laptop,) = (file for file in BODIES if "laptop" in file.name)
    post(desk, laptop, ben2="ben3", **{"8000-000000000006": "8000-000000000099"})
    world.tick()
    with world.app.database.reading() as db:
        assert COAT is not None and COAT in pictures.found(db, [COAT]), "the shop's picture of the coat is asked for"


def test_everything_in_it_is_fiction() -> None:
    for file in BODIES:
        body = recorded(file.read_bytes()).body
        assert b"key=00ff" in body or b"recover" not in body
        assert all(email.endswith(b"@mail.example") for email in _emails(orjson.loads(body)))


def _emails(value: object) -> Iterator[bytes]:
    if isinstance(value, dict):
        for name, each in value.items():
            if name == "email" and each:
                yield str(each).encode()
            yield from _emails(each)
    elif isinstance(value, list):
        for each in value:
            yield from _emails(each)
