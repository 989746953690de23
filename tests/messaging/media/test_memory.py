"""Any picture that is taken costs at most 200 MB beside the process itself, whatever its content."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from engine.messaging.media.picture import MAX_INPUT

MOST = 200_000_000

MEASURED = """
import sys
from engine.messaging.media.fitting import fit

def bytes_of(which):
    line = next(line for line in open("/proc/self/status") if line.startswith(which))
    return int(line.split()[1]) * 1_024

bare = bytes_of("VmRSS")
with open(sys.argv[1], "rb") as file:
    fit(file.read())
print(bytes_of("VmHWM") - bare)
"""


def drawn(width: int, height: int, mode: str = "RGB") -> Image.Image:
    image = Image.radial_gradient("L").resize((width, height)).convert(mode)
    if mode in ("RGBA", "LA"):
        image.putalpha(Image.linear_gradient("L").resize((width, height)))
    return image


def film(count: int, width: int, height: int, mode: str = "RGB") -> list[Image.Image]:
    white, red = (0, 1) if mode == "P" else ("white", "red")
    frames = [Image.new(mode, (width, height), white) for _ in range(count)]
    for n, frame in enumerate(frames):
        frame.paste(red, (n * 10, n * 10, n * 10 + 400, n * 10 + 400))
        if mode == "P":
            frame.putpalette([255, 255, 255, 255, 0, 0])
    return frames


def saved(image: Image.Image | list[Image.Image], kind: str, **options: object) -> bytes:
    frames = image if isinstance(image, list) else [image]
    file = BytesIO()
    more = {"save_all": True, "append_images": frames[1:], "duration": 80} if len(frames) > 1 else {}
    frames[0].save(file, kind, **more, **options)
    return file.getvalue()


LARGEST: dict[str, Callable[[], bytes]] = {
    "jpeg": lambda: saved(drawn(8_000, 6_250), "JPEG"),
    "jpeg of print": lambda: saved(drawn(8_000, 6_250, "CMYK"), "JPEG"),
    "progressive jpeg": lambda: saved(drawn(6_320, 6_320), "JPEG", progressive=True),
    "progressive jpeg of full colours": lambda: saved(drawn(4_470, 4_470), "JPEG", progressive=True, subsampling=0),
    "png": lambda: saved(drawn(4_000, 4_000, "RGBA"), "PNG", compress_level=1),
    "png with a key": lambda: saved(drawn(4_000, 4_000, "P"), "PNG", compress_level=1, transparency=0),
    "grey png": lambda: saved(drawn(4_000, 4_000, "I;16"), "PNG", compress_level=1),
    "gif": lambda: saved(drawn(4_000, 4_000, "P"), "GIF", transparency=0),
    "webp": lambda: saved(drawn(3_000, 3_000, "RGBA"), "WEBP", method=0),
    "moving gif": lambda: saved(film(24, 2_000, 2_000, "P"), "GIF"),
    "moving webp": lambda: saved(film(6, 2_000, 2_000), "WEBP", method=0),
}


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the peak is asked of Linux")
@pytest.mark.parametrize("what", LARGEST)
def test_the_largest_picture_of_each_kind_keeps_to_it(what: str, tmp_path: Path) -> None:
    file = tmp_path / "picture"
    data = LARGEST[what]()
    # What stands behind a picture is read with it and goes: so the file is as large as any.
    file.write_bytes(data if what.endswith("webp") else data.ljust(MAX_INPUT, b"\0"))
    peak = subprocess.run(
        [sys.executable, "-c", MEASURED, str(file)], capture_output=True, text=True, check=True
    ).stdout
    assert 0 < int(peak) <= MOST
