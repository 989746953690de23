"""How values travel: whole numbers as bigint, a list as the text of an array, JSON as its text, a sum as a whole number."""

from __future__ import annotations

from typing import Any

from psycopg.abc import AdaptContext
from psycopg.adapt import Dumper, Loader
from psycopg.types.numeric import Int8Dumper
from psycopg.types.string import TextLoader

from engine.store.postgres.many import ArrayText, array
from engine.store.sql import ListValue


class _ListDumper(Dumper):
    """Of unknown type: the server takes it as an array of what it is compared with."""

    def dump(self, obj: ListValue) -> bytes:
        return array(obj.encode())


class _ArrayDumper(Dumper):
    """The same."""

    def dump(self, obj: ArrayText) -> bytes:
        return obj


class _NumericLoader(Loader):
    """SUM of bigint is numeric."""

    def load(self, data: Any) -> int | float:
        text = bytes(data).decode()
        return float(text) if "." in text else int(text)


def register(context: AdaptContext) -> None:
    context.adapters.register_dumper(ListValue, _ListDumper)
    context.adapters.register_dumper(ArrayText, _ArrayDumper)
    context.adapters.register_dumper(int, Int8Dumper)
    context.adapters.register_loader("json", TextLoader)
    context.adapters.register_loader("numeric", _NumericLoader)
