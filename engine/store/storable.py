"""Text as a database holds it: PostgreSQL takes no NUL, and none takes halves of surrogate pairs. JSON can contain both."""

from __future__ import annotations

from typing import Any

UNKNOWN = "\ufffd"  # in place of what no database holds: what is looked up by such a text is not found


def storable(text: str) -> str:
    """Without them: for what comes in."""
    return text.replace("\0", "").encode("utf-8", "replace").decode()


def storable_json(value: Any) -> Any:
    """The same for all texts in a value of JSON."""
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, list):
        return [storable_json(item) for item in value]
    return {storable(name): storable_json(item) for name, item in value.items()} if isinstance(value, dict) else value
