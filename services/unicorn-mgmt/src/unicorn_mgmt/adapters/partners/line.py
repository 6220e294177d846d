"""The line to one partner: every call goes through its circuit, ends in time, and leaves a record."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, TypeVar

from aws_lambda_powertools import Logger
from botocore.config import Config

from unicorn_mgmt.adapters.partners.call_log import CallLog
from unicorn_mgmt.adapters.partners.credentials import Credentials, Secrets
from unicorn_mgmt.adapters.partners.faults import CallFailed, OurFault, fault_of
from unicorn_mgmt.adapters.partners.roster import Partner
from unicorn_mgmt.adapters.partners.transport import Exchange, Transport
from unicorn_mgmt.domain.callback_due import OpenCall
from wild_rydes_circuit_breaker import (
    Blame,
    CircuitBreaker,
    CircuitOpen,
    DynamoDbStore,
    Fault,
    LogAndCount,
    Mode,
    Permit,
    Settings,
)
from wild_rydes_messaging.errors import reason
from wild_rydes_runtime.aws import CLIENT_CONFIG

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_secretsmanager import SecretsManagerClient

CIRCUIT_CONFIG = CLIENT_CONFIG.merge(
    Config(connect_timeout=0.3, read_timeout=0.5, retries={"mode": "standard", "total_max_attempts": 2})
)
"""How the table is called for a circuit: a call to the partner does not wait long for a record."""

A = TypeVar("A")


class PartnerLine:
    """Makes calls to one partner, one at a time. `secret_id` names the partner's secret."""

    def __init__(
        self,
        partner: Partner,
        breaker: CircuitBreaker,
        *,
        transport: Transport,
        secrets: Secrets,
        secret_id: str,
        call_log: CallLog,
        now: Callable[[], datetime],
    ) -> None:
        self.partner = partner
        self._breaker = breaker
        self._transport = transport
        self._secrets = secrets
        self._secret_id = secret_id
        self._call_log = call_log
        self._now = now

    def call(
        self,
        operation: str,
        do: Callable[[Exchange, Credentials], A],
        *,
        outcome: Callable[[A], str],
        attempt: int,
        deadline: datetime | None,
        later: Callable[[OpenCall], None] | None = None,
    ) -> A:
        """Call the partner and return what `do` returns. `outcome` names that in the record.

        None means to `later` that the partner calls back: whether the call went well is then for `conclude` to say.

        Raises CircuitOpen if the circuit lets no call through, CallFailed or one of its subclasses if the
        partner gives no answer (OurFault, without a call, once the deadline has passed), and botocore's
        errors if the partner's secret cannot be read.
        """
        credentials = self._secrets.get(self._secret_id)
        began = self._now()
        circuit = "OPEN"

        def note(outcome: str, reason: str = "") -> None:
            took = (self._now() - began).total_seconds() * 1000
            self._call_log.record(
                operation, outcome, milliseconds=took, attempt=attempt, circuit=circuit, reason=reason
            )

        try:
            permit = self._breaker.begin()
        except CircuitOpen as error:
            note("circuit-open", str(error.record.reason))
            raise
        circuit = _state(permit)
        try:
            answer = _attempt(do, self._within(deadline), credentials)
        except CallFailed as error:
            self._breaker.end(permit, fault_of(error))
            if error.doubts_secret:
                self._secrets.forget(self._secret_id)
            note(error.blame, str(error))
            raise
        note(outcome(answer))
        if answer is None and later and permit.shared:
            took = (self._now() - began).total_seconds()
            later(
                OpenCall(took=took, mode=permit.mode, epoch=permit.epoch, row=permit.row, probe=permit.probe)
            )
        else:  # an environment without the shared state has nobody to leave the rest to
            self._breaker.end(permit)
        return answer

    def due(self, deadline: datetime | None) -> datetime:
        """Tell when the partner has to have called back about a call that is made now."""
        due = self._now() + timedelta(seconds=self.partner.answers_within)
        return min(due, deadline) if deadline else due

    def conclude(self, call: OpenCall, *, came: bool, cut_short: bool) -> None:
        """End a call that the partner had taken note of. It went well if the partner has called back in time.

        If it has not, in a time that was `cut_short`, nothing is known of the partner.
        """
        began = self._now().timestamp() - call.took  # the partner took no longer to take note of it
        permit = Permit(began, Mode(call.mode), call.epoch, shared=True, row=call.row, probe=call.probe)
        if came:
            self._breaker.conclude(permit)
            return
        if cut_short:
            outcome, why, seconds = str(Blame.OURS), "too little time was left", call.took
        else:
            outcome, why, seconds = "missing", "no callback in time", self.partner.answers_within
        self._breaker.conclude(permit, Fault(Blame.OURS if cut_short else Blame.PARTNER))
        self._call_log.record(
            "callback", outcome, milliseconds=seconds * 1000, attempt=1, circuit="", reason=why
        )

    def shed(self, operation: str, *, waited: float, attempt: int) -> None:
        """Record a call that is not made because its request has waited for too long, so many seconds."""
        self._call_log.record(operation, "busy", milliseconds=waited * 1000, attempt=attempt, circuit="")

    def _within(self, deadline: datetime | None) -> Exchange:
        """Begin an exchange that ends after the partner's timeout, or with the deadline if that is first."""
        longest = self.partner.timeout
        left = (deadline - self._now()).total_seconds() if deadline else longest
        if left <= 0:
            raise OurFault("the deadline has passed")
        return self._transport.exchange(min(left, longest), cut_short=left < longest)


def _attempt(do: Callable[[Exchange, Credentials], A], exchange: Exchange, credentials: Credentials) -> A:
    """Do it. Whatever goes wrong is a CallFailed, which is recorded, and nobody else's exception."""
    try:
        return do(exchange, credentials)
    except CallFailed:
        raise
    except Exception as error:
        raise OurFault(f"unexpected {reason(error)}") from error


def line_to(
    partner: Partner,
    *,
    dynamodb: "DynamoDBClient",
    table_name: str,
    secretsmanager: "SecretsManagerClient",
    secret_id: str,
    logger: Logger,
    now: Callable[[], datetime],
) -> PartnerLine:
    """Make the line to a partner. Its circuit is in this table, one for all the partner's operations.

    `dynamodb` is for the circuit alone and should be quick: see `CIRCUIT_CONFIG`.
    """
    breaker = CircuitBreaker(
        partner.id,
        Settings(**partner.breaker),
        DynamoDbStore(dynamodb, table_name),
        classify=fault_of,
        listener=LogAndCount(logger),
    )
    return PartnerLine(
        partner,
        breaker,
        transport=Transport(),
        secrets=Secrets(secretsmanager),
        secret_id=secret_id,
        call_log=CallLog(logger, partner.id, breaker.environment),
        now=now,
    )


def _state(permit: Permit) -> str:
    if permit.mode != "AUTO":
        return str(permit.mode)
    return "HALF_OPEN" if permit.probe else "CLOSED"
