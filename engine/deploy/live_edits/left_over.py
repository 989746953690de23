"""What leadoff.yaml does not have any more although messages that are written need it: then the files cannot be deployed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, NamedTuple

from engine.deploy.deployed import Deployed
from engine.language.check import Checked
from engine.store import deployments
from engine.store.sql import Connection


class LeftOver(NamedTuple):
    """What leadoff.yaml does not have any more, and messages that are written still need."""

    what: Literal["sender", "link"]
    name: str
    messages: int

    @property
    def why(self) -> str:
        need = "message that has not left needs" if self.messages == 1 else "messages that have not left need"
        return f"{self.messages:,} {need} the {self.what} {self.name}, which is gone"

    @property
    def help(self) -> str:
        return f"keep the {self.what} in leadoff.yaml until they have left: `leadoff messages --status queued`"


def left_over(db: Connection, deployed: Deployed | None, checked: Checked) -> Iterator[LeftOver]:
    assert checked.project is not None
    for sender, count in deployments.unsent_by_sender(db).items():
        if sender not in checked.project.senders:
            yield LeftOver("sender", sender, count)
    gone = set(deployed.project.links) - set(checked.project.links) if deployed else set()
    for link, count in deployments.unsent_with_links(db, gone).items() if gone else ():
        yield LeftOver("link", link, count)
