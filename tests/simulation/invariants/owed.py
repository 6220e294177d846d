"""The ledger of settlement says what the bus has said of partners' rides: all of it, and nothing else."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from tests.simulation.invariants.violation import require

Item = Mapping[str, Any]


def check(items: Iterable[Item], told: Iterable[tuple[str, Item]]) -> None:
    """Hold the items of the table to the events, by name and detail, at the end."""
    holds = {
        item["id"]["S"].removeprefix("ride#"): {
            name: value
            for name, kinds in item.items()
            for value in kinds.values()
            if name not in ("id", "expires_at")
        }
        for item in items
    }
    wanted: defaultdict[str, dict[str, str]] = defaultdict(dict)
    for name, detail in told:
        data = detail["data"]
        if name not in ("QuoteAccepted", "RideCompleted") or not data["responder_id"].startswith("p-"):
            continue
        facts = wanted[data["ride_id"]]
        facts["payee"] = data["responder_id"]
        if name == "QuoteAccepted":
            facts |= {"price": data["price"]["amount"], "currency": data["price"]["currency"]}
        else:
            at = datetime.fromisoformat(data["completed_at"])
            facts["completed_at"] = str(round(at.timestamp() * 1000))
    require(holds == wanted, "what-is-owed-is-what-was-told", f"{holds}, and not {dict(wanted)}")
