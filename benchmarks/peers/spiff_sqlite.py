"""SpiffWorkflow: a BPMN process a contact, serialized into SQLite while it waits, in batches of 500."""

from __future__ import annotations

import json
import sqlite3
import time
from pathlib import Path

from SpiffWorkflow import TaskState
from SpiffWorkflow.bpmn import BpmnWorkflow
from SpiffWorkflow.bpmn.parser import BpmnParser
from SpiffWorkflow.bpmn.script_engine import PythonScriptEngine, TaskDataEnvironment
from SpiffWorkflow.bpmn.serializer import BpmnWorkflowSerializer

from benchmarks.peers import peer
from benchmarks.peers.peer import Measured

BATCH = 500
PROCESS = """\
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" id="d"
    targetNamespace="bench">
  <process id="promo" isExecutable="true">
    <startEvent id="start"><outgoing>a</outgoing></startEvent>
    <sequenceFlow id="a" sourceRef="start" targetRef="hero"/>
    <scriptTask id="hero" name="hero"><incoming>a</incoming><outgoing>b</outgoing><script>hero(contact)</script></scriptTask>
    <sequenceFlow id="b" sourceRef="hero" targetRef="think"/>
    <intermediateCatchEvent id="think"><incoming>b</incoming><outgoing>c</outgoing>
      <timerEventDefinition id="t"><timeDuration xsi:type="tFormalExpression">"PT1S"</timeDuration></timerEventDefinition>
    </intermediateCatchEvent>
    <sequenceFlow id="c" sourceRef="think" targetRef="follow"/>
    <scriptTask id="follow" name="follow"><incoming>c</incoming><outgoing>e</outgoing><script>follow_up(contact)</script></scriptTask>
    <sequenceFlow id="e" sourceRef="follow" targetRef="end"/>
    <endEvent id="end"><incoming>e</incoming></endEvent>
  </process>
</definitions>
"""


def run(n: int, folder: Path, url: str) -> Measured:
    parser = BpmnParser()
    parser.add_bpmn_str(PROCESS.encode())
    spec = parser.get_spec("promo")
    engine = PythonScriptEngine(TaskDataEnvironment({"hero": peer.hero, "follow_up": peer.follow_up}))
    serializer = BpmnWorkflowSerializer()
    db = sqlite3.connect(folder / "spiff.db", isolation_level=None)
    for statement in (
        "PRAGMA journal_mode=WAL",
        "PRAGMA synchronous=FULL",
        "CREATE TABLE run (id INTEGER PRIMARY KEY, state TEXT)",
    ):
        db.execute(statement)
    started = time.perf_counter()
    for first in range(0, n, BATCH):
        rows = []
        for contact in range(first, min(n, first + BATCH)):
            workflow = BpmnWorkflow(spec, script_engine=engine)
            workflow.get_next_task(state=TaskState.READY).data["contact"] = contact
            workflow.do_engine_steps()
            rows.append((contact, json.dumps(serializer.to_dict(workflow))))
        db.execute("BEGIN")
        db.executemany("INSERT INTO run VALUES (?, ?)", rows)
        db.execute("COMMIT")
    middle = time.perf_counter()
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    waiting = (folder / "spiff.db").stat().st_size / n
    time.sleep(1.0)  # the last one's timer; it does not count
    resumed = time.perf_counter()
    for first in range(0, n, BATCH):
        ended = []
        for contact, state in db.execute(
            "SELECT id, state FROM run WHERE id >= ? ORDER BY id LIMIT ?", (first, BATCH)
        ).fetchall():
            workflow = serializer.from_dict(json.loads(state))
            workflow.script_engine = engine
            workflow.refresh_waiting_tasks()
            workflow.do_engine_steps()
            ended.append((json.dumps(serializer.to_dict(workflow)), contact))
        db.execute("BEGIN")
        db.executemany("UPDATE run SET state = ? WHERE id = ?", ended)
        db.execute("COMMIT")
    return Measured(middle - started + time.perf_counter() - resumed, waiting)


if __name__ == "__main__":
    peer.tell("SpiffWorkflow (SQLite)", "SpiffWorkflow", run)
