"""LO407: a text shows of a list its number of rows, their names, or a field of one row; LO405: a row has that field."""

from __future__ import annotations

from collections.abc import Iterator

from engine.language.lint.rules.field_type_mismatch import named
from engine.language.lint.rules.unknown_field import fields_of
from engine.language.rule_api import Draft, FieldSpec, Finding, LintContext, Shown, did_you_mean


def lists_in_texts(world: LintContext) -> Iterator[Finding]:
    for draft in world.drafts:
        for placed in (*draft.texts(), *draft.half_read):
            for shown in placed.value.paths:
                spec = spec_of(world, draft, shown)
                said = _wrong(shown, spec) if spec is not None else None
                if said is not None:
                    place = {"offset": shown.offset, "length": len(shown.path)}
                    yield draft.finding(*said[:2], placed.loc, said[2], **place)


def spec_of(world: LintContext, draft: Draft, shown: Shown) -> FieldSpec | None:
    """Of the field itself; None where it is not known."""
    root, _, name = shown.field.partition(".")
    return (fields_of(world, draft, root) or {}).get(name)


def _wrong(shown: Shown, spec: FieldSpec) -> tuple[str, str, str] | None:
    """Code, message and way out."""
    if shown.in_row is not None and spec.type == "list" and shown.in_row not in spec.of:
        help = did_you_mean(shown.in_row, spec.of, f"its fields are: {', '.join(spec.of)}")
        return "LO405", f'a row of "{shown.field}" has no field "{shown.in_row}"', help
    if shown.in_row is not None and shown.listed and spec.type == "list":
        return "LO407", f'"{shown.path}" is one value, and `{shown.listed}` is for lists', _instead(shown, spec)
    if shown.in_row is not None and spec.type != "list":
        return "LO407", f'"{shown.path.partition("]")[0]}]" is not a list of rows', _instead(shown, spec)
    if shown.listed and spec.type not in ("list", "tags"):
        return "LO407", f'"{shown.path}" is {named(spec)}, and `{shown.listed}` is for lists', _instead(shown, spec)
    if shown.listed == "names" and spec.type == "list" and not spec.naming:
        return "LO407", f'the rows of "{shown.path}" have no text to be called by', "declare one: of: {title: text}"
    if spec.type == "list" and not shown.listed and shown.in_row is None and not shown.in_link:
        return "LO407", f'"{shown.path}" is a list, and a text cannot show it as a whole', _ways(shown, spec)
    return None


def _instead(shown: Shown, spec: FieldSpec) -> str:
    return _ways(shown, spec) if spec.type == "list" else f"write {{{{ {shown.field} }}}}"


def _ways(shown: Shown, spec: FieldSpec) -> str:
    ways = [f"{shown.field} | count", f"{shown.field}[0].{next(iter(spec.of))}"]
    ways += [f"{shown.field} | names(2)"] if spec.naming else []
    return "write " + " or ".join(f"{{{{ {way} }}}}" for way in ways)
