"""What differs between the steps of two versions of a flow.

Invariants: a step with an id is the same step wherever it is, also under the new id that `moved` gives it. One without an id is matched by
what it says and where it is. A guess ("it reads like") is only ever a suggestion.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from typing import Any, Literal, NamedTuple

from engine.core.block import Block, Step
from engine.deploy.plan.field_changes import MISSING, FieldChange, compared, inside, keys_of, own
from engine.language.diagnostics.findings import counted
from engine.language.model.steps import place_of

Change = Literal["added", "removed", "changed", "renamed"]
LIKE = 0.6  # so much of two steps must be equal for one to read like the other


class Placed(NamedTuple):
    """A step and where it is."""

    step: Step
    raw: Any  # as the file has it
    list: tuple[int, str] | None  # (index of the step around it, its branch); None: the flow's own list
    before: int | None  # index of the step before it in the same list


class StepChange(NamedTuple):
    change: Change
    step: str | None  # its id now, of a removed one its last; None: it has no id
    was: str | None  # its old id, where it has another one now
    verb: str
    says: str  # what it does, in words
    fields: tuple[FieldChange, ...]
    place: tuple[str | int, ...]  # in the new file, of a removed step in the old one
    old_place: tuple[str | int, ...] | None = None  # in the old file
    reads_like: str | None = None  # of a removed step: the id of the added one that is probably it


def laid_out(steps: tuple[Step, ...], raw: Any) -> list[Placed]:
    """All steps of a flow in the order of the file. `raw`: the flow as its file has it."""
    found: list[Placed] = []

    def lay(steps: tuple[Step, ...], around: tuple[int, str] | None) -> None:
        before = None
        for step in steps:
            index = len(found)
            found.append(Placed(step, _at(raw, step.path), around, before))
            for name, branch in step.block.branches().items():
                lay(branch, (index, name))
            before = index

    lay(steps, None)
    return found


def _at(raw: Any, place: Sequence[str | int]) -> Any:
    for part in place:
        raw = inside(raw, part)
    return raw


def step_changes(old: list[Placed], new: list[Placed], moved: Mapping[str, str]) -> tuple[StepChange, ...]:
    """In the order of the new file; what was removed stands where it was. `moved`: old id -> new id."""
    pairs = _matched(old, new, moved)
    of_new = {two: one for one, two in pairs.items()}
    elsewhere = _elsewhere(old, new, pairs)
    found: dict[int, list[StepChange]] = defaultdict(list)  # behind which step of the new file; -1: before the first
    for two, placed in enumerate(new):
        one = of_new.get(two)
        change = _added(placed) if one is None else _changed(old[one], placed, elsewhere.get(two))
        if change is not None and (one is not None or _tells_itself(placed, of_new)):
            found[two].append(change)
    likely = _likely(old, new, pairs)
    for one, placed in enumerate(old):
        if one not in pairs and _tells_itself(placed, pairs):
            behind = next((pairs[index] for index in range(one - 1, -1, -1) if index in pairs), -1)
            found[behind].append(_removed(placed, likely.get(one)))
    return tuple(change for index in sorted(found) for change in found[index])


def _tells_itself(placed: Placed, matched: Mapping[int, int]) -> bool:
    """A step without an id comes and goes with the step around it."""
    return placed.step.id is not None or placed.list is None or placed.list[0] in matched


def _matched(old: list[Placed], new: list[Placed], moved: Mapping[str, str]) -> dict[int, int]:
    """Index in the old flow -> index in the new one."""
    ids = {placed.step.id: index for index, placed in enumerate(new) if placed.step.id is not None}
    pairs: dict[int, int] = {}
    for one, placed in enumerate(old):
        id = placed.step.id
        here = None if id is None else ids.get(moved.get(id, id))
        if here is not None and here not in pairs.values():
            pairs[one] = here
    for alike in (_same_words_and_place, _same_branches, _same_place, _same_words):
        _match_nameless(old, new, pairs, alike)
    return pairs


def _match_nameless(
    old: list[Placed],
    new: list[Placed],
    pairs: dict[int, int],
    alike: Callable[[Placed, Placed, Mapping[int, int]], bool],
) -> None:
    """In the order of the files, outer steps before inner ones, so that what is around a step is matched before it."""
    taken = set(pairs.values())
    for one, placed in enumerate(old):
        if one in pairs or placed.step.id is not None:
            continue
        for two, other in enumerate(new):
            fits = two not in taken and other.step.id is None
            if fits and type(placed.step.block) is type(other.step.block) and alike(placed, other, pairs):
                pairs[one] = two
                taken.add(two)
                break


def _same_words(one: Placed, two: Placed, pairs: Mapping[int, int]) -> bool:
    return bool(own(one.step.block) == own(two.step.block))


def _same_place(one: Placed, two: Placed, pairs: Mapping[int, int]) -> bool:
    return _list_now(one, pairs) == two.list


def _same_branches(one: Placed, two: Placed, pairs: Mapping[int, int]) -> bool:
    """A step that others are in is known by its words rather than by its place."""
    return bool(one.step.block.branches()) and _same_words(one, two, pairs)


def _same_words_and_place(one: Placed, two: Placed, pairs: Mapping[int, int]) -> bool:
    return _same_place(one, two, pairs) and _same_words(one, two, pairs)


def _list_now(one: Placed, pairs: Mapping[int, int]) -> tuple[int, str] | None:
    """The list of an old step, by the indexes of the new flow; (-1, …) where the step around it is gone."""
    return None if one.list is None else (pairs.get(one.list[0], -1), one.list[1])


def _elsewhere(old: list[Placed], new: list[Placed], pairs: Mapping[int, int]) -> dict[int, FieldChange]:
    """Index of the new flow -> where the step was and where it is, for those that are in another list or another order.

    Of steps that moved together the first is named, with the number of those behind it.
    """
    of_new = {two: one for one, two in pairs.items()}
    moved: dict[int, int] = {}  # new -> old
    lists: dict[Any, list[int]] = defaultdict(list)
    for one, two in sorted(pairs.items()):
        if _list_now(old[one], pairs) == new[two].list:
            lists[new[two].list].append(one)
        elif _tells_itself(old[one], pairs) or _tells_itself(new[two], of_new):
            moved[two] = one
    for ones in lists.values():
        order = [pairs[one] for one in ones]
        blocks = SequenceMatcher(None, order, sorted(order), autojunk=False).get_matching_blocks()
        kept = {index for block in blocks for index in order[block.a : block.a + block.size]}
        moved |= {pairs[one]: one for one in ones if pairs[one] not in kept}
    found: dict[int, FieldChange] = {}
    leaders: dict[int, int] = {}
    for two, one in sorted(moved.items()):
        ahead = new[two].before
        if ahead in moved and moved[ahead] == old[one].before:
            leaders[two] = leaders[ahead]
        else:
            leaders[two] = two
            found[two] = FieldChange("its place", _where(old, one), _where(new, two), "place")
    for two, change in found.items():
        more = sum(leader == two for leader in leaders.values()) - 1
        if more:
            found[two] = change._replace(after=f"{change.after}, with {counted(more, 'step')} behind it")
    return found


def _where(steps: list[Placed], index: int) -> str:
    placed = steps[index]
    inside = "" if placed.list is None else f" in `{placed.list[1]}` of {_called(steps[placed.list[0]].step)}"
    return f"behind {_called(steps[placed.before].step)}{inside}" if placed.before is not None else f"first{inside}"


def _called(step: Step) -> str:
    return step.id or f"`{step.block.verb}`"


def _added(placed: Placed) -> StepChange:
    step = placed.step
    return StepChange("added", step.id, None, step.block.verb, step.block.describe(), (), step.path)


def _removed(placed: Placed, like: str | None) -> StepChange:
    step = placed.step
    return StepChange(
        "removed", step.id, None, step.block.verb, step.block.describe(), (), step.path, step.path, like
    )  # fmt: skip


def _changed(old: Placed, new: Placed, place: FieldChange | None) -> StepChange | None:
    """None where nothing differs."""
    one, two = old.step, new.step
    fields = (*_fields(old, new), *([place] if place else ()))
    was = one.id if one.id != two.id else None
    if not fields and was is None:
        return None
    change: Change = "renamed" if was else "changed"
    return StepChange(change, two.id, was, two.block.verb, two.block.describe(), fields, two.path, one.path)


def _fields(old: Placed, new: Placed) -> Iterator[FieldChange]:
    one, two = old.step.block, new.step.block
    if type(one) is not type(two):
        yield FieldChange("verb", f"{one.verb}: {one.describe()}", f"{two.verb}: {two.describe()}")
        return
    for key, name in keys_of(type(two)).items():
        was, now = (_raw(placed, key) for placed in (old, new))
        yield from compared(getattr(one, name), getattr(two, name), was, now, _shown(two, key))


def _raw(placed: Placed, key: str) -> Any:
    """What the file has for a field of that step."""
    if not isinstance(placed.raw, Mapping):
        return MISSING
    return _at(placed.raw, place_of(placed.step._replace(path=()), key, dict(placed.raw)))


def _shown(block: Block, key: str) -> str:
    """A field that the verb's own value fills has the verb's name, but where it is the text of a message."""
    return block.verb if key == block.shorthand and not block.sends else key


def _likely(old: list[Placed], new: list[Placed], pairs: Mapping[int, int]) -> dict[int, str]:
    """Index of a removed step -> the added one that reads like it: same verb, most equal fields, same neighbours; else no guess."""
    taken = set(pairs.values())
    added = [two for two, placed in enumerate(new) if two not in taken and placed.step.id is not None]
    gone = [one for one, placed in enumerate(old) if one not in pairs and placed.step.id is not None]
    scored = sorted(
        ((_likeness(old, one, new, two, pairs), -one, -two) for one in gone for two in added), reverse=True
    )  # fmt: skip
    found: dict[int, str] = {}
    used: set[int] = set()
    for score, one, two in ((score, -one, -two) for score, one, two in scored):
        if score >= LIKE and one not in found and two not in used:
            found[one] = new[two].step.id or ""
            used.add(two)
    return found


def _likeness(old: list[Placed], one: int, new: list[Placed], two: int, pairs: Mapping[int, int]) -> float:
    """0 … 1.3: how much of the fields that either has set is equal, and a little more where the same step is before it."""
    a, b = old[one].step.block, new[two].step.block
    if type(a) is not type(b):
        return 0.0
    sides = own(a), own(b)
    unset = {key: own(type(a).model_fields[name].default) for key, name in keys_of(type(a)).items()}
    keys = [key for key in sides[0] if key != "verb" and any(side[key] != unset[key] for side in sides)]
    alike = sum(_alike(sides[0][key], sides[1][key]) for key in keys) / len(keys) if keys else 1.0
    beside = old[one].before
    same_before = (None if beside is None else pairs.get(beside, -1)) == new[two].before
    return alike + (0.3 if same_before and _list_now(old[one], pairs) == new[two].list else 0.0)


def _alike(one: Any, two: Any) -> float:
    if isinstance(one, str) and isinstance(two, str):
        return SequenceMatcher(None, one.split(), two.split(), autojunk=False).ratio()
    return float(one == two)
