"""Programs of neighbouring schemas work side by side on one PostgreSQL; one that is too old or too new refuses with words."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from engine.app import App
from engine.errors import Refused
from engine.store import migrations
from engine.store.postgres.database import PostgresDatabase
from tests.fork_server import leadoff
from tests.server.stage import ROOT, Daemon, Stage, phone, until

NEXT, NEXT_BUT_ONE = "9001", "9002"
# The program of a later version: its schema, the oldest that it lets go on, and a revision that adds a column.
PROGRAM = """\
from engine.store import migrations

migrations.HEAD, migrations.BESIDE = HEAD, BESIDE

def run_revisions(connection):
    connection.exec_driver_sql(f"ALTER TABLE contact ADD COLUMN new_{migrations.HEAD} TEXT")
    connection.exec_driver_sql(f"UPDATE alembic_version SET version_num = '{migrations.HEAD}'")

migrations.run_revisions = run_revisions
"""


class Later:
    """A version whose schema is `head`, and which lets programs with the schema `beside` go on."""

    def __init__(self, stage: Stage, head: str, beside: str) -> None:
        self._stage, self._command = stage, [*leadoff(), "-c", f"HEAD, BESIDE = {head!r}, {beside!r}\n{PROGRAM}"]

    def __call__(self, *words: str) -> tuple[int, str]:
        environ = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), **self._stage.environ}
        done = subprocess.run(
            [*self._command, *words], check=False, env=environ, cwd=self._stage.folder, capture_output=True, text=True
        )
        return done.returncode, done.stdout + done.stderr

    def daemon(self) -> Daemon:
        made = Daemon(self._command, self._stage.folder, 0, more=self._stage.environ)
        self._stage.daemons.append(made)
        return made


@pytest.fixture
def stage(create: Callable[[], str], tmp_path: Path) -> Iterator[Stage]:
    with Stage(tmp_path / "shop", environ={"LEADOFF_DATABASE_URL": create()}) as made:
        yield made


def test_a_later_version_starts_beside_this_one_when_the_schema_was_brought_up_to_date(stage: Stage) -> None:
    later, ours = Later(stage, NEXT, migrations.HEAD), stage.daemon(more=stage.environ).ready()
    (stage.folder / "list.csv").write_text(f"phone\n{phone(9)}\n")
    for words in (("run",), ("contacts", "import", "list.csv"), ("daemons",), ("doctor",), ("db", "restored", "--yes")):
        code, said = later(*words)
        assert code == 1, (words, said)
        if words != ("db", "restored", "--yes"):  # a daemon runs
            assert f"the database has schema {migrations.HEAD}, older than this version's {NEXT}" in said
            assert "`leadoff db upgrade` brings it up to date" in said

    stage.join([phone(1)])
    assert later("db", "upgrade")[1].startswith(f"brought up to schema {NEXT}: ")
    theirs = later.daemon().ready()
    stage.join([phone(2), phone(3)])
    stage.settle(6)
    code, said = later("daemons")
    assert (code, said.count("lives")) == (0, 2), said

    assert [theirs.terminate(), ours.terminate()] == [0, 0]
    stage.daemon(more=stage.environ).ready()  # the way back
    stage.join([phone(4)])
    stage.settle(8)
    # where the machine was too busy for an answer in time, a message is unknown until its callback is taken in
    until(lambda: set(stage.states()) == {"delivered"}, "all of them delivered")
    assert set(stage.tags().values()) == {1}


def test_a_daemon_ends_when_the_schema_is_none_that_it_can_live_with(stage: Stage) -> None:
    ours = stage.daemon(more=stage.environ).ready()
    assert Later(stage, NEXT, migrations.HEAD)("db", "upgrade")[0] == 0
    assert Later(stage, NEXT_BUT_ONE, NEXT)("apply", "--yes")[0] == 0, "`apply` brings it up to date, too"
    ours.wait_for(
        f"the database has schema {NEXT_BUT_ONE}, newer than this version's {migrations.HEAD}; this daemon ends"
    )
    assert ours.code() == 1
    with pytest.raises(Refused, match=f"schema {NEXT_BUT_ONE}, newer") as refused:
        App(stage.folder, stage.environ)
    assert refused.value.help == "install the newer leadoff"
    Later(stage, NEXT, migrations.HEAD).daemon().ready()


def test_one_of_a_version_that_told_nothing_is_for_that_version(create: Callable[[], str], tmp_path: Path) -> None:
    """From before there was such a word in the database."""
    url = create()
    with closing(PostgresDatabase(url, tmp_path)) as database:
        migrations.upgrade(database)
        with psycopg.connect(url) as db:
            db.execute("DELETE FROM meta WHERE name = 'beside'")
            db.execute("UPDATE alembic_version SET version_num = '9001'")
        for use in (migrations.upgrade, migrations.prepare, migrations.refuse_newer):
            with pytest.raises(Refused, match="newer"):
                use(database)
