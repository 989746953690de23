"""`media fit`: what is sent of a picture."""

from __future__ import annotations

from pathlib import Path

from engine.cli.shared.files import write_file
from engine.cli.shared.output import Format, remark, say, say_json
from engine.deploy.project_files import LARGEST_MEDIA
from engine.errors import Refused, UsageError
from engine.language.lint.rules.unusable_image import FAULTS
from engine.messaging.media.boxes import bad_shape
from engine.messaging.media.fitting import fit as fitted
from engine.messaging.media.picture import ENDINGS, BadMedia, Fitted


def fit(file: Path, output: Path | None, format: Format) -> None:
    try:
        found = fitted(_read(file))
    except BadMedia as error:
        raise Refused(f"{file} cannot be sent: {error.reason}", error.help or FAULTS[error.fault][1]) from error
    if output is not None:
        _write(output, found)
    info = found.info
    wrong = bad_shape(info.width, info.height)
    if wrong is not None:
        remark(f"{file}: {wrong.reason}. {wrong.way_out[:1].upper()}{wrong.way_out[1:]}")
    if format is Format.text:
        say(f"{file}  {found.summary()}")
        return
    say_json(
        {
            "file": str(file),
            "kind": info.kind,
            "frames": found.frames,
            "width": info.width,
            "height": info.height,
            "bytes": info.bytes,
            "quality": found.quality,
            "actions": list(found.actions),
        }
    )


def _read(file: Path) -> bytes:
    """One byte more than is looked at, at the most. Raises UsageError."""
    if not file.is_file():
        raise UsageError(f"there is no file {file}" if not file.exists() else f"{file} is no file")
    try:
        with open(file, "rb") as opened:
            return opened.read(LARGEST_MEDIA + 1)
    except OSError as error:
        raise UsageError(f"cannot read {file}: {error.strerror}") from error


def _write(output: Path, found: Fitted) -> None:
    write_file(output, found.data)
    ending = ENDINGS[found.info.kind]
    if output.suffix.lower().replace("jpeg", "jpg") != f".{ending}":
        remark(f"{output.name} is a {found.info.kind.upper()} now, despite its name")
