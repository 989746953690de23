"""LO309: a project whose flows send has a sender. LO314: a sender that a step names is declared."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from engine.language.rule_api import Draft, Finding, LintContext, Loc, did_you_mean, message_of


def undeclared_sender(world: LintContext) -> Iterator[Finding]:
    if "senders" in world.unknown:
        return
    known = world.project.senders
    for draft in world.drafts:
        if draft.flow.sender is not None and known and draft.flow.sender not in known:
            yield _unknown(draft, draft.flow.sender, known, ("sender",))
        for step in draft.steps():
            message = message_of(step.block)
            if message is None:
                continue
            if not known:
                help = "declare one under `senders` in leadoff.yaml"
                yield draft.finding(
                    "LO309", "this flow sends, and the project has no sender", step.path, help, at="key"
                )
                break
            if message.sender is not None and message.sender not in known:
                place = (*step.path, step.block.verb, "sender")
                yield _unknown(draft, message.sender, known, place)


def _unknown(draft: Draft, name: str, known: Collection[str], place: Loc) -> Finding:
    help = did_you_mean(name, known, f"declared in leadoff.yaml: {', '.join(known)}")
    return draft.finding("LO314", f'no sender is called "{name}"', place, help)
