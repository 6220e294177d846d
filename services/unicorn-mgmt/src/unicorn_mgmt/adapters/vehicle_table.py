"""The table of vehicles: partners' fleets, as they have imported them.

An item is a vehicle, under the id by which it quotes. One that is not retired has a `cell` and a `path` in it, which makes
the index `by-cell` sparse. The index has what a quote takes and no more.

An import writes an item as a whole, and only if it differs, which a fingerprint of it tells. It says by which import it
was written and what that did to it: an import that is taken up again after a crash counts as if there had been none.
The table has no stream: no vehicle is news to anybody, and a fleet would keep a service's outbox busy for minutes.
"""

import hashlib
import random
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from unicorn_mgmt.domain.rate_card import RateCard
from unicorn_mgmt.domain.unicorn import Place
from unicorn_mgmt.domain.vehicle import Filed, Vehicle
from wild_rydes_dynamodb.change import TableBusy
from wild_rydes_messaging.backoff import Backoff

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

INDEX: Final = "by-cell"
INDEXED: Final = ("fleet", "vehicle", "name", "base", "per_km", "minimum", "currency", "max_km", "lat", "lon")
"""What the index has of a vehicle besides its keys."""

READS_AT_ONCE: Final = 8
"""Areas read at the same time. botocore keeps ten connections open."""

PAGE_SIZE: Final = 64
"""Vehicles read of an area at most: more than a request for quotes asks, in 16 KB or so, for two read units."""

_FORM: Final = "1"
"""Of items. Another is written to all of them by the next import of each fleet."""

_READ_OF: Final = 100  # keys of one BatchGetItem
_WRITE_OF: Final = 25  # puts of one BatchWriteItem
_TRIES: Final = 10
_BACKOFF: Final = Backoff(base=0.05, cap=2)
_BY_NOBODY: Final = ""

Item = Mapping[str, Any]


class Written(NamedTuple):
    """How many vehicles an import has created, changed, and left as they were."""

    created: int
    changed: int
    unchanged: int


class Page(NamedTuple):
    """Vehicles in an area, by their paths, and whether these are all of them."""

    vehicles: Sequence[Vehicle]
    complete: bool


@dataclass(frozen=True)
class VehicleTable:
    """Reads and writes vehicles. `sleep`, in seconds, is for writes that are throttled."""

    dynamodb: "DynamoDBClient"
    table: str
    sleep: Callable[[float], None] = time.sleep
    uniform: Callable[[float, float], float] = random.uniform

    def write(self, vehicles: Sequence[Vehicle], import_id: str = _BY_NOBODY) -> Written:
        """Put vehicles on the books as they are given, in the place of what was there.

        Writes only those that differ. The same may be written again, also at the same time: with the same `import_id` each
        vehicle counts as it did the first time. Of those given twice the last one counts. Raises TableBusy if the table
        does not take them all, of which it then has some, and botocore's errors.
        """
        latest = [*{vehicle.responder_id: vehicle for vehicle in vehicles}.items()]
        counts = {"created": 0, "changed": 0, "unchanged": 0}
        for start in range(0, len(latest), _READ_OF):
            some = latest[start : start + _READ_OF]
            known = self._known([id_ for id_, _ in some])
            new: list[dict[str, Any]] = []
            for id_, vehicle in some:
                verdict, same = _verdict(vehicle, known.get(id_), import_id)
                counts[verdict] += 1
                if not same:
                    new.append(_item(vehicle, import_id, verdict))
            for first in range(0, len(new), _WRITE_OF):
                self._put(new[first : first + _WRITE_OF])
        return Written(**counts)

    def get(self, responder_id: str) -> Vehicle | None:
        """Read the vehicle that quotes under this id. Return None if there is none."""
        found = self.dynamodb.get_item(TableName=self.table, Key=_key(responder_id), ConsistentRead=True)
        return vehicle_from(found["Item"]) if "Item" in found else None

    def in_areas(self, areas: Sequence[Filed]) -> list[Page]:
        """Read of each area the vehicles in it, PAGE_SIZE at most. The index may lag by some milliseconds."""
        if len(areas) == 1:
            return [self._in_area(areas[0])]
        return list(self._readers.map(self._in_area, areas))

    @cached_property
    def _readers(self) -> ThreadPoolExecutor:
        return ThreadPoolExecutor(READS_AT_ONCE, thread_name_prefix="areas")

    def _in_area(self, area: Filed) -> Page:
        condition, values = "cell = :cell", {":cell": {"S": area.cell}}
        if area.path:
            condition, values = (
                f"{condition} AND begins_with(#path, :path)",
                values | {":path": {"S": area.path}},
            )
        names: dict[str, Any] = {"ExpressionAttributeNames": {"#path": "path"}} if area.path else {}
        page = self.dynamodb.query(
            TableName=self.table,
            IndexName=INDEX,
            KeyConditionExpression=condition,
            ExpressionAttributeValues=values,
            Limit=PAGE_SIZE,
            **names,
        )
        return Page([vehicle_from(item) for item in page["Items"]], complete="LastEvaluatedKey" not in page)

    def _known(self, ids: Sequence[str]) -> dict[str, Item]:
        """Read of these vehicles what tells whether they differ, by id."""
        keys: Any = {"Keys": [_key(id_) for id_ in ids], "ConsistentRead": True}
        keys |= {
            "ProjectionExpression": "#id, #fingerprint, #import_id, #verdict",
            "ExpressionAttributeNames": {
                f"#{name}": name for name in ("id", "fingerprint", "import_id", "verdict")
            },
        }
        left: Any = {self.table: keys}
        found: dict[str, Item] = {}
        for _ in self._tries():
            page = self.dynamodb.batch_get_item(RequestItems=left)
            found |= {item["id"]["S"]: item for item in page["Responses"].get(self.table, ())}
            if not (left := page["UnprocessedKeys"]):
                return found
        raise TableBusy("not all vehicles are read")

    def _put(self, items: Iterable[dict[str, Any]]) -> None:
        left: Any = {self.table: [{"PutRequest": {"Item": item}} for item in items]}
        for _ in self._tries():
            left = self.dynamodb.batch_write_item(RequestItems=left)["UnprocessedItems"]
            if not left:
                return
        raise TableBusy("not all vehicles are written")

    def _tries(self) -> Iterator[int]:
        for attempt in range(1, _TRIES + 1):
            yield attempt
            self.sleep(_BACKOFF.delay(attempt, self.uniform))


def vehicle_from(item: Item) -> Vehicle:
    """Decode the vehicle in an item. Raises KeyError, TypeError or ValueError if it holds none."""
    return Vehicle(
        item["fleet"]["S"],
        item["vehicle"]["S"],
        item["name"]["S"],
        Place(float(item["lat"]["N"]), float(item["lon"]["N"])),
        RateCard(
            base=Decimal(item["base"]["N"]),
            per_km=Decimal(item["per_km"]["N"]),
            minimum=Decimal(item["minimum"]["N"]),
            currency=item["currency"]["S"],
            max_km=float(item["max_km"]["N"]) if "max_km" in item else None,
        ),
        retired="retired" in item,
    )


def _verdict(vehicle: Vehicle, known: Item | None, import_id: str) -> tuple[str, bool]:
    """Tell what an import does to a vehicle, and whether it stands in the table already."""
    if known is None:
        return "created", False
    same = known["fingerprint"]["S"] == _fingerprint(vehicle)
    if import_id != _BY_NOBODY and known["import_id"]["S"] == import_id:
        return known["verdict"]["S"], same
    return ("unchanged", True) if same else ("changed", False)


def _item(vehicle: Vehicle, import_id: str, verdict: str) -> dict[str, Any]:
    where = {} if vehicle.retired else {name: {"S": value} for name, value in vehicle.filed._asdict().items()}
    return {
        **_key(vehicle.responder_id),
        **_described(vehicle),
        **where,
        "fingerprint": {"S": _fingerprint(vehicle)},
        "import_id": {"S": import_id},
        "verdict": {"S": verdict},
    }


def _described(vehicle: Vehicle) -> dict[str, Any]:
    card = vehicle.rate_card
    return {
        "fleet": {"S": vehicle.fleet},
        "vehicle": {"S": vehicle.id},
        "name": {"S": vehicle.name},
        "lat": _number(vehicle.place.lat),
        "lon": _number(vehicle.place.lon),
        "base": _number(card.base),
        "per_km": _number(card.per_km),
        "minimum": _number(card.minimum),
        "currency": {"S": card.currency},
        **({} if card.max_km is None else {"max_km": _number(card.max_km)}),
        **({"retired": {"BOOL": True}} if vehicle.retired else {}),
    }


def _fingerprint(vehicle: Vehicle) -> str:
    """Digest all that an item says of a vehicle."""
    card = vehicle.rate_card
    numbers = (vehicle.place.lat, vehicle.place.lon, card.base, card.per_km, card.minimum, card.max_km)
    # As numbers, not as they are written: 3.0 and 3.00 are one price.
    parts = (
        *(_FORM, vehicle.fleet, vehicle.id, vehicle.name, card.currency, str(vehicle.retired)),
        *("-" if number is None else str(Decimal(str(number)).normalize()) for number in numbers),
    )
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]


def _key(responder_id: str) -> dict[str, Any]:
    return {"id": {"S": responder_id}}


def _number(value: Decimal | float) -> dict[str, Any]:
    return {"N": str(value)}
