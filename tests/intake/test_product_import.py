"""A shop whose carts carry no pictures: they come from what it told of its products."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import orjson
import pytest

from engine.errors import UsageError
from engine.intake.from_sources import take
from engine.intake.product_import import Loaded, load
from engine.store import product_pictures
from tests.sources import shopify
from tests.world import ADA, DAY, PROJECT, World

pytestmark = pytest.mark.usefixtures("each_database")
SHOP = PROJECT.replace(
    "events:\n", "events:\n  checkout.started: {cart: text, items: {type: list, of: {title: text, image: url}}}\n"
) + ("sources: {store: {kind: shopify}, woo: {kind: woocommerce}}\nimage_hosts: [cdn.acme.example]\n")
CDN = "https://cdn.acme.example"
COAT = {
    "id": 9007199254740993,
    "image": {"id": 1, "src": f"{CDN}/coat.jpg"},
    "images": [{"id": 1, "src": f"{CDN}/coat.jpg"}, {"id": 2, "src": f"{CDN}/coat-red.jpg"}],
    "variants": [{"id": 11, "sku": "COAT-B", "image_id": None}, {"id": 12, "sku": "COAT-R", "image_id": 2}],
    "updated_at": "2027-04-01T09:00:00-05:00",
}
SHOPIFY_CSV = """\
Handle,Title,Variant SKU,Image Src,Image Position,Variant Image
coat,Spring coat,COAT-B,https://cdn.acme.example/coat.jpg,1,
coat,,COAT-R,https://cdn.acme.example/coat-red.jpg,2,https://cdn.acme.example/coat-red.jpg
coat,,,https://cdn.acme.example/coat-back.jpg,3,
mug,Mug,,//cdn.acme.example/mug.jpg,1,
card,Gift card,CARD,,,
"""
WOO_CSV = """\
\ufeffID,Type,SKU,Name,Images,Parent
55,variable,SHOE,Sneakers,"https://cdn.acme.example/shoe.jpg, https://cdn.acme.example/shoe2.jpg",
56,variation,SHOE-42,Sneakers 42,,id:55
57,variation,SHOE-43,Sneakers 43,https://cdn.acme.example/shoe43.jpg,SHOE
"""


class Shop(World):
    def __init__(self, folder: Path) -> None:
        super().__init__(folder, project=SHOP)
        self._deliveries = 0

    def hook(self, topic: str, body: Any) -> dict[str, int]:
        self._deliveries += 1
        headers = shopify.headers(topic, f"d-{self._deliveries}")
        raw, project = orjson.dumps(body), self.app.deployed().project
        return dict(take(self.app.database, project, "store", headers, raw, self.clock.now()).counts)

    def pictures_of(self, *items: dict[str, Any]) -> list[str | None]:
        """Of the items of a new cart, by the file of the picture."""
        token = f"c{self._deliveries}"
        self.hook("checkouts/create", {"token": token, "sms_marketing_phone": ADA, "line_items": [*items]})
        with self.app.database.reading() as db:
            data = json.loads(db.execute("SELECT data FROM event ORDER BY id DESC LIMIT 1").fetchone()[0])
        return [item.get("image", "").removeprefix(f"{CDN}/") or None for item in data["items"]]

    def load(self, text: str, source: str = "store") -> Loaded:
        file = self.folder / "products"
        file.write_text(text)
        return load(self.app.database, source, file, self.clock.now())

    def found(self, source: str, *keys: str) -> list[str | None]:
        with self.app.database.reading() as db:
            known = product_pictures.find(db, source, keys)
        return [known[key].removeprefix(f"{CDN}/") if key in known else None for key in keys]


def test_a_cart_gets_the_pictures_of_its_products(tmp_path: Path) -> None:
    black, red = {"title": "Coat", "variant_id": 11}, {"title": "Coat", "variant_id": 12, "product_id": COAT["id"]}
    other = {"title": "Coat", "variant_id": 13, "product_id": COAT["id"], "sku": "X"}
    mug = {"title": "Mug", "sku": "MUG"}
    with Shop(tmp_path) as shop:
        assert shop.pictures_of(black, mug) == [None, None]
        done = shop.load(json.dumps({"products": [COAT, {"id": 2, "variants": [], "image": None}]}))
        assert done == Loaded(1, 1, 5, ("cdn.acme.example",))
        assert shop.load(json.dumps([COAT])).changed == 0
        assert shop.pictures_of(black, red, other, mug) == ["coat.jpg", "coat-red.jpg", "coat.jpg", None]
        later, blue = "2027-04-02T09:00:00-05:00", [{"id": 3, "src": f"{CDN}/coat-blue.jpg"}]
        shop.clock.move_to(shop.clock.now() + DAY)
        newer = {**COAT, "image": None, "images": blue, "updated_at": later}
        assert shop.hook("products/update", newer) == {"product": 1}
        assert shop.hook("products/update", COAT) == {"product": 1}, "an older one changes nothing"
        assert shop.pictures_of(black, red) == ["coat-blue.jpg", "coat-blue.jpg"]
        shop.hook(
            "products/update", {**newer, "images": [], "variants": [{"id": 11}], "updated_at": "2027-04-03T09:00:00Z"}
        )
        assert shop.pictures_of(black, {**red, "product_id": 0}) == [None, "coat-blue.jpg"]
        assert shop.load(json.dumps(COAT)).changed == 0, "older than what the shop has told since"
        shop.hook("products/delete", {"id": COAT["id"]})
        with shop.app.database.reading() as db:
            assert db.execute("SELECT COUNT(*) FROM source_body WHERE body LIKE '%coat-blue%'").fetchone()[0] == 0


def test_the_exports_of_shops(tmp_path: Path) -> None:
    with Shop(tmp_path) as shop:
        assert shop.load(SHOPIFY_CSV) == Loaded(2, 1, 2, ("cdn.acme.example",), 1)
        assert shop.found("store", "sku:COAT-B", "sku:COAT-R", "sku:CARD") == ["coat.jpg", "coat-red.jpg", None]
        assert shop.load(SHOPIFY_CSV.replace(",", ";"), "other").changed == 2
        assert shop.load(WOO_CSV, "woo") == Loaded(3, 0, 8, ("cdn.acme.example",))
        assert shop.found("woo", "product:55", "variant:56", "sku:SHOE-42") == ["shoe.jpg"] * 3
        assert shop.found("woo", "variant:57", "variant:55") == ["shoe43.jpg", None]


def test_files_without_products(tmp_path: Path) -> None:
    with Shop(tmp_path) as shop:
        for text, said in (
            ("", "no column of the file has pictures"),
            ("[", "begins as JSON, and is none"),
            ("[" * 100_000, "begins as JSON, and is none"),
            ("[]", "no product with a picture"),
            ('{"products": [1, null, {"images": "x", "variants": {"id": 1}}]}', "no product with a picture"),
            ('[{"id": 1, "images": [{"src": "javascript:alert(1)"}]}]', "no product with a picture"),
            ("Handle,Image Src\ncoat,x.jpg\n", "no product with a picture"),
            ("phone,first_name\n+12025550143,Ada\n", "no column of the file has pictures"),
        ):
            with pytest.raises(UsageError) as refused:
                shop.load(text)
            assert said in refused.value.message and "product export of Shopify" in str(refused.value.help), text
        with pytest.raises(UsageError, match="cannot read"):
            load(shop.app.database, "store", tmp_path / "nowhere.csv", 0)
