"""What a test expects, and what came instead, in words."""

from __future__ import annotations

from engine.preview.flow_tests.outcomes import ANSWER, EXIT, MMS, NOT_ENTERED, PARKED, SMS, UNSENT, WAITS, Outcome


def expected_in_words(kind: str, subject: str) -> str:
    """`the exit "end"`"""
    return {
        EXIT: f"the exit {subject!r}".replace("'", '"'),
        WAITS: f"a run that waits at {subject}",
        NOT_ENTERED: f"a refused entry ({subject})",
        ANSWER: f"the answer {subject}",
        SMS: f"SMS {subject}",
        MMS: f"MMS {subject}",
    }.get(kind, f"{kind} {subject}")


def came_in_words(outcome: Outcome) -> str:
    """What came instead, as a sentence without its end."""
    step, reason = outcome.step, outcome.reason
    return {
        SMS: f"SMS {step} left",
        MMS: f"MMS {step} left",
        ANSWER: f"the answer {step} left",
        EXIT: f'the run ended: "{reason}"',
        WAITS: f"the run still waits at {step}",
        NOT_ENTERED: f"the contact did not enter: {reason}",
        PARKED: f"the run is parked: {reason}",
        UNSENT: f"{step} had not left at the end: {reason or 'not sent yet'}",
    }.get(outcome.kind, f"{step} was {outcome.kind}: {reason}")
