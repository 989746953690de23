"""`leadoff` commands as processes of their own, without the second that each would need for its imports.

A server has imported every command and forks for each call: the child gets the caller's files, folder and environment, and the caller
ends with its exit code. SIGTERM, SIGINT and SIGHUP to the caller reach the command; a caller that is killed takes its command along.
"""

from __future__ import annotations

import atexit
import gc
import json
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import warnings
from contextlib import suppress
from functools import cache
from importlib import import_module
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
READ_BYTES = 65_536


def leadoff() -> list[str]:
    """The beginning of a command line: `[*leadoff(), "check"]` is `leadoff check`; `"-c", PROGRAM` before the command is done first."""
    return [sys.executable, "-I", "-S", str(Path(__file__).with_name("fork_client.py")), _server()]


@cache
def _server() -> str:
    """The address of this process's server, which ends when its stdin is closed."""
    folder = tempfile.TemporaryDirectory()
    address = f"{folder.name}/server"
    environ = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "LC_ALL": "C.UTF-8"}
    words = [sys.executable, "-m", "tests.fork_server", address]
    server = subprocess.Popen(
        words, cwd=ROOT, env=environ, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
    )
    assert server.stdout is not None
    assert server.stdout.readline() == b"ready\n"

    def end() -> None:
        server.communicate()
        folder.cleanup()

    atexit.register(end)
    return address


def serve(address: str) -> list[str] | None:
    """Returns in the child of each call, with the words of its command; in the server at its end, with None."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for the attendants
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(address)
        listener.listen()
        print("ready", flush=True)
        while 0 not in readable(0, listener):
            with listener.accept()[0] as caller:
                if os.fork() == 0:
                    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                    return attend(caller)
    return None


def attend(caller: socket.socket) -> list[str]:
    """Start the command and stand between it and its caller until one of them ends. Returns in the command's process only."""
    text, files, _, _ = socket.recv_fds(caller, READ_BYTES, 3)
    while not text.endswith(b"\n"):
        text += caller.recv(READ_BYTES)
    words, folder, environ = json.loads(text)
    command = os.fork()
    if command == 0:
        caller.close()
        become(files, folder, environ)
        return list(words)
    for file in files:
        os.close(file)
    ended = os.pidfd_open(command)
    while ended not in (ready := readable(0, caller, ended)):
        number = b"" if 0 in ready else caller.recv(1)
        os.kill(command, number[0] if number else signal.SIGKILL)
        if not number:
            os._exit(0)
    code = os.waitstatus_to_exitcode(os.waitpid(command, 0)[1])
    with suppress(OSError):  # the caller was killed meanwhile
        caller.sendall(str(code).encode())
    os._exit(0)


def readable(*files: int | socket.socket) -> list[int | socket.socket]:
    return select.select(files, [], [])[0]


def become(files: list[int], folder: str, environ: dict[str, str]) -> None:
    """Make this process look as if the caller had started it."""
    for number, file in enumerate(files):
        os.dup2(file, number)
        os.close(file)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environ)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)  # it is ignored where the tests run under nohup
    time.tzset()
    if environ.get("PYTHONWARNINGS") == "error":
        warnings.simplefilter("error")


def warm_up() -> None:
    """What a process makes at its first need, and keeps: models, rules, schemas."""
    from engine.deploy.read_project import read_and_check
    from engine.language.jsonschema.schemas import schemas
    from engine.lsp.features import make_server
    from engine.registry import registry

    make_server()
    schemas(registry())
    with tempfile.TemporaryDirectory() as folder:
        shop = shutil.copytree(ROOT / "examples/shop", f"{folder}/shop", ignore=shutil.ignore_patterns(".leadoff"))
        read_and_check(Path(shop), registry())


def main() -> None:
    from engine.cli import run
    from engine.cli.root import COMMANDS, load
    from engine.senders.http_exchange import tls_context
    from tests import databases, fitted_once

    for name in COMMANDS:
        load(name)
    for name in (
        "engine.server.daemon",
        "engine.demo.main",
        "engine.lsp.features",
        "pydantic.v1",
    ):  # FastAPI loads the last one for its routes
        import_module(name)
    tls_context()
    fitted_once.install()
    warm_up()
    databases.wait_for_no_disk()
    databases.copy_tables()
    gc.freeze()  # what is loaded stays in the pages that all children share
    words = serve(sys.argv[1])
    if words is not None:
        if words[:1] == ["-c"]:
            exec(words[1], {})
            words = words[2:]
        sys.exit(run(words))


if __name__ == "__main__":
    main()
