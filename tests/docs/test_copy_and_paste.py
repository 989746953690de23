"""A newcomer copies the files of CONTRIBUTING.md and docs/writing-a-*.md into a checkout: the gate passes for them."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.pages import ROOT, fenced

PAGES = (ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("writing-a-*.md")))
SHOWN = [block for page in PAGES for block in fenced(page) if "file" in block.marks]
APPENDED = [block for page in PAGES for block in fenced(page) if "append to" in block.marks]
CODE = [block.marks["file"] for block in SHOWN if block.kind == "python"]
LEFT_OUT = shutil.ignore_patterns(".*", "openapi", "node_modules")


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of this one, with the files of the pages in it."""
    folder = shutil.copytree(ROOT, tmp_path_factory.mktemp("stranger") / "leadoff", ignore=LEFT_OUT)
    if (cache := ROOT / ".mypy_cache").exists():  # mypy then looks at the new files alone
        shutil.copytree(cache, folder / cache.name)
    for block in SHOWN:
        path = folder / block.marks["file"]
        assert not path.exists(), f"{block.place}: there is such a file"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(block.text, "utf-8")
    for block in APPENDED:
        path = folder / block.marks["append to"]
        path.write_text(f"{path.read_text('utf-8')}\n{block.text}", "utf-8")
    return folder


def run(folder: Path, *words: str) -> str:
    done = subprocess.run([sys.executable, "-m", *words], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_each_page_has_a_file_to_copy() -> None:
    assert {block.page for block in SHOWN} == {page.relative_to(ROOT).as_posix() for page in PAGES}


def test_ruff_and_mypy_accept_them(checkout: Path) -> None:
    run(checkout, "ruff", "check", *CODE)
    run(checkout, "ruff", "format", "--check", *CODE)
    run(checkout, "mypy", "--strict", *CODE)


def test_their_cases_and_samples_pass(checkout: Path) -> None:
    """The tests that a block and a rule come with, chosen by their names."""
    names = [Path(path).stem for path in CODE if path.startswith("blocks/")]
    names += [path.split("/")[2] for path in (block.marks["file"] for block in SHOWN) if "/problems/" in path]
    tests = ("tests/blocks/test_cases.py", "tests/problems/test_samples.py")
    said = run(checkout, "pytest", "-q", "-p", "no:cacheprovider", *tests, "-k", " or ".join(sorted(set(names))))
    assert " passed" in said


def test_the_reference_and_the_schemas_have_them(checkout: Path) -> None:
    run(checkout, "docs.generate")
    page = (checkout / "docs/language.md").read_text("utf-8")
    for name in (Path(path).stem for path in CODE if path.startswith("blocks/")):
        assert f"\n### {name}\n" in page
    assert "| `LO699` | error | A picture without words |" in page
    assert "step-morning" in run(checkout, "engine.cli", "schema", "flow")
