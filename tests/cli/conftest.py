"""A terminal in the example shop: commands run in this process, as the console script runs them."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from engine.app import App
from engine.cli import run
from tests import databases, morning

SHOP = Path(__file__).resolve().parents[2] / "examples/shop"
FILES = ("leadoff.yaml", "flows", "media", "contacts.csv")


class Said(NamedTuple):
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


class Terminal:
    """`terminal("check", "--strict")` runs a command in the folder."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self._capsys = capsys

    def __call__(self, *words: str) -> Said:
        self._capsys.readouterr()
        code = run(words)
        return Said(code, *self._capsys.readouterr())

    def well(self, *words: str) -> Said:
        """A command that has to succeed."""
        said = self(*words)
        assert said.code == 0, said
        return said

    def tick(self) -> None:
        """What a daemon would do now, without sending."""
        with App(self.folder) as app:
            app.engine().tick(app.clock.now())


@pytest.fixture
def terminal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, each_database: str
) -> Terminal:
    """In an empty folder."""
    monkeypatch.chdir(tmp_path)
    set_environment(monkeypatch)
    return Terminal(tmp_path, capsys)


@pytest.fixture
def terminal_without_database(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Terminal:
    """In an empty folder, for commands that open no database: the one that is named cannot be opened. A file that imports it
    as `terminal` need not run on each database.
    """
    monkeypatch.chdir(tmp_path)
    set_environment(monkeypatch)
    monkeypatch.setenv(databases.URL, "postgresql://nobody@127.0.0.1:1/nothing")
    return Terminal(tmp_path, capsys)


def set_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    for name in ("LEADOFF_PUBLIC_URL", "LEADOFF_DEBUG"):
        monkeypatch.delenv(name, raising=False)
    for name, value in morning.clock().items():
        monkeypatch.setenv(name, value)


@pytest.fixture(scope="session")
def shop_files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shop, and its pictures as `check` keeps them: made once, copied by the tests."""
    folder = tmp_path_factory.mktemp("shop")
    for name in FILES:
        source = SHOP / name
        if source.is_dir():
            shutil.copytree(source, folder / name)
        else:
            shutil.copy(source, folder / name)
    assert run(("--project", str(folder), "check")) == 0
    return folder


@pytest.fixture(scope="session")
def applied_shop_files(shop_files: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shop applied, nobody in it."""
    return _kept(shop_files, tmp_path_factory, apply_the_shop)


@pytest.fixture(scope="session")
def open_shop_files(applied_shop_files: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shop applied, its contacts imported."""
    return _kept(applied_shop_files, tmp_path_factory, import_the_contacts)


def _kept(of: Path, tmp_path_factory: pytest.TempPathFactory, act: Callable[[Path, pytest.MonkeyPatch], None]) -> Path:
    """A copy in which that has been done."""
    folder = tmp_path_factory.mktemp("kept") / "shop"
    shutil.copytree(of, folder)
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.delenv(databases.URL, raising=False)
        act(folder, monkeypatch)
    return folder


def apply_the_shop(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    set_environment(monkeypatch)
    monkeypatch.chdir(folder)
    assert run(("apply", "--yes")) == 0


def import_the_contacts(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    set_environment(monkeypatch)
    monkeypatch.chdir(folder)
    assert run(("contacts", "import", "contacts.csv")) == 0


def open_the_shop(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    apply_the_shop(folder, monkeypatch)
    import_the_contacts(folder, monkeypatch)


@pytest.fixture
def shop(terminal: Terminal, shop_files: Path) -> Terminal:
    """In a copy of the shop, nothing applied yet."""
    shutil.copytree(shop_files, terminal.folder, dirs_exist_ok=True)
    return terminal


@pytest.fixture
def closed_shop(terminal_without_database: Terminal, shop_files: Path) -> Terminal:
    """In a copy of the shop, for commands that open no database."""
    shutil.copytree(shop_files, terminal_without_database.folder, dirs_exist_ok=True)
    return terminal_without_database


@pytest.fixture
def applied_shop(terminal: Terminal, applied_shop_files: Path, monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """In a copy of the shop, applied, nobody in it."""
    shutil.copytree(applied_shop_files, terminal.folder, dirs_exist_ok=True)
    databases.filled("an applied shop", lambda: apply_the_shop(terminal.folder, monkeypatch))
    return terminal


@pytest.fixture
def open_shop(terminal: Terminal, open_shop_files: Path, monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """In a copy of the shop, applied, its contacts imported."""
    shutil.copytree(open_shop_files, terminal.folder, dirs_exist_ok=True)
    databases.filled("an open shop", lambda: open_the_shop(terminal.folder, monkeypatch))
    return terminal
