"""A flow in words, as a nested list: what a drawing says for who cannot see it."""

from __future__ import annotations

from collections.abc import Iterator

from engine.preview.graph.chart import Card, Chart, Station


def outline(chart: Chart) -> str:
    return "\n".join(_lines(chart))


def _lines(chart: Chart) -> Iterator[str]:
    if chart.description:
        yield chart.description
    yield chart.about
    for card in chart.rules:
        yield f"Ends with {said(card)}"
    yield "Starts: " + "; or ".join(said(card) for card in chart.triggers)
    if chart.entry is not None:
        yield f"Enters: {said(chart.entry)}"
    yield from _steps(chart.stations, "")


def _steps(stations: tuple[Station, ...], indent: str) -> Iterator[str]:
    for station in stations:
        yield f"{indent}- {said(station.card)}"
        for way in station.branches:
            if way.label:
                yield f"{indent}  {way.label}:{'' if way.stations else ' goes on'}"
                yield from _steps(way.stations, f"{indent}    ")


def said(card: Card) -> str:
    """A card in one line."""
    told = f"exit: {card.told}" if card.kind == "exit" and card.place != ("end",) else card.told
    return " ".join(told.split())
