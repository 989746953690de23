"""Where the steps of a deployment stand in its files: `flows/spring-drop.yaml:34`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import orjson

from engine.language.source import strict_yaml
from engine.store import deployments
from engine.store.sql import Connection

Places = Mapping[tuple[str, str], str]
"""(flow, step) -> file and line."""


def places_in(db: Connection, deployment: int) -> Places:
    """Of every step with an id; {} where there is no such deployment."""
    stored = deployments.one(db, deployment)
    files: dict[str, str] = orjson.loads(stored.content)["files"] if stored else {}
    found: dict[tuple[str, str], str] = {}
    for path, source in files.items():
        flow = path.rpartition("/")[2].removesuffix(".yaml")
        document = strict_yaml.read(path, source.encode())
        for id, loc in _steps(document.data, ()):
            found.setdefault((flow, id), f"{path}:{document.marks.key(loc).line}")
    return found


def _steps(value: Any, loc: tuple[str | int, ...]) -> Iterator[tuple[str, tuple[str | int, ...]]]:
    """Every mapping with an id, in written order, with its place."""
    if isinstance(value, dict):
        if isinstance(value.get("id"), str):
            yield value["id"], loc
        for key, child in value.items():
            yield from _steps(child, (*loc, key))
    elif isinstance(value, list):
        for index, child in enumerate(value):
            yield from _steps(child, (*loc, index))
