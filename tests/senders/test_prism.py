"""Our senders at a mock server that speaks from the providers' own descriptions: it accepts an MMS and an SMS of each.

Prism is an npm package; where node or the package is missing, the tests are skipped, and `.ci/run` installs and requires it.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from engine.senders.provider_sender import ProviderSender
from engine.senders.sender import SendDeferred, SendRejected
from tests.senders.conftest import outgoing
from tests.senders.makers import environ, make
from tests.senders.openapi.described import document

CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "leadoff" / "prism"
PRISM = CACHE / "node_modules/@stoplight/prism-cli/dist/index.js"
PICTURE = "https://flows.example.com/m/0123abcd.png"


PROVIDERS = ("bandwidth", "twilio", "telnyx")


def whole_paths() -> dict[str, Any]:
    """The three descriptions as one, with the server's own path in front of each: Prism leaves it out, and our senders do not.

    Without `callbacks`: the mock would post nonsense to an address that is not there.
    """
    whole: dict[str, Any] = {}
    components: dict[str, dict[str, Any]] = {}
    for provider in PROVIDERS:
        text = re.sub(r'"#/components/(\w+)/', rf'"#/components/\1/{provider}.', json.dumps(document(provider)))
        spec = json.loads(text)
        for section, named in spec["components"].items():
            components.setdefault(section, {}).update({f"{provider}.{name}": each for name, each in named.items()})
        for path, item in spec["paths"].items():
            servers = item.pop("servers", None) or spec["servers"]
            whole[urlsplit(servers[0]["url"]).path.rstrip("/") + path] = item
            for operation in item.values():
                if isinstance(operation, dict):
                    operation.pop("callbacks", None)
                    either = operation.get("security", spec["security"])
                    operation["security"] = [
                        {f"{provider}.{name}": scopes for name, scopes in each.items()} for each in either
                    ]
    info = {"title": "Three providers", "version": "1"}
    return {"openapi": "3.0.3", "info": info, "servers": [{"url": "/"}], "paths": whole, "components": components}


@pytest.fixture(scope="module")
def mock(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Its address; to start it takes two seconds of CPU."""
    node = shutil.which("node")
    if node is None or not PRISM.exists():
        if os.environ.get("LEADOFF_REQUIRE_NODE"):
            pytest.fail(f"{PRISM} is missing: .ci/run installs it")
        pytest.skip("needs node and Prism (tests/senders/prism/package.json)")
    file = tmp_path_factory.mktemp("prism") / "api.json"
    file.write_text(json.dumps(whole_paths()))
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [node, str(PRISM), "mock", "-h", "127.0.0.1", "-p", str(port), str(file), "--errors"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as prism:
        assert prism.stdout is not None
        said = []
        for line in prism.stdout:
            said.append(line)
            if "is listening" in line:
                break
        else:
            pytest.fail("".join(said))
        yield f"http://127.0.0.1:{port}"
        prism.kill()


def sender_at(mock: str, provider: str) -> ProviderSender:
    """Prism takes no password with a colon in it; Bandwidth does."""
    changes = {"PASSWORD": "no-colon-in-it"} if provider == "bandwidth" else {}
    return make(provider, mock, env=environ(provider, **changes))


@pytest.mark.parametrize("provider", PROVIDERS)
def test_an_sms_and_an_mms_are_accepted(mock: str, provider: str) -> None:
    with closing(sender_at(mock, provider)) as sender:
        for message in (outgoing(key="1-2-3"), outgoing(key="1-2-4", media_url=PICTURE)):
            assert sender.send(message).provider_id


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_wrong_message_is_refused(mock: str, provider: str) -> None:
    """So the mock looks at what it is sent."""
    broken = outgoing(key="1-2-3")._replace(media_url="no address at all")
    with closing(sender_at(mock, provider)) as sender, pytest.raises((SendRejected, SendDeferred)):
        sender.send(broken)
