"""A price tag on a string."""

from __future__ import annotations

import math
from pathlib import Path

from .paint import Point, Scene, circle, curve


def tag(path: Path) -> None:
    """A lower price: a tag that hangs, fit for any brand."""
    scene = Scene(("#FFF3E4", "#FDE3CB", "#F6C9A8"))
    scene.fill(
        circle(540, 660, 400),
        "#FFFAF2",
        "#FCE2C4",
        "#F6BE92",
        start=(300, 260),
        end=(800, 1060),
        shadow=(0, 20, 50, 0.12),
    )
    for i in range(24):
        a, wide = math.tau * i / 24, 0.028
        ray = [(540 + r * math.cos(t), 660 + r * math.sin(t)) for r, t in ((420, a - wide), (470, a), (420, a + wide))]
        scene.fill(ray, "#E98A62", strength=0.55)
    scene.fill(circle(560, 1110, 250, 0.08), "#7A2F1C", strength=0.3, blur=26)
    scene.line(curve("M 540 196 C 520 260 560 320 540 404"), "#8A5A36", 7)
    _card(scene)
    scene.text(540, 128, "NEW PRICE", 34, "#8C3A22", 15, 0.5)
    scene.text(540, 1262, "Less than yesterday", 50, "#6E2C1B", 0.5, 0.4)
    scene.save(path)


def _card(scene: Scene) -> None:
    outline = _turned(
        curve("M 540 330 L 700 470 C 714 484 720 496 720 516 L 720 1000 C 720 1030 700 1050 670 1050 L 410 1050")
        + curve("M 410 1050 C 380 1050 360 1030 360 1000 L 360 516 C 360 496 366 484 380 470 L 540 330")
    )
    mask = scene.fill(
        outline, "#F2705C", "#E0503F", "#B93628", start=(360, 360), end=(740, 1050), shadow=(0, 18, 28, 0.32)
    )
    seam = _turned(
        curve("M 540 366 L 680 490 L 690 520 L 690 990 L 660 1022 L 420 1022 L 390 990 L 390 520 L 400 490 L 540 366")
    )
    scene.stitches(seam, "#FFD9C4")
    scene.fill(
        _turned(circle(540, 452, 34)), "#F8D27E", "#C48C34", start=(510, 420), end=(570, 490), shadow=(0, 4, 6, 0.4)
    )
    scene.fill(_turned(circle(540, 452, 17)), "#8E2A1E")
    scene.line(curve("M 540 404 C 534 424 536 440 546 458"), "#8A5A36", 7)
    for x, y in ((474, 690), (606, 860)):
        scene.fill(_turned(circle(x, y, 58)), "#FFF6EA", inside=mask, shadow=(0, 3, 5, 0.25))
        scene.fill(_turned(circle(x, y, 28)), "#D24838", inside=mask)
    stroke = _turned([(446, 900), (634, 650)])
    scene.line(stroke, "#FFF6EA", 30)


def _turned(outline: list[Point]) -> list[Point]:
    """A little aslant, as it hangs."""
    cos, sin = math.cos(0.09), math.sin(0.09)
    return [(540 + cos * (x - 540) - sin * (y - 404), 404 + sin * (x - 540) + cos * (y - 404)) for x, y in outline]
