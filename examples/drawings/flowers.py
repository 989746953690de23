"""Blossoms and leaves."""

from __future__ import annotations

import math

from .paint import Scene, circle, curve


def blossom(scene: Scene, x: float, y: float, size: float, turn: float) -> None:
    for i in range(5):
        angle = turn + math.tau * i / 5
        px, py = x + size * 0.62 * math.cos(angle), y + size * 0.62 * math.sin(angle)
        petal = circle(px, py, size * 0.52)
        scene.fill(
            petal,
            "#FBDDDA",
            "#F0A9A8",
            start=(px - size, py - size),
            end=(px + size, py + size),
            shadow=(1, 3, 5, 0.16),
        )
    scene.fill(circle(x, y, size * 0.27), "#E77F86", strength=0.55, blur=size * 0.1)
    for i in range(6):
        angle = turn + math.tau * i / 6
        scene.fill(circle(x + size * 0.3 * math.cos(angle), y + size * 0.3 * math.sin(angle), size * 0.06), "#F9E3A2")


def leaf(scene: Scene, x: float, y: float, long: float, angle: float) -> None:
    cos, sin = math.cos(angle), math.sin(angle)
    shape = curve("M 0 0 C 0.25 -0.3 0.7 -0.28 1 0 C 0.7 0.22 0.25 0.24 0 0")
    placed = [(x + long * (px * cos - py * sin), y + long * (px * sin + py * cos)) for px, py in shape]
    tip = (x + long * cos, y + long * sin)
    scene.fill(placed, "#6F8F6A", "#A9BF97", start=(x, y), end=tip, shadow=(2, 5, 6, 0.18))
    scene.line([(x, y), ((x + tip[0]) / 2, (y + tip[1]) / 2), tip], "#E5EBD6", 1.2, 0.6)
