"""The pictures of a shop's products from a file, into the database.

    JSON   products as the shop's API lists them: `{"products": […]}`, a list, or one product
    CSV    the product export of Shopify (a product is several lines) or of WooCommerce (a product is one line)

Invariants: a file is read whole before anything is stored, and the same file twice changes nothing. Of a product only addresses are kept.
What the shop has told later by a webhook stands: an API's product says when it was changed, and a CSV is as old as its file.
"""

from __future__ import annotations

import csv
import json
import os
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from io import BytesIO, TextIOWrapper
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from engine.contacts import csv_dialect
from engine.errors import UsageError
from engine.sources.products import address, changed_at, key, pictures_of, products_in
from engine.store import product_pictures
from engine.store.database import Database
from engine.store.sql import Connection

LARGEST = 200_000_000  # bytes of a file
BATCH = 5_000
_WAYS = "products as the shop's API lists them (JSON), or the product export of Shopify or WooCommerce (CSV)"
_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "handle": ("handle", "url handle"),
    "sku": ("variant sku", "sku"),
    "image": ("image src", "product image url", "images"),
    "own": ("variant image", "variant image url"),
    "id": ("id",),
    "type": ("type",),
    "parent": ("parent",),
}


class Loaded(NamedTuple):
    products: int  # with a picture
    without: int
    changed: int  # ways to a picture that are new or lead to another one
    hosts: tuple[str, ...]  # that the pictures come from
    unfindable: int = 0  # with a picture, and nothing in the file by which an item of a cart names it


class _Product(NamedTuple):
    pictures: Mapping[str, str]
    has_picture: bool
    told_at: int | None = None  # UTC ms


def load(database: Database, source: str, path: Path, now: int) -> Loaded:
    """Raises UsageError for a file that cannot be read or has no products."""
    raw, written = _read(path)
    found = list(_from_json(raw) if raw.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"{", b"[") else _from_csv(raw))
    if not any(each.has_picture for each in found):
        raise UsageError(f"{path} has no product with a picture", _WAYS)
    changed = 0
    for start in range(0, len(found), BATCH):
        batch = found[start : start + BATCH]
        changed += database.write(lambda db, batch=batch: _put(db, source, batch, min(now, written)))  # type: ignore[misc]
    there = [each for each in found if each.has_picture]
    hosts = sorted({str(urlsplit(url).hostname) for each in there for url in each.pictures.values() if url})
    lost = sum(not any(each.pictures.values()) for each in there)
    return Loaded(len(there), len(found) - len(there), changed, tuple(hosts), lost)


def _put(db: Connection, source: str, found: Sequence[_Product], written: int) -> int:
    by_time: dict[int, dict[str, str]] = defaultdict(dict)
    for each in found:
        by_time[written if each.told_at is None else each.told_at] |= each.pictures
    return sum(product_pictures.put(db, source, pictures, at) for at, pictures in sorted(by_time.items()))


def _read(path: Path) -> tuple[bytes, int]:
    """All of it, and when it was written (UTC ms)."""
    try:
        with path.open("rb") as file:
            raw, written = file.read(LARGEST + 1), round(os.fstat(file.fileno()).st_mtime * 1000)
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}") from error
    if len(raw) > LARGEST:
        raise UsageError(f"{path} has more than {LARGEST:,} bytes", "split it: each part is loaded by itself")
    return raw, written


def _from_json(raw: bytes) -> Iterator[_Product]:
    try:
        body = json.loads(raw.decode("utf-8-sig"), parse_int=str, parse_float=str)
    except (ValueError, RecursionError) as error:
        raise UsageError("the file begins as JSON, and is none", _WAYS) from error
    for product in products_in(body):
        pictures = pictures_of(product)
        if pictures:
            yield _Product(pictures, any(pictures.values()), changed_at(product))


def _from_csv(raw: bytes) -> Iterator[_Product]:
    text = TextIOWrapper(csv_dialect.in_utf8(BytesIO(raw)), "utf-8-sig", "replace", newline="")
    head = text.readline()
    delimiter = csv_dialect.delimiter_of(head)
    names = [name.strip().lower() for name in next(csv.reader([head], delimiter=delimiter), [])]
    columns = {
        what: next((names.index(each) for each in known if each in names), None) for what, known in _COLUMNS.items()
    }
    if columns["image"] is None:
        raise UsageError("no column of the file has pictures: Image Src, Product image URL or Images", _WAYS)
    try:
        rows = [
            {what: row[at].strip() if at is not None and at < len(row) else "" for what, at in columns.items()}
            for row in csv.reader(text, delimiter=delimiter)
        ]
    except csv.Error as error:
        raise UsageError(f"the file is no CSV: {error}", _WAYS) from error
    yield from _of_shopify(rows) if columns["handle"] is not None else _of_woocommerce(rows)


def _of_shopify(rows: Iterable[Mapping[str, str]]) -> Iterator[_Product]:
    """Lines with one handle are one product; the first picture is the product's."""
    products: dict[str, list[Mapping[str, str]]] = {}
    for row in rows:
        if row["handle"]:
            products.setdefault(row["handle"], []).append(row)
    for lines in products.values():
        own = next(filter(None, (address(line["image"]) for line in lines)), "")
        found = {key("sku", line["sku"]): address(line["own"]) or own for line in lines if line["sku"]}
        yield _Product(found, bool(own))


def _of_woocommerce(rows: Iterable[Mapping[str, str]]) -> Iterator[_Product]:
    """A variation without a picture has that of its parent, `id:55` or its SKU."""
    rows = list(rows)
    by_name: dict[str, str] = {}
    for row in rows:
        own = address(row["image"].partition(",")[0])
        by_name |= {name: own for name in (f"id:{row['id']}", row["sku"]) if name and own}
    for row in rows:
        own = address(row["image"].partition(",")[0]) or by_name.get(row["parent"], "")
        kinds = {"product": row["id"], "variant": row["id"] if row["type"] == "variation" else "", "sku": row["sku"]}
        found = {key(kind, value): own for kind, value in kinds.items() if value}
        if found:
            yield _Product(found, bool(own))
