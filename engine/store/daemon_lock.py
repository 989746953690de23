"""How a daemon tells other processes that it lives, and how to reach it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, NamedTuple

BEAT_SECONDS = 10


class LivingDaemon(NamedTuple):
    """One of the daemons of a database. Instants are UTC ms."""

    id: str
    host: str
    pid: int
    version: str
    started_at: int
    beat: int  # when it last said that it lives
    silent: bool  # for so long that it does not live any more, or is frozen
    only_to: list[str] | None  # the only numbers that it texts, masked; None: everybody

    @property
    def state(self) -> str:
        return "silent" if self.silent else "lives"


class DaemonLock(ABC):
    """Held while a daemon lives. What it tells: pid, wake port, web host and port, simulator, whom alone it texts."""

    alone = True
    """Whether the database has one daemon at most: what is under way when it starts is of one that is gone."""

    @abstractmethod
    def acquire(self, **facts: Any) -> None:
        """Raises Refused where no further daemon may run."""

    @abstractmethod
    def tell(self, **facts: Any) -> None:
        """Write down what other processes may need, besides what was told before."""

    @abstractmethod
    def facts(self) -> dict[str, Any]:
        """What the last holder wrote; {} when there is none."""

    @abstractmethod
    def held(self) -> bool:
        """Whether a daemon lives."""

    @abstractmethod
    def daemons(self) -> list[LivingDaemon]:
        """The oldest first, silent ones as well. Empty where the database has one daemon at most."""

    def beat(self) -> None:
        """Say that this one lives; every BEAT_SECONDS."""
        return

    def is_lost_one(self) -> bool:
        """Whether a daemon may have left claims behind whose leases are over."""
        return False

    @abstractmethod
    def release(self) -> None: ...

    def web_url(self) -> str | None:
        """How this machine reaches the web side of a daemon that lives; None where there is none."""
        facts = self.facts()
        if "port" not in facts or not self.held():
            return None
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(facts["host"], facts["host"])
        return f"http://[{host}]:{facts['port']}" if ":" in host else f"http://{host}:{facts['port']}"

    def simulator_url(self) -> str | None:
        """The simulator inside a daemon that lives; None where it has none."""
        url = self.facts().get("simulator")
        return url if isinstance(url, str) and self.held() else None
