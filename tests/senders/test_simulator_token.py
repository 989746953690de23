"""The simulator that `run` brings has a token that nobody else can know."""

from __future__ import annotations

import stat
from pathlib import Path
from threading import Barrier, Thread

import pytest

from engine.app import App
from engine.clock import ManualClock
from engine.deploy.read_project import read_and_check
from engine.errors import UsageError
from engine.senders.simulator_token import NAME, standing
from tests.world import PROJECT, START

FLOW = "flow: f\nlanguage: 1\ntrigger: manual\nsteps: [{id: hi, sms: Hello from Acme}]\n"


def shop(folder: Path, project: str = PROJECT, **environ: str) -> App:
    (folder / "flows").mkdir(parents=True, exist_ok=True)
    (folder / "leadoff.yaml").write_text(project)
    (folder / "flows/f.yaml").write_text(FLOW)
    app = App(folder, environ, ManualClock(START))
    checked = read_and_check(folder, app.registry)
    assert checked.ok, checked.findings
    app.apply(checked)
    return app


def test_it_is_random_and_every_command_of_the_project_finds_it(tmp_path: Path) -> None:
    tokens = []
    for folder in (tmp_path / "a", tmp_path / "a", tmp_path / "b"):
        with shop(folder) as app:
            tokens.append(app.simulator_accounts()["demo"])
            assert app.setup("main").credentials.get("TOKEN") == tokens[-1]
    assert tokens[0] == tokens[1] != tokens[2]
    assert len(tokens[0]) >= 32 and "simulator" not in tokens
    assert stat.S_IMODE((tmp_path / "a/.leadoff" / NAME).stat().st_mode) == 0o600


def test_many_at_once_make_one(tmp_path: Path) -> None:
    found: list[str] = []
    together = Barrier(8)

    def look() -> None:
        together.wait()
        found.append(standing(tmp_path))

    threads = [Thread(target=look) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8 and len(set(found)) == 1
    assert [path.name for path in tmp_path.iterdir()] == [NAME]


def test_one_that_is_set_goes_before_it(tmp_path: Path) -> None:
    with shop(tmp_path, LEADOFF_SENDER_MAIN_TOKEN="mine") as app:
        assert app.simulator_accounts() == {"demo": "mine"}


def test_a_simulator_elsewhere_has_none_that_could_be_guessed(tmp_path: Path) -> None:
    elsewhere = PROJECT.replace("provider: simulator,", 'provider: simulator, base_url: "http://127.0.0.1:9",')
    assert elsewhere != PROJECT
    with shop(tmp_path, elsewhere) as app, pytest.raises(UsageError) as caught:
        app.outboxes()
    assert "LEADOFF_SENDER_MAIN_TOKEN" in str(caught.value.help)


def test_an_empty_file_opens_nothing(tmp_path: Path) -> None:
    (tmp_path / NAME).write_text("\n")
    with pytest.raises(UsageError):
        standing(tmp_path)
