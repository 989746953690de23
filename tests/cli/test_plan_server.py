"""`leadoff plan --server`: what a pipeline knows of those who wait, without a database and without people."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from engine.deploy.git import Revision
from engine.deploy.plan.planning import plan_here
from engine.deploy.plan.standing import shadow_of, standing_document
from engine.deploy.read_project import read_and_check
from engine.preview.plan.document import plan_document
from engine.store import tokens
from tests.cli.conftest import Terminal
from tests.deploy.plan.test_plan import FLOW, SEGMENT, WIN_BACK
from tests.server.web.desk import Desk
from tests.world import ADA, BEN, CY, DAY, HOUR, PROJECT, World


@contextmanager
def served(desk: Desk) -> Iterator[str]:
    """The site on a port; its address."""

    class Hands(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path.startswith("/elsewhere/"):
                self.send_response(302)
                self.send_header("Location", "/v1/deployment")
                self.end_headers()
                return
            if self.path.startswith("/page/"):
                self.send_response(200)
                self.end_headers()
                self.wfile.write(b"<html>hello</html>")
                return
            said = desk.ask("GET", self.path, headers=dict(self.headers.items()))
            self.send_response(said.status_code)
            self.end_headers()
            self.wfile.write(said.content)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Hands)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def world(terminal: Terminal) -> Iterator[World]:
    """Ada waits at last_chance, Ben and Cy at think."""
    with World(terminal.folder, FLOW) as made:
        made.event("list.joined", ADA)
        made.tick()
        made.tick(2 * DAY)
        for phone in (BEN, CY):
            made.event("list.joined", phone)
            made.tick(HOUR)
        yield made


@pytest.fixture
def url(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    token = world.app.database.write(lambda db: tokens.create(db, "ci", "read", world.clock.now()))
    monkeypatch.setenv("LEADOFF_TOKEN", token)
    with served(Desk(world)) as address:
        yield address


def test_the_plan_of_a_server_is_that_of_its_database(world: World, url: str, terminal: Terminal) -> None:
    world.write(FLOW.replace("2d", "3d").replace("last_chance", "last_wait").replace("hello", "hi"))
    here, there = terminal("plan"), terminal("plan", "--server", url)
    assert (here.code, there.code) == (1, 1)
    assert "1 waits at it and would be lost" in there.out
    assert "2 wait: they keep their time" in there.out
    assert "3 messages of it are written already" in there.out
    assert there.out.splitlines() == [
        line for line in here.out.splitlines() if not line.startswith(("Those inside", "If nobody"))
    ]


def test_pinned_renamed_and_parked_runs_as_well(world: World) -> None:
    renamed = FLOW.replace("last_chance", "last_wait").replace("steps:", "moved: {last_chance: last_wait}\nsteps:")
    world.write(renamed)
    world.apply()
    pinned = renamed.replace("2d", "3d").replace("language: 1", "language: 1\non_change: pin")
    world.write(pinned)
    world.apply()
    world.event("list.joined", ADA)
    world.tick()
    world.app.database.write(lambda db: db.execute("UPDATE run SET status = 1 WHERE id = 2"))
    world.write(
        pinned.replace("\non_change: pin", "")
        .replace("last_wait", "last")
        .replace("last_chance: last", "last_wait: last")
    )
    checked = read_and_check(world.folder, world.app.registry)
    assert checked.ok, checked.findings
    rest = (world.folder, world.app.registry, checked, Revision(None, False), world.clock.now())
    with world.app.database.reading() as db:
        here = plan_document(plan_here(db, *rest))
        document = json.loads(json.dumps(standing_document(db, world.clock.now())))
    held = {flow["flow"]: flow["held"] for flow in document["flows"]}
    with shadow_of(document).reading() as db:
        there = plan_document(plan_here(db, *rest, (), "server", held))
    assert here["flows"][0]["inside"] == 3
    assert {**there, "knows": "", "forecast": None} == {**here, "knows": "", "forecast": None}


def test_the_answer_names_nobody(world: World, url: str) -> None:
    with world.app.database.reading() as db:
        said = json.dumps(standing_document(db, world.clock.now()))
    assert "spring" in said
    for secret in (ADA, BEN, CY, ADA[1:], "Ada", "Ben", "/l/"):
        assert secret not in said


def test_who_starts_at_once_is_not_known_there(world: World, url: str, terminal: Terminal) -> None:
    world.write(FLOW, WIN_BACK, project=SEGMENT)
    said = terminal("plan", "--server", url, "--detailed-exitcode")
    assert said.code == 11
    assert "start at once (enroll_existing): how many is not known here" in said.out


def test_what_is_held_is_counted_there(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    night = PROJECT.replace("quiet_hours: off", 'quiet_hours: {between: ["20:00", "09:00"]}')
    with World(terminal.folder, FLOW, project=night) as world:
        world.tick(12 * HOUR)  # 22:00 in New York
        world.event("list.joined", ADA)
        world.tick()
        token = world.app.database.write(lambda db: tokens.create(db, "ci", "read", world.clock.now()))
        monkeypatch.setenv("LEADOFF_TOKEN", token)
        with served(Desk(world)) as url:
            world.write(FLOW, project=PROJECT)
            assert "1 held message: asked again at once" in terminal.well("plan", "--server", url).out


def test_nothing_is_deployed_there(terminal: Terminal, url: str, world: World) -> None:
    world.app.database.write(lambda db: db.execute("DELETE FROM deployment"))
    assert terminal.well("plan", "--server", url).out.startswith("nothing deployed → your files")


NO_SERVERS = [
    ("{}/elsewhere", "answers 302"),
    ("{}/page", "no deployment that this version can read"),
    ("{}/nowhere", "answers 404"),
    ("http://127.0.0.1:1", "does not answer"),
    ("http://sms.acme.example", "http is allowed only for this machine"),
    ("sms.acme.example", "this is no URL"),
]


def test_a_server_that_is_none(terminal: Terminal, url: str) -> None:
    for server, why in NO_SERVERS:
        said = terminal("plan", "--detailed-exitcode", "--server", server.format(url))
        assert (said.code, said.out) == (2, ""), server
        assert why in said.err


def test_a_token_that_is_missing_unknown_or_of_another_scope(
    world: World, url: str, terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("LEADOFF_TOKEN")
    said = terminal("plan", "--server", url)
    assert said.code == 2 and "--server needs a token in LEADOFF_TOKEN" in said.err
    events = world.app.database.write(lambda db: tokens.create(db, "shop", "events", world.clock.now()))
    for token, code in (("nonsense", 401), (events, 403)):
        monkeypatch.setenv("LEADOFF_TOKEN", token)
        said = terminal("plan", "--server", url)
        assert said.code == 2 and f"answers {code}" in said.err and "scope read" in said.err
