"""How the columns of a file become ours: by their own names, by `--map`, or as the export of another program has them.

Invariants: what is asked for and is not in the file is refused before the first row.
"""

from __future__ import annotations

import importlib
from collections.abc import Collection, Mapping, Sequence

from engine.contacts import csv_dialect
from engine.contacts.csv_dialect import unquoted
from engine.contacts.exports.export import Export
from engine.errors import UsageError
from engine.language.diagnostics.findings import near_hint, nearest, visible

EXPORTS = ("shopify", "woocommerce", "klaviyo", "omnisend", "mailchimp")
SHOWN = 64


class Layout:
    """Of one file. `renames`: name in the header -> ours. Of an export, and with `ignore_unknown`, other columns are left out.

    Raises UsageError for an export that is not known.
    """

    def __init__(
        self, renames: Mapping[str, str] | None = None, export: str | None = None, ignore_unknown: bool = False
    ) -> None:
        self._renames = dict(renames or {})
        self._export = None if export is None else _named(export)
        self._ignores = ignore_unknown
        self._header: list[str] = []
        self._ours: list[str | None] = []
        self.left_out: list[str] = []  # columns, as the file calls them
        self.phoneless = 0  # rows of an export that have no number

    def begin(self, header: Sequence[str], known: Collection[str]) -> None:
        """Raises UsageError where the header cannot be used."""
        self._header = [csv_dialect.folded(name) for name in header]
        mapped = [self._mapped(name) for name in header]
        self._refuse_missing(known)
        if self._export is None:
            self._ours = [ours or self._own(name, known) for ours, name in zip(mapped, header, strict=True)]
            self.left_out = [name for name, ours in zip(header, self._ours, strict=True) if ours is None]
            _check(self._ours, header, known)
        else:
            self._ours = mapped
            self._refuse_other(self._export)
            _check_twice([ours for ours in mapped if ours])
            used = self._export.uses()
            self.left_out = [
                name
                for name, folded, ours in zip(header, self._header, mapped, strict=True)
                if ours is None and folded not in used
            ]

    @property
    def columns(self) -> list[str]:
        """Our names; "" where a column is left out."""
        return [ours or "" for ours in self._ours]

    @property
    def width(self) -> int:
        return len(self._header)

    def row(self, cells: Sequence[str]) -> dict[str, str] | None:
        """Our columns of a row with as many cells as the header; None where an export has no number there."""
        plain = [unquoted(cell.strip()) for cell in cells]
        mapped = {ours: cell for ours, cell in zip(self._ours, plain, strict=True) if ours}
        if self._export is None:
            return mapped
        found = self._export.read(dict(zip(reversed(self._header), reversed(plain), strict=True)))
        found = {column: cell for column, cell in found.items() if cell} | mapped
        if not found.get("phone"):
            self.phoneless += 1
            return None
        return found

    def _refuse_other(self, export: Export) -> None:
        """Raises UsageError for the header of a file that this program has not written: its consent would be lost."""
        if not self._has(export.marks):
            wanted = ", ".join(f'"{name}"' for name in export.marks)
            ways = "a file with Leadoff's own columns needs no --from; --map gives its columns other names"
            raise UsageError(f"this is no {export.name} export: it has none of the columns {wanted}", ways)
        if "phone" not in self._ours and not self._has(export.phones):
            names = " or ".join(f'"{name}"' for name in export.phones)
            raise UsageError(f"this {export.name} export has no column {names}", 'name the column: --map "NAME=phone"')

    def _has(self, names: Sequence[str]) -> bool:
        return any(csv_dialect.folded(name) in self._header for name in names)

    def _mapped(self, name: str) -> str | None:
        wanted = next((old for old in self._renames if csv_dialect.folded(old) == csv_dialect.folded(name)), None)
        return None if wanted is None else self._renames[wanted]

    def _own(self, name: str, known: Collection[str]) -> str | None:
        column = csv_dialect.column(name, known)
        return None if self._ignores and column not in known else column

    def _refuse_missing(self, known: Collection[str]) -> None:
        for old, ours in self._renames.items():
            if csv_dialect.folded(old) not in self._header:
                raise UsageError(
                    f'the file has no column "{visible(old[:SHOWN])}", which --map names', "its first line names them"
                )
            if ours not in known:
                raise UsageError(
                    f'--map names "{visible(ours[:SHOWN])}", which is no field',
                    f"{near_hint(nearest(ours, known))}One of: {', '.join(known)}; others are declared in leadoff.yaml under fields",
                )


def _named(export: str) -> Export:
    if export not in EXPORTS:
        help = f"{near_hint(nearest(export, EXPORTS))}One of: {', '.join(EXPORTS)}"
        raise UsageError(f'--from "{visible(export[:SHOWN])}" is not known', help)
    found = importlib.import_module(f"engine.contacts.exports.{export}").EXPORT
    assert isinstance(found, Export)
    return found


def _check(columns: Sequence[str | None], header: Sequence[str], known: Collection[str]) -> None:
    if "phone" not in columns:
        _refuse_unknown(columns, known)
        called = next((name for name in header if csv_dialect.meant(name, ["phone"])), None)
        hint = f'--map "{visible(called[:SHOWN])}=phone"; ' if called else ""
        help = f"{hint}its first line names the columns: {', '.join(known)}"
        raise UsageError('the contacts file has no column "phone"', help)
    _refuse_unknown(columns, known)
    _check_twice([column for column in columns if column])


def _check_twice(columns: Sequence[str]) -> None:
    twice = sorted({column for column in columns if columns.count(column) > 1})
    if twice:
        raise UsageError(f'the contacts file has the column "{twice[0]}" twice', "remove one of them")


def _refuse_unknown(columns: Sequence[str | None], known: Collection[str]) -> None:
    unknown = [column for column in columns if column is not None and column not in known]
    if not unknown:
        return
    near = next(filter(None, (csv_dialect.meant(column, known) for column in unknown)), None)
    names = ", ".join(f'"{visible(column[:SHOWN])}"' for column in unknown[:5])
    raise UsageError(
        f"the contacts file has {'an unknown column' if len(unknown) == 1 else 'unknown columns'}: {names}",
        f"{near_hint(near)}A column is one of: {', '.join(known)}; others are declared in leadoff.yaml under fields, "
        "--map renames one, --ignore-unknown leaves them out",
    )
