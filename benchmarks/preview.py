"""Previews: how many stories and flow tests a second of processor time.

    stories together    the example shop's contacts, N of them, through spring-drop for 14 days, as `simulate --contacts` plays them
    stories alone       one contact a world, as a flow test plays it
    tests, test files   the flow tests of all templates, again and again until there are N; a file has about seven
    every branch        stories that `simulate --every-way` keeps, over all templates
    backtest            recorded people, each played under two versions

The limits: 14 days of 1,000 contacts within five seconds, 500 tests within ten.

    python benchmarks/preview.py [--contacts 1000] [--tests 500] [--people 100] [--format text|json]
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.table import Row, show
from engine.app import tune_garbage_collection
from engine.core.calendar import DAY, Duration
from engine.deploy.project_files import open_regular
from engine.deploy.read_project import read_and_check
from engine.language.model.flow_test import Happening
from engine.language.values.moments import parse_moment
from engine.preview.backtest.comparison import compare
from engine.preview.backtest.recorded_people import people as recorded
from engine.preview.every_branch.every_branch import every_branch
from engine.preview.flow_tests.people import Person
from engine.preview.flow_tests.play import Play, play
from engine.preview.flow_tests.runner import Runner
from engine.preview.simulation import groups, requests
from engine.preview.simulation.requests import Asked
from engine.preview.simulation.simulation import Simulation
from engine.preview.worlds.stage import Stage
from engine.registry import registry

ROOT = Path(__file__).resolve().parent.parent
MORNING = 1_806_588_240_000  # 2027-04-01 10:04 in New York
WALL = parse_moment("2027-04-01 10:04")
JOINED = Happening.model_validate({"event": "list.joined", "data": {"list": "vip"}})


def timed(work: Callable[[], int]) -> tuple[int, float]:
    """How many, and the seconds of processor time that they took."""
    began = time.process_time()
    return work(), time.process_time() - began


def row(name: str, unit: str, work: Callable[[], int], limit: float = 0.0) -> Row:
    count, took = timed(work)
    value = count / took
    return Row(name, count, value, unit, limit, value / limit if limit else 0.0)


def together(shop: Stage, count: int) -> int:
    """All start at once; area codes of many zones."""
    stage = shop.alone("spring-drop")
    areas = ("202", "312", "416", "503", "602", "808", "907", "787")
    cast = [
        groups.Person(f"+1{areas[n % 8]}{2_000_000 + n:07d}", None, {"first_name": f"N{n}"}, "subscribed")
        for n in range(count)
    ]
    found = requests.prepared(stage, Asked("spring-drop", MORNING, "new", MORNING))
    parts = groups.in_groups(stage, cast, found.joins)
    return Simulation(stage, found.request).storyboard(parts, found.remarks).contacts


def alone(shop: Stage, count: int) -> int:
    person = Person({"phone": "+12025550143", "first_name": "Ada"}, "subscribed", "America/New_York")
    asked = Play("spring-drop", WALL, [JOINED], Duration(14, 0))
    return sum(1 for _ in range(count) for _ in play(shop, asked, [person]))


def tests(templates: Stage, least: int) -> tuple[int, int]:
    """Tests and files that were run."""
    runner = Runner(templates, partial(open_regular, ROOT / "flows"))
    count = files = 0
    while count < least:
        for draft in templates.checked.tests:
            count += sum(1 for result in runner.run(draft) if result.passed)
            files += 1
    return count, files


def branches(templates: Stage) -> int:
    return sum(len(every_branch(templates, flow, WALL).stories) for flow in sorted(templates.programs))


def backtested(shop: Stage, count: int) -> int:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "people.ndjson")
        with file.open("w") as lines:
            for n in range(count):
                who = {"key": f"n{n}", "phone": "+12025550143"}
                joined = {
                    "event": "list.joined",
                    "contact": who,
                    "data": {"list": "vip"},
                    "occurred_at": "2027-04-01T14:04:00Z",
                }
                lines.write(json.dumps({"contact": who, "consent": "subscribed"}) + "\n" + json.dumps(joined) + "\n")
        return compare(shop, shop, recorded(file), "spring-drop", 14 * DAY).people


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--contacts", type=int, default=1_000)
    options.add_argument("--tests", type=int, default=500)
    options.add_argument("--people", type=int, default=100)
    options.add_argument("--format", choices=("text", "json"), default="text")
    asked = options.parse_args()
    shop = Stage(read_and_check(ROOT / "examples/shop", registry()))
    templates = Stage(read_and_check(ROOT / "flows", registry()))
    tune_garbage_collection()
    alone(shop, 1)  # what is loaded at first
    rows = [
        row("stories together", "stories/s", partial(together, shop, asked.contacts), 1_000 / 5),
        row("stories alone", "stories/s", partial(alone, shop, asked.people)),
    ]
    began = time.process_time()
    count, files = tests(templates, asked.tests)
    took = time.process_time() - began
    rows.append(Row("tests", count, count / took, "tests/s", 500 / 10, count / took / (500 / 10)))
    rows.append(Row("test files", files, files / took, "files/s", 0.0, 0.0))
    rows.append(row("every branch", "stories/s", partial(branches, templates)))
    rows.append(row("backtest", "people/s", partial(backtested, shop, asked.people)))
    print(show(rows, asked.format))


if __name__ == "__main__":
    main()
