"""Where a run may still come from a step of its flow."""

from __future__ import annotations

from collections.abc import Iterator

from engine.core.program import END, Program


def is_behind(to: str, step: str, before: Program | None, after: Program) -> bool:
    """Whether a run that waits at `step` of `before` has not passed `to` of `after`, and its path leads there.

    A step that `before` has not is behind if no step leads from it that came before `step`.
    """
    if to not in after.places:
        return False
    if before is None or step not in before.places:
        return True
    if to in before.places:
        return to in reached(before, step)
    passed = {each for each in before.places if step in reached(before, each)}
    return not passed & {to, *reached(after, to)}


def reached(program: Program, step: str) -> frozenset[str]:
    """The steps to which a run may come from that one, itself aside."""
    found: set[int] = set()
    ahead = list(_successors(program, program.places[step]))
    while ahead:
        index = ahead.pop()
        if index != END and index not in found:
            found.add(index)
            ahead.extend(_successors(program, index))
    return frozenset(node.step for node in map(program.nodes.__getitem__, found) if node.step is not None)


def _successors(program: Program, index: int) -> Iterator[int]:
    node = program.nodes[index]
    if not node.block.ends:
        yield node.next
        yield from node.branches.values()
