"""LO615: a picture that comes with the event is a `url` of it. LO616: leadoff.yaml names the hosts of such pictures."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from engine.language.lint.rules.unknown_field import event_fields
from engine.language.rule_api import (
    CollageOfEvent,
    Draft,
    FieldSpec,
    Finding,
    ImageOfEvent,
    LintContext,
    Loc,
    did_you_mean,
)


def event_pictures(world: LintContext) -> Iterator[Finding]:
    for draft in world.drafts:
        known = event_fields(world, draft, None)
        for placed in draft.values():
            picture, loc = placed.value, placed.loc
            if not isinstance(picture, ImageOfEvent | CollageOfEvent):
                continue
            if "image_hosts" not in world.unknown and not world.project.image_hosts:
                help = "name the hosts of your shop's pictures in leadoff.yaml: image_hosts: [cdn.shopify.com]"
                yield draft.finding("LO616", "no host is named that pictures may come from", (*loc, "from"), help)
            if known is not None:
                yield from _wrong(draft, picture, known, loc)


def _wrong(
    draft: Draft, picture: ImageOfEvent | CollageOfEvent, known: Mapping[str, FieldSpec], loc: Loc
) -> Iterator[Finding]:
    name, inner = str(picture.from_.names[0]), picture.from_.names[-1]
    in_rows = isinstance(picture, CollageOfEvent)
    spec = known.get(name)
    row_field, at = (picture.field, "field") if isinstance(picture, CollageOfEvent) else (str(inner), "from")
    listed = in_rows or len(picture.from_.names) > 1
    if spec is None:
        help = did_you_mean(name, known, "it must be a field of the event that starts the flow")
        yield draft.finding("LO615", f'the event has no field "{name}"', (*loc, "from"), help)
    elif listed and spec.type != "list":
        yield draft.finding("LO615", f'"event.{name}" is not a list', (*loc, "from"), _TO_ONE)
    elif listed and row_field not in spec.of:
        help = did_you_mean(row_field, spec.of, f"its fields are: {', '.join(spec.of)}")
        yield draft.finding("LO615", f'a row of "event.{name}" has no field "{row_field}"', (*loc, at), help)
    elif (spec.of[row_field] if listed else spec).type != "url":
        what = f'"{row_field}" of a row' if listed else f'"event.{name}"'
        help = "declare it as `url` under `events` in leadoff.yaml"
        help = help if listed or spec.type != "list" else f"write `from: event.{name}[0].image`, or use `collage`"
        yield draft.finding("LO615", f"{what} is not the address of a picture", (*loc, at), help)


_TO_ONE = "one field is an `image`: image: {from: event.image, fallback: media/brand.jpg}"
