"""The daemon: everything that runs, started in order and ended in reverse order.

    start   lock, port, recovery, pools (with a simulator where one is needed), heartbeat, bell, web
    end     web, heartbeat, pools (requests in flight end, their results are stored), simulator, bell, lock

Invariants: one daemon a SQLite file, which ends when the file is gone (D1), and what a crashed one left as `sending` becomes `unknown`
before anything is sent (M3); on PostgreSQL any number, alike, and no leader. SIGTERM, SIGHUP and Ctrl-C end it in order and leave nothing
`unknown`. uvicorn raises a signal again when it has stopped, so the daemon ends in uvicorn's lifespan, and its own signal handlers are
installed before uvicorn's.
"""

from __future__ import annotations

import errno
import logging
import signal
import socket
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import ExitStack, asynccontextmanager
from queue import SimpleQueue

from engine import stored_media
from engine.app import App, tune_garbage_collection
from engine.deploy import stored_pictures
from engine.deploy.deployed import Deployed
from engine.errors import LeadoffError, Refused, UsageError
from engine.language.diagnostics.findings import counted
from engine.messaging import only_to
from engine.messaging.numbers import masked
from engine.senders.sender import Sender
from engine.server import jobs, logs
from engine.server.heartbeat import Heartbeat
from engine.server.memory import limit_heaps
from engine.server.metrics import Metrics
from engine.server.minute_log import MinuteLog
from engine.server.pools import SenderPools
from engine.server.readiness import LOOK_SECONDS, ReadinessWatch
from engine.upkeep import restored

log = logging.getLogger("leadoff.daemon")
TICK_BATCHES = 2  # so that messages leave, the deployment is followed and the end comes while a million are entered
GRACE_SECONDS = 10  # for web requests in progress at the end
Signals = SimpleQueue[int]


def serve(app: App, host: str = "127.0.0.1", port: int = 8025, web: bool = True) -> int:
    """Run until SIGTERM or Ctrl-C; returns the exit code. Called in the main thread.

    Raises Refused where a daemon runs already or texts others, nothing is deployed, or a backup stands there as it was written;
    UsageError where the port or a sender is unusable; Unusable where it ended because its database is gone.
    """
    limit_heaps()
    logs.configure(app.environ)
    signals = _catch_signals()
    with ExitStack() as drain:
        restored.refuse_copy(app.database)
        app.lock.acquire()
        drain.callback(app.lock.release)
        drain.callback(app.bell.close)
        listener = listen(host, port) if web else None
        where = "without web"
        if listener is not None:
            drain.callback(listener.close)
            app.lock.tell(host=listener.getsockname()[0], port=listener.getsockname()[1])
            where = app.lock.web_url() or where
        deployed = app.deployed()
        _say_staging(app)
        stored_media.store(app.database, app.media_dir, stored_pictures.names(deployed))
        with app.database.reading() as db:
            missing = stored_pictures.missing(db, deployed, app.media_dir)
        for name in missing:
            log.error("the picture %s is missing in %s: `leadoff apply` restores it", name, app.media_dir)
        jobs.recover(app)
        metrics = Metrics()
        minutes = MinuteLog(app.database, metrics)
        pools = SenderPools(app, metrics)
        drain.callback(pools.stop)
        pools.follow()
        heart = Heartbeat(metrics.timed(app.engine(TICK_BATCHES).tick), app.clock, pools.after_tick)
        jobs.schedule(heart, app, pools.senders, metrics)
        watch = ReadinessWatch(app, heart, pools.alarms.tell)
        heart.scheduler.add_job(watch.look, "interval", seconds=LOOK_SECONDS, id="readiness")
        heart.scheduler.add_job(minutes.log, "interval", minutes=1, id="minute")

        def start() -> None:
            tune_garbage_collection()
            heart.start()
            drain.callback(heart.stop)
            app.bell.listen(heart.wake)
            sys.stderr.write(f"leadoff runs: {where} {_about(deployed, app)}\n")
            sys.stderr.flush()

        if listener is None:
            start()
            signals.put(signals.get())
        else:
            _serve_web(app, heart, pools.senders, metrics, listener, start, drain.close, signals)
    jobs.refuse_to_go_on(app)
    if not signals.empty():
        log.info("ended in order on %s", signal.Signals(signals.get()).name)
    return 0


def _serve_web(
    app: App,
    heart: Heartbeat,
    senders: dict[str, Sender],
    metrics: Metrics,
    listener: socket.socket,
    start: Callable[[], None],
    drain: Callable[[], None],
    signals: Signals,
) -> None:
    import uvicorn
    from fastapi import FastAPI

    from engine.server.web.app import create
    from engine.server.web.connections import BACKLOG, limited, most_connections

    @asynccontextmanager
    async def lifespan(site: FastAPI) -> AsyncIterator[None]:
        start()
        server.should_exit = server.should_exit or not signals.empty()  # one that came before uvicorn's handlers
        yield
        drain()

    wake = heart.wake if app.lock.alone else app.wake_daemon
    site = create(app, heart, wake, senders, lifespan, metrics, lambda: server.should_exit)
    config = uvicorn.Config(
        site,
        loop="asyncio",
        http=limited(most_connections()),
        backlog=BACKLOG,
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )
    server = uvicorn.Server(config)
    server.run(sockets=[listener])
    if not server.started:
        raise LeadoffError("the web server could not start; see the log")


def _say_staging(app: App) -> None:
    """Raises Refused where another daemon texts others: a list that one of them does not know keeps nothing back."""
    numbers = only_to.masked_list(app.only_to)
    if numbers is not None:
        app.lock.tell(only_to=numbers)
        log.warning(
            "staging: only %s is texted (%s); every other message is skipped", ", ".join(numbers), only_to.VARIABLE
        )
    for each in app.lock.daemons():
        if not each.silent and each.only_to != numbers:
            texts = "everybody" if each.only_to is None else f"only {', '.join(each.only_to)}"
            raise Refused(
                f"the daemon {each.id} (process {each.pid} on {each.host}) texts {texts}, and this one would not",
                f"{only_to.VARIABLE} must be the same for all of them; one that was killed counts for half a minute",
            )


def listen(host: str, port: int) -> socket.socket:
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        listener = socket.create_server((host, port), family=family, backlog=2048)
        # asyncio sets it only on sockets that it makes; without it every second answer of a connection is 40 ms late.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return listener
    except (OSError, OverflowError) as error:
        is_taken = isinstance(error, OSError) and error.errno == errno.EADDRINUSE
        why = "something else listens there" if is_taken else error
        raise UsageError(f"cannot listen on {host} port {port}: {why}", "choose another one with --port") from error


def _about(deployed: Deployed, app: App) -> str:
    """What runs, in one line: the flows, the senders, the database."""
    flows = counted(len(deployed.programs), "flow")
    senders = [f"{name} ({each.provider} {masked(each.number)})" for name, each in deployed.project.senders.items()]
    about = f"({flows}, database {app.database.name})"
    return f"{about}; deployment {deployed.id}; flows {', '.join(deployed.programs)}; senders {', '.join(senders) or 'none'}"


def _catch_signals() -> Signals:
    """SIGTERM and Ctrl-C are put into a queue (which, unlike an Event, may be used in a handler)."""
    signals: Signals = SimpleQueue()
    ends = {signal.SIGTERM, signal.SIGINT}
    signal.pthread_sigmask(signal.SIG_UNBLOCK, ends)  # the parent process may have blocked them
    for each in ends:
        signal.signal(each, lambda number, frame: signals.put(number))
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # under nohup it is ignored
        # The terminal is closed: handled as SIGTERM, which uvicorn handles.
        signal.signal(signal.SIGHUP, lambda number, frame: signal.raise_signal(signal.SIGTERM))
    return signals
