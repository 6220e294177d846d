"""The work that an RFQ gives to each function, as the events that AWS would hand to it."""

import json
import math
import time
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from infra.rydes.simulators.partners.fleets import FLEETS
from ride_booking.adapters.rfq_table import to_item
from ride_booking.domain.announcements import events_of, timers_of
from ride_booking.domain.rfq import Completion, Place, Quote, Responder, Rfq
from tests.bench.capacity.stand_in import secret_of
from tests.support.issuer import token
from tests.support.requests import request
from tests.support.ride_booking import world as customers
from unicorn_mgmt.adapters.callback_table import CALLBACK
from unicorn_mgmt.adapters.partners.sealed_reference import seal
from unicorn_mgmt.domain.callback_due import OpenCall, expected
from unicorn_mgmt.domain.unicorn import Place as Spot
from unicorn_mgmt.domain.unicorn import cell_of
from wild_rydes_contracts import Envelope, Money, RfqResponse
from wild_rydes_contracts import Quote as ContractQuote
from wild_rydes_contracts.metadata import first_of

UNICORNS: Final = 10
"""That answer each RFQ at once, by their rate card."""

PARTNERS: Final = tuple(FLEETS)
CALLS_BACK: Final = "p-nimbus"

_RESPONSES = 1 + len(PARTNERS)
"""Messages to the return address: all unicorns answer with one."""

_RFQS = 100  # as many as the largest batch
_RETURN_ADDRESS = "arn:aws:sqs:us-east-1:123456789012:wild-rydes-reply-ride-booking"
_CENTRE = Spot(47.6062, -122.3321)  # where all partners serve


@dataclass(frozen=True)
class Work:
    """What is measured of a function: `event` makes the event with so many messages; `batches` says of how many.

    `environment` is what this function is told and others are told otherwise.
    """

    function: str
    handler: str
    event: Callable[[int], Mapping[str, Any]]
    batches: tuple[int, ...] = (1,)
    environment: Mapping[str, str] = field(default_factory=dict)


class Rfqs:
    """RFQs from all over a city, each with its own unicorns in reach, and what is stored of them and found."""

    def __init__(self) -> None:
        self._now = datetime.now(UTC)
        self.requested = [self._rfq(spot) for spot in _spots(_RFQS)]

    @property
    def _over(self) -> list[Rfq]:
        return self.requested[_RFQS // 2 :]

    def stored(self) -> dict[str, Any]:
        """Items by id, and the index's entries by cell.

        Nobody has answered, or all unicorns and no partner; the later half of the RFQs are completed.
        """
        states = [
            *(
                rfq if number % _RESPONSES == 0 else answered(rfq, UNICORNS)
                for number, rfq in enumerate(self.requested[: _RFQS // 2])
            ),
            *(completed(rfq) for rfq in self._over),
        ]
        items = {rfq.id: _json(to_item(rfq, b"f" * 32)) for rfq in states}
        items |= {f"{CALLBACK}{CALLS_BACK}#{rfq.id}": {"id": {"S": "callback"}} for rfq in self.requested}
        cells: dict[str, list[Any]] = {}
        for rfq in self.requested:
            for number in range(UNICORNS):
                entry = _unicorn(rfq, number)
                cells.setdefault(entry["cell"]["S"], []).append(entry)
        return {"items": items, "cells": cells}

    def work(self) -> list[Work]:
        """All functions on an RFQ's way, from its POST to the timer that finds it done."""
        tens = (1, 2, 5, 10)
        return [
            Work("ride-booking-api", "ride_booking.functions.api", self._post),
            Work("ride-booking-api GET", "ride_booking.functions.api", self._get),
            Work("ride-booking-outbox", "ride_booking.functions.outbox", self._changes, (2, 10, 50, 100)),
            Work("unicorn-mgmt-responder", "unicorn_mgmt.functions.responder", self._requests, tens),
            *(
                Work(
                    f"unicorn-mgmt-{id_}-quotes",
                    "unicorn_mgmt.functions.partner_quotes",
                    self._requests,
                    environment={"PARTNER_ID": id_, "SECRET_ID": id_},
                )
                for id_ in PARTNERS
            ),
            Work(
                f"unicorn-mgmt-{CALLS_BACK}-quotes check",
                "unicorn_mgmt.functions.partner_quotes",
                self._checks,
                environment={"PARTNER_ID": CALLS_BACK, "SECRET_ID": CALLS_BACK},
            ),
            Work(
                "unicorn-mgmt-partner-callbacks", "unicorn_mgmt.functions.partner_callbacks", self._callback
            ),
            Work("ride-booking-aggregator", "ride_booking.functions.aggregator", self._responses, tens),
            Work("ride-booking-closer", "ride_booking.functions.closer", self._deadlines, tens),
            Work("ride-booking-notifier", "ride_booking.functions.notifier", self._watched, (1, 5, 25)),
        ]

    def _rfq(self, spot: Spot) -> Rfq:
        return Rfq(
            id=str(uuid.uuid4()),
            customer=str(uuid.uuid4()),
            start=Place(spot.lat, spot.lon, "Space Needle"),
            destination=Place(spot.lat - 0.17, spot.lon + 0.04, "Sea-Tac airport"),
            created_at=self._now,
            deadline=self._now + timedelta(hours=1),
        )

    def _post(self, _: int) -> Mapping[str, Any]:
        body = {
            "from": {"lat": 47.62, "lon": -122.35, "label": "Space Needle"},
            "to": {"lat": 47.45, "lon": -122.3},
        }
        return customers.event(
            "POST",
            "/instant-ride-rfqs",
            body,
            sub=None,
            authorization=token(sub="cust-1"),
            idempotency_key=str(uuid.uuid4()),
        )

    def _get(self, _: int) -> Mapping[str, Any]:
        rfq = self._over[0]
        return customers.event(
            "GET", f"/instant-ride-rfqs/{rfq.id}/result", sub=None, authorization=token(sub=rfq.customer)
        )

    def _changes(self, number: int) -> Mapping[str, Any]:
        """As many RFQs begin as end."""
        records = []
        for rfq in self.requested[: number // 2]:
            records += [customers.record(rfq), customers.record(completed(rfq), answered(rfq))]
        return {"Records": records}

    def _watched(self, number: int) -> Mapping[str, Any]:
        """Each RFQ has one watcher."""
        records = []
        for rfq in self.requested[:number]:
            record = customers.record(answered(rfq), answered(rfq, UNICORNS))
            for image in ("OldImage", "NewImage"):
                record["dynamodb"][image] |= {"watchers": {"SS": [rfq.id]}}
            records.append(record)
        return {"Records": records}

    def _requests(self, number: int) -> Mapping[str, Any]:
        events = [next(iter(events_of(None, rfq, _RETURN_ADDRESS))) for rfq in self.requested[:number]]
        return _messages(
            {
                "source": event.data.source,
                "detail-type": event.data.name,
                "detail": json.loads(event.to_json()),
            }
            for event in events
        )

    def _responses(self, number: int) -> Mapping[str, Any]:
        """One of the unicorns, then one of each partner, all for different RFQs."""
        return _messages(
            json.loads(_of_partner(rfq) if i % _RESPONSES else _of_unicorns(rfq))
            for i, rfq in enumerate(self.requested[:number])
        )

    def _deadlines(self, number: int) -> Mapping[str, Any]:
        timers = [next(iter(timers_of(None, rfq, self._now))) for rfq in self._over[:number]]
        return _messages(json.loads(timer.message.to_json()) for timer in timers)

    def _checks(self, number: int) -> Mapping[str, Any]:
        call = OpenCall(took=0.1, mode="AUTO", epoch=0)
        return _messages(
            json.loads(
                expected(
                    _asked(rfq),
                    CALLS_BACK,
                    rfq.id,
                    due=self._now + timedelta(minutes=30),
                    call=call,
                    now=self._now,
                ).to_json()
            )
            for rfq in self.requested[:number]
        )

    def _callback(self, _: int) -> Mapping[str, Any]:
        secret = secret_of(CALLS_BACK)
        reference = seal(_asked(self.requested[0]), CALLS_BACK, secret["reference_key"])
        offer = {"price": {"amount": "23.50", "currency": "USD"}, "pickup_in_seconds": 300}
        body = json.dumps({"reference": reference, "offer": offer})
        headers = FLEETS[CALLS_BACK](secret).seal(body.encode(), str(int(time.time())))
        return request("POST", f"/partners/{CALLS_BACK}/answers", body, headers=headers)


def _spots(number: int) -> list[Spot]:
    """Places on a spiral, so far apart that none has another's unicorns in reach."""
    turns = [2.4 * i for i in range(number)]
    km = [9.0 * math.sqrt(i) for i in range(number)]
    return [
        Spot(_CENTRE.lat + r / 111 * math.cos(t), _CENTRE.lon + r / 75 * math.sin(t))
        for r, t in zip(km, turns, strict=True)
    ]


def _unicorn(rfq: Rfq, number: int) -> dict[str, Any]:
    """Write an entry of the index by cell: unicorns stand around the start, as far as 4 km away."""
    angle, km = number * 2 * math.pi / UNICORNS, 1 + 3 * number / UNICORNS
    spot = Spot(rfq.start.lat + km / 111 * math.cos(angle), rfq.start.lon + km / 75 * math.sin(angle))
    return {
        "id": {"S": f"u-{rfq.id[:20]}-{number}"},
        "cell": {"S": cell_of(spot)},
        "name": {"S": f"Unicorn {number:03}"},
        **{name: {"N": value} for name, value in (("base", "3.50"), ("per_km", "1.20"), ("minimum", "8.00"))},
        "currency": {"S": "USD"},
        "auto_quote": {"BOOL": True},
        "lat": {"N": f"{spot.lat:.5f}"},
        "lon": {"N": f"{spot.lon:.5f}"},
        "scores": {"N": "12"},
        "score_total": {"N": "54"},
    }


def _responders(rfq: Rfq) -> list[str]:
    return [*(f"u-{rfq.id[:20]}-{number}" for number in range(UNICORNS)), *PARTNERS]


def answered(rfq: Rfq, number: int | None = None) -> Rfq:
    """Let so many of those asked have answered, or all."""
    asked = _responders(rfq)
    quotes = [
        Quote(2350 + i, 300, name="Unicorn 007") for i in range(len(asked) if number is None else number)
    ]
    answers = [*quotes, *[None] * (len(asked) - len(quotes))]
    found = {id_: Responder(True, answer) for id_, answer in zip(asked, answers, strict=True)}
    return replace(rfq, responders=found, revision=1)


def completed(rfq: Rfq) -> Rfq:
    return replace(answered(rfq), completion=Completion("all-answered", rfq.created_at))


def _asked(rfq: Rfq) -> Any:
    return next(iter(events_of(None, rfq, _RETURN_ADDRESS))).metadata


def _of_unicorns(rfq: Rfq) -> str:
    return _response(rfq, _responders(rfq)[:UNICORNS], asked=tuple(_responders(rfq)))


def _of_partner(rfq: Rfq) -> str:
    return _response(rfq, [PARTNERS[0]], asked=None)


def _response(rfq: Rfq, answering: Iterable[str], asked: tuple[str, ...] | None) -> str:
    price = Money(amount=Decimal("23.50"), currency="USD")
    answers = tuple(
        ContractQuote(responder_id=id_, display_name="Unicorn 007", price=price, pickup_in_seconds=300)
        for id_ in answering
    )
    metadata = first_of(RfqResponse, correlation_id=rfq.id, occurred_at=rfq.created_at)
    return Envelope(metadata=metadata, data=RfqResponse(asked=asked, answers=answers)).to_json()


def _messages(bodies: Iterable[Any]) -> dict[str, Any]:
    """Make Lambda's event of messages that have come at once."""
    sent = str(int(time.time() * 1000))
    return {
        "Records": [
            {
                "messageId": str(uuid.uuid4()),
                "receiptHandle": "receipt",
                "body": json.dumps(body),
                "attributes": {
                    "ApproximateReceiveCount": "1",
                    "SentTimestamp": sent,
                    "ApproximateFirstReceiveTimestamp": sent,
                },
                "eventSourceARN": "arn:aws:sqs:us-east-1:123456789012:a-queue",
            }
            for body in bodies
        ]
    }


def _json(item: Mapping[str, Any]) -> Any:
    """Write an item as DynamoDB's answer has it: bytes are base64 text."""
    return {**item, "fingerprint": {"B": "ZmZm"}}
