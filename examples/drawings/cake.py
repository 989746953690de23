"""A birthday cake."""

from __future__ import annotations

import math
from pathlib import Path

from .paint import Scene, box, circle, curve


def cake(path: Path) -> None:
    """A cake with three candles, fit for any brand."""
    scene = Scene(("#F4ECFA", "#E9DAF4", "#D5BEE8"))
    scene.fill(
        circle(540, 660, 400),
        "#FDF8FF",
        "#EADAF6",
        "#D0B4E6",
        start=(300, 260),
        end=(800, 1060),
        shadow=(0, 20, 50, 0.12),
    )
    scene.fill(circle(540, 1080, 350, 0.09), "#3D2457", strength=0.4, blur=24)
    scene.fill(
        circle(540, 1050, 350, 0.14), "#FFFFFF", "#D9CBE6", start=(540, 1000), end=(540, 1100), shadow=(0, 10, 14, 0.3)
    )
    _tier(scene, 270, 760, 540, 280, ("#F6C9A4", "#EDB083", "#CF8A5E"))
    _tier(scene, 350, 560, 380, 220, ("#FBE3C8", "#F3CBA4", "#D9A377"))
    for x, colour in ((440, "#EE7F8B"), (540, "#5B7BE0"), (640, "#F3B24D")):
        _candle(scene, x, colour)
    scene.text(540, 128, "FOR YOUR DAY", 34, "#5A3A7E", 15, 0.5)
    scene.text(540, 1262, "Happy birthday", 50, "#452A66", 0.5, 0.4)
    scene.save(path)


def _tier(scene: Scene, x: float, y: float, wide: float, high: float, tones: tuple[str, str, str]) -> None:
    """A round of cake with icing that runs down its side."""
    body = scene.fill(box(x, y, wide, high, 26), *tones, start=(x, 0), end=(x + wide, 0), shadow=(0, 12, 16, 0.3))
    scene.fill(box(x, y + high * 0.62, wide, 22), "#B5577B", strength=0.75, inside=body)
    scene.fill(
        circle(x + wide / 2, y + 8, wide / 2, 0.12), "#FFF4FA", "#F6C6DA", start=(x, y - 30), end=(x + wide, y + 40)
    )
    drops = 7
    step = wide / drops
    for i in range(drops):
        long = high * (0.30 + 0.14 * math.sin(i * 2.3))
        scene.fill(
            box(x + i * step + 2, y + 4, step - 4, long, step / 2 - 3),
            "#FFEFF7",
            "#F3B9D2",
            start=(0, y),
            end=(0, y + long),
            inside=body,
            shadow=(0, 4, 6, 0.22),
        )
        scene.fill(
            circle(x + (i + 0.5) * step, y + 10, 13),
            "#E35D74",
            "#B93350",
            start=(0, y),
            end=(0, y + 24),
            shadow=(0, 3, 4, 0.3),
        )


def _candle(scene: Scene, x: float, colour: str) -> None:
    scene.fill(
        box(x - 12, 400, 24, 150, 6), "#FFFFFF", colour, start=(x - 26, 0), end=(x + 14, 0), shadow=(2, 6, 8, 0.25)
    )
    for y in (430, 470, 510):
        scene.line([(x - 11, y + 8), (x + 11, y - 8)], "#FFFFFF", 6, 0.8)
    scene.line([(x, 400), (x, 384)], "#5B4630", 4)
    scene.fill(circle(x, 354, 62), "#FFD978", strength=0.45, blur=26)
    flame = curve(f"M {x} 306 C {x + 30} 346 {x + 24} 388 {x} 390 C {x - 24} 388 {x - 26} 350 {x} 306")
    scene.fill(flame, "#FFF3B8", "#FDB94B", "#F08030", start=(x, 306), end=(x, 392))
    scene.fill(circle(x, 374, 9, 1.3), "#FFFBE6", strength=0.9, blur=3)
