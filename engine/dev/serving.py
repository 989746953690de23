"""Runs the studio, the watch and the page until Ctrl-C."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from pathlib import Path

from fastapi.sse import ServerSentEvent

from engine.clock import from_environment
from engine.dev.studio import Strip, Studio
from engine.dev.watch import Watch

HOST = "127.0.0.1"
LOOK_SECONDS = 0.05
LONGEST_SECONDS = 55.0


def serve(root: Path, port: int) -> int:
    """Raises UsageError where the port is used."""
    import uvicorn

    from engine.dev.site import create
    from engine.server.daemon import listen

    listener = listen(HOST, port)
    studio = Studio(root, from_environment())
    _say(studio.strip)
    watch = Watch(root, lambda: _reload(studio))
    server: uvicorn.Server

    async def stream(since: str) -> AsyncIterator[ServerSentEvent]:
        told, ends = since, asyncio.get_running_loop().time() + LONGEST_SECONDS
        yield ServerSentEvent(comment="open", retry=500)
        while not server.should_exit and asyncio.get_running_loop().time() < ends:
            if str(studio.n) != told:
                told = str(studio.n)
                yield ServerSentEvent(data={"topic": "dev", "n": studio.n}, id=told)
            await asyncio.sleep(LOOK_SECONDS)

    config = uvicorn.Config(
        create(studio, stream), log_config=None, access_log=False, server_header=False, proxy_headers=False, ws="none",
        timeout_graceful_shutdown=2,
    )  # fmt: skip
    server = uvicorn.Server(config)
    sys.stderr.write(f"leadoff dev: http://{HOST}:{listener.getsockname()[1]} · nobody is texted\n")
    watch.start()
    try:
        server.run(sockets=[listener])
    finally:
        watch.stop()
        studio.close()
        listener.close()
    return 0


def _reload(studio: Studio) -> None:
    studio.reload()
    _say(studio.strip)


def _say(strip: Strip) -> None:
    sys.stderr.write(f"{strip.words}{f' · {strip.tests}' if strip.tests else ''}\n")
    if strip.broken:
        sys.stderr.write(strip.broken + "\n")
    sys.stderr.flush()
