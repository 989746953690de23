"""A file of segments/: one segment, called like its file."""

from __future__ import annotations

from pydantic import Field

from engine.language.conditions.condition import Condition
from engine.language.values.scalars import SegmentName, StrictText
from engine.language.values.strict import Strict


class SegmentFile(Strict):
    """One file of segments/."""

    segment: SegmentName
    """The segment's name, which is the file's as well."""
    description: StrictText = Field(default="", examples=["Whoever has bought, and has the tag."])
    """For people to read."""
    when: Condition
    """Who is in it: everybody for whom this holds."""
