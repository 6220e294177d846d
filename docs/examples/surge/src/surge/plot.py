"""A picture of the figures: what all places together ask for in each minute, and which places that is."""

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from html import escape

import h3

from surge.figures import NOTHING, Figures, Spot

PLACES = 12
"""Rows: the busiest places. The rest are told in one line."""
COLUMNS = 120
"""At most. A column of a longer time is several minutes."""

# Told apart by everybody, also in print: https://jfly.uni-koeln.de/color/ and one hue that only gets darker.
ASKED, QUOTED, UNSERVED = "#0072B2", "#E69F00", "#D55E00"
SHADES = ("#DCEAF5", "#B3D1E8", "#82B4D8", "#4C92C3", "#20709F", "#0B4A73")
INK, FAINT, LINE, EMPTY = "#1F2933", "#616E7C", "#DDE3EA", "#F4F6F8"

WIDTH, LEFT, RIGHT = 960, 190, 150
TOP, CHART, GAP, ROW = 112, 170, 92, 24
INNER = WIDTH - LEFT - RIGHT
ROOM_FOR_DOTS = 7


@dataclass(frozen=True)
class _Time:
    """The horizontal axis: columns of `step` minutes each."""

    since: datetime
    until: datetime

    @property
    def minutes(self) -> int:
        return round((self.until - self.since) / timedelta(minutes=1))

    @property
    def step(self) -> int:
        return math.ceil(self.minutes / COLUMNS)

    @property
    def columns(self) -> int:
        return math.ceil(self.minutes / self.step)

    @property
    def width(self) -> float:
        return INNER / self.columns

    def column(self, minute: datetime) -> int:
        return int((minute - self.since) / timedelta(minutes=self.step))

    def left(self, column: float) -> float:
        return LEFT + column * self.width

    def ticks(self) -> Iterator[tuple[float, str]]:
        """Every few minutes, at round ones: at most eight labels."""
        every = next(each for each in (1, 2, 5, 10, 15, 30, 60) if self.minutes / each <= 8)  # noqa: PLR2004
        first = -(self.since.hour * 60 + self.since.minute) % every
        for minute in range(first, self.minutes + 1, every):
            at = self.since + timedelta(minutes=minute)
            yield self.left(minute / self.step), f"{at:%H:%M}"


def plot(figures: Mapping[Spot, Figures], since: datetime, until: datetime) -> str:
    """Draw the figures of the minutes from `since` on and before `until`, at most six hours, as an SVG."""
    time = _Time(since, until)
    places: dict[str, dict[int, Figures]] = {}
    total = [NOTHING] * time.columns
    for spot, counted in figures.items():
        column = time.column(spot.minute)
        row = places.setdefault(spot.cell, {})
        row[column] = row.get(column, NOTHING) + counted
        total[column] += counted
    busiest = sorted(places, key=lambda cell: (-_sum(places[cell].values()).rfqs, cell))
    shown, rest = busiest[:PLACES], busiest[PLACES:]
    height = TOP + CHART + GAP + ROW * max(1, len(shown)) + 64
    parts = [
        *_head(time, _sum(total)),
        *_minutes(time, total),
        *_rows(time, {cell: places[cell] for cell in shown}),
        *_foot(height, len(rest), _sum(each for cell in rest for each in places[cell].values())),
    ]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}"'
        ' role="img" font-family="system-ui, -apple-system, Segoe UI, Helvetica, Arial, sans-serif" font-size="13">'
        f"<title>Requests for rides and their quotes, {since:%d %B %Y %H:%M} to {until:%H:%M} UTC</title>"
        f'<rect width="100%" height="100%" fill="#FFFFFF"/>{"".join(parts)}</svg>'
    )


def _head(time: _Time, total: Figures) -> Iterator[str]:
    yield _text(24, 38, "Requests and quotes", size=22, weight=600)
    per = "minute" if time.step == 1 else f"{time.step} minutes"
    share = f"{total.unquoted} of {total.completed} completed requests got no quote"
    yield _text(24, 60, f"{time.since:%d %B %Y, %H:%M} to {time.until:%H:%M} UTC, by {per}. {share}.", FAINT)
    yield f'<rect x="{LEFT}" y="78" width="12" height="12" fill="{ASKED}"/>'
    yield _text(LEFT + 18, 89, f"requests ({total.rfqs:,})")
    yield f'<path d="M{LEFT + 170} 84h22" stroke="{QUOTED}" stroke-width="2.5"/>'
    yield f'<circle cx="{LEFT + 181}" cy="84" r="3.5" fill="{QUOTED}"/>'
    yield _text(LEFT + 200, 89, f"quotes for them ({total.quotes:,})")


def _minutes(time: _Time, total: list[Figures]) -> Iterator[str]:
    """All places together: bars of requests, and a line of quotes."""
    bottom = TOP + CHART
    steps = _scale(max([each.rfqs for each in total] + [each.quotes for each in total]))
    for value in steps:
        y = bottom - CHART * value / steps[-1]
        yield f'<path d="M{LEFT} {y:.1f}h{INNER}" stroke="{LINE}"/>'
        yield _text(LEFT - 8, y + 4, f"{value:,}", FAINT, anchor="end")
    per = "per minute" if time.step == 1 else f"per {time.step} minutes"
    yield _text(24, 89, f"all places, {per}", FAINT, size=11)
    yield from _time_axis(time, bottom)
    for column, each in enumerate(total):
        if each.rfqs:
            high = CHART * each.rfqs / steps[-1]
            x, width = time.left(column) + 0.12 * time.width, 0.76 * time.width
            yield f'<rect x="{x:.1f}" y="{bottom - high:.1f}" width="{width:.1f}" height="{high:.1f}" fill="{ASKED}"/>'
    points = [
        (time.left(column + 0.5), bottom - CHART * each.quotes / steps[-1])
        for column, each in enumerate(total)
    ]
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    yield f'<polyline points="{path}" fill="none" stroke="#FFFFFF" stroke-width="5" stroke-linejoin="round"/>'
    yield f'<polyline points="{path}" fill="none" stroke="{QUOTED}" stroke-width="2.5" stroke-linejoin="round"/>'
    for (x, y), each in zip(points, total, strict=True):
        if each.quotes and time.width > ROOM_FOR_DOTS:
            yield f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="{QUOTED}" stroke="#FFFFFF"/>'


def _rows(time: _Time, places: Mapping[str, Mapping[int, Figures]]) -> Iterator[str]:
    """A row of tiles for each place: the darker, the more requests."""
    top = TOP + CHART + GAP
    if not places:
        yield _text(LEFT, top + 16, "Nobody asked for a ride in this time.", FAINT)
        return
    most = max(each.rfqs for row in places.values() for each in row.values())
    yield _text(24, top - 30, "The busiest places", size=15, weight=600)
    yield _text(24, top - 12, "middle of the cell", FAINT, size=11)
    yield from _key(most, top - 40)
    yield _text(WIDTH - 84, top - 12, "requests", FAINT, anchor="end", size=11)
    yield _text(WIDTH - 24, top - 12, "quotes", FAINT, anchor="end", size=11)
    for number, (cell, row) in enumerate(places.items()):
        y, whole = top + number * ROW, _sum(row.values())
        yield f"<g><title>H3 cell {escape(cell)}</title>"
        yield _text(24, y + 16, _where(cell))
        yield f'<rect x="{LEFT}" y="{y + 2}" width="{INNER}" height="{ROW - 4}" fill="{EMPTY}"/>'
        for column, each in sorted(row.items()):
            x = time.left(column)
            yield f'<rect x="{x + 0.5:.1f}" y="{y + 2}" width="{max(1.0, time.width - 1):.1f}" height="{ROW - 4}" fill="{_shade(each.rfqs, most)}"/>'
            if each.unquoted:
                yield f'<circle cx="{x + time.width / 2:.1f}" cy="{y + ROW / 2}" r="{min(4.0, time.width / 2):.1f}" fill="{UNSERVED}" stroke="#FFFFFF"/>'
        yield _text(WIDTH - 84, y + 16, f"{whole.rfqs:,}", anchor="end")
        yield _text(WIDTH - 24, y + 16, f"{whole.quotes:,}", anchor="end")
        yield "</g>"
    yield from _time_axis(time, top + len(places) * ROW)


def _key(most: int, y: float) -> Iterator[str]:
    """What the shades say, and the dot."""
    shades = SHADES if most >= len(SHADES) else tuple(_shade(each, most) for each in range(1, most + 1))
    ends = WIDTH - RIGHT
    begins = ends - 22 * len(shades)
    yield _text(begins - 8, y + 11, "requests in a tile:  1", FAINT, anchor="end", size=11)
    for number, shade in enumerate(shades):
        yield f'<rect x="{begins + 22 * number}" y="{y}" width="22" height="14" fill="{shade}"/>'
    if most > 1:
        yield _text(ends + 6, y + 11, f"{most:,}", FAINT, size=11)
    yield f'<circle cx="{LEFT + 6}" cy="{y + 7}" r="4" fill="{UNSERVED}"/>'
    yield _text(LEFT + 16, y + 11, "some got no quote", FAINT, size=11)


def _foot(height: int, more: int, rest: Figures) -> Iterator[str]:
    note = f"{more:,} more places had {rest.rfqs:,} requests and {rest.quotes:,} quotes. " if more else ""
    yield _text(24, height - 16, f"{note}Places are H3 cells of about 5 km².", FAINT, size=11)


def _time_axis(time: _Time, y: float) -> Iterator[str]:
    yield f'<path d="M{LEFT} {y}h{INNER}" stroke="{FAINT}"/>'
    for x, label in time.ticks():
        yield f'<path d="M{x:.1f} {y}v5" stroke="{FAINT}"/>'
        yield _text(x, y + 19, label, FAINT, anchor="middle", size=11)


def _text(  # noqa: PLR0917
    x: float, y: float, text: str, fill: str = INK, anchor: str = "start", size: int = 13, weight: int = 400
) -> str:
    style = f'fill="{fill}" font-size="{size}" font-weight="{weight}" text-anchor="{anchor}"'
    return f'<text x="{x:.1f}" y="{y:.1f}" {style}>{escape(text)}</text>'


def _scale(most: int) -> list[int]:
    """Round steps from 0 to at least `most`, four or five of them."""
    for power in range(12):
        for first in (1, 2, 5):
            step = first * 10**power
            if most <= 5 * step:
                return [step * number for number in range(max(1, math.ceil(most / step)) + 1)]
    raise ValueError(most)


def _shade(rfqs: int, most: int) -> str:
    if most <= 1:
        return SHADES[2]
    return SHADES[(rfqs - 1) * (len(SHADES) - 1) // (most - 1)] if rfqs else SHADES[0]


def _where(cell: str) -> str:
    lat, lon = h3.cell_to_latlng(cell)
    return f"{abs(lat):.2f}° {'N' if lat >= 0 else 'S'}  {abs(lon):.2f}° {'E' if lon >= 0 else 'W'}"


def _sum(figures: Iterable[Figures]) -> Figures:
    return sum(figures, NOTHING)
