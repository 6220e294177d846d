"""Documents with something in them that Macie finds."""

from infra.rydes.simulators.invoices.layouts import LAYOUTS
from infra.rydes.simulators.invoices.sheet import Paper, Sheet


def pdf_that_says(*lines: str) -> bytes:
    """Draw a page with these lines."""
    layout = LAYOUTS[0]
    sheet = Sheet(Paper(layout.format, 0, 0.0), family=layout.family)
    for number, line in enumerate(lines):
        sheet.text(60, 80 + 20 * number, line)
    return sheet.pdf()
