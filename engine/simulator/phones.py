"""The phones: which has opted out of which number, and where a number's inbound texts are posted to.

Invariants: the provider keeps its own list of STOPs, as carriers do, and refuses by it. After a STOP it accepts one more message to that
phone, the confirmation, and none where the number is toll-free: there the network itself has answered the STOP.
"""

from __future__ import annotations

import threading

from engine.messaging.keywords import classify
from engine.messaging.numbers import is_toll_free
from engine.simulator.dialects.dialect import Route


class Phones:
    """Used by any number of threads."""

    def __init__(self, default: Route) -> None:
        self._lock = threading.Lock()
        self._default = default
        self._routes: dict[str, Route] = {}
        self._stopped: dict[tuple[str, str], int] = {}  # how many more messages are accepted

    def learn(self, sender: str, route: Route) -> None:
        """A message from `sender` says whose number it is and where its callbacks go."""
        with self._lock:
            self._routes[sender] = route

    def route(self, sender: str, unless_known: Route | None = None) -> Route:
        with self._lock:
            return self._routes.get(sender, unless_known or self._default)

    def hear(self, phone: str, sender: str, text: str) -> None:
        """A person's text: STOP blocks the pair, START frees it."""
        kind = classify(text)
        with self._lock:
            if kind == "stop":
                self._stopped.setdefault((phone, sender), 0 if is_toll_free(sender) else 1)
            elif kind == "start":
                self._stopped.pop((phone, sender), None)

    def refuses(self, phone: str, sender: str) -> bool:
        with self._lock:
            return self._stopped.get((phone, sender)) == 0

    def takes(self, phone: str, sender: str) -> None:
        """A message was accepted."""
        with self._lock:
            if self._stopped.get((phone, sender)):
                self._stopped[phone, sender] -= 1
