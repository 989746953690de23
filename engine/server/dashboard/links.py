"""Addresses of lists: the page that is shown, with its filter."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlencode

from pydantic import BaseModel, Field

RowId = Annotated[int, Field(ge=0, lt=2**62)]
"""In an address: what a database can have."""


def address(path: str, wanted: BaseModel, before: int | None = None) -> str:
    """With what the filter asks for; `before`: behind that row."""
    asked = {name: value for name, value in wanted.model_dump(exclude={"before"}).items() if value}
    if before is not None:
        asked["before"] = before
    return f"{path}?{urlencode(asked)}" if asked else path


def next_page(path: str, wanted: BaseModel, further: int | None) -> str | None:
    return None if further is None else address(path, wanted, further)
