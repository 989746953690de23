"""The dialect of a CSV file: its encoding, its delimiter, its column names.

Invariants: UTF-8, or UTF-16 by its BOM or by the zero bytes of its first letters. The delimiter is ",", ";" or a tab: the most frequent one
in the header, or the one named by a first line `sep=;`. Column names are matched without case, spaces, dashes and surrounding quotes. What
spreadsheets take for a formula has an apostrophe in front.
"""

from __future__ import annotations

import codecs
import io
import re
from collections.abc import Collection
from typing import BinaryIO

from engine.language.diagnostics.findings import nearest

_PHONES = {"mobile", "cell", "telephone", "tel", "msisdn", "phonenumber", "mobilephone", "mobilenumber", "cellphone"}
DELIMITERS = ",;\t"
_CHUNK = 65_536
_UTF16 = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}


class _Whole(io.RawIOBase):
    """A stream whose first bytes were looked at, in UTF-8."""

    def __init__(self, head: bytes, rest: BinaryIO, encoding: str | None) -> None:
        self._rest = rest
        self._decoder = codecs.getincrementaldecoder(encoding)("replace") if encoding else None
        self._ready = self._in_utf8(head)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]
        while not self._ready:
            chunk = self._rest.read(_CHUNK)
            self._ready = self._in_utf8(chunk)
            if not chunk:
                break
        count = min(len(buffer), len(self._ready))
        buffer[:count], self._ready = self._ready[:count], self._ready[count:]
        return count

    def _in_utf8(self, chunk: bytes) -> bytes:
        return chunk if self._decoder is None else self._decoder.decode(chunk, not chunk).encode("utf-8", "replace")


def in_utf8(stream: BinaryIO) -> BinaryIO:
    """The same text in UTF-8, read as it is asked for."""
    head = stream.read(2) or b""
    encoding = _UTF16.get(head)
    if encoding:
        head = b""
    elif len(head) == 2 and 0 in head:
        encoding = "utf-16-le" if head[1] == 0 else "utf-16-be"
    return io.BufferedReader(_Whole(head, stream, encoding), _CHUNK)  # type: ignore[type-var]


def delimiter_of(header: str) -> str:
    return max(DELIMITERS, key=header.count)


def named_delimiter(line: str) -> str | None:
    """What a first line such as `sep=;` says: it is no header."""
    found = re.fullmatch(r"(?i)\ufeff?\"?sep=([,;\t])\"?\s*", line)
    return found[1] if found else None


def column(name: str, known: Collection[str]) -> str:
    """The known column that a name of the header means; the name as it is where there is none."""
    bare = name.strip().strip("\"'").strip()
    if bare in known:
        return bare
    alike = [each for each in known if folded(each) == folded(bare)]
    return alike[0] if len(alike) == 1 else bare


def meant(name: str, known: Collection[str]) -> str | None:
    """The known column that an unknown one was probably meant as: what others call so, or what is spelt nearly so."""
    return "phone" if "phone" in known and folded(name) in _PHONES else nearest(name, known)


def folded(name: str) -> str:
    """How names of columns are compared."""
    return re.sub(r"[\s_-]+", "", name.casefold())


def quoted(cell: str) -> str:
    """The cell as export writes it: one that a spreadsheet would run as a formula gets a leading apostrophe."""
    return f"'{cell}" if re.match(r"'*[=+\-@]", cell) else cell


def unquoted(cell: str) -> str:
    """The cell without the apostrophe that `quoted` gave it."""
    return cell[1:] if re.match(r"'+[=+\-@]", cell) else cell
