"""A customer asks for quotes: unicorns are asked, their answers arrive, and the RFQ ends."""

from typing import Any

import httpx

from infra.rydes.verify.journey.scene import Scene
from infra.rydes.verify.people import App, Json
from infra.rydes.verify.steps import Step, Stuck

ASK = ("ride-booking-outbox", "unicorn-mgmt-responder")
GATHER = (*ASK, "ride-booking-aggregator")
BY_HAND = ("unicorn-mgmt-api", "unicorn-mgmt-outbox", "ride-booking-aggregator")
CLOSE = ("ride-booking-outbox", "unicorn-mgmt-closings")

_ROOMY = 300
"""Seconds for answers: no RFQ that is answered ends by its deadline."""
_SHORTEST = 5
"""Seconds, the least that an RFQ may give."""
_PRICE = {"price": {"amount": "9.50", "currency": "USD"}, "pickup-in-seconds": 60}


class Asking:
    """RFQs: one that all answer, one that is cancelled, and one that runs into its deadline."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._left_alone = ""

    def steps(self) -> list[Step]:
        """List the steps."""
        return [
            Step(
                "rfq",
                "an RFQ is accepted: 202, and where to follow it",
                "Customers cannot ask for quotes.",
                self._submit,
                way=("ride-booking-api",),
                needs=("sign-in", "unicorns"),
            ),
            Step(
                "screen",
                "the customer's app connects, and gets a snapshot of the RFQ",
                "Screens stand still until they look again.",
                self._connect,
                way=("ride-booking-authorizer", "ride-booking-socket"),
                needs=("rfq",),
            ),
            Step(
                "invitation",
                "RfqRequested reaches unicorn-mgmt, which invites the unicorn that prices by hand over its socket",
                "Unicorns are not asked, so customers get no quotes.",
                self._invited,
                way=ASK,
                needs=("rfq",),
            ),
            Step(
                "quote",
                "the quote of the unicorn with a rate card reaches the return address, and the customer",
                "Customers see no quotes.",
                lambda: self._quoted("by-card"),
                way=GATHER,
                needs=("rfq",),
            ),
            Step(
                "answer",
                "the quote by hand reaches the customer",
                "Customers miss quotes, and RFQs run until their deadline.",
                self._answer,
                way=BY_HAND,
                needs=("invitation",),
            ),
            Step(
                "push",
                "the customer's app is told of it over the socket",
                "Screens stand still until they look again.",
                self._pushed,
                way=("ride-booking-notifier",),
                needs=("answer", "screen"),
            ),
            Step(
                "result",
                "the RFQ ends as all have answered: 303 to a result with both quotes",
                "RFQs run until their deadline.",
                self._result,
                way=GATHER,
                needs=("quote", "answer"),
            ),
            Step(
                "document",
                "the status document says so to whoever has its URL",
                "Clients that poll often see old counts, or none.",
                self._document,
                way=("ride-booking-outbox",),
                needs=("result",),
            ),
            Step(
                "no document",
                "a status document that is not there is answered by 404",
                "Clients take a document that comes in a moment for one that they may not read (403).",
                self._no_document,
                needs=("document",),
            ),
            Step(
                "strangers",
                "another customer's RFQ is answered like a missing one, by 404",
                "Customers see what is not theirs.",
                self._strange,
                way=("ride-booking-api",),
                needs=("rfq",),
            ),
            Step(
                "cancelled",
                "an RFQ is cancelled, and the invited unicorn is told",
                "Unicorns think about RFQs that are over.",
                self._cancel,
                way=CLOSE,
                needs=("invitation",),
            ),
        ]

    def last_steps(self) -> list[Step]:
        """List the steps to take when the deadline has had its time."""
        return [
            Step(
                "deadline",
                "an RFQ that not all answer ends at its deadline, and the invited unicorn is told",
                "Customers wait for ever.",
                self._ended,
                way=("ride-booking-outbox", "ride-booking-closer", "unicorn-mgmt-closings"),
                needs=("invitation",),
            )
        ]

    def _submit(self) -> None:
        """Submit the RFQ that all answer, and another that one will not answer."""
        preferred = {"Prefer": "status-document"}
        answer = self._new(_ROOMY, headers=preferred)
        if gone := [name for name in ("Location", "Retry-After") if name not in answer.headers]:
            raise Stuck(f"the answer has no {' and no '.join(gone)}")
        self._scene.rfq = answer.json() | {"url": answer.headers["Location"]}
        self._scene.walk.about = _id(answer.headers["Location"])

    def _new(self, respond_within: int, **options: Any) -> httpx.Response:  # noqa: ANN401 - httpx's
        customer = self._scene.people["customer"]
        answer = customer.call(
            "POST", "/instant-ride-rfqs", 202, json=self._scene.request(respond_within), **options
        )
        url = answer.headers["Location"]
        self._scene.traces.rfqs.append(_id(url))
        self._scene.guests.remember(
            f"RFQ {_id(url)}", lambda: customer.call("DELETE", url, 204, 409), "It ends at its deadline."
        )
        return answer

    def _connect(self) -> None:
        screen = App(self._scene.system.url("rfq-socket"), self._scene.people["customer"].token)
        self._scene.guests.remember("connection of the customer", screen.close, "It ends by itself.")
        self._scene.screen = screen
        screen.send({"action": "subscribe", "rfq-id": self._scene.walk.about})
        snapshot = self._scene.walk.until(lambda: screen.hear(lambda message: message["type"] != "update"))
        if snapshot["type"] != "snapshot":
            raise Stuck(f"the socket refuses the customer's own RFQ: {snapshot.get('reason')}")

    def _invited(self) -> None:
        self._scene.walk.until(lambda: self._told("invitation", self._scene.walk.about))
        self._left_alone = self._new(_SHORTEST).headers["Location"]

    def _told(self, type_: str, rfq: str) -> Json | None:
        """The message of this type about an RFQ, if the unicorn by hand has got it."""
        app = self._scene.unicorns["by-hand"].app
        return app.hear(lambda message: (message["type"], message.get("rfq-id")) == (type_, rfq))

    def _quoted(self, role: str) -> None:
        unicorn, customer = self._scene.unicorns[role].id, self._scene.people["customer"]

        def look() -> bool | None:
            quotes = customer.get(self._scene.rfq["links"]["quotes"])["quotes"]
            return any(quote["responder-id"] == unicorn for quote in quotes) or None

        self._scene.walk.until(look)

    def _answer(self) -> None:
        invitation = self._told("invitation", self._scene.walk.about) or {}
        caller = self._scene.people["by-hand"]
        caller.call("POST", invitation["links"]["answers"], 202, json=_PRICE)
        self._quoted("by-hand")

    def _pushed(self) -> None:
        screen, unicorn = self._scene.screen, self._scene.unicorns["by-hand"].id
        assert screen  # noqa: S101 - an earlier step has connected it

        def tells(message: Json) -> bool:
            return any(quote["responder-id"] == unicorn for quote in message.get("quotes", ()))

        self._scene.walk.until(lambda: screen.hear(tells))

    def _result(self) -> None:
        customer, url = self._scene.people["customer"], self._scene.rfq["url"]

        def look() -> str | None:
            answer = customer.call("GET", url, 200, 303)
            return answer.headers.get("Location") if answer.status_code == httpx.codes.SEE_OTHER else None

        result = customer.get(self._scene.walk.until(look))
        quoted = {quote["responder-id"] for quote in result["quotes"]}
        wanted = {unicorn.id for unicorn in self._scene.unicorns.values()}
        if (result["completed-by"], quoted) != ("all-answered", wanted):
            raise Stuck(f"it was completed by {result['completed-by']}, with {len(quoted)} quotes")

    def _document(self) -> None:
        url = self._scene.rfq["links"]["status-document"]

        def look() -> bool | None:
            found = httpx.get(url, timeout=30)
            return (found.is_success and found.json()["status"] == "completed") or None

        self._scene.walk.until(look)

    def _no_document(self) -> None:
        url = self._scene.rfq["links"]["status-document"]
        self._scene.traces.remove_documents()
        status = httpx.get(url, timeout=30).status_code
        if status != httpx.codes.NOT_FOUND:
            raise Stuck(
                f"it is answered by {status}",
                "ride-booking-api signs the URLs: its role needs s3:ListBucket on the bucket for rfqs/*.",
            )

    def _strange(self) -> None:
        self._scene.people["stranger"].call("GET", self._scene.rfq["url"], 404)

    def _cancel(self) -> None:
        url = self._new(_ROOMY).headers["Location"]
        self._scene.walk.until(lambda: self._told("invitation", _id(url)), way=ASK)
        self._scene.people["customer"].call("DELETE", url, 204)
        self._scene.walk.until(lambda: self._told("invitation-closed", _id(url)))

    def _ended(self) -> None:
        customer, url = self._scene.people["customer"], self._left_alone

        def look() -> str | None:
            answer = customer.call("GET", url, 200, 303)
            return answer.headers.get("Location") if answer.status_code == httpx.codes.SEE_OTHER else None

        by = customer.get(self._scene.walk.until(look))["completed-by"]
        if by != "deadline":
            raise Stuck(f"it was completed by {by}")
        if self._told("invitation", _id(url)):  # a slow system asks nobody within five seconds
            self._scene.walk.until(lambda: self._told("invitation-closed", _id(url)))


def _id(url: str) -> str:
    return url.rpartition("/")[2]
