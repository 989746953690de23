"""LO601: an image is there. LO602: it is one, and small enough. LO603: its path stays in the project."""

from __future__ import annotations

from collections.abc import Iterator

from engine.language.drafts import World
from engine.language.problems import Finding
from engine.messaging.media import BadMedia


def images(world: World) -> Iterator[Finding]:
    for draft in world.drafts:
        for placed in draft.images():
            path = placed.value
            if path.leaves_the_project:
                help = "name it from the project's root: media/spring.jpg"
                yield draft.finding("LO603", f'the path "{path}" leaves the project', placed.loc, help)
                continue
            found = world.media.get(path)
            if found is None:
                help = "paths count from the project's root: media/spring.jpg"
                yield draft.finding("LO601", f'there is no file "{path}"', placed.loc, help)
            elif isinstance(found, BadMedia):
                help = "an image is a JPEG, PNG or GIF of at most 500,000 bytes"
                yield draft.finding("LO602", f'"{path}" cannot be sent: {found.reason}', placed.loc, help)
