"""Requests for a link that no person made: link previews of messengers, and search engines (data/link_previews.json).

Invariants: a robot is recognised by its User-Agent alone, and only by words that a phone's own User-Agent does not contain.
"""

from __future__ import annotations

import re
from functools import cache

from engine.messaging.tables import table

# Words in the User-Agents of robots, or a plus and a URL; Cubot is a maker of phones.
_ROBOT = re.compile(r"(?<!\bcu)bot\b|crawler|spider|\+https?://")


EARLY_MS = 2_000  # after the start of the request to the provider; no person has read the message yet


@cache
def _agents() -> tuple[str, ...]:
    return tuple(table("link_previews")["agents"])


def is_preview(agent: str) -> bool:
    """Whether that User-Agent is one of them."""
    said = agent.lower()
    return _ROBOT.search(said) is not None or any(each in said for each in _agents())
