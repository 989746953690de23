"""Leadoff's errors, by how to handle them.

    LeadoffError
    ├── UsageError          the command or the configuration is wrong            exit 2
    ├── Refused             understood and refused; nothing was changed      exit 1
    │   ├── Conflict        the name is already used for something else
    │   └── NotFound        there is nothing of that name
    ├── Unavailable         the database is locked or full: try again          retryable, nothing was stored
    │   └── Unusable        it is gone, damaged or on a read-only disk         exit 2, an operator must act
    └── SendError           (engine/senders/sender.py)
        ├── SendRejected    the provider refused it                            final
        ├── SendDeferred    it certainly did not go out                        retryable
        └── SendUnknown     it may have gone out                               unknown: never sent again blindly

Any other exception is a bug in Leadoff (exit 3).
"""

from __future__ import annotations


class LeadoffError(Exception):
    """Root of the tree. `help` says how to fix it, if there is a fix."""

    def __init__(self, message: str, help: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.help = help


class UsageError(LeadoffError):
    """The command line, the configuration or a file is unusable."""


class Refused(LeadoffError):
    """The request was understood and refused; nothing was changed."""


class Conflict(Refused):
    """A name, key or id is already used for something else."""


class NotFound(Refused):
    """There is nothing of that name."""


class Unavailable(LeadoffError):
    """The database could not take the write now; nothing was stored, so it may be tried again."""


class Unusable(Unavailable):
    """The database file is gone, another one, damaged or read-only: waiting does not help."""


class SendError(LeadoffError):
    """A message was not confirmed by its provider; the subclasses say what that means.

    `reason` is for people and logs: it holds no message text and no whole number.
    """

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(f"{code}: {reason}")
        self.code = code
        self.reason = reason
