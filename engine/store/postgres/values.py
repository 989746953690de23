"""How values travel: whole numbers as bigint, a list as the text of an array, JSON as its text, a sum as a whole number."""

from __future__ import annotations

from typing import Any

from psycopg.abc import AdaptContext
from psycopg.adapt import Dumper, Loader
from psycopg.types.numeric import Int8Dumper
from psycopg.types.string import TextLoader

from engine.store.sql import ListValue


class _ListDumper(Dumper):
    """Of unknown type: the server takes it as an array of what it is compared with."""

    def dump(self, obj: ListValue) -> bytes:
        return array(obj.values).encode()


class _NumericLoader(Loader):
    """SUM of bigint is numeric in PostgreSQL."""

    def load(self, data: Any) -> int | float:
        text = bytes(data).decode()
        return float(text) if "." in text else int(text)


def array(values: list[Any]) -> str:
    """The text of an array."""
    return "{" + ",".join(map(_element, values)) + "}"


def _element(value: Any) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return str(value)


def register(context: AdaptContext) -> None:
    context.adapters.register_dumper(ListValue, _ListDumper)
    context.adapters.register_dumper(int, Int8Dumper)
    context.adapters.register_loader("json", TextLoader)
    context.adapters.register_loader("numeric", _NumericLoader)
