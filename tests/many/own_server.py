"""A PostgreSQL server of one test, which it starts again; it ends with the test's process, however that ends.

python -m tests.many.own_server FOLDER     says its address; each line of stdin is a signal by which it ends, to start again
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Self

from tests import postgres_server
from tests.postgres_server import ROOT


class OwnServer:
    """`with OwnServer() as server:` its `url` stays the same."""

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="leadoff-own-"))
        words = [sys.executable, "-m", "tests.many.own_server", str(self._folder)]
        self._keeper = subprocess.Popen(
            words,
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            bufsize=1,
            start_new_session=True,
        )
        self.url = self._heard()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        self._keeper.communicate()

    def restart(self, how: signal.Signals) -> None:
        """SIGINT: as somebody restarts it, who cuts off all who are connected; SIGQUIT: as a machine that fails, and comes back."""
        assert self._keeper.stdin is not None
        print(int(how), file=self._keeper.stdin)
        assert self._heard() == self.url

    def _heard(self) -> str:
        assert self._keeper.stdout is not None
        return self._keeper.stdout.readline().strip()


def main(folder: Path) -> None:
    server = postgres_server.made(folder)
    try:
        server.ensure_postgres_running()
        url = server.get_uri()
        print(url, flush=True)
        for line in sys.stdin:
            postgres_server.end(server, signal.Signals(int(line)))
            server.ensure_postgres_running()
            print(url, flush=True)
        postgres_server.end(server)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    os.umask(0o022)
    main(Path(sys.argv[1]))
