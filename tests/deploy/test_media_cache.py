"""Pictures on their way into a deployment: fitted once, kept for the next time, stored as they are sent (MM2, MM4)."""

from __future__ import annotations

import os
from pathlib import Path

import orjson
import pytest
from PIL import Image

from blocks.registry import REGISTRY
from engine.deploy import apply as deploying
from engine.deploy.media_cache import KEPT, Pictures, image_limit
from engine.deploy.read_project import read_and_check, read_project
from engine.language.compiler import canonical_hash
from engine.language.model.media_path import name_of
from engine.language.model.project import Project
from engine.messaging.media.fitting import fit
from engine.messaging.media.inspection import inspect
from engine.messaging.media.picture import BadMedia, BadTiles, Fitted
from engine.store import deployments
from tests.messaging.media.drawn import gif, noisy_frames, photo, place_and_side, screenshot, stored
from tests.world import ADA, PROJECT, World

HEAD = "flow: hello\nlanguage: 1\ntrigger: {event: list.joined}\nsteps:\n"
FLOW = HEAD + "  - {id: one, sms: {text: One, image: media/big.jpg, otherwise: text}}\n"
COLLAGE = HEAD + "  - {id: one, sms: {text: One, collage: [media/big.jpg, media/page.png], otherwise: text}}\n"
BIG = stored(photo((1400, 1000)), quality=90, exif=place_and_side(), comment=b"home")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "flows").mkdir()
    (tmp_path / "media").mkdir()
    (tmp_path / "leadoff.yaml").write_text(PROJECT)
    (tmp_path / "flows/hello.yaml").write_text(FLOW)
    (tmp_path / "media/big.jpg").write_bytes(BIG)
    (tmp_path / "media/page.png").write_bytes(stored(screenshot(), "PNG"))
    return tmp_path


def kept(project: Path) -> dict[str, bytes]:
    folder = project / KEPT
    return {path.name: path.read_bytes() for path in folder.iterdir()} if folder.is_dir() else {}


def codes(project: Path) -> list[str]:
    return [
        f"{each.code} {each.path}" for each in read_and_check(project, REGISTRY).findings if each.severity == "error"
    ]


@pytest.mark.usefixtures("each_database")
def test_what_is_deployed_is_the_fitted_picture(tmp_path: Path) -> None:
    (tmp_path / "media").mkdir()
    (tmp_path / "media/big.jpg").write_bytes(BIG)
    wanted = fit(BIG)
    with World(tmp_path, FLOW) as world:
        world.event("list.joined", ADA)
        world.tick()
        media = world.messages()[0].media
        assert media == wanted.info.ref
        assert (world.app.media_dir / media).read_bytes() == wanted.data
        assert b"Exif" not in wanted.data and b"home" not in wanted.data


@pytest.mark.usefixtures("each_database")
def test_a_collage_is_sent_as_one_picture(tmp_path: Path) -> None:
    (tmp_path / "media").mkdir()
    (tmp_path / "media/big.jpg").write_bytes(BIG)
    (tmp_path / "media/page.png").write_bytes(stored(screenshot(), "PNG"))
    with World(tmp_path, COLLAGE) as world:
        world.event("list.joined", ADA)
        world.tick()
        media = world.messages()[0].media
        assert media is not None
        info = inspect((world.app.media_dir / media).read_bytes())
        assert (info.ref, info.width, info.height) == (media, 1080, 1920)
        world.app._deployed = None
        assert world.app.deployed().programs  # it is read back from what was stored, without the files


def test_a_cropped_collage_is_another_picture(project: Path) -> None:
    pictures = read_project(project).media
    assert isinstance(pictures, Pictures)
    whole, cropped = (pictures.fitted(name_of(["media/big.jpg", "media/page.png"], crop)) for crop in (False, True))
    assert isinstance(whole, Fitted) and isinstance(cropped, Fitted)
    assert whole.info.ref != cropped.info.ref and whole.info[3:5] == cropped.info[3:5] == (1080, 1920)
    (project / "flows/hello.yaml").write_text(COLLAGE.replace("otherwise: text", "crop: true, otherwise: text"))
    assert {each.ref for each in read_and_check(project, REGISTRY).media.values()} == {cropped.info.ref}


def test_a_film_in_a_collage_is_noted_each_time(project: Path) -> None:
    (project / "media/page.png").write_bytes(gif(noisy_frames(2, (90, 160))))
    (project / "flows/hello.yaml").write_text(COLLAGE)
    for _ in range(2):  # the second time it comes from what was kept
        found = [each.path for each in read_and_check(project, REGISTRY).findings if each.code == "LO612"]
        assert found == ["steps[0].sms.collage[1]"]


def test_a_damaged_picture_stands_in_the_way_of_a_deployment(project: Path) -> None:
    page = bytearray(stored(screenshot(), "PNG"))
    page[len(page) // 2] ^= 0x55
    (project / "media/page.png").write_bytes(page)
    (project / "flows/hello.yaml").write_text(FLOW.replace("big.jpg", "page.png"))
    assert codes(project) == ["LO602 steps[0].sms.image"]


@pytest.mark.usefixtures("each_database")
def test_a_deployment_of_before_can_still_be_read(tmp_path: Path) -> None:
    with World(tmp_path, HEAD + "  - {id: one, sms: {text: One, image: media/hero.png, otherwise: text}}\n") as world:
        with world.app.database.reading() as db:
            stored_one = deployments.newest(db)
            loaded = deploying.load(db, REGISTRY)
        assert stored_one is not None and loaded is not None
        info = orjson.loads(stored_one.content)["media"]["media/hero.png"]
        assert list(info) == ["ref", "kind", "bytes", "width", "height"]
        assert loaded.programs["hello"].settings.media == {"media/hero.png": info["ref"]}


def test_a_picture_that_changes_is_another_deployment(project: Path) -> None:
    before = read_and_check(project, REGISTRY)
    (project / "media/big.jpg").write_bytes(stored(photo((1400, 1000), 0.2), quality=90))
    assert canonical_hash(read_and_check(project, REGISTRY)) != canonical_hash(before)


def test_notes_alone_are_no_change(project: Path) -> None:
    (project / "media/big.jpg").write_bytes(stored(photo((320, 240))))
    before = read_and_check(project, REGISTRY)
    (project / "media/big.jpg").write_bytes(stored(photo((320, 240)), comment=b"at home"))
    assert canonical_hash(read_and_check(project, REGISTRY)) == canonical_hash(before)


def test_what_was_fitted_is_kept_and_found_again(project: Path) -> None:
    first = read_and_check(project, REGISTRY).media
    entries = kept(project)
    assert len(entries) == 1
    (name,) = entries
    when = (project / KEPT / name).stat().st_mtime_ns
    assert read_and_check(project, REGISTRY).media == first
    assert (project / KEPT / name).stat().st_mtime_ns == when


def test_a_picture_that_is_sent_unchanged_is_kept_without_its_bytes(project: Path) -> None:
    same = stored(screenshot())
    (project / "media/big.jpg").write_bytes(same)
    first = read_project(project).media
    assert isinstance(first, Pictures)
    wanted = first.fitted("media/big.jpg")
    assert isinstance(wanted, Fitted) and wanted.data == same and not wanted.actions
    ((name, entry),) = kept(project).items()
    assert len(entry) < 500
    when = (project / KEPT / name).stat().st_mtime_ns
    again = read_project(project).media
    assert isinstance(again, Pictures) and again.fitted("media/big.jpg") == wanted
    assert (project / KEPT / name).stat().st_mtime_ns == when


def test_an_entry_of_another_picture_is_not_believed(project: Path) -> None:
    one, other = stored(photo((320, 240))), stored(screenshot())
    (project / "media/big.jpg").write_bytes(one)
    read_and_check(project, REGISTRY)
    ((name, entry),) = kept(project).items()
    (project / "media/big.jpg").write_bytes(other)
    first = read_and_check(project, REGISTRY).media
    (new,) = kept(project).keys() - {name}
    (project / KEPT / new).write_bytes(entry)
    assert read_and_check(project, REGISTRY).media == first


@pytest.mark.parametrize("damage", [b"", b"nonsense", None])
def test_a_damaged_entry_is_made_anew(project: Path, damage: bytes | None) -> None:
    first = read_and_check(project, REGISTRY).media
    ((name, entry),) = kept(project).items()
    half = entry[: len(entry) // 2] + b"\0" + entry[len(entry) // 2 + 1 :]
    (project / KEPT / name).write_bytes(half if damage is None else damage)
    assert read_and_check(project, REGISTRY).media == first
    assert kept(project) == {name: entry}


def test_a_place_that_cannot_be_written_to_is_no_error(project: Path) -> None:
    (project / ".leadoff").write_text("a file where a folder should be")
    assert codes(project) == []


def test_what_is_kept_cannot_lead_out_or_hang(project: Path) -> None:
    first = read_and_check(project, REGISTRY).media
    (name,) = kept(project)
    (project / KEPT / name).unlink()
    os.mkfifo(project / KEPT / name)
    assert read_and_check(project, REGISTRY).media == first


def test_what_cannot_be_made_to_fit_is_said_at_its_place_and_kept(project: Path) -> None:
    film = gif(noisy_frames(20, (160, 120)))
    asked: list[str] = []

    def read(path: str) -> bytes | None:
        asked.append(path)
        return film if path == "a.gif" else None if not (project / path).is_file() else (project / path).read_bytes()

    found = [Pictures(read, lambda: 8_000, project).fitted("a.gif") for _ in range(2)]
    assert all(isinstance(each, BadMedia) and each.fault == "bytes" for each in found)
    assert len(kept(project)) == 1
    assert str(found[0]) == str(found[1])


def test_another_limit_is_another_picture(project: Path) -> None:
    read = {"a.jpg": BIG}.get
    large, small = (Pictures(read, lambda limit=limit: limit).fitted("a.jpg") for limit in (500_000, 60_000))  # type: ignore[misc]
    assert isinstance(large, Fitted) and isinstance(small, Fitted)
    assert small.info.bytes <= 60_000 < large.info.bytes


def test_each_picture_of_a_collage_has_its_own_findings(project: Path) -> None:
    (project / "flows/hello.yaml").write_text(COLLAGE.replace("media/page.png", "media/gone.png, media/notes.png"))
    (project / "media/notes.png").write_bytes(b"no picture")
    assert codes(project) == ["LO601 steps[0].sms.collage[1]", "LO606 steps[0].sms.collage[2]"]
    (project / "flows/hello.yaml").write_text(COLLAGE.replace("media/page.png", "../page.png"))
    assert codes(project) == ["LO603 steps[0].sms.collage[1]"]
    missing = Pictures(lambda path: None).fitted("a.jpg\nb.jpg")
    assert isinstance(missing, BadTiles) and {each.fault for each in missing.tiles.values()} == {"missing"}


def test_a_file_beyond_the_limit_of_reading_is_refused(project: Path) -> None:
    (project / "media/big.jpg").write_bytes(b"\xff\xd8\xff" + bytes(20_000_001))
    assert codes(project) == ["LO605 steps[0].sms.image"]


def test_the_smallest_limit_of_those_who_send_pictures_counts() -> None:
    sender = {"provider": "simulator", "number": "+18445550100"}
    named = {"project": "p", "brand": "b", "timezone": "UTC"}
    project = Project.model_validate({**named, "senders": {"a": sender, "b": {**sender, "mms": False}}})
    others = {
        "a": project.senders["a"].model_copy(update={"provider": "telnyx"}),
        "b": project.senders["b"].model_copy(update={"provider": "infobip"}),
    }
    assert image_limit(None) == image_limit(project) == 500_000
    assert image_limit(project.model_copy(update={"senders": others})) == 500_000, "who sends none is not asked"
    others["b"] = others["b"].model_copy(update={"mms": True})
    assert image_limit(project.model_copy(update={"senders": others})) == 275_000


def test_leadoff_yaml_is_not_asked_before_there_is_a_picture(project: Path) -> None:
    (project / "leadoff.yaml").write_text("project: [broken")
    (project / "media/big.jpg").write_bytes(stored(Image.new("RGB", (9, 9)), "PNG"))
    files = read_project(project)
    found = files.media("media/big.jpg")
    assert found is not None and not isinstance(found, BadMedia) and found.kind == "png"


def test_what_was_not_used_for_long_goes_when_a_new_one_comes(project: Path) -> None:
    read_and_check(project, REGISTRY)
    (used,) = (project / KEPT).iterdir()
    unused = used.with_name("0" * 64)
    unused.write_bytes(b"of a picture that is gone")
    for entry in (used, unused):
        os.utime(entry, (1, 1))
    read_and_check(project, REGISTRY)
    assert unused.exists(), "nothing new came"
    (project / "flows/hello.yaml").write_text(COLLAGE)
    read_and_check(project, REGISTRY)
    assert used.exists() and not unused.exists()
