"""Files that look like a part of the project, and are not read."""

from __future__ import annotations

import os
from pathlib import Path

from blocks.registry import REGISTRY
from engine.deploy.project_files import MOST_UNREAD, unread_files
from engine.deploy.read_project import read_and_check

PROJECT = "project: shop\nbrand: Shop\ntimezone: UTC\n"


def made(root: Path, *names: str) -> Path:
    for name in ("leadoff.yaml", *names):
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(PROJECT if name == "leadoff.yaml" else "", "utf-8")
    return root


def test_yml_and_what_lies_below_flows_is_named(tmp_path: Path) -> None:
    made(tmp_path, "leadoff.yml", "flows/a.yml", "flows/b.yaml", "flows/old/c.yaml", "segments/d.yml", "compose.yml")
    assert unread_files(tmp_path) == ("flows/a.yml", "flows/old/c.yaml", "leadoff.yml", "segments/d.yml")


def test_a_project_without_a_flows_folder_has_its_flows_beside_it(tmp_path: Path) -> None:
    assert unread_files(made(tmp_path, "a.yml", "b.yaml")) == ("a.yml",)


def test_check_says_so(tmp_path: Path) -> None:
    made(tmp_path, "flows/a.yml", "flows/old/c.yaml")
    found = [each for each in read_and_check(tmp_path, REGISTRY).findings if each.code == "LO703"]
    assert [(each.file, each.severity, each.help) for each in found] == [
        ("flows/a.yml", "warning", "rename it to a.yaml"),
        ("flows/old/c.yaml", "warning", "flows are directly in flows/"),
    ]


def test_links_are_not_followed_and_names_are_bounded(tmp_path: Path) -> None:
    root = made(tmp_path / "shop", *(f"flows/old/{number}.yaml" for number in range(MOST_UNREAD + 20)))
    made(tmp_path / "elsewhere", "flows/x.yml")
    os.symlink(tmp_path / "elsewhere", root / "flows" / "link")
    found = unread_files(root)
    assert len(found) == MOST_UNREAD
    assert not any("link" in name for name in found)


def test_a_link_in_a_circle_is_a_finding(tmp_path: Path) -> None:
    root = made(tmp_path, "flows/a.yaml")
    os.symlink("c.yaml", root / "flows/b.yaml")
    os.symlink("b.yaml", root / "flows/c.yaml")
    found = [each for each in read_and_check(root, REGISTRY).findings if each.code == "LO703"]
    assert [(each.file, each.severity) for each in found] == [("flows/b.yaml", "error"), ("flows/c.yaml", "error")]


def test_other_endings_are_named_in_any_case(tmp_path: Path) -> None:
    assert unread_files(made(tmp_path, "flows/a.YAML", "flows/b.Yml")) == ("flows/a.YAML", "flows/b.Yml")


def test_names_that_differ_by_case_alone_are_found(tmp_path: Path) -> None:
    root = made(tmp_path, "flows/a.yaml", "media/Spring.jpg", "media/spring.jpg")
    found = [each for each in read_and_check(root, REGISTRY).findings if each.code == "LO706"]
    assert [(each.file, each.message) for each in found] == [
        ("media/spring.jpg", "the name of this file differs from media/Spring.jpg only by upper and lower case")
    ]


def test_a_picture_is_named_as_it_is_called(tmp_path: Path) -> None:
    root = made(tmp_path, "media/Spring.jpg")
    flow = "flow: a\nlanguage: 1\ntrigger: manual\nsteps: [{id: a, sms: {text: x, image: media/spring.jpg, otherwise: text}}]\n"
    (root / "flows").mkdir()
    (root / "flows/a.yaml").write_text(flow, "utf-8")
    (found,) = [each for each in read_and_check(root, REGISTRY).findings if each.code == "LO601"]
    assert found.help == 'did you mean "media/Spring.jpg"?'
