"""What holds of the invitations of unicorns that price by hand."""

from collections.abc import Collection, Mapping
from typing import Any

from tests.simulation.invariants.violation import require

_PREFIX = "invitation#"
_CLOCKS_DIFFER_BY = 2.0


def check_snapshot(
    items: list[Mapping[str, Any]],
    unicorn: str,
    listed: Collection[str],
    now: float,
    *,
    out: Collection[str],
) -> None:
    """Hold a snapshot that has just come to what the table says: whatever was lost with the line is in it.

    `out` has the RFQs all of whose invitations were out before the app asked: others may still come.
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
        require(
            not (is_open and rfq_id in out),
            "open-invitations-come-again",
            f"{unicorn} does not hear of {rfq_id}",
        )
