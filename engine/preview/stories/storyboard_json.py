"""A storyboard for scripts: instants in UTC, prices in the project's currency, numbers masked."""

from __future__ import annotations

from typing import Any

from engine.clock import instant
from engine.messaging.numbers import masked
from engine.preview.stories.stories import Storyboard
from engine.store.queries.listings import MILLION
from engine.store.queries.timeline import TimelineEntry
from engine.views import moments


def as_json(board: Storyboard) -> dict[str, Any]:
    """For scripts: instants in UTC, numbers masked."""
    low, high = board.range or (board.cost.price, board.cost.price)
    cost = {
        "mms": board.cost.mms,
        "sms": board.cost.sms,
        "parts": board.cost.parts,
        "price": board.cost.price / MILLION,
    }
    cost |= {"lowest": low / MILLION, "highest": high / MILLION}
    return {
        "format_version": 1,
        "flow": board.flow,
        "start": instant(board.start),
        "until": instant(board.until),
        "seed": board.seed,
        "commit": board.commit,
        "dirty": board.dirty,
        "contacts": board.contacts,
        "stories": [
            {
                "contacts": story.contacts,
                "sample": {
                    "first_name": story.sample.fields.get("first_name"),
                    "phone": masked(story.sample.phone),
                    "timezone": story.sample.zone,
                    "country": story.sample.country,
                    **({"language": story.sample.language} if story.sample.language else {}),
                    "consent": story.sample.consent,
                },
                "price": story.price / MILLION,
                "not_texted": story.silence,
                "moments": [_row(moment, board) for moment in story.moments],
            }
            for story in board.stories
        ],
        "not_texted": [{"reason": why, "contacts": count} for why, count in board.not_texted],
        "cost": {**cost, "currency": board.currency},
        "remarks": list(board.remarks),
    }


def _row(moment: TimelineEntry, board: Storyboard) -> dict[str, Any]:
    """A message with its place and its tests. Of a text of the contact's only what it says: the rest names its number."""
    row = moments.row(moment)
    key = moment.flow or "", moment.step or ""
    if moment.kind in ("message", "queued") and key in board.places:
        tests = None if board.tests is None else board.tests.get(key, 0)
        row["details"] |= {"place": board.places[key], "tests": tests}
    if moment.kind == "text":
        row["details"] = {key: moment.details.get(key) for key in ("text", "verdict")}
    return row
