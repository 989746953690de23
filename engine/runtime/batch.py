"""A batch of sprints in one write transaction: fetch the facts of its runs, advance each, store all of them."""

from __future__ import annotations

import logging
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

from engine.core.context import Run
from engine.core.effects import CallWebhook, FetchPicture, Left, Noted, SendMessage, ShowPicture, Skip, TakeCoupon
from engine.core.facts import Facts, Needs
from engine.core.interpreter import Sprint, advance
from engine.core.program import Node, Program
from engine.deploy.deployed import Deployed
from engine.runtime import contact_effects
from engine.runtime.trace import Trace
from engine.store import (
    cancelling,
    carrying,
    deployments,
    drawn,
    facts,
    holds,
    journal,
    outbox,
    pictures,
    restored,
    runs,
    tally,
    webhooks,
)
from engine.store.coupons import Stock
from engine.store.database import Database
from engine.store.holds import StoppedRun
from engine.store.journal import JournalEntry
from engine.store.runs import LoadedRun
from engine.store.sql import Connection

log = logging.getLogger("leadoff.tick")
OPTED_OUT = "opted out"


def in_batch(
    database: Database, deployed: Deployed, now: int, trace: Trace | None, work: Callable[[TickBatch], int]
) -> int | None:
    """The answer of `work`, done in one transaction; None, and nothing is done, where another deployment is the newest by now.

    What is true of all contacts (a pause, the deployment) stays so until the commit.
    """

    def write(db: Connection) -> int | None:
        db.world()
        return work(TickBatch(db, deployed, now, trace)) if deployments.newest_id(db) == deployed.id else None

    return database.write(write)


def again_if_none(done: int | None) -> int:
    """How much was done; 1, there is more to do, where the deployment has changed."""
    return 1 if done is None else done


class TickBatch:
    """One write transaction's worth of work at one instant."""

    def __init__(self, db: Connection, deployed: Deployed, now: int, trace: Trace | None = None) -> None:
        self.db = db
        self.deployed, self.names = deployed, deployed.names
        self.now = now
        self.trace = trace
        self.paused = frozenset(holds.paused(db))
        self.restored = restored.of(db)
        self._carrying = carrying.is_standing(db)  # nothing begins to be so while the batch lasts
        self.carded: set[int] = set()  # contacts who have the contact card, some of them by this batch
        self.past: dict[int, int] = {}  # run -> when it would have been advanced, in the time that a restore has lost

    def touch(self, contacts: Iterable[int]) -> None:
        """The batch works with these contacts, who are held: a deployment that is still being carried out comes first."""
        if self._carrying:
            carrying.touch(self.db, contacts)

    def loaded(self, ids: Collection[int]) -> dict[int, LoadedRun]:
        """These runs, whose contacts are held, as far as they still wait."""
        found = runs.with_ids(self.db, ids, self.names)
        if self._carrying:
            self.touch({case.run.contact for case in found.values()})
            found = runs.with_ids(self.db, ids, self.names)
        return {id: case for id, case in found.items() if case.run.status == "waiting"}

    def advance(self, cases: Iterable[LoadedRun]) -> None:
        """Advance stored runs that are waiting, from where they rest; those of a paused flow go on when it does."""
        for version, own in self.by_version(cases):
            version.advance_own(own)

    def by_version(self, cases: Iterable[LoadedRun]) -> list[tuple[TickBatch, Iterable[LoadedRun]]]:
        """The runs that follow this deployment, and those that finish in an older one, each as its own batch has them."""
        if not self.deployed.older:
            return [(self, cases)]
        cases = list(cases)
        stays = runs.finishing_in(self.db, [case.run.id for case in cases])
        found: list[tuple[TickBatch, Iterable[LoadedRun]]] = [
            (self, [case for case in cases if case.run.id not in stays])
        ]
        for id in sorted(set(stays.values())):
            own = [case for case in cases if stays.get(case.run.id) == id]
            older = self.deployed.older.get(id) or Deployed(
                id, self.deployed.project, {}, self.names, self.deployed.settings
            )
            batch = TickBatch(self.db, older, self.now, self.trace)
            batch.past, batch.carded = self.past, self.carded
            found.append((batch, [case.named(self.names, older.names) for case in own]))
        return found

    def node_of(self, run: Run) -> Node | None:
        """Where the run rests; None before its first step, and where this deployment does not have that."""
        program = self.deployed.programs.get(run.flow)
        place = program.places.get(run.step or "") if program else None
        return program.nodes[place] if program and place is not None else None

    def advance_own(self, cases: Iterable[LoadedRun]) -> None:
        """Those of this very deployment."""
        if self.paused:
            cases = self._going(cases)
        done: list[tuple[Run, Sprint]] = []
        parked: list[tuple[Run, str]] = []
        for (flow, needs), group in self._grouped(cases, parked).items():
            self._sprint(self.deployed.programs[flow], needs, group, done, parked)
        runs.update(self.db, [(before, sprint.run) for before, sprint in done], self.now, self.names)
        self._effects([sprint for _, sprint in done])
        if parked:
            runs.park(self.db, [(run.id, why) for run, why in parked])
            self._log_parked(parked)

    def start(self, program: Program, cases: Sequence[LoadedRun]) -> None:
        """Store new runs after their first sprint; before it where they start later, or their flow is paused."""
        if self._carrying:
            carrying.new_runs(self.db, [case.run.id for case in cases])
        if program.pictures and program.settings.fetches:  # at once: in an hour a cart's picture may be gone
            names = {each.name(case.event) for case in cases for each in program.pictures}
            pictures.ask(self.db, (name for name in names if name is not None), self.now)
        cases = runs.insert_later(self.db, cases, self.now, self.names)
        if self.names.flow_ids[program.flow] in self.paused:
            runs.insert(self.db, [case.run for case in cases], self.now, self.names)
            holds.stop(self.db, [self._stopped(case.run, case.run.due or self.now) for case in cases])
            return
        done: list[tuple[Run, Sprint]] = []
        parked: list[tuple[Run, str]] = []
        self._sprint(program, program.first_needs, cases, done, parked)
        sprints = [sprint for _, sprint in done]
        failed = [run._replace(status="parked", reason=why) for run, why in parked]
        runs.insert(self.db, [*(sprint.run for sprint in sprints), *failed], self.now, self.names)
        self._effects(sprints)
        if parked:
            self._log_parked(parked)

    def resume(self, limit: int) -> int:
        """Advance what a pause had put aside, in due order; how many there were. Their lateness counts (T4)."""
        taken = {each.run: each for each in holds.take_stopped(self.db, limit)}
        found = self.loaded(taken)
        cases = []
        for id, stopped in taken.items():
            if id in found:
                case, due = found[id], stopped.due
                cases.append(case if due is None else case._replace(run=case.run._replace(due=due)))
        self.advance(cases)
        return len(taken)

    def _going(self, cases: Iterable[LoadedRun]) -> list[LoadedRun]:
        going, standing = [], []
        for case in cases:
            if self.names.flow_ids[case.run.flow] in self.paused:
                due = case.run.due
                standing.append(self._stopped(case.run, due if due is not None and due <= self.now else None))
            else:
                going.append(case)
        holds.stop(self.db, standing)
        return going

    def _stopped(self, run: Run, due: int | None) -> StoppedRun:
        return StoppedRun(run.id, self.names.flow_ids[run.flow], due)

    def stop(self, contacts: Sequence[int]) -> None:
        """C2: cancel what waits to be sent and end marketing runs, parked ones as well."""
        if not contacts:
            return
        cancelling.cancel_of_contacts(self.db, contacts, OPTED_OUT, self.now)
        ended = runs.active_of(self.db, contacts, self.deployed.marketing, self.names)
        runs.end(self.db, ended, OPTED_OUT, self.now)

    def _grouped(
        self, cases: Iterable[LoadedRun], parked: list[tuple[Run, str]]
    ) -> dict[tuple[str, Needs], list[LoadedRun]]:
        """By flow and by what must be fetched: a constant number of statements for each group."""
        by_step: dict[tuple[str, str | None], list[LoadedRun]] = defaultdict(list)
        for case in cases:
            by_step[case.run.flow, case.run.step].append(case)
        groups: dict[tuple[str, Needs], list[LoadedRun]] = defaultdict(list)
        for (flow, step), found in by_step.items():
            program = self.deployed.programs.get(flow)
            if program is None:
                parked.extend((case.run, "the flow is no longer deployed") for case in found)
            elif step is None:
                groups[flow, program.first_needs].extend(found)
            elif step not in program.places:
                parked.extend((case.run, f"the deployed flow has no step {step!r}") for case in found)
            else:
                groups[flow, program.nodes[program.places[step]].needs].extend(found)
        return groups

    def _sprint(
        self,
        program: Program,
        needs: Needs,
        cases: Sequence[LoadedRun],
        done: list[tuple[Run, Sprint]],
        parked: list[tuple[Run, str]],
    ) -> None:
        """`done`: each run as it was before, and what it did."""
        known = facts.gather(self.db, needs, cases, self.names, self.now, self.carded)
        stock = self.stock(program, needs, cases)
        paths: Counter[tuple[tuple[int, str | None], ...]] = Counter()
        splits = self._splits(program)
        draws: list[drawn.Draw] = []
        for case, found in zip(cases, known, strict=True):
            if stock is not None:
                found.offer(stock.of(case.run.contact))
            sprint = self._one(program, case.run, found, parked)
            if sprint is not None:
                done.append((case.run, sprint))
                paths[sprint.path] += 1
                if splits:
                    draws += [
                        (case.run.contact, *splits[node], way) for node, way in sprint.path if way and node in splits
                    ]
                if stock is not None:
                    stock.take(case.run.contact, sprint.effects)
        if stock is not None:
            stock.give()  # here: the next group of the batch finds it
        self._count_ways(program, paths)
        if draws:
            drawn.add(self.db, draws, self.now)

    def _splits(self, program: Program) -> dict[int, tuple[int, int]]:
        """Node -> (flow, step) of each split."""
        flow = self.names.flow_ids[program.flow]
        return {
            index: (flow, self.names.step_ids[flow, node.step])
            for index, node in enumerate(program.nodes)
            if node.block.draws_lots and node.step is not None
        }

    def stock(self, program: Program, needs: Needs, cases: Sequence[LoadedRun]) -> Stock | None:
        """The codes of coupons for these runs; None where they show none."""
        if not needs.coupons:
            return None
        return Stock(self.db, program.settings.coupons, needs.coupons, {case.run.contact for case in cases}, self.now)

    def _count_ways(self, program: Program, paths: Mapping[tuple[tuple[int, str | None], ...], int]) -> None:
        """How many have left each step by each way."""
        flow = self.names.flow_ids[program.flow]
        ways: Counter[tuple[int, str]] = Counter()
        for path, count in paths.items():
            for node, way in path:
                step = program.nodes[node].step
                if step is not None and way is not None:
                    ways[self.names.step_ids[flow, step], way] += count
        tally.add_branches(self.db.counts, self.now, self.deployed.id, flow, ways)

    def _one(self, program: Program, run: Run, known: Facts, parked: list[tuple[Run, str]]) -> Sprint | None:
        at = self._instant(run)
        try:
            sprint = advance(program, run, known, at)
        except Exception as error:  # a block may raise anything, and must harm only its own run (R6)
            log.exception("run %s of %s is parked", run.id, run.flow)
            parked.append((run, f"{type(error).__name__}: {error}"))
            return None
        if self.trace is not None:
            self.trace.sprint(program, sprint, self.now)
        if sprint.run.due is not None and sprint.run.due <= at:
            # A wait that is over already would be claimed again in this very tick.
            return sprint._replace(run=sprint.run._replace(due=at + 1))
        return sprint

    def _instant(self, run: Run) -> int:
        """Now; for what a restore has lost, when it was. Its texts may have gone out then."""
        if self.restored is None:
            return self.now
        if run.due is not None and run.due <= self.restored.at:
            self.past.setdefault(run.id, run.due)
        return self.past.get(run.id, self.now)

    def _effects(self, sprints: Sequence[Sprint]) -> None:
        for sprint in sprints if self.past else ():
            if sprint.run.id in self.past:
                self._store([sprint], self.past[sprint.run.id], left_out=True)
        self._store([sprint for sprint in sprints if self.past.pop(sprint.run.id, None) is None], self.now)

    def _store(self, sprints: Iterable[Sprint], now: int, left_out: bool = False) -> None:
        written: list[outbox.Written] = []
        made: list[contact_effects.ContactEffect] = []
        calls: list[tuple[Run, CallWebhook]] = []
        lines: list[JournalEntry] = []
        ended: list[tuple[int, int]] = []
        wanted: list[str] = []
        shown: list[str] = []
        for sprint in sprints:
            run = sprint.run
            if sprint.rule is not None:
                ended.append((run.contact, run.id))
            for effect in sprint.effects:
                if isinstance(effect, (SendMessage, Skip)):
                    written.append((run, effect))
                elif isinstance(effect, Left):
                    lines.append(JournalEntry(run.contact, run.flow, "left", run.id, effect.step))
                elif isinstance(effect, Noted):
                    lines.append(JournalEntry(run.contact, run.flow, "noted", run.id, effect.step, effect.note))
                elif isinstance(effect, TakeCoupon):
                    pass  # its stock has given it
                elif isinstance(effect, FetchPicture):
                    wanted.append(effect.name)
                elif isinstance(effect, ShowPicture):
                    shown.append(effect.ref)
                elif isinstance(effect, CallWebhook):
                    calls.append((run, effect))
                else:
                    made.append((run, effect))
        if written:
            outbox.insert(self.db, written, now, self.deployed.id, self.names, left_out=left_out)
        if ended:  # behind the messages: a sprint may have written some before a change of its own ended the run
            cancelling.cancel_of_runs(self.db, ended, "exit_when", self.now)
        if made:
            lines += contact_effects.apply_contact_effects(
                self.db, made, self.deployed.project.timezone, self.names, now
            )
        if calls:
            webhooks.insert(self.db, calls, now, self.names)
        if lines:
            journal.write(self.db, lines, now, self.names)
        if wanted:
            pictures.ask(self.db, wanted, now)
        if shown:
            pictures.show(self.db, shown, now)

    def _log_parked(self, parked: Sequence[tuple[Run, str]]) -> None:
        journal.write(
            self.db,
            [JournalEntry(run.contact, run.flow, "parked", run.id, run.step, why) for run, why in parked],
            self.now,
            self.names,
        )
