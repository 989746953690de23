"""The page on editors: its settings can be read, and all of them start the same command."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest

from engine.cli.root import GROUPS
from tests.docs.pages import fenced

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs/editors.md"
VSCODE = ROOT / "docs/editors/vscode"


@pytest.mark.parametrize("kind", ["json", "toml"])
def test_settings_can_be_read(kind: str) -> None:
    blocks = [block.text for block in fenced(PAGE) if block.kind == kind]
    assert blocks
    for text in blocks:
        assert json.loads(text) if kind == "json" else tomllib.loads(text)


def test_each_editor_starts_the_server_that_there_is() -> None:
    told = [block.text for block in fenced(PAGE) if block.kind in ("json", "lua", "toml")]
    assert sum('"lsp"' in text and '"leadoff"' in text for text in told) == 3
    assert 'args: ["lsp"]' in (VSCODE / "extension.js").read_text()
    assert any("lsp" in group for group in GROUPS.values())


def test_the_extension_names_files_and_settings_that_it_has() -> None:
    package = json.loads((VSCODE / "package.json").read_text())
    script = (VSCODE / package["main"]).read_text()
    for setting in package["contributes"]["configuration"]["properties"]:
        section, _, key = setting.rpartition(".")
        assert f'getConfiguration("{section}").get("{key}")' in script
    assert all(f'require("{name}' in script for name in package["dependencies"])
