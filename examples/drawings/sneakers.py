"""The canvas sneaker on a round stage."""

# ruff: noqa: E501 - an outline is one long line of numbers

from __future__ import annotations

from pathlib import Path

from PIL import Image

from .flowers import blossom, leaf
from .paint import Scene, box, circle, curve


def sneakers(path: Path, head: str = "ACME", under: str = "THE SPRING DROP") -> None:
    """The canvas sneaker on a round stage, below two lines of words."""
    scene = Scene(("#F6E9E4", "#F3D9D2", "#E9C2BA"))
    scene.fill(
        circle(540, 600, 362),
        "#F7B79E",
        "#EE8E7B",
        "#E2736C",
        start=(300, 220),
        end=(800, 920),
        shadow=(0, 20, 44, 0.20),
    )
    scene.fill(circle(420, 440, 150), "#FFE9D2", strength=0.45, blur=80, inside=scene.mask(circle(540, 600, 362)))
    _stage(scene)
    scene.fill(circle(580, 890, 366, 0.05), "#5B2E2A", strength=0.45, blur=13)
    upper = _upper(scene)
    _sole(scene)
    _laces(scene, upper)
    for x, y, long, angle in ((150, 1010, 120, -1.2), (170, 1012, 100, -0.5), (138, 1010, 110, -2.0)):
        leaf(scene, x, y, long, angle)
    blossom(scene, 158, 1000, 40, 0.3)
    blossom(scene, 214, 1040, 28, 0.9)
    scene.text(540, 118, head, 40, "#5A2F2C", 22, 0.5)
    scene.text(540, 172, under, 22, "#9A5F57", 9, 0.2)
    scene.text(540, 1292, "The weekend sneaker", 50, "#4F2A27", 0.5, 0.4)
    scene.save(path)


def _stage(scene: Scene) -> None:
    side = curve("M 110 900 L 110 1050 C 110 1186 970 1186 970 1050 L 970 900")
    scene.fill(side, "#E7B9AE", "#FBE7E0", "#EBC3B8", "#D09C91", start=(110, 0), end=(970, 0), shadow=(0, 30, 34, 0.28))
    scene.fill(circle(540, 900, 430, 0.2), "#FFF6F1", "#F5DCD3", start=(300, 840), end=(760, 1030))


UPPER = (
    "M 232 800 C 214 730 212 660 226 578 C 230 556 250 548 270 556 C 304 590 372 616 424 600 C 470 582 498 536 520 492 "
    "C 536 470 566 470 586 486 C 596 500 594 516 606 532 C 650 590 708 640 776 656 C 856 668 918 706 920 780 "
    "C 921 792 920 802 918 814 L 232 814"
)


def _upper(scene: Scene) -> Image.Image:
    inside = curve(
        "M 250 600 C 262 556 300 560 320 572 C 380 600 440 560 500 500 C 540 470 560 500 540 540 C 500 640 300 690 250 600"
    )
    scene.fill(inside, "#B65B55", "#7E3A38", start=(260, 560), end=(520, 640))
    mask = scene.fill(
        curve(UPPER), "#FFFFFF", "#FBF4EE", "#E6D5CB", start=(420, 470), end=(560, 830), shadow=(8, 16, 22, 0.30)
    )
    for fold in (
        "M 640 600 C 660 680 640 760 600 812 L 630 812 C 672 760 690 690 668 620",
        "M 420 610 C 430 690 420 760 400 812 L 424 812 C 446 750 450 690 440 606",
    ):
        scene.fill(curve(fold), "#B79483", strength=0.32, blur=12, inside=mask)
    toe = curve("M 752 640 C 860 660 940 706 926 820 L 722 820 C 722 750 726 690 752 640")
    scene.fill(toe, "#FFFFFF", "#EFE2D9", start=(760, 660), end=(850, 820), inside=mask, shadow=(-3, 3, 6, 0.24))
    scene.stitches(curve("M 740 662 C 722 710 716 760 714 806"), "#C9A596")
    heel = curve("M 200 530 L 290 530 C 330 620 338 720 352 820 L 200 820")
    scene.fill(heel, "#EF8B78", "#D9625F", start=(220, 570), end=(340, 810), inside=mask, shadow=(4, 4, 7, 0.28))
    scene.stitches(curve("M 300 590 C 318 640 328 730 340 806"), "#FBD2C6")
    for x in (430, 496):
        band = [(x, 806), (x + 36, 806), (x + 92, 596 + (x - 430) * 0.15), (x + 60, 582 + (x - 430) * 0.15)]
        scene.fill(band, "#F2977F", "#DB6662", start=(x, 600), end=(x + 60, 810), inside=mask, shadow=(2, 3, 5, 0.22))
        scene.stitches([(x + 8, 800), (x + 64, 606)], "#FBD2C6")
        scene.stitches([(x + 30, 800), (x + 85, 606)], "#FBD2C6")
    rim = curve("M 258 553 C 300 590 372 616 424 600 C 470 582 498 536 520 492")
    scene.line(rim, "#D9625F", 9)
    scene.line([(x, y - 2) for x, y in rim], "#F5A893", 2.5, 0.8)
    scene.fill(
        curve("M 232 770 C 420 790 700 790 908 770 L 908 830 L 232 830"), "#7A4A40", strength=0.35, blur=10, inside=mask
    )
    return mask


def _sole(scene: Scene) -> None:
    sole = curve(
        "M 214 800 C 218 788 226 792 240 794 C 400 812 720 812 890 790 C 918 786 934 774 940 790 C 950 826 934 868 900 878 C 720 896 400 896 250 886 C 212 880 204 830 214 800"
    )
    mask = scene.fill(sole, "#FFFDF9", "#F4E7DC", "#D9C1B2", start=(0, 796), end=(0, 896), shadow=(0, 7, 10, 0.34))
    scene.line(curve("M 206 822 C 400 842 720 842 946 812"), "#E07A6C", 6, 0.95, mask)
    scene.line(curve("M 214 872 C 400 886 720 886 940 858 L 940 900 L 214 900"), "#B9937F", 9, 0.55, mask)
    for i in range(44):
        x = 236 + i * 15.6
        scene.line([(x, 846), (x, 866)], "#CDB3A3", 2.2, 0.8, mask)


def _laces(scene: Scene, upper: Image.Image) -> None:
    tongue = curve("M 520 512 C 516 462 530 438 562 440 C 596 446 606 496 622 540 C 600 560 560 560 536 548")
    scene.fill(tongue, "#FFFDFB", "#EBDACF", start=(520, 450), end=(610, 560), shadow=(2, 5, 7, 0.30))
    scene.fill(box(536, 462, 44, 22, 7), "#E9786C", "#D45F5D", start=(536, 462), end=(580, 486), shadow=(0, 2, 3, 0.25))
    stay = curve(
        "M 500 566 C 520 540 540 536 560 548 C 610 600 660 640 716 664 C 726 680 720 700 704 706 C 620 690 540 650 500 566"
    )
    scene.fill(stay, "#FFFFFF", "#EADBD1", start=(560, 540), end=(620, 700), inside=upper, shadow=(1, 4, 6, 0.28))
    scene.stitches(curve("M 508 572 C 546 648 622 684 702 698"), "#C9A596")
    for i in range(5):
        x, y = 536 + i * 38, 592 + i * 23.5 - (i * i) * 0.6
        scene.fill(circle(x, y + 6, 6.5), "#B76A60", shadow=(0, 1, 2, 0.3))
        lace = curve(f"M {x - 4} {y + 8} C {x + 6} {y - 16} {x + 26} {y - 40} {x + 44} {y - 46}")
        scene.line([(px + 1, py + 4) for px, py in lace], "#6D3B35", 12, 0.30)
        scene.line(lace, "#F7EDE6", 12)
        scene.line([(px - 1.5, py - 2) for px, py in lace], "#FFFFFF", 5)
    loops = (
        "M 584 536 C 540 500 500 520 506 548 C 514 572 560 560 588 540",
        "M 590 536 C 622 486 668 486 670 516 C 668 544 622 550 592 540",
        "M 588 540 C 570 566 560 588 566 612",
        "M 592 540 C 622 556 640 574 646 600",
    )
    for loop in loops:
        scene.line([(x + 1, y + 4) for x, y in curve(loop)], "#6D3B35", 9, 0.26)
        scene.line(curve(loop), "#F3E6DE", 9)
        scene.line([(x, y - 1.5) for x, y in curve(loop)], "#FFFFFF", 4)
    scene.fill(circle(589, 538, 10), "#FFFFFF", "#EADBD1", start=(580, 530), end=(598, 548), shadow=(0, 2, 3, 0.35))
