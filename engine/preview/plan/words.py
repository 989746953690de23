"""The sentences of a plan: what a change means for the people who wait. The same in a terminal, on a page and in a comment."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

from engine.core.calendar import Duration
from engine.deploy.live_edits.live_edits import StepEdit
from engine.deploy.plan.campaigns import Campaign
from engine.deploy.plan.changes import Costs
from engine.deploy.plan.plan import Expected, FlowPlan, Plan, Refusal, Source, StepPlan
from engine.language.diagnostics.findings import counted
from engine.language.lint.costs import Cost, Range
from engine.language.values.humanize import duration_words
from engine.store.deployments import Waiting
from engine.store.queries.listings import MILLION
from engine.views.moments import day_and_clock, money

TIMES = ("delay", "for", "until", "up_to", "timezone")  # fields that say how long a step waits
SHORT = 7  # characters of a commit


def source_words(source: Source | None, zone: str) -> str:
    """`deployment 7 (a1b2c3d, Mar 30)`, `your files (f00ba12 + uncommitted changes)`, `spring-drop of deployment 5`."""
    if source is None:
        return "nothing deployed"
    commit = source.commit[:SHORT] if source.commit else "not in git"
    dirty = " + uncommitted changes" if source.dirty else ""
    if source.revision is not None:
        return f"{source.revision} ({commit})" if source.commit else source.revision
    if source.deployment is None:
        return f"your files ({commit}{dirty})"
    day = "" if source.at is None else f", {_local(source.at, zone):%b} {_local(source.at, zone).day}"
    return f"deployment {source.deployment} ({commit}{dirty}{day})"


def costs_words(costs: Costs | None, currency: str) -> str:
    """`1 part → 2 parts, $0.015 → $0.030`; "" where nothing of it differs."""
    if costs is None or costs.after is None:
        return ""
    before, after = costs.before, costs.after
    if before is None:
        return f"{_parts(after)}, {_price(after, currency)}"
    pairs = (
        (before.kind.upper(), after.kind.upper()),
        (_parts(before), _parts(after)),
        (_price(before, currency), _price(after, currency)),
    )
    return ", ".join(f"{one} → {two}" for one, two in pairs if one != two)


def _parts(cost: Cost) -> str:
    least, most = cost.parts
    return counted(most, "part") if least == most else f"{least}–{most} parts"


def _price(cost: Cost, currency: str) -> str:
    best, worst = cost.price
    return money(worst, currency) if best == worst else f"{money(best, currency)}–{money(worst, currency)}"


def who(step: StepPlan, flow: FlowPlan, zone: str) -> Iterator[str]:
    """What the change of a step means for those who are in the flow."""
    for edit in step.edits:
        yield _those(edit, step, zone)
    coming = f"{step.coming:,}"
    sends = any(field.kind == "text" or field.field == "image" for field in step.change.fields)
    if step.coming and step.change.change == "added":
        yield f"{coming} of those inside come by it"
    elif step.coming and step.change.change == "removed" and step.change.reads_like is None:
        yield f"{coming} more would have come to it"
    elif step.coming and sends and flow.inside:
        yield f"{coming} may get the new one"
    if step.unsent:
        yield f"{counted(step.unsent, 'message')} of it {_is(step.unsent)} written already: sent as written"
    if step.draws_anew:
        yield f"{step.change.reads_like} draws anew for all who come; with `moved` it would draw as before"
    if step.redrawn is not None:
        yield f"{step.redrawn:.0%} of those who come take another branch than before"


def campaign(found: Campaign, zone: str, currency: str) -> Iterator[str]:
    """When a schedule comes and to how many, what that costs, and whom it comes to otherwise."""
    first, last = moment(found.first_at, zone), moment(found.last_at, zone)
    when = first if first == last else f"{first} … {last}"
    over = f", spread over {duration_words(Duration(0, found.spread))}" if found.spread else ""
    price = _amount(found.price, currency)
    start = "starts" if found.contacts == 1 else "start"
    yield f"{counted(found.contacts, 'contact')} {start} {when}{over}: {price}"
    if found.silent:
        yield f"  {found.silent:,} of them get nothing of it: no consent, or no number that it texts"
    if found.held_out:
        yield f"  about {found.held_out:,} of them are held out and get nothing (holdout)"
    if found.cut:
        yield f"  {found.cut:,} of them have hours that end sooner: spread over what is left of these"


def _amount(price: Range, currency: str) -> str:
    digits = 3 if price.worst < MILLION else 2
    least, most = (money(each, currency, digits) for each in price)
    return least if least == most else f"{least}–{most}"


def elsewhere(edit: StepEdit) -> str:
    """Of those at a step that does not change itself."""
    one, count = edit.waiting.runs == 1, f"{edit.waiting.runs:,}"
    if edit.then == "pinned":
        return f"{count} {'stays' if one else 'stay'} on deployment {edit.deployment}"
    if edit.then == "drained":
        return f"{count} {'finishes' if one else 'finish'} it as deployment {edit.deployment} has it; no contact enters"
    if edit.then == "ended":
        return f"{count} {_is(edit.waiting.runs)} in it: it ends for them now, unsent messages are cancelled"
    if edit.then != "refused":
        goes_on = "who finishes in deployment {} goes on" if one else "who finish in deployment {} go on"
        return f"{count} {goes_on.format(edit.deployment)} in the new version"
    if edit.step is None:
        return f"{count} {_is(edit.waiting.runs)} in it and would be lost: say where they go"
    return edit.why or ""


def _those(edit: StepEdit, step: StepPlan, zone: str) -> str:
    runs, parked = edit.waiting.runs, edit.waiting.parked
    count, wait = f"{runs:,}{f' ({parked:,} parked)' if parked else ''}", "waits" if runs == 1 else "wait"
    time = f" ({between(edit.waiting, zone)})" if edit.waiting.first_due is not None else ""
    if edit.then == "refused":
        gone = step.change.change == "removed"
        return f"{count} {wait} at it and would be lost: say where they go" if gone else edit.why or ""
    if edit.then == "continues":
        return f"{count} {wait} at it: they go on at {edit.to} at the time that they have{time}"
    if edit.then == "exits":
        return f"{count} {wait} at it: their run ends now (step removed)"
    if edit.then in ("pinned", "drained", "ended"):
        return elsewhere(edit)
    fields = step.change.fields
    if any(field.field == "wait_for" for field in fields):
        return f"{count} who {wait} {_is(runs)} asked with the new condition when something next happens to them"
    timed = next((field for field in fields if field.field.split(".")[0] in TIMES), None)
    if timed is not None:
        return f"{count} {wait}: they keep their time{time}; {timed.after or 'the new one'} is for those who come"
    if any(field.kind == "text" or field.field == "image" for field in fields):
        return f"{count} {wait} at it, held{time}: {'it gets' if edit.waiting.runs == 1 else 'they get'} the new one"
    return f"{count} {wait}, nothing changes for them{time}" if edit.then == "moved" else f"{count} {wait} at it{time}"


def helps(refusal: Refusal) -> Iterator[str]:
    """Lines that can be pasted, each with what it means; else what the refusal says itself."""
    if not refusal.suggest:
        yield from (refusal.help,) if refusal.help else ()
        return
    if refusal.step is not None and refusal.reads_like is None:
        yield f"{'renamed?':<26} moved: {{{refusal.step}: NEW_ID}}"
    for line in refusal.suggest:
        before, behind = _MEANS.get(line.partition(":")[0], _MEANS_BY_END.get(line.rpartition(" ")[2], ("", "")))
        yield f"{before.format(refusal.reads_like):<26} {line}{behind}"


_MEANS = {
    "moved": ('it reads like "{}":', ""),
    "removed": ("or it is gone:", "      (or a step behind it)"),
}
_MEANS_BY_END = {
    "drain}": ("they finish it:", "      (in leadoff.yaml)"),
    "exit}": ("or it ends for them now:", "      (in leadoff.yaml)"),
}


def between(waiting: Waiting, zone: str) -> str:
    """`Sat, Apr 3 9:00 AM … Mon, Apr 5 4:10 PM`, on the project's clock."""
    assert waiting.first_due is not None and waiting.last_due is not None
    first, last = moment(waiting.first_due, zone), moment(waiting.last_due, zone)
    return first if first == last else f"{first} … {last}"


def moment(at: int, zone: str) -> str:
    return day_and_clock(at, ZoneInfo(zone))


def _local(at: int, zone: str) -> datetime:
    return datetime.fromtimestamp(at / 1000, ZoneInfo(zone))


def _is(count: int) -> str:
    return "is" if count == 1 else "are"


def totals(plan: Plan) -> str:
    """`1 new, 1 changed, 12 unchanged · plan 8c21f0aa`."""
    kinds = [flow.change.change for flow in plan.flows]
    said = {"added": "new", "changed": "changed", "removed": "removed", "same": "unchanged"}
    parts = [f"{kinds.count(kind)} {word}" for kind, word in said.items() if kind in kinds]
    flows = f"flows: {', '.join(parts)}" if parts else "no flows"
    more = [flows]
    if plan.settings:
        more.append(f"leadoff.yaml: {counted(len(plan.settings), 'change')}")
    if plan.segments:
        more.append(f"segments: {counted(len(plan.segments), 'change')}")
    lost = sum(refusal.waiting for refusal in plan.refused)
    if plan.refused:
        more.append(f"refused: {counted(lost, 'contact')} would be lost" if lost else f"refused: {plan.refused[0].why}")
    return " · ".join((*more, f"plan {plan.id}"))


def forecast_words(plan: Plan, currency: str) -> Iterator[str]:
    """Two lines: what those inside may get, and what becomes of the texts of those who wait."""
    found = plan.forecast
    if found is None:
        return
    if found.played < found.of:
        drawn = f"{found.played:,} of the {found.of:,} contacts inside, drawn at random"
        yield f"Played for {drawn}; the figures below are theirs, multiplied:"
    planned, before = found.planned, found.deployed
    same = " (the same as deployed)" if planned == before else f" (as deployed: {_expected(before, planned, currency)})"
    yield f"Those inside now, over {found.days} days: {_expected(planned, before, currency)}{same}"
    texts = found.texts
    kinds = (
        (texts.same, "gets the same" if texts.same == 1 else "get the same"), (texts.later, "the same at another time"),
        (texts.other, "another text"), (texts.nothing, "nothing any more"),
    )  # fmt: skip
    told = ", ".join(f"{count:,} {what}" for count, what in kinds if count)
    twice = f"{texts.twice:,} get a text twice" if texts.twice else "nobody gets anything twice"
    wait = "waits" if texts.waiting == 1 else "wait"
    yield f"If nobody reacts, of {texts.waiting:,} who {wait}: {told}; {twice}"


def _expected(side: Expected, other: Expected, currency: str) -> str:
    """`391–429 SMS, $5.87–$12.87`; kinds that neither side has are left out."""
    kinds = (("SMS", side.sms, other.sms), ("MMS", side.mms, other.mms))
    counts = [f"{_between(*mine)} {kind}" for kind, mine, theirs in kinds if any((*mine, *theirs))] or ["no message"]
    return f"{', '.join(counts)}, {_amount(Range(*side.price), currency)}"


def _between(least: int, most: int) -> str:
    return f"{least:,}" if least == most else f"{least:,}–{most:,}"
