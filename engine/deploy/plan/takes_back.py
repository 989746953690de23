"""Whether applying the files takes back what somebody else has deployed: the deployed commit is no ancestor of HEAD.

Invariants: it is content that counts, not history. A commit that was squashed or rebased, and all of whose changes are in the files, takes
nothing back. What this clone cannot know is said, never guessed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from engine.core.block import Block
from engine.deploy import git
from engine.deploy.git import Commit
from engine.deploy.plan.field_changes import own
from engine.deploy.plan.step_changes import laid_out
from engine.deploy.revisions import project_at
from engine.errors import UsageError
from engine.language.check import Checked, check
from engine.language.diagnostics.findings import counted

Facts = Mapping[tuple[str, ...], Any]


class TakesBack(NamedTuple):
    commit: str  # the deployed one
    commits: tuple[
        Commit, ...
    ]  # those of it that are not in HEAD, the newest first; () where this clone has none of them
    changes: int  # of the deployment's changes, how many the files have not

    def told(self, deployment: int) -> str:
        author = f", by {self.commits[0].author}" if self.commits else ""
        what = f"deployment {deployment} ({self.commit[:7]}{author})"
        return f"{what} is not in your branch: applying takes back {counted(self.changes, 'change')} of it"


def takes_back(
    root: Path, commit: str | None, old: Checked, new: Checked, registry: Mapping[str, type[Block]]
) -> TakesBack | None:
    """None where nothing is taken back, and where the deployment or the folder is not in git.

    `commit` and `old`: the deployed ones. Raises UsageError where the clone is too shallow to tell.
    """
    if commit is None or git.commit_of(root, "HEAD") is None:
        return None
    if git.commit_of(root, commit) is None:
        if git.is_shallow(root):
            raise UsageError(
                f"this clone is shallow and has not the deployed commit {commit[:7]}: whether something is taken back is unknown",
                "fetch the whole history (`git fetch --unshallow`; in CI `fetch-depth: 0`)",
            )
        return _told(commit, (), {}, old, new)
    ahead = git.not_in_head(root, commit)
    base = git.merge_base(root, commit)
    if not ahead:
        return None
    return _told(commit, ahead, _facts_at(root, base, new, registry) if base else {}, old, new)


def _told(commit: str, commits: tuple[Commit, ...], base: Facts, old: Checked, new: Checked) -> TakesBack | None:
    """A fact of the deployment that is another one than before is taken back where the files have the one before."""
    was, now = dict(facts(old)), dict(facts(new))
    made = [key for key in {*was, *base} if was.get(key) != base.get(key)]
    undone = [key for key in made if now.get(key) == base.get(key)]
    whole = [flow for flow in old.flows if flow not in new.flows or ("flow", flow, "flow") not in base]
    places = {key[:2] if key[0] == "flow" and key[1] in whole else key for key in undone}
    return TakesBack(commit, commits, len(places)) if undone else None


def _facts_at(root: Path, base: str, new: Checked, registry: Mapping[str, type[Block]]) -> Facts:
    try:
        return dict(facts(check(project_at(root, base, new.media.get), registry)))
    except UsageError:  # the project is younger
        return {}


def facts(checked: Checked) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Everything that a project says, piece by piece: (where, what)."""
    if checked.project is not None:
        for key, value in own(checked.project).items():
            yield ("setting", key), value
    for name, flow in checked.flows.items():
        for key, value in own(flow).items():
            yield ("flow", name, key), value
        placed, seen = laid_out(flow.steps, None), Counter[str]()
        for each in placed:
            around = "" if each.list is None else f"{placed[each.list[0]].step.id} {each.list[1]}"
            place = each.step.id or f"{around} {each.step.block.verb}"
            seen[place] += 1
            yield ("flow", name, f"{place} {seen[place]}"), (around, own(each.step.block))
    for path, info in checked.media.items():
        yield ("picture", path), info.ref
