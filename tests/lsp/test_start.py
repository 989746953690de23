"""How the command begins, and how it does not."""

from __future__ import annotations

import subprocess
import sys

import pytest

WITHOUT = "import sys; sys.modules[{!r}] = None; from engine.cli import run; sys.exit(run(['lsp']))"


@pytest.mark.parametrize("package", ["pygls", "lsprotocol"])
def test_without_its_package_it_says_what_to_install(package: str) -> None:
    command = [sys.executable, "-c", WITHOUT.format(package)]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert "pip install 'leadoff[lsp]'" in done.stderr and "Traceback" not in done.stderr


def test_a_pipe_that_is_closed_at_once_is_no_mistake() -> None:
    command = [sys.executable, "-m", "engine.cli", "lsp"]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
