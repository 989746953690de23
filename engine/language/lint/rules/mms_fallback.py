"""LO604: a message with an image says what becomes of it where no MMS can go; one without has no use for that.

LO609: it has one image or one collage, and only the pictures of a collage are cropped.
"""

from __future__ import annotations

from collections.abc import Iterator

from engine.language.rule_api import Finding, LintContext, message_of, value_at

PICTURES = ("image", "collage", "card")


def mms_fallback(world: LintContext) -> Iterator[Finding]:
    for draft in world.drafts:
        for step in draft.steps():
            loc = (*step.path, step.block.verb)
            fields = value_at(draft.document.data, loc)
            message = message_of(step.block)
            if message is None or not isinstance(fields, dict):
                continue
            picture = next((key for key in PICTURES if fields.get(key) is not False and key in fields), None)
            if picture and message.otherwise is None:
                help = (
                    "for contacts who cannot receive an MMS add `otherwise: link` (the text, with a link to a page with the picture), "
                    "`text` (the text alone) or `skip`"
                )
                yield draft.finding("LO604", "an MMS needs `otherwise`", (*loc, picture), help, at="key")
            for key in ("otherwise", "alt"):
                if key in fields and message.picture is None:
                    said = f"`{key}` is for a message with an image"
                    yield draft.finding("LO604", said, (*loc, key), "add `image`, or remove it", at="key")
            if fields.get("crop") and "collage" not in fields:
                help = "remove it: a single image is always shown whole"
                yield draft.finding("LO609", "`crop` is for a message with a collage", (*loc, "crop"), help, at="key")
            if all(key in fields for key in PICTURES[:2]):
                help = "list all pictures under `collage`, or use `image` alone"
                yield draft.finding("LO609", "a message has one picture", (*loc, "collage"), help, at="key")
            if fields.get("card") is True and any(key in fields for key in PICTURES[:2]):
                help = "remove the picture, or `card`: it takes the picture's place"
                yield draft.finding("LO609", "a message has a picture or a card", (*loc, "card"), help, at="key")
