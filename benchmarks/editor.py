"""What one keystroke costs the language server: a flow of 200 lines, in a project alone and among sixteen flows.

    python benchmarks/editor.py

A keystroke is a character more in a text: the file is parsed and judged again, with the whole project. Processor time is counted, not the
clock: an editor runs beside other programs. 30 ms more pass before the server begins (more may be typed), and about one for the pipe.
"""

from __future__ import annotations

import shutil
import statistics
import tempfile
import time
from pathlib import Path

from engine.language.diagnostics.findings import LINE_BREAK
from engine.lsp.documents import Opened
from engine.lsp.projects import Project

ROOT = Path(__file__).resolve().parents[1]
KEYSTROKES = 40
LINES = 200
STEP = """
  - id: more_{n}
    sms:
      text: |
        Acme: Hi {{{{ contact.first_name | default("there") }}}}, have a look: {{{{ link("shop") }}}}
        Reply STOP to opt out
  - id: pause_{n}
    delay: 2d
"""


def main() -> None:
    for name, folder, flow in (
        ("two flows", "examples/shop", "flows/spring-drop.yaml"),
        ("sixteen flows", "flows", "flash-sale-campaign.yaml"),
    ):
        with tempfile.TemporaryDirectory() as aside:
            root = Path(aside, "project")
            shutil.copytree(ROOT / folder, root, ignore=shutil.ignore_patterns(".leadoff"))
            took = sorted(_keystrokes(root, flow))
        print(
            f"{name}: median {statistics.median(took):.0f} ms of processor time, slowest {took[-1]:.0f} ms, of {len(took)} keystrokes"
        )


def _keystrokes(root: Path, flow: str) -> list[float]:
    project, path = Project(root), root / flow
    project.read_folder()
    text, number = path.read_text(), 0
    while len(LINE_BREAK.findall(text)) < LINES:
        text, number = text + STEP.format(n=number), number + 1
    took = []
    for typed in range(KEYSTROKES + 1):
        changed = text.replace("have a look", "have a look" + "!" * typed, 1)
        began = time.process_time()
        project.check({path: Opened(path.as_uri(), changed, typed)})
        took.append((time.process_time() - began) * 1000)
    return took[1:]


if __name__ == "__main__":
    main()
