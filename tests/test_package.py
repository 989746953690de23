"""What is shipped: the wheel's top level, the bounds of the dependencies, the lock."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterator
from configparser import ConfigParser
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import engine

ROOT = Path(__file__).resolve().parents[1]
HASHES = r"(?: --hash=sha256:[0-9a-f]{64})*"
PINNED = re.compile(rf"(?P<name>[A-Za-z0-9._-]+)==(?P<version>[^ ;]+)(?: ;[^\\]+?)?(?P<hashes>{HASHES})")


@pytest.fixture(scope="module")
def project() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[zipfile.Path]:
    out = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(out), str(ROOT)]
    built = subprocess.run(command, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stdout + built.stderr
    (file,) = out.glob("leadoff-*.whl")
    with zipfile.ZipFile(file) as archive:
        yield zipfile.Path(archive)


@pytest.fixture(scope="module")
def shipped(wheel: zipfile.Path) -> frozenset[str]:
    return frozenset(name for name in wheel.root.namelist() if not name.endswith("/"))


def on_disk(folder: str) -> set[str]:
    """The files below a folder that belong to it: no caches, no database left by trying the example."""
    found = (path.relative_to(ROOT) for path in (ROOT / folder).rglob("*") if path.is_file())
    return {path.as_posix() for path in found if not {"__pycache__", ".leadoff"} & set(path.parts)}


def requirements(project: dict[str, Any]) -> list[Requirement]:
    listed = [*project["project"]["dependencies"], *project["project"]["optional-dependencies"]["dev"]]
    return [Requirement(text) for text in [*listed, *project["build-system"]["requires"]]]


def locked() -> list[str]:
    """The lock's entries, one a line: comments dropped, continued lines joined."""
    text = (ROOT / "requirements.lock").read_text("utf-8")
    lines = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("#"))
    return [" ".join(line.split()) for line in lines.replace("\\\n", " ").splitlines() if line.strip()]


def test_the_wheel_has_two_packages_and_nothing_else_on_top(shipped: frozenset[str]) -> None:
    assert {name.split("/")[0] for name in shipped} == {"engine", "blocks", f"leadoff-{engine.__version__}.dist-info"}


def test_the_wheel_has_every_file_of_the_packages(shipped: frozenset[str]) -> None:
    assert on_disk("engine") | on_disk("blocks") <= shipped
    assert {"engine/py.typed", "blocks/py.typed", "engine/store/migrations/schema.sql"} <= shipped


@pytest.mark.parametrize(("folder", "bundled"), [("flows", "flows"), ("schemas", "schemas"), ("examples/shop", "shop")])
def test_the_wheel_bundles_the_data_that_commands_need(shipped: frozenset[str], folder: str, bundled: str) -> None:
    there = {name for name in shipped if name.startswith(f"engine/_bundled/{bundled}/")}
    assert there == {name.replace(folder, f"engine/_bundled/{bundled}", 1) for name in on_disk(folder)}


def test_the_wheel_bundles_the_template_and_the_shop(shipped: frozenset[str]) -> None:
    assert {"engine/_bundled/flows/mms-first.yaml", "engine/_bundled/shop/leadoff.yaml"} <= shipped
    assert any(name.startswith("engine/_bundled/shop/media/") for name in shipped)


def test_the_wheel_brings_the_command(wheel: zipfile.Path) -> None:
    entry_points = ConfigParser()
    entry_points.read_string(
        (wheel / f"leadoff-{engine.__version__}.dist-info" / "entry_points.txt").read_text("utf-8")
    )
    assert dict(entry_points["console_scripts"]) == {"leadoff": "engine.cli:main"}


def test_the_package_and_the_code_say_the_same_version(project: dict[str, Any]) -> None:
    assert project["project"]["version"] == engine.__version__


def test_every_dependency_has_a_floor_and_a_ceiling(project: dict[str, Any]) -> None:
    for requirement in requirements(project):
        assert sorted(bound.operator for bound in requirement.specifier) == ["<", ">="], str(requirement)


def test_every_line_of_the_lock_is_an_exact_version_with_hashes() -> None:
    assert len(locked()) > 30
    for line in locked():
        found = PINNED.fullmatch(line)
        assert found, line[:80]
        assert found["hashes"], f"{found['name']} has no hash"


def test_the_lock_names_no_host_and_no_folder() -> None:
    text = (ROOT / "requirements.lock").read_text("utf-8")
    assert re.findall(r"^.*(?:://|--(?!hash=)|(?<![\w.])/\w).*$", text, re.MULTILINE) == []


def test_the_lock_holds_every_dependency_within_its_bounds(project: dict[str, Any]) -> None:
    pins = {canonicalize_name(m["name"]): m["version"] for line in locked() if (m := PINNED.fullmatch(line))}
    for requirement in requirements(project):
        name = canonicalize_name(requirement.name)
        assert name in pins, f"{name} is not in the lock: make lock"
        assert requirement.specifier.contains(pins[name]), f"{requirement}, but the lock has {pins[name]}: make lock"
