"""`plan` says where a pool of coupons is smaller than an audience."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.deploy.plan.few_coupons import few_coupons
from engine.store import coupons
from tests.world import PROJECT, World

SHOP = PROJECT + "coupons: {spring10: {length: 10}}\nsegments: {all: {contact: {first_name: {exists: true}}}}\n"
FLOW = """\
flow: sale
language: 1
trigger: TRIGGER
steps: [{id: hello, sms: 'Your code: {{ coupon("spring10") }}'}]
"""


@pytest.mark.parametrize(
    ("trigger", "people"),
    [
        ('{schedule: {at: "2027-05-01 12:00", timezone: project, audience: all}}', 3),
        ("{segment: all, enroll_existing: true}", 3),
        ("{segment: all}", 0),
        ("{event: list.joined}", 0),
    ],
)
def test_an_audience_that_is_larger_than_its_pool(
    tmp_path: Path, each_database: str, trigger: str, people: int
) -> None:
    with World(tmp_path, FLOW.replace("TRIGGER", trigger), project=SHOP) as world:
        deployed, database, now = world.app.deployed(), world.app.database, world.clock.now()

        def told() -> list[str]:
            with database.reading() as db:
                return [*few_coupons(db, deployed.programs, deployed.project, now)]

        database.write(lambda db: coupons.add(db, "spring10", ["ONE", "TWO"], now))
        said = (
            "flow sale: note: 3 contacts of its audience, 2 codes left of the coupon spring10:"
            " `leadoff coupons import spring10 FILE`"
        )
        assert told() == ([said] if people else [])
        database.write(lambda db: coupons.add(db, "spring10", ["THREE"], now))
        assert told() == []
