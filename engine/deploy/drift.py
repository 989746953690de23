"""Whether the project's files differ from the deployment.

Invariants: identical files are not read further, so that a listing starts no slower. The project is checked only if a file differs, because
another comment is no change.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import orjson

from engine.deploy.project_files import deployed_files, project_texts
from engine.errors import LeadoffError, UsageError
from engine.language.diagnostics.findings import counted
from engine.messaging.media.picture import parts_of
from engine.store import deployments
from engine.store.sql import Connection


def drift(db: Connection, root: Path, media_dir: Path) -> str | None:
    """How the project in `root` differs from the deployment, and what to do; None if it does not, or if nothing is deployed."""
    stored = deployments.newest(db)
    if stored is None:
        return None
    content = orjson.loads(stored.content)
    try:
        texts, _ = project_texts(root)
    except LeadoffError as error:
        return f"the files cannot be compared with deployment {stored.id}: {error.message}"
    now = {name: raw.decode("utf-8", "replace") for name, raw in deployed_files(texts).items()}
    changed = sorted(name for name in {*content["files"], *now} if content["files"].get(name) != now.get(name))
    pictures = sorted(name for name, info in content["media"].items() if _newer(root, name, media_dir / info["ref"]))
    if not changed and not pictures:
        return None
    # Only here is the language loaded.
    from engine.deploy.plan.changes import changes_of
    from engine.deploy.plan.takes_back import takes_back
    from engine.deploy.read_project import checked_again, read_and_check
    from engine.language.compiler import canonical_hash
    from engine.registry import registry

    blocks = registry()
    checked = read_and_check(root, blocks)
    if not checked.ok:
        errors = counted(sum(found.severity == "error" for found in checked.findings), "error")
        return f"the files have {errors}, and deployment {stored.id} stays in use: `leadoff check`"
    if canonical_hash(checked) == stored.hash:
        return None
    old = checked_again(content, blocks)
    with suppress(UsageError):  # a clone that is too shallow to tell
        back = takes_back(root, stored.commit, old, checked, blocks)
        if back is not None:
            return f"! {back.told(stored.id)}: `leadoff plan`"
    count = counted(max(1, changes_of(old, checked).total), "change")
    return f"the files are {count} ahead of deployment {stored.id} ({', '.join(changed or pictures)}): `leadoff plan`"


def _newer(root: Path, picture: str, kept: Path) -> bool:
    """Whether a file of the picture was written after what was made of it, or one of the two is gone."""
    try:
        made = kept.stat().st_mtime_ns
        return any((root / part).stat().st_mtime_ns > made for part in parts_of(picture))
    except OSError:
        return True
