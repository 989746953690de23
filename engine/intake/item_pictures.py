"""Finds the picture of an item's product, in what the source has told of its products."""

from __future__ import annotations

from engine.intake.mapping import ProductPicture
from engine.sources import products
from engine.store import product_pictures
from engine.store.sql import Connection


def told_by(db: Connection, source: str) -> ProductPicture:
    """Of an item as the shop writes it: the picture of its variant, else of its product, else of its SKU."""

    def find(item: object) -> str | None:
        keys = products.keys_of_item(item)
        known = product_pictures.find(db, source, keys) if keys else {}
        return next((known[key] for key in keys if key in known), None)

    return find
