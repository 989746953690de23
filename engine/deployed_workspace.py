"""A workspace with its deployment compiled: for commands that read its flows, and send nothing.

Invariants: no sender and none of their libraries is loaded here.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping
from pathlib import Path

from engine.clock import Clock
from engine.deploy import apply as deploying
from engine.deploy.deployed import Deployed
from engine.errors import Refused
from engine.messaging.base_urls import is_local
from engine.registry import registry
from engine.store import deployments
from engine.store.database import Missing
from engine.workspace import Workspace


class DeployedWorkspace(Workspace):
    """A deployment is compiled when it is first asked for, and again when there is a newer one."""

    def __init__(
        self,
        root: Path,
        environ: Mapping[str, str] = os.environ,
        clock: Clock | None = None,
        missing: Missing = "create",
        upgrade: bool = False,
    ) -> None:
        self.registry = registry()  # first: a block that cannot be used makes no database
        self.public_url: str | None = environ.get("LEADOFF_PUBLIC_URL") or None
        self._deployed: Deployed | None = None
        self._guard = threading.Lock()
        super().__init__(root, environ, clock, missing, upgrade)

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
