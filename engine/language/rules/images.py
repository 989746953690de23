"""LO601: an image is there. LO603: its path stays in the project. LO602, 605 to 608: it is a picture that can be sent."""

from __future__ import annotations

from collections.abc import Iterator

from engine.language.drafts import World
from engine.language.problems import Finding
from engine.messaging.media import MAX_BYTES, MAX_FRAMES, MAX_PIXELS, BadMedia, Fault

FAULTS: dict[Fault, tuple[str, str]] = {
    "decode": ("LO602", "export it again from the program it was made with"),
    "bytes": (
        "LO605",
        f"save it smaller: at most {MAX_BYTES:,} bytes are sent; 640 pixels across are plenty on a phone",
    ),
    "type": ("LO606", "an image is a JPEG, PNG or GIF, whatever its file is called"),
    "pixels": ("LO607", f"save it smaller: at most {MAX_PIXELS:,} pixels are decoded"),
    "frames": ("LO608", f"leave frames out: at most {MAX_FRAMES} of them, and 100 million pixels together"),
}


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
                code, help = FAULTS[found.fault]
                yield draft.finding(code, f'"{path}" cannot be sent: {found.reason}', placed.loc, help)
