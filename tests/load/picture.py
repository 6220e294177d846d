"""The picture of a run: panels one below the other over one axis of time, as an SVG that reads well in light and dark."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

WIDTH, LEFT, RIGHT, TOP = 900, 44, 196, 44
PANEL, GAP, TITLE = 150, 20, 22
_LABEL = 13
"""Pixels between the labels of lines that end at one height."""
_TICKS = 4
_LIGHT = {
    "paper": "#ffffff", "band": "#f3f5f8", "rule": "#d1d9e0", "faint": "#59636e", "ink": "#1f2328",
    "lines": ("#0969da", "#bc4c00", "#1a7f37", "#8250df", "#59636e"),
}  # fmt: skip
_DARK = {
    "paper": "#0d1117", "band": "#161b22", "rule": "#3d444d", "faint": "#9198a1", "ink": "#f0f6fc",
    "lines": ("#4493f8", "#f0883e", "#3fb950", "#ab7df8", "#9198a1"),
}  # fmt: skip


@dataclass(frozen=True)
class Line:
    """A line and what is written at its end. Where a value is no number, it has a gap."""

    label: str
    points: Sequence[tuple[float, float]]


@dataclass(frozen=True)
class Panel:
    """Lines on one scale. A logarithmic one has decades only."""

    title: str
    lines: Sequence[Line]
    log: bool = False


@dataclass(frozen=True)
class Band:
    """A part of the time, and what is written above it."""

    label: str
    began: float
    ended: float


class _Scale:
    """From values to heights above the foot of a panel."""

    def __init__(self, values: Iterable[float], *, log: bool) -> None:
        known = [value for value in values if math.isfinite(value) and (value > 0 or not log)]
        self._log = log
        if log:
            self._low: float = math.floor(math.log10(min(known, default=1)))
            self._high: float = max(self._low + 1, math.ceil(math.log10(max(known, default=10))))
            self.ticks = [10.0**power for power in range(self._low, self._high + 1)]
        else:
            pace = _pace(max(known, default=0))
            count = max(1, math.ceil(max(known, default=0) / pace))
            self.ticks = [pace * number for number in range(count + 1)]
            self._low, self._high = 0, self.ticks[-1]

    def height(self, value: float) -> float:
        """Pixels above the foot."""
        place = math.log10(max(value, 10**self._low)) if self._log else value
        return PANEL * (place - self._low) / (self._high - self._low)


def draw(panels: Sequence[Panel], bands: Sequence[Band], title: str) -> str:
    """Draw the picture; its text."""
    began, ended = min(band.began for band in bands), max(band.ended for band in bands)
    across = WIDTH - LEFT - RIGHT

    def x(at: float) -> float:
        return LEFT + across * (at - began) / (ended - began)

    height = TOP + len(panels) * (TITLE + PANEL + GAP) + 16
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img">',
        f"<title>{escape(title)}</title><style>{_style()}</style>",
        f'<rect class="paper" width="{WIDTH}" height="{height}"/>',
    ]
    foot = height - GAP - 16
    for number, band in enumerate(bands):
        left, right = x(band.began), x(band.ended)
        if number % 2 == 0:
            parts.append(
                f'<rect class="band" x="{left:.1f}" y="{TOP}" width="{right - left:.1f}" height="{foot - TOP}"/>'
            )
        parts.append(_text((left + right) / 2, TOP - 8, band.label, "middle"))
    for number, panel in enumerate(panels):
        base = TOP + number * (TITLE + PANEL + GAP) + TITLE + PANEL
        parts += _panel(panel, base, [(x(at), at) for at in (began, ended)])
    minutes = range(int(ended - began) // 60 + 1)
    parts += [_text(x(began + 60 * minute), foot + 18, f"{minute} min", "middle") for minute in minutes]
    return "\n".join([*parts, "</svg>", ""])


def _style() -> str:
    """Colors in light and dark. Without variables, which some viewers do not know."""
    return (
        'text { font: 12px system-ui, -apple-system, "Segoe UI", Helvetica, Arial, sans-serif }\n'
        ".title { font-weight: 600 } .line { fill: none; stroke-width: 1.8; stroke-linejoin: round;"
        " stroke-linecap: round }\n"
        f"{_colors(_LIGHT)}@media (prefers-color-scheme: dark) {{\n{_colors(_DARK)}}}"
    )


def _colors(theme: Mapping[str, Any]) -> str:
    lines = [
        f".line.c{number} {{ stroke: {color} }} text.c{number} {{ fill: {color} }}"
        for number, color in enumerate(theme["lines"])
    ]
    return (
        "\n".join(
            [
                f".paper {{ fill: {theme['paper']} }} .band {{ fill: {theme['band']} }}",
                f".rule {{ stroke: {theme['rule']} }} text {{ fill: {theme['faint']} }}",
                f"text.title {{ fill: {theme['ink']} }}",
                *lines,
            ]
        )
        + "\n"
    )


def _panel(panel: Panel, base: float, ends: Sequence[tuple[float, float]]) -> list[str]:
    """A panel above its foot; two places of the axis say where instants are."""
    (left, began), (right, ended) = ends
    scale = _Scale((value for line in panel.lines for _, value in line.points), log=panel.log)
    parts = [_text(LEFT, base - PANEL - 7, panel.title, "start", "title")]
    for tick in scale.ticks:
        y = base - scale.height(tick)
        parts.append(f'<line class="rule" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>')
        parts.append(_text(LEFT - 6, y + 4, f"{tick:,g}", "end"))
    last: list[tuple[float, int, str]] = []
    for color, line in enumerate(panel.lines):
        pieces: list[list[tuple[float, float]]] = [[]]
        for at, value in line.points:
            if math.isfinite(value):
                x = left + (right - left) * (at - began) / (ended - began)
                pieces[-1].append((x, base - scale.height(value)))
            elif pieces[-1]:
                pieces.append([])
        for piece in filter(None, pieces):
            path = " ".join(f"{x:.1f},{y:.1f}" for x, y in piece)
            parts.append(f'<polyline class="line c{color}" points="{path}"/>')
            ends_at = piece[-1][1]
        if pieces[0]:
            last.append((ends_at, color, line.label))
    parts += [
        _text(WIDTH - RIGHT + 8, y + 4, label, "start", f"c{color}") for y, color, label in _apart(last, base)
    ]
    return parts


def _apart(labels: list[tuple[float, int, str]], base: float) -> list[tuple[float, int, str]]:
    """Labels moved up until none covers another; the lowest stays above the foot."""
    placed: list[tuple[float, int, str]] = []
    for y, color, label in sorted(labels, reverse=True):
        lowest = placed[-1][0] - _LABEL if placed else base
        placed.append((min(y, lowest), color, label))
    return placed


def _pace(most: float) -> float:
    """The distance of ticks: one, two or five times a power of ten."""
    if most <= 0:
        return 1
    rough = most / _TICKS
    power = 10.0 ** math.floor(math.log10(rough))
    return next(power * step for step in (1, 2, 5, 10) if power * step >= rough)


def _text(x: float, y: float, text: str, anchor: str, style: str = "") -> str:
    named = f' class="{style}"' if style else ""
    return f'<text{named} x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'
