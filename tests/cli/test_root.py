"""The command line as such: help, exit codes, what goes where."""

from __future__ import annotations

import shlex
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from engine.cli import root
from engine.cli.examples import EXAMPLES
from engine.cli.root import COMMANDS, Entry, load
from tests.cli.conftest import Terminal
from tests.fork_server import leadoff

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.only("sqlite", "it opens no database")
def test_help_names_every_command_and_version_says_it(terminal: Terminal) -> None:
    said = terminal.well("--help")
    assert all(f"  {name} " in said.out for name in COMMANDS)
    assert terminal.well("--version").out.startswith("leadoff 0.")


@pytest.mark.only("sqlite", "it opens no database")
@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_loads_and_explains_itself_as_the_table_does(name: str, terminal: Terminal) -> None:
    assert load(name).name == name
    first = COMMANDS[name].help.split(";")[0].split(",")[0].split(":")[0].rstrip(".")
    assert first in " ".join(terminal.well(name, "--help").out.split())


def test_help_loads_nothing_of_the_product() -> None:
    """It has to be there at once: no SQL, no pydantic, no language."""
    code = (
        "import sys; from engine.cli import run; run(['--help']);"
        "heavy = {'pydantic', 'sqlmodel', 'sqlalchemy', 'httpx', 'fastapi', 'PIL', 'engine.app', 'engine.language'};"
        "sys.exit(str(heavy & set(sys.modules)) if heavy & set(sys.modules) else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.only("sqlite", "it opens no database")
@pytest.mark.parametrize(
    "words", [(), ("bogus",), ("event",), ("contacts",), ("messages", "--limit", "0"), ("run", "--port", "x")]
)
def test_what_typer_finds_wrong_is_usage(words: tuple[str, ...], shop: Terminal) -> None:
    said = shop(*words)
    assert said.code == 2
    assert "Traceback" not in said.err
    assert "Value error" not in said.err


@pytest.mark.only("sqlite", "it opens no database")
def test_a_misspelt_command_is_answered_with_the_nearest(terminal: Terminal) -> None:
    said = terminal("chekc")
    assert (said.code, said.out) == (2, "")
    assert "'check'" in said.err


@pytest.mark.only("sqlite", "it opens no database")
@pytest.mark.parametrize("command", ["check", "apply", "messages", "runs", "doctor", "run"])
def test_without_a_project_commands_say_where_they_looked(command: str, terminal: Terminal) -> None:
    said = terminal(command)
    assert (said.code, said.out) == (2, "")
    assert "leadoff.yaml" in said.err
    assert "leadoff init" in said.err


@pytest.mark.only("sqlite", "it opens no database")
def test_the_project_is_named_before_the_command_or_behind_it(shop: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir("/")
    folder = str(shop.folder)
    assert shop("--project", folder, "check").code == 0
    assert shop("check", "--project", folder).code == 0
    assert shop("check", "--project", f"{folder}/media").code == 2


def test_a_fault_of_our_own_is_3_and_short(shop: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(root.COMMANDS, "doctor", Entry("doctor:absent", "", ""))
    said = shop("doctor")
    assert said.code == 3
    assert said.err.startswith("error: a bug in Leadoff: AttributeError")
    assert "LEADOFF_DEBUG" in said.err
    assert "Traceback" not in said.err
    monkeypatch.setenv("LEADOFF_DEBUG", "1")
    loud = shop("doctor")
    assert loud.code == 3
    assert "Traceback" in loud.err


def test_a_broken_database_url_is_configuration(shop: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEADOFF_DATABASE_URL", "postgresql://x")
    assert shop("messages").code == 2


@pytest.mark.only("sqlite", "it opens no database")
def test_words_that_are_not_utf8_are_refused(shop: Terminal) -> None:
    assert shop("contacts", "show", "\udcff").code == 2


def test_the_simulator_alone_says_where_it_is_and_ends_when_told() -> None:
    command = [*leadoff(), "simulator", "--port", "0", "--fault", "drop_answer:2"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        with socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2])), timeout=10):
            pass
        process.terminate()
        assert process.wait(30) == 0


@pytest.mark.only("sqlite", "it opens no database")
def test_a_fault_that_the_simulator_does_not_know_is_usage(terminal: Terminal) -> None:
    assert terminal("simulator", "--port", "0", "--fault", "bogus").code == 2


def test_a_reader_that_hangs_up_is_no_error(open_shop: Terminal) -> None:
    command = [*leadoff(), "contacts", "list", "--format", "json"]
    process = subprocess.Popen(command, cwd=open_shop.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    with process.stderr:
        assert process.stderr.read() == b""
    assert process.wait(30) == 0


@pytest.mark.only("sqlite", "it opens no database")
@pytest.mark.parametrize("name", EXAMPLES)
def test_the_example_of_a_command_of_a_group_can_be_run(name: str, terminal: Terminal) -> None:
    group, command = name.split()
    assert f"Example: {EXAMPLES[name]}\n" in terminal.well(group, command, "--help").out
    words = shlex.split(EXAMPLES[name])
    assert words[:3] == ["leadoff", group, command]
    load(group).commands[command].make_context(command, words[3:])
