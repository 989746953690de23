"""The model of a file in segments/: one segment, with the name of its file."""

from __future__ import annotations

from pydantic import Field

from engine.language.conditions.condition import Condition
from engine.language.values.scalars import SegmentName, StrictText
from engine.language.values.strict import Strict


class SegmentFile(Strict):
    """One file of segments/."""

    segment: SegmentName
    """The segment's name; the same as the file name without `.yaml`."""
    description: StrictText = Field(default="", examples=["Contacts with the tag who have ordered."])
    """For people to read."""
    when: Condition
    """The condition: every contact for whom it holds is in the segment."""
