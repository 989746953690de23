"""The spring coat on its hanger."""

# ruff: noqa: E501 - an outline is one long line of numbers

from __future__ import annotations

import math
from pathlib import Path

from PIL import Image

from .flowers import blossom, leaf
from .paint import HEIGHT, WIDTH, Scene, box, circle, curve


def coat(path: Path) -> None:
    """The spring coat on its hanger, before an arch."""
    scene = Scene(("#FAF4EA", "#F6EADB", "#EFDCC7"))
    arch = curve("M 170 1172 L 170 600 C 170 390 335 235 540 235 C 745 235 910 390 910 600 L 910 1172")
    scene.fill(arch, "#CFDCC6", "#A9BFA4", "#93AE92", start=(250, 240), end=(860, 1140), shadow=(0, 18, 40, 0.20))
    scene.fill(circle(390, 470, 200), "#EEF3DF", strength=0.55, blur=90, inside=scene.mask(arch))
    floor = [(0, 1160), (WIDTH, 1160), (WIDTH, HEIGHT), (0, HEIGHT)]
    scene.fill(floor, "#F4E6D4", "#E9D3BB", start=(0, 1160), end=(0, HEIGHT))
    scene.fill([(0, 1158), (WIDTH, 1158), (WIDTH, 1163), (0, 1163)], "#D9BFA3", strength=0.5)
    scene.fill(circle(540, 1196, 300, 0.07), "#6B4A33", strength=0.30, blur=22)
    _hanger(scene)
    _sleeves(scene)
    body = _body(scene)
    _front(scene, body)
    _collar(scene)
    _belt(scene, body)
    twig = curve("M 1090 330 C 1010 330 940 370 880 440 C 850 475 830 500 800 512")
    scene.line(twig, "#7A5B45", 7)
    scene.line(curve("M 960 372 C 930 420 925 455 905 500"), "#7A5B45", 4.5)
    for x, y, long, angle in (
        (1000, 338, 70, 2.5),
        (925, 398, 66, 1.0),
        (860, 466, 58, 3.6),
        (910, 490, 60, 2.0),
        (1045, 330, 60, 1.1),
    ):
        leaf(scene, x, y, long, angle)
    for x, y, size, turn in (
        (958, 368, 34, 0.2),
        (884, 436, 30, 0.9),
        (806, 510, 26, 0.4),
        (905, 508, 24, 1.2),
        (1034, 326, 30, 0.7),
    ):
        blossom(scene, x, y, size, turn)
    for x, y, turn in ((190, 1216, 0.3), (268, 1268, 1.1), (872, 1226, 2.0)):
        scene.fill(
            [(x + 16 * math.cos(turn + t), y + 8 * math.sin(t)) for t in [i / 5 for i in range(32)]],
            "#F0B1AE",
            shadow=(1, 4, 4, 0.2),
        )
    scene.text(540, 118, "ACME", 40, "#3F4B3C", 22, 0.5)
    scene.text(540, 172, "THE SPRING DROP", 22, "#6F7B66", 9, 0.2)
    scene.text(540, 1296, "The garden coat", 50, "#4A3526", 0.5, 0.4)
    scene.save(path)


def _hanger(scene: Scene) -> None:
    scene.line([(270, 262), (810, 262)], "#8E6A4B", 9)
    scene.line([(270, 259), (810, 259)], "#C59B74", 3, 0.8)
    hook = curve("M 540 345 C 540 318 540 312 548 304 C 566 288 562 256 540 256 C 526 256 518 266 518 276")
    scene.line(hook, "#8C8F8A", 6)
    scene.line(hook, "#DDE0DA", 2)
    wood = curve(
        "M 540 330 C 575 330 640 362 690 392 L 684 404 C 630 384 575 366 540 366 C 505 366 450 384 396 404 L 390 392 C 440 362 505 330 540 330"
    )
    scene.fill(wood, "#B5834F", "#8A5A34", start=(540, 330), end=(540, 400), shadow=(0, 4, 6, 0.3))


SLEEVE = "M 398 392 C 340 410 318 470 306 560 C 292 660 268 760 254 862 L 336 884 C 360 790 392 690 420 590 L 430 420"
BODY = (
    "M 474 336 C 446 348 408 364 384 394 C 372 470 392 560 396 640 C 398 690 392 720 384 760 C 362 870 338 980 318 1092 "
    "C 460 1126 620 1126 762 1092 C 742 980 718 870 696 760 C 688 720 682 690 684 640 C 688 560 708 470 696 394 "
    "C 672 364 634 348 606 336 C 590 372 560 380 540 380 C 520 380 490 372 474 336"
)
LIGHT, CAMEL, DEEP, DARK = "#EBC796", "#D9A76B", "#BC8349", "#7C4F28"


def _sleeves(scene: Scene) -> None:
    for flip in (False, True):
        outline = curve(SLEEVE, flip)
        left, right = (WIDTH - 430, WIDTH - 250) if flip else (250, 430)
        tones = (CAMEL, DEEP, "#A06B38") if flip else (LIGHT, CAMEL, DEEP)
        mask = scene.fill(outline, *tones, start=(left, 600), end=(right, 640), shadow=(10, 22, 26, 0.34))
        for fold in (
            "M 330 520 C 360 600 350 700 300 800 L 318 802 C 372 700 384 600 352 510",
            "M 372 470 C 400 560 400 640 372 740 L 384 742 C 420 640 420 560 392 470",
        ):
            scene.fill(curve(fold, flip), DARK, strength=0.30, blur=9, inside=mask)
        scene.fill(
            curve("M 254 800 L 348 826 L 338 866 L 248 844", flip),
            "#E4B87F",
            "#B67D45",
            start=(left, 800),
            end=(right, 850),
            inside=mask,
            shadow=(0, 3, 4, 0.35),
        )
        scene.fill(circle(*curve("M 306 836", flip)[0], 8), "#6B4526", shadow=(1, 2, 2, 0.5))


def _body(scene: Scene) -> Image.Image:
    neck = curve("M 470 360 C 500 338 580 338 610 360 C 590 420 560 470 540 520 C 520 470 490 420 470 360")
    outline = curve(BODY)
    mask = scene.fill(
        outline, LIGHT, CAMEL, "#CD975A", DEEP, start=(350, 420), end=(740, 900), shadow=(12, 28, 34, 0.38)
    )
    scene.fill(neck, "#6E4A2C", "#8B5E38", start=(540, 340), end=(540, 520))
    for fold, strength in (
        ("M 430 760 C 420 880 396 1000 372 1110 L 398 1112 C 424 1000 444 880 446 760", 0.34),
        ("M 480 760 C 480 880 470 1000 458 1116 L 480 1116 C 494 1000 498 880 496 760", 0.22),
        ("M 628 760 C 636 880 656 1000 676 1110 L 652 1112 C 634 1000 618 880 614 760", 0.32),
        ("M 668 770 C 690 880 716 990 736 1100 L 752 1090 C 730 980 700 870 684 770", 0.30),
        ("M 420 470 C 440 540 440 620 424 690 L 440 690 C 462 620 462 540 436 468", 0.20),
        ("M 664 470 C 644 540 644 620 660 690 L 676 690 C 668 620 668 540 684 468", 0.28),
    ):
        scene.fill(curve(fold), DARK, strength=strength, blur=9, inside=mask)
    for shine in (
        "M 404 780 C 392 900 372 1000 350 1090 L 366 1094 C 388 1000 408 900 414 780",
        "M 590 780 C 600 900 610 1000 620 1110 L 636 1108 C 622 1000 610 900 602 780",
    ):
        scene.fill(curve(shine), "#FBE3BD", strength=0.30, blur=9, inside=mask)
    scene.stitches(curve("M 324 1074 C 462 1107 618 1107 756 1074"), "#8A5C31", 0.75)
    return mask


def _front(scene: Scene, body: Image.Image) -> None:
    edge = curve("M 500 520 C 490 640 478 900 470 1118")
    shade = curve("M 500 520 C 490 640 478 900 470 1118 L 440 1118 C 452 900 466 640 482 520")
    scene.fill(shade, DARK, strength=0.40, blur=8, inside=body)
    scene.line(edge, "#8F5E31", 2.4, 0.9, body)
    scene.stitches([(x + 10, y) for x, y in edge][:-2], "#8A5C31", 0.6)
    for flip in (False, True):
        welt = curve("M 396 842 L 416 836 L 396 956 L 374 952", flip)
        tones = (CAMEL, "#A87440") if flip else (LIGHT, "#C08A50")
        scene.fill(welt, *tones, start=welt[0], end=welt[2], shadow=(2, 4, 5, 0.40))
        scene.stitches([welt[0], welt[3]], "#8A5C31", 0.6)
    flap = curve(
        "M 640 372 C 664 378 684 386 692 396 C 700 450 690 520 684 566 C 650 566 612 548 590 520 C 610 470 630 420 640 372"
    )
    scene.fill(flap, "#D6A264", "#B37B42", start=(600, 400), end=(690, 560), inside=body, shadow=(-3, 6, 7, 0.34))
    for y in (584, 664, 800, 884):
        for x in (526 - (y - 584) * 0.05, 612 + (y - 584) * 0.04):
            scene.fill(
                circle(x, y, 13),
                "#8A5C36",
                "#4F3019",
                start=(x - 10, y - 12),
                end=(x + 10, y + 12),
                shadow=(2, 4, 4, 0.45),
            )
            scene.line(circle(x, y, 9)[52:80], "#C99A6A", 1.6, 0.9)
            for dx, dy in ((-3, -3), (3, -3), (-3, 3), (3, 3)):
                scene.fill(circle(x + dx, y + dy, 1.6), "#2F1B0D")


def _collar(scene: Scene) -> None:
    lapel = (
        "M 478 376 C 462 420 446 462 434 500 L 470 506 L 456 532 C 480 556 500 574 520 606 C 528 540 520 440 500 384"
    )
    stand = "M 470 352 C 446 372 424 398 410 434 L 448 478 C 462 440 480 408 508 386 C 494 380 480 368 470 352"
    for flip in (True, False):
        tones = ("#D8A466", "#B9824A") if flip else ("#F1D2A5", "#D39F62")
        a, b = ((640, 380), (560, 600)) if flip else ((440, 380), (520, 600))
        outline = curve(lapel, flip)
        mask = scene.fill(outline, *tones, start=a, end=b, shadow=(3, 9, 11, 0.42))
        scene.stitches(curve("M 444 498 L 482 504 L 468 530 C 488 550 502 564 514 586", flip), "#8A5C31", 0.55)
        scene.fill(
            curve("M 506 390 C 524 450 530 540 520 606 L 540 606 L 540 390", flip),
            DARK,
            strength=0.25,
            blur=7,
            inside=mask,
        )
        top = curve(stand, flip)
        scene.fill(top, *tones, start=(a[0], 350), end=(b[0], 470), shadow=(2, 6, 8, 0.40))
        scene.stitches(curve("M 420 434 L 446 464 C 458 434 472 410 494 390", flip), "#8A5C31", 0.5)


def _belt(scene: Scene, body: Image.Image) -> None:
    band = curve("M 388 700 C 470 722 610 722 692 700 L 696 752 C 610 776 470 776 384 752")
    scene.fill(band, "#E3B57B", CAMEL, "#A8713B", start=(384, 720), end=(696, 740), inside=body, shadow=(0, 7, 9, 0.42))
    scene.stitches(curve("M 392 709 C 470 731 610 731 688 709"), "#8A5C31", 0.6)
    scene.stitches(curve("M 390 744 C 470 767 610 767 690 744"), "#8A5C31", 0.6)
    tail = curve("M 566 724 C 600 760 618 830 622 906 L 600 930 L 578 908 C 578 840 566 790 536 752")
    scene.fill(tail, "#E9BF87", "#BB8248", start=(560, 730), end=(630, 920), shadow=(6, 9, 10, 0.42))
    scene.stitches(curve("M 572 744 C 598 780 610 830 612 900"), "#8A5C31", 0.6)
    ring = box(522, 706, 58, 66, 12)
    scene.fill(ring, "#7A5230", "#4A2D16", start=(522, 706), end=(580, 772), shadow=(2, 6, 6, 0.45))
    scene.fill(box(534, 718, 34, 42, 6), "#D9A76B", "#B98148", start=(534, 718), end=(568, 760))
    scene.line(box(525, 709, 52, 60, 10)[26:39], "#C99A6A", 2, 0.9)
    scene.line([(551, 712), (551, 764)], "#5A3A20", 5)
