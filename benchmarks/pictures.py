"""Pictures to fit: a photograph as a phone makes it, and a moving GIF that is far too large. Drawn, the same each time."""

from __future__ import annotations

from io import BytesIO

from PIL import Image


def photograph() -> bytes:
    """12 megapixels of soft shapes with a camera's noise, as a JPEG of several megabytes."""
    base = Image.effect_mandelbrot((1008, 756), (-2.0, -1.2, 0.8, 1.2), 60).resize(
        (4032, 3024), Image.Resampling.BICUBIC
    )
    noise = [Image.effect_noise((4032, 3024), sigma) for sigma in (24, 28, 32)]
    photo = Image.merge("RGB", [Image.blend(base, each, 0.25) for each in noise])
    data = BytesIO()
    photo.save(data, "JPEG", quality=95)
    return data.getvalue()


def gif() -> bytes:
    """24 noisy frames of 480×480, some megabytes."""
    frames = []
    for number in range(24):
        noise = Image.effect_noise((480, 480), 60)
        colours = Image.merge("RGB", [noise, noise.rotate(90), noise.rotate(180)])
        colours.paste((200, 40, 40), (number * 18, 180, number * 18 + 60, 300))
        frames.append(colours.quantize(256))
    data = BytesIO()
    frames[0].save(data, "GIF", save_all=True, append_images=frames[1:], duration=80, loop=0)
    return data.getvalue()
