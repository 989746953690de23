"""LO408: only what may be a URL becomes a link by `short(event.cart_url)`. LO409: some host is allowed for such links."""

from __future__ import annotations

from collections.abc import Iterator

from engine.language.lint.rules.lists_in_texts import spec_of
from engine.language.rule_api import BUILT_IN_FIELDS, Draft, FieldSpec, Finding, LintContext, Shown


def links_to_values(world: LintContext) -> Iterator[Finding]:
    for draft in world.drafts:
        for placed in (*draft.texts(), *draft.half_read):
            for shown in placed.value.paths:
                said = _wrong(world, draft, shown) if shown.in_link else None
                if said is not None:
                    place = {"offset": shown.offset, "length": len(shown.path)}
                    yield draft.finding(*said[:2], placed.loc, said[2], **place)


def _wrong(world: LintContext, draft: Draft, shown: Shown) -> tuple[str, str, str] | None:
    """Code, message and way out."""
    spec = spec_of(world, draft, shown)
    never = _never(shown, spec) if spec is not None else None
    if never is not None:
        return "LO408", f'"{shown.path}" {never}, and a link leads to a URL', "name a field of the type `url`"
    if not world.project.link_hosts and "link_hosts" not in world.unknown:
        help = "name the hosts in leadoff.yaml: `link_hosts: [acme.example]`"
        return "LO409", f'no link can lead to "{shown.path}": leadoff.yaml allows no host', help
    return None


def _never(shown: Shown, spec: FieldSpec) -> str | None:
    """Why no value of the field is a URL; None where one may be."""
    root, _, name = shown.field.partition(".")
    if root == "contact" and name in BUILT_IN_FIELDS:
        return "is never a URL"
    if shown.in_row is not None:
        spec = spec.of.get(shown.in_row, FieldSpec("url"))  # LO405 and LO407 say what else is wrong
    return None if spec.type in ("url", "text") else f"is of the type {spec.type}"
