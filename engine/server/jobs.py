"""What a daemon does from time to time, besides its ticks; and what it does first, for one that is gone.

Invariants: every daemon of a database does all of it: each job is of pieces that one of them claims, or does no harm twice.
"""

from __future__ import annotations

import logging
import os
import signal
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import partial

from engine import stored_media
from engine.app import App
from engine.core.calendar import DAY
from engine.delivery.reconcile import Pace, rounds
from engine.deploy import past_orders
from engine.deploy.live_edits import carrying_over
from engine.errors import Refused, Unavailable, Unusable
from engine.intake import inbound
from engine.runtime.recurring import stop_flow
from engine.senders.sender import HasBalance, SendDeferred, Sender
from engine.server.heartbeat import Heartbeat
from engine.server.metrics import Metrics
from engine.store import migrations, outbox, webhooks
from engine.store.daemon_lock import BEAT_SECONDS
from engine.store.queries import measures
from engine.store.states import FAR
from engine.upkeep import chores, proving, retention

log = logging.getLogger("leadoff.daemon")
MANY_ASKED = 1_000  # unknown messages: more are told of in the log
CHECK_SECONDS = 1  # of what stands there as the database


def recover(app: App) -> None:
    """What a daemon that is gone was sending or calling: where there is no other, all there is; else what has no lease any more."""
    senders = app.deployed().project.senders
    resend = [name for name, profile in senders.items() if profile.on_unknown == "resend"]
    now = app.clock.now()
    until = FAR if app.lock.alone else now
    app.database.write(lambda db: webhooks.recover(db, now, until))
    count = app.database.write(lambda db: outbox.recover(db, now, resend, until))
    if count:
        log.warning("%s messages were being sent when the last daemon ended", count)


def _carry_over(app: App, goes_on: Callable[[], bool]) -> None:
    """What others have begun and left: contacts to be carried over, flows that are being stopped, orders to be counted."""
    carrying_over.finish(app.database, app.clock.now, goes_on)
    stop_flow.finish(app.database, goes_on)
    found = app.deployed()
    past_orders.finish(app.database, found.goals, found.project.currency, goes_on)


def refuse_to_go_on(app: App) -> None:
    """Raises Unusable where the database is another one, and Refused where its schema is one that this program cannot live with."""
    app.database.refuse_another()
    if not app.database.is_upgraded_by_all:
        with suppress(Unavailable):
            migrations.refuse_newer(app.database)


def schedule(heart: Heartbeat, app: App, senders: Mapping[str, Sender], metrics: Metrics) -> None:
    """Jobs that may be missed; the slow ones also run soon after the start, for a daemon that is restarted more often than they are due."""

    def forget() -> None:
        chores.forget(app.database, app.clock.now, lambda: not heart.stopping)
        stored_media.delete_forgotten(app.database, app.media_dir, (app.clock.now() - DAY) / 1000)

    def ask_providers() -> None:
        pace, asked = Pace(app.rate()), 0
        for settled in rounds(app.database, dict(senders), app.clock.now, pace, wait=heart.pause):
            asked += len(settled)
            heart.wake()
            if heart.stopping:
                break
        if asked > MANY_ASKED:
            with app.database.reading() as db:
                left, _ = measures.unknown_messages(db)
            log.info("providers were asked for %s unknown messages; %s are left", f"{asked:,}", f"{left:,}")

    def check_database() -> None:
        try:
            refuse_to_go_on(app)
        except (Unusable, Refused) as error:
            log.critical("%s; this daemon ends", error)
            os.kill(os.getpid(), signal.SIGTERM)

    def ask_balances() -> None:
        for name, sender in dict(senders).items():
            if isinstance(sender, HasBalance):
                with suppress(SendDeferred):  # the last known balance stays
                    metrics.balance(name, sender.balance())

    def keep_house() -> None:
        retention.delete_old(app.database, app.deployed().project.retention, app.clock.now, lambda: not heart.stopping)

    def follow() -> None:
        app.follow_clock()
        app.database.write(lambda db: inbound.replay_known(db, app.clock.now()))
        if app.lock.is_lost_one():
            recover(app)

    soon = datetime.now(UTC) + timedelta(minutes=1)
    heart.scheduler.add_job(check_database, "interval", seconds=CHECK_SECONDS, id="check-database")
    if not app.lock.alone:
        heart.scheduler.add_job(app.lock.beat, "interval", seconds=BEAT_SECONDS, id="beat")
        heart.scheduler.add_job(follow, "interval", minutes=1, next_run_time=soon, id="others")
        heart.scheduler.add_job(lambda: recover(app), "interval", minutes=10, id="leases")
    carry_over = partial(_carry_over, app, lambda: not heart.stopping)
    heart.scheduler.add_job(carry_over, "interval", minutes=1, id="carry-over")
    heart.scheduler.add_job(forget, "interval", hours=6, next_run_time=soon, id="forget")
    heart.scheduler.add_job(ask_providers, "interval", minutes=1, next_run_time=soon, id="reconcile")
    heart.scheduler.add_job(keep_house, "interval", minutes=5, next_run_time=soon, id="retention")
    heart.scheduler.add_job(ask_balances, "interval", minutes=15, next_run_time=soon, id="balances")
    heart.scheduler.add_job(
        lambda: chores.keep_up(app.database, app.clock.now()), "interval", hours=1, next_run_time=soon, id="upkeep"
    )
    heart.scheduler.add_job(
        lambda: proving.prove(app.database, app.clock.now()), "cron", hour="1-4", minute=17, id="tally"
    )
