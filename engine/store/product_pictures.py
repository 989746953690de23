"""The addresses of products' pictures, by what an item of a cart or an order says of its product.

Invariants: of two that were told of one product the later stands, also where it was that there is none.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from engine.store.sql import AMONG, Connection, listed


def put(db: Connection, source: str, pictures: Mapping[str, str], told_at: int) -> int:
    """Key -> address, "" where there is none any more; how many are new or changed. `told_at`: UTC ms, of the product as it is told of."""
    there = sorted((key, url) for key, url in pictures.items() if url)
    made = db.many(
        "INSERT INTO product_picture (source, key, url, told_at) VALUES (?, ?, ?, ?) ON CONFLICT (source, key) DO UPDATE"
        " SET url = excluded.url, told_at = excluded.told_at"
        " WHERE product_picture.told_at <= excluded.told_at AND product_picture.url <> excluded.url",
        [(source, key, url, told_at) for key, url in there],
    )
    gone = listed(sorted(key for key, url in pictures.items() if not url))
    emptied = db.execute(
        f"UPDATE product_picture SET url = '', told_at = ? WHERE source = ? AND key {AMONG} AND told_at <= ? AND url <> ''",
        (told_at, source, gone, told_at),
    )
    return made.rowcount + emptied.rowcount


def find(db: Connection, source: str, keys: Collection[str]) -> dict[str, str]:
    """Key -> address, of those that are known."""
    sql = f"SELECT key, url FROM product_picture WHERE source = ? AND key {AMONG} AND url <> ''"
    return {key: url for key, url in db.execute(sql, (source, listed(keys)))}
