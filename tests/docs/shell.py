"""The commands of one page, run in order in one shell, as a reader would type them.

`leadoff` on the path is this checkout's, and listens on a free port, where `curl` and `leadoff plan --server` find it. What runs in the
background writes to a file of its own and is ended with the shell. A command is good when it ends as the page says and prints, in this
order, the lines that the page shows (… stands for anything). Listings are asked again until they do: the page's reader types slower
than a test.
"""

from __future__ import annotations

import atexit
import os
import re
import shlex
import shutil
import subprocess
import tempfile
import time
from functools import cache
from pathlib import Path
from types import TracebackType

from engine.deploy.read_project import read_and_check
from engine.registry import registry
from tests import morning
from tests.docs.pages import SHOP_FOLDER
from tests.fork_server import leadoff
from tests.server.stage import until

PATIENCE_SECONDS = 20.0
READS_ONLY = re.compile(r"leadoff (messages(?! resolve)|runs(?! (retry|exit))|explain|doctor|contacts (list|show))\b")
WRAPPER = """\
#!/bin/sh
case "$1" in
  run | simulator) set -- "$@" --port 0 ;;
  plan)
    port=$(sed -n 's/.*"port": \\([0-9]*\\).*/\\1/p' .leadoff/leadoff.db.lock 2>/dev/null)
    for word in "$@"; do
      shift
      set -- "$@" "$(printf %s "$word" | sed "s#127.0.0.1:8025#127.0.0.1:$port#")"
    done ;;
esac
exec {leadoff} "$@"
"""

CURL = """\
#!/bin/sh
port=$(sed -n 's/.*"port": \\([0-9]*\\).*/\\1/p' .leadoff/leadoff.db.lock)
for word in "$@"; do
  shift
  set -- "$@" "$(printf %s "$word" | sed "s#127.0.0.1:8025#127.0.0.1:$port#")"
done
exec {curl} "$@"
"""


def said(shown: list[str], printed: str) -> str | None:
    """None where all shown lines come in this order, else the first that does not."""
    lines = iter(printed.splitlines())
    for wanted in filter(None, (line.strip() for line in shown)):
        pattern = re.compile(".*".join(map(re.escape, wanted.split("…"))))
        if not any(pattern.fullmatch(line.strip()) for line in lines):
            return wanted
    return None


@cache
def shop_files() -> Path:
    """The shop, and its pictures as `check` keeps them: made once in this process, to be copied."""
    folder = Path(tempfile.mkdtemp())
    atexit.register(shutil.rmtree, folder)
    left_out = shutil.ignore_patterns(".leadoff", "*.png", "README.md")
    shop = Path(shutil.copytree(SHOP_FOLDER, folder / "shop", ignore=left_out))
    assert read_and_check(shop, registry()).ok
    return shop


class Shell:
    """`with Shell(folder) as shell:` the folder holds a copy of the shop."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        shutil.copytree(shop_files(), folder / "shop")
        command = folder / "bin/leadoff"
        command.parent.mkdir()
        command.write_text(WRAPPER.format(leadoff=shlex.join(leadoff())))
        command.chmod(0o755)
        (folder / "bin/curl").write_text(CURL.format(curl=shlex.quote(shutil.which("curl") or "curl")))
        (folder / "bin/curl").chmod(0o755)
        environ = morning.clock() | {
            "PATH": f"{command.parent}:{os.environ['PATH']}",
            "LC_ALL": "C.UTF-8",
        }
        self._bash = subprocess.Popen(
            ["bash"], cwd=folder, env=environ, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        self._background = 0

    def __enter__(self) -> Shell:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self._run("for job in $(jobs -p); do kill $job; done; wait")
        finally:
            assert self._bash.stdin is not None
            assert self._bash.stdout is not None
            self._bash.stdin.close()
            self._bash.wait(PATIENCE_SECONDS)
            self._bash.stdout.close()

    def do(self, command: str, shown: list[str], code: int) -> None:
        """Run one command line. Fails where it does not do what the page says."""
        if command.endswith("&"):
            return self._start(command)
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            ended, printed = self._run(command)
            missing = said(shown, printed)
            if ended == code and missing is None:
                return None
            again = READS_ONLY.match(command) and time.monotonic() < deadline
            assert again, f"$ {command}\n{printed}\nexit {ended}; the page says exit {code} and shows: {missing}"

    def _run(self, command: str) -> tuple[int, str]:
        """Exit code and what was printed, to stdout and stderr alike."""
        assert self._bash.stdin is not None
        assert self._bash.stdout is not None
        self._bash.stdin.write(f"{{ {command}\n}} </dev/null\nprintf '\\n@@%s@@\\n' $?\n")
        self._bash.stdin.flush()
        printed: list[str] = []
        for line in self._bash.stdout:
            ended = re.fullmatch(r"@@(\d+)@@\n", line)
            if ended:
                return int(ended[1]), "".join(printed)
            printed.append(line)
        raise AssertionError(f"the shell has ended: {''.join(printed)}")

    def _start(self, command: str) -> None:
        self._background += 1
        log = self.folder / f"background-{self._background}.txt"
        assert self._bash.stdin is not None
        self._bash.stdin.write(f"{{ {command} }} </dev/null >{shlex.quote(str(log))} 2>&1\n")
        self._bash.stdin.flush()

        def told() -> str:
            return log.read_text("utf-8") if log.exists() else ""

        until(lambda: bool(re.search(r"runs|error:", told())), f"{command} says that it runs")
        assert "error:" not in told(), f"$ {command}\n{told()}"
