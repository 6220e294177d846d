"""What is special about transactions: their limits, their tokens and how they are cancelled."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from tests.simulation.aws.dynamo.refusal import Refusal, invalid
from tests.simulation.aws.dynamo.writes import Write

MOST = 100
REMEMBERED_FOR = 600.0
"""Seconds for which a token makes a transaction idempotent."""


class Tokens:
    """The transactions that were done of late, by their tokens."""

    def __init__(self) -> None:
        self._done: dict[str, tuple[str, float]] = {}

    def done(self, request: Mapping[str, Any], now: float) -> bool:
        """Tell whether this very transaction was done."""
        if (token := request.get("ClientRequestToken")) not in self._done:
            return False
        items, at = self._done[token]
        if now - at >= REMEMBERED_FOR:
            return False
        if items != _text(request):
            raise Refusal(
                "IdempotentParameterMismatchException",
                "ClientRequestToken provided was used with different parameters",
            )
        return True

    def note(self, request: Mapping[str, Any], now: float) -> None:
        """Remember that it is done."""
        if token := request.get("ClientRequestToken"):
            self._done[token] = _text(request), now


def require_distinct(writes: Sequence[Write]) -> None:
    """Refuse too many writes, and two of one item."""
    if len(writes) > MOST:
        raise invalid(
            "1 validation error detected: Value at 'transactItems' failed to satisfy constraint: Member must have"
            f" length less than or equal to {MOST}"
        )
    if len({write.place for write in writes}) != len(writes):
        raise invalid("Transaction request cannot include multiple operations on one item")


def cancelled(refusals: Sequence[Refusal | None]) -> Refusal:
    """Make the refusal of a transaction by those of its writes."""
    reasons = [_reason(refusal) for refusal in refusals]
    codes = ", ".join(reason["Code"] for reason in reasons)
    return Refusal(
        "TransactionCanceledException",
        f"Transaction cancelled, please refer cancellation reasons for specific reasons [{codes}]",
        CancellationReasons=reasons,
    )


def _reason(refusal: Refusal | None) -> dict[str, Any]:
    if refusal is None:
        return {"Code": "None"}
    code = {
        "ConditionalCheckFailedException": "ConditionalCheckFailed",
        "ValidationException": "ValidationError",
    }[refusal.code]
    return {"Code": code, "Message": refusal.message, **refusal.more}


def _text(request: Mapping[str, Any]) -> str:
    return json.dumps(request["TransactItems"], sort_keys=True, default=repr)
