"""A flow as a page shows it: laid out once, with counts laid over it as often as somebody looks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from engine.language.model.flow import Flow
from engine.language.model.project import Project
from engine.preview.graph.chart import Chart, chart_of
from engine.preview.graph.layout import drawing_of
from engine.preview.graph.marks import Marks
from engine.preview.graph.outline import outline
from engine.preview.graph.shapes import Drawing
from engine.preview.graph.svg import style, svg
from engine.preview.graph.thumbnails import Thumbnail, thumbnails


class Drawn(NamedTuple):
    """A flow, laid out."""

    chart: Chart
    drawing: Drawing
    pictures: Mapping[str, Thumbnail]

    def svg(self, marks: Marks) -> str:
        return svg(self.drawing, self.chart.flow, outline(self.chart), self.pictures, marks)

    @property
    def style(self) -> str:
        """The only rules inside of it, which a policy has to allow."""
        return style("auto", self.drawing.high)


def drawn(flow: Flow, project: Project, picture: Callable[[str], bytes | None]) -> Drawn:
    """`picture`: as it is sent, by its name in the project; None where it is not there."""
    chart = chart_of(flow, project)
    names = (card.picture for card in chart.cards() if card.picture is not None)
    return Drawn(chart, drawing_of(chart), thumbnails(names, picture))
