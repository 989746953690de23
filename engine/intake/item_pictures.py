"""What messages of a source become; an item without a picture has the one that the source has told of its product."""

from __future__ import annotations

from collections.abc import Iterable

from engine.intake.mapping import Became, ProductPicture, became
from engine.language.model.project import Project
from engine.sources import products
from engine.sources.kind import Message
from engine.store import product_pictures
from engine.store.sql import Connection


def becomes(db: Connection, project: Project, name: str, messages: Iterable[Message]) -> list[Became]:
    source, picture = project.sources[name], _told_by(db, name)
    return [became(project, source, message, picture) for message in messages]


def _told_by(db: Connection, source: str) -> ProductPicture:
    """Of an item as the shop writes it: the picture of its variant, else of its product, else of its SKU."""

    def find(item: object) -> str | None:
        keys = products.keys_of_item(item)
        known = product_pictures.find(db, source, keys) if keys else {}
        return next((known[key] for key in keys if key in known), None)

    return find
