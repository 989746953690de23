"""Where an import writes what it rejects."""

from __future__ import annotations

import os
from pathlib import Path

from engine.errors import UsageError


def place_of(file: Path, asked: Path | None, noun: str) -> Path:
    """`asked`; else `people.errors.csv` beside `people.csv`, or in the current folder where nothing can be written beside it: of the
    standard input (`-`) and other pipes it is called by `noun` (`contacts`).

    Raises UsageError where it cannot be written: before anything is imported.
    """
    if asked is None and not file.exists() and str(file) != "-":
        return _beside(file)  # the import says that there is none
    found = asked or _default(file, noun)
    if found.resolve() == file.resolve():
        raise UsageError("--errors names the file that is imported", "what is rejected would be written over it")
    if found.is_dir() or not found.parent.is_dir() or not os.access(found if found.exists() else found.parent, os.W_OK):
        raise UsageError(
            f"cannot write {found}, where the import writes what it rejects", "--errors FILE names another place"
        )
    return found


def _default(file: Path, noun: str) -> Path:
    if not file.is_file():
        return Path(f"{noun}.errors.csv")
    beside = _beside(file)
    return beside if os.access(file.parent, os.W_OK) else Path(beside.name)


def _beside(file: Path) -> Path:
    return file.parent / f"{file.stem}.errors.csv"
