"""`plan` says to how many a schedule comes and when, what it costs, and for how many the spread is cut short."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.deploy.plan.campaigns import Campaign, campaigns
from engine.deploy.read_project import read_and_check
from engine.language.lint.costs import Range
from engine.preview.plan.words import campaign as words
from engine.runtime.recurring import stop_flow
from engine.store.deeds import By
from tests.runtime.recurring.test_firings import go, local
from tests.runtime.recurring.test_spread import CAMPAIGN, QUIET
from tests.world import BEN, HOUR, World

EVENING = CAMPAIGN.replace("09:00", "18:30")


def found(world: World) -> list[Campaign]:
    deployed, checked = world.app.deployed(), read_and_check(world.folder, world.app.registry)
    with world.app.database.reading() as db:
        return list(campaigns(db, checked.flows["sale"], deployed.project, deployed.names, world.clock.now()))


@pytest.mark.usefixtures("each_database")
def test_what_a_campaign_comes_to(tmp_path: Path) -> None:
    with World(tmp_path, EVENING, project=QUIET) as world:
        world.crowd(4)
        world.consent(BEN, "unsubscribed")
        six, seven = local("2027-04-02 18:30"), local("2027-04-02 19:30")
        (said,) = found(world)
        assert said == Campaign(2 * HOUR, six, seven, 6, 1, 5, Range(75_000, 75_000)), "Cy is in Canada"
        assert list(words(said, "America/New_York", "USD")) == [
            "6 contacts start Fri, Apr 2 6:30 PM … Fri, Apr 2 7:30 PM, spread over 2h: $0.075",
            "  1 of them get nothing of it: no consent, or no number that it texts",
            "  5 of them have hours that end sooner: spread over what is left of these",
        ]
        go(world, "2027-04-02 18:00")
        by, deployed = By("ada", world.clock.now()), world.app.deployed()
        world.app.database.write(lambda db: stop_flow.begin(db, deployed, "sale", by, ""))
        assert found(world) == [], "it was stopped before it came"


def test_one_that_has_been_comes_to_nobody(tmp_path: Path) -> None:
    with World(tmp_path, EVENING.replace("timezone: contact, spread: 2h", "timezone: project")) as world:
        (said,) = found(world)
        assert list(words(said, "America/New_York", "USD")) == ["2 contacts start Fri, Apr 2 6:30 PM: $0.030"]
        go(world, "2027-04-02 18:30")
        assert found(world) == [], "it has been"
