"""The simulator: the provider with its HTTP server, started, paused and stopped."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping

from engine.clock import SystemClock
from engine.errors import UsageError
from engine.simulator.callbacks import RETRY_DELAYS
from engine.simulator.dialects.bandwidth import Application, Bandwidth
from engine.simulator.dialects.dialect import Dialect
from engine.simulator.dialects.simulator import OwnApi
from engine.simulator.dialects.telnyx import Telnyx
from engine.simulator.dialects.twilio import Twilio
from engine.simulator.faults import Fault
from engine.simulator.http_server import Listener
from engine.simulator.provider import Provider
from engine.simulator.validation import is_loopback


class Simulator(Provider):
    """The provider in this process: `with Simulator() as simulator: … simulator.url`. `now` gives UTC ms.

    `accounts`: name -> token for all dialects at once: any name and token for our own API and, as its API key, for Telnyx;
    AccountSid and AuthToken for Twilio; accountId and `user:password` for Bandwidth, whose callbacks go where its `applications`
    say. The others' go where a message says, else under `callback_url`. `api`: in which dialect texts are posted that go to
    a number which has sent nothing yet.
    """

    def __init__(
        self,
        port: int = 0,
        host: str = "127.0.0.1",
        accounts: Mapping[str, str] | None = None,
        callback_url: str | None = None,
        faults: Iterable[Fault | str] = (),
        fetch_media: bool = True,
        *,
        now: Callable[[], int] | None = None,
        retry_delays: tuple[float, ...] = RETRY_DELAYS,
        applications: Mapping[str, Application] | None = None,
        api: str = "simulator",
    ) -> None:
        if host not in ("127.0.0.1", "localhost"):
            raise UsageError(f"the simulator listens on loopback only, not on {host}")
        urls = [callback_url, *(application.callback_url for application in (applications or {}).values())]
        if any(url is not None and not is_loopback(url) for url in urls):
            raise UsageError("the simulator posts its callbacks to loopback only")
        now = now or SystemClock().now
        accounts = accounts or {"demo": "token"}
        self._telnyx = Telnyx(accounts, callback_url, now)
        dialects: tuple[Dialect, ...] = (
            OwnApi(accounts, callback_url, now),
            Twilio(accounts, callback_url, now),
            Bandwidth(accounts, applications or {}, now),
            self._telnyx,
        )
        home = next(dialect for dialect in dialects if dialect.name == api).home()
        super().__init__(dialects, home, faults, fetch_media, now, retry_delays)
        self._address = (host, port)
        self._listener: Listener | None = None
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Raises UsageError where the port is taken."""
        self._bind()
        self.resume_listening()

    def stop(self) -> None:
        """Closes every connection and gives up the callbacks under way."""
        self._close()
        self.courier.stop()

    def __enter__(self) -> Simulator:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def url(self) -> str:
        return f"http://{self._address[0]}:{self._address[1]}"

    @property
    def telnyx_public_key(self) -> str:
        """The key that verifies its callbacks in Telnyx's dialect, in base64; new in each process."""
        return self._telnyx.public_key

    def pause_listening(self) -> None:
        """Connections are refused from now on; the port stays bound."""
        self._close()
        self._bind()

    def resume_listening(self) -> None:
        assert self._listener is not None
        self._listener.server_activate()
        self._thread = threading.Thread(target=self._listener.serve, name="simulator", daemon=True)
        self._thread.start()

    def _bind(self) -> None:
        # Bound but not listening: the system refuses connections.
        try:
            self._listener = Listener(self._address, self)
        except OSError as error:
            raise UsageError(f"the port {self._address[1]} is taken", "choose another one with --port") from error
        self._address = (self._address[0], self._listener.server_address[1])

    def _close(self) -> None:
        if self._listener is None:
            return
        if self._thread is not None:
            self._listener.end()
            self._thread.join()
        self._listener.hang_up()
        self._listener.server_close()
        self._listener = self._thread = None
