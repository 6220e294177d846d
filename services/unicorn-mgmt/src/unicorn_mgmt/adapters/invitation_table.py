"""The table's items `invitation#<RFQ>`: one for each RFQ that unicorns price by hand, gone after a day."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import UUID

from unicorn_mgmt.domain.invitation import Answer, Declined, Invitation, Offer, Verdict
from unicorn_mgmt.domain.unicorn import Rating
from wild_rydes_dynamodb.instants import from_number, to_number, to_seconds

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

INVITATION = "invitation#"
"""How the ids of these items begin."""

_KEPT_FOR = timedelta(days=1)


class InvitationTable:
    """Reads and writes invitations, each with one conditional write and no read."""

    def __init__(self, dynamodb: "DynamoDBClient", table_name: str) -> None:
        self._dynamodb = dynamodb
        self._table = table_name

    def open(self, invitation: Invitation) -> Invitation:
        """Write an invitation, before anyone hears of it.

        Return what the table holds: the first one written.
        """
        try:
            self._dynamodb.put_item(
                TableName=self._table,
                Item=_item(invitation),
                ConditionExpression="attribute_not_exists(id)",
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except self._dynamodb.exceptions.ConditionalCheckFailedException as error:
            return invitation_from(error.response["Item"])  # type: ignore[typeddict-item]
        return invitation

    def answer(self, rfq_id: str, unicorn_id: str, answer: Answer, now: datetime) -> Verdict | None:
        """Write an answer if it may be given. Return the verdict, None if there is no such invitation."""
        try:
            self._dynamodb.update_item(
                TableName=self._table,
                Key={"id": {"S": INVITATION + rfq_id}},
                UpdateExpression="SET answers.#unicorn = :answer",
                ConditionExpression="attribute_exists(invited.#unicorn)"
                " AND attribute_not_exists(answers.#unicorn) AND deadline > :now",
                ExpressionAttributeNames={"#unicorn": unicorn_id},
                ExpressionAttributeValues={":answer": {"M": _answer(answer)}, ":now": to_number(now)},
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except self._dynamodb.exceptions.ConditionalCheckFailedException as error:
            stored = error.response.get("Item")
            return invitation_from(stored).judge(unicorn_id, answer, now) if stored else None  # type: ignore[arg-type]
        return Verdict.ACCEPTED


def invitation_from(item: Mapping[str, Any]) -> Invitation:
    """Decode the invitation in an item or a stream's image.

    Raises KeyError, TypeError or ValueError if it holds none.
    """
    return Invitation(
        rfq_id=item["id"]["S"].removeprefix(INVITATION),
        invited={key: name["S"] for key, name in item["invited"]["M"].items()},
        deadline=from_number(item["deadline"]),
        reply_to=item["reply_to"]["S"],
        correlation_id=item["correlation_id"]["S"],
        cause=UUID(item["cause"]["S"]),
        caused_at=from_number(item["caused_at"]),
        answers={key: _to_answer(answer["M"]) for key, answer in item["answers"]["M"].items()},
        ratings={key: _to_rating(rating["L"]) for key, rating in item["ratings"]["M"].items()}
        if "ratings" in item
        else {},
    )


def _item(invitation: Invitation) -> dict[str, Any]:
    return {
        "id": {"S": INVITATION + invitation.rfq_id},
        "invited": {"M": {key: {"S": name} for key, name in invitation.invited.items()}},
        "deadline": to_number(invitation.deadline),
        "reply_to": {"S": invitation.reply_to},
        "correlation_id": {"S": invitation.correlation_id},
        "cause": {"S": str(invitation.cause)},
        "caused_at": to_number(invitation.caused_at),
        "answers": {"M": {key: {"M": _answer(answer)} for key, answer in invitation.answers.items()}},
        "ratings": {"M": {key: {"L": _rating(rating)} for key, rating in invitation.ratings.items()}},
        "expires_at": to_seconds(invitation.deadline + _KEPT_FOR),
    }


def _answer(answer: Answer) -> dict[str, Any]:
    if isinstance(answer, Declined):
        return {"d": {"S": answer.reason}}
    return {
        "p": {"N": str(answer.amount)},
        "c": {"S": answer.currency},
        "s": {"N": str(answer.pickup_seconds)},
    }


def _to_answer(item: Mapping[str, Any]) -> Answer:
    if "d" in item:
        return Declined(item["d"]["S"])
    return Offer(Decimal(item["p"]["N"]), item["c"]["S"], int(item["s"]["N"]))


def _rating(rating: Rating) -> list[dict[str, Any]]:
    return [{"N": str(rating.count)}, {"N": str(rating.total)}]


def _to_rating(item: Sequence[Mapping[str, Any]]) -> Rating:
    count, total = item
    return Rating(int(count["N"]), int(total["N"]))
