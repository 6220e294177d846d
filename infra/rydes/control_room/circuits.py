"""The partners' circuits, with the windows in which their calls are counted."""

import threading
import time
from dataclasses import asdict
from typing import Any, Final

from infra import roster
from infra.rydes.cloud.errors import LocalCloudError
from infra.rydes.cloud.system import System
from infra.rydes.control_room.unknown import Unknown
from infra.rydes.operator import modes
from infra.rydes.operator.dashboard import Dashboard, Row, to_json
from infra.rydes.operator.dead_letter_contents import without_personal_data
from wild_rydes_circuit_breaker import Mode, Settings

_SECONDS: Final = 300.0
_SHOWN: Final = 120
"""Calls of a partner that are shown one by one."""
_OF_A_WINDOW: Final = (
    "sliding_window_size",
    "minimum_number_of_calls",
    "failure_rate_threshold",
    "slow_call_rate_threshold",
    "slow_call_duration_threshold",
    "consecutive_failures",
)


class Circuits:
    """Reads circuits and calls, and sets modes."""

    def __init__(self, system: System) -> None:
        self._system = system
        self._dashboard = Dashboard(system, None, _SECONDS)
        self._lock = threading.Lock()  # each look begins where the one before has ended

    def look(self) -> list[dict[str, Any]]:
        """Read all circuits.

        Raises:
            LocalCloudError: they cannot be read.
        """
        with self._lock:
            rows = self._dashboard.rows()
        told = to_json(rows, time.time())
        for circuit in told.values():
            # Reasons are what somebody has typed.
            circuit["reason"] = without_personal_data(circuit["reason"])
            if circuit["set"]:
                circuit["set"]["reason"] = without_personal_data(circuit["set"]["reason"])
        return [{"id": row.id, **told[row.id], **_window(row)} for row in rows]

    def set_mode(self, partner: str, mode: str, reason: str, lasts: str) -> None:
        """Set the mode of a circuit.

        Raises:
            Unknown: there is no such partner.
            LocalCloudError: there is no such mode, or a mode that needs a reason has none.
        """
        if partner not in roster.partners():
            raise Unknown(f"There is no partner {partner}.", f"Choose one of {', '.join(roster.partners())}.")
        if mode not in Mode.__members__:
            raise LocalCloudError(f"{mode} is no mode.", f"One of {', '.join(Mode.__members__)}.")
        order = modes.order(Mode[mode], actor="", reason=reason, lasts=lasts)
        modes.put(self._system, partner, order)


def _window(row: Row) -> dict[str, Any]:
    partner, circuit = roster.partners()[row.id], row.circuit
    settings = asdict(Settings(**partner.get("breaker", {})))
    return {
        "name": partner["name"],
        "by": circuit.by,
        "settings": {name: settings[name] for name in _OF_A_WINDOW},
        "row": circuit.row.count if circuit.row else 0,
        "poll": str(circuit.poll.tally) if circuit.poll else None,
        "probes": len(circuit.probes),
        "calls": [
            {
                "at": call.at * 1000,
                "operation": call.operation,
                "outcome": call.outcome,
                "ms": call.milliseconds,
                "made": call.made,
                "failed": call.failed,
                "rfq": call.rfq,
            }
            for call in row.calls[-_SHOWN:]
        ],
    }
