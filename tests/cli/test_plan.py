"""`leadoff plan`: exit codes that a pipeline may rely on, and every state a database may be in."""

from __future__ import annotations

import subprocess

import pytest

from engine.app import App
from engine.deploy.read_project import read_and_check
from engine.errors import Refused
from tests import databases
from tests.cli.conftest import Terminal
from tests.cli.test_init import FLOW, edit
from tests.cli.test_words import JOIN

DETAILED = ("plan", "--detailed-exitcode")


def git(folder: Terminal, *words: str, author: str = "Ada") -> None:
    who = ["-c", f"user.name={author}", "-c", "user.email=a@example.com"]
    subprocess.run(["git", "-C", str(folder.folder), *who, *words], check=True, capture_output=True)


def test_nothing_to_do(open_shop: Terminal) -> None:
    said = open_shop(*DETAILED)
    assert (said.code, said.err) == (0, "")
    assert "nothing to do" in said.out


def test_changes_that_touch_nobody(open_shop: Terminal) -> None:
    edit(open_shop.folder / FLOW, "delay: 2d", "delay: 3d")
    assert open_shop(*DETAILED).code == 10
    assert open_shop("plan").code == 0


def test_changes_that_touch_people(open_shop: Terminal) -> None:
    open_shop.well(*JOIN)
    open_shop.tick()
    edit(open_shop.folder / FLOW, "delay: 2d", "delay: 3d")
    said = open_shop(*DETAILED)
    assert said.code == 11
    assert "1 waits: they keep their time" in said.out


def test_who_would_be_lost_is_refused_in_either_way(open_shop: Terminal) -> None:
    open_shop.well(*JOIN)
    open_shop.tick()
    edit(open_shop.folder / FLOW, "id: think", "id: ponder")
    for words in (("plan",), DETAILED):
        said = open_shop(*words)
        assert said.code == 1
        assert '= help: it reads like "ponder":    moved: {think: ponder}\n' in said.out


def test_files_that_do_not_compile_are_unreadable(open_shop: Terminal) -> None:
    edit(open_shop.folder / FLOW, "delay: 2d", "delay: never")
    said = open_shop(*DETAILED)
    assert (said.code, said.out) == (2, "")
    assert "error[LO230]" in said.err and "there is no plan" in said.err


@pytest.mark.only("sqlite", "a server's database is there before its tables are")
def test_no_database(shop: Terminal) -> None:
    said = shop("plan", "--detailed-exitcode")
    assert said.code == 11  # nobody knows whom it touches
    assert said.out.startswith(
        "! who waits is not known: no database holds a deployment here (`--server URL` asks a daemon)\n"
    )
    assert "nothing deployed → your files" in said.out
    assert not (shop.folder / ".leadoff/leadoff.db").exists()


def test_an_empty_database(shop: Terminal) -> None:
    shop.well("db", "upgrade")
    said = shop.well("plan")
    assert said.out.startswith("nothing deployed → your files")


def test_a_database_of_a_newer_version(open_shop: Terminal) -> None:
    with App(open_shop.folder) as app:
        databases.make_newer(app.database)
    said = open_shop(*DETAILED)
    assert (said.code, said.out) == (1, "")
    assert "newer than this version's" in said.err


@pytest.mark.only("sqlite", "it is about files")
@pytest.mark.parametrize("content", [b"", b"not a database at all, but a file"])
def test_a_file_that_is_none(shop: Terminal, content: bytes) -> None:
    (shop.folder / ".leadoff").mkdir(exist_ok=True)
    (shop.folder / ".leadoff/leadoff.db").write_bytes(content)
    said = shop("plan")
    assert "a bug in Leadoff" not in said.err
    assert said.code == (0 if not content else 2)


def test_json(open_shop: Terminal) -> None:
    edit(open_shop.folder / FLOW, "delay: 2d", "delay: 3d")
    said = open_shop.well("plan", "--format", "json").json
    assert [flow["flow"] for flow in said["flows"]] == ["spring-drop"]
    assert len(open_shop.well("plan", "--format", "json", "--all").json["flows"]) == 3


def theirs(open_shop: Terminal) -> None:
    """Ben has deployed a branch of his; here is main, with a commit of its own."""
    (open_shop.folder / ".gitignore").write_text(".leadoff\n")
    git(open_shop, "init", "-q", "-b", "main")
    git(open_shop, "add", "-A")
    git(open_shop, "commit", "-qm", "first")
    git(open_shop, "checkout", "-qb", "theirs")
    edit(open_shop.folder / FLOW, "delay: 2d", "delay: 5d")
    git(open_shop, "commit", "-qam", "five days", author="Ben Baker")
    open_shop.well("apply", "--yes")
    git(open_shop, "checkout", "-q", "main")
    edit(open_shop.folder / FLOW, "10% off", "15% off")
    git(open_shop, "commit", "-qam", "fifteen")


def test_what_somebody_else_has_deployed_is_taken_back(open_shop: Terminal) -> None:
    theirs(open_shop)
    first = open_shop.well("plan").out.splitlines()[0]
    assert first.startswith("! deployment 2 (")
    assert first.endswith(", by Ben Baker) is not in your branch: applying takes back 1 change of it")
    assert len(open_shop.well("plan", "--format", "json").json["takes_back"]) == 1
    assert "is not in your branch: applying takes back 1 change of it: `leadoff plan`" in open_shop.well("flows").err
    git(open_shop, "merge", "-q", "--squash", "theirs")
    assert "takes back" not in open_shop.well("plan").out  # squashed: all of it is there


def test_apply_prints_the_plan_and_takes_the_one_that_was_reviewed(open_shop: Terminal) -> None:
    edit(open_shop.folder / FLOW, "delay: 2d", "delay: 3d")
    reviewed = open_shop.well("plan", "--format", "json").json["plan"]
    open_shop.well(*JOIN)
    open_shop.tick()  # counts are no changes
    said = open_shop.well("apply", "--yes", "--expect", reviewed)
    assert "1 waits: they keep their time" in said.err
    assert said.out.startswith("applied: deployment 2 ")


def test_a_plan_that_went_stale(open_shop: Terminal) -> None:
    edit(open_shop.folder / FLOW, "delay: 2d", "delay: 3d")
    reviewed = open_shop.well("plan", "--format", "json").json["plan"]
    edit(open_shop.folder / FLOW, "delay: 3d", "delay: 4d")
    said = open_shop("apply", "--yes", "--expect", reviewed)
    assert said.code == 1
    assert (
        f"the plan is another one now: {open_shop('plan', '--format', 'json').json['plan']}, not {reviewed}" in said.err
    )
    assert "delay: 2d → 4d" in said.err


def test_nothing_is_deployed_over_what_came_meanwhile(open_shop: Terminal) -> None:
    with App(open_shop.folder) as app:
        checked = read_and_check(app.root, app.registry)
        edit(open_shop.folder / FLOW, "delay: 2d", "delay: 3d")
        later = read_and_check(app.root, app.registry)
        assert app.apply(later, (), 1).id == 2
        with pytest.raises(Refused, match="deployment 2 was applied meanwhile"):
            app.apply(checked, (), 1)


def test_apply_refuses_what_the_plan_refuses(open_shop: Terminal) -> None:
    open_shop.well(*JOIN)
    open_shop.tick()
    edit(open_shop.folder / FLOW, "id: think", "id: ponder")
    said = open_shop("apply", "--yes")
    assert said.code == 1
    assert 'error: 1 contact waits at the step "think", which is gone; nothing was changed' in said.err
    assert "moved: {think: ponder}" in said.err


def test_apply_takes_nothing_back_unless_it_is_told_to(open_shop: Terminal) -> None:
    theirs(open_shop)
    said = open_shop("apply", "--yes")
    assert said.code == 1
    assert "by Ben Baker) is not in your branch" in said.err and "`leadoff apply --yes --take-back`" in said.err
    assert open_shop.well("apply", "--yes", "--take-back").out.startswith("applied: deployment 3 ")


def test_against_a_revision(shop: Terminal) -> None:
    git(shop, "init", "-q", "-b", "main")
    git(shop, "add", "-A")
    git(shop, "commit", "-qm", "first")
    edit(shop.folder / FLOW, "delay: 2d", "delay: 3d")
    said = shop("plan", "--against", "main", "--detailed-exitcode")
    assert said.code == 11  # who waits is not known
    assert said.out.splitlines()[0].startswith("! who waits is not known")
    assert "main (" in said.out and "    ~ think  delay: 2d → 3d\n" in said.out
    git(shop, "commit", "-qam", "longer")
    assert shop("plan", "--against", "main", "--detailed-exitcode").code == 0


def test_a_revision_that_is_not_there_or_does_not_compile(shop: Terminal) -> None:
    git(shop, "init", "-q", "-b", "main")
    edit(shop.folder / FLOW, "delay: 2d", "delay: never")
    git(shop, "add", "-A")
    git(shop, "commit", "-qm", "broken")
    edit(shop.folder / FLOW, "delay: never", "delay: 2d")
    said = shop("plan", "--against", "main")
    assert said.code == 2 and 'the revision "main" does not compile: flows/spring-drop.yaml:29: ' in said.err
    said = shop("plan", "--against", "nowhere")
    assert said.code == 2 and 'there is no revision "nowhere"' in said.err
    assert shop("plan", "--against", "main", "--server", "http://127.0.0.1:1").code == 2


def test_a_clone_that_is_too_shallow_to_tell_deploys_nothing_unasked(shop: Terminal) -> None:
    git(shop, "init", "-q")
    for step in ("first", "second"):
        if step == "second":
            edit(shop.folder / FLOW, "delay: 2d", "delay: 3d")
        git(shop, "add", "-A")
        git(shop, "commit", "-qm", step)
        if step == "first":
            shop.well("apply", "--yes")
    head = subprocess.run(["git", "-C", str(shop.folder), "rev-parse", "HEAD"], check=True, capture_output=True).stdout
    (shop.folder / ".git/shallow").write_bytes(head)
    git(shop, "reflog", "expire", "--expire=now", "--all")
    git(shop, "gc", "-q", "--prune=now")
    said = shop("apply", "--yes")
    assert said.code == 1
    assert "this clone is shallow" in said.err and "--take-back" in said.err
    shop.well("apply", "--yes", "--take-back")
    assert shop.well("apply", "--yes").out.startswith("nothing to change")


def test_apply_prices_what_changes_and_tells_of_wrong_tests_in_a_line(open_shop: Terminal) -> None:
    edit(open_shop.folder / FLOW, "delay: 2d", "delay: 3d")
    test = open_shop.folder / FLOW.replace(".yaml", ".test.yaml")
    test.write_text(test.read_text("utf-8").replace("since: hero", "since: heroine", 1), "utf-8")
    said = open_shop("apply", "--yes")
    assert said.code == 0
    assert "$ spring-drop:" in said.err and "goes-with-it:" not in said.err
    assert "the flow tests have 1 error: `leadoff check` shows them; tests are not deployed" in said.err
    assert "error[" not in said.err
