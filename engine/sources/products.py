"""The pictures of a shop's products: for events whose items carry none.

Invariants: a picture is found by what an item of a cart or an order says of its product: its variant, its product, its SKU, in that order.
Bodies are read as Shopify and WooCommerce write them, in webhooks and where their API lists products.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from engine.sources.bodies import instant, word
from engine.sources.paths import value_of

LONGEST_URL: Final = 2_000
_OF_ITEM: Final = {"variant": ("variant_id", "variation_id"), "product": ("product_id",), "sku": ("sku",)}
_LISTED: Final = ("products", "data")  # where an API puts its list


def keys_of_item(item: object) -> list[str]:
    """By what the product of an item is found; the best first."""
    found = (
        (kind, word(value_of(item, name)))
        for kind, names in _OF_ITEM.items()
        for name in names
        if isinstance(item, dict)
    )
    return [key(kind, value) for kind, value in found if value and value != "0"]


def key(kind: str, value: str) -> str:
    """`product:55`. `kind`: product | variant | sku."""
    return f"{kind}:{value[:200]}"


def products_in(body: object) -> Iterator[Mapping[str, Any]]:
    """The products of what an API or an export has written: one, or a list of them."""
    if isinstance(body, dict):
        listed = next((body[name] for name in _LISTED if isinstance(body.get(name), list)), None)
        yield from products_in(listed) if listed is not None else (body,)
    elif isinstance(body, list):
        yield from (each for each in body if isinstance(each, dict))


def pictures_of(product: Mapping[str, Any]) -> dict[str, str]:
    """Key -> the address of the picture, of the product and of its variants; "" where there is none."""
    by_id = {word(each.get("id")): address(each.get("src")) for each in _rows(product, "images")}
    own = address(value_of(product, "image.src")) or next(filter(None, by_id.values()), "")
    found: dict[str, str] = {}
    number = word(product.get("id"))
    for kind, value in (
        ("product", number),
        ("variant", number if product.get("parent_id") else ""),
        ("sku", word(product.get("sku"))),
    ):
        if value:
            found[key(kind, value)] = own
    for variant in _rows(product, "variants"):
        of_variant = (
            by_id.get(word(variant.get("image_id")))
            or address(value_of(variant, "featured_image.src"))
            or address(value_of(variant, "image.src"))
            or own
        )
        for kind, value in (("variant", word(variant.get("id"))), ("sku", word(variant.get("sku")))):
            if value:
                found[key(kind, value)] = of_variant
    return found


def changed_at(product: Mapping[str, Any]) -> int | None:
    """UTC ms; None where it does not say."""
    gmt = product.get("date_modified_gmt")
    return instant(f"{gmt}Z" if isinstance(gmt, str) else product.get("updated_at"))


def address(value: object) -> str:
    """A web address; "" where it is none. A shop leaves out the scheme now and then."""
    text = value.strip() if isinstance(value, str) else ""
    text = f"https:{text}" if text.startswith("//") else text
    good = text.startswith(("https://", "http://")) and text.isprintable() and " " not in text
    return text if good and len(text) <= LONGEST_URL else ""


def _rows(product: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    rows = product.get(name)
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
