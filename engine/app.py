"""The composition root: the only place that knows every room.

An App is one project on one database. Commands open it, ask it for the parts they need, and close it.
"""

from __future__ import annotations

import gc
import os
import threading
from collections.abc import Collection, Mapping
from pathlib import Path

from engine import clock as clocks
from engine.clock import Clock
from engine.contacts import people
from engine.delivery.outbox import Outbox
from engine.delivery.web_call import Caller
from engine.delivery.webhooks import Webhooks, pretend
from engine.deploy import apply as deploying
from engine.deploy.deployed import Deployed
from engine.deploy.git import revision
from engine.errors import Refused, UsageError
from engine.language.check import Checked
from engine.messaging.base_urls import is_local
from engine.messaging.credentials import variable
from engine.registry import registry
from engine.runtime.engine import Engine
from engine.senders import factory, simulator_token
from engine.senders.config import Credentials, SenderConfig
from engine.store import deployments
from engine.store.database import Missing
from engine.workspace import Workspace


def tune_garbage_collection() -> None:
    """For a process that will work in batches: what is loaded by now is no garbage, and a batch is mostly tuples without cycles.

    Searching them for cycles every few hundred allocations costs a sixth of the hot path.
    """
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)


class App(Workspace):
    """A workspace with all that runs in it."""

    def __init__(
        self,
        root: Path,
        environ: Mapping[str, str] = os.environ,
        clock: Clock | None = None,
        missing: Missing = "create",
    ) -> None:
        self.registry = registry()  # first: a block that cannot be used makes no database
        self.public_url: str | None = environ.get("LEADOFF_PUBLIC_URL") or None
        self._deployed: Deployed | None = None
        self._guard = threading.Lock()
        super().__init__(root, environ, clock, missing)

    def apply(self, checked: Checked, again: Collection[str] = ()) -> deploying.Applied:
        """Deploy a checked project, and wake the daemon. `again`: flows whose campaign may fire a second time."""
        made = revision(self.root)
        done = deploying.apply(self.database, self.root, checked, made, self.media_dir, self.clock.now(), again)
        self.wake_daemon()
        return done

    def deployed(self) -> Deployed:
        """What is deployed now. Raises Refused when nothing is."""
        with self._guard:
            with self.database.reading() as db:
                newest = deployments.newest_id(db)
                if newest is not None and (self._deployed is None or self._deployed.id != newest):
                    self._deployed = deploying.load(db, self.registry, self.address)
            if self._deployed is None:
                raise Refused("nothing is deployed yet", "run `leadoff apply` first")
            return self._deployed

    def address(self, written: str) -> str:
        """The address that goes into links, for the `public_url` of leadoff.yaml: the environment's goes before it.

        One on loopback may name another port than the daemon listens on: then it is the daemon's, for every command alike.
        """
        if self.public_url is None and is_local(written):
            return self.lock.web_url() or written
        return self.public_url or written

    def engine(self) -> Engine:
        people.settle_zones(self.database, self.deployed().project.timezone, self.clock.now())
        return Engine(self.database, self.deployed)

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
                    lambda ref: (self.media_dir / ref).is_file(),
                )
            )
        return outboxes

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
        token = simulator_token.standing(self.database.path.parent)
        return Credentials(sender, {**self.environ, variable(sender, "TOKEN"): token})

    def webhooks(self, for_show: bool = False) -> Webhooks:
        """The way out of web calls; `for_show` they stay in, and are answered with nothing."""
        call = pretend if for_show else Caller(self.clock.now)
        return Webhooks(self.database, self.deployed, call, self.wake_daemon)

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
