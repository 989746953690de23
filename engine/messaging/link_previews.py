"""Who follows a link without a person: the previews of messengers, and search engines (data/link_previews.json).

Invariants: they are known by the name that they give themselves; nobody is taken for one by what a person's phone may also say.
"""

from __future__ import annotations

import re
from functools import cache

from engine.messaging.tables import table

# What robots call themselves; Cubot makes phones. The address of whoever runs it stands behind a plus.
_ROBOT = re.compile(r"(?<!\bcu)bot\b|crawler|spider|\+https?://")


@cache
def _agents() -> tuple[str, ...]:
    return tuple(table("link_previews")["agents"])


def is_preview(agent: str) -> bool:
    """Whether that User-Agent is one of them."""
    said = agent.lower()
    return _ROBOT.search(said) is not None or any(each in said for each in _agents())
