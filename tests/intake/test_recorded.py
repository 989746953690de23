"""A webhook in a file, with its headers or without."""

from __future__ import annotations

import pytest

from engine.intake.recorded import recorded


def test_a_body_alone() -> None:
    assert recorded(b'  {"a": 1}\n\n') == ({}, b'  {"a": 1}\n\n')
    assert recorded(b"[]").body == b"[]"


@pytest.mark.parametrize("gap", [b"\n", b"\r\n"])
def test_headers_an_empty_line_and_the_body_to_the_byte(gap: bytes) -> None:
    raw = gap.join(
        (b"POST /sources/store HTTP/1.1", b"X-Shopify-Topic:  orders/create", b"x-a: b: c", b"", b'{"a": 1}\n\n1')
    )
    assert recorded(raw) == ({"x-shopify-topic": "orders/create", "x-a": "b: c"}, b'{"a": 1}\n\n1')


def test_headers_alone() -> None:
    assert recorded(b"X-A: b\n") == ({"x-a": "b"}, b"")


def test_anything_else_is_refused_with_its_line() -> None:
    with pytest.raises(ValueError, match="line 2 of its head"):
        recorded(b"X-A: b\nno header\n\n{}")
