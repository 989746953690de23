"""How a process that has stored something wakes the daemons of the database."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable


class Bell(ABC):
    """`ring` from any process and thread; a daemon listens."""

    @abstractmethod
    def ring(self) -> None:
        """Wake the daemons, those of other machines too. It may be lost: they look by themselves as well."""

    @abstractmethod
    def listen(self, wake: Callable[[], None]) -> None:
        """From now on every ring calls `wake`, on a thread of the bell's own."""

    @abstractmethod
    def close(self) -> None: ...
