"""The table's invitations, and the notes by which a unicorn finds those that it got.

An item `invitation#<RFQ>` is an RFQ that unicorns price by hand, gone after a day. An RFQ that was over before
anybody was invited has such an item, too, with nothing in it but that it is over.

An item `invited#<unicorn>#<RFQ>` notes one unicorn's invitation. The index `by-unicorn` has the notes of each
unicorn, by deadline. Nobody changes a note: what became of the invitation is in the invitation.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import UUID

from unicorn_mgmt.domain.invitation import Answer, Declined, Invitation, Offer, Verdict
from unicorn_mgmt.domain.unicorn import Place, Rating
from wild_rydes_dynamodb.change import TableBusy
from wild_rydes_dynamodb.instants import from_number, to_number, to_seconds

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_dynamodb.type_defs import AttributeValueTypeDef, WriteRequestTypeDef

INVITATION = "invitation#"
"""How the ids of these items begin."""

BY_UNICORN = "by-unicorn"

MOST_OPEN = 50
"""So many open invitations are shown to a unicorn at once, those that end first. They fit one frame of a socket,
which is 32 KB, and nobody prices as many."""

_NOTE = "invited#"
_KEPT_FOR = timedelta(days=1)
_NOTES_A_WRITE = 25  # the most that DynamoDB takes
_NOTES_A_READ = 100
_TRIES = 3


class InvitationTable:
    """Reads and writes invitations. Each change is one conditional write without a read."""

    def __init__(self, dynamodb: "DynamoDBClient", table_name: str) -> None:
        self._dynamodb = dynamodb
        self._table = table_name

    def open(self, invitation: Invitation) -> Invitation | None:
        """Write an invitation, before anyone hears of it.

        Return what the table holds: the first one written. None if the RFQ was over before that.
        """
        try:
            self._dynamodb.put_item(
                TableName=self._table,
                Item=_item(invitation),
                ConditionExpression="attribute_not_exists(id)",
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except self._dynamodb.exceptions.ConditionalCheckFailedException as error:
            return _opened(error.response["Item"])  # type: ignore[typeddict-item]
        return invitation

    def note(self, invitation: Invitation) -> None:
        """Note with each invited unicorn that it is. The same notes may be written again.

        Raises TableBusy if the table takes some of them only later.
        """
        notes: list[WriteRequestTypeDef] = [
            {"PutRequest": {"Item": _note(unicorn_id, invitation)}} for unicorn_id in invitation.invited
        ]
        for start in range(0, len(notes), _NOTES_A_WRITE):
            left = {self._table: notes[start : start + _NOTES_A_WRITE]}
            for _ in range(_TRIES):
                left = self._dynamodb.batch_write_item(RequestItems=left)["UnprocessedItems"]  # type: ignore[assignment]
                if not left:
                    break
            else:
                raise TableBusy("not all invitations are noted")

    def withdraw(self, rfq_id: str, unicorn_ids: Collection[str]) -> set[str]:
        """Take back the invitations of unicorns that could not be told. Return those that have not answered.

        It is one write, and another whenever one of them has been faster with its answer.
        """
        left = set(unicorn_ids)
        while left:
            names = {f"#u{n}": unicorn_id for n, unicorn_id in enumerate(sorted(left))}
            try:
                self._dynamodb.update_item(
                    TableName=self._table,
                    Key={"id": {"S": INVITATION + rfq_id}},
                    UpdateExpression="REMOVE " + ", ".join(f"invited.{name}" for name in names),
                    ConditionExpression=" AND ".join(
                        f"attribute_not_exists(answers.{name})" for name in names
                    ),
                    ExpressionAttributeNames=names,
                    ReturnValuesOnConditionCheckFailure="ALL_OLD",
                )
            except self._dynamodb.exceptions.ConditionalCheckFailedException as error:
                left -= error.response["Item"]["answers"]["M"].keys()  # type: ignore[typeddict-item]
            else:
                break
        return left

    def close(self, rfq_id: str, now: datetime) -> Invitation | None:
        """Note that an RFQ is over: nobody is invited to it any more, and no further answer counts.

        Return the invitation, None if nobody was invited so far.
        """
        item = self._dynamodb.update_item(
            TableName=self._table,
            Key={"id": {"S": INVITATION + rfq_id}},
            UpdateExpression="SET closed_at = if_not_exists(closed_at, :now),"
            " expires_at = if_not_exists(expires_at, :expires)",
            ExpressionAttributeValues={":now": to_number(now), ":expires": to_seconds(now + _KEPT_FOR)},
            ReturnValues="ALL_NEW",
        )["Attributes"]
        return _opened(item)

    def open_to(self, unicorn_id: str, now: datetime) -> list[Invitation]:
        """List the invitations that a unicorn may still answer, at most MOST_OPEN, in the order of deadlines.

        The index may lag by some milliseconds.
        """
        found: list[Invitation] = []
        for rfq_ids in self._noted(unicorn_id, now):
            found += (each for each in self.read(rfq_ids) if each.is_open_to(unicorn_id, now))
            if len(found) >= MOST_OPEN:
                break
        return sorted(found, key=lambda each: (each.deadline, each.rfq_id))[:MOST_OPEN]

    def _noted(self, unicorn_id: str, now: datetime) -> Iterator[list[str]]:
        """Yield the ids of the RFQs to which a unicorn is invited and whose deadline has not passed, by pages."""
        pages = self._dynamodb.get_paginator("query").paginate(
            TableName=self._table,
            IndexName=BY_UNICORN,
            KeyConditionExpression="unicorn = :unicorn AND deadline > :now",
            ExpressionAttributeValues={":unicorn": {"S": unicorn_id}, ":now": to_number(now)},
            PaginationConfig={"PageSize": _NOTES_A_READ},
        )
        for page in pages:
            yield [item["id"]["S"].removeprefix(f"{_NOTE}{unicorn_id}#") for item in page["Items"]]

    def read(self, rfq_ids: Sequence[str]) -> Iterator[Invitation]:
        """Read the invitations to at most 100 RFQs, in any order. Those to which nobody was invited are left out."""
        left: Any = {}
        if rfq_ids:
            keys = [{"id": {"S": INVITATION + rfq_id}} for rfq_id in rfq_ids]
            left = {self._table: {"Keys": keys, "ConsistentRead": True}}
        while left:
            page = self._dynamodb.batch_get_item(RequestItems=left)
            for item in page["Responses"].get(self._table, ()):
                if (invitation := _opened(item)) and invitation.start and invitation.destination:
                    yield invitation
            left = page["UnprocessedKeys"]

    def answer(self, rfq_id: str, unicorn_id: str, answer: Answer, now: datetime) -> Verdict | None:
        """Write an answer if it may be given. Return the verdict, None if there is no such invitation."""
        try:
            self._dynamodb.update_item(
                TableName=self._table,
                Key={"id": {"S": INVITATION + rfq_id}},
                UpdateExpression="SET answers.#unicorn = :answer",
                ConditionExpression="attribute_exists(invited.#unicorn)"
                " AND attribute_not_exists(answers.#unicorn) AND attribute_not_exists(closed_at)"
                " AND deadline > :now",
                ExpressionAttributeNames={"#unicorn": unicorn_id},
                ExpressionAttributeValues={":answer": {"M": _answer(answer)}, ":now": to_number(now)},
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except self._dynamodb.exceptions.ConditionalCheckFailedException as error:
            stored = _opened(error.response.get("Item", {}))  # type: ignore[arg-type]
            return stored.judge(unicorn_id, answer, now) if stored else None
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
        start=_to_place(item["start"]["M"]) if "start" in item else None,
        destination=_to_place(item["destination"]["M"]) if "destination" in item else None,
        closed_at=from_number(item["closed_at"]) if "closed_at" in item else None,
    )


def _opened(item: Mapping[str, Any]) -> Invitation | None:
    """Decode an item that may be missing, or may have nothing in it but that the RFQ is over."""
    return invitation_from(item) if "invited" in item else None


def _note(unicorn_id: str, invitation: Invitation) -> "dict[str, AttributeValueTypeDef]":
    return {
        "id": {"S": f"{_NOTE}{unicorn_id}#{invitation.rfq_id}"},
        "unicorn": {"S": unicorn_id},
        "deadline": to_number(invitation.deadline),
        "expires_at": to_seconds(invitation.deadline),
    }


def _item(invitation: Invitation) -> dict[str, Any]:
    places = {"start": invitation.start, "destination": invitation.destination}
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
        **{name: {"M": _place(place)} for name, place in places.items() if place},
    }


def _place(place: Place) -> dict[str, Any]:
    return {"lat": {"N": str(place.lat)}, "lon": {"N": str(place.lon)}}


def _to_place(item: Mapping[str, Any]) -> Place:
    return Place(float(item["lat"]["N"]), float(item["lon"]["N"]))


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
