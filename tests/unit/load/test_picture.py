"""The picture of a load test: an SVG with each line, label and band in its place."""

import math
import xml.etree.ElementTree as ET

from tests.load.picture import LEFT, PANEL, RIGHT, WIDTH, Band, Line, Panel, draw

SVG = "{http://www.w3.org/2000/svg}"
BANDS = [Band("1.0/s", 0.0, 60.0), Band("soak <2>", 60.0, 120.0)]


def drawn(*panels: Panel) -> ET.Element:
    return ET.fromstring(draw(panels, BANDS, "Load & more"))  # noqa: S314 - it is ours


def places(svg: ET.Element) -> list[list[tuple[float, float]]]:
    return [
        [(float(x), float(y)) for x, _, y in (pair.partition(",") for pair in line.attrib["points"].split())]
        for line in svg.iter(f"{SVG}polyline")
    ]


def test_lines_run_over_the_width_and_from_foot_to_top() -> None:
    (line,) = places(drawn(Panel("p", [Line("a", [(0, 0), (60, 5), (120, 10)])])))
    (x0, y0), (x1, y1), (x2, y2) = line
    assert (x0, x2) == (LEFT, WIDTH - RIGHT)
    assert (y0 - y1, y0 - y2) == (PANEL / 2, PANEL)
    assert x1 == (x0 + x2) / 2


def test_a_logarithmic_panel_has_decades_at_one_distance() -> None:
    panel = Panel("p", [Line("a", [(0, 0.1), (30, 1), (60, 10)])], log=True)
    ((_, low), (_, middle), (_, high)) = places(drawn(panel))[0]
    assert (low - middle, middle - high) == (PANEL / 2, PANEL / 2)


def test_a_line_has_a_gap_where_there_is_no_number() -> None:
    points = [(0, math.nan), (30, 1), (60, math.nan), (90, 1), (120, 2)]
    lines = places(drawn(Panel("p", [Line("a", points), Line("b", [])])))
    assert [len(line) for line in lines] == [1, 2]


def test_labels_do_not_cover_each_other() -> None:
    svg = drawn(Panel("p", [Line(name, [(0, 1), (120, 0)]) for name in ("a", "b", "c")]))
    heights = [float(text.attrib["y"]) for text in svg.iter(f"{SVG}text") if text.text in {"a", "b", "c"}]
    assert len({round(height) for height in heights}) == 3
    assert min(b - a for a, b in zip(sorted(heights), sorted(heights)[1:], strict=False)) >= 12


def test_texts_are_escaped_and_there_is_a_title() -> None:
    texts = [text.text for text in drawn(Panel("p", [Line("a", [(0, 1)])])).iter() if text.text]
    assert {"Load & more", "soak <2>", "1.0/s"} <= set(texts)
