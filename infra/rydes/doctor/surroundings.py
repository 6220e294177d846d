"""What is around the services: the archive of events and, on a local cloud, the simulators."""

import socket
from typing import Final
from urllib.parse import urlsplit

from botocore.exceptions import ClientError

from infra.naming import BUS_NAME
from infra.rydes.cloud.cloud import Cloud
from infra.rydes.doctor.finding import Ill, Looked
from infra.rydes.doctor.patient import Patient
from infra.rydes.simulators.partners import process as fleets

_TIMEOUT: Final = 2.0
_UP: Final = "uv run rydes down; uv run rydes up"


def archive(patient: Patient) -> Looked:
    """Keeps what is published, so that it can be replayed."""
    name = patient.system.names.of(BUS_NAME)
    means = "No event can be replayed after a bug."
    try:
        state = patient.system.client("events").describe_archive(ArchiveName=name)["State"]
    except ClientError as error:
        if error.response["Error"]["Code"] != "ResourceNotFoundException":
            raise
        return Looked("", [Ill(f"the archive {name} is missing", means, patient.system.HOW_TO_DEPLOY)])
    if state != "ENABLED":
        return Looked("", [Ill(f"the archive {name} is {state.lower()}", means, "Deploy the platform.")])
    return Looked("the archive")


def simulators(patient: Patient) -> Looked:
    """Answer: the phones, Textract, Macie, and each partner. On AWS there are none."""
    if not isinstance(patient.system, Cloud):
        return Looked("")
    settings = patient.system.settings
    found = fleets.running(settings.run_dir)
    urls = {
        f"the simulator of {id_}": values["base_url"]
        for id_, values in (found.secrets if found else {}).items()
    }
    if settings.phones_url:
        urls["the phone simulator"] = settings.phones_url
    if settings.textract_url:
        urls["the simulator of Textract"] = settings.textract_url
    if settings.macie_file.exists():
        urls["the simulator of Macie"] = settings.macie_file.read_text()
    ill = [
        Ill(f"{name} does not answer", "What is sent to it fails.", _UP)
        for name, url in urls.items()
        if not _answers(url)
    ]
    if found is None:
        ill.append(Ill("the simulators of partners do not run", "Partners give no quotes.", _UP))
    return Looked("simulators" if not ill else "", ill)


def _answers(url: str) -> bool:
    place = urlsplit(url)
    try:
        with socket.create_connection((place.hostname or "localhost", place.port or 80), _TIMEOUT):
            return True
    except OSError:
        return False
