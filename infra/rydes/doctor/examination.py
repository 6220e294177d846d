"""All examinations, made at the same time."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from botocore.exceptions import BotoCoreError, ClientError

from infra.rydes.cloud.errors import LocalCloudError
from infra.rydes.cloud.system import System
from infra.rydes.doctor import deployment, partners, promises, queues, surroundings, tables, workers
from infra.rydes.doctor.finding import Examination, Ill, Looked
from infra.rydes.doctor.patient import Patient
from wild_rydes_circuit_breaker import StoreUnavailable

EXAMINATIONS: Final[Mapping[str, Examination]] = {
    "RFQs": promises.rfqs,
    "SMS": promises.sms,
    "alarms": deployment.alarms,
    "stacks": deployment.stacks,
    "dead letters": queues.given_up,
    "queues": queues.waiting,
    "functions": workers.functions,
    "event sources": workers.mappings,
    "crashes": workers.crashes,
    "streams": workers.streams,
    "tables": tables.throttled,
    "circuits": partners.circuits,
    "partner secrets": partners.secrets,
    "the number for SMS": promises.number,
    "the archive": surroundings.archive,
    "simulators": surroundings.simulators,
}
"""In the order of the report: what customers notice comes first."""
_AT_ONCE: Final = 16


@dataclass(frozen=True)
class Report:
    """What all examinations have found, by their subjects."""

    looked: Mapping[str, Looked]
    unreadable: Mapping[str, str]
    """What could not be looked at, and why. It is not taken for well."""

    @property
    def ill(self) -> Sequence[Ill]:
        """All that is ill, what customers notice first."""
        return [ill for looked in self.looked.values() for ill in looked.ill]

    @property
    def well(self) -> Sequence[str]:
        """What is well, in a few words each."""
        return [looked.well for looked in self.looked.values() if looked.well and not looked.ill]

    @property
    def unseen(self) -> Sequence[str]:
        """What nobody measures here."""
        return [each for looked in self.looked.values() for each in looked.unseen]

    @property
    def status(self) -> int:
        """0: well, 1: ill, 2: something could not be looked at, and nothing else is ill."""
        return 1 if self.ill else 2 if self.unreadable else 0


def examine(system: System, now: datetime) -> Report:
    """Look at everything, without changing anything."""
    # Examinations wait for what others read: each pool has threads of its own.
    with ThreadPoolExecutor(_AT_ONCE) as readers, ThreadPoolExecutor(len(EXAMINATIONS)) as examiners:
        patient = Patient(system, now, readers)
        waiting = {
            subject: examiners.submit(examination, patient) for subject, examination in EXAMINATIONS.items()
        }
        looked: dict[str, Looked] = {}
        unreadable: dict[str, str] = {}
        for subject, future in waiting.items():
            try:
                looked[subject] = future.result()
            except ClientError as error:
                unreadable[subject] = f"{error.response['Error']['Code']} ({error.operation_name})"
            except (BotoCoreError, StoreUnavailable, LocalCloudError) as error:
                unreadable[subject] = str(error)
    return Report(looked, unreadable)
