"""The command line: commands, what they print, and how they end.

Invariants: data goes to stdout and all else to stderr; exit 0 done, 1 findings or a refused action, 2 usage, configuration or an
unreadable file, 3 a bug in Leadoff; a reader that hangs up is no error.
"""

from __future__ import annotations

import gc
import os
import sys
import traceback
from collections.abc import Sequence

import typer
from typer.exceptions import TyperException

from engine.cli.root import command
from engine.errors import LeadoffError, Unusable, UsageError

DONE, REFUSED, USAGE, FAULT, INTERRUPTED = 0, 1, 2, 3, 130


def main() -> None:
    """The console script."""
    gc.set_threshold(
        20_000, 50, 100
    )  # what a command loads is no garbage: searching it for cycles is a tenth of its start
    sys.modules["httpx._main"] = None  # type: ignore[assignment]  # its own command line, with rich and pygments: 6 MB
    sys.exit(run(sys.argv[1:]))


def run(words: Sequence[str]) -> int:
    """Run one command; its exit code. Never raises."""
    try:
        code = _run(words)
        sys.stdout.flush()
        return code
    except BrokenPipeError:
        pass
    except SystemExit as error:  # what typer makes of a broken pipe
        if not isinstance(error.__context__, BrokenPipeError):
            raise
    # Nobody reads any more, as in `leadoff messages | head`; the exit of Python would complain once again.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return DONE


def _run(words: Sequence[str]) -> int:
    try:
        if any("\udc80" <= character <= "\udcff" for word in words for character in word):
            raise UsageError("the command line is not UTF-8")
        code = command()(list(words) or ["--help"], prog_name="leadoff", standalone_mode=False)
    except TyperException as error:
        # typer lets a word of pydantic's through
        return _say(error.format_message().replace("Value error, ", ""), _hint(error), USAGE)
    except LeadoffError as error:
        return _say(error.message, error.help, USAGE if isinstance(error, UsageError | Unusable) else REFUSED)
    except (KeyboardInterrupt, typer.Abort):
        return INTERRUPTED
    except BrokenPipeError:
        raise
    except Exception as error:
        if os.environ.get("LEADOFF_DEBUG") == "1":
            traceback.print_exc()
        reason = f"a bug in Leadoff: {type(error).__name__}: {error}"
        return _say(reason[:500], "LEADOFF_DEBUG=1 shows where", FAULT)
    if not words:
        return USAGE
    return code if isinstance(code, int) else DONE


def _hint(error: TyperException) -> str | None:
    ctx = getattr(error, "ctx", None)
    return None if ctx is None else f"see `{ctx.command_path} --help`"


def _say(message: str, help: str | None, code: int) -> int:
    from engine.cli.shared.output import complain

    complain(message, help)
    return code
