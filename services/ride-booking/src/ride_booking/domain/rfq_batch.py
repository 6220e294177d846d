"""A batch of RFQs, as API Gateway stores it before anybody has looked at it.

Only this service sends and receives it, so its contract is defined here.
"""

import hashlib
from typing import ClassVar
from uuid import NAMESPACE_URL, UUID, uuid5

from wild_rydes_contracts import Message

MAX_RFQS = 100
"""RFQs in a batch."""

_KEYS = uuid5(NAMESPACE_URL, "wild-rydes:rfq-batches")
_HEX_OF_UUID = 32


class RfqBatch(Message):
    """A batch that a machine client has sent. `content` is the request's body, URL-encoded, whatever it is."""

    name: ClassVar[str] = "RfqBatch"
    version: ClassVar[int] = 1

    batch_id: str
    customer: str
    tier: str
    content: str


def batch_id(customer: str, request: UUID, key: str | None) -> str:
    """Make the id of a batch: the same for each repetition with the same Idempotency-Key.

    It ends with a check of whose it is. So a look at a batch that nobody has handled yet tells the owner's from one
    that never was, and from another's.
    """
    made = uuid5(_KEYS, f"{customer}/{request if key is None else key}").hex
    return made + _check(customer, made)


def is_of(id_: str, customer: str) -> bool:
    """Tell whether this may be the id of a batch of this customer."""
    made = id_[:_HEX_OF_UUID]
    return len(made) == _HEX_OF_UUID and id_ == made + _check(customer, made)


def rfq_id(batch: str, index: int) -> str:
    """Make the id of one of the batch's RFQs: the same each time that the batch is handled."""
    return str(uuid5(_KEYS, f"{batch}/{index}"))


def _check(customer: str, made: str) -> str:
    return hashlib.sha256(f"{customer}/{made}".encode()).hexdigest()[:16]
