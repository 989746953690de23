"""The composition root: the only place that knows every room.

An App is one project on one database. Commands open it, ask it for the parts they need, and close it.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Collection
from functools import cached_property

from engine import clock as clocks
from engine.contacts import people
from engine.delivery.alarms import Alarms, notify_address
from engine.delivery.event_pictures import EventPictures
from engine.delivery.outbox import Outbox
from engine.delivery.web_call import Caller
from engine.delivery.webhooks import Webhooks, pretend
from engine.deploy import apply as deploying
from engine.deploy.git import Revision, revision
from engine.deploy.live_edits.rollback import Rollback
from engine.deployed_workspace import DeployedWorkspace
from engine.errors import UsageError
from engine.language.check import Checked
from engine.messaging import only_to
from engine.messaging.credentials import variable
from engine.runtime.engine import Engine
from engine.senders import factory, simulator_token
from engine.senders.config import Credentials, SenderConfig


def tune_garbage_collection() -> None:
    """For a process that will work in batches: what is loaded by now is no garbage, and a batch is mostly tuples without cycles.

    Searching them for cycles every few hundred allocations costs a sixth of the hot path; every 20,000 it costs nothing that can be
    measured, and pages leave less behind than every 100,000.
    """
    gc.freeze()
    gc.set_threshold(20_000, 20, 100)


class App(DeployedWorkspace):
    """A workspace with all that runs in it."""

    def apply(
        self,
        checked: Checked,
        again: Collection[str] = (),
        planned: int | None = None,
        take_back: bool = False,
        progress: Callable[[int], object] = lambda done: None,
    ) -> deploying.Applied:
        """Deploy a checked project, and wake the daemon. `again`: flows whose campaign may fire a second time.

        `planned`: the deployment that stood when somebody looked at the plan (0: none); only if it still does. `take_back`: a version of a
        flow that was rolled back may come back. `progress` is told how many contacts were carried over since the last time.
        """
        made, now = revision(self.root), self.clock.now()
        done = deploying.apply(
            self.database,
            self.root,
            checked,
            made,
            self.media_dir,
            now,
            self.registry,
            again,
            planned,
            take_back,
            progress,
        )
        self.wake_daemon()
        return done

    def roll_back(self, found: Rollback) -> deploying.Applied:
        """Deploy one flow as an older deployment has it, and wake the daemon."""
        commit = self.deployed().commit  # the rest is of this commit, and the flow is not
        done = deploying.roll_back(self.database, found, Revision(commit, True), self.clock.now(), self.registry)
        self.wake_daemon()
        return done

    @cached_property
    def only_to(self) -> frozenset[str] | None:
        """The only numbers that are texted (LEADOFF_ONLY_TO); None: all. Raises UsageError for a list that cannot be read."""
        return only_to.only_to(self.environ)

    def engine(self, batches: int | None = None, for_show: bool = False) -> Engine:
        """`batches`: so many in a tick; all by default. `for_show` coupons are made up."""
        people.settle_zones(self.database, self.deployed().project.timezone, self.clock.now())
        deployed = (lambda: self.deployed().for_show) if for_show else self.deployed
        return Engine(self.database, deployed, batches=batches)

    def outboxes(self, simulator_url: str | None = None) -> list[Outbox]:
        """One for each sender of the deployment; `simulator_url` serves the simulators without a base_url."""
        found = self.deployed()
        self.refuse_test_clock()
        outboxes = []
        for name, profile in found.project.senders.items():
            base = simulator_url if profile.has_own_simulator else profile.base_url
            if base is None and profile.has_own_simulator:
                raise UsageError(
                    f"the sender {name} has no base_url",
                    "start it with `leadoff run`, which brings a simulator of its own",
                )
            setup = self.setup(name)._replace(base_url=base)
            sender = factory.make(profile.provider, setup)
            outboxes.append(
                Outbox(
                    self.database,
                    self.deployed,
                    sender,
                    profile.rate or sender.rates[profile.kind],
                    profile.on_unknown == "resend",
                    self.wake_daemon,
                    lambda ref: self.picture(ref) is not None,
                    self.only_to,
                    self.clock.now,
                    counts=True,
                )
            )
        return outboxes

    def rate(self) -> float:
        """Parts a second that the senders of the deployment may send together."""
        profiles = self.deployed().project.senders.values()
        return sum(float(each.rate or factory.load(each.provider).rates[each.kind]) for each in profiles)

    def setup(self, sender: str) -> SenderConfig:
        """What a deployed sender is made from."""
        found = self.deployed()
        profile = found.project.senders[sender]
        callback = f"{found.project_url}/callbacks/{sender}"
        return SenderConfig(
            sender, profile.number, self.credentials(sender), callback, profile.base_url, now=self.clock.now
        )

    def credentials(self, sender: str) -> Credentials:
        """A deployed sender's. One that `run` serves with its own simulator has the token of that, unless one is set for it."""
        found = Credentials(sender, self.environ)
        if not self.deployed().project.senders[sender].has_own_simulator or found.get("TOKEN"):
            return found
        token = simulator_token.standing(self.folder)
        return Credentials(sender, {**self.environ, variable(sender, "TOKEN"): token})

    def webhooks(self, for_show: bool = False) -> Webhooks:
        """The way out of web calls; `for_show` they stay in, and are answered with nothing."""
        call = pretend if for_show else Caller(self.clock.now)
        return Webhooks(self.database, self.deployed, call, self.wake_daemon)

    def event_pictures(self) -> EventPictures:
        """What fetches the pictures that come with events."""
        return EventPictures(self.database, self.deployed, Caller(self.clock.now))

    def alarms(self) -> Alarms:
        """The way to whoever `notify` names. Raises UsageError for a LEADOFF_NOTIFY_WEBHOOK that is no address."""
        return Alarms(self.database, self.deployed, Caller(self.clock.now), notify_address(self.environ))

    def simulator_accounts(self) -> dict[str, str]:
        """Account -> token of the simulator senders that have no address of their own."""
        senders = self.deployed().project.senders.items()
        return dict(
            simulator_token.account_and_token(self.credentials(name))
            for name, each in senders
            if each.has_own_simulator
        )

    def refuse_test_clock(self) -> None:
        """A moved clock and real phones do not go together: only what is played on this machine may be texted by it."""
        if clocks.is_test_clock(self.environ) and not all(
            sender.stays_here for sender in self.deployed().project.senders.values()
        ):
            raise UsageError(
                "LEADOFF_CLOCK_… is set, but a sender is a real provider",
                "unset it, or use simulators and providers with a base_url on this machine only",
            )
