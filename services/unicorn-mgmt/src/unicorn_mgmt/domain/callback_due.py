"""The message that has somebody look whether a partner has called back.

It stays inside this service, and so does its contract.
"""

from datetime import datetime, timedelta
from typing import ClassVar

from wild_rydes_contracts import Envelope, Message, Metadata
from wild_rydes_contracts.envelope import Contract
from wild_rydes_contracts.instants import truncated
from wild_rydes_contracts.metadata import caused_by
from wild_rydes_contracts.scalars import Instant

_NEWS_FOR = timedelta(minutes=1)
"""How long after it was due a missing callback says something of the partner."""


class OpenCall(Contract):
    """A call that the partner has only taken note of, which took `took` seconds.

    The rest is what the circuit's permit says; see `wild_rydes_circuit_breaker.Permit`.
    """

    took: float
    mode: str
    epoch: int
    row: float | None = None
    probe: str | None = None


class CallbackDue(Message):
    """Look whether the partner has called back about an RFQ or a ride, whose id is `about`.

    If it has not at `due`, it declines, at the metadata's return address if there is one. It has failed, unless the
    customer's deadline has `cut_short` the time that it may take.
    """

    name: ClassVar[str] = "CallbackDue"
    version: ClassVar[int] = 1

    partner_id: str
    about: str
    due: Instant
    call: OpenCall
    cut_short: bool = False


def expected(
    cause: Metadata, partner_id: str, about: str, *, due: datetime, call: OpenCall, now: datetime
) -> Envelope[CallbackDue]:
    """Make the message for a call that was made because of `cause`.

    With the RFQ itself it is too late to decline.
    """
    cut_short = cause.deadline is not None and due >= cause.deadline
    due = truncated(due)
    metadata = caused_by(cause, CallbackDue, occurred_at=now, distinct=partner_id).model_copy(
        update={"reply_to": None if cut_short else cause.reply_to, "deadline": due + _NEWS_FOR}
    )
    check = CallbackDue(partner_id=partner_id, about=about, due=due, call=call, cut_short=cut_short)
    return Envelope(metadata=metadata, data=check)
