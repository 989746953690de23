"""LO303: a link that a text or condition names is declared in leadoff.yaml."""

from __future__ import annotations

from collections.abc import Iterator

from engine.language.rule_api import Finding, LintContext, did_you_mean, names_value


def undeclared_link(world: LintContext) -> Iterator[Finding]:
    if "links" in world.unknown:
        return
    for draft in world.drafts:
        for placed in (*draft.texts(), *draft.half_read):
            for used in placed.value.links:
                if used.is_declared and used.name not in world.project.links:
                    message, help = _unknown(used.name, world)
                    yield draft.finding("LO303", message, placed.loc, help, offset=used.offset, length=len(used.name))
        for _, reference, loc in draft.references("link"):
            if reference.name not in world.project.links and not names_value(reference.name):
                message, help = _unknown(reference.name, world)
                yield draft.finding("LO303", message, loc, help)


def _unknown(name: str, world: LintContext) -> tuple[str, str]:
    declared = world.project.links
    way_out = did_you_mean(name, declared, f"declare it in leadoff.yaml: `links: {{{name}: https://…}}`")
    return f'no link is called "{name}"', way_out
