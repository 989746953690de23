"""`lsp`: the language server."""

from __future__ import annotations

import logging
import os
import sys

from engine.errors import UsageError


def lsp() -> None:
    """The language server: findings and completion in your editor, which starts it; it speaks on stdin and stdout."""
    try:
        from engine.lsp.features import serve
    except ImportError as error:
        if (error.name or "").partition(".")[0] not in ("pygls", "lsprotocol", "cattrs", "attrs"):
            raise
        raise UsageError("the language server needs a package that is not here", "pip install 'leadoff[lsp]'") from None
    if sys.stdin.isatty():
        raise UsageError("an editor starts this and speaks with it", "docs/editors.md says how to set one up")
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(levelname)s %(name)s: %(message)s")
    with os.fdopen(os.dup(1), "wb") as out, os.fdopen(os.dup(0), "rb") as into:
        os.dup2(2, 1)  # whatever else writes to stdout does not break the protocol
        serve(into, out)
