"""The path of an image as a flow names it: from the project's root, with / between."""

from __future__ import annotations

from typing import Any

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

from engine.language.values import parse_text


class MediaPath(str):
    """A text; whether the file is there and what it holds is looked at by the rules (LO6)."""

    @property
    def leaves_the_project(self) -> bool:
        parts = self.replace("\\", "/").split("/")
        return self.startswith(("/", "\\")) or ".." in parts or ":" in parts[0] or "\x00" in self

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(lambda value: cls(parse_text(value)))
