"""The project as a commit of its repository has it.

Invariants: nothing is checked out, and nothing of the repository runs (engine/deploy/git.py).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path, PurePosixPath

from engine.deploy import git
from engine.deploy.media_cache import Pictures
from engine.deploy.project_files import LARGEST_TEXT, PROJECT_FILE
from engine.deploy.read_project import details_of, limit_of
from engine.errors import UsageError
from engine.language.check import ProjectFiles, project_of
from engine.messaging.media.picture import BadMedia, MediaInfo

Look = Callable[[str], MediaInfo | BadMedia | None]


def project_at(root: Path, name: str, pictures: Look | None = None) -> ProjectFiles:
    """What `check` looks at, as a branch, tag or hash has it. `pictures`: how to look at one; by default at that commit's own.

    Raises UsageError where git knows no such revision, or the project is not in it.
    """
    commit = git.commit_of(root, name)
    if commit is None:
        shallow = git.is_shallow(root)
        help = "this clone is shallow: fetch the whole history (`git fetch --unshallow`)" if shallow else None
        raise UsageError(
            f'there is no revision "{name}" in the repository of {root}', help or "a branch, a tag or a hash"
        )
    names = [path for path in git.files_at(root, commit) if _is_read(path)]
    if PROJECT_FILE not in names:
        raise UsageError(
            f'the revision "{name}" has no {PROJECT_FILE} in {root}', "the project came later, or was moved"
        )
    if any(path.startswith("flows/") for path in names):
        names = [path for path in names if "/" in path or path == PROJECT_FILE]
    files = {path: (git.content_at(root, commit, path) or b"")[: LARGEST_TEXT + 1] for path in names}
    about = cache(lambda: project_of(files[PROJECT_FILE]))
    own = Pictures(
        lambda path: git.content_at(root, commit, path), lambda: limit_of(about()), card=lambda: details_of(about())
    )
    return ProjectFiles(files, pictures or own)


def _is_read(path: str) -> bool:
    """As project_files.py has it: leadoff.yaml, and *.yaml in flows/, in segments/ or beside leadoff.yaml."""
    place = PurePosixPath(path)
    return place.suffix == ".yaml" and str(place.parent) in (".", "flows", "segments")
