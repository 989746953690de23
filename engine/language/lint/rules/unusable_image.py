"""LO601: an image is there. LO603: its path stays in the project. LO602, 605 to 608: it can be made into a picture that is sent.

LO610: something is seen of it then. LO617: a contact card is one that phones read.
"""

from __future__ import annotations

from collections.abc import Iterator

from engine.language.rule_api import Draft, Finding, LintContext, Loc, PlacedValue, did_you_mean
from engine.messaging.media.picture import MAX_FRAMES, MAX_INPUT, MAX_PIXELS, BadMedia, BadTiles, Fault

FAULTS: dict[Fault, tuple[str, str]] = {
    "missing": ("LO601", "paths start at the project's folder: media/spring.jpg"),
    "decode": ("LO602", "export it again from the original program"),
    "bytes": (
        "LO605",
        f"make the file smaller, at most {MAX_INPUT:,} bytes; for an animation use fewer frames, or send one frame as a JPEG",
    ),
    "type": ("LO606", "an image must be a JPEG, PNG, GIF or WebP; the content counts, not the file name"),
    "pixels": ("LO607", f"make it smaller: at most {MAX_PIXELS:,} pixels are decoded"),
    "unseen": ("LO610", "use another picture"),
    "card": ("LO617", "export the contact as vCard 3.0, or write `card: true`: Leadoff makes one"),
    "frames": ("LO608", f"use fewer frames: at most {MAX_FRAMES}, and 100 million pixels in all"),
}


def unusable_image(world: LintContext) -> Iterator[Finding]:
    for draft in world.drafts:
        for placed in draft.images():
            if "://" in placed.value:
                help = "save the picture in the project and write its path: media/spring.jpg"
                yield draft.finding("LO603", "a picture is a file in the project, not a URL", placed.loc, help)
            elif placed.value.leaves_the_project:
                help = "write the path from the project's folder: media/spring.jpg"
                yield draft.finding("LO603", f'the path "{placed.value}" is outside the project', placed.loc, help)
            else:
                yield from _looked_at(world, draft, placed)


def _looked_at(world: LintContext, draft: Draft, placed: PlacedValue) -> Iterator[Finding]:
    path, name, at = placed.value, draft.picture_of(placed), placed.loc[-1]
    if name not in world.media:
        return  # a collage with a path that leaves the project: no file was read
    found = world.media[name]
    if isinstance(found, BadTiles):
        if at not in found.tiles:
            return
        found = found.tiles[int(at)]
    elif name != path:
        if isinstance(found, BadMedia) and at == 0:
            yield _refused(draft, found, "the collage", placed.loc[:-1])
        return
    if found is None or (isinstance(found, BadMedia) and found.fault == "missing"):
        code, help = FAULTS["missing"]
        help = did_you_mean(path, world.pictures, help)
        yield draft.finding(code, f'there is no file "{path}"', placed.loc, help)
    elif isinstance(found, BadMedia):
        yield _refused(draft, found, f'"{path}"', placed.loc)


def _refused(draft: Draft, found: BadMedia, what: str, loc: Loc) -> Finding:
    code, help = FAULTS[found.fault]
    return draft.finding(code, f"{what} cannot be sent: {found.reason}", loc, found.help or help)
