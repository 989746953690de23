"""The path of an image as a flow names it: relative to the project's root, with / as separator."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from pydantic import Field, GetCoreSchemaHandler, WithJsonSchema
from pydantic_core import CoreSchema, core_schema

from engine.language.diagnostics.wording import problem
from engine.language.model.unreadable import UNREADABLE
from engine.language.values.scalars import parse_text
from engine.messaging.media.picture import BETWEEN, FEWEST_TILES, MOST_TILES


def name_of(paths: Sequence[str], crop: bool = False) -> str:
    """One name for a picture made of several; with `crop` it begins with the separator.

    UNREADABLE where one of both could not be read.
    """
    name: str = UNREADABLE
    if paths is not UNREADABLE and crop is not UNREADABLE:
        name = (BETWEEN if crop else "") + BETWEEN.join(paths)
    return name


class MediaPath(str):
    """A text; the rules check the file itself (LO6)."""

    @property
    def leaves_the_project(self) -> bool:
        parts = self.replace("\\", "/").split("/")
        return self.startswith(("/", "\\")) or ".." in parts or ":" in parts[0] or "\x00" in self or BETWEEN in self

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(cls.read)

    @classmethod
    def read(cls, value: object) -> MediaPath:
        if isinstance(value, list):
            help = "combine several pictures with `collage: [media/coat.jpg, media/shoes.jpg]`"
            raise problem("LO206", "an image is one path, not a list", help, at="key")
        return cls(parse_text(value))


_LISTED = {
    "type": "array",
    "items": {"type": "string", "minLength": 1},
    "minItems": FEWEST_TILES,
    "maxItems": MOST_TILES,
}
Collage = Annotated[
    tuple[MediaPath, ...], Field(min_length=FEWEST_TILES, max_length=MOST_TILES),
    WithJsonSchema({**_LISTED, "examples": [["media/coat.jpg", "media/shoes.jpg"]]}),
]  # fmt: skip
