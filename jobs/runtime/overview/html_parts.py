"""The parts of an HTML document: text that is escaped whatever it holds, tables, bars, and a chart as SVG."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from html import escape

from jobs.runtime.core.text import visible
from jobs.runtime.core.units import figure

WIDTH, HEIGHT, LEFT, BELOW, ABOVE = 900, 260, 60, 36, 18
"""Pixels of a chart, and of what stands around what is drawn."""

Cells = Sequence[object]


def text(said: object) -> str:
    """Text of others as it stands: nothing of it is markup, and what is not seen itself is shown as an escape."""
    return escape(visible("" if said is None else str(said)))


def table(heads: Sequence[str], rows: Iterable[Cells], *, numbers: frozenset[int] = frozenset()) -> Iterator[str]:
    """A table; the columns at these places are numbers, and stand at the right."""
    yield "<div class=wide><table><thead><tr>"
    yield from (f"<th>{text(head)}</th>" for head in heads)
    yield "</tr></thead>\n<tbody>"
    for row in rows:
        cells = (f"<td{' class=n' if place in numbers else ''}>{text(cell)}</td>" for place, cell in enumerate(row))
        yield f"<tr>{''.join(cells)}</tr>\n"
    yield "</tbody></table></div>\n"


def bars(rows: Sequence[tuple[str, float, str, bool]]) -> Iterator[str]:
    """A bar for each row, as long as its value: (name, value, what is said of it, whether it is dark)."""
    most = max((value for _, value, _, _ in rows), default=0.0) or 1.0
    yield "<table class=bars><tbody>"
    for name, value, said, dark in rows:
        bar = f"<div class='bar{' dark' if dark else ''}' style='width:{max(0.2, 70 * value / most):.1f}%'></div>"
        yield f"<tr><th>{text(name)}</th><td>{bar}<span>{text(said)}</span></td></tr>\n"
    yield "</tbody></table>\n"


@dataclass(frozen=True, kw_only=True)
class Steps:
    """Bars side by side over seconds: the edges, two counts between each and the next (the second stands on the first),
    lines with a name, and grey stretches with one. `growing`: equal widths are equal factors."""

    edges: Sequence[float]
    low: Sequence[float]
    high: Sequence[float]
    lines: Sequence[tuple[float, str]] = ()
    stretches: Sequence[tuple[float, float, str]] = ()
    growing: bool = False
    axis: str = "seconds"
    said: str = ""
    most: float = field(init=False)

    def __post_init__(self) -> None:
        top = max((low + high for low, high in zip(self.low, self.high, strict=True)), default=0.0)
        object.__setattr__(self, "most", (top or 1.0) * 1.1)

    def x(self, value: float) -> float:
        """Where seconds are, in pixels from the left."""
        begin, end, value = (self._scaled(at) for at in (self.edges[0], self.edges[-1], value))
        share = (value - begin) / (end - begin) if end > begin else 0.0
        return LEFT + (WIDTH - LEFT - 10) * min(1.0, max(0.0, share))

    def y(self, value: float) -> float:
        """Where a count is, in pixels from the top."""
        return ABOVE + (HEIGHT - BELOW - ABOVE) * (1 - value / self.most)

    def _scaled(self, value: float) -> float:
        return math.log10(max(value, self.edges[0])) if self.growing else value


def chart(steps: Steps) -> Iterator[str]:
    """The steps as SVG."""
    yield f"<div class=wide><svg viewBox='0 0 {WIDTH} {HEIGHT}' role=img aria-label='{text(steps.said)}'>"
    for begin, end, _ in steps.stretches:
        yield _box("still", steps.x(begin), ABOVE, steps.x(end), HEIGHT - BELOW)
    for begin, end, low, high in zip(steps.edges, steps.edges[1:], steps.low, steps.high, strict=False):
        left, right = steps.x(begin), steps.x(end)
        yield _box("low", left, steps.y(low), right, steps.y(0.0))
        yield _box("high", left, steps.y(low + high), right, steps.y(low)) if high else ""
    yield f"<line x1={LEFT} x2={WIDTH - 10} y1={HEIGHT - BELOW} y2={HEIGHT - BELOW} class=axis />"
    yield from _ticks(steps)
    for place, (at, name) in enumerate(steps.lines):
        yield f"<line x1={steps.x(at):.1f} x2={steps.x(at):.1f} y1=4 y2={HEIGHT - BELOW} class=line />"
        yield f"<text x={steps.x(at) + 4:.1f} y={14 + 14 * (place % 2)}>{text(name)}</text>"
    for begin, end, name in steps.stretches:
        yield f"<text x={(steps.x(begin) + steps.x(end)) / 2:.1f} y=14 text-anchor=middle>{text(name)}</text>"
    yield "</svg></div>\n"


def _box(kind: str, left: float, top: float, right: float, bottom: float) -> str:
    width, height = max(0.5, right - left), max(0.0, bottom - top)
    return f"<rect class={kind} x={left:.1f} y={top:.1f} width={width:.1f} height={height:.1f} />"


def _ticks(steps: Steps) -> Iterator[str]:
    for place in range(0, len(steps.edges), max(1, len(steps.edges) // 8)):
        at = steps.edges[place]
        yield f"<text x={steps.x(at):.1f} y={HEIGHT - BELOW + 15} text-anchor=middle>{text(figure(at))}</text>"
    yield f"<text x={(WIDTH + LEFT) / 2} y={HEIGHT - 4} text-anchor=middle>{text(steps.axis)}</text>"
    for value in (0.0, steps.most / 2.2, steps.most / 1.1):
        yield f"<text x={LEFT - 6} y={steps.y(value) + 4:.1f} text-anchor=end>{text(figure(value))}</text>"
