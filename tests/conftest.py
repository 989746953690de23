"""What holds for all tests."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

import tests.exploration  # noqa: F401 (it registers the profiles; `--hypothesis-profile deep` comes later and wins)
from tests import databases, fitted_once, postgres_server

ROOT = Path(__file__).parent
LONG = tuple(
    f"tests/{name}"
    for name in (
        "browser/",
        "contacts/test_csv_reader",
        "docs/test_docs",
        "many/",
        "messaging/media/test_gifs",
        "server/web/test_api_description",
        "store/test_migrations",
        "stories/",
        "upkeep/test_backup",
    )
)
settings.load_profile("gate")
databases.wait_for_no_disk()
databases.copy_tables()
fitted_once.install()
gc.disable()  # until all is collected


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--database", choices=databases.KINDS, help="run the tests of both databases on this one only")


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        postgres_server.begin_run()
    elif config.args == ["tests"] and not config.option.ignore:  # what is named as a file is not ignored
        config.args = _beginning_elsewhere(config.workerinput["workerid"], config.workerinput["workercount"])


def _beginning_elsewhere(worker: str, workers: int) -> list[str]:
    """All files of tests: each worker begins with others, and finds the later ones compiled by the others."""
    files = sorted(map(str, ROOT.rglob("test_*.py")))
    first = len(files) * int(worker.removeprefix("gw")) // workers
    return files[first:] + files[:first]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """In one order for all workers. No worker is left alone with a long test at the end."""
    items.sort(key=lambda item: (not item.nodeid.startswith(LONG), item.path))


def pytest_collection_finish() -> None:
    """What is loaded and collected by now is no garbage, and of what a test makes little is: to search it takes a fifth of the time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000)
    gc.enable()


def pytest_unconfigure() -> None:
    from tests import postgres

    postgres.end()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "each_database" in metafunc.fixturenames:
        kinds = [kind for kind in databases.KINDS if metafunc.config.getoption("database") in (None, kind)]
        own = metafunc.definition.get_closest_marker("only")
        if own is not None:
            kinds = [kind for kind in kinds if kind == own.args[0]]
        missing = metafunc.definition.get_closest_marker("not_yet")
        fails = {missing.args[0]: [pytest.mark.xfail(reason=missing.args[1], run=False)]} if missing else {}
        metafunc.parametrize(
            "each_database", [pytest.param(kind, marks=fails.get(kind, ())) for kind in kinds], indirect=True
        )


@pytest.fixture
def each_database(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The test runs on each database; this is which one. Its App is to be made with `databases.environ()`, or this process's."""
    monkeypatch.delenv(databases.URL, raising=False)
    if request.param == "sqlite":
        yield "sqlite"
        return
    from tests import postgres

    found = postgres.databases()
    monkeypatch.setenv(databases.URL, found.take())
    yield "postgres"
    found.give_back()
