"""What is deployed and who waits where, as one document without people: what `GET /v1/deployment` answers and `plan --server` reads.

Invariants: counts and times alone; no number, no key, no text of a message. From the document a database in memory is made, with as many
rows as there are people, so that a plan is made of it by the very code that makes it of a database.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

import orjson

from engine.clock import instant
from engine.store import deployments, held_messages, interned_names, schedules, stand_in
from engine.store.deployments import Stored
from engine.store.interned_names import Names, Renamed
from engine.store.schedules import Row as Clock
from engine.store.sql import Connection
from engine.store.sqlite.memory import MemoryDatabase
from engine.store.stand_in import Message, Run
from engine.store.states import PARKED, QUEUED, WAITING

FORMAT_VERSION = 1
Row = dict[str, Any]


def standing_document(db: Connection, now: int) -> Row | None:
    """Instants are ISO 8601 in UTC; None where nothing is deployed."""
    newest = deployments.newest(db)
    if newest is None:
        return None
    names = interned_names.load(db)
    older = [deployments.one(db, id) for id in sorted(deployments.finishing(db))]
    return {
        "format_version": FORMAT_VERSION,
        **_deployment(newest),
        "older": [_deployment(each) for each in older if each is not None and each.id != newest.id],
        "flows": list(_flows(db, names, now)),
        "waiting": list(_waiting(db, names)),
        "unsent": [
            {"flow": flow, "step": step, "messages": messages}
            for (flow, step), messages in deployments.unsent(db, names).items()
        ],
        "senders": deployments.unsent_by_sender(db),
    }


def shadow_of(document: Mapping[str, Any]) -> MemoryDatabase:
    """A database in memory that answers the questions of a plan as that one would. Raises what a document of another kind raises."""
    made = MemoryDatabase()
    made.write(lambda db: _fill(db, document))
    return made


def _fill(db: Connection, document: Mapping[str, Any]) -> None:
    for each in sorted((document, *document["older"]), key=lambda each: each["deployment"]):
        content = orjson.dumps({"files": each["files"], "media": each["media"]}).decode()
        stand_in.put_deployment(db, each["deployment"], each["commit"], each["dirty"], at_instant(each["at"]), content)
    stand_in.clear_names(db)
    ids = {}
    for id, flow in enumerate(document["flows"], 1):
        ids[flow["flow"]] = id
        renamed = [Renamed(id, each["number"], each["deployment"], each["was"]) for each in flow["renamed"]]
        stand_in.put_flow(db, id, flow["flow"], {int(number): step for number, step in flow["steps"].items()}, renamed)
        clocks = [
            Clock(id, each["trigger"], each["zone"], None, None if each["over"] else 0) for each in flow["triggers"]
        ]
        schedules.put(db, clocks)
    stand_in.put_runs(db, (run for each in document["waiting"] for run in _runs(each, ids)))
    stand_in.put_messages(db, _messages(document, ids))


def _runs(waiting: Mapping[str, Any], ids: Mapping[str, int]) -> Iterator[Run]:
    """As many as wait there; the first is due first, all others last."""
    first, last = at_instant(waiting["first_due"]), at_instant(waiting["last_due"])
    for index in range(waiting["runs"]):
        status = PARKED if index < waiting["parked"] else WAITING
        due = last if index else first
        yield Run(ids[waiting["flow"]], waiting["number"], waiting["deployment"], status, due)


def _messages(document: Mapping[str, Any], ids: Mapping[str, int]) -> Iterator[Message]:
    """As many as have not left, of each step and of each sender."""
    senders = (name for name, messages in document["senders"].items() for _ in range(messages))
    numbers = {
        (id, step): int(number)
        for id, flow in enumerate(document["flows"], 1)
        for number, step in flow["steps"].items()
    }
    for each in document["unsent"]:
        flow = ids[each["flow"]]
        for _ in range(each["messages"]):
            yield Message(flow, numbers[flow, each["step"]], QUEUED, next(senders, None))


def at_instant(text: str | None) -> int | None:
    """UTC ms of an ISO 8601 instant."""
    return None if text is None else round(datetime.fromisoformat(text).timestamp() * 1000)


def _deployment(stored: Stored) -> Row:
    content = orjson.loads(stored.content)
    about = {"deployment": stored.id, "commit": stored.commit, "dirty": bool(stored.dirty), "at": instant(stored.at)}
    return about | {"files": content["files"], "media": content["media"]}


def _flows(db: Connection, names: Names, now: int) -> Iterator[Row]:
    """Every flow that was ever deployed, with the names of its steps by number, those that `moved` has replaced included."""
    renamed = interned_names.renamed(db)
    rows = schedules.rows(db)
    for id, name in names.flows.items():
        yield {
            "flow": name,
            "steps": {str(number): step for (flow, number), step in names.steps.items() if flow == id},
            "renamed": [each._asdict() for each in renamed if each.flow == id],
            "triggers": [
                {"trigger": row.trigger, "zone": row.zone, "over": row.at is None} for row in rows if row.flow == id
            ],
            "held": held_messages.count(db, now, [id]),
        }


def _waiting(db: Connection, names: Names) -> Iterator[Row]:
    for place, found in deployments.waiting(db).items():
        there = names if place.deployment is None else interned_names.at(db, place.deployment)
        yield {
            "flow": names.flows[place.flow],
            "step": there.step(place.flow, place.step),
            "number": place.step,
            "deployment": place.deployment,
            "runs": found.runs,
            "parked": found.parked,
            "first_due": instant(found.first_due),
            "last_due": instant(found.last_due),
        }
