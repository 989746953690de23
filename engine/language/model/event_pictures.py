"""Pictures that come with an event: `image: {from: event.image, fallback: media/brand.jpg}`, and collages of a list's rows.

Invariants: each names a picture of the project that is sent where there is none, so a message never depends on another server.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, cast

from pydantic import Field, PlainValidator, TypeAdapter, ValidationInfo

from engine.core.event_pictures import EventPicture
from engine.language.diagnostics.wording import problem
from engine.language.model.media_path import Collage, MediaPath, name_of
from engine.language.model.unreadable import UNREADABLE
from engine.language.model.validation_context import lenient
from engine.language.values import scalars
from engine.language.values.fields import MOST_ROWS
from engine.language.values.strict import Strict
from engine.messaging.media.picture import FEWEST_TILES, MOST_TILES

Files = tuple[MediaPath, ...]
_NAME = r"[A-Za-z][A-Za-z0-9_]*"
_FIELD = re.compile(rf"event\.({_NAME})(?:\[([0-9]{{1,2}})\]\.({_NAME}))?")
_LIST = re.compile(rf"event\.({_NAME})")


class FieldPath(str):
    """A field of the event, as written: `event.image`, `event.items[0].image`."""

    @property
    def names(self) -> tuple[str | int, ...]:
        """Below the event."""
        found = _FIELD.fullmatch(self)
        assert found is not None
        name, row, inner = found.groups()
        return (name,) if row is None else (name, int(row), inner)


def _picture_field(value: object) -> FieldPath:
    text = scalars.parse_text(value).strip()
    found = _FIELD.fullmatch(text)
    if found is None:
        help = "write `from: event.image`, or of a list's first row `from: event.items[0].image`"
        raise problem("LO208", "this is not a field of the event", help)
    if int(found[2] or 0) >= MOST_ROWS:
        raise problem("LO208", f"a list has at most {MOST_ROWS} rows", "the first is [0]")
    return FieldPath(text)


def _picture_list(value: object) -> FieldPath:
    text = scalars.parse_text(value).strip()
    if not _LIST.fullmatch(text):
        raise problem("LO208", "this is not a list of the event", "write `from: event.items`")
    return FieldPath(text)


def _at_most(value: object) -> int:
    most = scalars.parse_whole(value)
    if not FEWEST_TILES <= most <= MOST_TILES:
        raise problem("LO208", f"a collage has from {FEWEST_TILES} to {MOST_TILES} pictures")
    return most


FromField = Annotated[FieldPath, scalars.validated(_picture_field, type="string", examples=["event.image"])]
FromList = Annotated[FieldPath, scalars.validated(_picture_list, type="string", examples=["event.items"])]
AtMost = Annotated[int, scalars.validated(_at_most, type="integer", minimum=FEWEST_TILES, maximum=MOST_TILES)]


class ImageOfEvent(Strict):
    """A picture whose address comes with the event."""

    from_: FromField = Field(alias="from")
    """The field of the event with the picture's address, a `url`."""
    fallback: MediaPath
    """The picture of the project that goes out where the other one is missing, refused, broken or not there in time."""


class CollageOfEvent(Strict):
    """A collage of pictures whose addresses come with the event."""

    from_: FromList = Field(alias="from")
    """The list of the event."""
    field: scalars.FieldName
    """The field of its rows with the picture's address, a `url`."""
    at_most: AtMost = MOST_TILES
    """The first so many rows with a picture are shown; of one alone it is a picture like any other."""
    fallback: MediaPath
    """The picture of the project that goes out where none of the others can be shown."""


def picture_name(
    image: MediaPath | ImageOfEvent | None, collage: Files | CollageOfEvent | None, crop: bool
) -> str | None:
    """The name that the picture of a message has among the project's media; of one that comes with the event, its fallback's.

    UNREADABLE where it could not be read.
    """
    picture = image if collage is None else collage
    if picture is UNREADABLE:
        return cast(str, UNREADABLE)
    if isinstance(picture, ImageOfEvent | CollageOfEvent):
        return picture.fallback
    return name_of(picture, crop) if isinstance(picture, tuple) else picture


def picture_of_event(
    image: MediaPath | ImageOfEvent | None, collage: Files | CollageOfEvent | None, crop: bool
) -> EventPicture | None:
    """Where the picture is in the event; None where it does not come with one."""
    if isinstance(collage, CollageOfEvent):
        return EventPicture(collage.from_.names, collage.field, collage.at_most, crop)
    return EventPicture(image.from_.names) if collage is None and isinstance(image, ImageOfEvent) else None


_image_of_event = TypeAdapter(Annotated[ImageOfEvent, lenient(ImageOfEvent)])
_collage_of_event = TypeAdapter(Annotated[CollageOfEvent, lenient(CollageOfEvent)])
_files = TypeAdapter(Collage)


def _image(value: Any, info: ValidationInfo) -> MediaPath | ImageOfEvent:
    if isinstance(value, dict):
        return _image_of_event.validate_python(value, context=info.context)
    return MediaPath.read(value)


def _collage(value: Any, info: ValidationInfo) -> Files | CollageOfEvent:
    if isinstance(value, dict):
        return _collage_of_event.validate_python(value, context=info.context)
    return _files.validate_python(value)


AnImage = Annotated[MediaPath | ImageOfEvent, PlainValidator(_image, json_schema_input_type=MediaPath | ImageOfEvent)]
ACollage = Annotated[Files | CollageOfEvent, PlainValidator(_collage, json_schema_input_type=Collage | CollageOfEvent)]
