"""What the service needs of AWS, in memory: fast enough to try thousands of histories.

It knows just the expressions of `feedback.adapters.feedback_table`; anything else is a KeyError.
`test_feedback_table.py` holds it to what DynamoDB does.
"""

import base64
import json
import pickle
import uuid
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from botocore.exceptions import ClientError

from feedback.adapters.feedback_table import BY_CALLBACK, BY_DUE, BY_OPT_OUT

Item = dict[str, Any]

_CONDITIONS: dict[str, Callable[[Item | None, Any], bool]] = {
    "attribute_not_exists(id)": lambda item, _: item is None,
    "revision = :was": lambda item, v: item is not None and item["revision"] == v[":was"],
    "tallied = :was": lambda item, v: item is not None and item["tallied"] == v[":was"],
    "asked_at = :was": lambda item, v: item is not None and item["asked_at"] == v[":was"],
}


class TransactionCancelled(ClientError):
    """TransactionCanceledException."""


class NoUser(Exception):
    """UserNotFoundException."""


class Memory:
    """Table, stream, bus, dead-letter queue and user pool. `on_call` is told before and after each call."""

    exceptions = SimpleNamespace(
        TransactionCanceledException=TransactionCancelled, UserNotFoundException=NoUser
    )

    def __init__(self) -> None:
        self.on_call: Callable[[], None] = lambda: None
        self._items: dict[str, Item] = {}
        self._records: list[dict[str, Any]] = []
        self._events: list[dict[str, Any]] = []
        self._users: dict[str, dict[str, str]] = {}
        self.dynamodb: Any = self
        self.events: Any = self
        self.cognito: Any = self
        self.sqs: Any = self
        self.kms: Any = self
        self._parked: list[dict[str, str]] = []
        self.pool = self.dead = self.table = self.key = ""

    # -- DynamoDB ------------------------------------------------------------------------------------------------

    def get_item(self, *, Key: Any, **_: Any) -> Any:  # noqa: N803
        self.on_call()
        item = _copy(self._items.get(Key["id"]["S"]))
        self.on_call()
        return {"Item": item} if item else {}

    def transact_write_items(self, *, TransactItems: Any) -> None:  # noqa: N803
        self.on_call()
        codes = []
        for ((kind, write),) in map(dict.items, TransactItems):
            id_ = write["Item" if kind == "Put" else "Key"]["id"]["S"]
            condition = write.get("ConditionExpression")
            met = not condition or _CONDITIONS[condition](
                self._items.get(id_), write.get("ExpressionAttributeValues")
            )
            codes.append({"Code": "None" if met else "ConditionalCheckFailed"})
        if any(code["Code"] != "None" for code in codes):
            answer: Any = {
                "Error": {"Code": "TransactionCanceledException"},
                "CancellationReasons": codes,
            }
            raise TransactionCancelled(answer, "TransactWriteItems")
        for ((kind, write),) in map(dict.items, TransactItems):
            if kind == "Put":
                self._set(write["Item"])
            else:
                self._set(_tallied(self._items.get(write["Key"]["id"]["S"]) or write["Key"], write))
        self.on_call()

    def query(self, *, IndexName: str, ExpressionAttributeValues: Any, **_: Any) -> Any:  # noqa: N803
        self.on_call()
        if IndexName == BY_DUE:
            now = _n(ExpressionAttributeValues[":now"])
            due = [item for item in self._items.values() if "due" in item and _n(item["due_at"]) <= now]
            found = [{"id": item["id"]} for item in sorted(due, key=lambda item: _n(item["due_at"]))]
        else:
            name = {BY_CALLBACK: "callback", BY_OPT_OUT: "opt_outs"}[IndexName]
            found = [_copy(item) for item in self._items.values() if name in item]
            found.sort(key=lambda item: _n(item[f"{name}_at"]))
        self.on_call()
        return {"Items": found}

    def items(self) -> list[Item]:
        return list(self._items.values())

    def records(self) -> list[dict[str, Any]]:
        records, self._records = self._records, []
        return records

    def _set(self, item: Item) -> None:
        key = {"id": item["id"]}
        change: dict[str, Any] = {"Keys": key, "NewImage": _copy(item)}
        if old := self._items.get(item["id"]["S"]):
            change["OldImage"] = old
        self._items[item["id"]["S"]] = change["NewImage"]
        self._records.append({"dynamodb": change})

    # -- the others ----------------------------------------------------------------------------------------------

    def put_events(self, *, Entries: Any) -> Any:  # noqa: N803
        self.on_call()
        self._events += [
            {
                "source": entry["Source"],
                "detail-type": entry["DetailType"],
                "detail": json.loads(entry["Detail"]),
            }
            for entry in Entries
        ]
        self.on_call()
        return {"Entries": [{"EventId": str(uuid.uuid4())} for _ in Entries]}

    def told(self) -> list[dict[str, Any]]:
        events, self._events = self._events, []
        return events

    def send_message(self, *, MessageAttributes: Any, **_: Any) -> None:  # noqa: N803
        """Park a message. Nothing else is ever sent."""
        self._parked.append({name: value["StringValue"] for name, value in MessageAttributes.items()})

    def parked(self) -> list[dict[str, str]]:
        parked, self._parked = self._parked, []
        return parked

    def encrypt(self, *, Plaintext: bytes, EncryptionContext: Any, **_: Any) -> Any:  # noqa: N803
        self.on_call()
        sealed = base64.b85encode(pickle.dumps((Plaintext, EncryptionContext)))
        self.on_call()
        return {"CiphertextBlob": sealed}

    def decrypt(self, *, CiphertextBlob: bytes, EncryptionContext: Any) -> Any:  # noqa: N803
        self.on_call()
        plaintext, context = pickle.loads(base64.b85decode(CiphertextBlob))  # noqa: S301 - our own
        assert context == EncryptionContext, "InvalidCiphertextException"
        self.on_call()
        return {"Plaintext": plaintext}

    def admin_create_user(self, *, Username: str, UserAttributes: Any, **_: Any) -> None:  # noqa: N803
        self._users[Username] = UserAttributes

    def admin_get_user(self, *, Username: str, **_: Any) -> Any:  # noqa: N803
        self.on_call()
        if Username not in self._users:
            raise NoUser
        return {"UserAttributes": self._users[Username]}

    def close(self) -> None:
        pass


def _copy(item: Item | None) -> Any:
    return pickle.loads(pickle.dumps(item))  # noqa: S301 - our own; several times faster than copy.deepcopy


def _tallied(item: Item, write: Any) -> Item:
    values = write["ExpressionAttributeValues"]
    match write["UpdateExpression"]:
        case "SET tallied = :number, revision = revision + :one":
            return {**item, "tallied": values[":number"], "revision": {"N": str(_n(item["revision"]) + 1)}}
        case "SET latest = :latest ADD scores :count, #total :total, ahead :ahead":
            added = {"scores": ":count", "total": ":total", "ahead": ":ahead"}
            sums = {
                name: {"N": str(_n(item.get(name, {"N": "0"})) + _n(values[value]))}
                for name, value in added.items()
            }
            return {**item, "latest": values[":latest"], **sums}
    raise KeyError(write["UpdateExpression"])


def _n(attribute: Any) -> int:
    return int(attribute["N"])
