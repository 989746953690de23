"""Asks before something is done to many people at once."""

from __future__ import annotations

import sys

from engine.errors import Refused


def confirmed(what: str) -> None:
    """Raises Refused unless somebody at the terminal says yes."""
    if not sys.stdin.isatty():
        raise Refused(
            f"{what}. This is no terminal, so nobody can confirm; nothing was changed", "confirm with `--yes`"
        )
    from engine.cli.shared.terminal import console  # only a question loads it

    if console(stderr=True).input(f"{what}. Do it? [y/N] ", markup=False).strip().lower() not in ("y", "yes"):
        raise Refused("nothing was changed")
