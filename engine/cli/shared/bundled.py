"""Data that comes along: in a wheel below engine/_bundled, in a checkout where it is kept."""

from __future__ import annotations

from pathlib import Path

from engine.deploy.project_files import TEST_ENDING
from engine.language.source import strict_yaml

_PLACES = {"flows": "flows", "shop": "examples/shop"}


def bundled(name: str) -> Path:
    """The folder of "flows" (the templates and their project) or "shop" (the example)."""
    engine = Path(__file__).resolve().parents[2]
    packed = engine / "_bundled" / name
    return packed if packed.is_dir() else engine.parent / _PLACES[name]


def templates() -> dict[str, Path]:
    """The ready-made flows by name."""
    files = sorted(bundled("flows").glob("*.yaml"))
    return {file.stem: file for file in files if file.name != "leadoff.yaml" and not file.name.endswith(TEST_ENDING)}


def tests_of(template: str) -> Path:
    """The template's tests."""
    return bundled("flows") / f"{template}{TEST_ENDING}"


def described() -> dict[str, str]:
    """Template -> what it does, in its own words. They stand above its trigger, and no more of it is read."""
    return {name: _head(file)["description"] for name, file in templates().items()}


def _head(template: Path) -> dict[str, str]:
    top = template.read_bytes().partition(b"\ntrigger:")[0]
    head: dict[str, str] = strict_yaml.read(template.name, top).data
    return head
