"""Bodies as anybody may send them: bounded, and nothing in them becomes another number than it was."""

from __future__ import annotations

from decimal import Decimal

import pytest

from engine.sources import bodies
from engine.sources.bodies import DEEPEST, LARGEST, Unreadable, instant, word
from engine.sources.kinds import KINDS
from engine.sources.paths import is_path, value_of


def test_ids_beyond_2_to_the_53_stay_what_they_are() -> None:
    assert bodies.read(b'{"id": 9007199254740993, "total": 0.1}') == {"id": 9007199254740993, "total": Decimal("0.1")}


@pytest.mark.parametrize(
    "raw", [b"", b"{", b"\xff\xfe", b'{"a": NaN}', b'{"a": Infinity}', b"{'a': 1}", b"webhook_id=7", b'{"a": 1} {}']
)
def test_what_is_no_json_is_said_to_be_none(raw: bytes) -> None:
    with pytest.raises(Unreadable, match="not JSON"):
        bodies.read(raw)


@pytest.mark.parametrize("depth", [DEEPEST + 1, 900, 200_000])
@pytest.mark.parametrize("brackets", [(b"[", b"]"), (b'{"a":', b"}")])
def test_a_deep_body_is_refused(depth: int, brackets: tuple[bytes, bytes]) -> None:
    with pytest.raises(Unreadable, match="levels deep"):
        bodies.read(brackets[0] * depth + b"1" + brackets[1] * depth)


def test_a_huge_body_is_refused() -> None:
    with pytest.raises(Unreadable, match="2,000,000 bytes"):
        bodies.read(b'"' + b"a" * LARGEST + b'"')


def test_a_number_without_end_is_nothing() -> None:
    assert bodies.read(b'{"a": ' + b"9" * 5_000 + b', "b": 1e999999999, "c": 1e-999999, "d": 2}') == {
        "a": None,
        "b": None,
        "c": None,
        "d": 2,
    }


@pytest.mark.parametrize("raw", [b"[]", b"1", b"null", b'"text"'])
@pytest.mark.parametrize("kind", sorted(set(KINDS) - {"segment"}))
def test_a_list_where_an_object_is_expected(kind: str, raw: bytes) -> None:
    with pytest.raises(Unreadable, match="not an object"):
        KINDS[kind].messages({}, raw)


@pytest.mark.parametrize("raw", [b"[1]", b'[{"type": "track"}, null]', b"7"])
def test_a_batch_of_anything_else(raw: bytes) -> None:
    with pytest.raises(Unreadable, match="not an object or a list of them"):
        KINDS["segment"].messages({}, raw)


def test_a_batch_beyond_all_bounds() -> None:
    with pytest.raises(Unreadable, match="4,000 events"):
        KINDS["segment"].messages({}, b"[" + b"{}," * 4_000 + b"{}]")


def test_an_empty_batch_holds_nothing() -> None:
    assert KINDS["segment"].messages({}, b"[]") == ()


@pytest.mark.parametrize("kind", sorted(KINDS))
@pytest.mark.parametrize("value", ["null", "[]", "{}", "7", '"x"', "true"])
def test_no_key_of_a_body_has_to_be_what_it_should_be(kind: str, value: str) -> None:
    names = ("id", "token", "type", "event", "status", "data", "properties", "updated_at", "date_modified_gmt", "created",
             "sms_marketing_consent", "messageId", "timestamp", "test", "livemode")  # fmt: skip
    raw = "{" + ", ".join(f'"{name}": {value}' for name in names) + "}"
    headers = {"x-shopify-topic": "orders/create", "x-wc-webhook-topic": "order.updated"}
    (message,) = KINDS[kind].messages(headers, raw.encode())
    assert isinstance(message.topic, str)
    assert isinstance(message.key, str)


def test_times() -> None:
    assert instant("2026-11-27T09:00:00-05:00") == instant("2026-11-27T14:00:00Z") == instant(1_795_788_000)
    others: list[object] = ["2026-11-27T09:00:00", "never", None, True, -1, 10**12, []]
    assert [instant(each) for each in others] == [None] * 7


def test_words() -> None:
    others: list[object] = ["a", 12, True, None, 1.5, [], "x" * 201, "a\nb"]
    assert [word(each) for each in others] == ["a", "12"] + [""] * 6


def test_paths() -> None:
    body = {
        "customer": None,
        "address": [],
        "items": [{"title": "Coat"}],
        "notes": [{"name": "gift", "value": "yes"}, {"key": "sms", "value": True}, {"key": "odd"}],
        "blank": "  ",
        "zero": 0,
    }
    paths = ("customer.phone", "address.phone", "items[0].title", "items[1].title", "items[0][0]", "items.title")
    assert [value_of(body, path) for path in paths] == [None, None, "Coat", None, None, None]
    assert [value_of(body, path) for path in ("notes.gift", "notes.sms", "notes.odd", "blank", "zero")] == [
        "yes", True, None, None, 0,
    ]  # fmt: skip


@pytest.mark.parametrize("path", ["id", "a.b", "a[0]", "a[0][1].b", "properties.Order Total", "meta_data._sms"])
def test_what_is_a_path(path: str) -> None:
    assert is_path(path)


@pytest.mark.parametrize(
    "path", ["", ".", "a.", ".a", "a..b", "a[", "a[x]", "a[-1]", "a[1000]", "[0]", " a", "a ", "a\nb", "a" * 201]
)
def test_what_is_none(path: str) -> None:
    assert not is_path(path)
