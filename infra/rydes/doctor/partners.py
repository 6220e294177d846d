"""Partner fleets: their circuits, and the secrets without which they are not asked."""

from infra import roster
from infra.naming import PARTNER_SECRET_PREFIX
from infra.rydes.doctor.finding import Ill, Looked, count, span
from infra.rydes.doctor.patient import Patient
from infra.rydes.operator.modes import store
from infra.rydes.verify.checks.data import has_url
from wild_rydes_circuit_breaker import Mode, Record, State, Unreadable


def circuits(patient: Patient) -> Looked:
    """Are closed, and left to the breaker."""
    at = patient.now.timestamp()
    ill = []
    for id_ in (ids := _deployed(patient)):
        try:
            record = store(patient.system).read(id_)
        except Unreadable as error:
            to_do = f'uv run rydes partners {id_} --mode AUTO --reason "repaired"'
            ill.append(Ill(f"the circuit of {id_} cannot be read: {error}", "Its state is forgotten.", to_do))
            continue
        if says := _not_closed(record, at):
            means = (
                f"Customers get no quotes of {id_}."
                if _lets_none_through(record, at)
                else "Its breaker does not protect it."
            )
            to_do = f"uv run rydes partners {id_}"
            ill.append(Ill(f"the circuit of {id_} {says}", means, to_do))
    return Looked(f"{count(len(ids), 'circuit')} closed" if not ill else "", ill)


def secrets(patient: Patient) -> Looked:
    """Are filled in."""
    client = patient.system.client("secretsmanager")
    ill = []
    for id_ in (ids := _deployed(patient)):
        name = patient.system.names.of(f"{PARTNER_SECRET_PREFIX}{id_}")
        if not has_url(client.get_secret_value(SecretId=name).get("SecretString", "")):
            to_do = patient.aws(f"secretsmanager put-secret-value --secret-id {name} --secret-string …")
            ill.append(Ill(f"the secret of {id_} is not filled in", f"{id_} is not asked for quotes.", to_do))
    return Looked(count(len(ids), "partner secret") if not ill else "", ill)


def _deployed(patient: Patient) -> list[str]:
    return [id_ for id_ in roster.partners() if f"unicorn-mgmt-{id_}-quotes" in patient.functions]


def _not_closed(record: Record, now: float) -> str:
    """Say how a circuit is not as it should be; empty if it is closed and nobody has set a mode."""
    if (mode := record.mode(now)) is not Mode.AUTO and record.override:
        until = record.override.until
        ends = f" for another {span(until - now)}" if until else " until it is lifted"
        return f"is {mode}{ends}, by {record.override.actor}: {record.override.reason}"
    if record.state is State.CLOSED:
        return ""
    since = f" for {span(now - record.since)}" if record.since else ""
    return f"is {record.state}{since}: {record.reason or 'no reason given'}"


def _lets_none_through(record: Record, now: float) -> bool:
    mode = record.mode(now)
    return mode is Mode.FORCED_OPEN or (mode is Mode.AUTO and record.state is not State.CLOSED)
