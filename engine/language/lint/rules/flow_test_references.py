"""LO306, LO302, LO305: a test of a flow is next to its flow, and names steps and contact fields that exist."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from engine.language.rule_api import Document, Finding, LintContext, Loc, did_you_mean, finding

ENDING = ".test.yaml"
STEPS = ("sms", "mms", "skipped", "cancelled", "waits", "since", "delivered", "failed")
BESIDE_FIELDS = ("consent",)
DEEPEST = 8  # places below the top of the file at which anything is named


def flow_test_references(world: LintContext) -> Iterator[Finding]:
    steps = {draft.path: draft.written_ids() for draft in world.drafts}
    for path, document in world.documents.items():
        if not path.endswith(ENDING) or document.data is None:
            continue
        tested = f"{path.removesuffix(ENDING)}.yaml"
        if tested not in world.documents:
            message = f"this test has no flow: {tested} does not exist"
            yield finding(
                document, "LO306", message, ("flow",), f"name it after its flow, with the ending {ENDING}", at="key"
            )
        elif document.data.get("flow") not in (None, (name := tested.rpartition("/")[2].removesuffix(".yaml"))):
            yield finding(
                document, "LO306", f"the file name says this tests {name}.yaml", ("flow",), f"write `flow: {name}`"
            )
        else:
            yield from _named(world, document, steps.get(tested))


def _named(world: LintContext, document: Document, steps: frozenset[str] | None) -> Iterator[Finding]:
    fields = {*world.project.contact_fields, *BESIDE_FIELDS} if "fields" not in world.unknown else None
    for loc, value in _inside(document.data, ()):
        if steps is not None and loc[-1] in STEPS and isinstance(value, str) and value not in steps:
            help = did_you_mean(value, steps, f"its steps are: {', '.join(sorted(steps))}")
            yield finding(document, "LO302", f'the flow has no step "{value}"', loc, help)
        if fields is not None and loc[-1] in ("contact", "set") and isinstance(value, dict):
            for name in value.keys() - fields:
                help = did_you_mean(str(name), fields, "declare it under `fields` in leadoff.yaml")
                yield finding(document, "LO305", f'contacts have no field "{name}"', (*loc, name), help, at="key")


def _inside(value: Any, loc: Loc) -> Iterator[tuple[Loc, Any]]:
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in children if len(loc) < DEEPEST else ():
        yield (*loc, key), child
        yield from _inside(child, (*loc, key)) if key not in ("contact", "set", "data") else ()
