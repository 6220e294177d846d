"""Modes that an operator sets on a partner's circuit."""

import getpass
import time
from collections.abc import Generator
from contextlib import contextmanager

from botocore.exceptions import BotoCoreError, ClientError

from infra import roster
from infra.rydes.cloud.aws import Account
from infra.rydes.cloud.errors import LocalCloudError
from infra.rydes.operator.times import seconds_of
from wild_rydes_circuit_breaker import (
    Conflict,
    DynamoDbStore,
    Mode,
    Override,
    Record,
    StoreUnavailable,
    set_mode,
)

TABLE = "unicorn-mgmt"
"""The table that keeps the circuits."""


def known(partner_id: str) -> str:
    """Return the id if a partner has it.

    Raises:
        LocalCloudError: there is no such partner.
    """
    if partner_id not in roster.partners():
        raise LocalCloudError(
            f"There is no partner {partner_id}.", f"Choose one of {', '.join(roster.partners())}."
        )
    return partner_id


def order(mode: Mode, *, actor: str, reason: str, lasts: str) -> Override:
    """Make an order of `actor`, or of the user who is logged in, for a duration or until it is lifted.

    Raises:
        LocalCloudError: a mode other than AUTO has no reason, the duration cannot be read, or AUTO has one.
    """
    if mode is not Mode.AUTO and not reason.strip():
        raise LocalCloudError(
            f"{mode} needs a reason.", 'Whoever looks at the circuit will see it: --reason "maintenance"'
        )
    if mode is Mode.AUTO and lasts:
        raise LocalCloudError("AUTO does not expire.", "Leave out --for.")
    until = time.time() + seconds_of(lasts) if lasts else None
    return Override(mode, actor or getpass.getuser(), reason, until)


def put(account: Account, partner_id: str | None, override: Override) -> Record:
    """Set a circuit's mode for all environments, which obey within a second; return the circuit's record.

    Raises:
        LocalCloudError: no partner is named, or the table cannot be read or written.
    """
    if partner_id is None:
        raise LocalCloudError("The partner is missing.", "Name a partner: rydes partners p-nimbus --mode …")
    with reached():
        return set_mode(store(account), partner_id, override, now=time.time())


def store(account: Account) -> DynamoDbStore:
    """Return the store in which an account keeps its circuits."""
    return DynamoDbStore(account.client("dynamodb"), account.names.of(TABLE))


@contextmanager
def reached() -> Generator[None, None, None]:
    """Turn errors of AWS inside this context into one line.

    Raises:
        LocalCloudError: AWS refuses a call, or does not answer.
    """
    try:
        yield
    except (BotoCoreError, ClientError, StoreUnavailable) as error:
        raise LocalCloudError(
            f"The partners' circuits and logs cannot be reached: {str(error).rstrip('.')}.",
            "Check credentials, region, and that unicorn-mgmt is deployed there.",
        ) from error
    except Conflict as conflict:
        raise LocalCloudError("Others kept changing the circuit.", "Try again.") from conflict
