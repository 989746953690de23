"""What `init` writes: a ready-made flow with its tests, the project around it, its pictures, people and events to try it with.

Invariants: nothing that exists is overwritten; where one file is in the way, none is written.
"""

from __future__ import annotations

import json
from pathlib import Path

from engine.cli.shared.bundled import bundled, templates, tests_of
from engine.cli.shared.common import one_of
from engine.deploy.project_files import PROJECT_FILE, picture_files, write
from engine.errors import Refused
from engine.language.jsonschema import schemas
from engine.registry import registry

PEOPLE = "contacts.csv"  # made-up ones, of the example shop: its fields are the templates' too
EVENTS = "events.json"
IGNORED = b".leadoff/\n*.errors.csv\n"
_ROWS = ",\n  "


def make(folder: Path, template: str) -> list[Path]:
    """Write a project into `folder`; the files. Raises Refused where one of them is there already."""
    files = contents(template)
    if (folder / ".gitignore").exists():
        del files[".gitignore"]  # theirs stands: a folder in git usually has one
    there = [name for name in files if (folder / name).exists() or (folder / name).is_symlink()]
    if there:
        raise Refused(
            f"{folder / there[0]} is there already" + _more(there), "name a new folder: `leadoff init my-shop`"
        )
    for name, data in files.items():
        write(folder, name, data)
    return [folder / name for name in files]


def contents(template: str) -> dict[str, bytes]:
    """The files of a new project by their path in it."""
    flows, shop = bundled("flows"), bundled("shop")
    one_of(template, list(templates()), "template")
    flow, tests = templates()[template].read_bytes(), tests_of(template)
    pictures = [path for path in picture_files(flows) if path.encode() in flow]
    return {
        PROJECT_FILE: _known_to_editors(PROJECT_FILE, (flows / PROJECT_FILE).read_bytes()),
        f"flows/{template}.yaml": _known_to_editors(f"flows/{template}.yaml", flow),
        f"flows/{tests.name}": _known_to_editors(f"flows/{tests.name}", tests.read_bytes()),
        **{path: (flows / path).read_bytes() for path in pictures},
        PEOPLE: (shop / PEOPLE).read_bytes(),
        **_events(template),
        **schemas.files(registry()),
        ".gitignore": IGNORED,
    }


def _events(template: str) -> dict[str, bytes]:
    """What starts the template for some of the people; nothing where the clock or their text does."""
    sample = json.loads((bundled("flows") / "samples.json").read_bytes()).get(template)
    phones = dict.fromkeys(each["contact"]["phone"] for each in json.loads((bundled("shop") / EVENTS).read_bytes()))
    made = [
        json.dumps({"id": f"{template}-{number}", **sample, "contact": {"phone": phone}})
        for number, phone in enumerate(phones if sample else (), 1)
    ]
    return {EVENTS: f"[\n  {_ROWS.join(made)}\n]\n".encode()} if made else {}


def _known_to_editors(path: str, content: bytes) -> bytes:
    """With the comment that names its schema."""
    return content if schemas.MODELINE.encode() in content else schemas.modeline(path).encode() + content


def _more(there: list[str]) -> str:
    return f", and {', '.join(there[1:])}" if len(there) > 1 else ""
