"""LO706: no two files differ by the case of their letters alone, and a picture is named as it is called.

Windows and most Macs take them for one file, servers do not: what works here is lost there.
"""

from __future__ import annotations

from collections.abc import Iterator

from engine.language.rule_api import Finding, LintContext, Span
from engine.messaging.media.picture import MediaInfo


def names_by_case(world: LintContext) -> Iterator[Finding]:
    called: dict[str, str] = {}
    for path in (*world.documents, *world.pictures):
        other = called.setdefault(path.casefold(), path)
        if other != path:
            message = f"the name of this file differs from {other} only by upper and lower case"
            help = "rename one: on Windows and macOS the two are the same file"
            yield Finding("LO706", "warning", message, help, path, Span(1, 1, 1, 1))
    for draft in world.drafts:
        for placed in draft.images():
            path = str(placed.value)
            real = called.get(path.casefold(), path)
            if real != path and path not in world.pictures and isinstance(world.media.get(path), MediaInfo):
                message, help = (
                    f'the file is called "{real}"',
                    "write the name like this: a server does not find it in another case",
                )
                yield draft.finding("LO706", message, placed.loc, help, severity="warning")
