"""Double opt-in from end to end: a number from a form is asked, and only its own YES opens marketing (C0)."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.flows.stage import Stage
from tests.stories.consent.stage import ZED
from tests.world import HOUR, MINUTE


def logged(stage: Stage) -> list[tuple[str, str, str]]:
    with stage.app.database.reading() as db:
        return db.execute("SELECT status, source, proof FROM consent_log WHERE phone = ?", (ZED,)).fetchall()


def test_a_yes_is_the_proof(tmp_path: Path) -> None:
    with Stage(tmp_path, "double-opt-in", "welcome") as stage:
        stage.happens("list.joined", {"list": "newsletter"}, ZED)  # before the answer: nothing for it
        assert stage.sent("welcome") == []
        stage.happens("signup.requested", {"form": "footer"}, ZED)
        assert stage.sent() == ["SMS question"]
        stage.through(MINUTE)
        stage.texts("Yes please!", ZED)
        ((status, source, proof),) = logged(stage)
        assert (status, source) == ("subscribed", "flow double-opt-in") and proof.endswith("Yes please!")
        assert stage.sent("double-opt-in") == ["SMS question", "SMS hello"]
        assert "confirmed" in stage.known(ZED).fields["tags"]


def test_marketing_comes_after_the_yes_and_not_before(tmp_path: Path) -> None:
    with Stage(tmp_path, "double-opt-in", "vip-early-access") as stage:
        stage.happens("signup.requested", {"form": "footer"}, ZED)
        stage.through(MINUTE)
        stage.texts("yes", ZED)
        stage.contact(ZED, tags=["vip", "confirmed"])
        stage.texts("early", ZED)
        assert stage.sent("vip-early-access") == ["MMS doors"]


@pytest.mark.parametrize("words", [None, "who is this?", "no", "yes, but stop texting me", "YES STOP"])
def test_without_a_yes_never(tmp_path: Path, words: str | None) -> None:
    with Stage(tmp_path, "double-opt-in", "welcome") as stage:
        stage.happens("signup.requested", {"form": "footer"}, ZED)
        stage.through(MINUTE)
        if words:
            stage.texts(words, ZED)
        stage.days(3)
        assert stage.consent_of(ZED) != "subscribed" and stage.sent() == ["SMS question"]
        stage.happens("list.joined", {"list": "newsletter"}, ZED)
        stage.through(HOUR)
        assert stage.sent("welcome") == []


def test_a_yes_that_comes_too_late_is_none(tmp_path: Path) -> None:
    with Stage(tmp_path, "double-opt-in") as stage:
        stage.happens("signup.requested", {"form": "footer"}, ZED)
        stage.days(3)
        stage.texts("yes", ZED)
        stage.days(1)
        assert stage.ends() == ["unconfirmed"] and stage.consent_of(ZED) is None
