"""DynamoDB on its worst day: what is read without ConsistentRead is as it was before the last write.

moto and the emulator always answer with the newest state; AWS promises that to consistent reads alone.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.dynamodb.models import dynamodb_backends
from moto.dynamodb.models.dynamo_type import DynamoType

_WRITES = ("Put", "Update", "Delete")

Item = Mapping[str, Any]


class LaggingReads:
    """Follows the calls of one client, and serves those that may be stale with what was there before.

    Reads of indexes are left alone: nobody can ask for consistent ones.
    """

    def __init__(self, region: str) -> None:
        self._region = region
        self._before: dict[tuple[str, str], Item | None] = {}
        self.moments = 0
        """How many have passed."""

    @contextmanager
    def lag(self, dynamodb: Any) -> Iterator[None]:
        """Let the reads of this client lag."""
        self.catch_up()
        events = dynamodb.meta.events
        events.register_first("before-call.dynamodb", self._called)
        events.register_first("after-call.dynamodb.GetItem", self._got)
        events.register_first("after-call.dynamodb.BatchGetItem", self._got_some)
        try:
            yield
        finally:
            events.unregister("before-call.dynamodb", self._called)
            events.unregister("after-call.dynamodb.GetItem", self._got)
            events.unregister("after-call.dynamodb.BatchGetItem", self._got_some)

    def catch_up(self) -> None:
        """A moment passes: all that was written so far is what any read finds."""
        self._before.clear()
        self.moments += 1

    def _called(self, model: Any, params: Mapping[str, Any], context: dict[str, Any], **_: Any) -> None:
        request = json.loads(params["body"])
        context["request"] = request
        if model.name == "TransactWriteItems":
            for entry in request["TransactItems"]:
                for kind in _WRITES:
                    if kind in entry:
                        self._remember(entry[kind])
        elif model.name.removesuffix("Item") in _WRITES:
            self._remember(request)

    def _remember(self, write: Mapping[str, Any]) -> None:
        tables = dynamodb_backends[DEFAULT_ACCOUNT_ID][self._region].tables
        if write["TableName"] not in tables:  # the call itself says so
            return
        table = tables[write["TableName"]]
        item = write.get("Key") or write["Item"]
        key = {name: item[name] for name in (table.hash_key_attr, table.range_key_attr) if name}
        found: Any = table.get_item(*map(DynamoType, key.values()))  # type: ignore[arg-type]
        self._before[table.name, json.dumps(key)] = found.to_json()["Attributes"] if found else None

    def _got(self, parsed: dict[str, Any], context: Mapping[str, Any], **_: Any) -> None:
        request = context.get("request")
        if not request:  # somebody else has answered
            return
        place = request["TableName"], json.dumps(request["Key"])
        if request.get("ConsistentRead") or place not in self._before:
            return
        parsed.pop("Item", None)
        if before := self._before[place]:
            parsed["Item"] = before

    def _got_some(self, parsed: dict[str, Any], context: Mapping[str, Any], **_: Any) -> None:
        for table, request in context.get("request", {}).get("RequestItems", {}).items():
            if request.get("ConsistentRead"):
                continue
            places = [(table, json.dumps(key)) for key in request["Keys"]]
            lagging = [place for place in places if place in self._before]
            keys = {place[1] for place in lagging}
            name_of = tuple(request["Keys"][0])
            kept = [
                item
                for item in parsed["Responses"].get(table, [])
                if json.dumps({name: item[name] for name in name_of}) not in keys
            ]
            parsed["Responses"][table] = kept + [item for place in lagging if (item := self._before[place])]
