"""A paper shopping bag."""

from __future__ import annotations

from pathlib import Path

from .paint import Scene, box, circle, curve


def bag(path: Path) -> None:
    """What was left in the checkout: a bag with something in it, fit for any brand."""
    scene = Scene(("#EFF5EE", "#DDEBDD", "#C4DAC8"))
    scene.fill(
        circle(540, 640, 400),
        "#F6FBF4",
        "#D8EBDA",
        "#B4D3BC",
        start=(300, 260),
        end=(800, 1040),
        shadow=(0, 20, 50, 0.12),
    )
    scene.fill(circle(560, 1096, 330, 0.09), "#244A34", strength=0.42, blur=24)
    scene.line(curve("M 436 500 C 436 300 644 300 644 500"), "#3C6B4F", 16, 0.75)
    _paper(scene)
    _bag(scene)
    scene.line(curve("M 420 560 C 420 330 660 330 660 560"), "#2F5B42", 18)
    scene.line(curve("M 424 556 C 424 338 650 334 656 548"), "#8FC0A0", 4, 0.6)
    for x in (420, 660):
        scene.fill(circle(x, 566, 17), "#F3E3B8", "#C79B45", start=(x, 548), end=(x, 584), shadow=(0, 4, 5, 0.4))
        scene.fill(circle(x, 566, 7), "#2F5B42")
    scene.text(540, 128, "STILL YOURS", 34, "#2D5A40", 15, 0.5)
    scene.text(540, 1262, "Your bag is waiting", 50, "#23452F", 0.5, 0.4)
    scene.save(path)


def _paper(scene: Scene) -> None:
    """The tissue that looks out."""
    for outline, light, dark in (
        ("M 330 540 L 372 446 L 430 500 L 486 420 L 548 520 L 560 560 L 330 560", "#FFF7EE", "#EBD3BE"),
        ("M 500 560 L 560 436 L 620 506 L 684 438 L 752 540 L 752 560", "#FFFDF8", "#F0DCC8"),
    ):
        scene.fill(curve(outline), light, dark, start=(540, 420), end=(540, 570), shadow=(0, 4, 10, 0.2))


def _bag(scene: Scene) -> None:
    side = scene.fill(
        curve("M 760 530 L 812 556 L 800 1078 L 752 1096"), "#5C9A76", "#3F7557", start=(760, 530), end=(812, 1090)
    )
    scene.fill(curve("M 760 530 L 790 800 L 752 1096"), "#2A523B", strength=0.35, blur=8, inside=side)
    front = curve("M 316 530 L 764 530 L 756 1096 L 326 1096")
    mask = scene.fill(
        front, "#8CCBA4", "#6DB08A", "#4F9070", start=(320, 530), end=(760, 1096), shadow=(0, 16, 26, 0.28)
    )
    scene.fill(box(316, 530, 448, 26), "#FFFFFF", strength=0.28, blur=6, inside=mask)
    scene.fill(box(330, 540, 12, 540, 6), "#E4FBEA", strength=0.4, blur=6, inside=mask)
    scene.fill(curve("M 316 1096 L 540 1000 L 764 1096"), "#2F5B42", strength=0.18, blur=14, inside=mask)
    heart = curve(
        "M 540 880 C 470 830 440 790 450 750 C 460 712 516 708 540 750 C 564 708 620 712 630 750 C 640 790 610 830 540 880"
    )
    scene.fill(heart, "#FFF6E6", "#F4DDB0", start=(450, 720), end=(630, 880), shadow=(0, 4, 8, 0.25))
