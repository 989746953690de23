"""The commit of a project folder, and whether the folder differs from it.

Invariants: nothing of the repository runs. Its configuration may name programs for almost every command (core.fsmonitor, hooks, filters),
so git is only asked for paths and names, and compares under a configuration of Leadoff, with the repository's objects and index.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple


class Revision(NamedTuple):
    commit: str | None  # None outside of git
    dirty: bool


class _Repository(NamedTuple):
    top: str
    shared: str  # the .git folder, of all worktrees
    staged: str  # the index
    hashes: str  # their kind
    commit: str


_SETTINGS = (
    "core.fsmonitor=false",
    f"core.hooksPath={os.devnull}",
    "log.showSignature=false",  # would run gpg.program
    "protocol.allow=never",  # a partial clone would fetch, by a program that it names
)
_ASKED = ("--show-toplevel", "--git-common-dir", "--git-path", "index", "--show-object-format", "HEAD")


def revision(root: Path) -> Revision:
    """Asks git; a folder that is not in git, or a machine without git, has no commit. What git cannot compare is dirty."""
    said = _git(root, "rev-parse", "--path-format=absolute", *_ASKED)
    lines = (said or "").splitlines()
    if len(lines) != len(_Repository._fields):
        return Revision(None, False)
    found = _Repository(*lines)
    with tempfile.TemporaryDirectory(prefix="leadoff-git-") as aside:
        return Revision(found.commit, _status(root, found, Path(aside, "bare")) != "")


def _status(root: Path, found: _Repository, aside: Path) -> str | None:
    """What differs from the commit below `root`."""
    if _git(root, "init", "-q", "--bare", "--template=", f"--object-format={found.hashes}", str(aside)) is None:
        return None
    (aside / "HEAD").write_text(found.commit + "\n")
    excluded = Path(found.shared, "info/exclude")
    if excluded.is_file():
        (aside / "info").mkdir(exist_ok=True)
        shutil.copy(excluded, aside / "info/exclude")
    ours = {
        "GIT_DIR": str(aside),
        "GIT_WORK_TREE": found.top,
        "GIT_INDEX_FILE": found.staged,
        "GIT_OBJECT_DIRECTORY": str(Path(found.shared, "objects")),
    }
    return _git(root, "status", "--porcelain", "--ignore-submodules=all", "--", ".", environ=ours)


class Commit(NamedTuple):
    hash: str
    author: str  # the name alone
    subject: str


def commit_of(root: Path, name: str) -> str | None:
    """The commit that a branch, a tag or a hash names; None where there is none, or no git."""
    said = _git(root, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")
    return said.strip() if said else None


def is_shallow(root: Path) -> bool:
    """Whether the clone lacks the older commits, as those of CI often do."""
    return (_git(root, "rev-parse", "--is-shallow-repository") or "").strip() == "true"


def not_in_head(root: Path, commit: str) -> tuple[Commit, ...]:
    """The commits behind `commit` that are not behind HEAD, the newest first; of many the first hundred."""
    said = _git(root, "log", "--format=%H%x00%an%x00%s", "--max-count=100", f"HEAD..{commit}") or ""
    return tuple(Commit(*line.split("\0", 2)) for line in said.splitlines())


def merge_base(root: Path, commit: str) -> str | None:
    """The newest commit that HEAD and `commit` share."""
    said = _git(root, "merge-base", "HEAD", commit)
    return said.strip() if said else None


def files_at(root: Path, commit: str) -> tuple[str, ...]:
    """The files below `root` in that commit, relative to it."""
    said = _git(root, "ls-tree", "-r", "-z", "--name-only", commit, "--", ".")
    return tuple(name for name in (said or "").split("\0") if name)


def content_at(root: Path, commit: str, path: str) -> bytes | None:
    """A file as that commit has it, whatever filters the repository configures; None where it is not there."""
    return _bytes(root, "cat-file", "blob", f"{commit}:./{path}")


def _git(root: Path, *words: str, environ: Mapping[str, str] = {}) -> str | None:
    said = _bytes(root, *words, environ=environ)
    try:
        return None if said is None else said.decode()
    except UnicodeDecodeError:
        return None


def _bytes(root: Path, *words: str, environ: Mapping[str, str] = {}) -> bytes | None:
    if not _is_in_git(root):
        return None
    command = ["git", *(word for setting in _SETTINGS for word in ("-c", setting)), "-C", str(root), *words]
    clean = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    try:
        done = subprocess.run(
            command, capture_output=True, timeout=10, check=False,
            env=clean | {"GIT_OPTIONAL_LOCKS": "0", "GIT_NO_LAZY_FETCH": "1"} | dict(environ),
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout if done.returncode == 0 else None


def _is_in_git(root: Path) -> bool:
    """Without a process: every repository and every worktree has this name at its top."""
    here = root.resolve()
    return any((folder / ".git").exists() for folder in (here, *here.parents))
