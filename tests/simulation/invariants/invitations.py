"""What holds of the invitations of unicorns that price by hand."""

from collections.abc import Collection, Mapping
from typing import Any

from tests.simulation.invariants.violation import require

_PREFIX = "invitation#"
_MAY_BE_MISSING_FOR = 10.0
"""Seconds: a newer one may be missing in a snapshot."""
_CLOCKS_DIFFER_BY = 2.0


def check_snapshot(
    items: list[Mapping[str, Any]],
    unicorn: str,
    listed: Collection[str],
    now: float,
    *,
    out: Mapping[str, float],
) -> None:
    """Hold a snapshot that has just come to what the table says: whatever was lost with the line is in it.

    `out` tells of each RFQ when all its invitations were out: until then they may still come.
    """
    for item in items:
        rfq_id = item["id"]["S"].removeprefix(_PREFIX)
        if not item["id"]["S"].startswith(_PREFIX) or "invited" not in item or rfq_id in listed:
            continue
        is_open = (
            unicorn in item["invited"]["M"]
            and unicorn not in item["answers"]["M"]
            and "closed_at" not in item
            and int(item["deadline"]["N"]) / 1000 > now + _CLOCKS_DIFFER_BY
        )
        old = now - out.get(rfq_id, now) > _MAY_BE_MISSING_FOR
        require(not (is_open and old), "open-invitations-come-again", f"{unicorn} does not hear of {rfq_id}")
