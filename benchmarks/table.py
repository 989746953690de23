"""What every benchmark prints: rows of name, n, value, unit, limit and ratio, as a table or as JSON."""

from __future__ import annotations

import json
from typing import NamedTuple


class Row(NamedTuple):
    name: str
    n: int
    value: float
    unit: str
    limit: float
    ratio: float

    @staticmethod
    def read(text: str) -> list[Row]:
        return [Row(**row) for row in json.loads(text)["rows"]]


def show(rows: list[Row], format: str) -> str:
    if format == "json":
        return json.dumps({"rows": [row._asdict() for row in rows]})
    lines = [f"{'name':<18}{'n':>9}{'value':>14} {'unit':<17}{'limit':>12}{'ratio':>8}"]
    lines += [f"{r.name:<18}{r.n:>9,}{r.value:>14,.1f} {r.unit:<17}{r.limit:>12,.1f}{r.ratio:>8.2f}" for r in rows]
    return "\n".join(lines)
