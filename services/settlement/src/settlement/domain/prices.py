"""What work costs at list prices, read from prices.toml."""

import tomllib
from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from importlib.resources import files
from typing import Final

SMALLEST: Final = Decimal("0.000000001")
"""Costs are rounded to billionths of a dollar: a page costs some millionths."""

_MIB_OF_A_GB: Final = 1024


@cache
def prices() -> Mapping[str, Decimal]:
    """Read the prices in dollars. They are the same in every call."""
    rows = tomllib.loads(files(__package__).joinpath("prices.toml").read_text(encoding="utf-8"))
    return {name: Decimal(price) for name, price in rows.items()}


def of_function(seconds: float, memory_mib: int) -> Decimal:
    """Return what a function costs for so many seconds, its invocation included."""
    gb_seconds = Decimal(str(round(seconds, 6))) * memory_mib / _MIB_OF_A_GB
    listed = prices()
    return (gb_seconds * listed["lambda-gb-second"] + listed["lambda-request"]).quantize(SMALLEST)


def shared(cost: Decimal, pages: int) -> Decimal:
    """Return the share of each of so many pages in a cost."""
    return (cost / pages).quantize(SMALLEST)
