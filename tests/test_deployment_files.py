"""Dockerfile, .dockerignore, compose.yaml and the systemd unit: what holds of them without a container engine.

The build's context is worked out from .dockerignore as Docker does; the commands, users and paths are compared with one another and with
the program.
"""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterator
from fnmatch import fnmatchcase
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from ruamel.yaml import YAML

from engine.cli.root import COMMANDS

ROOT = Path(__file__).resolve().parents[1]
UNIT = ROOT / "systemd/leadoff.service"
CONTINUED = re.compile(r"\\\n\s*")


def instructions() -> list[tuple[str, str]]:
    """(verb, rest) of the Dockerfile, continued lines joined."""
    text = "\n".join(line for line in (ROOT / "Dockerfile").read_text("utf-8").splitlines() if not line.startswith("#"))
    lines = [line for line in CONTINUED.sub(" ", text).splitlines() if line.strip()]
    return [(verb, rest) for verb, _, rest in (line.partition(" ") for line in lines)]


def the(verb: str) -> str:
    """The last one of its kind: what the image is left with."""
    return [rest for each, rest in instructions() if each == verb][-1]


def rules() -> list[tuple[str, bool]]:
    """(pattern, whether it lets in) of .dockerignore."""
    lines = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    written = [line.strip() for line in lines if line.strip() and not line.startswith("#")]
    return [(line.lstrip("!"), line.startswith("!")) for line in written]


def matches(pattern: str, path: str) -> bool:
    """A pattern matches a path or a folder that it lies in; `*` stops at a slash, `**/` is any folders or none."""
    parts = path.split("/")
    prefixes = [parts[: count + 1] for count in range(len(parts))]
    if pattern.startswith("**/"):
        return any(fnmatchcase(prefix[-1], pattern.removeprefix("**/")) for prefix in prefixes)
    wanted = pattern.split("/")
    return any(len(prefix) == len(wanted) and all(map(fnmatchcase, prefix, wanted)) for prefix in prefixes)


def is_sent(path: str) -> bool:
    """The last rule that matches decides."""
    sent = True
    for pattern, lets_in in rules():
        if matches(pattern, path):
            sent = lets_in
    return sent


@pytest.fixture(scope="module")
def context(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What Docker would be sent of a checkout in use, with things beside that are nobody's business."""
    folder = tmp_path_factory.mktemp("context")
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    for name in filter(is_sent, tracked):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, folder / name)
    return folder


@pytest.mark.parametrize(
    "path",
    [
        ".git/config", ".venv/bin/python", ".env", "secrets.env", "leadoff.db", ".leadoff/leadoff.db", "tests/test_house.py",
        "examples/shop/.leadoff/leadoff.db", "examples/shop/.env", "engine/__pycache__/app.cpython-311.pyc", "examples/custom_block/x.py",
        "examples/shop/contacts.errors.csv", "engine/cli/old.db", "leadoff-demo.png", ".leadoff/media/a.jpg",
    ],
)  # fmt: skip
def test_what_lies_beside_stays_outside(path: str) -> None:
    assert not is_sent(path)


def test_every_copied_path_is_sent(context: Path) -> None:
    copied = [rest.split()[:-1] for verb, rest in instructions() if verb == "COPY" and "--from" not in rest]
    sources = [source for each in copied for source in each]
    assert len(sources) >= 9
    assert [source for source in sources if not (context / source).exists()] == []
    tops = {path.name for path in context.iterdir()}
    assert tops == {source.split("/")[0] for source in sources}, "and nothing is sent that is not copied"


def test_the_wheel_is_built_from_what_is_copied(context: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(tmp_path), str(context)]
    built = subprocess.run(command, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stdout + built.stderr
    (file,) = tmp_path.glob("leadoff-*.whl")
    with zipfile.ZipFile(file) as wheel:
        names = set(wheel.namelist())
    assert {"engine/cli/root.py", "blocks/sms.py", "engine/_bundled/flows/welcome.yaml"} <= names
    assert "engine/_bundled/shop/leadoff.yaml" in names


def test_the_constraints_name_every_dependency_once(context: Path) -> None:
    (line,) = [rest for verb, rest in instructions() if verb == "RUN" and rest.startswith("grep ")]
    command, _, target = line.partition(" > ")
    assert target == "/wheels/constraints.txt"
    assert target in next(rest for verb, rest in instructions() if verb == "RUN" and "--constraint" in rest)
    found = subprocess.run(shlex.split(command), cwd=context, capture_output=True, text=True, check=True).stdout
    names = [canonicalize_name(each.partition("==")[0]) for each in found.splitlines()]
    assert all(re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.!+_-]+", each) for each in found.splitlines())
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    needed = {canonicalize_name(Requirement(each).name) for each in project["dependencies"]}
    assert needed <= set(names)
    assert len(names) == len(set(names))


def test_the_volume_belongs_to_who_writes_there() -> None:
    uid, _, gid = the("USER").partition(":")
    assert int(uid) > 0
    assert int(gid) > 0
    volume = the("VOLUME").strip()
    made = next(rest for verb, rest in instructions() if verb == "RUN" and "useradd" in rest)
    assert f"--uid {uid} --gid {gid}" in made
    assert f"install -d -o {uid} -g {gid} -m 0700 {volume}" in made
    order = [verb for verb, _ in instructions()]
    assert order.index("VOLUME") > order.index("USER"), (
        "the folder is there, and theirs, before the volume is laid on it"
    )
    assert f"LEADOFF_DATABASE_URL=sqlite:///{volume}/" in the("ENV")


def test_the_image_runs_a_command_that_exists() -> None:
    (program,) = json.loads(the("ENTRYPOINT"))
    assert program in tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["scripts"]
    command, *words = json.loads(the("CMD"))
    assert command in COMMANDS
    assert words == ["--host", "0.0.0.0"]
    shown = subprocess.run(
        [sys.executable, "-m", "engine.cli", command, "--help"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert "--host" in shown.stdout
    assert the("EXPOSE") in shown.stdout, "the default port"


class Alive(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/healthz" else 503)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def alive() -> Iterator[int]:
    with HTTPServer(("127.0.0.1", 0), Alive) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_address[1]
        server.shutdown()


def test_the_health_check_tells_the_living_from_the_dead(alive: int) -> None:
    asked = the("HEALTHCHECK").partition("CMD ")[2]
    python, *words = json.loads(asked)
    assert python == "python"
    assert f":{the('EXPOSE')}/healthz" in words[-1]

    def code(port: int, place: str = "healthz") -> int:
        program = words[-1].replace(f":{the('EXPOSE')}/healthz", f":{port}/{place}")
        return subprocess.run([sys.executable, *words[:-1], program], capture_output=True, check=False).returncode

    assert code(alive) == 0
    assert code(alive, "elsewhere") != 0
    assert code(1) != 0


def test_compose_fits_the_image() -> None:
    said = YAML(typ="safe").load(ROOT / "compose.yaml")
    service = said["services"]["leadoff"]
    targets = {volume.split(":")[-1 if not volume.endswith(":ro") else -2]: volume for volume in service["volumes"]}
    assert set(targets) == {the("WORKDIR").strip(), the("VOLUME").strip()}
    assert targets[the("WORKDIR")].endswith(":ro")
    assert set(said["volumes"]) == {"data"}
    assert service["ports"] == [f"127.0.0.1:{the('EXPOSE')}:{the('EXPOSE')}"]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert "user" not in service, "the image's own: another one would not own the volume"
    assert (ROOT / "examples/shop/leadoff.yaml").is_file(), "the project that it mounts where none is named"


def unit() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for line in UNIT.read_text("utf-8").splitlines():
        name, equals, value = line.partition("=")
        if equals and not line.startswith("#"):
            found.setdefault(name, []).append(value)
    return found


def test_the_unit_keeps_its_database_where_it_may_write() -> None:
    said = unit()
    (state,) = said["StateDirectory"]
    assert f"LEADOFF_DATABASE_URL=sqlite:////var/lib/{state}/leadoff.db" in said["Environment"]
    assert said["ProtectSystem"] == ["strict"]
    assert said["User"] == ["leadoff"]
    (program,) = said["ExecStart"]
    assert program.split()[0].endswith("/bin/leadoff")
    assert program.split()[1] in COMMANDS


@pytest.fixture
def verifiable(tmp_path: Path) -> Path:
    """The unit with a program that is on this machine."""
    if shutil.which("systemd-analyze") is None:
        pytest.skip("there is no systemd-analyze on this machine")
    path = tmp_path / UNIT.name
    path.write_text(UNIT.read_text("utf-8").replace("/opt/leadoff/bin/leadoff run", f"{sys.executable} -V"), "utf-8")
    return path


def test_systemd_reads_the_unit_without_a_complaint(verifiable: Path) -> None:
    done = subprocess.run(["systemd-analyze", "verify", verifiable], capture_output=True, text=True, check=False)
    assert (done.returncode, [line for line in done.stderr.splitlines() if UNIT.name in line]) == (0, [])


def test_systemd_finds_the_unit_well_shut(verifiable: Path) -> None:
    """Of 100, where 0 is a service that can do nothing."""
    asked = ["systemd-analyze", "security", "--offline=yes", "--threshold=25", str(verifiable)]
    done = subprocess.run(asked, capture_output=True, text=True, check=False)
    if "offline" in done.stderr:
        pytest.skip("this systemd-analyze does not judge a file")
    assert done.returncode == 0, done.stdout[-300:]


def test_the_guide_uses_these_files() -> None:
    page = (ROOT / "docs/operating.md").read_text("utf-8")
    for name in ("Dockerfile", "compose.yaml", "systemd/leadoff.service", "upgrading.md"):
        assert f"({name})" in page or f"(../{name})" in page
    assert "FROM python" not in page, "one Dockerfile, in one place"
