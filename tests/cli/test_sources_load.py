"""`sources load`: the pictures of a shop's products."""

from __future__ import annotations

import json

from tests.cli.conftest import Terminal

PRODUCT = {"id": 1, "image": {"src": "https://cdn.shopify.com/coat.jpg"}, "variants": [{"id": 11, "sku": "A"}]}


def test_products_are_loaded_once_and_a_host_that_is_not_named_is_said(open_shop: Terminal) -> None:
    settings, file = open_shop.folder / "leadoff.yaml", open_shop.folder / "products.json"
    settings.write_text(settings.read_text() + "sources: {store: {kind: shopify}}\n")
    file.write_text(json.dumps({"products": [PRODUCT, {"id": 2}]}))
    assert open_shop.well("sources", "load", "store", str(file)).out.splitlines() == [
        "store: 1 product with a picture, 1 without; 3 new or changed",
        "they come from hosts that leadoff.yaml does not name yet: `image_hosts: [cdn.shopify.com]`",
    ]
    settings.write_text(settings.read_text().replace("image_hosts: [", "image_hosts: [cdn.shopify.com, "))
    assert open_shop.well("sources", "load", "store", str(file)).out == (
        "store: 1 product with a picture, 1 without; 0 new or changed\n"
    )
    said = open_shop.well("sources", "load", "store", str(file), "--format", "json").json
    assert (said["products"], said["changed"], said["hosts_to_name"]) == (1, 0, [])
    file.write_text("Handle,Variant SKU,Image Src\nmug,,https://cdn.acme.example/mug.jpg\n")
    assert "1 product has no SKU" in open_shop.well("sources", "load", "store", str(file)).out
    said = open_shop("sources", "load", "stor", str(file))
    assert (said.code, 'did you mean "store"' in said.err) == (2, True)
