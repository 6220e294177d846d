"""What an operator does with a partner's circuit."""

import getpass
import re
import time
from collections.abc import Generator
from contextlib import contextmanager

from botocore.exceptions import BotoCoreError, ClientError

from infra import roster
from infra.rydes.cloud.aws import Account
from infra.rydes.cloud.errors import LocalCloudError
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
"""Where the circuits are kept."""

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_DURATION = re.compile(rf"([1-9]\d{{0,5}})([{''.join(_UNITS)}])")


def known(partner_id: str) -> str:
    """The id, if there is such a partner.

    Raises:
        LocalCloudError: there is none.
    """
    if partner_id not in roster.partners():
        raise LocalCloudError(
            f"There is no partner {partner_id}.", f"Choose one of {', '.join(roster.partners())}."
        )
    return partner_id


def seconds_of(duration: str) -> float:
    """The seconds in `90s`, `30m`, `2h` or `1d`.

    Raises:
        LocalCloudError: it is no such duration.
    """
    found = _DURATION.fullmatch(duration)
    if found is None:
        raise LocalCloudError(f"'{duration}' is no duration.", "Give one like 90s, 30m, 2h or 1d.")
    return int(found[1]) * _UNITS[found[2]]


def order(mode: Mode, *, actor: str, reason: str, lasts: str) -> Override:
    """A mode as a person sets it now: `actor`, or who is logged in; for a duration, or until it is lifted.

    Raises:
        LocalCloudError: there is no reason, the duration is none, or AUTO is to end by itself.
    """
    if not reason.strip():
        raise LocalCloudError(
            f"{mode} without a reason.", 'Say why, for those who find it so: --reason "maintenance"'
        )
    if mode is Mode.AUTO and lasts:
        raise LocalCloudError("AUTO does not expire.", "Leave out --for.")
    until = time.time() + seconds_of(lasts) if lasts else None
    return Override(mode, actor or getpass.getuser(), reason, until)


def put(account: Account, partner_id: str | None, override: Override) -> Record:
    """Set a circuit's mode for all environments, which obey within a second; the circuit's record.

    Raises:
        LocalCloudError: no partner is named, or the table cannot be read or written.
    """
    if partner_id is None:
        raise LocalCloudError("Whose mode?", "Name a partner: rydes partners p-nimbus --mode …")
    with reached():
        return set_mode(store(account), partner_id, override, now=time.time())


def store(account: Account) -> DynamoDbStore:
    """Where an account keeps its circuits."""
    return DynamoDbStore(account.client("dynamodb"), TABLE)


@contextmanager
def reached() -> Generator[None, None, None]:
    """Turn what AWS says inside this context into one line.

    Raises:
        LocalCloudError: AWS says no, or nothing.
    """
    try:
        yield
    except (BotoCoreError, ClientError, StoreUnavailable) as error:
        raise LocalCloudError(
            f"The partners' circuits and logs cannot be reached: {str(error).rstrip('.')}.",
            "Check credentials, region, and that unicorn-mgmt is deployed there.",
        ) from error
    except Conflict as conflict:
        raise LocalCloudError(
            "The circuit was changed by others ten times meanwhile.", "Try again."
        ) from conflict
