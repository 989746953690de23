"""The people's side: which phone has opted out of which number, and where a number's inbound texts are posted to.

Rules kept here: the provider keeps its own list of STOPs, as carriers do, and refuses on its own. Of a pair that has stopped it takes
one more message, the confirmation, and none where the number is toll-free: there the network has answered the STOP itself.
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
        self._stopped: dict[tuple[str, str], int] = {}  # how many more messages are taken

    def learn(self, sender: str, route: Route) -> None:
        """A message from `sender` says whose number it is and where its callbacks go."""
        with self._lock:
            self._routes[sender] = route

    def route(self, sender: str) -> Route:
        with self._lock:
            return self._routes.get(sender, self._default)

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
