"""LO405: a text shows only fields that there are. LO410: one that may be missing has a `default`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from engine.language.lint.rules.unknown_field import fields_of
from engine.language.rule_api import Draft, FieldSpec, Finding, LintContext, Shown, nearest


def field_without_default(world: LintContext) -> Iterator[Finding]:
    for draft in world.drafts:
        for placed in (*draft.texts(), *draft.half_read):
            for shown in placed.value.paths:
                root, _, name = shown.field.partition(".")
                known = fields_of(world, draft, root)
                place = {"offset": shown.offset, "length": len(shown.path)}
                if known is not None and name not in known:
                    near = nearest(name, known)
                    help = (
                        f'did you mean "{root}.{near}"?'
                        if near
                        else f"declare it in leadoff.yaml: {', '.join(known)} are known"
                    )
                    yield draft.finding("LO405", f'there is no field "{shown.path}"', placed.loc, help, **place)
                elif (
                    not shown.has_default
                    and not _whole_list(shown, known, name)
                    and (_of_row(shown) or not _never_missing(draft, root, name, known))
                ):
                    help = f"write {{{{ {_with_default(shown)} }}}}"
                    help += (
                        "; a list may be empty" if _of_row(shown) else ", or declare the field with `required: true`"
                    )
                    yield draft.finding(
                        "LO410", f'"{shown.path}" may be missing, and has no default', placed.loc, help, **place
                    )


def _whole_list(shown: Shown, known: Mapping[str, FieldSpec] | None, name: str) -> bool:
    """LO407 says that a text cannot show it."""
    return known is not None and known[name].type == "list" and shown.listed is None and shown.in_row is None


def _of_row(shown: Shown) -> bool:
    return shown.in_row is not None or shown.listed == "names"


def _with_default(shown: Shown) -> str:
    if shown.in_link:
        return f'short({shown.path} | default("https://…"))'
    first = {"names": " | names(2)", "count": " | count"}.get(shown.listed or "", "")
    return f'{shown.path}{first} | default("…")'


def _never_missing(draft: Draft, root: str, name: str, known: Mapping[str, FieldSpec] | None) -> bool:
    if known is None:
        return root == "contact"  # of a declaration that could not be read nothing can be said
    by_events_alone = len(list(draft.event_triggers())) == len(draft.flow.trigger)
    return known[name].required and (root == "contact" or by_events_alone)
