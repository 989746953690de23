"""A project's folder as the language takes it, which itself touches no disk."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import orjson

from engine.core.block import Block
from engine.deploy.media_cache import Pictures, card_of, image_limit
from engine.deploy.project_files import (
    LARGEST_MEDIA,
    PROJECT_FILE,
    deployed_files,
    picture_files,
    project_texts,
    read_regular,
)
from engine.errors import Refused
from engine.language.check import Checked, ProjectFiles, check, project_of, with_segments
from engine.language.lint.rules import Rule
from engine.language.model.project import Project
from engine.language.model.unreadable import CannotSay
from engine.messaging.media.contact_card import Details
from engine.messaging.media.picture import MediaInfo
from engine.store import deployments
from engine.store.sql import Connection

Registry = Mapping[str, type[Block]]


def read_and_check(root: Path, registry: Registry, now: int | None = None, rules: Iterable[Rule] = ()) -> Checked:
    """`now` tells the past by; without it nothing is past. `rules`: those of other packages."""
    return check(read_project(root)._replace(now=now), registry, rules)


def read_project(root: Path) -> ProjectFiles:
    """All that `check` looks at."""
    files, unread = project_texts(root)
    pictures = pictures_of(root, lambda: project_of(files[PROJECT_FILE]))
    return ProjectFiles(files, pictures, unread, pictures=picture_files(root))


def deployed_project(db: Connection) -> Project | None:
    """The project that is deployed, with its segments and without its flows. Raises Refused where this version cannot read it."""
    stored = deployments.newest(db)
    if stored is None:
        return None
    files = orjson.loads(stored.content)["files"]
    project = with_segments({path: text.encode() for path, text in files.items()})
    if project is None:
        raise not_readable()
    return project


def checked_again(content: Mapping[str, Any], registry: Registry) -> Checked:
    """What a deployment keeps, see `content_of`, as this version reads it."""
    media = {path: MediaInfo(**info) for path, info in content["media"].items()}
    return check(ProjectFiles({path: text.encode() for path, text in content["files"].items()}, media.get), registry)


def content_of(checked: Checked) -> dict[str, Any]:
    """What a deployment keeps of a project; of a picture all but how it was made, which is for findings alone."""
    media = {
        path: {name: value for name, value in info._asdict().items() if name != "stilled"}
        for path, info in checked.media.items()
    }
    return {"files": deployed_files(checked.sources), "media": media}


def not_readable() -> Refused:
    return Refused(
        "the deployed project cannot be read by this version",
        "run `leadoff apply` with files that `leadoff check` accepts",
    )


def pictures_of(root: Path, project: Callable[[], Project | None]) -> Pictures:
    """The pictures of a project's folder. `project`: called for the first picture."""
    limit = cache(lambda: limit_of(project()))
    return Pictures(lambda path: read_regular(root, path, LARGEST_MEDIA), limit, root, lambda: details_of(project()))


def limit_of(project: Project | None) -> int:
    """The most bytes that a picture of the project may have."""
    try:
        return image_limit(project)
    except CannotSay:  # which senders there are, a finding tells
        return image_limit(None)


def details_of(project: Project | None) -> Details | None:
    """What the contact card of the project says."""
    try:
        return card_of(project)
    except (CannotSay, AttributeError):  # what of it cannot be read, a finding tells
        return None
