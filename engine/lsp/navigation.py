"""Where a name is declared, and where it is used."""

from __future__ import annotations

from collections.abc import Iterable

from engine.lsp.documents import Document
from engine.lsp.names import Mention


def mention_at(mentioned: Iterable[Mention], document: Document, index: int) -> Mention | None:
    """The name under the cursor, of those of the file; of several the shortest."""
    found: list[tuple[int, Mention]] = []
    for each in mentioned:
        start, end = document.offsets(each.span)
        if start <= index <= end:
            found.append((end - start, each))
    return min(found, key=lambda pair: pair[0])[1] if found else None


def declared(mentioned: Iterable[Mention], of: Mention) -> list[Mention]:
    return [each for each in mentioned if each.name == of.name and each.declares]


def used(mentioned: Iterable[Mention], of: Mention, also_declared: bool) -> list[Mention]:
    return [each for each in mentioned if each.name == of.name and (also_declared or not each.declares)]
