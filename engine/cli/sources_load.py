"""`sources load`: the pictures of a shop's products, from a file into the database."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import typer

from engine.cli.shared.common import one_of, opened, root_of
from engine.cli.sources_try import project_at
from engine.intake import product_import
from engine.intake.product_import import Loaded
from engine.language.diagnostics.findings import counted


class Done(NamedTuple):
    loaded: Loaded
    hosts_to_name: list[str]


def load(ctx: typer.Context, project: Path | None, name: str, file: Path) -> Done:
    """Raises UsageError for an unknown source, and for a file without products."""
    known = project_at(root_of(ctx, project))
    one_of(name, sorted(known.sources), "source")
    with opened(ctx, project, "create") as workspace:
        done = product_import.load(workspace.database, name, file, workspace.clock.now())
    return Done(done, sorted(set(done.hosts) - set(known.image_hosts)))


def as_lines(name: str, done: Done) -> Iterator[str]:
    loaded = done.loaded
    without = f", {loaded.without:,} without" if loaded.without else ""
    yield f"{name}: {counted(loaded.products, 'product')} with a picture{without}; {loaded.changed:,} new or changed"
    if loaded.unfindable:
        yield f"{counted(loaded.unfindable, 'product')} has no SKU, by which an item of a cart would name it: load the API's list"
    if done.hosts_to_name:
        yield f"they come from hosts that leadoff.yaml does not name yet: `image_hosts: [{', '.join(done.hosts_to_name)}]`"
