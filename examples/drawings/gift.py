"""A box with a bow."""

from __future__ import annotations

import math
from pathlib import Path

from .paint import Scene, box, circle, curve


def gift(path: Path) -> None:
    """The ready-made template's picture: a box with a bow, fit for any brand."""
    scene = Scene(("#EAF0FB", "#DCE4F7", "#C6D2EF"))
    scene.fill(
        circle(540, 640, 400),
        "#F8FAFF",
        "#DFE7FA",
        "#C3D0F0",
        start=(300, 260),
        end=(800, 1040),
        shadow=(0, 20, 50, 0.12),
    )
    for x, y, size, colour, turn in (
        (210, 330, 22, "#F3B24D", 0.4),
        (300, 230, 14, "#EE7F8B", 1.0),
        (862, 300, 20, "#5B7BE0", 0.8),
        (770, 214, 14, "#F3B24D", 0.2),
        (936, 470, 16, "#EE7F8B", 1.3),
        (150, 520, 16, "#5B7BE0", 0.1),
        (906, 720, 12, "#F3B24D", 0.6),
        (176, 760, 13, "#EE7F8B", 0.9),
        (400, 300, 11, "#5B7BE0", 0.3),
        (664, 286, 12, "#EE7F8B", 0.5),
    ):
        cos, sin = math.cos(turn), math.sin(turn)
        piece = [
            (x + cos * dx - sin * dy, y + sin * dx + cos * dy)
            for dx, dy in box(-size, -size * 0.45, size * 2, size * 0.9, size * 0.4)
        ]
        scene.fill(piece, colour, shadow=(2, 6, 6, 0.18))
    scene.fill(circle(540, 1096, 330, 0.09), "#2C3B73", strength=0.42, blur=24)
    _parcel(scene)
    _bow(scene)
    scene.text(540, 128, "JUST ARRIVED", 34, "#33437F", 15, 0.5)
    scene.text(540, 1262, "Something new for you", 50, "#2B3768", 0.5, 0.4)
    scene.save(path)


def _parcel(scene: Scene) -> None:
    front = box(286, 660, 508, 430, 18)
    mask = scene.fill(
        front, "#7C97F0", "#5F7CE2", "#4560C4", start=(300, 660), end=(780, 1090), shadow=(0, 16, 26, 0.28)
    )
    scene.fill(box(286, 650, 508, 56), "#22337F", strength=0.55, blur=14, inside=mask)
    scene.fill(
        box(494, 660, 92, 430),
        "#FBD07A",
        "#F3B24D",
        "#DE9434",
        start=(494, 0),
        end=(586, 0),
        inside=mask,
        shadow=(4, 0, 8, 0.24),
    )
    scene.fill(box(494, 650, 92, 56), "#7A4A10", strength=0.40, blur=12, inside=mask)
    scene.fill(box(300, 676, 10, 400, 5), "#DDE6FF", strength=0.35, blur=5, inside=mask)
    lid = box(256, 560, 568, 124, 20)
    top = scene.fill(lid, "#93ABF8", "#6C88EA", "#506CD0", start=(260, 560), end=(800, 700), shadow=(0, 10, 14, 0.34))
    scene.fill(box(256, 560, 568, 10), "#FFFFFF", strength=0.35, blur=4, inside=top)
    scene.fill(
        box(494, 560, 92, 124),
        "#FDDA92",
        "#F6BB5C",
        "#E29C3D",
        start=(494, 0),
        end=(586, 0),
        inside=top,
        shadow=(4, 0, 8, 0.22),
    )


def _bow(scene: Scene) -> None:
    tones = ("#FFE1A0", "#F5B853", "#DB9033")
    for flip in (False, True):
        a, b = ((720, 600), (590, 760)) if flip else ((360, 600), (490, 760))
        tail = curve("M 530 548 C 490 600 440 640 396 720 L 446 716 L 462 766 C 500 690 540 620 556 560", flip)
        scene.fill(tail, *tones, start=a, end=b, shadow=(3, 10, 12, 0.36))
    for flip in (False, True):
        a, b = ((760, 380), (560, 590)) if flip else ((320, 380), (520, 590))
        loop = curve("M 540 540 C 470 430 380 362 318 386 C 262 410 268 520 330 558 C 390 590 480 572 540 552", flip)
        hole = curve("M 500 530 C 448 462 390 424 350 436 C 318 450 322 506 360 526 C 400 546 456 546 500 536", flip)
        mask = scene.fill(loop, *tones, start=a, end=b, shadow=(2, 10, 14, 0.34))
        scene.fill(hole, "#B87420", "#E0A040", start=a, end=b, inside=mask)
        for crease in (
            "M 540 546 C 480 500 440 470 400 452 L 396 460 C 440 482 480 512 540 552",
            "M 540 548 C 500 560 450 568 400 566 L 400 574 C 450 576 500 566 540 554",
        ):
            scene.fill(curve(crease, flip), "#8A5413", strength=0.30, blur=4, inside=mask)
        scene.fill(
            curve("M 480 470 C 420 406 360 384 320 400 L 324 410 C 364 398 420 420 470 478", flip),
            "#FFF6DC",
            strength=0.75,
            blur=5,
            inside=mask,
        )
    knot = curve(
        "M 500 524 C 510 506 570 506 580 524 C 590 545 588 570 578 588 C 566 600 514 600 502 588 C 492 570 490 545 500 524"
    )
    scene.fill(knot, *tones, start=(500, 510), end=(580, 600), shadow=(0, 6, 10, 0.40))
    scene.fill(box(516, 520, 10, 70, 5), "#FFF3CF", strength=0.55, blur=5)
    scene.fill(box(558, 520, 8, 70, 4), "#A96A1C", strength=0.35, blur=5)
