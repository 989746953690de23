"""What a command loads: one that only reads loads neither the language nor a library that it does not use."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

LANGUAGE = {"jinja2", "ruamel.yaml", "engine.language.check", "engine.language.model.project", "blocks.registry"}
HEAVY = {
    "sqlalchemy", "sqlmodel", "alembic", "fastapi", "uvicorn", "httpx", "apscheduler", "rich.console", "phonenumbers", "engine.app",
    *LANGUAGE, "PIL", "PIL.Image",
}  # fmt: skip
MAY_LOAD: dict[str, set[str]] = {
    "runs": set(),
    "messages": set(),
    "flows": set(),
    "stats spring-drop": set(),
    "notices": set(),
    "token list": set(),
    "contacts list": set(),
    "contacts show +12025550143 --all": set(),
    "db check": set(),
    "rule LO202": set(),
    "explain +12025550143": {"rich.console"},
    "parts hello": {*LANGUAGE, "phonenumbers"},
    "schema flow": LANGUAGE,
    "init --list": {"ruamel.yaml"},
    "check": {*LANGUAGE, "PIL", "phonenumbers"},
    "fmt --check": {*LANGUAGE, "PIL", "phonenumbers"},
    "media list": {*LANGUAGE, "PIL", "phonenumbers"},
    "segments": {*LANGUAGE - {"blocks.registry"}, "PIL"},
    "contacts export": set(),
    "sources list": set(),
}


@pytest.mark.parametrize("command", MAY_LOAD)
def test_a_command_loads_only_what_it_uses(command: str, open_shop_files: Path) -> None:
    words = command.split()
    code = f"import sys; from engine.cli import run; code = run({words!r}); print(*sys.modules, file=sys.stderr); sys.exit(code)"
    done = subprocess.run([sys.executable, "-c", code], cwd=open_shop_files, capture_output=True, text=True, check=True)
    assert set(done.stderr.split()) & HEAVY <= MAY_LOAD[command]


def test_httpx_comes_without_its_own_command_line(open_shop_files: Path) -> None:
    words = [sys.executable, "-X", "importtime", "-m", "engine.cli", "doctor"]
    loaded = subprocess.run(words, cwd=open_shop_files, capture_output=True, text=True, check=False).stderr
    assert "httpx._client" in loaded and "pygments" not in loaded


def test_the_daemon_loads_nothing_that_draws_or_plans(open_shop_files: Path) -> None:
    """Pages load that when somebody asks: pictures and fonts alone take 7 MB."""
    words = [sys.executable, "-X", "importtime", "-m", "engine.cli", "run", "--port", "0"]
    loaded = []
    with subprocess.Popen(words, cwd=open_shop_files, stderr=subprocess.PIPE, text=True) as daemon:
        assert daemon.stderr is not None
        for line in daemon.stderr:
            loaded.append(line.rpartition("|")[2].strip())
            if line.startswith("leadoff runs"):
                break
        daemon.terminate()
        daemon.stderr.read()
    assert "engine.server.dashboard.drawings" in loaded
    unused = (
        "engine.preview",
        "engine.dev",
        "engine.lsp",
        "engine.deploy.plan.planning",
        "PIL.ImageDraw",
        "PIL.ImageFont",
        "psycopg",
    )
    assert [name for name in loaded if name.startswith(unused)] == []
